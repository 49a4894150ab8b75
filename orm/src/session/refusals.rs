//! Text that would take transactions out of our hands.

use crate::dialect::Engine;
use crate::error::{Error, Result};
use crate::statement::Statement;

/// What begins, divides or ends a transaction. Sent as text, it would leave a
/// connection of the pool in a transaction, or one of ours without.
const TRANSACTION: &[&str] = &["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "END", "ABORT", "XA"];

/// What MariaDB and MySQL commit a transaction before, and after.
const COMMITS: &[&str] = &[
    "ALTER",
    "ANALYZE",
    "CHECK",
    "CREATE",
    "DROP",
    "FLUSH",
    "GRANT",
    "INSTALL",
    "LOCK",
    "OPTIMIZE",
    "RENAME",
    "REPAIR",
    "REVOKE",
    "TRUNCATE",
    "UNINSTALL",
    "UNLOCK",
];

/// Refuses a statement that would begin or end a transaction behind our back.
///
/// # Errors
/// [`Error::Invalid`] for the statements of transactions themselves;
/// [`Error::Unsupported`] where MariaDB or MySQL would commit one without being asked.
pub(super) fn check(statement: &Statement, engine: Engine, in_transaction: bool) -> Result<()> {
    let text = match statement {
        Statement::Raw(it) => it.text,
        Statement::Ddl(_) if in_transaction && engine.is_mysql_family() => return Err(commits(engine)),
        _ => return Ok(()),
    };
    let mut words = words(text);
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let is = |word: &str, other: &str| word.eq_ignore_ascii_case(other);
    let is_transaction = TRANSACTION.iter().any(|it| is(first, it))
        || is(first, "START") && is(second, "TRANSACTION")
        || is(first, "SET") && text.to_ascii_lowercase().contains("autocommit");
    if is_transaction {
        return Err(Error::Invalid(format!(
            "`{first}` cannot be sent as text: use `transaction`, which knows how the connection was left"
        )));
    }
    let commits_by_itself = COMMITS.iter().any(|it| is(first, it)) && !is(second, "TEMPORARY");
    if in_transaction && engine.is_mysql_family() && commits_by_itself {
        return Err(commits(engine));
    }
    Ok(())
}

fn commits(engine: Engine) -> Error {
    Error::Unsupported {
        database: engine.name(),
        what: "a change of tables inside a transaction, which would commit what was done before; make it outside".to_owned(),
    }
}

/// The words of a text, without its comments.
fn words(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        loop {
            text = text.trim_start_matches(|it: char| it.is_whitespace() || it == ';');
            if text.starts_with("--") || text.starts_with('#') {
                text = text.split_once('\n')?.1;
            } else if let Some(inside) = text.strip_prefix("/*!").or_else(|| text.strip_prefix("/*M!")) {
                // MariaDB and MySQL run what is in there.
                text = inside.trim_start_matches(|it: char| it.is_ascii_digit());
            } else if text.starts_with("/*") {
                text = text.split_once("*/")?.1;
            } else {
                let end = text.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(text.len());
                let (word, rest) = text.split_at(end);
                text = rest;
                return (!word.is_empty()).then_some(word);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_behind_comments() {
        let first = |text| words(text).next().map(str::to_owned);
        assert_eq!(first(" ;-- BEGIN\n  /* END */ # x\n Commit;"), Some("Commit".to_owned()));
        assert_eq!(first("/*!50100 COMMIT */"), Some("COMMIT".to_owned()));
        assert_eq!(first("select_begin(1)"), Some("select_begin".to_owned()));
        assert_eq!(words("CREATE  TEMPORARY\tTABLE a").take(2).collect::<Vec<_>>(), ["CREATE", "TEMPORARY"]);
        for text in ["", "  ", "--", "/*", "(SELECT 1)"] {
            assert_eq!(first(text), None, "{text}");
        }
    }
}
