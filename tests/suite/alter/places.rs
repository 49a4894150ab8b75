//! Where a column is altered, and where it is not.

use std::sync::{Arc, Mutex};

use orm::prelude::*;
use orm::{Engine, Error, Value, statement};

use crate::{Test, cases};

cases![
    a_table_and_a_column_that_are_missing_are_named,
    a_transaction_takes_part_or_refuses,
    a_session_that_only_reads_refuses,
    a_dry_run_shows_the_statement_and_sends_nothing,
    callbacks_see_one_statement,
    a_callback_may_refuse,
    a_prefix_says_which_table_is_altered,
    a_schema_says_which_table_is_altered,
    what_is_no_table_is_refused,
    what_the_database_calculates_is_refused,
    a_column_gets_a_type_as_it_is_written,
    a_pinned_session_may_alter,
];

mod before {
    use super::*;

    #[derive(Debug, Clone, Default, PartialEq, Model)]
    #[orm(table = "notes")]
    pub(super) struct Note {
        #[orm(key)]
        pub(super) id: i64,
        pub(super) number: i32,
    }
}

mod after {
    use super::*;

    #[derive(Debug, Clone, Default, PartialEq, Model)]
    #[orm(table = "notes")]
    pub(super) struct Note {
        #[orm(key)]
        pub(super) id: i64,
        #[orm(comment = "counted")]
        pub(super) number: Option<i64>,
    }
}

mod wrong {
    use super::*;

    #[derive(Debug, Clone, Default, PartialEq, Model)]
    #[orm(table = "notes")]
    pub(super) struct Note {
        #[orm(key)]
        pub(super) id: i64,
        pub(super) colour: String,
        #[orm(type_ = "INTEGER GENERATED ALWAYS AS (id + 1) STORED", readonly)]
        pub(super) number: i32,
    }
}

mod typed {
    use super::*;

    #[derive(Debug, Clone, Default, PartialEq, Model)]
    #[orm(table = "notes")]
    pub(super) struct Note {
        #[orm(key)]
        pub(super) id: i64,
        #[orm(type_ = "VARCHAR(5)")]
        pub(super) number: String,
    }
}

const LARGE: i64 = 1 << 40;

async fn notes(db: &Db) {
    db.create_tables::<before::Note>().await.unwrap();
    db.create_many([1, 2].map(|id| before::Note { id, number: 7 })).await.unwrap();
}

/// Whether the column is that of the later model.
async fn is_altered(db: &Db) -> bool {
    db.transaction(async |tx| {
        let stored = tx.create(after::Note { id: 3, number: Some(LARGE) }).await;
        Err::<(), _>(Error::other(if stored.is_ok() { "yes" } else { "no" }))
    })
    .await
    .unwrap_err()
    .to_string()
        == "yes"
}

async fn a_table_and_a_column_that_are_missing_are_named(t: Test) {
    let error = t.alter_column(before::Note::NUMBER).await.unwrap_err();
    let Error::MissingTable { table, source } = &error else { panic!("{error:?}") };
    assert!(table == "notes" && source.to_string().contains("Note"), "{error} {source}");
    notes(&t).await;
    let error = t.alter_column(wrong::Note::COLOUR).await.unwrap_err();
    assert!(matches!(&error, Error::MissingTableColumn { model: "Note", table: "notes", column: "colour", .. }), "{error:?}");
    assert_eq!(t.find::<before::Note>().count().await.unwrap(), 2);
}

async fn a_transaction_takes_part_or_refuses(t: Test) {
    notes(&t).await;
    let inside = t
        .transaction(async |tx| {
            tx.create(before::Note { id: 9, number: 9 }).await?;
            tx.alter_column(after::Note::NUMBER).await
        })
        .await;
    if t.engine() == Engine::Postgres {
        inside.unwrap();
        assert!(is_altered(&t).await);
        let undone = t.transaction(async |tx| {
            tx.alter_column(before::Note::NUMBER).await?;
            Err::<(), _>(Error::other("on purpose"))
        });
        undone.await.unwrap_err();
        assert!(is_altered(&t).await);
        return;
    }
    let error = inside.unwrap_err();
    assert!(
        matches!(&error, Error::Unsupported { what, .. } if what.contains("`number` of Note") && what.contains("outside")),
        "{error:?}"
    );
    assert!(!is_altered(&t).await);
    assert_eq!(t.find::<before::Note>().count().await.unwrap(), 2, "the transaction was not committed by it");
}

