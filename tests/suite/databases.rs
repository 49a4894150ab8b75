//! Several databases by name.

use std::time::Duration;

use orm::prelude::*;
use orm::{ConfigEvent, ConfigSource, DatabaseState, Databases, DatabasesError, Db, DbBuilder, DbConfig, Engine, Error};
use tokio::sync::Notify;

use crate::models::{User, user};
use crate::proxy::Proxy;
use crate::{Test, cases};

cases![
    a_database_is_found_by_its_name,
    a_start_without_a_mandatory_database_fails_with_all_causes,
    one_that_depends_on_another_is_not_tried_without_it,
    an_optional_database_comes_when_it_is_there,
    an_optional_database_is_tried_with_what_its_settings_say_now,
    a_mandatory_database_is_waited_for_with_patience,
    a_model_is_stored_in_its_database,
    a_model_is_refused_by_other_databases,
    reads_go_to_another_server_than_writes,
    names_and_dependencies_make_sense_or_are_errors,
    each_database_says_how_it_is,
    closed_databases_are_not_tried_again,
    a_shutdown_waits_for_all_of_them_at_the_same_time,
    a_shutdown_says_which_of_them_is_not_let_go,
];

/// Lives somewhere else.
#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(database = "audit")]
struct Event {
    #[orm(key, auto)]
    id: i64,
    text: String,
}

/// Nothing is there.
fn elsewhere(t: &Test) -> &'static str {
    match t.engine() {
        Engine::Sqlite => "sqlite:///nowhere/at/all.db",
        Engine::Postgres => "postgres://somebody:pa55word@127.0.0.1:1/nothing",
        _ => "mysql://somebody:pa55word@127.0.0.1:1/nothing",
    }
}

fn nowhere(t: &Test) -> DbBuilder {
    Db::builder(elsewhere(t))
}

/// A database that is not there until it is let.
struct Late {
    proxy: Option<Proxy>,
    folder: tempfile::TempDir,
}

impl Late {
    async fn of(t: &Test) -> (Self, DbBuilder) {
        let folder = tempfile::tempdir().unwrap();
        let (proxy, builder) = t.behind_network().await;
        let builder = match &proxy {
            Some(proxy) => {
                proxy.cut_after(0);
                builder
            }
            None => Db::builder(&format!("sqlite://{}/late/file.db", folder.path().display())),
        };
        (Self { proxy, folder }, builder)
    }

    fn let_come(&self) {
        match &self.proxy {
            Some(proxy) => proxy.heal(),
            None => std::fs::create_dir(self.folder.path().join("late")).unwrap(),
        }
    }
}

async fn a_database_is_found_by_its_name(t: Test) {
    let databases = Databases::builder().mandatory("main", t.builder()).mandatory("ledger", t.builder()).open().await.unwrap();
    databases.get("main").unwrap().create_tables::<User>().await.unwrap();
    databases.get("ledger").unwrap().create(user("ann", 1)).await.unwrap();
    assert_eq!(databases.of::<User>().unwrap().find::<User>().count().await.unwrap(), 1);
    let error = databases.get("leger").unwrap_err();
    assert_eq!(error.to_string(), "there is no database `leger`; there are `main`, `ledger`");
    assert!(matches!(databases.ready("leger").await, Err(Error::Databases(DatabasesError::Unknown { .. }))));
    assert_eq!(databases.names().collect::<Vec<_>>(), ["main", "ledger"]);
}

async fn a_start_without_a_mandatory_database_fails_with_all_causes(t: Test) {
    let builder = Databases::builder().mandatory("main", nowhere(&t)).mandatory("good", t.builder()).mandatory("ledger", nowhere(&t));
    let error = builder.optional("reports", t.builder()).open().await.unwrap_err();
    let said = format!("{error} {error:?}");
    let Error::Databases(DatabasesError::Start { causes }) = error else { panic!("{said}") };
    assert_eq!(causes.iter().map(|it| &*it.0).collect::<Vec<_>>(), ["main", "ledger"]);
    assert!(causes.iter().all(|it| matches!(it.1, Error::Connect { .. })), "{causes:?}");
    assert!(said.starts_with("2 databases could not be opened: `main`: cannot connect") && said.contains("; `ledger`: "), "{said}");
    assert!(!said.contains("pa55word"), "{said}");
}

