//! The statements of a script.

use crate::dialect::{Engine, lexer};
use crate::error::{Error, Result};

/// Splits a script at the semicolons between its statements.
///
/// # Errors
/// [`Error::Invalid`] where one begins or ends a transaction.
pub(crate) fn statements(engine: Engine, script: &str) -> Result<Vec<String>> {
    let mut all = Vec::new();
    let mut one = Statement::default();
    lexer::pieces(engine, script, |piece, is_code| {
        if !is_code {
            return one.text.push_str(piece);
        }
        for part in piece.split_inclusive(|it: char| !(it.is_alphanumeric() || it == '_')) {
            let word = part.trim_end_matches(|it: char| !(it.is_alphanumeric() || it == '_'));
            one.word(word);
            let ends = part.ends_with(';') && one.depth == 0;
            one.text.push_str(if ends { &part[..part.len() - 1] } else { part });
            if ends {
                all.push(std::mem::take(&mut one));
            }
        }
    });
    all.push(one);
    all.retain(|it| !it.words.is_empty());
    match all.iter().find(|it| it.is_about_transactions()) {
        Some(it) => Err(Error::Invalid(format!(
            "a script cannot begin or end transactions, as `{}` does: run it inside of `transaction`",
            it.words.join(" ")
        ))),
        None => Ok(all.into_iter().map(|it| it.text.trim().to_owned()).collect()),
    }
}

/// A statement that is being read.
#[derive(Default)]
struct Statement {
    text: String,
    /// The first words, in capitals.
    words: Vec<String>,
    /// How many blocks are open in the body of a trigger or procedure.
    depth: usize,
    after_end: bool,
}

impl Statement {
    fn word(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        let word = word.to_ascii_uppercase();
        let after_end = std::mem::replace(&mut self.after_end, false);
        if self.has_body() {
            match word.as_str() {
                // `END IF` and its like end what is not counted.
                "IF" | "LOOP" | "WHILE" | "REPEAT" | "FOR" if after_end => self.depth += 1,
                "CASE" if after_end => {}
                "BEGIN" | "CASE" => self.depth += 1,
                "END" => {
                    self.depth = self.depth.saturating_sub(1);
                    self.after_end = true;
                }
                _ => {}
            }
        }
        if self.words.len() < 8 {
            self.words.push(word);
        }
    }

    /// Whether it is one whose body has statements of its own.
    fn has_body(&self) -> bool {
        let of = |it: &String| matches!(it.as_str(), "TRIGGER" | "PROCEDURE" | "FUNCTION" | "EVENT");
        self.words.first().is_some_and(|it| it == "CREATE") && self.words.iter().any(of)
    }

    fn is_about_transactions(&self) -> bool {
        let word = |at: usize| self.words.get(at).map_or("", String::as_str);
        matches!(
            (word(0), word(1)),
            ("BEGIN" | "COMMIT" | "ROLLBACK" | "SAVEPOINT" | "RELEASE" | "ABORT" | "END", _) | ("START", "TRANSACTION")
        )
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use super::statements;
    use crate::dialect::Engine;

    #[test]
    fn a_script_is_split_between_its_statements() {
        for engine in [Engine::Sqlite, Engine::Postgres, Engine::MariaDb] {
            let script = "CREATE TABLE a (b TEXT);\n INSERT INTO a VALUES (';'), ('x''; y') -- ; no\n; /* ; */ ; SELECT 1";
            let all = statements(engine, script).unwrap();
            assert_eq!(all.len(), 3, "{engine:?} {all:?}");
            assert_eq!((all[0].as_str(), all[2].ends_with("SELECT 1")), ("CREATE TABLE a (b TEXT)", true));
        }
        assert_eq!(statements(Engine::Sqlite, " ;; -- nothing\n").unwrap(), [""; 0]);
    }

    #[test]
    fn bodies_have_semicolons_of_their_own() {
        let trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET b = CASE WHEN 1 THEN 2 END; DELETE FROM c; END";
        assert_eq!(statements(Engine::Sqlite, &format!("{trigger}; SELECT 1;")).unwrap(), [trigger, "SELECT 1"]);
        let procedure = "CREATE PROCEDURE p() BEGIN IF 1 THEN SELECT 1; END IF; BEGIN SELECT 2; END; END";
        assert_eq!(statements(Engine::MariaDb, &format!("{procedure}; SELECT 1")).unwrap(), [procedure, "SELECT 1"]);
        let function = "CREATE FUNCTION f() RETURNS int AS $$ BEGIN RETURN 1; END $$ LANGUAGE plpgsql";
        assert_eq!(statements(Engine::Postgres, &format!("{function}; SELECT 1")).unwrap(), [function, "SELECT 1"]);
    }

    #[test]
    fn a_script_has_no_transactions() {
        for script in ["BEGIN; SELECT 1", "SELECT 1; commit", "START TRANSACTION", "/* x */ ROLLBACK TO a", "SAVEPOINT a"] {
            assert!(statements(Engine::Postgres, script).is_err(), "{script}");
        }
    }
}
