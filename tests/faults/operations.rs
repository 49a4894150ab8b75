//! Every public operation that waits, each as one call.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Mutex;
use std::time::Duration;

use orm::prelude::*;
use orm::service::{RequestSession, Scoped, SessionLayer};
use orm::{Context, Db, DbCell, Error, Health, Reload};
use tower::{Layer as _, ServiceExt as _};

/// A record of the sweep. Three of them are there, with the keys -1, -2 and
/// -3, which no sequence gives, and the numbers 1 to 3.
#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "sweep")]
pub(crate) struct Thing {
    #[orm(key, auto)]
    pub(crate) id: i64,
    pub(crate) number: i64,
}

impl Thing {
    /// One that is not there.
    pub(crate) fn new(number: i64) -> Self {
        Self { id: 0, number }
    }

    fn first() -> Self {
        Self { id: -1, number: 1 }
    }
}

/// An operation, under the name of the function or of the builder that is awaited.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    /// The numbers that are there when it was done, those of the three first, in their order;
    /// before it those it may be dropped at, if it is none in which all or nothing is done.
    pub(crate) leaves: &'static str,
    pub(crate) run: for<'a> fn(&'a Here) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>,
}

/// What is there before an operation.
pub(crate) const BEFORE: &str = "1 2 3";

impl Operation {
    /// Whether the table may be so when it was dropped.
    pub(crate) fn may_leave(&self, state: &str) -> bool {
        state == BEFORE || self.leaves.split('|').any(|it| it == state)
    }

    pub(crate) fn leaves_at_last(&self) -> &'static str {
        self.leaves.rsplit('|').next().unwrap()
    }
}

/// Where operations are tried.
pub(crate) struct Here {
    pub(crate) db: Db,
    /// Of the same database, for those that open one.
    pub(crate) url: String,
}

