//! FT-26: statements by which MariaDB commits a transaction without being asked.
//!
//! With raw sqlx the rows before them stay, and `rollback` says `Ok`. Seen failing
//! without the check for them in `session/refusals.rs`.

use orm::{AssertSqlSafe, Error};

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::storm::{Drop, row};

const TEXTS: &[&str] = &[
    "CREATE TABLE other (id INT)",
    "/*!50100 CREATE */ TABLE other (id INT)",
    "CREATE OR REPLACE TABLE other (id INT)",
    "CREATE INDEX other ON storm (operation)",
    "ALTER TABLE storm ADD COLUMN other INT",
    "RENAME TABLE storm TO other",
    "TRUNCATE TABLE storm",
    "DROP TABLE IF EXISTS other",
    "-- a comment\nANALYZE TABLE storm",
    "LOCK TABLES storm WRITE",
    "UNLOCK TABLES",
    "FLUSH TABLES",
    "SET autocommit = 1",
    "SET @@session.autocommit = 1",
    "BEGIN",
    "START TRANSACTION",
    "COMMIT",
    "ROLLBACK",
];

pub(crate) async fn run(ground: Ground) -> Seen {
    let db = ground.pool(2).await;
    db.create_tables::<Drop>().await.unwrap();
    let mut plain = ground.plain().await;
    let (mut unrefused, mut survived) = (0_u64, 0_u64);
    for text in TEXTS {
        let ended = db
            .transaction(async |tx| {
                tx.create(row(1)).await?;
                let refused = tx.raw(AssertSqlSafe((*text).to_owned()), ()).execute().await;
                let typed = matches!(refused, Err(Error::Unsupported { .. } | Error::Invalid(_)));
                if !typed {
                    println!("{text}: {refused:?}");
                    unrefused += 1;
                }
                tx.create(row(1)).await?;
                Err::<(), _>(Error::other("on purpose"))
            })
            .await;
        ended.unwrap_err();
        survived += plain.one("SELECT count(*) FROM storm").await.parse::<u64>().unwrap();
        plain.execute("DELETE FROM storm").await;
    }
    Seen::new()
        .count("texts", TEXTS.len())
        .zero("unrefused", unrefused)
        .zero("survived", survived)
        .zero("dirty", ground.dirty(&mut plain).await)
}