async fn one_that_depends_on_another_is_not_tried_without_it(t: Test) {
    let databases = Databases::builder().mandatory("main", nowhere(&t)).mandatory("ledger", nowhere(&t)).depends("ledger", "main");
    let Error::Databases(DatabasesError::Start { causes }) = databases.open().await.unwrap_err() else { panic!("not that error") };
    assert!(matches!(&causes[1].1, Error::Databases(DatabasesError::Dependency { on }) if on == "main"), "{causes:?}");
    // What is optional waits.
    let (late, builder) = Late::of(&t).await;
    let databases = Databases::builder().mandatory("main", t.builder()).optional("reports", builder).optional("figures", t.builder());
    let databases = databases.depends("figures", "reports").depends("reports", "main").open().await.unwrap();
    assert!(matches!(databases.get("figures"), Err(Error::Databases(DatabasesError::NotOpen { .. }))));
    late.let_come();
    databases.ready("figures").await.unwrap().ping().await.unwrap();
    databases.get("reports").unwrap().ping().await.unwrap();
}

async fn an_optional_database_comes_when_it_is_there(t: Test) {
    let (late, builder) = Late::of(&t).await;
    let databases = Databases::builder().mandatory("main", t.builder()).optional("reports", builder).open().await.unwrap();
    // It was tried, and says what came of it.
    let cause = loop {
        let Err(Error::Databases(DatabasesError::NotOpen { database, cause })) = databases.get("reports") else {
            panic!("nothing is there to open");
        };
        assert_eq!(database, "reports");
        if cause != "it was not tried" {
            break cause;
        }
        tokio::task::yield_now().await;
    };
    assert!(cause.starts_with("cannot connect") || cause.contains("lost"), "{cause}");
    late.let_come();
    databases.ready("reports").await.unwrap().ping().await.unwrap();
    databases.get("reports").unwrap();
}

/// Seen failing with a `ConfigWatch` that cannot be had before it is open: it was tried with the
/// first address for ever.
async fn an_optional_database_is_tried_with_what_its_settings_say_now(t: Test) {
    let mut config = DbConfig::default();
    config.url = Some(elsewhere(&t).into());
    let (sender, mut source) = tokio::sync::watch::channel(config);
    let config = source.load().await.unwrap();
    let databases = Databases::builder().optional("reports", config.builder()).open().await.unwrap();
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let tell = move |event: &ConfigEvent| told.send(matches!(event, ConfigEvent::Changed(_))).unwrap();
    assert!(databases.watch("report", config.clone(), source.clone(), |_| ()).is_err());
    let _watch = databases.watch("reports", config, source, tell).unwrap();
    while !databases.get("reports").unwrap_err().to_string().contains("cannot connect") {
        tokio::task::yield_now().await;
    }
    // Options hold without it.
    sender.send_modify(|it| it.pool.max_size = 3);
    assert_eq!(heard.recv().await, Some(true));
    assert!(databases.get("reports").is_err());
    sender.send_modify(|it| it.url = Some(t.url().into()));
    assert_eq!(heard.recv().await, Some(true));
    let reports = databases.ready("reports").await.unwrap();
    reports.ping().await.unwrap();
    assert_eq!(reports.stats().max_open, if t.engine() == Engine::Sqlite { 4 } else { 3 });
    // And when it is open.
    sender.send_modify(|it| it.pool.max_size = 5);
    assert_eq!(heard.recv().await, Some(true));
    assert_eq!(reports.stats().max_open, if t.engine() == Engine::Sqlite { 6 } else { 5 });
}

async fn a_mandatory_database_is_waited_for_with_patience(t: Test) {
    let (late, builder) = Late::of(&t).await;
    let opening = tokio::spawn(Databases::builder().mandatory("main", builder).patience(Duration::from_secs(300)).open());
    tokio::task::yield_now().await;
    late.let_come();
    opening.await.unwrap().unwrap().get("main").unwrap().ping().await.unwrap();
}

async fn a_model_is_stored_in_its_database(t: Test) {
    let databases = Databases::builder().mandatory("main", t.builder()).mandatory("audit", t.builder()).open().await.unwrap();
    assert_eq!(<Event as Model>::META.database, Some("audit"));
    let audit = databases.of::<Event>().unwrap();
    audit.create_tables::<(Event, User)>().await.unwrap();
    let event = audit.create(Event { id: 0, text: "started".to_owned() }).await.unwrap();
    audit.transaction(async |tx| tx.update(event).set(Event::TEXT, "ended").await).await.unwrap();
    assert_eq!(audit.find().where_(Event::TEXT.eq("ended")).count().await.unwrap(), 1);
    // SQL text goes where it is sent.
    let count: i64 = databases.get("main").unwrap().raw("SELECT count(*) FROM events", ()).fetch_one().await.unwrap();
    assert_eq!(count, 1);
    // A database without a name takes all.
    assert_eq!(t.find::<Event>().count().await.unwrap(), 1);
    let missing = Databases::builder().mandatory("main", t.builder()).open().await.unwrap();
    assert!(missing.of::<Event>().unwrap_err().to_string().contains("no database `audit`"));
}

