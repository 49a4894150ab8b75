//! Parts of messages that are put together from what is known.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use super::Holder;

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

pub(super) fn outside(statement: &str, transaction: &str) -> String {
    format!(
        "the statement at {statement} was made on the pool inside the transaction that was begun at {transaction}: it would be no part \
         of it, and wait for another connection; use the session that the transaction gave"
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
    pub(super) waited: Duration,
    pub(super) phase: &'e str,
    pub(super) in_use: usize,
    pub(super) own: usize,
    pub(super) max: usize,
    pub(super) waiting: usize,
    pub(super) holder: Option<Holder>,
}

impl fmt::Display for Exhausted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, waited, phase, in_use, own, max, waiting, holder } = self;
        write!(f, "no connection for {at} within {waited:?} of waiting for {phase}: {in_use} of {max} are in use")?;
        if let Some(it) = holder {
            write!(f, ", the longest by {it}")?;
        }
        write!(f, ", and {waiting} more wait; ")?;
        f.write_str(match *phase {
            "resume" => "the pool is suspended until `resume` is called",
            _ if *own > 0 && own >= max => {
                "the task that waits has all of them itself, and may wait for itself: use the session that has the connection"
            }
            "its lane" => "give the lane more places, or hold connections for less time",
            _ => "raise max_size, or hold connections for less time",
        })
    }
}
