//! Parts of messages that are put together from what is known.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use super::{Cause, Holder};

/// Which rule: its name and its columns, as far as they are known.
pub(super) struct Rule<'e>(pub(super) &'e Option<String>, pub(super) &'e [String]);

impl fmt::Display for Rule<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = self.0 {
            write!(f, " {name}")?;
        }
        if self.1.is_empty() { Ok(()) } else { write!(f, " ({})", self.1.join(", ")) }
    }
}

/// The columns that need something.
pub(super) struct List<'e>(pub(super) &'e [String]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("a column") } else { f.write_str(&self.0.join(", ")) }
    }
}

pub(super) fn not_found(model: &str, operation: &str) -> String {
    match operation {
        "get" => format!("no {model} with this key"),
        "fetch_one" => "`fetch_one` found no row".to_owned(),
        _ => format!("`{operation}` found no {model} with this key: it does not exist, or was deleted meanwhile"),
    }
}

/// A number of arguments that is not that of the placeholders.
pub(super) fn miscounted(text: &str, placeholders: usize, arguments: usize) -> String {
    let placeholders = if placeholders == 1 { "1 placeholder".to_owned() } else { format!("{placeholders} placeholders") };
    let arguments = if arguments == 1 { "1 argument was".to_owned() } else { format!("{arguments} arguments were") };
    format!("`{text}` has {placeholders}, but {arguments} given")
}

pub(super) fn missing_column(model: &str, table: &str, column: &str) -> String {
    format!(
        "the table {table} has no column {column}, which {model} needs: the model was changed since the table was made, or the name \
         differs; add the column, or name another with #[orm(column = \"…\")]"
    )
}

pub(super) fn outside(statement: &str, transaction: &str) -> String {
    format!(
        "the statement at {statement} was made on the pool inside the transaction that was begun at {transaction}: it would be no part \
         of it, and wait for another connection; use the session that the transaction gave"
    )
}

pub(super) fn deadlock(at: &Location<'_>, max: usize, holder: Option<&Holder>) -> String {
    let longest = holder.map(|it| format!(", for the longest time by {it}")).unwrap_or_default();
    format!(
        "a connection was asked for at {at} by a task that has all {max} itself{longest}: unless another part of the task gives one \
         back, it waits for itself; use the session that has the connection"
    )
}

pub(super) fn ended_by(statement: &str) -> String {
    format!(
        "`{statement}` ended the transaction that it was in: what was done before it is committed, and nothing more is done; \
         call it outside of a transaction"
    )
}

/// Why no connection was to be had.
pub(super) struct Exhausted<'e> {
    pub(super) at: &'e Location<'e>,
    pub(super) waited: &'e Duration,
    pub(super) phase: &'e str,
    pub(super) deadline: &'e bool,
    pub(super) in_use: &'e usize,
    pub(super) own: &'e usize,
    pub(super) max: &'e usize,
    pub(super) opening: &'e u32,
    pub(super) waiting: &'e usize,
    pub(super) holder: &'e Option<Holder>,
    /// Why the last one that was to be opened could not be.
    pub(super) source: &'e Option<Cause>,
}

impl fmt::Display for Exhausted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, waited, phase, deadline, in_use, own, max, opening, waiting, holder, source } = *self;
        let is_slow = in_use < max && in_use * 2 <= *max;
        let end = if *deadline { " when the session's time was up" } else { "" };
        // Nobody needs the last digits.
        let waited = Duration::from_micros(u64::try_from(waited.as_micros()).unwrap_or(u64::MAX));
        write!(f, "no connection for {at} within {waited:?} of waiting for {phase}{end}: {in_use} of {max} are in use")?;
        if let Some(it) = holder {
            write!(f, ", the longest by {it}")?;
        }
        match opening {
            0 => {}
            1 => f.write_str(", 1 is being opened")?,
            many => write!(f, ", {many} are being opened")?,
        }
        write!(f, ", and {waiting} more wait; ")?;
        f.write_str(match phase {
            "resume" => "the pool is suspended until `resume` is called",
            _ if *own > 0 && own >= max => {
                "the task that waits has all of them itself, and may wait for itself: use the session that has the connection"
            }
            "its lane" => "give the lane more places, or hold connections for less time",
            // Half of them are opened or asked: more of them would help nobody.
            _ if is_slow && source.is_some() => {
                "the database is slow to answer, or does not: why the last connection could not be opened is the cause of this error"
            }
            _ if is_slow => "the database is slow to answer, or does not",
            _ => "raise max_size, or hold connections for less time",
        })
    }
}