impl Deref for Here {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

macro_rules! operations {
    ($($name:literal $leaves:literal |$db:ident| $run:expr;)*) => {
        pub(crate) const OPERATIONS: &[Operation] = &[$(Operation {
            name: $name,
            leaves: $leaves,
            run: |$db| Box::pin(async move { let _ = $run; }),
        }),*];
    };
}

operations! {
    "Find" "1 2 3" |db| db.find::<Thing>().where_(Thing::NUMBER.gt(1)).await.unwrap();
    "First" "1 2 3" |db| db.find::<Thing>().first().await.unwrap();
    "Count" "1 2 3" |db| db.find::<Thing>().count().await.unwrap();
    "Exists" "1 2 3" |db| db.find::<Thing>().exists().await.unwrap();
    "Selected" "1 2 3" |db| db.find::<Thing>().select((Thing::ID, Thing::NUMBER)).await.unwrap();
    "FirstSelected" "1 2 3" |db| db.find::<Thing>().select(Thing::ID).first().await.unwrap();
    "CountSelected" "1 2 3" |db| db.find::<Thing>().select(Thing::NUMBER).count().await.unwrap();
    "RecordStream::next" "1 2 3" |db| { let mut all = db.find::<Thing>().stream(); while let Some(it) = all.next().await { it.unwrap(); } };
    "RecordStream" "1 2 3" |db| { let all = db.find::<Thing>().stream(); futures_util::StreamExt::collect::<Vec<_>>(all).await };
    "Returning" "1 2" |db| db.delete_all(Thing::NUMBER.eq(3)).returning().await.unwrap();
    "Create" "1 2 3 4" |db| db.create(Thing::new(4)).await.unwrap();
    "CreateOrReturn" "1 2 3 4" |db| db.create(Thing::new(4)).or_return().await.unwrap();
    "CreateMany" "1 2 3 4 5" |db| db.create_many([Thing::new(4), Thing::new(5)]).await.unwrap();
    "CreateManyOrReturn" "1 2 3 4 5" |db| db.create_many([Thing::new(4), Thing::new(5)]).or_return().await.unwrap();
    "InsertMany" "1 2 3 4 5" |db| db.insert_many([Thing::new(4), Thing::new(5)]).batch_size(1).progress(drop).await.unwrap();
    "InsertMany" "1 2 3 4 5" |db| db.insert_many([Thing::new(4), Thing::new(5)]).copy().await.unwrap();
    "InsertMany" "1 2 3 4 5" |db| db.insert_many([Thing::new(4), Thing::new(5)]).copy().batch_size(1).await.unwrap();
    "Update" "2 2 3" |db| db.update(Thing::first()).set(Thing::NUMBER, Thing::NUMBER.plus(1)).await.unwrap();
    "UpdateOrReturn" "7 2 3" |db| db.update(Thing::first()).set(Thing::NUMBER, 7).or_return().await.unwrap();
    "Save" "8 2 3" |db| db.save(Thing { number: 8, ..Thing::first() }).await.unwrap();
    "SaveOrReturn" "8 2 3" |db| db.save(Thing { number: 8, ..Thing::first() }).or_return().await.unwrap();
    "UpdateAll" "1 7 7" |db| db.update_all(Thing::NUMBER.gt(1)).set(Thing::NUMBER, 7).await.unwrap();
    "Delete" "2 3" |db| db.delete(Thing::first()).await.unwrap();
    "DeleteOrReturn" "2 3" |db| db.delete(Thing::first()).or_return().await.unwrap();
    "DeleteAll" "1" |db| db.delete_all(Thing::NUMBER.gt(1)).await.unwrap();
    "Fetch" "1 2 3" |db| db.raw("SELECT id, number FROM sweep", ()).fetch::<Thing>().await.unwrap();
    "FetchOptional" "1 2 3" |db| db.raw("SELECT id, number FROM sweep WHERE id = ?", -1).fetch_optional::<Thing>().await.unwrap();
    "FetchOne" "1 2 3" |db| db.raw("SELECT count(*) FROM sweep", ()).fetch_one::<i64>().await.unwrap();
    "Execute" "2 3" |db| db.raw("DELETE FROM sweep WHERE id = ?", -1).execute().await.unwrap();
    "Get" "1 2 3" |db| db.get::<Thing>(-1).await.unwrap();
    "Session::execute_script" "5 5 5|6 6 6" |db| db.execute_script("UPDATE sweep SET number = 5; UPDATE sweep SET number = 6;").await.unwrap();
    "Session::create_tables" "1 2 3" |db| db.create_tables::<Thing>().await.unwrap();
    "Session::create_table_as" "1 2 3" |db| db.create_table_as::<Thing>("sweep_again").await.unwrap();
    "Session::alter_column" "1 2 3" |db| other_number(db).await;
    "Session::transaction" "1 2 3 4 6" |db| db.transaction(two_levels).await.unwrap();
    "Session::try_transaction" "1 2 3 4 6" |db| db.try_transaction(async |tx| two_levels(tx).await).await.unwrap();
    "Session::begin" "1 2 3" |db| drop(db.begin().await.unwrap());
    "Transaction::commit" "1 2 3 4" |db| by_hand(db).await.commit().await.unwrap();
    "Transaction::rollback" "1 2 3" |db| by_hand(db).await.rollback().await;
    "Retry::transaction" "1 2 3 4 6" |db| db.session().retry(1).transaction(two_levels).await.unwrap();
    "Retry::try_transaction" "1 2 3 4 6" |db| db.session().retry(1).try_transaction(async |tx| two_levels(tx).await).await.unwrap();
    "RequestSession::session" "1 2 3 4" |db| request(db).await;
    "SessionService::call" "1 2 3 4" |db| request(db).await;
    "RequestSession::from_request_parts" "1 2 3 4" |db| extracted(db).await;
    "Scoped::from_request_parts" "1 2 3 4" |db| extracted(db).await;
    "Context::sql" "1 2 3" |db| watched(db).await;
    "Next::run" "1 2 3" |db| watched(db).await;
    "Db::open" "1 2 3" |db| elsewhere(db).await;
    "DbBuilder::open" "1 2 3" |db| elsewhere(db).await;
    "Db::ping" "1 2 3" |db| db.ping().await.unwrap();
    "DbCell::get" "1 2 3" |db| at_first_use(db).await;
    "Db::shutdown" "1 2 3" |db| shut_down(db).await;
    "PoolHandle::reload" "1 2 3" |db| db.pool().reload(Reload::new()).await.unwrap();
    "DatabasesBuilder::open" "1 2 3" |db| databases(db).await;
    "Databases::ready" "1 2 3" |db| databases(db).await.ready("late").await.unwrap();
    "Databases::health" "1 2 3" |db| databases(db).await.health(Duration::from_secs(60)).await;
    "Databases::shutdown" "1 2 3" |db| assert!(databases(db).await.shutdown(Duration::from_secs(1)).await.iter().all(|it| it.report.is_clean()));
    "Health::ready" "1 2 3" |db| assert!(Health::of(&db.db).ready().await);
    "Health::report" "1 2 3" |db| Health::of(&db.db).report().await;
    "Db::engine" "1 2 3" |db| db.engine().await.unwrap();
}

/// A record of the same table whose number may be NULL.
#[derive(Debug, Clone, Model)]
#[orm(table = "sweep")]
struct MaybeThing {
    #[orm(key, auto)]
    id: i64,
    #[orm(check = "{column} > -9")]
    number: Option<i64>,
}

/// Alters a column to what another model says of it, and back.
async fn other_number(db: &Db) {
    db.alter_column(MaybeThing::NUMBER).await.unwrap();
    db.alter_column(Thing::NUMBER).await.unwrap();
}

/// A write, one that is undone, and one in an inner transaction.
async fn two_levels(tx: &orm::Session) -> orm::Result<()> {
    tx.create(Thing::new(4)).await?;
    let undone = tx.transaction(async |tx| {
        tx.create(Thing::new(5)).await?;
        Err::<(), _>(Error::other("on purpose"))
    });
    undone.await.unwrap_err();
    tx.transaction(async |tx| tx.create(Thing::new(6)).await).await?;
    Ok(())
}

/// A transaction that is ended by hand, with a write in it.
async fn by_hand(db: &Db) -> orm::Transaction {
    let tx = db.begin().await.unwrap();
    tx.create(Thing::new(4)).await.unwrap();
    tx
}

/// A request in a transaction, with a write in it.
async fn request(db: &Db) {
    let answer = async |request: axum::extract::Request| {
        let db = request.extensions().get::<RequestSession>().unwrap().session().await?;
        db.create(Thing::new(4)).await?;
        Ok::<_, Error>(axum::response::Response::<String>::default())
    };
    let service = SessionLayer::new(db.clone()).transaction().layer(tower::service_fn(move |it| Box::pin(answer(it))));
    service.oneshot(axum::extract::Request::default()).await.unwrap();
}

/// A read through a callback around it that asks for the text.
async fn watched(db: &Db) {
    let db = db.with_callbacks(|on| {
        on.query().before("*").register("test:text", async |cx: &mut Context, next: orm::Next<'_>| {
            cx.sql().await?;
            next.run(cx).await
        });
    });
    db.unwrap().find::<Thing>().await.unwrap();
}

