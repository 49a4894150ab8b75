//! What drivers and databases said, without the values that they quote.
//!
//! Errors are printed into logs, with `{:?}` and with all their sources. So
//! nothing that a driver reported is kept as it is: of what a database said,
//! what speaks of the statement stays, and what speaks of data goes. Which is
//! which, the code tells (see `words` of each database); and of what is quoted
//! in the words that stay, only what stands in the statement's own text.

use std::error::Error;
use std::fmt;
use std::io::ErrorKind;

use crate::dialect::{self, Engine};
use crate::driver::errors;
use crate::error::Cause;

/// What a driver reported, in words that quote no value.
#[derive(Debug)]
pub(super) struct Reported {
    words: String,
    /// Whether the same may be well in a moment.
    passing: bool,
    source: Option<Cause>,
}

impl fmt::Display for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl Error for Reported {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|it| it as &(dyn Error + 'static))
    }
}

/// The cause below an error, of words that quote no value.
pub(super) fn cause(words: impl Into<String>) -> Cause {
    Box::new(Reported { words: words.into(), passing: false, source: None })
}

/// The same, for what may be well in a moment.
pub(super) fn passing(words: impl Into<String>) -> Cause {
    Box::new(Reported { words: words.into(), passing: true, source: None })
}

/// The cause for what sqlx reported.
pub(super) fn source(error: sqlx::Error) -> Cause {
    let passing = passes(&error);
    let (words, source): (_, Option<Cause>) = match error {
        sqlx::Error::Database(it) => (format!("the server's error {}", it.code().unwrap_or_else(|| "without a code".into())), None),
        sqlx::Error::Io(it) => ("the network or the file system failed".to_owned(), Some(it.into())),
        sqlx::Error::Tls(it) => ("no encrypted connection could be agreed on".to_owned(), Some(it)),
        sqlx::Error::Protocol(_) => ("what the server sent cannot be understood".to_owned(), None),
        sqlx::Error::WorkerCrashed => ("the thread of the connection is gone".to_owned(), None),
        _ => ("the driver failed".to_owned(), None),
    };
    Box::new(Reported { words, passing, source })
}

/// Whether a connection could not be opened for a reason that passes, such as a server that
/// starts; a wrong password stays wrong.
pub(super) fn is_passing(error: &crate::error::Error) -> bool {
    let crate::error::Error::Connect { source: Some(source), .. } = error else { return false };
    source.downcast_ref::<Reported>().is_some_and(|it| it.passing)
}

/// Whether the server, or what stands before it, is away for a moment or has no room.
fn passes(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(it) => matches!(
            it.kind(),
            ErrorKind::ConnectionRefused
                | ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe
                | ErrorKind::UnexpectedEof
        ),
        // Too many connections; starting up or shutting down.
        sqlx::Error::Database(it) => matches!(errors::code(it.as_ref()).as_str(), "53300" | "57P03" | "1040" | "1203" | "1053"),
        _ => false,
    }
}

/// SQL text for a message: without the strings in it, and of a length that can be read.
pub(super) fn shown(engine: Engine, text: &str) -> String {
    const MOST: usize = 2_000;
    let mut text = dialect::without_strings(engine, text);
    if let Some((at, _)) = text.char_indices().nth(MOST) {
        text.truncate(at);
        text.push('…');
    }
    text
}

/// The words of a database about a statement. From the first thing on that is
/// quoted and does not stand in the text of the statement, to the last quote,
/// they are left out: that may be a value, and a value may hold quotes, too. Where
/// the statement itself is quoted, with strings in it, the quotes do not pair as
/// they seem to, and all of them are left out.
pub(super) fn about(engine: Engine, message: &str, text: &str) -> String {
    let quotes: Vec<(usize, usize)> = quotes(message).collect();
    let Some((last, length)) = quotes.last() else { return message.to_owned() };
    // Without its other half, a quote may go on to the end.
    let paired = quotes.len().is_multiple_of(2);
    let end = if paired { last + length } else { message.len() };
    let code = dialect::without_strings(engine, text);
    let mut between = quotes[1..].chunks_exact(2).map(|it| &message[it[0].0 + it[0].1..it[1].0]);
    let unknown = if !paired || between.any(|it| has_words_of_strings(it, text, &code)) {
        quotes.first()
    } else {
        let known = |pair: &&[(usize, usize)]| names(&code, message[pair[0].0 + pair[0].1..pair[1].0].trim());
        quotes.chunks(2).find(|it| !known(it)).map(|it| &it[0])
    };
    match unknown {
        None => message.to_owned(),
        Some((start, _)) => format!("{}…{}", &message[..*start], &message[end..]),
    }
}

/// Whether there is a word in this that a statement has in its strings, or comments, only; or
/// no word at all, and a statement has it there.
fn has_words_of_strings(part: &str, text: &str, code: &str) -> bool {
    let part = part.trim();
    if !part.is_empty() && text.contains(part) && !code.contains(part) {
        return true;
    }
    part.split(|it: char| !(it.is_alphanumeric() || it == '_')).any(|it| names(text, it) && !names(code, it))
}

