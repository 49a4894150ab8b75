//! What is stored of many records at once: the same as of each by itself.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use orm::prelude::*;
use orm::{Engine, PoolOptions};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::bulk::{Told, numbered};
use crate::models::User;
use crate::{Test, cases};

cases![
    all_kinds_of_values_are_inserted_and_copied_as_they_are,
    records_with_lists_are_created_inserted_and_copied,
    defaults_keys_and_what_is_not_written_are_left_to_the_database,
    times_and_callbacks_are_those_of_created_records,
    hooks_see_the_keys_of_what_is_inserted,
    ids_are_in_the_order_of_the_records_also_where_they_step_by_three,
    a_copied_column_may_be_of_a_type_of_the_programs_own,
    a_table_in_a_schema_is_copied_into,
];

async fn all_kinds_of_values_are_inserted_and_copied_as_they_are(t: Test) {
    use super::fields::{Maybe, Sample, maybe, samples, stored};
    t.create_tables::<(Sample, Maybe)>().await.unwrap();
    for copied in [false, true] {
        let insert = t.insert_many(samples());
        assert_eq!(if copied { insert.copy() } else { insert }.await.unwrap(), 3);
        assert_eq!(stored(&t).await, samples());
        t.delete_all(every::<Sample>()).await.unwrap();
        let [zero, low, high] = samples().map(maybe);
        let all = [Maybe::default(), low, Maybe::default(), high, zero];
        let insert = t.insert_many(all.clone());
        assert_eq!(if copied { insert.copy() } else { insert }.await.unwrap(), 5);
        let mut read = t.find::<Maybe>().order(Maybe::ID.asc()).await.unwrap();
        read.iter_mut().for_each(|it| it.id = 0);
        assert_eq!(read, all);
        t.delete_all(every::<Maybe>()).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Article {
    #[orm(key, auto)]
    id: i64,
    tags: Vec<String>,
    scores: Option<Vec<Option<f64>>>,
    ids: Vec<Uuid>,
}

async fn records_with_lists_are_created_inserted_and_copied(t: Test) {
    t.create_tables::<Article>().await.unwrap();
    let article = |n: u32| Article {
        id: 0,
        tags: (0..n % 4).map(|it| format!("{it}\t\"{{}},\\\n{n}\\.\\N NULL")).collect(),
        scores: (n % 3 != 1).then(|| vec![Some(f64::from(n) / 7.0), None, Some(1e300)]),
        ids: vec![Uuid::from_u128(u128::from(n) << 60)],
    };
    let all: Vec<_> = (0..1_500).map(article).collect();
    let stored = async || {
        let read = t.find::<Article>().order(Article::ID.asc()).await.unwrap();
        t.delete_all(every::<Article>()).await.unwrap();
        read.into_iter().map(|it| Article { id: 0, ..it }).collect::<Vec<_>>()
    };
    let created = t.create_many(all.clone()).await.unwrap();
    assert!(created.windows(2).all(|it| it[0].id < it[1].id));
    assert_eq!(stored().await, all);
    assert_eq!(t.insert_many(all.clone()).await.unwrap(), 1_500);
    assert_eq!(stored().await, all);
    assert_eq!(t.insert_many(all.clone()).copy().await.unwrap(), 1_500);
    assert_eq!(stored().await, all);
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Task {
    #[orm(key, auto)]
    id: i64,
    title: String,
    #[orm(default = 7)]
    priority: Option<i32>,
    #[orm(readonly)]
    hidden: Option<String>,
}

async fn defaults_keys_and_what_is_not_written_are_left_to_the_database(t: Test) {
    t.create_tables::<Task>().await.unwrap();
    let task = |id, title: &str, priority| Task { id, title: title.into(), priority, hidden: Some("no".into()) };
    let all = || vec![task(0, "a", None), task(0, "b", Some(1)), task(500, "c", Some(2)), task(600, "d", None), task(0, "e", None)];
    for copied in [false, true] {
        let insert = t.insert_many(all());
        assert_eq!(if copied { insert.copy() } else { insert }.await.unwrap(), 5);
        let read = t.find::<Task>().order(Task::TITLE.asc()).await.unwrap();
        assert_eq!(read.iter().map(|it| it.priority).collect::<Vec<_>>(), [7, 1, 2, 7, 7].map(Some));
        assert!(read.iter().all(|it| it.id > 0 && it.hidden.is_none()));
        assert_eq!((read[2].id, read[3].id), (500, 600));
        t.delete_all(every::<Task>()).await.unwrap();
        let insert = t.insert_many([task(0, "zero", None), task(-5, "less", None)]).with_keys();
        assert_eq!(if copied { insert.copy() } else { insert }.await.unwrap(), 2);
        assert_eq!(t.find::<Task>().order(Task::ID.asc()).select(Task::ID).await.unwrap(), [-5, 0]);
        t.delete_all(every::<Task>()).await.unwrap();
    }
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Note {
    #[orm(key, auto)]
    id: i64,
    text: String,
    #[orm(created_at)]
    created: DateTime<Utc>,
    #[orm(updated_at)]
    updated: Option<DateTime<Utc>>,
}

async fn times_and_callbacks_are_those_of_created_records(t: Test) {
    let seen = Told::default();
    let watched = Arc::clone(&seen);
    let clock = 1_700_000_000_123_456;
    let db = t
        .builder()
        .clock(move || clock)
        .callbacks(move |on| {
            on.create().register("app:mark", async |cx: &mut Context| {
                cx.records_mut().for_each(|it| {
                    it.get_mut(Note::TEXT).unwrap().push('!');
                });
                Ok(())
            });
            on.create().before("*").register("app:watch", Watched(watched));
        })
        .open()
        .await
        .unwrap();
    db.create_tables::<Note>().await.unwrap();
    let early: DateTime<Utc> = "2001-02-03T04:05:06Z".parse().unwrap();
    for copied in [false, true] {
        let notes = (0..25_000_u32).map(|n| Note {
            text: n.to_string(),
            created: if n == 0 { early } else { Default::default() },
            ..Note::default()
        });
        let insert = db.insert_many(notes);
        assert_eq!(if copied { insert.copy() } else { insert }.await.unwrap(), 25_000);
        // Part by part, with what each of them stored.
        let parts = std::mem::take(&mut *seen.lock().unwrap());
        assert!(parts.iter().all(|it| Some(it.0) == it.1), "{parts:?}");
        assert_eq!(parts.iter().map(|it| it.0).sum::<u64>(), 25_000);
        assert!(copied || parts.len() == 3, "{parts:?}");
        let now = DateTime::from_timestamp_micros(clock).unwrap();
        assert_eq!(db.find().where_(Note::UPDATED.eq(now)).count().await.unwrap(), 25_000);
        assert_eq!(db.find().where_(Note::CREATED.eq(now)).count().await.unwrap(), 24_999);
        assert_eq!(db.find().where_(Note::CREATED.eq(early)).first().await.unwrap().unwrap().text.trim_end_matches('!'), "0");
        db.delete_all(every::<Note>()).await.unwrap();
    }
}

/// Notes how many records a statement had, and how many it stored.
struct Watched(Told);

impl Callback for Watched {
    async fn call(&self, cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
        let result = next.run(cx).await;
        let seen = (u64::try_from(cx.len()).unwrap(), Some(cx.outcome().affected));
        self.0.lock().unwrap().push(seen);
        result
    }
}

static HOOKED: Mutex<Vec<(i64, String)>> = Mutex::new(Vec::new());

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(hooks)]
struct Hooked {
    #[orm(key, auto)]
    id: i64,
    text: String,
}

impl Hooks for Hooked {
    async fn before_create(&mut self, _: &Session) -> orm::Result<()> {
        self.text.insert(0, '<');
        Ok(())
    }

    async fn after_create(&mut self, db: &Session) -> orm::Result<()> {
        assert!(db.in_transaction());
        HOOKED.lock().unwrap().push((self.id, self.text.clone()));
        Ok(())
    }
}

async fn hooks_see_the_keys_of_what_is_inserted(t: Test) {
    t.create_tables::<Hooked>().await.unwrap();
    let texts = ["a", "b", "c"];
    let inserted = t.insert_many(texts.map(|it| Hooked { id: 0, text: it.into() })).copy().await.unwrap();
    assert_eq!(inserted, 3);
    let read = t.find::<Hooked>().order(Hooked::ID.asc()).await.unwrap();
    assert_eq!(read.iter().map(|it| it.text.as_str()).collect::<Vec<_>>(), ["<a", "<b", "<c"]);
    let seen = std::mem::take(&mut *HOOKED.lock().unwrap());
    assert_eq!(seen, read.into_iter().map(|it| (it.id, it.text)).collect::<Vec<_>>());
}

async fn ids_are_in_the_order_of_the_records_also_where_they_step_by_three(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let step = match t.engine() {
        // There it is the table that steps.
        Engine::Postgres => "ALTER SEQUENCE users_id_seq INCREMENT BY 3",
        Engine::Sqlite => "SELECT 1",
        _ => "SET SESSION auto_increment_increment = 3, auto_increment_offset = 2",
    };
    let db = t.builder().pool(PoolOptions::new().max_size(1)).on_connect("test:step", step).open().await.unwrap();
    let mut all = Vec::new();
    for size in [1, 7, 10_000] {
        let (from, to) = (u32::try_from(size).unwrap() * 10_000, u32::try_from(size).unwrap() * 10_000 + 1_203);
        all.extend(db.create_many((from..to).map(numbered)).batch_size(size).await.unwrap());
    }
    all.push(db.create(numbered(1)).await.unwrap());
    let by = if t.engine() == Engine::Sqlite { 1 } else { 3 };
    assert!(all.windows(2).all(|it| it[1].id >= it[0].id + by && (it[1].id - it[0].id) % by == 0));
    assert_eq!(all[1].id, all[0].id + by);
    // Each key is that of its own record.
    assert_eq!(db.find::<User>().order(User::ID.asc()).await.unwrap(), all);
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Narrow {
    #[orm(key, auto)]
    id: i64,
    #[orm(type_ = "smallint")]
    code: i64,
    #[orm(type_ = "numeric(12,3)")]
    weight: f64,
    #[orm(type_ = "varchar(40)")]
    amount: String,
}

async fn a_copied_column_may_be_of_a_type_of_the_programs_own(t: Test) {
    t.create_tables::<Narrow>().await.unwrap();
    let narrow = |n: i64| Narrow { id: 0, code: n, weight: 0.5, amount: Decimal::from(n).to_string() };
    if t.engine() == Engine::Postgres {
        // Columns that other programs made: a `COPY` in the binary format would be refused.
        t.raw("ALTER TABLE narrows ALTER amount TYPE json USING amount::json", ()).execute().await.unwrap();
    }
    assert_eq!(t.insert_many((1..4).map(narrow)).copy().await.unwrap(), 3);
    let stored = t.plain().await.rows("SELECT code FROM narrows ORDER BY id").await.concat();
    assert_eq!(stored, ["1", "2", "3"]);
    // The same error as of an `INSERT`.
    if t.engine() != Engine::Sqlite {
        t.insert_many([narrow(4), narrow(40_000)]).copy().await.unwrap_err();
        assert_eq!(t.find::<Narrow>().count().await.unwrap(), 3);
    }
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "select \"a\"")]
struct Odd {
    #[orm(key)]
    id: i64,
    #[orm(column = "from")]
    it: Option<String>,
}

async fn a_table_in_a_schema_is_copied_into(t: Test) {
    t.create_tables::<Odd>().await.unwrap();
    let odd = |id, it: &str| Odd { id, it: Some(it.to_owned()) };
    let all = [odd(1, ""), odd(2, "\\."), odd(3, "\\N"), odd(4, "\\\\N"), Odd { id: 5, it: None }, odd(6, "\t\r\n\u{b}\\t x ")];
    assert_eq!(t.insert_many(all.clone()).copy().await.unwrap(), 6);
    assert_eq!(t.find::<Odd>().order(Odd::ID.asc()).await.unwrap(), all);
}