/// Requests whose handlers take their session, and a handle to it, as arguments.
async fn extracted(db: &Db) {
    let create = async |session: RequestSession, Scoped(tx): Scoped| {
        assert!(session.session().await?.in_transaction());
        tx.create(Thing::new(4)).await?;
        Ok::<_, Error>(())
    };
    let router = axum::Router::new().route("/", axum::routing::get(create)).layer(SessionLayer::new(db.clone()).transaction());
    assert_eq!(router.oneshot(axum::extract::Request::<axum::body::Body>::default()).await.unwrap().status(), 200);
}

/// Opens the database once more.
async fn elsewhere(here: &Here) {
    let db = Db::open(&here.url).await.unwrap();
    db.ping().await.unwrap();
    db.close();
}

/// Opens the database once more when it is needed, as a `static` would.
async fn at_first_use(here: &Here) {
    static URL: Mutex<String> = Mutex::new(String::new());
    here.url.clone_into(&mut URL.lock().unwrap());
    let cell = DbCell::new(|| Db::builder(&URL.lock().unwrap()));
    cell.get().await.unwrap().ping().await.unwrap();
}

/// Ends another handle, which is at work.
async fn shut_down(here: &Here) {
    let db = Db::builder(&here.url).lazy().unwrap();
    let tx = db.begin().await.unwrap();
    tx.create(Thing::new(4)).await.unwrap();
    let (ended, ()) = tokio::join!(db.shutdown(Duration::from_secs(5)), tx.rollback());
    assert!(ended.is_clean());
}

