//! Error numbers of MariaDB and MySQL → what a program can react to.

use crate::driver::errors::Class;
use crate::driver::rules::Broken;

/// Sorts what the server reported.
pub(in crate::driver) fn classify(number: u16, state: Option<&str>, message: &str) -> Class {
    match number {
        // "Duplicate entry '…' for key '…'": the value is not to be repeated.
        1062 | 1586 | 1859 => {
            let key = after_last(message, " for key '").and_then(|it| it.strip_suffix('\''));
            // MySQL 8 says `table.key`.
            let (table, constraint) = match key.and_then(|it| it.split_once('.')) {
                Some((table, key)) => (Some(table.to_owned()), Some(key)),
                None => (None, key),
            };
            Class::Unique(Broken { table, constraint: constraint.map(str::to_owned), columns: Vec::new() })
        }
        // A missing record is told by the columns that point to it, others that
        // point here by the columns they point to: those of the table written.
        1216 | 1452 => Class::ForeignKey(broken(message, columns(message, "FOREIGN KEY ("))),
        1217 | 1451 => Class::ForeignKey(broken(message, columns(message, "` ("))),
        // MySQL has another error at this number, of another class.
        4025 if state == Some("23000") => {
            let mut it = broken(message, Vec::new());
            // A check that stands at its column is called `table.column`, or as the column.
            if let (Some(table), Some(name)) = (&it.table, &it.constraint) {
                it.columns = name.strip_prefix(&format!("{table}.")).map(str::to_owned).into_iter().collect();
            }
            Class::Check(it)
        }
        3819 => Class::Check(Broken { constraint: between(message, "constraint '", "'").map(str::to_owned), ..Broken::default() }),
        1048 | 1364 => {
            Class::NotNull(Broken { columns: between(message, "'", "'").map(str::to_owned).into_iter().collect(), ..Broken::default() })
        }
        1054 => Class::MissingColumn,
        1146 => {
            let name = between(message, "'", "'").unwrap_or_default();
            Class::MissingTable(name.rsplit('.').next().unwrap_or(name).to_owned())
        }
        TOO_LARGE => Class::TooLarge,
        1213 => Class::Deadlock,
        1020 => Class::Serialization,
        LOCK_WAIT | 3572 => Class::Lock,
        1021 | 1114 => Class::Full,
        // What the system said: no space left on the device.
        3 | 1026 | 1030 if message.contains("rror 28 ") || message.contains("Errcode: 28 ") => Class::Full,
        1792 => Class::ReadOnly,
        // A time limit on the server, or `KILL QUERY`.
        1317 | 1969 | 3024 => Class::Cancelled,
        // 1047: this node of a cluster is cut off from the others.
        1047 | 1053 | 1158..=1161 | 1927 | 2006 | 2013 | 4031 => Class::Lost,
        _ => words(number, state).map_or(Class::Theirs, Class::Ours),
    }
}

/// "… (`clinic`.`pets`, CONSTRAINT `fk` …", "CONSTRAINT `adult` failed for `clinic`.`people`".
fn broken(message: &str, columns: Vec<String>) -> Broken {
    Broken {
        table: between(message, "`.`", "`").map(str::to_owned),
        constraint: between(message, "CONSTRAINT `", "`").map(str::to_owned),
        columns,
    }
}

/// The names in parentheses behind the last of these words.
fn columns(message: &str, before: &str) -> Vec<String> {
    let names = after_last(message, before).and_then(|it| it.split_once("`)")?.0.strip_prefix('`'));
    names.map(|it| it.split("`, `").map(str::to_owned).collect()).unwrap_or_default()
}

/// Our words where the server's may quote a value. Of the errors of the last
/// lines it is known that they speak of the statement, the server or the session.
fn words(number: u16, state: Option<&str>) -> Option<&'static str> {
    Some(match number {
        1406 => "a text or a number of bytes is longer than its column",
        1264 | 1690 => "a number is out of the range of its type",
        1365 => "division by zero",
        1292 | 1366 | 1367 | 1411 | 1525 => "a value has not the form that its type needs",
        1265 => "a value does not fit its column",
        1022 | 1169 => "a unique rule of the table is broken",
        1644 => "a trigger or function refused it, in words that may quote values",
        // Without a state of their own.
        1005 | 1038 | 1193 | 1206 | 1210 | 1238 | 1267 | 1270 | 1271 | 1290 | 1356 | 1419 | 1442 | 1785 | 1836 | 1901 => {
            return None;
        }
        _ => match state.and_then(|it| it.get(..2)).unwrap_or_default() {
            "22" => "a value does not suit its type or function",
            "23" => "a rule of the table is broken",
            "08" | "0A" | "25" | "28" | "3D" | "42" => return None,
            _ => "the server refused it, in words that may quote values",
        },
    })
}

