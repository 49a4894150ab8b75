//! The parts of statements, as GORM tests them one by one.

use orm::Engine;
use orm::prelude::*;
use orm::statement::Statement;
use orm::{Computed, exists, joined, joined_opt, outer, subquery, table};

use crate::db;

#[derive(Debug, Clone, Default, Model)]
#[orm(table = "users")]
struct User {
    #[orm(key, auto)]
    id: i64,
    name: String,
    age: i32,
    score: i32,
    company: Option<i64>,
}

#[derive(Debug, Clone, Default, Model)]
#[orm(table = "companies")]
struct Company {
    #[orm(key)]
    id: i64,
    name: String,
}

fn on(engine: Engine, statement: &Statement) -> String {
    engine.to_sql(statement).unwrap_or_else(|error| format!("error: {error}"))
}

/// The text of a statement that differs between databases in quotes and placeholders only.
#[track_caller]
fn everywhere(statement: &Statement, expected: &str) {
    for engine in [Engine::Sqlite, Engine::MariaDb, Engine::MySql] {
        assert_eq!(on(engine, statement), expected, "{}", engine.name());
    }
    let mut numbered = String::new();
    let mut n = 0;
    for it in expected.chars() {
        match it {
            '`' => numbered.push('"'),
            '?' => {
                n += 1;
                numbered.push_str(&format!("${n}"));
            }
            it => numbered.push(it),
        }
    }
    assert_eq!(on(Engine::Postgres, statement), numbered);
}

#[track_caller]
fn wherever(condition: Predicate<User>, db: &Db, expected: &str) {
    everywhere(&db.find().where_(condition).exists().statement(), &format!("SELECT 1 FROM `users` WHERE {expected} LIMIT ?"));
}

// gorm: clause/where:TestWhere [once]
#[tokio::test]
async fn conditions_keep_to_their_parentheses() {
    let db = db().await;
    let (one, grown, other) = (|| User::ID.eq(1), || User::AGE.gt(18), || User::NAME.ne("jinzhu"));
    let (high, linus) = (|| User::SCORE.gt(100), || User::NAME.like("%linus%"));
    let text = || sql::<Predicate<User>>("score <= ? || score > ?", (100, 20));
    // What stands beside each other is said, not guessed from the order: GORM moves a leading OR behind.
    wherever(one().and(grown()).or(other()), &db, "(((`id` = ?) AND (`age` > ?)) OR (`name` <> ?))");
    wherever(other().or(one().and(grown())), &db, "((`name` <> ?) OR ((`id` = ?) AND (`age` > ?)))");
    wherever(one().or(other()), &db, "((`id` = ?) OR (`name` <> ?))");
    let both = one().and(grown()).or(other()).and(high().or(linus()));
    wherever(both, &db, "((((`id` = ?) AND (`age` > ?)) OR (`name` <> ?)) AND ((`score` > ?) OR (`name` LIKE ? ESCAPE '!')))");
    // A negation is one of the whole: GORM negates the parts, so that `a AND b` becomes `NOT a AND NOT b`.
    wherever(!(one().and(grown())), &db, "(NOT ((`id` = ?) AND (`age` > ?)))");
    wherever((!one()).and(!grown()).or(other()), &db, "(((NOT (`id` = ?)) AND (NOT (`age` > ?))) OR (`name` <> ?))");
    wherever(!(one().and(grown()).or(User::SCORE.lt(100))), &db, "(NOT (((`id` = ?) AND (`age` > ?)) OR (`score` < ?)))");
    wherever(!!one(), &db, "(`id` = ?)");
    wherever(User::AGE.eq(18).or(other()), &db, "((`age` = ?) OR (`name` <> ?))");
    let low = || sql::<Predicate<User>>("score <= ?", 100);
    wherever((!(one().and(grown()))).and(low()), &db, "((NOT ((`id` = ?) AND (`age` > ?))) AND (score <= ?))");
    wherever(!(low().and(sql("age <= ?", 60))), &db, "(NOT ((score <= ?) AND (age <= ?)))");
    wherever(text(), &db, "(score <= ? || score > ?)");
    wherever(text().and(sql("score > ?", 0)), &db, "((score <= ? || score > ?) AND (score > ?))");
    wherever(!text(), &db, "(NOT (score <= ? || score > ?))");
    wherever(!(text().and(sql("score > ?", 0))), &db, "(NOT ((score <= ? || score > ?) AND (score > ?)))");
    // Several conditions are one, and none is none.
    let several = db.find().where_(one()).where_(grown().or(other())).exists().statement();
    everywhere(&several, "SELECT 1 FROM `users` WHERE (`id` = ?) AND ((`age` > ?) OR (`name` <> ?)) LIMIT ?");
    everywhere(&db.find::<User>().where_(every()).exists().statement(), "SELECT 1 FROM `users` LIMIT ?");
}