async fn a_session_that_only_reads_refuses(t: Test) {
    notes(&t).await;
    let error = t.session().read_only().alter_column(after::Note::NUMBER).await.unwrap_err();
    assert!(matches!(&error, Error::ReadOnly { what, .. } if what.contains("Note")), "{error:?}");
    assert!(!is_altered(&t).await);
}

async fn a_dry_run_shows_the_statement_and_sends_nothing(t: Test) {
    notes(&t).await;
    let plan = t.session().dry_run();
    plan.alter_column(after::Note::NUMBER).await.unwrap();
    let statements = plan.statements();
    let texts: Vec<&str> = statements.iter().map(orm::Planned::sql).collect();
    let expected: &[&str] = match t.engine() {
        Engine::Sqlite => &[
            "ALTER TABLE `notes` /* by a new table with the rows of this one */ ALTER COLUMN `number` INTEGER CHECK (typeof(`number`) IN ('integer', 'null'))",
        ],
        Engine::Postgres => &[
            r#"ALTER TABLE "notes" ALTER COLUMN "number" DROP DEFAULT, ALTER COLUMN "number" TYPE bigint USING ("number")::bigint, ALTER COLUMN "number" DROP NOT NULL"#,
            r#"COMMENT ON COLUMN "notes"."number" IS 'counted'"#,
        ],
        _ => &["ALTER TABLE `notes` MODIFY COLUMN `number` BIGINT COMMENT 'counted'"],
    };
    assert_eq!(texts, expected);
    assert!(!is_altered(&t).await);
    // Also where nobody is to be asked.
    let nowhere = t.builder().lazy().unwrap().session().dry_run();
    nowhere.alter_column(after::Note::NUMBER).await.unwrap();
    assert_eq!(nowhere.statements().len(), expected.len());
}

async fn callbacks_see_one_statement(t: Test) {
    notes(&t).await;
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    struct Watch(Arc<Mutex<Vec<String>>>);
    impl Callback for Watch {
        async fn call(&self, cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
            let statement::Statement::Ddl(statement::Ddl::AlterColumn(it)) = cx.statement() else { panic!("{:?}", cx.statement()) };
            let model = cx.statement().model().unwrap().name;
            let line = format!("{model}.{} {}", it.column.name, cx.sql().await?.starts_with("ALTER TABLE"));
            self.0.lock().unwrap().push(line);
            next.run(cx).await
        }
    }
    let watch = Watch(Arc::clone(&seen));
    let db = t.with_callbacks(|on| _ = on.raw().before("*").register("test:watch", watch)).unwrap();
    db.alter_column(after::Note::NUMBER).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), ["Note.number true"]);
    assert!(is_altered(&t).await);
}

async fn a_callback_may_refuse(t: Test) {
    notes(&t).await;
    async fn refuse(_: &mut Context) -> orm::Result<()> {
        Err(Error::other("not today"))
    }
    let db = t.with_callbacks(|on| _ = on.raw().before("orm:raw").register("test:refuse", refuse)).unwrap();
    assert_eq!(
        db.alter_column(after::Note::NUMBER).await.unwrap_err().to_string(),
        "the callback `test:refuse` of `raw` failed: not today"
    );
    assert!(!is_altered(&t).await);
}

async fn a_prefix_says_which_table_is_altered(t: Test) {
    let other = t.builder().table_prefix("b_").open().await.unwrap();
    notes(&t).await;
    let error = other.alter_column(after::Note::NUMBER).await.unwrap_err();
    assert!(matches!(&error, Error::MissingTable { table, .. } if table == "b_notes"), "{error:?}");
    notes(&other).await;
    other.alter_column(after::Note::NUMBER).await.unwrap();
    assert!(is_altered(&other).await && !is_altered(&t).await);
    assert_eq!(other.find::<after::Note>().order(after::Note::ID.asc()).select(after::Note::NUMBER).await.unwrap(), [Some(7), Some(7)]);
}

