//! What can go wrong, in the words of the person who wrote the program.
//!
//! Knows nothing of the other modules: it holds names, numbers and the causes
//! that drivers report.

mod holder;
mod kinds;
mod messages;
mod named;
mod place;
mod public;
mod variants;

pub use self::holder::Holder;
pub use self::named::DatabasesError;
pub use self::variants::Error;

/// What an operation of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The cause below an [`Error`], as the driver or the program reported it.
pub type Cause = Box<dyn std::error::Error + Send + Sync + 'static>;