// gorm: clause/expression:TestExpr [once]
#[tokio::test]
async fn names_of_tables_and_columns_are_arguments_too() {
    let db = db().await;
    let number: Computed<User, i64> = sql("length(name) + ?", 1);
    let condition = sql("? > ? AND ? = (SELECT max(id) FROM ?)", (User::AGE, number, User::ID, table::<User>()));
    wherever(condition, &db, "(`age` > (length(name) + ?) AND `id` = (SELECT max(id) FROM `users`))");
    let named = sql(":column = :value OR :column IS NULL", args! { column: User::COMPANY, value: 7 });
    wherever(named, &db, "(`company` = ? OR `company` IS NULL)");
    let inside = sql("id IN ? AND age > ?", (db.find().where_(Company::NAME.eq("a")).select(Company::ID), 18));
    wherever(inside, &db, "(id IN (SELECT `id` FROM `companies` WHERE (`name` = ?)) AND age > ?)");
}

#[tokio::test]
async fn a_record_by_its_key_needs_no_limit() {
    let db = db().await;
    let columns = "SELECT `id`, `name`, `age`, `score`, `company` FROM";
    everywhere(&db.get::<User>(1).statement(), &format!("{columns} `users` WHERE (`id` = ?)"));
    // Nobody knows whether another table has a key, or how many rows text makes of one.
    everywhere(&db.get::<User>(1).table("old").statement(), &format!("{columns} `old` WHERE (`id` = ?) LIMIT ?"));
    let some = db.find().where_(User::AGE.eq(18)).limit(1).statement();
    everywhere(&some, &format!("{columns} `users` WHERE (`age` = ?) LIMIT ?"));
    let later = db.find().where_(User::ID.eq(1)).limit(1).offset(1).statement();
    everywhere(&later, &format!("{columns} `users` WHERE (`id` = ?) LIMIT ? OFFSET ?"));
}

// gorm: clause/expression:TestNamedExpr [once]
#[tokio::test]
async fn names_stand_for_their_arguments() {
    let db = db().await;
    let name = || named([("name", "ann")]);
    wherever(sql("name = :name AND nick = :name", name()), &db, "(name = ? AND nick = ?)");
    let two = || named([("name1", "ann"), ("name2", "bob")]);
    wherever(sql("a = :name1 AND b = :name2 AND c = :name1", two()), &db, "(a = ? AND b = ? AND c = ?)");
    let map = std::collections::BTreeMap::from([("name1", "ann"), ("name2", "bob")]);
    wherever(sql("a = :name1 AND b = :name2", named(map)), &db, "(a = ? AND b = ?)");
    // Of any types, in lists, and up to what is no letter of a name.
    wherever(sql("a = :age;", args! { age: 1 }), &db, "(a = ?;)");
    wherever(sql("a = :age\nOR b=:name)", args! { age: 1, name: "ann" }), &db, "(a = ?\nOR b=?))");
    wherever(sql("a IN :ages AND b = :name_2", args! { ages: [1, 2], name_2: "ann" }), &db, "(a IN (?, ?) AND b = ?)");
    // What is no name: quotes, casts, GORM's variables of MySQL.
    wherever(sql("a = ':name' AND @@test AND b = :name", name()), &db, "(a = ':name' AND @@test AND b = ?)");
    assert!(on(Engine::Postgres, &find(&db, sql("a::text = :name", name()))).contains("(a::text = $1)"));
    // A name without an argument is an error; GORM sends NULL in its place.
    for text in ["a = :name AND b = :nobody", "a = :Name"] {
        let found = on(Engine::Postgres, &find(&db, sql(orm::AssertSqlSafe(text), name())));
        assert!(found.starts_with("error: ") && found.contains("no argument"), "{found}");
    }
}