async fn a_model_is_refused_by_other_databases(t: Test) {
    t.create_tables::<(Event, User)>().await.unwrap();
    let databases = Databases::builder().mandatory("main", t.builder()).mandatory("audit", t.builder()).open().await.unwrap();
    let main = databases.get("main").unwrap();
    let refused = |result: orm::Result<()>| {
        let error = result.unwrap_err();
        let is_it =
            matches!(&error, Error::Databases(DatabasesError::Elsewhere { model: "Event", wanted: "audit", here }) if here == "main");
        assert!(is_it, "{error:?}");
        error
    };
    let event = Event { id: 1, text: "started".to_owned() };
    let said = refused(main.create(event.clone()).await.map(drop)).to_string();
    assert_eq!(said, "Event lives in the database `audit`, and this is `main`: use `databases.of::<Event>()`");
    refused(main.find::<Event>().await.map(drop));
    refused(main.update(event.clone()).set(Event::TEXT, "x").await.map(drop));
    refused(main.delete(event.clone()).await.map(drop));
    refused(main.insert_many([event]).await.map(drop));
    refused(main.create_tables::<(User, Event)>().await);
    refused(main.create_table_as::<Event>("others").await);
    refused(main.transaction(async |tx| tx.find::<Event>().await).await.map(drop));
    let beside = main.find::<User>().join(Event::TEXT.eq(orm::joined(User::NAME)));
    refused(beside.select(User::ID).await.map(drop));
    let other = main.with_callbacks(|_| ()).unwrap();
    refused(other.session().find::<Event>().count().await.map(drop));
    assert_eq!(t.find::<Event>().count().await.unwrap(), 0);
    // Models that name none go anywhere.
    databases.get("audit").unwrap().create(user("ann", 1)).await.unwrap();
}

/// A replica is another database: here it has rows of its own, by which it is known.
async fn reads_go_to_another_server_than_writes(t: Test) {
    async fn names(db: &Session) -> orm::Result<Vec<String>> {
        db.find::<User>().order(User::ID.asc()).select(User::NAME).await
    }
    async fn rename(db: &Session, from: &str, to: &str) -> orm::Result<u64> {
        db.update_all(User::NAME.eq(from)).set(User::NAME, to).await
    }
    t.create_tables::<User>().await.unwrap();
    t.create_table_as::<User>("replica_users").await.unwrap();
    t.create(user("ann", 1)).await.unwrap();
    t.create(user("ann as the replica has her", 1)).table("replica_users").await.unwrap();
    let replica = t.builder().table_prefix("replica_");
    let databases = Databases::builder().mandatory("primary", t.builder()).mandatory("replica", replica).open().await.unwrap();
    let (primary, replica) = (databases.get("primary").unwrap(), databases.get("replica").unwrap());
    // The same functions, and what runs them says where.
    let reads = replica.session().read_only();
    assert_eq!(names(&reads).await.unwrap(), ["ann as the replica has her"]);
    let refused = rename(&reads, "ann as the replica has her", "x").await;
    assert!(matches!(refused, Err(Error::ReadOnly { .. })), "{refused:?}");
    assert_eq!(rename(primary, "ann", "bob").await.unwrap(), 1);
    assert_eq!((names(primary).await.unwrap(), names(&reads).await.unwrap().len()), (vec!["bob".to_owned()], 1));
    // What a transaction has written it reads, so all of it is on the primary.
    let read = primary.transaction(async |tx| {
        rename(tx, "bob", "cleo").await?;
        names(tx).await
    });
    assert_eq!(read.await.unwrap(), ["cleo"]);
    assert_eq!(names(&reads).await.unwrap(), ["ann as the replica has her"]);
}

async fn names_and_dependencies_make_sense_or_are_errors(t: Test) {
    let two = || Databases::builder().mandatory("main", t.builder()).optional("reports", t.builder());
    let said = async |builder: orm::DatabasesBuilder| {
        let error = builder.open().await.unwrap_err();
        assert!(matches!(error, Error::Configuration { .. }), "{error:?}");
        error.to_string()
    };
    assert!(said(two().optional("main", t.builder())).await.contains("`main`: it was named twice"));
    assert!(said(two().depends("reports", "mian")).await.contains("there is no `mian`"));
    assert!(said(two().depends("main", "reports")).await.contains("is optional"));
    assert!(said(two().depends("main", "main")).await.contains("depends on `main`"));
    let circle = two().mandatory("audit", t.builder()).depends("audit", "main").depends("main", "audit");
    assert!(said(circle).await.contains("`audit`: it depends on `main`, which depends on `audit`"));
    // Mistakes of a setting are said at once, also of what may come later.
    let error = two().optional("figures", Db::builder("nonsense")).open().await.unwrap_err();
    assert!(error.to_string().starts_with("1 database could not be opened: `figures`: the database URL: "), "{error}");
}

