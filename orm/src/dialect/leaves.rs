//! What SQL text of the program leaves behind on its connection.
//!
//! What is not known is taken for the worst, and so are functions that are not known. Only the
//! text is read: what triggers, views and defaults of the database do stays unseen.

use crate::dialect::calls::Calls;
use crate::dialect::{Engine, lexer};

/// What a statement leaves behind on the connection that it runs on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Leaves {
    /// Nothing that the next one could notice.
    #[default]
    Nothing,
    /// Perhaps something: it calls a function that is not known. It is undone as settings are, but
    /// is no reason to refuse the statement, nor to doubt what came of it.
    Perhaps,
    /// What the database undoes when it is asked, without forgetting prepared statements.
    Settings,
    /// What only the end of the connection undoes.
    Anything,
}

/// How statements begin that leave nothing behind, unless there is more in them.
const HARMLESS: &[&str] = &[
    "ALTER", "ANALYSE", "ANALYZE", "CHECK", "CHECKSUM", "CLUSTER", "COMMENT", "COPY", "CREATE", "DELETE", "DESC", "DESCRIBE", "DROP",
    "EXPLAIN", "GRANT", "INSERT", "KILL", "MERGE", "NOTIFY", "OPTIMIZE", "REFRESH", "REINDEX", "RENAME", "REPAIR", "REPLACE", "REVOKE",
    "SELECT", "SHOW", "TABLE", "TRUNCATE", "UPDATE", "VACUUM", "VALUES", "WITH",
];

/// What asks SQLite, or changes the file and not the connection.
const PRAGMAS: &[&str] = &[
    "APPLICATION_ID",
    "FOREIGN_KEY_CHECK",
    "FOREIGN_KEY_LIST",
    "INCREMENTAL_VACUUM",
    "INDEX_INFO",
    "INDEX_LIST",
    "INDEX_XINFO",
    "INTEGRITY_CHECK",
    "OPTIMIZE",
    "QUICK_CHECK",
    "TABLE_INFO",
    "TABLE_LIST",
    "TABLE_XINFO",
    "USER_VERSION",
    "WAL_CHECKPOINT",
];

/// What SQL text leaves behind.
pub(super) fn leaves(engine: Engine, text: &str) -> Leaves {
    let (calls, leaves) = (Calls::new(engine), by_verb(engine, text));
    let mut names = Names { engine, creates: false, behind_into: false, configs: 0, calls, leaves };
    names.creates = lexer::words(engine, text).next().is_some_and(|it| is(it, &["CREATE"]));
    names.read(text);
    if names.configs > 0 && !all_local(engine, text, names.configs) {
        names.leave(Leaves::Settings);
    }
    // What is made without a query calls nothing yet: its parentheses are of columns and types.
    let runs = || !names.creates || lexer::words(engine, text).any(|it| is(it, &["AS", "SELECT"]));
    // SQL of SQLite can make no functions; those of the program are not seen anywhere.
    if names.calls.any_unknown && engine != Engine::Sqlite && runs() {
        names.leave(Leaves::Perhaps);
    }
    names.leaves
}

fn is(word: &str, any: &[&str]) -> bool {
    any.iter().any(|it| word.eq_ignore_ascii_case(it))
}

