//! How long things usually may take.

use std::time::Duration;

/// How long things usually may take, for [`DbBuilder::timeout`] and
/// [`Session::timeout`].
///
/// ```
/// use orm::Timeouts;
/// use orm::prelude::*;
///
/// # async fn f() -> orm::Result<()> {
/// let db = Db::builder("sqlite://clinic.db").timeout(Timeouts::EXTERNAL).open().await?;
/// let nightly = db.session().timeout(Timeouts::BULK);
/// # Ok(()) }
/// ```
///
/// [`DbBuilder::timeout`]: crate::DbBuilder::timeout
/// [`Session::timeout`]: crate::Session::timeout
#[derive(Debug, Clone, Copy)]
pub struct Timeouts;

impl Timeouts {
    /// One second: a call from another service, which has a deadline of its own
    /// and mostly a person behind it; it can ask again before that one gives up.
    pub const INTERNAL: Duration = Duration::from_secs(1);

    /// Three seconds: a request from outside. A person who has waited that long
    /// asks again, and the first answer is work for nobody.
    pub const EXTERNAL: Duration = Duration::from_secs(3);

    /// Five minutes: imports, exports and nightly work. Long enough for millions
    /// of records, short enough that what hangs does not hold its locks for a night.
    pub const BULK: Duration = Duration::from_secs(300);
}
