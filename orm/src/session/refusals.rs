//! Text that would take transactions out of our hands.

use crate::dialect::{self, Engine, Leaves};
use crate::driver::Work;
use crate::error::{Error, Result};
use crate::statement::{Ddl, Select, Statement};

/// What begins, divides or ends a transaction. Sent as text, it would leave a
/// connection of the pool in a transaction, or one of ours without.
const TRANSACTION: &[&str] = &["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "END"];

/// What MariaDB and MySQL commit a transaction before, and after.
const COMMITS: &[&str] = &[
    "ALTER",
    "BACKUP",
    "CACHE",
    "CHANGE",
    "CHECK",
    "CREATE",
    "DROP",
    "FLUSH",
    "GRANT",
    "IMPORT",
    "INSTALL",
    "LOCK",
    "OPTIMIZE",
    "RENAME",
    "REPAIR",
    "RESET",
    "REVOKE",
    "SHUTDOWN",
    "START",
    "STOP",
    "TRUNCATE",
    "UNINSTALL",
    "UNLOCK",
];

/// Refuses a statement that would begin or end a transaction behind our back.
///
/// # Errors
/// [`Error::Invalid`] for the statements of transactions themselves, and for locks outside of one;
/// [`Error::Unsupported`] where MariaDB or MySQL would commit one without being asked.
pub(super) fn check(statement: &Statement, engine: Engine, in_transaction: bool, locks: bool) -> Result<()> {
    if let (Statement::Select(Select { lock: Some(_), model, .. }), false) = (statement, locks) {
        return Err(Error::Invalid(format!(
            "a query of {} locks rows where nothing would keep them locked: use `transaction`, and on SQLite one that takes its lock at once",
            model.name
        )));
    }
    if let (Statement::Ddl(Ddl::AlterColumn(it)), true) = (statement, in_transaction) {
        let why = match engine {
            Engine::Postgres => return Ok(()),
            Engine::Sqlite => "a transaction is open, in which foreign keys cannot be left alone; alter it outside",
            Engine::MariaDb | Engine::MySql => "a transaction is open, which it would commit; alter it outside",
        };
        return Err(it.unsupported(engine.name(), why));
    }
    let refused = match statement {
        Statement::Raw(it) => refused(engine, &it.text),
        Statement::Ddl(_) if engine.is_mysql_family() => Some(Refused::Commits),
        _ => None,
    };
    match refused {
        Some(Refused::Transaction(word)) => Err(Error::Invalid(format!(
            "`{word}` cannot be sent as text: use `transaction` and its options, which know how the connection was left"
        ))),
        Some(Refused::Commits) if in_transaction => Err(Error::Unsupported {
            database: engine.name(),
            what: "a change of tables inside a transaction, which would commit what was done before; make it outside".to_owned(),
        }),
        _ => Ok(()),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Refused {
    /// It is about transactions.
    Transaction(String),
    /// It ends the transaction that it is in.
    Commits,
}

/// The first word of a statement that may commit its transaction, which its text does not
/// tell: a procedure, or `IF … THEN COMMIT; END IF`. PostgreSQL lets none do so.
pub(super) fn may_commit(work: &Work, engine: Engine) -> Option<&str> {
    let Statement::Raw(it) = &*work.statement else { return None };
    if !engine.is_mysql_family() || work.leaves != Leaves::Anything {
        return None;
    }
    let mut words = dialect::words(engine, &it.text);
    let first = words.next()?;
    let is = |any: &[&str]| any.iter().any(|it| first.eq_ignore_ascii_case(it));
    // Functions and triggers cannot; `SET STATEMENT … FOR` runs what comes then.
    let sets = is(&["SET"]) && !words.next().is_some_and(|it| it.eq_ignore_ascii_case("STATEMENT"));
    (!sets && !is(RUNS_NO_PROGRAM)).then_some(first)
}

/// How statements begin that leave something behind, and commit nothing.
const RUNS_NO_PROGRAM: &[&str] = &["CREATE", "DELETE", "DROP", "INSERT", "REPLACE", "SELECT", "UPDATE", "WITH"];

/// How texts begin that a session which only reads may send. The database looks
/// at what they do; others could tell it to look away.
const READS: &[&str] = &["SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN", "DESCRIBE", "DESC"];

/// The word that says what a text does.
pub(super) fn first_word(engine: Option<Engine>, text: &str) -> &str {
    dialect::words(engine.unwrap_or(Engine::MariaDb), text).next().unwrap_or_default()
}

/// Whether a text begins as those do that read. One in parentheses is a query.
pub(super) fn begins_as_a_read(engine: Option<Engine>, text: &str) -> bool {
    // Where it is not known yet, the more is read as a statement the better.
    let first = dialect::words(engine.unwrap_or(Engine::MariaDb), text).next();
    first.is_none_or(|word| READS.iter().any(|it| word.eq_ignore_ascii_case(it)))
}

fn refused(engine: Engine, text: &str) -> Option<Refused> {
    refused_words(engine, dialect::words(engine, text))
}

fn refused_words<'t>(engine: Engine, mut words: impl Iterator<Item = &'t str>) -> Option<Refused> {
    let first = words.next()?;
    let is = |word: &str, any: &[&str]| any.iter().any(|it| word.eq_ignore_ascii_case(it));
    let transaction = || Some(Refused::Transaction(first.to_owned()));
    if is(first, TRANSACTION) {
        return transaction();
    }
    let second = words.next().unwrap_or_default();
    if is(first, &["START"]) && is(second, &["TRANSACTION"]) {
        return transaction();
    }
    if engine == Engine::Postgres {
        let ends = is(first, &["ABORT"]) || is(first, &["PREPARE"]) && is(second, &["TRANSACTION"]);
        return if ends { transaction() } else { None };
    }
    if !engine.is_mysql_family() {
        return None;
    }
    if is(first, &["XA"]) {
        return transaction();
    }
    let commits = match first.to_ascii_uppercase().as_str() {
        // `SET STATEMENT a = 1 FOR …` runs what comes then.
        "SET" if is(second, &["STATEMENT"]) => {
            words.find(|it| is(it, &["FOR"]))?;
            return refused_words(engine, words);
        }
        "SET" if is(second, &["PASSWORD"]) => true,
        // A level for the next transaction, whoever has the connection then.
        "SET" if is(second, &["TRANSACTION"]) => return transaction(),
        "SET" if is(second, &["AUTOCOMMIT"]) || words.any(|it| is(it, &["AUTOCOMMIT"])) => return transaction(),
        "CREATE" | "DROP" if is(second, &["TEMPORARY"]) => false,
        "CREATE" if is(second, &["OR"]) => !words.nth(1).is_some_and(|it| is(it, &["TEMPORARY"])),
        // `ANALYZE SELECT` explains.
        "ANALYZE" => is(second, &["TABLE", "LOCAL", "NO_WRITE_TO_BINLOG"]),
        "LOAD" => is(second, &["INDEX"]),
        _ => is(first, COMMITS),
    };
    commits.then_some(Refused::Commits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_differs_per_database() {
        let transaction = |text: &str| Some(Refused::Transaction(text.to_owned()));
        for engine in [Engine::Sqlite, Engine::Postgres, Engine::MariaDb, Engine::MySql] {
            assert_eq!(refused(engine, "/* a */ -- b\n commit"), transaction("commit"));
            assert_eq!(refused(engine, "START TRANSACTION READ ONLY"), transaction("START"));
            for text in ["SELECT 'COMMIT'", "SELECT begin FROM shifts", "INSERT INTO notes VALUES ('BEGIN')", "", "PREPARE"] {
                assert_eq!(refused(engine, text), None, "{text}");
            }
        }
        assert_eq!(refused(Engine::Postgres, "/* /* */ */ COMMIT"), transaction("COMMIT"));
        assert_eq!(refused(Engine::Postgres, "PREPARE TRANSACTION 'a'"), transaction("PREPARE"));
        assert_eq!(refused(Engine::Postgres, "ABORT"), transaction("ABORT"));
        for text in ["PREPARE a AS SELECT 1", "SET TRANSACTION READ ONLY", "CREATE TABLE a (b int)", "LOCK TABLE a"] {
            assert_eq!(refused(Engine::Postgres, text), None, "{text}");
        }
    }

    #[test]
    fn what_ends_a_transaction_of_mariadb() {
        for text in [
            "XA START 'a'",
            "SET autocommit = 0",
            "SET @@SESSION.autocommit=1",
            "SET sql_mode = '', autocommit = 1",
            "/*!50000 COMMIT */",
            "SET STATEMENT max_statement_time = 1 FOR COMMIT",
            "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        ] {
            assert!(matches!(refused(Engine::MariaDb, text), Some(Refused::Transaction(_))), "{text}");
        }
        for text in [
            "LOCK TABLES a WRITE",
            "UNLOCK TABLES",
            "CREATE OR REPLACE TABLE a (b int)",
            "SET PASSWORD = 'a'",
            "ANALYZE TABLE a",
            "LOAD INDEX INTO CACHE a",
            "start slave",
            "SET STATEMENT max_statement_time = 1 FOR DROP TABLE a",
        ] {
            assert_eq!(refused(Engine::MariaDb, text), Some(Refused::Commits), "{text}");
        }
        for text in [
            "CREATE TEMPORARY TABLE a (b int)",
            "CREATE OR REPLACE TEMPORARY TABLE a (b int)",
            "DROP TEMPORARY TABLE a",
            "ANALYZE SELECT 1",
            "SET @note = 'autocommit'",
            "LOAD DATA INFILE 'a' INTO TABLE b",
            "SET STATEMENT max_statement_time = 1 FOR SELECT 1",
        ] {
            assert_eq!(refused(Engine::MariaDb, text), None, "{text}");
        }
    }
}