/// By what the statement is.
fn by_verb(engine: Engine, text: &str) -> Leaves {
    let mut words = lexer::words(engine, text);
    let Some(first) = words.next() else { return Leaves::Nothing };
    let second = words.next().unwrap_or_default();
    let harmless = match engine {
        Engine::Sqlite if is(first, &["PRAGMA"]) => is_harmless_pragma(engine, text),
        Engine::Postgres if is(first, &["SET"]) && is(second, &["LOCAL", "TRANSACTION", "CONSTRAINTS"]) => true,
        Engine::Postgres if is(first, &["CLOSE", "DECLARE", "FETCH", "LISTEN", "MOVE", "RESET", "SET", "UNLISTEN"]) => {
            return Leaves::Settings;
        }
        // What these do is not to be seen; a setting is the likeliest.
        Engine::Postgres if is(first, &["CALL", "DO"]) => return Leaves::Settings,
        // Held to the end of a transaction only.
        Engine::Postgres if is(first, &["LOCK", "CHECKPOINT"]) => true,
        Engine::MariaDb | Engine::MySql if is(first, &["DO"]) => true,
        // What it reads can go to variables.
        Engine::MariaDb | Engine::MySql if is(first, &["LOAD"]) => !text.contains('@'),
        // `SET STATEMENT a = 1 FOR …` sets it for what comes then.
        Engine::MariaDb if is(first, &["SET"]) && is(second, &["STATEMENT"]) => {
            let then = words.skip_while(|it| !is(it, &["FOR"])).nth(1).unwrap_or_default();
            is(then, HARMLESS) && !is(then, &["CREATE"])
        }
        _ => is(first, HARMLESS),
    };
    if harmless { Leaves::Nothing } else { Leaves::Anything }
}

/// One without a value only asks.
fn is_harmless_pragma(engine: Engine, text: &str) -> bool {
    let Some(end) = text.find(['=', '(']) else { return true };
    lexer::words(engine, &text[..end]).last().is_some_and(|it| is(it, PRAGMAS))
}

/// What is found by functions and other names in a text.
struct Names<'t> {
    engine: Engine,
    /// Whether the statement makes something.
    creates: bool,
    /// Whether the last word was one that the name of a new table stands behind.
    behind_into: bool,
    /// How many settings are changed by a function.
    configs: usize,
    calls: Calls<'t>,
    leaves: Leaves,
}

impl<'t> Names<'t> {
    fn read(&mut self, text: &'t str) {
        let engine = self.engine;
        lexer::pieces(engine, text, |piece, is_code| match piece.as_bytes() {
            _ if is_code => self.code(piece),
            // A name in quotes.
            [b'"', .., b'"'] | [b'`', .., b'`'] | [b'[', .., b']'] => {
                let name = &piece[1..piece.len() - 1];
                // `U&"…"`, which may be any.
                let escaped = engine == Engine::Postgres && name.contains('\\');
                self.leave(if escaped { Leaves::Anything } else { Leaves::Nothing });
                self.calls.name(name, true);
                self.name(name);
            }
            // What MariaDB and MySQL run although it looks like a comment.
            [b'/', b'*', b'!' | b'M', ..] if engine.is_mysql_family() => {
                self.read(piece.trim_start_matches(['/', '*', '!', 'M']).trim_end_matches(['*', '/']));
            }
            // A comment is nothing between a name and what follows it.
            [b'-' | b'#' | b'/', ..] => {}
            _ => self.calls.other(),
        });
    }

    fn code(&mut self, code: &'t str) {
        if self.engine != Engine::Sqlite {
            self.calls.code(code);
        }
        if self.engine.is_mysql_family() && self.sets_variable(code) {
            self.leave(Leaves::Anything);
        }
        for word in code.split(|it: char| !(it.is_alphanumeric() || it == '_')).filter(|it| !it.is_empty()) {
            self.name(word);
            self.behind_into = is(word, &["INTO", "LOCAL", "GLOBAL"]);
        }
    }

    /// Whether a variable of the connection is set: `@a := 1`, `INTO @a`; `@@a` is a setting.
    fn sets_variable(&self, code: &str) -> bool {
        let is_behind_into = |before: &str| match before.trim_end() {
            "" => self.behind_into,
            it => it.rsplit(|it: char| !it.is_alphanumeric()).next().is_some_and(|it| is(it, &["INTO"])),
        };
        code.contains(":=") || code.match_indices('@').any(|(at, _)| is_behind_into(&code[..at]))
    }

    fn name(&mut self, name: &str) {
        let temporary = match self.engine {
            Engine::Postgres => (self.creates || self.behind_into) && is(name, &["TEMP", "TEMPORARY"]),
            Engine::Sqlite => self.creates && is(name, &["TEMP", "TEMPORARY"]),
            Engine::MariaDb | Engine::MySql => self.creates && is(name, &["TEMPORARY"]),
        };
        if temporary {
            self.leave(if self.engine == Engine::Postgres { Leaves::Settings } else { Leaves::Anything });
        }
        self.configs += usize::from(self.engine == Engine::Postgres && is(name, &["SET_CONFIG"]));
        self.leave(by_name(self.engine, name));
    }