/// Opens the database twice more, under two names.
async fn databases(here: &Here) -> orm::Databases {
    let again = || Db::builder(&here.url);
    orm::Databases::builder().mandatory("main", again()).optional("late", again()).open().await.unwrap()
}

/// The names of all public operations, read from the sources: each function that
/// returns a future with its type, also one of another crate's trait, and each type
/// that can be awaited.
pub(crate) fn public_operations() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../orm/src");
    let mut found = Vec::new();
    let texts: Vec<String> = sources(&root).iter().map(|it| fs::read_to_string(it).unwrap()).collect();
    let declared = texts
        .iter()
        .flat_map(|it| it.lines())
        .filter_map(|it| it.split_once("trait ").filter(|(before, _)| before.is_empty() || before.starts_with("pub")));
    let renamed = texts.iter().flat_map(|it| it.lines()).filter(|it| it.starts_with("use crate::")).flat_map(|it| it.split(" as ").skip(1));
    let own: BTreeSet<&str> = declared.map(|(_, rest)| type_name(rest)).chain(renamed.map(type_name)).collect();
    for text in &texts {
        let (mut of, mut function, mut foreign) = ("", "", false);
        for line in text.lines() {
            if line.starts_with('}') {
                (of, function, foreign) = ("", "", false);
            }
            let line = line.trim_start();
            if let Some(rest) = line.strip_prefix("impl") {
                let (interface, implementor) = rest.split_once(" for ").unwrap_or(("", rest));
                of = type_name(implementor);
                if ["IntoFuture", "Stream"].contains(&type_name(interface)) {
                    found.push(of.to_owned());
                }
                // Our own traits are called by our own functions, which have entries of their own.
                foreign = !interface.is_empty() && !own.contains(type_name(interface));
            }
            // A signature may go over several lines.
            if let Some((before, rest)) = line.split_once("fn ").filter(|it| it.0.is_empty() || it.0.ends_with(' ')) {
                let is_public = matches!(before, "pub " | "pub async ") || foreign && matches!(before, "" | "async ");
                function = if is_public { rest.split(['<', '(']).next().unwrap() } else { "" };
            }
            let waits = ["pub async fn ", "async fn "].iter().any(|it| line.starts_with(it))
                || ["-> impl Future<", "-> BoxFuture<", "-> Self::Future "].iter().any(|it| line.contains(it));
            if waits && !function.is_empty() && !line.starts_with("//") {
                found.push(format!("{of}::{function}"));
            }
        }
    }
    assert!(found.len() > 20, "the sources were not understood");
    found
}

/// `Find` of `<'s, M: Model> Find<'s, M> {`.
fn type_name(text: &str) -> &str {
    let mut depth = 0;
    let mut start = 0;
    for (at, letter) in text.char_indices() {
        match letter {
            '<' => depth += 1,
            '>' => {
                depth -= 1;
                if depth == 0 && text[start..at].trim_start().starts_with('<') {
                    start = at + 1;
                }
            }
            _ => {}
        }
    }
    text[start..].trim_start().split(|it: char| !it.is_alphanumeric() && it != '_').next().unwrap()
}

/// The files of the library but its unit tests and its drivers, which nobody calls.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let wanted = entries.filter(|it| !it.ends_with("tests") && !it.ends_with("tests.rs") && !it.ends_with("driver"));
    wanted.flat_map(|it| if it.is_dir() { sources(&it) } else { vec![it] }).collect()
}
