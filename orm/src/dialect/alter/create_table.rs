//! The text by which SQLite knows a table, with another definition of one column.
//!
//! All of the text stays as it was written but for the name of the table, and
//! of the column its type, nullability, default and checks.

use crate::dialect::alter::convert::quoted;
use crate::dialect::alter::tokens::{Token, is_word, tokens};
use crate::dialect::render::{Out, Walk};
use crate::dialect::{Engine, ddl, types};
use crate::statement::{Rows, TableColumn};

/// What is said of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Definition {
    ty: String,
    /// Everything behind the type that comes from the model.
    rules: String,
}

impl Definition {
    /// What a model says.
    pub(crate) fn of(column: &TableColumn) -> Self {
        let rows = Rows::<i64>(Vec::new());
        let (mut ty, mut rules) = (String::new(), String::new());
        types::column_type(&mut Walk::new(Engine::Sqlite, &rows, Out::Text(&mut ty)), column);
        let mut walk = Walk::new(Engine::Sqlite, &rows, Out::Text(&mut rules));
        ddl::null_and_default(&mut walk, column);
        types::check(&mut walk, column);
        Self { ty, rules }
    }

    /// Whether a key of this type alone is the number of the row.
    pub(crate) fn is_integer(&self) -> bool {
        self.ty.eq_ignore_ascii_case("INTEGER")
    }
}

/// The text of a table of another name in which one column has another
/// definition; `None` where the text is not understood.
pub(crate) fn altered(sql: &str, to: (&str, &str), column: &str, definition: &Definition) -> Option<String> {
    let all = tokens(sql);
    let table = name_behind(&all, "TABLE")?;
    let open = (table.end..all.len()).find(|at| all[*at].text == "(")?;
    let close = end_of_group(&all, open)?;
    let (from, until) = columns(&all[..close], open + 1)
        .into_iter()
        .find(|(from, _)| all[*from].name().is_some_and(|it| it.eq_ignore_ascii_case(column)))?;
    let kept = kept(&all[from + 1..until])?;
    let (first, last) = (&all[from], &all[until - 1]);
    let before = format!("{}{}.{}", &sql[..all[table.start].at], quoted(Engine::Sqlite, to.0), quoted(Engine::Sqlite, to.1));
    let between = &sql[all[table.end - 1].end()..first.end()];
    let Definition { ty, rules } = definition;
    Some(format!("{before}{between} {ty}{kept}{rules}{}", &sql[last.end()..]))
}

/// The text that creates an index or a trigger, in this schema.
pub(crate) fn qualified(sql: &str, what: &str, schema: &str) -> Option<String> {
    let all = tokens(sql);
    let name = name_behind(&all, what)?;
    let (start, last) = (all[name.start].at, &all[name.end - 1]);
    Some(format!("{}{}.{}{}", &sql[..start], quoted(Engine::Sqlite, schema), last.text, &sql[last.end()..]))
}

