//! Which functions SQL text calls: names before a parenthesis.

use crate::dialect::Engine;
use crate::dialect::known::{is_harmless, names_no_function};

/// Reads the pieces of a text, and finds calls of functions that are not known.
///
/// What looks like a call and is none (`IN (`, `INSERT INTO users (`, `AS u (`) is told by its own
/// name or by what stands before it. Where neither tells, it is taken for a call.
#[derive(Debug)]
pub(super) struct Calls<'t> {
    engine: Engine,
    last: Token<'t>,
    pub(super) any_unknown: bool,
}

/// What was read last, as far as it matters for what comes next.
#[derive(Debug, Clone, Copy)]
enum Token<'t> {
    Name(Name<'t>),
    /// A dot behind a name.
    Dot(Name<'t>),
    /// The first colon of a cast, or what is no cast.
    Colon,
    /// What the name of no function stands behind: `)` and `::`.
    Closed,
    Other,
}

#[derive(Debug, Clone, Copy)]
struct Name<'t> {
    text: &'t str,
    quoted: bool,
    /// What stands before its dot.
    of: Option<&'t str>,
    /// Whether it is called where a parenthesis follows.
    is_called: bool,
}

impl<'t> Calls<'t> {
    pub(super) fn new(engine: Engine) -> Self {
        Self { engine, last: Token::Other, any_unknown: false }
    }

    /// What is neither in quotes nor in comments.
    pub(super) fn code(&mut self, mut code: &'t str) {
        while let Some(first) = code.chars().next() {
            let is_word = |it: char| it.is_alphanumeric() || it == '_';
            let end = match is_word(first) {
                true => code.find(|it| !(is_word(it) || it == '$')).unwrap_or(code.len()),
                false => first.len_utf8(),
            };
            let (token, rest) = code.split_at(end);
            match (first, self.last) {
                _ if is_word(first) => self.name(token, false),
                (it, _) if it.is_whitespace() => {}
                ('(', last) => self.open(last),
                (')', _) | (':', Token::Colon) => self.last = Token::Closed,
                (':', _) => self.last = Token::Colon,
                ('.', Token::Name(name)) => self.last = Token::Dot(name),
                _ => self.last = Token::Other,
            }
            code = rest;
        }
    }

    /// A name; in quotes, it is no word of the language.
    pub(super) fn name(&mut self, text: &'t str, quoted: bool) {
        let (of, is_called) = match self.last {
            Token::Dot(name) => (Some(name.text), name.is_called),
            Token::Name(name) => (None, name.quoted || name.of.is_some() || !names_no_function(name.text)),
            Token::Closed => (None, false),
            Token::Colon | Token::Other => (None, true),
        };
        self.last = Token::Name(Name { text, quoted, of, is_called });
    }

    /// A string or the like.
    pub(super) fn other(&mut self) {
        self.last = Token::Other;
    }

