//! Fields whose values are left to the database: keys, and columns with a default.

use orm::prelude::*;
use orm::{Auto, Error};

use crate::{Test, cases};

cases![
    what_is_unset_is_given_by_the_database,
    what_is_set_is_stored_as_it_is,
    records_with_and_without_values_are_created_together,
    an_auto_key_of_zero_is_a_key,
    an_auto_column_is_compared_with_plain_values,
    an_auto_column_is_updated_and_saved,
    a_record_with_an_unset_field_is_not_saved,
    a_column_that_nothing_fills_is_refused,
    a_key_may_be_a_default,
    an_unset_field_is_null_to_serde,
];

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Task {
    #[orm(key, auto)]
    id: Auto<i64>,
    title: String,
    #[orm(default = "'open'", size = 20)]
    state: Auto<String>,
    #[orm(default = 3)]
    tries: Auto<i32>,
}

fn task(title: &str) -> Task {
    Task { title: title.into(), ..Task::default() }
}

async fn what_is_unset_is_given_by_the_database(t: Test) {
    t.create_tables::<Task>().await.unwrap();
    let stored = t.create(task("a")).await.unwrap();
    assert_eq!(stored, Task { id: Auto::Set(1), state: "open".into(), tries: 3.into(), ..task("a") });
    assert_eq!(t.get::<Task>(1).await.unwrap(), stored);
    assert_eq!(t.get::<Task>(stored.id).await.unwrap(), stored);
}

async fn what_is_set_is_stored_as_it_is(t: Test) {
    t.create_tables::<Task>().await.unwrap();
    for (id, state, tries) in [(7, "done", 0), (8, "", -1)] {
        let it = Task { id: id.into(), state: state.into(), tries: tries.into(), ..task("a") };
        assert_eq!(t.create(it.clone()).await.unwrap(), it);
        assert_eq!(t.get::<Task>(id).await.unwrap(), it);
    }
}

async fn records_with_and_without_values_are_created_together(t: Test) {
    t.create_tables::<Task>().await.unwrap();
    let tasks: Vec<Task> = (0..10)
        .map(|n| Task {
            state: if n % 2 == 0 { Auto::Unset } else { "done".into() },
            tries: if n % 3 == 0 { Auto::Unset } else { n.into() },
            ..task(&n.to_string())
        })
        .collect();
    let stored = t.create_many(tasks).await.unwrap();
    for (n, it) in (0..).zip(&stored) {
        assert_eq!(it.title, n.to_string());
        assert_eq!(it.state, if n % 2 == 0 { "open" } else { "done" }.into());
        assert_eq!(it.tries, if n % 3 == 0 { 3 } else { n }.into());
    }
    assert!(stored.is_sorted_by_key(|it| it.id));
    assert_eq!(t.find().order(Task::ID.asc()).await.unwrap(), stored);

    // All or none, also where they are several statements.
    let twice = vec![task("x"), Task { id: stored[0].id, state: "done".into(), ..task("y") }];
    assert!(t.create_many(twice).await.unwrap_err().is_unique_violation());
    assert_eq!(t.find::<Task>().count().await.unwrap(), 10);
}

async fn an_auto_key_of_zero_is_a_key(t: Test) {
    t.create_tables::<Task>().await.unwrap();
    let stored = t.create(Task { id: 0.into(), ..task("zero") }).await.unwrap();
    assert_eq!(stored.id, Auto::Set(0));
    assert_eq!(t.get::<Task>(0).await.unwrap().title, "zero");
    assert!(t.create(task("next")).await.unwrap().id > stored.id);
}