    fn leave(&mut self, leaves: Leaves) {
        self.leaves = self.leaves.max(leaves);
    }
}

fn by_name(engine: Engine, name: &str) -> Leaves {
    let (settings, anything): (&[&str], &[&str]) = match engine {
        Engine::Sqlite => (&[], &["LOAD_EXTENSION"]),
        Engine::Postgres => (
            &["PG_ADVISORY_LOCK", "PG_ADVISORY_LOCK_SHARED", "PG_TEMP", "PG_TRY_ADVISORY_LOCK", "PG_TRY_ADVISORY_LOCK_SHARED", "SET_LIMIT"],
            &["DBLINK_CONNECT", "DBLINK_CONNECT_U", "PG_REPLICATION_ORIGIN_SESSION_SETUP", "SETSEED"],
        ),
        Engine::MariaDb | Engine::MySql => (&[], &["GET_LOCK"]),
    };
    if is(name, anything) {
        Leaves::Anything
    } else if is(name, settings) {
        Leaves::Settings
    } else {
        Leaves::Nothing
    }
}

/// Whether each `set_config` is one for its transaction: `set_config('a', $1, true)`.
fn all_local(engine: Engine, text: &str, count: usize) -> bool {
    let plain: String = lexer::without_strings(engine, text).chars().filter(|it| !it.is_whitespace()).collect();
    let plain = plain.to_ascii_lowercase();
    let is_simple = |it: &str| {
        let number = it.strip_suffix("::text").unwrap_or(it).strip_prefix('$');
        it == "'…'" || number.is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()))
    };
    let is_local = |after: &str| {
        let arguments = after.split_once(')').map_or("", |it| it.0);
        matches!(*arguments.split(',').collect::<Vec<_>>(), [name, value, "true"] if is_simple(name) && is_simple(value))
    };
    let calls = plain.match_indices("set_config(").map(|(at, it)| &plain[at + it.len()..]);
    calls.filter(|it| is_local(it)).count() == count
}

#[cfg(test)]
mod tests {
    use super::{Leaves, leaves};
    use crate::dialect::Engine;

    #[test]
    fn ordinary_statements_leave_nothing() {
        for engine in [Engine::Sqlite, Engine::Postgres, Engine::MariaDb, Engine::MySql] {
            for text in [
                "",
                "-- SET a = 1",
                "SELECT temp, 'SET a; get_lock' FROM readings /* pg_advisory_lock */",
                "(SELECT 1)",
                "insert into notes values ('pg_temp', 'a@b')",
                "WITH a AS (SELECT 1) UPDATE b SET c = 1",
                "CREATE TABLE notes (id INT, setting TEXT)",
                "EXPLAIN SELECT 1",
                "VALUES (1)",
            ] {
                assert_eq!(leaves(engine, text), Leaves::Nothing, "{engine:?} {text}");
            }
        }
    }