/// A message was larger than it takes; it was not run.
pub(super) const TOO_LARGE: u16 = 1153;

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

    fn broken(table: Option<&str>, constraint: &str, columns: &[&str]) -> Broken {
        Broken {
            table: table.map(str::to_owned),
            constraint: Some(constraint.to_owned()),
            columns: columns.iter().map(ToString::to_string).collect(),
        }
    }

    /// Seen failing for what the system says, which was `Database`.
    #[test]
    fn a_full_disk_is_known_by_what_the_system_says() {
        let full = [
            (1114, "The table 't' is full"),
            (1030, "Got error 28 \"No space left on device\" from storage engine Aria"),
            (1026, "Error writing file './t.MAD' (Errcode: 28 \"No space left on device\")"),
            (3, "Error writing file '/tmp/ML' (Errcode: 28 \"No space left on device\")"),
        ];
        for (number, message) in full {
            assert_eq!(classify(number, None, message), Class::Full, "{message}");
        }
        assert_ne!(classify(1030, None, "Got error 128 \"Unknown error 128\" from storage engine Aria"), Class::Full);
    }

    #[test]
    fn names_are_taken_from_messages_and_values_are_not() {
        assert_eq!(classify(1062, None, "Duplicate entry 'x' for key 'PRIMARY'"), Class::Unique(broken(None, "PRIMARY", &[])));
        assert_eq!(classify(1062, None, "Duplicate entry 'a' for key 'b' for key 't.k'"), Class::Unique(broken(Some("t"), "k", &[])));
        let child = "Cannot add or update a child row: a foreign key constraint fails (`test`.`pets`, CONSTRAINT \
                     `fk_owner` FOREIGN KEY (`owner`, `site`) REFERENCES `people` (`id`, `place`))";
        assert_eq!(classify(1452, Some("23000"), child), Class::ForeignKey(broken(Some("pets"), "fk_owner", &["owner", "site"])));
        let parent = child.replace("add or update a child row", "delete or update a parent row").replace("`))", "`) ON DELETE NO ACTION)");
        assert_eq!(classify(1451, Some("23000"), &parent), Class::ForeignKey(broken(Some("pets"), "fk_owner", &["id", "place"])));
        assert_eq!(
            classify(4025, Some("23000"), "CONSTRAINT `adult` failed for `test`.`people`"),
            Class::Check(broken(Some("people"), "adult", &[]))
        );
        assert_eq!(
            classify(4025, Some("23000"), "CONSTRAINT `people.age` failed for `test`.`people`"),
            Class::Check(broken(Some("people"), "people.age", &["age"]))
        );
        let adult = Broken { constraint: Some("adult".into()), ..Broken::default() };
        assert_eq!(classify(3819, Some("HY000"), "Check constraint 'adult' is violated."), Class::Check(adult));
        let name = Broken { columns: vec!["name".into()], ..Broken::default() };
        assert_eq!(classify(1048, Some("23000"), "Column 'name' cannot be null"), Class::NotNull(name));
        assert_eq!(classify(1146, None, "Table 'test.ghosts' doesn't exist"), Class::MissingTable("ghosts".into()));
    }

    #[test]
    fn what_may_quote_values_is_said_in_our_words() {
        for (number, state) in
            [(1292, "22007"), (1366, "HY000"), (1264, "22003"), (1406, "22001"), (1690, "22003"), (1644, "45000"), (9999, "HY000")]
        {
            assert!(matches!(classify(number, Some(state), "the value 's3cret'"), Class::Ours(_)), "{number}");
        }
        for (number, state) in [(1064, "42000"), (1142, "42000"), (1005, "HY000")] {
            assert_eq!(classify(number, Some(state), "you have an error"), Class::Theirs, "{number}");
        }
        assert_eq!(classify(1114, Some("HY000"), "the table is full"), Class::Full);
        assert_eq!(classify(1792, Some("25006"), "in a READ ONLY transaction"), Class::ReadOnly);
    }
}