fn find(db: &Db, condition: Predicate<User>) -> Statement {
    db.find().where_(condition).statement()
}

// gorm: clause/expression:TestExpression [once]
#[tokio::test]
async fn comparisons_know_null_and_lists() {
    let db = db().await;
    let cases = [
        (User::COMPANY.eq(7), "(`company` = ?)"),
        (User::COMPANY.eq(None), "(`company` IS NULL)"),
        (User::COMPANY.eq(User::ID), "(`company` = `id`)"),
        (User::COMPANY.ne(7), "(`company` <> ?)"),
        (User::COMPANY.ne(None), "(NOT (`company` IS NULL))"),
        (!User::COMPANY.eq(7), "(NOT (`company` = ?))"),
        (User::AGE.gt(1), "(`age` > ?)"),
        (User::AGE.ge(User::SCORE), "(`age` >= `score`)"),
        (!User::AGE.gt(1), "(NOT (`age` > ?))"),
        (User::AGE.lt(1), "(`age` < ?)"),
        (User::AGE.le(1), "(`age` <= ?)"),
        (User::NAME.like("a%"), "(`name` LIKE ? ESCAPE '!')"),
        (!User::NAME.like("a%"), "(NOT (`name` LIKE ? ESCAPE '!'))"),
        // GORM's `IN (NULL)` is neither true nor false, so that its opposite finds nothing.
        (User::AGE.is_in([0; 0]), "(1 = 0)"),
        (User::AGE.not_in([0; 0]), "(NOT (1 = 0))"),
    ];
    for (condition, expected) in cases {
        wherever(condition, &db, expected);
    }
    let list = find(&db, User::NAME.is_in(["a", "b"]));
    assert!(on(Engine::Sqlite, &list).ends_with("WHERE (`name` IN (?, ?))"));
    assert!(on(Engine::Postgres, &list).ends_with(r#"WHERE ("name" = ANY($1))"#));
    let with_null = find(&db, User::COMPANY.is_in([Some(1), None]));
    assert!(on(Engine::MariaDb, &with_null).ends_with("WHERE ((`company` IN (?)) OR (`company` IS NULL))"));
}

// gorm: clause/from:TestFrom [once]
// gorm: clause/joins:TestJoin [once]
// gorm: sql_builder:TestFromWithJoins [once]
#[tokio::test]
async fn tables_are_joined_one_after_the_other() {
    let db = db().await;
    let read = |find: orm::Find<'_, Company>| find.exists().statement();
    let employs = || User::COMPANY.eq(joined(Company::ID));
    everywhere(&read(db.find::<Company>()), "SELECT 1 FROM `companies` LIMIT ?");
    everywhere(
        &read(db.find().join(employs())),
        "SELECT 1 FROM `companies` JOIN `users` ON (`users`.`company` = `companies`.`id`) LIMIT ?",
    );
    // A RIGHT JOIN is the LEFT JOIN of the other table; USING is a condition on columns of one name.
    everywhere(
        &read(db.find().left_join(employs().and(User::NAME.eq(joined(Company::NAME))))),
        "SELECT 1 FROM `companies` LEFT JOIN `users` ON ((`users`.`company` = `companies`.`id`) AND (`users`.`name` = `companies`.`name`)) LIMIT ?",
    );
    everywhere(&read(db.find().join(every::<User>())), "SELECT 1 FROM `companies` JOIN `users` ON (1 = 1) LIMIT ?");
    everywhere(
        &read(db.find().join(sql::<Predicate<User>>("users.id = companies.id + ?", 1))),
        "SELECT 1 FROM `companies` JOIN `users` ON (users.id = companies.id + ?) LIMIT ?",
    );
    // The second join does not replace the first, and columns say whose they are.
    let both = db.find::<Company>().join(employs()).left_join(Badge::USER.eq(joined(User::ID))).where_(joined(User::AGE).gt(18));
    everywhere(
        &both.select((Company::NAME, joined(User::NAME), joined_opt(Badge::COLOR))).order(Company::ID.asc()).limit(1).statement(),
        "SELECT `companies`.`name`, `users`.`name`, `badges`.`color` FROM `companies` JOIN `users` ON (`users`.`company` = `companies`.`id`) LEFT JOIN `badges` ON (`badges`.`user` = `users`.`id`) WHERE (`users`.`age` > ?) ORDER BY `companies`.`id` LIMIT ?",
    );
    // A table that is there twice has another name inside.
    let older = db.find().where_(User::AGE.gt(outer(User::AGE)));
    wherever(exists(older), &db, "(EXISTS (SELECT 1 FROM `users` AS t1 WHERE (`age` > `users`.`age`)))");
}

#[derive(Debug, Model)]
struct Badge {
    #[orm(key)]
    user: i64,
    color: String,
}

// gorm: clause/select:TestSelect [once]
#[tokio::test]
async fn what_is_read_is_named() {
    let db = db().await;
    everywhere(&db.find::<User>().statement(), "SELECT `id`, `name`, `age`, `score`, `company` FROM `users`");
    // A query is selected from once: what GORM lets the last `Select` decide is decided by the types.
    everywhere(&db.find().select((User::NAME, User::AGE)).statement(), "SELECT `name`, `age` FROM `users`");
    everywhere(&db.find().select((User::NAME, User::AGE)).distinct().statement(), "SELECT DISTINCT `name`, `age` FROM `users`");
    let text: Computed<User, i32> = sql("greatest(?, age)", 18);
    everywhere(&db.find().select((User::NAME, text)).statement(), "SELECT `name`, greatest(?, age) FROM `users`");
    let several = (User::NAME, User::AGE.max());
    everywhere(&db.find().select(several).group_by(User::NAME).statement(), "SELECT `name`, max(`age`) FROM `users` GROUP BY `name`");
}

// gorm: clause/group_by:TestGroupBy [once]
#[tokio::test]
async fn groups_and_their_conditions_add_up() {
    let db = db().await;
    let roles = || db.find::<User>().select((User::NAME, User::AGE)).group_by(User::NAME);
    everywhere(
        &roles().group_by(User::AGE).having(User::NAME.eq("admin")).statement(),
        "SELECT `name`, `age` FROM `users` GROUP BY `name`, `age` HAVING (`name` = ?)",
    );
    everywhere(
        &roles().having(User::NAME.eq("admin")).group_by(User::AGE).having(orm::count().gt(5)).statement(),
        "SELECT `name`, `age` FROM `users` GROUP BY `name`, `age` HAVING (`name` = ?) AND ((count(*)) > ?)",
    );
}

// gorm: clause/order_by:TestOrderBy [once]
#[tokio::test]
async fn orders_add_up_or_replace_each_other() {
    let db = db().await;
    let users = || db.find::<User>().order(User::ID.desc());
    let text = |rest: &str| format!("SELECT `id`, `name`, `age`, `score`, `company` FROM `users` ORDER BY {rest}");
    everywhere(&users().statement(), &text("`id` DESC"));
    everywhere(&users().order(User::NAME.asc()).statement(), &text("`id` DESC, `name`"));
    everywhere(&users().reorder(User::NAME.desc()).statement(), &text("`name` DESC"));
    everywhere(&users().reorder(User::NAME.asc()).order(User::AGE.asc()).statement(), &text("`name`, `age`"));
    everywhere(&users().reorder(sql("CASE age WHEN ? THEN 1 ELSE 2 END", 18)).statement(), &text("CASE age WHEN ? THEN 1 ELSE 2 END"));
    let by_others = subquery(db.find().where_(Company::ID.eq(outer(User::COMPANY).coalesce(0))).select(Company::NAME));
    let statement = db.find::<User>().order(by_others.asc()).statement();
    assert!(
        on(Engine::Sqlite, &statement)
            .ends_with("ORDER BY (SELECT `name` FROM `companies` WHERE (`id` = (coalesce(`users`.`company`, ?))))")
    );
}

// gorm: clause/limit:TestLimit [once]
#[tokio::test]
async fn limits_are_the_last_that_were_said() {
    let db = db().await;
    let users = || db.find::<User>().where_(User::AGE.gt(1));
    let text = |engine, find: orm::Find<'_, User>| {
        let text = on(engine, &find.statement());
        text.split_once(" LIMIT").or(text.split_once(" OFFSET")).map_or(String::new(), |_| text[text.find(")").unwrap() + 2..].to_owned())
    };
    assert_eq!(text(Engine::Sqlite, users()), "");
    assert_eq!(text(Engine::Sqlite, users().limit(10).offset(20)), "LIMIT ? OFFSET ?");
    assert_eq!(text(Engine::Postgres, users().limit(10).offset(20)), "LIMIT $2 OFFSET $3");
    assert_eq!(text(Engine::Sqlite, users().limit(0)), "LIMIT ?");
    assert_eq!(text(Engine::Postgres, users().offset(20)), "OFFSET $2");
    assert_eq!(text(Engine::MariaDb, users().offset(20)), "LIMIT ? OFFSET ?");
    let shown = |find: orm::Find<'_, User>| match find.statement() {
        Statement::Select(it) => (it.limit, it.offset),
        other => panic!("{other:?}"),
    };
    assert_eq!(shown(users().limit(10).offset(20).offset(30)), (Some(10), Some(30)));
    assert_eq!(shown(users().limit(10).limit(50).offset(20)), (Some(50), Some(20)));
    assert_eq!(shown(users().limit(10).limit(0)), (Some(0), None));
    // GORM takes a limit back by -1, which is no number of records here: what may be left out is a scope.
    let maybe = |limit: Option<u64>| {
        users().scope(|it| match limit {
            Some(limit) => it.limit(limit),
            None => it,
        })
    };
    assert_eq!((shown(maybe(Some(7))), shown(maybe(None))), ((Some(7), None), (None, None)));
}