    #[test]
    fn what_postgres_undoes_and_what_not() {
        for text in [
            "SET a.b = 1",
            "set session authorization x",
            "RESET ALL",
            "/* SET LOCAL */ SET ROLE x",
            "LISTEN a",
            "DECLARE a CURSOR WITH HOLD FOR SELECT 1",
            "DO $$ BEGIN END $$",
            "CALL a()",
            "CREATE TEMP TABLE a (b int)",
            "CREATE LOCAL TEMPORARY TABLE a (b int)",
            "CREATE TABLE pg_temp.a (b int)",
            "CREATE TABLE \"pg_temp\".a (b int)",
            "CREATE OR REPLACE TEMP VIEW a AS SELECT 1",
            "SELECT 1 INTO TEMP a",
            "SELECT 1 INTO /* x */ LOCAL TEMPORARY a",
            "SELECT pg_advisory_lock(1)",
            "SELECT \"pg_try_advisory_lock\"(1)",
            "INSERT INTO a SELECT Set_Config('a.b', 'c', false)",
            "SELECT set_config('a.b', 'true', false)",
            "SELECT set_config('a.b', true::text, false)",
            "SELECT set_config('a.b', $1, true), \"set_config\"('a', 'b', false)",
            "SELECT set_config('a.b', $1, $2)",
        ] {
            assert_eq!(leaves(Engine::Postgres, text), Leaves::Settings, "{text}");
        }
        for text in [
            "PREPARE a AS SELECT 1",
            "EXECUTE a",
            "DEALLOCATE ALL",
            "DISCARD ALL",
            "LOAD 'a'",
            "SELECT setseed(0.5)",
            "SELECT U&\"set\\005fconfig\"('a', 'b', false)",
            "SOMETHING new",
        ] {
            assert_eq!(leaves(Engine::Postgres, text), Leaves::Anything, "{text}");
        }
        for text in [
            "SET LOCAL a.b = 1",
            "SET TRANSACTION READ ONLY",
            "SET CONSTRAINTS ALL DEFERRED",
            "LOCK TABLE a",
            "NOTIFY a",
            "SELECT pg_advisory_xact_lock(1), '\\'",
            "SELECT set_config( 'a.b', $1, TRUE )",
            "SELECT set_config('a.b', $1::text, true), set_config('a.c', 'd', true)",
        ] {
            assert_eq!(leaves(Engine::Postgres, text), Leaves::Nothing, "{text}");
        }
    }

    #[test]
    fn what_only_the_end_of_a_connection_undoes() {
        for text in [
            "SET @a = 1",
            "SET SESSION sql_mode = ''",
            "USE other",
            "PREPARE a FROM 'SELECT 1'",
            "CALL a()",
            "LOCK TABLES a WRITE",
            "FLUSH TABLES WITH READ LOCK",
            "HANDLER a OPEN",
            "CREATE TEMPORARY TABLE a (b int)",
            "CREATE OR REPLACE TEMPORARY TABLE a (b int)",
            "SELECT GET_LOCK('a', 1)",
            "SELECT `get_lock`('a', 1)",
            "DO get_lock('a', 1)",
            "SELECT 1 /*! , get_lock('a', 1) */",
            "SELECT @a := 1",
            "SELECT 1 INTO @a",
            "SELECT 1 INTO @`a`",
            "SELECT 1 into /* x */ @a",
            "LOAD DATA INFILE 'a' INTO TABLE b (@a)",
            "SET STATEMENT max_statement_time = 1 FOR SET @a = 1",
            "SET STATEMENT max_statement_time = 1 FOR CALL a()",
            "SET STATEMENT max_statement_time = 1 FOR CREATE TEMPORARY TABLE a (b int)",
        ] {
            assert_eq!(leaves(Engine::MariaDb, text), Leaves::Anything, "{text}");
        }
        for text in [
            "SELECT @@sql_mode, @a",
            "INSERT INTO a VALUES (@a)",
            "DO sleep(0)",
            "SET STATEMENT max_statement_time = 1 FOR SELECT 1",
            "SHOW TABLES",
            "KILL QUERY 7",
        ] {
            assert_eq!(leaves(Engine::MariaDb, text), Leaves::Nothing, "{text}");
        }
        for text in [
            "PRAGMA cache_size = 7",
            "PRAGMA main.cache_size(7)",
            "PRAGMA foreign_keys='OFF'",
            "ATTACH ':memory:' AS a",
            "CREATE TEMP TABLE a (b)",
            "CREATE TABLE temp.a (b)",
            "CREATE TABLE IF NOT EXISTS \"temp\".a (b)",
            "SELECT load_extension('a')",
        ] {
            assert_eq!(leaves(Engine::Sqlite, text), Leaves::Anything, "{text}");
        }
        for text in ["PRAGMA cache_size", "PRAGMA main.table_info('a')", "PRAGMA user_version = 7", "VACUUM", "REINDEX", "ANALYZE"] {
            assert_eq!(leaves(Engine::Sqlite, text), Leaves::Nothing, "{text}");
        }
    }
}
