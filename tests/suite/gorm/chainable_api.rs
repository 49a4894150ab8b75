//! What each method of a builder changes, and that it changes nothing else.

use orm::prelude::*;
use orm::statement::{LockWait, Project, Select};
use orm::{ClauseAt, Find, Statement, joined};

use super::models::{Company, User, users};
use crate::{Test, cases};

cases![each_method_changes_its_part_of_the_statement, what_a_statement_is_told_holds_when_it_runs];

#[derive(Debug, Model)]
struct Pet {
    #[orm(key)]
    owner: i64,
}

fn select(statement: Statement) -> Select {
    match statement {
        Statement::Select(it) => it,
        other => panic!("{other:?}"),
    }
}

// Preloads are tested with relations, which are not there yet.
// gorm: chainable_api:TestChainableAPI
async fn each_method_changes_its_part_of_the_statement(t: Test) {
    let all = || t.find::<User>();
    let of = |it: Find<'_, User>| select(it.statement());
    let bare = Select::of(User::META);
    assert_eq!(of(all()), bare);
    assert_eq!(of(all().table("old_users")), Select { table: Some("old_users".into()), ..bare.clone() });
    let filter = |it: Select| it.filter;
    let aged = of(all().where_(sql("age = ?", 20)));
    assert_eq!(aged, Select { filter: filter(aged.clone()), ..bare.clone() });
    assert_eq!(aged.filter.len(), 1);
    assert_eq!(of(all().where_opt(None)), bare);
    let two = of(all().where_(sql("age = ?", 20)).scope(|it| it.where_(User::NAME.eq("ok"))));
    assert_eq!((two.filter.len(), &two.filter[0]), (2, &aged.filter[0]));
    let ordered = of(all().order(User::NAME.desc()));
    assert_eq!(ordered, Select { order: ordered.order.clone(), ..bare.clone() });
    assert_eq!((ordered.order.len(), ordered.order[0].descending), (1, Some(true)));
    assert_eq!(of(all().order(User::AGE.asc()).reorder(User::NAME.desc())), ordered);
    assert_eq!(of(all().limit(10).offset(5)), Select { limit: Some(10), offset: Some(5), ..bare.clone() });
    let on = Company::NAME.eq(joined(User::NAME));
    let beside = of(all().join(on).left_join(sql::<Predicate<Pet>>("pets.owner = users.id", ())));
    assert_eq!(beside, Select { joins: beside.joins.clone(), ..bare.clone() });
    let left: Vec<_> = beside.joins.iter().map(|it| (it.model.name, it.left)).collect();
    assert_eq!(left, [("Company", false), ("Pet", true)]);
    let locked = of(all().for_share().skip_locked());
    assert_eq!(locked.lock.map(|it| (it.share, it.wait)), Some((true, LockWait::Skip)));
    let hinted = of(all().clause(ClauseAt::Verb, "/* a hint */", ()));
    assert_eq!((hinted.clauses.len(), hinted.clauses[0].at(), hinted.clauses[0].text()), (1, ClauseAt::Verb, "/* a hint */"));
    // What is of the session, and not of the text.
    assert_eq!(of(all().unscoped().with(7_u8)), bare);

    let names = || all().select((User::NAME, User::AGE));
    let of = |it: orm::Selected<'_, User, (String, u32)>| select(it.statement());
    let Project::Exprs(exprs) = of(names()).project else { panic!("two columns") };
    assert_eq!(exprs.len(), 2);
    assert_eq!(of(names().distinct()), Select { distinct: true, ..of(names()) });
    let grouped = of(names().group_by((User::NAME, User::AGE)).having(User::AGE.gt(1)));
    assert_eq!((grouped.group, grouped.having.len()), (exprs, 1));
    assert_eq!(select(all().count().statement()).project, Project::Count);

    let plan = t.session().dry_run();
    plan.raw("SELECT ? AS x", 1).fetch::<i32>().await.unwrap();
    let [raw] = &plan.statements()[..] else { panic!("one statement") };
    assert!(raw.sql().starts_with("SELECT ") && raw.sql().ends_with(" AS x"));
    assert_eq!(raw.values(), [orm::Value::I32(1)]);
}

async fn what_a_statement_is_told_holds_when_it_runs(t: Test) {
    users(&t, ["a", "b", "b"]).await;
    let all = || t.find::<User>().where_(User::AGE.eq(18)).order(User::NAME.desc());
    let page: Vec<String> = all().limit(1).offset(1).await.unwrap().into_iter().map(|it| it.name).collect();
    assert_eq!(page, ["b"]);
    assert_eq!(all().select(User::NAME).distinct().await.unwrap(), ["b", "a"]);
    let counts = all().reorder(User::NAME.asc()).select((User::NAME, orm::count())).group_by(User::NAME).having(orm::count().gt(1));
    assert_eq!(counts.await.unwrap(), [("b".to_owned(), 2)]);
    assert_eq!(t.find::<User>().join(every::<Company>()).count().await.unwrap(), 0);
}
