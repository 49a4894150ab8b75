//! Every public operation that waits, each as one call.

use std::fs;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use orm::prelude::*;
use orm::service::SessionLayer;
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
    /// How many records are there when it was done; three were before.
    pub(crate) leaves: u64,
    pub(crate) run: for<'a> fn(&'a Db) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>,
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
    "Find" 3 |db| db.find::<Thing>().where_(Thing::NUMBER.gt(1)).await.unwrap();
    "First" 3 |db| db.find::<Thing>().first().await.unwrap();
    "Count" 3 |db| db.find::<Thing>().count().await.unwrap();
    "Exists" 3 |db| db.find::<Thing>().exists().await.unwrap();
    "Selected" 3 |db| db.find::<Thing>().select((Thing::ID, Thing::NUMBER)).await.unwrap();
    "FirstSelected" 3 |db| db.find::<Thing>().select(Thing::ID).first().await.unwrap();
    "CountSelected" 3 |db| db.find::<Thing>().select(Thing::NUMBER).count().await.unwrap();
    "RecordStream::next" 3 |db| { let mut all = db.find::<Thing>().stream(); while let Some(it) = all.next().await { it.unwrap(); } };
    "RecordStream" 3 |db| { let all = db.find::<Thing>().stream(); futures_util::StreamExt::collect::<Vec<_>>(all).await };
    "Returning" 2 |db| db.delete_all(Thing::NUMBER.eq(3)).returning().await.unwrap();
    "Create" 4 |db| db.create(Thing::new(4)).await.unwrap();
    "CreateOrReturn" 4 |db| db.create(Thing::new(4)).or_return().await.unwrap();
    "CreateMany" 5 |db| db.create_many([Thing::new(4), Thing::new(5)]).await.unwrap();
    "CreateManyOrReturn" 5 |db| db.create_many([Thing::new(4), Thing::new(5)]).or_return().await.unwrap();
    "InsertMany" 5 |db| db.insert_many([Thing::new(4), Thing::new(5)]).batch_size(1).progress(drop).await.unwrap();
    "InsertMany" 5 |db| db.insert_many([Thing::new(4), Thing::new(5)]).copy().await.unwrap();
    "InsertMany" 5 |db| db.insert_many([Thing::new(4), Thing::new(5)]).copy().batch_size(1).await.unwrap();
    "Update" 3 |db| db.update(Thing::first()).set(Thing::NUMBER, Thing::NUMBER.plus(1)).await.unwrap();
    "UpdateOrReturn" 3 |db| db.update(Thing::first()).set(Thing::NUMBER, 7).or_return().await.unwrap();
    "Save" 3 |db| db.save(Thing::first()).await.unwrap();
    "SaveOrReturn" 3 |db| db.save(Thing::first()).or_return().await.unwrap();
    "UpdateAll" 3 |db| db.update_all(Thing::NUMBER.gt(1)).set(Thing::NUMBER, 7).await.unwrap();
    "Delete" 2 |db| db.delete(Thing::first()).await.unwrap();
    "DeleteOrReturn" 2 |db| db.delete(Thing::first()).or_return().await.unwrap();
    "DeleteAll" 1 |db| db.delete_all(Thing::NUMBER.gt(1)).await.unwrap();
    "Fetch" 3 |db| db.raw("SELECT id, number FROM sweep", ()).fetch::<Thing>().await.unwrap();
    "FetchOptional" 3 |db| db.raw("SELECT id, number FROM sweep WHERE id = ?", -1).fetch_optional::<Thing>().await.unwrap();
    "FetchOne" 3 |db| db.raw("SELECT count(*) FROM sweep", ()).fetch_one::<i64>().await.unwrap();
    "Execute" 2 |db| db.raw("DELETE FROM sweep WHERE id = ?", -1).execute().await.unwrap();
    "Get" 3 |db| db.get::<Thing>(-1).await.unwrap();
    "Session::execute_script" 3 |db| db.execute_script("UPDATE sweep SET number = 5; UPDATE sweep SET number = 6;").await.unwrap();
    "Session::create_tables" 3 |db| db.create_tables::<Thing>().await.unwrap();
    "Session::create_table_as" 3 |db| db.create_table_as::<Thing>("sweep_again").await.unwrap();
    "Session::transaction" 5 |db| db.transaction(two_levels).await.unwrap();
    "Session::try_transaction" 5 |db| db.try_transaction(async |tx| two_levels(tx).await).await.unwrap();
    "Session::begin" 3 |db| drop(db.begin().await.unwrap());
    "Transaction::commit" 4 |db| by_hand(db).await.commit().await.unwrap();
    "Transaction::rollback" 3 |db| by_hand(db).await.rollback().await;
    "Retry::transaction" 5 |db| db.session().retry(1).transaction(two_levels).await.unwrap();
    "Retry::try_transaction" 5 |db| db.session().retry(1).try_transaction(async |tx| two_levels(tx).await).await.unwrap();
    "RequestSession::session" 4 |db| request(db).await;
    "Context::sql" 3 |db| watched(db).await;
    "Next::run" 3 |db| watched(db).await;
    "Db::open" 3 |db| elsewhere(db).await;
    "DbBuilder::open" 3 |db| elsewhere(db).await;
    "Db::ping" 3 |db| db.ping().await.unwrap();
    "DbCell::get" 3 |db| at_first_use(db).await;
    "Db::shutdown" 3 |db| shut_down(db).await;
    "PoolHandle::reload" 3 |db| db.pool().reload(Reload::new()).await.unwrap();
    "DatabasesBuilder::open" 3 |_db| databases().await;
    "Databases::ready" 3 |_db| databases().await.ready("late").await.unwrap();
    "Databases::health" 3 |_db| databases().await.health(std::time::Duration::from_secs(60)).await;
    "Databases::shutdown" 3 |_db| assert!(databases().await.shutdown(Duration::from_secs(1)).await.iter().all(|it| it.report.is_clean()));
    "Health::ready" 3 |db| assert!(Health::of(db).ready().await);
    "Health::report" 3 |db| Health::of(db).report().await;
    "Db::engine" 3 |db| db.engine().await.unwrap();
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
        let db = request.extensions().get::<orm::service::RequestSession>().unwrap().session().await?;
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