// gorm: clause/returning:TestReturning [once]
#[tokio::test]
async fn what_was_written_is_returned() {
    let db = db().await;
    let gone = || db.delete_all(User::AGE.lt(18));
    for engine in [Engine::Sqlite, Engine::MariaDb] {
        let text = on(engine, &gone().returning_only((User::ID, User::NAME)).statement());
        assert_eq!(text, "DELETE FROM `users` WHERE (`age` < ?) RETURNING `id`, `name`");
        let text = on(engine, &gone().returning().statement());
        assert_eq!(text, "DELETE FROM `users` WHERE (`age` < ?) RETURNING `id`, `name`, `age`, `score`, `company`");
    }
    let changed = || db.update_all(User::AGE.lt(18)).set(User::AGE, 18);
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let text = on(engine, &changed().returning_only(User::NAME.lower()).statement()).replace('"', "`").replace(" COLLATE `C`", "");
        assert!(text.contains("RETURNING lower(") && text.contains("`name`"), "{text}");
    }
    assert_eq!(
        on(Engine::Postgres, &gone().returning_only(User::ID).statement()),
        r#"DELETE FROM "users" WHERE ("age" < $1) RETURNING "id""#
    );
    assert!(on(Engine::MariaDb, &changed().returning().statement()).starts_with("error: MariaDB cannot"));
    assert!(on(Engine::MySql, &gone().returning().statement()).starts_with("error: MySQL cannot"));
}

