//! SQLSTATE → what a program can react to.

use sqlx::postgres::PgDatabaseError;

use crate::driver::errors::Class;
use crate::driver::rules::Broken;
use crate::driver::said::is_quote;

/// Sorts what PostgreSQL reported.
pub(in crate::driver) fn classify(error: &PgDatabaseError) -> Class {
    let broken = |columns: Vec<String>| Broken {
        table: error.table().map(str::to_owned),
        constraint: error.constraint().map(str::to_owned),
        columns,
    };
    let of_detail = || broken(columns_in(error.detail().unwrap_or_default()));
    match error.code() {
        "23505" => Class::Unique(of_detail()),
        "23503" => Class::ForeignKey(of_detail()),
        "23514" => Class::Check(broken(Vec::new())),
        "23502" => Class::NotNull(broken(error.column().map(str::to_owned).into_iter().collect())),
        "40P01" => Class::Deadlock,
        "40001" => Class::Serialization,
        "55P03" => Class::Lock,
        "53100" => Class::Full,
        "25006" => Class::ReadOnly,
        "25P02" => Class::Aborted,
        // The same code stands for a table that the statement does not name in its FROM.
        "42P01" if error.routine() != Some("errorMissingRTE") => Class::MissingTable(quoted(error.message())),
        "42703" => Class::MissingColumn,
        "57014" => Class::Cancelled,
        "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25P04" => Class::Lost,
        code if code.starts_with("08") => Class::Lost,
        code => words(code).map_or(Class::Theirs, Class::Ours),
    }
}

/// Our words where PostgreSQL's may quote a value. Of other classes of errors
/// than those of the last lines it is known that they speak of the statement,
/// the server or the session.
fn words(code: &str) -> Option<&'static str> {
    Some(match code {
        "22001" => "a text is longer than its column",
        "22003" => "a number is out of the range of its type",
        "22012" => "division by zero",
        "22P02" | "22007" => "a text has not the form that its type needs",
        "22008" => "a date or time is out of range",
        "23P01" => "an exclusion rule of the table is broken",
        "44000" => "the row is none that the view shows",
        code => match code.get(..2).unwrap_or_default() {
            "22" => "a value does not suit its type or function",
            "23" => "a rule of the table is broken",
            "P0" => "a trigger or function refused it, in words that may quote values",
            "0A" | "25" | "26" | "28" | "2B" | "34" | "3D" | "3F" | "42" | "53" | "54" | "55" | "57" | "58" => return None,
            _ => "the server refused it, in words that may quote values",
        },
    })
}

/// The columns in `Key (a, "b c")=(1, 2) already exists.`, whatever language it
/// is in; none where one of them is an expression. The values are not read.
fn columns_in(detail: &str) -> Vec<String> {
    let mut columns = Vec::new();
    let mut rest = detail.split_once('(').map_or("", |it| it.1);
    while let Some((column, after)) = name_in(rest) {
        columns.push(column);
        match after.strip_prefix(", ") {
            Some(more) => rest = more,
            None if after.starts_with(")=(") => return columns,
            None => break,
        }
    }
    Vec::new()
}

/// The name at the start of a text, and what follows it.
fn name_in(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find(|it: char| !(it.is_alphanumeric() || it == '_' || it == '$'))?;
        return (end > 0).then(|| (text[..end].to_owned(), &text[end..]));
    };
    let mut name = String::new();
    loop {
        let (part, after) = rest.split_once('"')?;
        name.push_str(part);
        let Some(more) = after.strip_prefix('"') else { return Some((name, after)) };
        name.push('"');
        rest = more;
    }
}

/// The name in a message, whatever quotes its language has.
fn quoted(message: &str) -> String {
    message.split(is_quote).nth(1).unwrap_or("that the statement names").trim().to_owned()
}

/// Whether a prepared statement is out of date: the table was changed since,
/// or a pooler or `DISCARD ALL` took it away.
pub(super) fn stale_plan(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error().and_then(|it| it.try_downcast_ref::<PgDatabaseError>()) else {
        return false;
    };
    error.code() == "26000" || (error.code() == "0A000" && error.routine() == Some("RevalidateCachedQuery"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_taken_from_details_and_values_are_not() {
        for (detail, columns) in [
            ("Key (email)=(s3cret) already exists.", "email"),
            ("Key (site, \"the \"\"day\"\"\")=(1, 2) already exists.", "site|the \"day\""),
            ("Schlüssel »(größe)=(1)« existiert bereits.", "größe"),
            ("Key (\"a)=(b\")=(1) is still referenced from table \"pets\".", "a)=(b"),
            ("Key (lower(name))=(s3cret) already exists.", ""),
            ("Key (a, (b || c))=(1, s3cret) already exists.", ""),
            ("Failing row contains (1, s3cret).", ""),
            ("", ""),
        ] {
            assert_eq!(columns_in(detail).join("|"), columns, "{detail}");
        }
    }

    #[test]
    fn the_name_of_a_missing_table() {
        assert_eq!(quoted("relation \"ghosts\" does not exist"), "ghosts");
        assert_eq!(quoted("la relation « ghosts » n'existe pas"), "ghosts");
        assert_eq!(quoted("relation does not exist"), "that the statement names");
    }
}
