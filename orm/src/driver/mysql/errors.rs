//! Error numbers of MariaDB and MySQL → what a program can react to.

use crate::driver::errors::Class;

/// Sorts what the server reported.
pub(in crate::driver) fn classify(number: u16, state: Option<&str>, message: &str) -> Class {
    match number {
        // "Duplicate entry '…' for key '…'": the value is not to be repeated.
        1062 | 1586 | 1859 => {
            let key = after_last(message, " for key '").and_then(|it| it.strip_suffix('\'')).unwrap_or("of the table");
            // MySQL 8 says `table.key`.
            let (table, constraint) = match key.split_once('.') {
                Some((table, key)) => (Some(table.to_owned()), key),
                None => (None, key),
            };
            Class::Unique { table, constraint: constraint.to_owned() }
        }
        1216 | 1217 | 1451 | 1452 => Class::ForeignKey {
            table: between(message, "`.`", "`").map(str::to_owned),
            constraint: between(message, "CONSTRAINT `", "`").unwrap_or("of the table").to_owned(),
        },
        // MySQL has another error at this number, of another class.
        4025 if state == Some("23000") => Class::Check {
            table: between(message, "`.`", "`").map(str::to_owned),
            constraint: between(message, "CONSTRAINT `", "`").unwrap_or("of the table").to_owned(),
        },
        3819 => Class::Check { table: None, constraint: between(message, "constraint '", "'").unwrap_or("of the table").to_owned() },
        1048 | 1364 => Class::NotNull { table: None, column: between(message, "'", "'").unwrap_or("a column").to_owned() },
        1146 => {
            let name = between(message, "'", "'").unwrap_or("that the statement names");
            Class::MissingTable(name.rsplit('.').next().unwrap_or(name).to_owned())
        }
        1213 => Class::Deadlock,
        1020 => Class::Serialization,
        LOCK_WAIT | 3572 => Class::Lock,
        // A time limit on the server, or `KILL QUERY`.
        1317 | 1969 | 3024 => Class::Cancelled,
        // 1047: this node of a cluster is cut off from the others.
        1047 | 1053 | 1158..=1161 | 1927 | 2006 | 2013 | 4031 => Class::Lost,
        _ => Class::Other(match words(number, state) {
            Some(words) => format!("{words} (error {number})"),
            None => format!("{message} (error {number})"),
        }),
    }
}

/// Our words where the server's quote the value.
fn words(number: u16, state: Option<&str>) -> Option<&'static str> {
    Some(match number {
        1406 => "a text or a number of bytes is longer than its column",
        1264 | 1690 => "a number is out of the range of its type",
        1365 => "division by zero",
        1292 | 1366 | 1367 | 1411 | 1525 => "a value has not the form that its type needs",
        1265 => "a value does not fit its column",
        1022 | 1169 => "a unique rule of the table is broken",
        _ => match state {
            Some(state) if state.starts_with("22") => "a value does not suit its type or function",
            Some(state) if state.starts_with("23") => "a rule of the table is broken",
            _ => return None,
        },
    })
}

/// A lock was not to be had in time.
pub(super) const LOCK_WAIT: u16 = 1205;

/// Whether this error ends the transaction, or may do so.
pub(super) fn may_end_transaction(number: u16) -> bool {
    matches!(number, 1213 | LOCK_WAIT | 1020 | 1047 | 1180 | 1402)
}

fn between<'m>(message: &'m str, start: &str, end: &str) -> Option<&'m str> {
    let rest = &message[message.find(start)? + start.len()..];
    Some(&rest[..rest.find(end)?])
}

fn after_last<'m>(message: &'m str, start: &str) -> Option<&'m str> {
    Some(&message[message.rfind(start)? + start.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_from_messages_and_values_are_not() {
        let unique = |table: Option<&str>, it: &str| Class::Unique { table: table.map(str::to_owned), constraint: it.to_owned() };
        assert_eq!(classify(1062, None, "Duplicate entry 'x' for key 'PRIMARY'"), unique(None, "PRIMARY"));
        assert_eq!(classify(1062, None, "Duplicate entry 'a' for key 'b' for key 't.k'"), unique(Some("t"), "k"));
        let key = "Cannot add or update a child row: a foreign key constraint fails (`test`.`pets`, CONSTRAINT \
                   `fk_owner` FOREIGN KEY (`owner`) REFERENCES `people` (`id`))";
        assert_eq!(classify(1452, Some("23000"), key), Class::ForeignKey { table: Some("pets".into()), constraint: "fk_owner".into() });
        assert_eq!(
            classify(4025, Some("23000"), "CONSTRAINT `adult` failed for `test`.`people`"),
            Class::Check { table: Some("people".into()), constraint: "adult".into() }
        );
        assert_eq!(
            classify(3819, Some("HY000"), "Check constraint 'adult' is violated."),
            Class::Check { table: None, constraint: "adult".into() }
        );
        assert_eq!(classify(1048, Some("23000"), "Column 'name' cannot be null"), Class::NotNull { table: None, column: "name".into() });
        assert_eq!(classify(1146, None, "Table 'test.ghosts' doesn't exist"), Class::MissingTable("ghosts".into()));
        for number in [1292, 1366, 1264, 1406, 1690] {
            let Class::Other(text) = classify(number, Some("22007"), "the value 's3cret'") else { panic!("{number}") };
            assert!(!text.contains("s3cret") && text.contains(&number.to_string()), "{text}");
        }
    }
}
