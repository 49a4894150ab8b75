//! Finds the placeholders of SQL text.
//!
//! A `?` inside quotes, dollar quotes or comments is text; `??` is one literal
//! `?`; `:name` is a name, unless a second colon makes it a cast. What counts as
//! a quote or comment differs per database.

use std::borrow::Cow;

use crate::dialect::Engine;

/// A part of SQL text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part<'t> {
    /// Text to send as it is.
    Text(&'t str),
    /// A placeholder.
    Placeholder,
    /// A placeholder with a name.
    Name(&'t str),
}

/// Splits SQL text at its placeholders.
pub(crate) fn parts(engine: Engine, text: &str, mut each: impl FnMut(Part<'_>)) {
    let bytes = text.as_bytes();
    let mut from = 0;
    let mut at = 0;
    while at < bytes.len() {
        if let Some(end) = end_of_quoted(engine, text, at) {
            at = end;
            continue;
        }
        let next = match bytes[at] {
            b':' => match name_at(text, at) {
                Some(name) => {
                    if from < at {
                        each(Part::Text(&text[from..at]));
                    }
                    each(Part::Name(name));
                    from = at + 1 + name.len();
                    from
                }
                // A cast, both colons at once.
                None => at + if bytes.get(at + 1) == Some(&b':') { 2 } else { 1 },
            },
            b'?' => {
                // `??` sends the first of the two and drops the second.
                let doubled = bytes.get(at + 1) == Some(&b'?');
                let end = if doubled { at + 1 } else { at };
                if from < end {
                    each(Part::Text(&text[from..end]));
                }
                if !doubled {
                    each(Part::Placeholder);
                }
                from = if doubled { at + 2 } else { at + 1 };
                from
            }
            _ => at + 1,
        };
        at = next;
    }
    if from < text.len() {
        each(Part::Text(&text[from..]));
    }
}

/// Splits SQL text into code, and quotes and comments as they are.
pub(super) fn pieces<'t>(engine: Engine, text: &'t str, mut each: impl FnMut(&'t str, bool)) {
    let mut from = 0;
    let mut at = 0;
    while at < text.len() {
        let Some(end) = end_of_quoted(engine, text, at).filter(|end| *end > at + 1) else {
            at += 1;
            continue;
        };
        each(&text[from..at], true);
        each(&text[at..end], false);
        (from, at) = (end, end);
    }
    each(&text[from..], true);
}

/// SQL text with a space for each comment, and `x` for what is in quotes.
pub(super) fn code(engine: Engine, text: &str) -> Cow<'_, str> {
    if !text.contains(['\'', '"', '`', '[', '-', '#', '/', '$']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    pieces(engine, text, |piece, is_code| match piece.as_bytes().first() {
        _ if is_code => out.push_str(piece),
        Some(b'-' | b'#' | b'/') => out.push(' '),
        _ => out.push('x'),
    });
    Cow::Owned(out)
}

/// The words of SQL text, without what is in quotes and comments.
pub(crate) fn words(engine: Engine, text: &str) -> impl Iterator<Item = &str> {
    let is_word = |it: char| it.is_alphanumeric() || it == '_';
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(first) = text[at..].chars().next() {
            if let Some(inside) = run_comment(engine, &text[at..]) {
                at = text.len() - inside.len();
            } else if is_word(first) {
                let rest = &text[at..];
                let word = &rest[..rest.find(|it| !is_word(it)).unwrap_or(rest.len())];
                at += word.len();
                return Some(word);
            } else {
                // What ends in the middle of a letter is at the end of the text.
                at = end_of_quoted(engine, text, at).unwrap_or(at + first.len_utf8()).min(text.len());
            }
        }
        None
    })
}

/// What MariaDB and MySQL run although it looks like a comment.
fn run_comment(engine: Engine, text: &str) -> Option<&str> {
    let inside = text.strip_prefix("/*!").or_else(|| text.strip_prefix("/*M!")).filter(|_| engine.is_mysql_family())?;
    Some(inside.trim_start_matches(|it: char| it.is_ascii_digit()))
}