    fn open(&mut self, last: Token<'t>) {
        self.last = Token::Other;
        let Token::Name(name) = last else { return };
        // Of another schema, it may be called like one that is known.
        let is_plain = !name.quoted && name.of.is_none_or(|it| self.engine == Engine::Postgres && it.eq_ignore_ascii_case("pg_catalog"));
        self.any_unknown |= name.is_called && !(is_plain && is_harmless(self.engine, name.text));
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::Engine;
    use crate::dialect::leaves::{Leaves, leaves};

    const SERVERS: [Engine; 3] = [Engine::Postgres, Engine::MariaDb, Engine::MySql];

    #[test]
    fn a_function_that_is_not_known_may_leave_something() {
        for text in [
            "SELECT set_tenant('a')",
            "SELECT Set_Tenant ('a')",
            "SELECT set_tenant/* a */\n('a')",
            "SELECT app.set_tenant('a')",
            "SELECT app . abs(1)",
            "SELECT count(set_tenant('a'))",
            "SELECT 1 FROM users WHERE age IN (1, set_tenant('a'))",
            "SELECT 1 FROM users u JOIN set_tenant('a') t ON true",
            "SELECT 1 FROM set_tenant('a')",
            "INSERT INTO users (name) VALUES (set_tenant('a'))",
            "INSERT INTO users (name) SELECT set_tenant('a')",
            "UPDATE users SET name = set_tenant('a') WHERE (age) = 1",
            "DELETE FROM users WHERE (age = 1) AND set_tenant('a')",
            "CREATE TABLE a AS SELECT set_tenant('a')",
            "CREATE TABLE a SELECT set_tenant('a')",
            "ALTER TABLE a ADD COLUMN b int DEFAULT set_tenant('a')",
            "SELECT größe(1)",
            "SELECT f$abs(1)",
        ] {
            for engine in SERVERS {
                assert_eq!(leaves(engine, text), Leaves::Perhaps, "{engine:?} {text}");
            }
            assert_eq!(leaves(Engine::Sqlite, text), Leaves::Nothing, "{text}");
        }
        for text in [r#"SELECT "set_tenant"('a')"#, r#"SELECT "app"."abs"(1)"#, r#"SELECT "abs"(1)"#, "SELECT x[1:set_tenant(2)]"] {
            assert_eq!(leaves(Engine::Postgres, text), Leaves::Perhaps, "{text}");
        }
        for text in ["SELECT `set_tenant`('a')", "SELECT 1 /*! , set_tenant('a') */", "DO set_tenant('a')"] {
            assert_eq!(leaves(Engine::MariaDb, text), Leaves::Perhaps, "{text}");
        }
        // What is known to be worse stays so.
        assert_eq!(leaves(Engine::Postgres, "SELECT set_tenant(set_config('a', 'b', false))"), Leaves::Settings);
        assert_eq!(leaves(Engine::MariaDb, "SELECT set_tenant(get_lock('a', 1))"), Leaves::Anything);
    }

    #[test]
    fn what_is_no_call_or_known_leaves_nothing() {
        let harmless = |engine, text: &str| assert_eq!(leaves(engine, text), Leaves::Nothing, "{engine:?} {text}");
        for engine in SERVERS {
            for text in [
                "SELECT count(*), coalesce(max(age), 0), lower (name) FROM users WHERE age IN (1, 2) AND (name = 'f(x)' OR NOT (age > 1))",
                "INSERT INTO users (name, age) VALUES ('a', (1)), ('b', 2)",
                "INSERT INTO app.users (name) SELECT name FROM users WHERE EXISTS (SELECT 1)",
                "UPDATE users SET age = (SELECT max(age) FROM users) WHERE name LIKE ('a') AND age BETWEEN (1) AND (2)",
                "WITH a (b) AS (SELECT 1) SELECT * FROM a JOIN users USING (id) WHERE b = ANY (SELECT 1) ORDER BY (age) LIMIT (1)",
                "SELECT sum(age) OVER (PARTITION BY (name) ORDER BY age), rank() OVER (ORDER BY age) FROM users GROUP BY (name) HAVING (count(*) > 1)",
                "SELECT CASE WHEN (age > 1) THEN (1) ELSE (2) END, CAST(age AS decimal(10, 2)), CAST(name AS char(3)) FROM users",
                "SELECT 1 FROM (SELECT 1) AS a (b) CROSS JOIN (SELECT 2) c (d) UNION ALL (SELECT 3)",
                "CREATE TABLE IF NOT EXISTS a (b varchar(10), c numeric(5, 2) DEFAULT (1), CHECK (f(b)), UNIQUE (b), FOREIGN KEY (c) REFERENCES d (e))",
                "CREATE UNIQUE INDEX a ON b (c, lower(d))",
                "ALTER TABLE a ADD CONSTRAINT b FOREIGN KEY (c) REFERENCES d (e)",
                "DROP FUNCTION set_tenant(text)",
                "SELECT name -- set_tenant('a')\nFROM users /* set_tenant('a') */",
            ] {
                harmless(engine, text);
            }
        }
        for text in [
            "SELECT pg_catalog.lower(name), now()::timestamp(3), x[1:2], array_agg(age) FILTER (WHERE (age > 1)) FROM users",
            "SELECT DISTINCT ON (age) age FROM users WHERE age = ANY ($1) AND name ILIKE ALL (ARRAY['a']) AND name SIMILAR TO ('a')",
            r#"INSERT INTO "users" ("name") VALUES ($1) ON CONFLICT ("name") DO UPDATE SET ("name", "age") = ($1, $2) RETURNING ("id")"#,
            r#"INSERT INTO "app"."users" ("name") OVERRIDING SYSTEM VALUE VALUES ($1)"#,
            "SELECT * FROM jsonb_to_recordset($1) AS a(b int, c varchar(3)), LATERAL (SELECT 1) d, unnest($2::int[]) WITH ORDINALITY AS e(f, g)",
            "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY age), GROUPING(age) FROM users GROUP BY GROUPING SETS ((age), ()), ROLLUP (name)",
            "SELECT extract(year FROM a), a AT TIME ZONE ('UTC'), position('a' IN name), substring(name FROM (1) FOR (2)), row_to_json(users)",
            "MERGE INTO users USING (SELECT 1) AS s ON (true) WHEN NOT MATCHED THEN INSERT (name) VALUES ('a')",
            "SELECT 1 WHERE (1, 2) IS DISTINCT FROM (1, 3) FETCH FIRST (1) ROWS ONLY",
            "COPY users (name) FROM STDIN",
            "SELECT nextval('a'), currval('a'), pg_advisory_xact_lock(1), gen_random_uuid(), pg_sleep(0)",
        ] {
            harmless(Engine::Postgres, text);
        }
        for text in [
            "INSERT IGNORE `users` (`name`) VALUES (?) ON DUPLICATE KEY UPDATE name = VALUES(name), age = if(age > 1, 1, (2))",
            "REPLACE users (name) VALUES (\"a\")",
            "SELECT 1 FROM users USE INDEX (a) WHERE MATCH (name) AGAINST ('a') AND name REGEXP ('a') AND age DIV (2) = 1",
            "SELECT date_add(now(), INTERVAL (1) DAY), json_extract(a, '$.b'), group_concat(DISTINCT name ORDER BY (age) SEPARATOR ',')",
            "SELECT CONVERT(CAST(CONVERT(name USING utf8mb4) AS BINARY) USING tis620) FROM JSON_TABLE(?, '$[*]' COLUMNS (v BIGINT PATH '$')) AS l",
            "LOAD DATA INFILE 'a' INTO TABLE users (name)",
            "SELECT is_used_lock('a') = connection_id(), uuid(), sleep(0), last_insert_id()",
        ] {
            harmless(Engine::MariaDb, text);
        }
    }
}
