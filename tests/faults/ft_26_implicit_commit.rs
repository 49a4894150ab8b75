//! FT-26: statements by which MariaDB commits a transaction without being asked.
//!
//! With raw sqlx the rows before them stay, and `rollback` says `Ok`. Seen failing
//! without the check for them in `session/refusals.rs`, and where MariaDB was only asked
//! whether a transaction is open.

use orm::{AssertSqlSafe, Error};

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::storm::{Drop, row};
use crate::plain::Plain;

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
    "GRANT SELECT ON storm TO CURRENT_USER",
    "REVOKE SELECT ON storm FROM CURRENT_USER",
    "XA START 'storm'",
    "XA BEGIN 'storm'",
    "BEGIN NOT ATOMIC COMMIT; END",
];

/// What the text does not tell: that is found out afterwards, also if another transaction
/// is open then.
const OPAQUE: &[&str] = &[
    "CALL keep()",
    "CALL split()",
    "/*!50000 CALL */ split()",
    "SET STATEMENT max_statement_time = 60 FOR CALL split()",
    "EXECUTE IMMEDIATE 'COMMIT'",
    "IF 1 THEN COMMIT; END IF",
    "IF 1 THEN COMMIT; START TRANSACTION; END IF",
    "FOR i IN 1..2 DO CALL split(); END FOR",
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
    let unnoticed = opaque(&ground, &mut plain).await;
    Seen::new()
        .count("texts", TEXTS.len() + OPAQUE.len())
        .zero("unrefused", unrefused)
        .zero("unnoticed", unnoticed)
        .zero("survived", survived)
        .zero("dirty", ground.dirty(&mut plain).await)
}

/// How many texts split their transaction and are not said to: by themselves, or by the end of
/// the transaction. What came before them stays, and nothing after them is done.
async fn opaque(ground: &Ground, plain: &mut Plain) -> u64 {
    let db = ground.pool(1).await;
    plain.execute("CREATE PROCEDURE keep() BEGIN COMMIT; END").await;
    plain.execute("CREATE PROCEDURE split() BEGIN COMMIT; START TRANSACTION; END").await;
    let mut unnoticed = 0;
    for text in OPAQUE {
        let (mut said, mut refused) = (false, false);
        let ended = db
            .transaction(async |tx| {
                tx.create(row(1)).await?;
                let done = tx.raw(AssertSqlSafe((*text).to_owned()), ()).execute().await;
                said = matches!(done, Err(Error::EndedByStatement { .. }));
                // What MariaDB prepares for nobody did nothing: `EXECUTE IMMEDIATE`.
                refused = done.is_err() && !said;
                // Not heard.
                let _ = tx.create(row(1)).await;
                Err::<(), _>(Error::other("on purpose"))
            })
            .await;
        let rows = plain.one("SELECT count(*) FROM storm").await;
        let ended_by_text = said && matches!(ended, Err(Error::EndedByStatement { .. })) && rows == "1";
        let undone = refused && rows == "0";
        if !ended_by_text && !undone {
            println!("{text}: {said}, {ended:?}, {rows} rows");
            unnoticed += 1;
        }
        plain.execute("DELETE FROM storm").await;
    }
    unnoticed
}
