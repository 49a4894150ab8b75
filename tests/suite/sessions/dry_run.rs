//! Dry runs: the SQL comes back, and nothing is sent.

use orm::prelude::*;
use orm::{Engine, Error, Isolation, Planned, SqliteMode, Value};

use crate::models::{User, user};
use crate::{Test, cases};

cases![
    a_dry_run_sends_nothing_and_keeps_the_sql_and_its_values,
    a_dry_run_needs_no_server,
    reads_of_a_dry_run_find_nothing,
    hooks_and_callbacks_of_a_dry_run_run,
    a_transaction_of_a_dry_run_begins_nothing,
    a_transaction_of_a_dry_run_locks_and_refuses_as_a_real_one,
    a_dry_run_in_a_transaction_leaves_it_alone,
    what_is_printed_of_a_dry_run_has_no_values,
];

/// A handle that has no connection, and would count one.
fn unopened(t: &Test) -> Db {
    t.builder().lazy().unwrap()
}

fn texts(statements: &[Planned]) -> Vec<&str> {
    statements.iter().map(Planned::sql).collect()
}

// gorm: sql_builder:TestDryRun
async fn a_dry_run_sends_nothing_and_keeps_the_sql_and_its_values(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let bystander = t.create(user("bystander", 9)).await.unwrap();
    let plan = t.session().dry_run();
    let ann = plan.create(user("ann", 1)).await.unwrap();
    assert_eq!(ann, user("ann", 1));
    let users = plan.create_many([user("a", 1), user("b", 2)]).await.unwrap();
    assert_eq!(users.len(), 2);
    plan.find().where_(User::NAME.eq("ann")).limit(3).await.unwrap();
    assert_eq!(plan.update(bystander.clone()).set(User::AGE, 10).await.unwrap().age, 10);
    assert_eq!(plan.update_all(User::AGE.lt(5)).set(User::NAME, "x").await.unwrap(), 0);
    plan.delete(bystander.clone()).await.unwrap();
    assert_eq!(plan.delete_all(User::AGE.eq(9)).await.unwrap(), 0);
    assert_eq!(plan.raw("DELETE FROM users WHERE age = ?", 9).execute().await.unwrap(), 0);

    let statements = plan.statements();
    let first: Vec<&str> = texts(&statements).iter().map(|it| it.split(' ').next().unwrap()).collect();
    assert_eq!(first, ["INSERT", "INSERT", "SELECT", "UPDATE", "UPDATE", "DELETE", "DELETE", "DELETE"]);
    let [select, update] = [2, 3].map(|at| &statements[at]);
    assert_eq!(select.sql(), t.engine().to_sql(&t.find().where_(User::NAME.eq("ann")).limit(3).statement()).unwrap());
    assert_eq!(select.values()[0], Value::from("ann"));
    assert_eq!(update.values().last(), Some(&Value::I64(bystander.id)));
    let inserted = statements[0].values();
    assert!(inserted.contains(&Value::from("ann")) && inserted.contains(&Value::Bool(false)), "{}", inserted.len());
    assert_eq!(t.find::<User>().await.unwrap(), [bystander]);
    assert!(t.statements().is_empty(), "others keep nothing");
}

async fn a_dry_run_needs_no_server(t: Test) {
    let db = unopened(&t);
    let plan = db.session().dry_run();
    plan.create_tables::<User>().await.unwrap();
    plan.create(user("ann", 1)).await.unwrap();
    plan.execute_script("DELETE FROM users; DELETE FROM users").await.unwrap();
    assert!(plan.statements().len() >= 4);
    assert_eq!(db.stats().opened, 0, "a connection was opened");

    for (url, engine) in [("postgres://127.0.0.1:1/x", Engine::Postgres), ("mysql://127.0.0.1:1/x", Engine::MySql)] {
        let db = Db::builder(url).lazy().unwrap();
        let plan = db.session().dry_run();
        plan.find::<User>().where_(User::AGE.eq(1)).await.unwrap();
        assert_eq!(plan.statements()[0].sql(), engine.to_sql(&db.find().where_(User::AGE.eq(1)).statement()).unwrap());
    }
}

async fn reads_of_a_dry_run_find_nothing(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create(user("ann", 1)).await.unwrap();
    let plan = t.session().dry_run();
    assert_eq!(plan.find::<User>().await.unwrap(), []);
    assert_eq!(plan.find::<User>().first().await.unwrap(), None);
    assert_eq!(plan.find::<User>().count().await.unwrap(), 0);
    assert!(!plan.find::<User>().exists().await.unwrap());
    assert_eq!(plan.find::<User>().select(User::AGE.max()).await.unwrap(), []);
    assert_eq!(plan.find::<User>().select(User::AGE).distinct().count().await.unwrap(), 0);
    assert!(plan.get::<User>(1).await.unwrap_err().is_not_found());
    assert_eq!(plan.raw("SELECT age FROM users", ()).fetch_optional::<i64>().await.unwrap(), None);
    assert!(plan.find::<User>().stream().next().await.is_none());
    assert_eq!(plan.statements().len(), 9);
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(hooks)]
struct Note {
    #[orm(key, auto)]
    id: i64,
    text: String,
}

