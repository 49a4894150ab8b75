//! SQLSTATE → what a program can react to.

use sqlx::postgres::PgDatabaseError;

use crate::driver::errors::Class;

/// Sorts what PostgreSQL reported.
pub(in crate::driver) fn classify(error: &PgDatabaseError) -> Class {
    let table = error.table().map(str::to_owned);
    let constraint = || error.constraint().unwrap_or("of the table").to_owned();
    match error.code() {
        "23505" => Class::Unique { table, constraint: constraint() },
        "23503" => Class::ForeignKey { table, constraint: constraint() },
        "23514" => Class::Check { table, constraint: constraint() },
        "23502" => Class::NotNull { table, column: error.column().unwrap_or("a column").to_owned() },
        "40P01" => Class::Deadlock,
        "40001" | "40002" | "40003" => Class::Serialization,
        "55P03" => Class::Lock,
        "25P02" => Class::Aborted,
        // The same code stands for a table that the statement does not name in its FROM.
        "42P01" if error.routine() != Some("errorMissingRTE") => Class::MissingTable(quoted(error.message())),
        "57014" => Class::Cancelled,
        "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25P04" => Class::Lost,
        code if code.starts_with("08") => Class::Lost,
        code => Class::Other(match words(code) {
            Some(words) => format!("{words} (SQLSTATE {code})"),
            None => format!("{} (SQLSTATE {code})", error.message()),
        }),
    }
}

/// Our words where PostgreSQL's quote the value.
fn words(code: &str) -> Option<&'static str> {
    Some(match code {
        "22001" => "a text is longer than its column",
        "22003" => "a number is out of the range of its type",
        "22012" => "division by zero",
        "22P02" | "22007" => "a text has not the form that its type needs",
        "22008" => "a date or time is out of range",
        "23P01" => "an exclusion rule of the table is broken",
        code if code.starts_with("22") => "a value does not suit its type or function",
        code if code.starts_with("23") => "a rule of the table is broken",
        _ => return None,
    })
}

/// The name in a message, whatever quotes its language has.
fn quoted(message: &str) -> String {
    let quote = |it: char| matches!(it, '"' | '«' | '»' | '„' | '“' | '”' | '「' | '」');
    message.split(quote).nth(1).unwrap_or("that the statement names").trim().to_owned()
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
    fn the_name_of_a_missing_table() {
        assert_eq!(quoted("relation \"ghosts\" does not exist"), "ghosts");
        assert_eq!(quoted("la relation « ghosts » n'existe pas"), "ghosts");
        assert_eq!(quoted("relation does not exist"), "that the statement names");
    }
}