/// A schema of the handle, which on SQLite is the file itself.
async fn a_schema_says_which_table_is_altered(t: Test) {
    let schema = match t.engine() {
        Engine::Sqlite => "main".to_owned(),
        Engine::Postgres => t.plain().await.one("SELECT current_schema()::text").await,
        _ => t.plain().await.one("SELECT database()").await,
    };
    notes(&t).await;
    let named = t.builder().schema(schema).open().await.unwrap();
    named.alter_column(after::Note::NUMBER).await.unwrap();
    assert!(is_altered(&t).await);
    let elsewhere = t.builder().schema("nowhere").open().await.unwrap();
    let error = elsewhere.alter_column(after::Note::NUMBER).await.unwrap_err();
    assert!(matches!(&error, Error::MissingTable { .. } | Error::Database { .. }), "{error:?}");
}

async fn what_is_no_table_is_refused(t: Test) {
    t.plain().await.execute("CREATE TABLE others (id BIGINT, number INTEGER); CREATE VIEW notes AS SELECT id, number FROM others").await;
    let error = t.alter_column(after::Note::NUMBER).await.unwrap_err();
    assert!(matches!(&error, Error::Unsupported { what, .. } if what.contains("`number` of Note")), "{error:?}");
}

async fn what_the_database_calculates_is_refused(t: Test) {
    notes(&t).await;
    let error = t.alter_column(wrong::Note::NUMBER).await.unwrap_err();
    assert!(matches!(&error, Error::Unsupported { what, .. } if what.contains("`number` of Note")), "{error:?}");
    assert_eq!(t.find().where_(before::Note::NUMBER.eq(7)).count().await.unwrap(), 2);
    let mut plain = t.plain().await;
    plain.execute("DROP TABLE notes; CREATE TABLE notes (id BIGINT PRIMARY KEY, number INTEGER GENERATED ALWAYS AS (id + 1) STORED)").await;
    plain.execute("INSERT INTO notes (id) VALUES (1)").await;
    let error = t.alter_column(after::Note::NUMBER).await.unwrap_err();
    assert!(matches!(&error, Error::Unsupported { what, .. } if what.contains("`number` of Note")), "{error:?}");
    assert_eq!(plain.one("SELECT number FROM notes").await, "2");
}

async fn a_column_gets_a_type_as_it_is_written(t: Test) {
    notes(&t).await;
    t.alter_column(typed::Note::NUMBER).await.unwrap();
    let numbers = t.find::<typed::Note>().select(typed::Note::NUMBER).await.unwrap();
    assert_eq!(numbers, ["7", "7"]);
    if t.engine() != Engine::Sqlite {
        assert!(t.create(typed::Note { id: 3, number: "123456".into() }).await.is_err());
    }
    t.alter_column(before::Note::NUMBER).await.unwrap();
    t.create(before::Note { id: 3, number: 123_456 }).await.unwrap();
    let longer = t.alter_column(typed::Note::NUMBER).await;
    if t.engine() == Engine::Sqlite {
        // There a number behind a type means nothing.
        longer.unwrap();
        t.alter_column(before::Note::NUMBER).await.unwrap();
    } else {
        assert!(matches!(longer.unwrap_err(), Error::Unstorable { .. }));
    }
    let values: Vec<Value> =
        t.find::<before::Note>().order(before::Note::ID.desc()).limit(1).await.unwrap().iter().map(|it| Value::from(it.number)).collect();
    assert_eq!(values, [Value::from(123_456)]);
}

async fn a_pinned_session_may_alter(t: Test) {
    notes(&t).await;
    let one = t.session().pinned();
    one.alter_column(after::Note::NUMBER).await.unwrap();
    drop(one);
    assert!(is_altered(&t).await);
}