impl Hooks for Note {
    async fn before_create(&mut self, db: &Session) -> orm::Result<()> {
        self.text = self.text.to_uppercase();
        db.delete_all(Self::TEXT.eq("old")).await.map(drop)
    }
}

async fn hooks_and_callbacks_of_a_dry_run_run(t: Test) {
    async fn only_new(cx: &mut Context) -> orm::Result<()> {
        cx.add_condition(Note::TEXT.ne("older"));
        Ok(())
    }
    t.create_tables::<Note>().await.unwrap();
    t.create(Note { id: 0, text: "bystander".into() }).await.unwrap();
    let db = unopened(&t).with_callbacks(|on| _ = on.delete().before("orm:delete").register("test:new", only_new)).unwrap();
    let plan = db.session().dry_run();
    let note = plan.create(Note { id: 0, text: "new".into() }).await.unwrap();
    assert_eq!(note.text, "NEW");
    let statements = plan.statements();
    assert_eq!(statements.len(), 2, "{statements:?}");
    assert_eq!(statements[0].values(), [Value::from("old"), Value::from("older")]);
    assert_eq!(statements[1].values(), [Value::from("NEW")]);
    assert_eq!(db.stats().opened, 0);
    assert_eq!(t.find::<Note>().count().await.unwrap(), 1);
}

async fn a_transaction_of_a_dry_run_begins_nothing(t: Test) {
    let db = unopened(&t);
    let plan = db.session().dry_run();
    let result = plan
        .transaction(async |tx| {
            tx.create(user("ann", 1)).await?;
            tx.transaction(async |tx| tx.create(user("bob", 1)).await).await?;
            Err::<(), _>(Error::other("on purpose"))
        })
        .await;
    assert_eq!(result.unwrap_err().to_string(), "on purpose");
    assert_eq!(plan.statements().len(), 2);
    assert_eq!(db.stats().opened, 0);
}

/// Seen failing: the query was told to use `transaction`, which it was in.
async fn a_transaction_of_a_dry_run_locks_and_refuses_as_a_real_one(t: Test) {
    let db = unopened(&t);
    let plan = db.session().dry_run();
    plan.transaction(async |tx| {
        tx.find::<User>().for_update().await?;
        tx.transaction(async |tx| tx.find::<User>().for_update().await).await
    })
    .await
    .unwrap();
    assert_eq!(plan.statements().len(), 2);
    // As without a plan: nothing would be locked.
    let alone = plan.find::<User>().for_update().await;
    assert!(matches!(alone, Err(Error::Invalid(_))), "{alone:?}");
    let deferred = plan.session().sqlite_mode(SqliteMode::Deferred);
    let locked = deferred.transaction(async |tx| tx.find::<User>().for_update().await).await;
    assert_eq!(locked.is_err(), t.engine() == Engine::Sqlite, "{locked:?}");
    let made = plan.transaction(async |tx| tx.create_tables::<User>().await).await;
    assert_eq!(made.is_err(), t.engine().is_mysql_family(), "{made:?}");
    let nested = plan.transaction(async |tx| {
        let other = tx.session().isolation(Isolation::Serializable);
        other.transaction(async |_| Ok(())).await
    });
    assert!(matches!(nested.await, Err(Error::Configuration { .. })));
    assert_eq!(db.stats().opened, 0);
}

async fn a_dry_run_in_a_transaction_leaves_it_alone(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.transaction(async |tx| {
        tx.create(user("ann", 1)).await?;
        let plan = tx.session().dry_run();
        plan.transaction(async |it| it.delete_all(every::<User>()).await).await?;
        plan.delete_all(every::<User>()).await?;
        assert_eq!(plan.statements().len(), 2);
        tx.create(user("bob", 1)).await
    })
    .await
    .unwrap();
    assert_eq!(t.find::<User>().count().await.unwrap(), 2);
}

async fn what_is_printed_of_a_dry_run_has_no_values(t: Test) {
    let plan = t.session().dry_run();
    plan.create(user("s3cret", 1)).await.unwrap();
    let printed = format!("{:?} {plan:?}", plan.statements());
    assert!(printed.contains("INSERT") && !printed.contains("s3cret"), "{printed}");
}