/// Where the name of what is created stands, with its schema.
fn name_behind(all: &[Token<'_>], what: &str) -> Option<std::ops::Range<usize>> {
    let mut at = all.iter().position(|it| it.is(what))? + 1;
    if all.get(at)?.is("IF") && all.get(at + 1)?.is("NOT") {
        at += 3;
    }
    let length = if all.get(at + 1)?.text == "." { 3 } else { 1 };
    all.get(at + length - 1)?.name()?;
    Some(at..at + length)
}

/// The position of the parenthesis that closes this one.
fn end_of_group(all: &[Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in all.iter().enumerate().skip(open) {
        match token.text {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// Where each column begins and ends; what comes behind them are rules of the table.
fn columns(all: &[Token<'_>], from: usize) -> Vec<(usize, usize)> {
    const RULES: [&str; 5] = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
    let (mut found, mut start, mut depth) = (Vec::new(), from, 0);
    for at in from..=all.len() {
        match all.get(at).map(|it| it.text) {
            Some("(") => depth += 1,
            Some(")") => depth -= 1,
            Some(",") if depth > 0 => {}
            Some(",") | None => {
                if start >= at || RULES.iter().any(|it| all[start].is(it)) {
                    break;
                }
                found.push((start, at));
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

/// What stays of the definition of a column behind its name: its place in the
/// key, unique rules, foreign keys and collations.
fn kept(all: &[Token<'_>]) -> Option<String> {
    const STARTS: [&str; 11] =
        ["CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED", "AS"];
    let mut at = all.iter().position(|it| STARTS.iter().any(|word| it.is(word))).unwrap_or(all.len());
    let mut kept = String::new();
    while at < all.len() {
        let start = at;
        if all[at].is("CONSTRAINT") {
            at += 2;
        }
        let rule = all.get(at)?;
        let end = end_of_rule(all, at)?;
        if ["PRIMARY", "UNIQUE", "COLLATE", "REFERENCES"].iter().any(|it| rule.is(it)) {
            for token in &all[start..end] {
                kept.push(' ');
                kept.push_str(token.text);
            }
        }
        at = end;
    }
    Some(kept)
}

/// The position behind the rule of a column that starts here.
fn end_of_rule(all: &[Token<'_>], at: usize) -> Option<usize> {
    let is = |at: usize, words: &[&str]| all.get(at).is_some_and(|it| words.iter().any(|word| it.is(word)));
    let group = |at: usize| all.get(at).filter(|it| it.text == "(").and_then(|_| end_of_group(all, at)).map(|it| it + 1);
    let mut end = match () {
        () if is(at, &["NOT"]) && is(at + 1, &["NULL"]) => at + 2,
        () if is(at, &["NULL", "UNIQUE"]) => at + 1,
        () if is(at, &["COLLATE"]) => at + 2,
        () if is(at, &["CHECK"]) => group(at + 1)?,
        () if is(at, &["PRIMARY"]) => at + 2 + usize::from(is(at + 2, &["ASC", "DESC"])),
        () if is(at, &["DEFAULT"]) => {
            let signed = all.get(at + 1).is_some_and(|it| ["+", "-"].contains(&it.text));
            group(at + 1).unwrap_or(at + 2 + usize::from(signed))
        }
        () if is(at, &["REFERENCES"]) => group(at + 2).unwrap_or(at + 2),
        () => return None,
    };
    loop {
        end = match () {
            () if is(end, &["ON"]) && is(end + 1, &["CONFLICT"]) => end + 3,
            () if is(end, &["ON"]) => end + 3 + usize::from(is(end + 2, &["SET", "NO"])),
            () if is(end, &["MATCH"]) => end + 2,
            () if is(end, &["NOT"]) && is(end + 1, &["DEFERRABLE"]) => end + 2,
            () if is(end, &["DEFERRABLE", "AUTOINCREMENT"]) => end + 1,
            () if is(end, &["INITIALLY"]) => end + 2,
            () => break,
        };
    }
    (end <= all.len() && all.get(end).is_none_or(is_word)).then_some(end)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use super::*;

    fn with(sql: &str, column: &str) -> Option<String> {
        let definition = Definition { ty: "INT".to_owned(), rules: " NOT NULL".to_owned() };
        altered(sql, ("main", "new"), column, &definition)
    }

    #[test]
    fn one_column_is_another_and_all_else_is_as_it_was() {
        for (before, after) in [
            ("(a)", "(a INT NOT NULL)"),
            ("(a,b TEXT)", "(a INT NOT NULL,b TEXT)"),
            ("( b , 'A' TEXT NOT NULL )", "( b , 'A' INT NOT NULL )"),
            ("([a]/* x */PRIMARY KEY)", "([a] INT PRIMARY KEY NOT NULL)"),
            ("(\"b,a\" TEXT, `a` NULL)", "(\"b,a\" TEXT, `a` INT NOT NULL)"),
            ("(b CHECK (b IN (1, 2)), a)", "(b CHECK (b IN (1, 2)), a INT NOT NULL)"),
            ("(a DEFAULT -1e-5 UNIQUE)", "(a INT UNIQUE NOT NULL)"),
            ("(a DEFAULT x'00' UNIQUE, b)", "(a INT UNIQUE NOT NULL, b)"),
            ("(a DEFAULT 'it''s' COLLATE \"rtrim\")", "(a INT COLLATE \"rtrim\" NOT NULL)"),
            ("(a DEFAULT (1, ')') UNIQUE)", "(a INT UNIQUE NOT NULL)"),
            (
                "(a INTEGER PRIMARY KEY DESC ON CONFLICT FAIL AUTOINCREMENT)",
                "(a INT PRIMARY KEY DESC ON CONFLICT FAIL AUTOINCREMENT NOT NULL)",
            ),
            (
                "(a CONSTRAINT x CHECK (1) CONSTRAINT y REFERENCES t DEFERRABLE INITIALLY DEFERRED NOT NULL)",
                "(a INT CONSTRAINT y REFERENCES t DEFERRABLE INITIALLY DEFERRED NOT NULL)",
            ),
            ("(a, PRIMARY KEY (a) UNIQUE (a)) WITHOUT ROWID", "(a INT NOT NULL, PRIMARY KEY (a) UNIQUE (a)) WITHOUT ROWID"),
            ("(größe TEXT, a TEXT) -- end", "(größe TEXT, a INT NOT NULL) -- end"),
        ] {
            for name in ["t", "\"t (a\"", "[CREATE TABLE x(]", "IF NOT EXISTS t", "if"] {
                let text = with(&format!("CREATE TABLE {name} {before}"), "a");
                let exists = if name.starts_with("IF NOT") { "IF NOT EXISTS " } else { "" };
                assert_eq!(text.unwrap(), format!("CREATE TABLE {exists}`main`.`new` {after}"), "{name} {before}");
            }
        }
    }

    #[test]
    fn what_is_not_understood_is_left_alone() {
        for sql in [
            "",
            "CREATE TABLE",
            "CREATE TABLE t",
            "CREATE TABLE t (",
            "CREATE TABLE t (a",
            "CREATE TABLE t (b)",
            "CREATE TABLE t (b, CHECK (a))",
            "CREATE TABLE t (a TEXT CONSTRAINT)",
            "CREATE TABLE t (a TEXT DEFAULT)",
            "CREATE TABLE t (a TEXT NOT)",
            "CREATE TABLE t (a TEXT CHECK (1)",
            "CREATE TABLE t (a TEXT AS (1))",
            "CREATE TABLE t (a TEXT REFERENCES x ON)",
            "CREATE TABLE t (a TEXT NOT NULL 5)",
        ] {
            assert_eq!(with(sql, "a"), None, "{sql}");
        }
    }

    #[test]
    fn indexes_and_triggers_are_made_where_their_table_is() {
        for (before, after) in [
            ("CREATE INDEX i ON t (a)", "CREATE INDEX `main`.i ON t (a)"),
            ("CREATE UNIQUE INDEX \"i . j\" ON t (a)", "CREATE UNIQUE INDEX `main`.\"i . j\" ON t (a)"),
            ("CREATE INDEX other.i ON t (a)", "CREATE INDEX `main`.i ON t (a)"),
            ("CREATE INDEX IF NOT EXISTS i ON t (a)", "CREATE INDEX IF NOT EXISTS `main`.i ON t (a)"),
        ] {
            assert_eq!(qualified(before, "index", "main").unwrap(), after);
        }
        let trigger = "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END";
        assert_eq!(qualified(trigger, "trigger", "temp").unwrap(), trigger.replace(" x ", " `temp`.x "));
        assert_eq!(qualified("CREATE VIEW v AS SELECT 1", "index", "main"), None);
    }
}