async fn each_database_says_how_it_is(t: Test) {
    let databases = Databases::builder().mandatory("main", t.builder()).optional("reports", nowhere(&t)).open().await.unwrap();
    let health = databases.health(Duration::from_secs(60)).await;
    let [main, reports] = &health[..] else { panic!("{health:?}") };
    assert!(main.is_well() && main.mandatory && main.name == "main", "{main:?}");
    assert!(!reports.is_well() && !reports.mandatory, "{reports:?}");
    assert!(matches!(reports.state, DatabaseState::NotOpen { .. }), "{reports:?}");
    databases.get("main").unwrap().close();
    let health = databases.health(Duration::from_secs(60)).await;
    assert!(matches!(&health[0].state, DatabaseState::Silent(error) if matches!(**error, Error::Closed)), "{health:?}");
}

async fn closed_databases_are_not_tried_again(t: Test) {
    let (late, builder) = Late::of(&t).await;
    let databases = Databases::builder().mandatory("main", t.builder()).optional("reports", builder).open().await.unwrap();
    let waits = tokio::spawn({
        let databases = databases.clone();
        async move { databases.ready("reports").await.map(drop) }
    });
    tokio::task::yield_now().await;
    databases.close();
    assert!(matches!(waits.await.unwrap(), Err(Error::Closed)));
    late.let_come();
    assert!(matches!(databases.get("reports"), Err(Error::Closed)));
    assert!(matches!(databases.get("main"), Err(Error::Closed)));
}

async fn a_shutdown_waits_for_all_of_them_at_the_same_time(t: Test) {
    let databases = Databases::builder().mandatory("main", t.builder()).mandatory("ledger", t.builder());
    let databases = databases.optional("reports", nowhere(&t)).open().await.unwrap();
    let main = databases.get("main").unwrap().clone();
    main.create_tables::<User>().await.unwrap();
    let waits = tokio::spawn({
        let databases = databases.clone();
        async move { databases.ready("reports").await.map(drop) }
    });
    let (begun, go_on) = (Notify::new(), Notify::new());
    let work = main.transaction(async |tx| {
        tx.find::<User>().count().await?;
        begun.notify_one();
        go_on.notified().await;
        tx.create(user("ann", 1)).await
    });
    let end = async {
        begun.notified().await;
        let meanwhile = async {
            // All are closed at once; what is under way goes on.
            while databases.get("ledger").is_ok() {
                tokio::task::yield_now().await;
            }
            assert!(databases.names().all(|it| matches!(databases.get(it), Err(Error::Closed))));
            assert!(matches!(main.find::<User>().await, Err(Error::Closed)));
            go_on.notify_one();
        };
        tokio::join!(databases.shutdown(Duration::from_secs(60)), meanwhile).0
    };
    let (done, ended) = tokio::join!(work, end);
    done.unwrap();
    assert!(matches!(waits.await.unwrap(), Err(Error::Closed)));
    assert_eq!(ended.iter().map(|it| &*it.name).collect::<Vec<_>>(), ["main", "ledger", "reports"]);
    assert!(ended.iter().all(|it| it.report.is_clean()), "{ended:?}");
    assert_eq!(ended[0].report.released, 1, "{ended:?}");
    assert_eq!(t.find::<User>().count().await.unwrap(), 1);
}

async fn a_shutdown_says_which_of_them_is_not_let_go(t: Test) {
    let databases = Databases::builder().mandatory("main", t.builder()).mandatory("ledger", t.builder()).open().await.unwrap();
    let line = line!() + 1;
    let kept = databases.get("ledger").unwrap().begin().await.unwrap();
    let ended = databases.shutdown(Duration::from_millis(30)).await;
    let [main, ledger] = &ended[..] else { panic!("{ended:?}") };
    assert!(main.report.is_clean() && main.report.holders.is_empty(), "{main:?}");
    assert_eq!((&*ledger.name, ledger.report.ended, ledger.report.holders.len()), ("ledger", 1, 1), "{ledger:?}");
    assert_eq!(ledger.report.holders[0].at.line(), line);
    kept.commit().await.unwrap_err();
}