/// Opens another database; what is dropped on the way there is no part of this one.
async fn elsewhere(_: &Db) {
    let db = Db::open("sqlite::memory:").await.unwrap();
    db.close();
}

/// Opens another database when it is needed, as a `static` would.
async fn at_first_use(_: &Db) {
    let cell = DbCell::new(|| Db::builder("sqlite::memory:"));
    cell.get().await.unwrap().ping().await.unwrap();
}

/// Ends another handle, on which nothing is left.
async fn shut_down(_: &Db) {
    let db = Db::open("sqlite::memory:").await.unwrap();
    assert!(db.shutdown(Duration::from_secs(1)).await.is_clean());
}

/// Opens other databases; what is dropped on the way there is no part of this one.
async fn databases() -> orm::Databases {
    let memory = || Db::builder("sqlite::memory:");
    orm::Databases::builder().mandatory("main", memory()).optional("late", memory()).open().await.unwrap()
}

/// The names of all public operations, read from the sources: each
/// function that returns a future with its type, and each type that can be awaited.
pub(crate) fn public_operations() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../orm/src");
    let mut found = Vec::new();
    for file in sources(&root) {
        let text = fs::read_to_string(&file).unwrap();
        let (mut of, mut function) = ("", "");
        for line in text.lines().map(str::trim_start) {
            if let Some(rest) = line.strip_prefix("impl") {
                let (interface, implementor) = rest.split_once(" for ").unwrap_or(("", rest));
                of = type_name(implementor);
                if ["IntoFuture", "Stream"].contains(&type_name(interface)) {
                    found.push(of.to_owned());
                }
            }
            // A signature may go over several lines.
            if let Some((before, rest)) = line.split_once("fn ").filter(|it| it.0.is_empty() || it.0.ends_with(' ')) {
                let is_public = matches!(before, "pub " | "pub async ");
                function = if is_public { rest.split(['<', '(']).next().unwrap() } else { "" };
            }
            let waits = line.starts_with("pub async fn ") || line.contains("-> impl Future<") || line.contains("-> BoxFuture<");
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