async fn an_auto_column_is_compared_with_plain_values(t: Test) {
    t.create_tables::<Task>().await.unwrap();
    let state = String::from("done");
    t.create_many([task("a"), Task { state: "done".into(), tries: 9.into(), ..task("b") }]).await.unwrap();
    let titles = async |condition: Predicate<Task>| {
        let found = t.find().where_(condition).order(Task::ID.asc()).select(Task::TITLE).await.unwrap();
        found.concat()
    };
    assert_eq!(titles(Task::STATE.eq("done")).await, "b");
    assert_eq!(titles(Task::STATE.eq(&state)).await, "b");
    assert_eq!(titles(Task::STATE.eq(state.as_str())).await, "b");
    assert_eq!(titles(Task::STATE.eq(Auto::from("open"))).await, "a");
    assert_eq!(titles(Task::STATE.starts_with("o")).await, "a");
    assert_eq!(titles(Task::STATE.is_in(["open", "done"])).await, "ab");
    assert_eq!(titles(Task::STATE.is_in([&state])).await, "b");
    assert_eq!(titles(Task::TRIES.gt(3)).await, "b");
    assert_eq!(titles(Task::TRIES.between(1, 3)).await, "a");
    assert_eq!(titles(Task::TRIES.plus(1).eq(4)).await, "a");
    assert_eq!(titles(Task::TITLE.ne(Task::STATE)).await, "ab");
    let figures = t.find::<Task>().select((Task::TRIES.max(), Task::TRIES.sum(), Task::STATE.min())).first().await.unwrap().unwrap();
    assert_eq!(figures, (Some(9), Some(12), Some("done".into())));
    let tries: Vec<Auto<i32>> = t.find().order(Task::TRIES.desc()).select(Task::TRIES).await.unwrap();
    assert_eq!(tries, [Auto::Set(9), Auto::Set(3)]);
}

async fn an_auto_column_is_updated_and_saved(t: Test) {
    t.create_tables::<Task>().await.unwrap();
    let bystander = t.create(task("bystander")).await.unwrap();
    let it = t.create(task("a")).await.unwrap();
    let it = t.update(it).set(Task::STATE, "done").set(Task::TRIES, Task::TRIES.minus(1)).await.unwrap();
    assert_eq!((it.state.get().map(String::as_str), it.tries.get()), (Some("done"), Some(&2)));
    let it = t.save(Task { tries: 0.into(), ..it }).await.unwrap();
    assert_eq!(t.find().order(Task::ID.asc()).await.unwrap(), [bystander, it]);
}

async fn a_record_with_an_unset_field_is_not_saved(t: Test) {
    t.create_tables::<Task>().await.unwrap();
    let it = t.create(task("a")).await.unwrap();
    let error = t.save(Task { state: Auto::Unset, title: "b".into(), ..it.clone() }).await.unwrap_err();
    assert!(matches!(&error, Error::Unstorable { column, .. } if column == "Task.state"), "{error}");
    // Which record would be meant?
    for error in [t.update(task("b")).set(Task::TRIES, 1).await.map(drop), t.delete(task("b")).await.map(drop)] {
        let error = error.unwrap_err();
        assert!(matches!(&error, Error::Unstorable { column, .. } if column == "Task.id"), "{error}");
    }
    assert_eq!(t.find::<Task>().await.unwrap(), [it]);
}

#[derive(Debug, Clone, Default, Model)]
struct Bare {
    #[orm(key, auto)]
    id: i64,
    state: Auto<String>,
}

async fn a_column_that_nothing_fills_is_refused(t: Test) {
    t.create_tables::<Bare>().await.unwrap();
    let error = t.create(Bare::default()).await.unwrap_err();
    assert!(matches!(&error, Error::Unstorable { column, .. } if column == "Bare.state"), "{error}");
    t.create(Bare { state: "here".into(), ..Bare::default() }).await.unwrap();
    assert_eq!(t.find::<Bare>().count().await.unwrap(), 1);
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Ticket {
    #[orm(key, default = "'first'", size = 20)]
    code: Auto<String>,
    name: String,
}

async fn a_key_may_be_a_default(t: Test) {
    t.create_tables::<Ticket>().await.unwrap();
    let ticket = t.create(Ticket { name: "a".into(), ..Ticket::default() }).await.unwrap();
    assert_eq!(ticket.code, "first".into());
    t.create(Ticket { code: "second".into(), name: "b".into() }).await.unwrap();
    let ticket = t.update(ticket).set(Ticket::NAME, "c").await.unwrap();
    assert_eq!(t.get::<Ticket>("first").await.unwrap(), ticket);
    assert_eq!(t.get::<Ticket>("second").await.unwrap().name, "b");
}

async fn an_unset_field_is_null_to_serde(_: Test) {
    let both = (Auto::from(5), Auto::<i32>::Unset);
    let text = serde_json::to_string(&both).unwrap();
    assert_eq!(text, "[5,null]");
    assert_eq!(serde_json::from_str::<(Auto<i32>, Auto<i32>)>(&text).unwrap(), both);
}
