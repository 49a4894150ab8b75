//! The words, names and signs of SQL text for SQLite.

use crate::dialect::{Engine, lexer};

/// A word, a name or string in quotes, or a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) text: &'t str,
    /// Where it stands.
    pub(super) at: usize,
}

impl Token<'_> {
    /// Where it ends.
    pub(super) fn end(&self) -> usize {
        self.at + self.text.len()
    }

    /// Whether it is this word; a name in quotes is none.
    pub(super) fn is(&self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }

    /// The name that it is, without its quotes.
    pub(super) fn name(&self) -> Option<String> {
        let inside = || self.text.get(1..self.text.len().checked_sub(1)?);
        match self.text.chars().next()? {
            quote @ ('"' | '`' | '\'') => Some(inside()?.replace(&format!("{quote}{quote}"), &quote.to_string())),
            '[' => inside().map(str::to_owned),
            it if is_letter(it) => Some(self.text.to_owned()),
            _ => None,
        }
    }
}

/// Whether it is a word, so that something begins here.
pub(super) fn is_word(token: &Token<'_>) -> bool {
    token.text.starts_with(is_letter)
}

/// The tokens of a text, without comments.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut all: Vec<Token<'_>> = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let start = at;
        let quoted = lexer::end_of_quoted(Engine::Sqlite, text, at);
        at = match quoted {
            Some(end) => end_of_doubled(text, start, end),
            None if first.is_ascii_digit() || first == '.' => end_of_number(text, start),
            None if is_letter(first) => start + text[start..].find(|it| !is_letter(it)).unwrap_or(text.len() - start),
            None => start + first.len_utf8(),
        };
        let token = &text[start..at.min(text.len())];
        let is_comment = quoted.is_some() && (token.starts_with("--") || token.starts_with("/*"));
        if is_comment || first.is_whitespace() {
            continue;
        }
        match all.last_mut() {
            // `x'00'` is one.
            Some(last) if token.starts_with('\'') && last.is("x") && last.end() == start => last.text = &text[last.at..at],
            _ => all.push(Token { text: token, at: start }),
        }
    }
    all
}

/// A doubled quote is one in the name or string.
fn end_of_doubled(text: &str, start: usize, end: usize) -> usize {
    let quote = &text[start..=start];
    let mut end = end;
    while ["'", "\"", "`"].contains(&quote) && text[end.min(text.len())..].starts_with(quote) {
        match lexer::end_of_quoted(Engine::Sqlite, text, end) {
            Some(next) => end = next,
            None => break,
        }
    }
    end.min(text.len())
}

/// `1`, `.5`, `1e-3`, `0x1F`; a point alone is a sign.
fn end_of_number(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = start + 1;
    let hexadecimal = bytes.get(at).is_some_and(|it| it.eq_ignore_ascii_case(&b'x'));
    if bytes[start] == b'.' && !bytes.get(at).is_some_and(u8::is_ascii_digit) {
        return at;
    }
    while let Some(it) = bytes.get(at) {
        let sign = matches!(it, b'+' | b'-') && bytes[at - 1].eq_ignore_ascii_case(&b'e') && !hexadecimal;
        if !(it.is_ascii_alphanumeric() || matches!(it, b'.' | b'_') || sign) {
            break;
        }
        at += 1;
    }
    at
}

fn is_letter(it: char) -> bool {
    it.is_alphanumeric() || matches!(it, '_' | '$') || !it.is_ascii()
}
