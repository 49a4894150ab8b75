//! Conditions.

use orm::prelude::*;
use orm::statement::Statement;
use rust_decimal::Decimal;

use crate::{User, Visit, db, renders};

async fn users(condition: Predicate<User>) -> Statement {
    db().await.find().where_(condition).count().statement()
}

async fn visits(condition: Predicate<Visit>) -> Statement {
    db().await.find().where_(condition).count().statement()
}

#[tokio::test]
async fn comparisons() {
    renders!(users(User::AGE.eq(1).and(User::AGE.ne(2)).and(User::AGE.gt(3)).and(User::AGE.ge(4)).and(User::AGE.lt(5)).and(User::AGE.le(6))).await, @r#"
        SQLite, MariaDB, MySQL:
          SELECT count(*) FROM `users` WHERE ((`age` = ?) AND (`age` <> ?) AND (`age` > ?) AND (`age` >= ?) AND (`age` < ?) AND (`age` <= ?))
        PostgreSQL:
          SELECT count(*) FROM "users" WHERE (("age" = $1) AND ("age" <> $2) AND ("age" > $3) AND ("age" >= $4) AND ("age" < $5) AND ("age" <= $6))
    "#);
    renders!(users(User::EMAIL.eq(None).or(User::EMAIL.ne(None)).or(User::EMAIL.is_none()).or(User::EMAIL.is_some())).await, @r#"
        SQLite, MariaDB, MySQL:
          SELECT count(*) FROM `users` WHERE ((`email` IS NULL) OR (NOT (`email` IS NULL)) OR (`email` IS NULL) OR (NOT (`email` IS NULL)))
        PostgreSQL:
          SELECT count(*) FROM "users" WHERE (("email" IS NULL) OR (NOT ("email" IS NULL)) OR ("email" IS NULL) OR (NOT ("email" IS NULL)))
    "#);
    renders!(users(User::AGE.between(1, 2).and(User::EMAIL.eq(User::NAME))).await, @r#"
        SQLite, MariaDB, MySQL:
          SELECT count(*) FROM `users` WHERE ((`age` BETWEEN ? AND ?) AND (`email` = `name`))
        PostgreSQL:
          SELECT count(*) FROM "users" WHERE (("age" BETWEEN $1 AND $2) AND ("email" = "name"))
    "#);
}

#[tokio::test]
async fn conditions_are_in_parentheses_wherever_they_are_nested() {
    let (a, b, c) = (|| User::AGE.eq(1), || User::AGE.eq(2), || User::AGE.eq(3));
    renders!(users(a().or(b()).and(c())).await, @r#"
        SQLite, MariaDB, MySQL:
          SELECT count(*) FROM `users` WHERE (((`age` = ?) OR (`age` = ?)) AND (`age` = ?))
        PostgreSQL:
          SELECT count(*) FROM "users" WHERE ((("age" = $1) OR ("age" = $2)) AND ("age" = $3))
    "#);
    renders!(users(!a().and(!b().or(c()))).await, @r#"
        SQLite, MariaDB, MySQL:
          SELECT count(*) FROM `users` WHERE (NOT ((`age` = ?) AND (NOT ((`age` = ?) OR (`age` = ?)))))
        PostgreSQL:
          SELECT count(*) FROM "users" WHERE (NOT (("age" = $1) AND (NOT (("age" = $2) OR ("age" = $3)))))
    "#);
    renders!(users(every()).await, @r#"
        SQLite, MariaDB, MySQL:
          SELECT count(*) FROM `users`
        PostgreSQL:
          SELECT count(*) FROM "users"
    "#);
    renders!(users(!every()).await, @r#"
        SQLite, MariaDB, MySQL:
          SELECT count(*) FROM `users` WHERE (NOT (1 = 1))
        PostgreSQL:
          SELECT count(*) FROM "users" WHERE (NOT (1 = 1))
    "#);
    renders!(users(every().or(a())).await, @r#"
        SQLite, MariaDB, MySQL:
          SELECT count(*) FROM `users` WHERE ((1 = 1) OR (`age` = ?))
        PostgreSQL:
          SELECT count(*) FROM "users" WHERE ((1 = 1) OR ("age" = $1))
    "#);
}

#[tokio::test]
async fn lists() {
    let none: [u8; 0] = [];
    renders!(users(User::AGE.is_in(none)).await, @r#"
        SQLite, MariaDB, MySQL:
          SELECT count(*) FROM `users` WHERE (1 = 0)
        PostgreSQL:
          SELECT count(*) FROM "users" WHERE (1 = 0)
    "#);
    renders!(users(User::AGE.is_in([1, 2, 3])).await, @r#"
        SQLite, MariaDB, MySQL:
          SELECT count(*) FROM `users` WHERE (`age` IN (?, ?, ?))
        PostgreSQL:
          SELECT count(*) FROM "users" WHERE ("age" = ANY($1))
    "#);
    renders!(users(!User::EMAIL.is_in([Some("a".to_owned()), None])).await, @r#"
        SQLite, MariaDB, MySQL:
          SELECT count(*) FROM `users` WHERE (NOT ((`email` IN (?)) OR (`email` IS NULL)))
        PostgreSQL:
          SELECT count(*) FROM "users" WHERE (NOT (("email" = ANY($1)) OR ("email" IS NULL)))
    "#);
    let long = users(User::ID.is_in(0..1_001)).await;
    assert!(
        crate::sql(&long).contains(
            "MariaDB, MySQL:\n  SELECT count(*) FROM `users` WHERE (`id` IN (SELECT v FROM JSON_TABLE(?, '$[*]' COLUMNS (v BIGINT "
        )
    );
    // Found in a table of them, if they are short.
    let names = |more: String| (0..70_000).map(|it| it.to_string()).chain([more]);
    let many = orm::Engine::MariaDb.to_sql(&users(User::NAME.is_in(names("é".repeat(255)))).await).unwrap();
    assert!(many.contains("`name` IN (SELECT v FROM JSON_TABLE(?, "), "{many}");
    let too_long = users(User::NAME.is_in(names("é".repeat(256)))).await;
    let error = orm::Engine::MariaDb.to_sql(&too_long).unwrap_err();
    assert!(matches!(error, orm::Error::Unsupported { .. }), "{error}");
}

#[tokio::test]
async fn patterns() {
    renders!(users(User::NAME.contains("a").and(User::EMAIL.like("%"))).await, @r#"
        SQLite, MariaDB, MySQL:
          SELECT count(*) FROM `users` WHERE ((`name` LIKE ? ESCAPE '!') AND (`email` LIKE ? ESCAPE '!'))
        PostgreSQL:
          SELECT count(*) FROM "users" WHERE (("name" LIKE $1 ESCAPE '!') AND ("email" LIKE $2 ESCAPE '!'))
    "#);
}

#[tokio::test]
async fn sums_are_counted_in_64_bits_and_fail_when_they_overflow() {
    renders!(users(User::AGE.plus(1).gt(User::AGE)).await, @r#"
        SQLite:
          SELECT count(*) FROM `users` WHERE ((CASE typeof(`age` + ?) WHEN 'real' THEN abs(-9223372036854775807 - 1) ELSE `age` + ? END) > `age`)
        PostgreSQL:
          SELECT count(*) FROM "users" WHERE (("age"::bigint + $1) > "age")
        MariaDB, MySQL:
          SELECT count(*) FROM `users` WHERE ((CAST(`age` AS SIGNED) + ?) > `age`)
    "#);
    renders!(users(User::ID.minus(User::ID.plus(2)).minus(3).eq(0)).await, @r#"
        SQLite:
          SELECT count(*) FROM `users` WHERE ((CASE typeof((`id` - (`id` + ?)) - ?) WHEN 'real' THEN abs(-9223372036854775807 - 1) ELSE (`id` - (`id` + ?)) - ? END) = ?)
        PostgreSQL:
          SELECT count(*) FROM "users" WHERE ((("id" - ("id" + $1)) - $2) = $3)
        MariaDB, MySQL:
          SELECT count(*) FROM `users` WHERE (((`id` + -((`id` + ?))) - ?) = ?)
    "#);
}

#[tokio::test]
async fn decimals_are_brought_to_one_scale_where_they_are_integers() {
    renders!(visits(Visit::FEE.plus(Decimal::ONE).lt(Visit::COST).and(Visit::FEE.between(Visit::COST, Visit::COST))).await, @r#"
        SQLite:
          SELECT count(*) FROM `trial`.`site"``visits` WHERE (((CASE typeof(`fee` + ?) WHEN 'real' THEN abs(-9223372036854775807 - 1) ELSE `fee` + ? END) < (CASE typeof(`cost` * 10000) WHEN 'real' THEN abs(-9223372036854775807 - 1) ELSE `cost` * 10000 END)) AND (`fee` BETWEEN (CASE typeof(`cost` * 10000) WHEN 'real' THEN abs(-9223372036854775807 - 1) ELSE `cost` * 10000 END) AND (CASE typeof(`cost` * 10000) WHEN 'real' THEN abs(-9223372036854775807 - 1) ELSE `cost` * 10000 END)))
        PostgreSQL:
          SELECT count(*) FROM "trial"."site""`visits" WHERE ((("fee" + $1) < "cost") AND ("fee" BETWEEN "cost" AND "cost"))
        MariaDB, MySQL:
          SELECT count(*) FROM `trial`.`site"``visits` WHERE (((`fee` + ?) < `cost`) AND (`fee` BETWEEN `cost` AND `cost`))
    "#);
    renders!(visits(Visit::COST.eq(Decimal::ONE)).await, @r#"
        SQLite, MariaDB, MySQL:
          SELECT count(*) FROM `trial`.`site"``visits` WHERE (`cost` = ?)
        PostgreSQL:
          SELECT count(*) FROM "trial"."site""`visits" WHERE ("cost" = $1)
    "#);
}

#[tokio::test]
async fn sql_text_keeps_its_quotes_and_comments_to_itself() {
    renders!(users(sql("name = '?' AND age > ? -- why?", 18)).await, @r#"
        SQLite, MariaDB, MySQL:
          SELECT count(*) FROM `users` WHERE (name = '?' AND age > ? -- why?
        )
        PostgreSQL:
          SELECT count(*) FROM "users" WHERE (name = '?' AND age > $1 -- why?
        )
    "#);
    renders!(users(sql::<Predicate<User>>("age = ? OR age = ?", (1, 2)).and(sql("a ?? b", ()))).await, @r#"
        SQLite, MariaDB, MySQL:
          SELECT count(*) FROM `users` WHERE ((age = ? OR age = ?) AND (a ? b))
        PostgreSQL:
          SELECT count(*) FROM "users" WHERE ((age = $1 OR age = $2) AND (a ? b))
    "#);
    renders!(users(sql("age = ?", (1, 2))).await, @r#"
        SQLite, PostgreSQL, MariaDB, MySQL:
          error: `age = ?` has 1 placeholder, but 2 arguments were given
    "#);
    // It said "1 arguments were given".
    renders!(users(sql("age = ? OR age = ?", 1)).await, @r#"
        SQLite, PostgreSQL, MariaDB, MySQL:
          error: `age = ? OR age = ?` has 2 placeholders, but 1 argument was given
    "#);
}