/// SQL text with `'…'` for each string in it; names in quotes stay.
pub(crate) fn without_strings(engine: Engine, text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    pieces(engine, text, |piece, is_code| {
        let is_string = match piece.as_bytes().first() {
            Some(b'\'') => true,
            Some(b'"') => engine.is_mysql_family(),
            Some(b'$') => engine == Engine::Postgres,
            _ => false,
        };
        match (is_code, is_string) {
            // A doubled quote starts a second piece of the same string.
            (false, true) if out.ends_with("'…'") => {}
            (false, true) => out.push_str("'…'"),
            _ => out.push_str(piece),
        }
    });
    out
}

/// The position behind the quote or comment that starts here, if one does.
pub(super) fn end_of_quoted(engine: Engine, text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    Some(match bytes[at] {
        quote @ (b'\'' | b'"' | b'`') => end_of_quote(bytes, at, quote, escapes(engine, bytes, at)),
        b'-' if starts_line_comment(engine, &bytes[at..]) => end_of_line(engine, bytes, at),
        b'#' if engine.is_mysql_family() => end_of_line(engine, bytes, at),
        b'/' if bytes.get(at + 1) == Some(&b'*') => end_of_comment(bytes, at, engine == Engine::Postgres),
        b'$' if engine == Engine::Postgres => end_of_dollar_quote(text, at),
        b'[' if engine == Engine::Sqlite => find(bytes, at + 1, b"]"),
        _ => return None,
    })
}

/// The name behind a colon, if there is one.
fn name_at(text: &str, at: usize) -> Option<&str> {
    let rest = &text[at + 1..];
    let end = rest.find(|it: char| !(it.is_alphanumeric() || it == '_')).unwrap_or(rest.len());
    let name = &rest[..end];
    name.starts_with(|it: char| it.is_alphabetic() || it == '_').then_some(name)
}

/// MariaDB and MySQL take `--` for two minus signs unless a space follows.
fn starts_line_comment(engine: Engine, rest: &[u8]) -> bool {
    rest.starts_with(b"--") && (!engine.is_mysql_family() || rest.get(2).is_none_or(u8::is_ascii_whitespace))
}

/// Whether a backslash escapes the next character of the quote at `at`.
fn escapes(engine: Engine, bytes: &[u8], at: usize) -> bool {
    match engine {
        Engine::MariaDb | Engine::MySql => bytes[at] != b'`',
        // `E'…'`, unless the `E` ends a longer word.
        Engine::Postgres => {
            bytes[at] == b'\''
                && at > 0
                && bytes[at - 1].eq_ignore_ascii_case(&b'e')
                && !(at > 1 && (bytes[at - 2].is_ascii_alphanumeric() || bytes[at - 2] == b'_'))
        }
        Engine::Sqlite => false,
    }
}

