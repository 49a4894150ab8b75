//! Who has a connection.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

/// Who has a connection, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holder {
    /// Where in the program the statement or transaction was made.
    pub at: &'static Location<'static>,
    /// For how long it has had the connection.
    pub held: Duration,
}

impl Holder {
    pub(crate) fn new(at: &'static Location<'static>, held: Duration) -> Self {
        Self { at, held }
    }
}

/// `src/report.rs:12:5, for 3.2s`.
impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, for {:.1?}", self.at, self.held)
    }
}
