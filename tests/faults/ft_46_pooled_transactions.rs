//! FT-46: statements of all kinds through PgBouncer, which gives each transaction
//! another one of four connections of the server.
//!
//! sqlx prepares with one message and runs with the next; in between, another
//! connection may be there, with the statement of somebody else. The same reads
//! by raw sqlx with `persistent(false)` are made beside, and counted as
//! `sqlx_wrong` where it says `Ok` to the answer of another statement: 914 of 960.
//! Seen failing with a `run_pooled` (`driver/postgres/pooled.rs`) that sends no
//! `BEGIN` around a statement: tasks end already with their first write
//! (`unnamed prepared statement does not exist`).

use std::sync::Arc;

use futures_util::future::join_all;
use orm::prelude::*;
use orm::{Db, PoolOptions, Pooler};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use tokio::sync::Barrier;

use crate::chance::Dice;
use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::pgbouncer::{PgBouncer, SERVERS};

const TASKS: u32 = 16;

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "pooled_notes")]
struct Note {
    #[orm(key, auto)]
    id: i64,
    task: i64,
    number: i64,
    text: String,
}

fn note(task: i64, number: i64) -> Note {
    Note { id: 0, task, number, text: format!("{task} wrote {number}") }
}

/// What a task has seen.
#[derive(Debug, Default, Clone, Copy)]
struct Sum {
    statements: u64,
    wrong: u64,
    errors: u64,
}

impl Sum {
    fn note(&mut self, right: orm::Result<bool>) {
        self.statements += 1;
        match right {
            Ok(right) => self.wrong += u64::from(!right),
            Err(error) => {
                println!("{error}");
                self.errors += 1;
            }
        }
    }
}

pub(crate) async fn run(ground: Ground) -> Seen {
    let bouncer = PgBouncer::start(ground.url(), ground.name()).await;
    let pool = PoolOptions::new().max_size(TASKS as usize).min_idle(TASKS as usize);
    let db = Db::builder(&bouncer.url()).pool(pool).pooler(Pooler::Transaction).open().await.unwrap();
    db.create_tables::<Note>().await.unwrap();
    let each = ground.size(60, 10_000);
    let tasks = (0..TASKS).map(|task| tokio::spawn(mixed(db.clone(), task.into(), each, ground.dice(task.into()))));
    let sums = join_all(tasks).await.into_iter().map(Result::unwrap);
    let sum = sums.fold(Sum::default(), |all, it| Sum {
        statements: all.statements + it.statements,
        wrong: all.wrong + it.wrong,
        errors: all.errors + it.errors,
    });
    let prepared = left_prepared(&db).await;
    let mut plain = ground.plain().await;
    Seen::new()
        .count("statements", sum.statements)
        .zero("wrong", sum.wrong)
        .zero("errors", sum.errors)
        .zero("prepared", prepared)
        .zero("dirty", ground.dirty(&mut plain).await)
        // Where nothing is wrong by sqlx either, nobody met anybody, and the zeros say nothing.
        .within("sqlx_wrong", by_sqlx(&bouncer, each.min(200)).await, 1..=u64::MAX)
}

/// Reads, writes and transactions, each with an answer that is its own.
async fn mixed(db: Db, task: i64, count: i64, mut dice: Dice) -> Sum {
    let mut sum = Sum::default();
    let mut last = db.create(note(task, -1)).await.unwrap();
    for number in 0..count {
        let right = match dice.below(7) {
            0 => db.create(note(task, number)).await.map(|it| {
                last = it;
                last.number == number && last.task == task && last.id > 0
            }),
            1 => db.get::<Note>(last.id).await.map(|it| it == last),
            2 => {
                let text = format!("SELECT ?::bigint * {} + {task}", task + 2);
                db.raw(orm::AssertSqlSafe(text), number).fetch_one::<i64>().await.map(|it| it == number * (task + 2) + task)
            }
            3 => {
                let changed = format!("{task} changed {number}");
                last.text.clone_from(&changed);
                let done = db.update(last.clone()).set(Note::TEXT, changed).await;
                done.map(|it| it == last)
            }
            4 => {
                let many = db.create_many([note(task, number), note(task, number)]).await;
                many.map(|it| it.len() == 2 && it.iter().all(|it| it.task == task && it.number == number))
            }
            5 => db.find().where_(Note::TASK.eq(task)).where_(Note::ID.is_in(vec![last.id, -1])).count().await.map(|it| it == 1),
            _ => in_transaction(&db, task, number).await,
        };
        sum.note(right);
    }
    sum
}

/// Several statements and a savepoint that is rolled back.
async fn in_transaction(db: &Db, task: i64, number: i64) -> orm::Result<bool> {
    db.transaction(async |tx| {
        let first = tx.create(note(task, number)).await?;
        let undone = tx.transaction(async |tx| {
            tx.create(note(task, number)).await?;
            Err::<(), _>(orm::Error::other("on purpose"))
        });
        let undone = undone.await.is_err();
        let read = tx.get::<Note>(first.id).await?;
        let found = tx.find().where_(Note::TASK.eq(task)).where_(Note::ID.gt(first.id)).count().await?;
        Ok(undone && read == first && found == 0)
    })
    .await
}

/// Statements that stayed prepared on the connections of the server.
async fn left_prepared(db: &Db) -> i64 {
    let all = Arc::new(Barrier::new(SERVERS));
    let counts = (0..SERVERS).map(|_| {
        let all = Arc::clone(&all);
        db.transaction(async move |tx| {
            tx.raw("SELECT 1", ()).execute().await?;
            // Each of them has one of its own meanwhile.
            all.wait().await;
            tx.raw("SELECT count(*) FROM pg_prepared_statements WHERE name <> ''", ()).fetch_one::<i64>().await
        })
    });
    join_all(counts).await.into_iter().map(Result::unwrap).sum()
}

/// How many answers raw sqlx has wrong of reads that leave no name behind.
async fn by_sqlx(bouncer: &PgBouncer, count: i64) -> u64 {
    let tasks = (0..i64::from(TASKS)).map(|task| {
        let options = bouncer.options();
        tokio::spawn(async move {
            let mut conn = PgConnection::connect_with(&options).await.unwrap();
            let mut wrong = 0;
            for number in 0..count {
                let text = format!("SELECT $1::bigint * {} + {task}", task + 2);
                let row = sqlx::query(AssertSqlSafe(text)).bind(number).persistent(false).fetch_one(&mut conn).await;
                wrong += u64::from(row.is_ok_and(|it| it.get::<i64, _>(0) != number * (task + 2) + task));
            }
            wrong
        })
    });
    join_all(tasks).await.into_iter().map(Result::unwrap).sum()
}