/// The position behind the quote that starts at `at`; a doubled quote starts the next one.
fn end_of_quote(bytes: &[u8], at: usize, quote: u8, escapes: bool) -> usize {
    let mut at = at + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if escapes => at += 2,
            it if it == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The lines of PostgreSQL end with either of the two, others' with `\n` only.
fn end_of_line(engine: Engine, bytes: &[u8], at: usize) -> usize {
    let line_feed = find(bytes, at, b"\n");
    if engine == Engine::Postgres { line_feed.min(find(bytes, at, b"\r")) } else { line_feed }
}

fn end_of_comment(bytes: &[u8], at: usize, nests: bool) -> usize {
    let mut depth = 1;
    let mut at = at + 2;
    while at < bytes.len() && depth > 0 {
        match &bytes[at..] {
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 2;
            }
            [b'/', b'*', ..] if nests => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    at
}

/// The position behind `$tag$…$tag$`, or behind the `$` if none starts here.
fn end_of_dollar_quote(text: &str, at: usize) -> usize {
    let rest = &text[at + 1..];
    let before = text[..at].chars().next_back();
    let starts = before.is_none_or(|it| !(it.is_alphanumeric() || it == '_'));
    let Some(length) = rest.find('$').filter(|_| starts) else { return at + 1 };
    let tag = &rest[..length];
    let is_tag = tag.chars().all(|it| it.is_alphanumeric() || it == '_') && !tag.starts_with(|it: char| it.is_ascii_digit());
    if !is_tag {
        return at + 1;
    }
    let quote = &text[at..at + length + 2];
    let body = at + quote.len();
    text[body..].find(quote).map_or(text.len(), |end| body + end + quote.len())
}

fn find(bytes: &[u8], from: usize, what: &[u8]) -> usize {
    bytes[from.min(bytes.len())..].windows(what.len()).position(|it| it == what).map_or(bytes.len(), |at| from + at + what.len())
}

#[cfg(test)]
mod tests {
    use super::{Part, code, parts, words};
    use crate::dialect::Engine;

    fn shown(engine: Engine, text: &str) -> String {
        let mut out = String::new();
        parts(engine, text, |part| match part {
            Part::Text(it) => out.push_str(it),
            Part::Placeholder => out.push('¿'),
            Part::Name(it) => out.push_str(&format!("<{it}>")),
        });
        out
    }

    #[test]
    fn a_question_mark_is_a_placeholder() {
        assert_eq!(shown(Engine::Sqlite, "a = ? AND b = ?"), "a = ¿ AND b = ¿");
        assert_eq!(shown(Engine::Sqlite, "?"), "¿");
        assert_eq!(shown(Engine::Sqlite, ""), "");
    }

    #[test]
    fn a_doubled_question_mark_is_a_literal_one() {
        assert_eq!(shown(Engine::Postgres, "tags ?? ? AND x ??| y"), "tags ? ¿ AND x ?| y");
        assert_eq!(shown(Engine::Postgres, "???"), "?¿");
    }

    #[test]
    fn a_word_behind_a_colon_is_a_name() {
        for engine in [Engine::Sqlite, Engine::Postgres, Engine::MariaDb] {
            assert_eq!(shown(engine, "a = :a AND b=:b_1"), "a = <a> AND b=<b_1>", "{engine:?}");
            for text in ["a::text", "':a'", "\":a\"", "x[1:2]", "x[1: n]", ":1", "/* :a */", "-- :a\n", ":", "::", "12:30", "@v := 1"] {
                assert_eq!(shown(engine, text), text, "{engine:?}");
            }
        }
        assert_eq!(shown(Engine::Postgres, "(:a)::text || $$:b$$ || :größe"), "(<a>)::text || $$:b$$ || <größe>");
    }

    #[test]
    fn quotes_and_comments_hide_question_marks() {
        for engine in [Engine::Sqlite, Engine::Postgres, Engine::MariaDb] {
            for text in ["'?'", "'it''s ?'", "\"?\"", "`?`", "a -- ?\n", "/* ? */", "'ä?' "] {
                assert_eq!(shown(engine, text), text, "{engine:?}");
            }
        }
        assert_eq!(shown(Engine::Sqlite, "[?] = ?"), "[?] = ¿");
        assert_eq!(shown(Engine::MariaDb, "1 # ?\n + ?"), "1 # ?\n + ¿");
        assert_eq!(shown(Engine::Postgres, "a # ?"), "a # ¿");
        assert_eq!(shown(Engine::MariaDb, "5--?"), "5--¿");
    }

    #[test]
    fn a_line_ends_where_the_database_says() {
        assert_eq!(shown(Engine::Postgres, "-- ?\r ? -- ?\n ?"), "-- ?\r ¿ -- ?\n ¿");
        for engine in [Engine::Sqlite, Engine::MariaDb] {
            assert_eq!(shown(engine, "-- ?\r ?\n ?"), "-- ?\r ?\n ¿");
        }
        assert_eq!(shown(Engine::MariaDb, "# ?\r ?\n ?"), "# ?\r ?\n ¿");
        assert_eq!(words(Engine::Postgres, "--\rCOMMIT").collect::<Vec<_>>(), ["COMMIT"]);
    }

    #[test]
    fn code_is_what_is_neither_comment_nor_quote() {
        for engine in [Engine::Sqlite, Engine::Postgres, Engine::MariaDb] {
            assert_eq!(code(engine, "a NOT/*…*/IN -- b\n"), "a NOT IN  ");
            assert_eq!(code(engine, "(a, '),(') - b"), "(a, x) - b");
            assert_eq!(code(engine, "a IN"), "a IN");
        }
    }

    #[test]
    fn backslashes_escape_where_the_database_says_so() {
        assert_eq!(shown(Engine::MariaDb, r"'\'?' = ?"), r"'\'?' = ¿");
        assert_eq!(shown(Engine::Postgres, r"'\' = ?"), r"'\' = ¿");
        assert_eq!(shown(Engine::Postgres, r"E'\'?' = ?"), r"E'\'?' = ¿");
        assert_eq!(shown(Engine::Postgres, r"name'\' = ?"), r"name'\' = ¿");
        assert_eq!(shown(Engine::Sqlite, r"'\' = ?"), r"'\' = ¿");
    }

    #[test]
    fn dollar_quotes_and_casts_are_understood() {
        assert_eq!(shown(Engine::Postgres, "$$ ? $$ || ?"), "$$ ? $$ || ¿");
        assert_eq!(shown(Engine::Postgres, "$a$ $$ ? $a$ || ?"), "$a$ $$ ? $a$ || ¿");
        assert_eq!(shown(Engine::Postgres, "a$b = ? AND c$d = ?"), "a$b = ¿ AND c$d = ¿");
        assert_eq!(shown(Engine::Postgres, "?::text"), "¿::text");
        assert_eq!(shown(Engine::Postgres, "/* a /* ? */ ? */ ?"), "/* a /* ? */ ? */ ¿");
        assert_eq!(shown(Engine::Sqlite, "/* a /* ? */ ? */"), "/* a /* ? */ ¿ */");
    }

    #[test]
    fn words_are_not_in_quotes_or_comments() {
        let words = |engine, text| words(engine, text).collect::<Vec<_>>().join(" ");
        for engine in [Engine::Sqlite, Engine::Postgres, Engine::MariaDb] {
            assert_eq!(words(engine, " ;-- BEGIN\n  /* END */ Commit;"), "Commit");
            assert_eq!(words(engine, "CREATE  TEMPORARY\tTABLE a(b)"), "CREATE TEMPORARY TABLE a b");
            assert_eq!(words(engine, "SET @größe = 'x y'"), "SET größe");
            for text in ["", "  ", "--", "/*", "'COMMIT"] {
                assert_eq!(words(engine, text), "", "{text}");
            }
        }
        assert_eq!(words(Engine::MariaDb, "/*!50100 COMMIT */ # x\n a"), "COMMIT a");
        assert_eq!(words(Engine::MariaDb, "/*M!100100 COMMIT */"), "COMMIT");
        assert_eq!(words(Engine::Postgres, "/* /* */ */ COMMIT"), "COMMIT");
        assert_eq!(words(Engine::Postgres, "DO $$ BEGIN END $$"), "DO");
    }

    #[test]
    fn text_that_ends_in_the_middle_ends_quietly() {
        for text in ["'", "\"a", "$a$ ?", "/* ?", "-- ?", "'\\", "E'\\", "[", "$", "é"] {
            for engine in [Engine::Sqlite, Engine::Postgres, Engine::MariaDb] {
                let _ = shown(engine, text);
                let _ = words(engine, text).count();
            }
        }
    }
}