// gorm: clause/set:TestSet [once]
// gorm: clause/set:TestAssignments [once]
#[tokio::test]
async fn columns_are_set_once_and_in_the_order_in_which_they_are_said() {
    let db = db().await;
    let all = || db.update_all(User::ID.eq(1));
    everywhere(&all().set(User::ID, 2).set(User::NAME, "a").statement(), "UPDATE `users` SET `id` = ?, `name` = ? WHERE (`id` = ?)");
    // The later value of a column replaces the earlier one; other columns stay, which GORM forgets.
    let twice = all().set(User::AGE, 1).set(User::NAME, "a").set(User::AGE, 2);
    everywhere(&twice.statement(), "UPDATE `users` SET `name` = ?, `age` = ? WHERE (`id` = ?)");
    // GORM sorts the keys of a map, so that the text is the same each time; here there is no map.
    let once = || all().set(User::SCORE, 1).set(User::AGE, 1).set(User::NAME, "a").statement();
    everywhere(&once(), "UPDATE `users` SET `score` = ?, `age` = ?, `name` = ? WHERE (`id` = ?)");
    assert_eq!(on(Engine::Sqlite, &once()), on(Engine::Sqlite, &once()));
}

// gorm: clause/values:TestValues [once]
#[tokio::test]
async fn new_rows_are_a_list_of_values() {
    let db = db().await;
    let two = db.create_many([Company { id: 1, name: "a".into() }, Company { id: 2, name: "b".into() }]).statement();
    for engine in [Engine::Sqlite, Engine::MariaDb, Engine::MySql] {
        assert_eq!(on(engine, &two), "INSERT INTO `companies` (`id`, `name`) VALUES (?, ?), (?, ?)");
    }
    assert_eq!(on(Engine::Postgres, &two), r#"INSERT INTO "companies" ("id", "name") SELECT * FROM unnest($1::bigint[], $2::text[])"#);
    everywhere(&db.create(Company::default()).statement(), "INSERT INTO `companies` (`id`, `name`) VALUES (?, ?)");
}

// gorm: sql_builder:TestToSQL [once]
#[tokio::test]
async fn statements_are_shown_without_being_sent() {
    // The table is in no database: whatever were sent would fail.
    let db = db().await;
    let row = || User { id: 7, name: "foo".into(), age: 20, ..User::default() };
    everywhere(
        &db.find().where_(User::ID.eq(100)).limit(10).order(User::AGE.desc()).statement(),
        "SELECT `id`, `name`, `age`, `score`, `company` FROM `users` WHERE (`id` = ?) ORDER BY `age` DESC LIMIT ?",
    );
    let named = || db.find().where_(User::NAME.eq("foo")).where_(User::AGE.eq(20)).offset(5).order(User::NAME.asc());
    let all = "SELECT `id`, `name`, `age`, `score`, `company` FROM `users` WHERE (`name` = ?) AND (`age` = ?) ORDER BY";
    everywhere(&named().order(User::ID.asc()).first().statement(), &format!("{all} `name`, `id` LIMIT ? OFFSET ?"));
    everywhere(&named().order(User::ID.desc()).first().statement(), &format!("{all} `name`, `id` DESC LIMIT ? OFFSET ?"));
    everywhere(&db.find().where_(User::AGE.gt(1)).count().statement(), "SELECT count(*) FROM `users` WHERE (`age` > ?)");
    let insert = "INSERT INTO `users` (`name`, `age`, `score`, `company`) VALUES (?, ?, ?, ?)";
    assert_eq!(on(Engine::MariaDb, &db.create(row()).statement()), insert);
    assert!(on(Engine::Postgres, &db.create(row()).statement()).ends_with(r#"VALUES ($1, $2, $3, $4) RETURNING "id""#));
    // GORM's `Save` of a record without a key inserts it; here it writes what is stored, or fails.
    everywhere(&db.save(row()).statement(), "UPDATE `users` SET `name` = ?, `age` = ?, `score` = ?, `company` = ? WHERE `id` = ?");
    everywhere(
        &db.update_all(User::ID.eq(100)).set(User::NAME, "bar").set(User::AGE, 22).statement(),
        "UPDATE `users` SET `name` = ?, `age` = ? WHERE (`id` = ?)",
    );
    everywhere(&db.update(row()).set(User::NAME, "Foo bar").statement(), "UPDATE `users` SET `name` = ? WHERE `id` = ?");
    everywhere(&db.delete(row()).statement(), "DELETE FROM `users` WHERE `id` = ?");
    everywhere(&db.delete_all(User::NAME.eq("foo")).statement(), "DELETE FROM `users` WHERE (`name` = ?)");
    everywhere(&db.find::<User>().reorder(User::ID.desc()).exists().statement(), "SELECT 1 FROM `users` LIMIT ?");
    assert!(db.find::<User>().await.is_err_and(|error| error.to_string().contains("users")));
}