/// Whether a statement has this name, outside of its strings.
pub(super) fn stands_in(engine: Engine, name: &str, text: &str) -> bool {
    names(&dialect::without_strings(engine, text), name)
}

/// Where quotes stand, and how long they are; an apostrophe inside a word is none.
fn quotes(message: &str) -> impl Iterator<Item = (usize, usize)> {
    let is_word = |it: Option<char>| it.is_some_and(char::is_alphanumeric);
    message.char_indices().filter_map(move |(at, it)| {
        let length = it.len_utf8();
        let inside = it == '\'' && is_word(message[..at].chars().next_back()) && is_word(message[at + length..].chars().next());
        (is_quote(it) && !inside).then_some((at, length))
    })
}

/// The quotes of the languages in which servers speak.
pub(super) fn is_quote(it: char) -> bool {
    matches!(it, '\'' | '"' | '`' | '«' | '»' | '„' | '“' | '”' | '「' | '」')
}

/// Whether a statement has this as a whole word, or several of them.
fn names(text: &str, part: &str) -> bool {
    let is_word = |it: Option<char>| it.is_some_and(|it| it.is_alphanumeric() || it == '_');
    let ends_words = |(at, _): (usize, &str)| {
        let (before, after) = (text[..at].chars().next_back(), text[at + part.len()..].chars().next());
        !(is_word(before) && is_word(part.chars().next()) || is_word(after) && is_word(part.chars().next_back()))
    };
    !part.is_empty() && text.match_indices(part).any(ends_words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(message: &str, text: &str) -> String {
        about(Engine::Postgres, message, text)
    }

    #[test]
    fn what_stands_in_the_statement_is_repeated() {
        let text = "SELECT nick, ghost(1) FROM people";
        assert_eq!(said("column \"nick\" does not exist", text), "column \"nick\" does not exist");
        assert_eq!(said("la colonne « nick » n'existe pas", text), "la colonne « nick » n'existe pas");
        assert_eq!(said("syntax error at or near \"FROM people\"", text), "syntax error at or near \"FROM people\"");
        assert_eq!(said("function ghost(integer) doesn't exist", text), "function ghost(integer) doesn't exist");
    }

    #[test]
    fn what_does_not_stand_there_is_left_out() {
        let text = "SELECT ?::int, 'hidden' FROM people";
        assert_eq!(said("invalid input \"s3cret\" for people", text), "invalid input … for people");
        assert_eq!(said("invalid input \"s3 \"people\" cret\" here", text), "invalid input … here");
        assert_eq!(said("invalid input \"s3\"cret\" here", text), "invalid input …");
        assert_eq!(said("near \"hidden\" in \"people\"", text), "near …");
        assert_eq!(said("no \"peop\"", text), "no …");
        assert_eq!(said("Duplicate entry 'O'Brien' for 'people'", text), "Duplicate entry …");
        assert_eq!(said("unterminated \"people", text), "unterminated …");
    }

    #[test]
    fn of_a_statement_with_strings_nothing_is_repeated() {
        let marks = "an error near 'SELEC '$%&!' FROM people' at line 1";
        assert_eq!(about(Engine::MariaDb, marks, "SELEC '$%&!' FROM people"), "an error near … at line 1");
        for text in ["SELEC 's3cret' FROM people", "SELEC ' s3cret''s' FROM people", "SELEC 's3cret''s'", "SELEC 'a \"s3cret\" b'"] {
            let message = format!("an error near '{text}' at line 1");
            assert_eq!(about(Engine::MariaDb, &message, text), "an error near … at line 1", "{text}");
            let cut = format!("an error near '{}' at line 1", &text[..text.find("s3cret").unwrap() + 4]);
            assert_eq!(about(Engine::MariaDb, &cut, text).split('…').next(), Some("an error near "), "{text}");
            assert!(!about(Engine::MariaDb, &cut, text).contains("s3cr"), "{text}");
        }
        let message = "Unknown column 'ghost' in 'WHERE'";
        assert_eq!(about(Engine::MariaDb, message, "SELECT 1 WHERE ghost = 's3cret'"), message);
    }

    #[test]
    fn texts_are_shown_without_their_strings() {
        assert_eq!(shown(Engine::Sqlite, "SELECT 'it''s s3cret', \"name\""), "SELECT '…', \"name\"");
        assert_eq!(shown(Engine::Postgres, "SELECT $$s3cret$$, $1, E's\\'3cret'"), "SELECT '…', $1, E'…'");
        assert_eq!(shown(Engine::MySql, "SELECT \"s3cret\", `name`"), "SELECT '…', `name`");
        assert_eq!(shown(Engine::Postgres, "SELECT 'never closed"), "SELECT '…'");
        assert_eq!(shown(Engine::Postgres, &"é".repeat(3_000)).chars().count(), 2_001);
    }
}
