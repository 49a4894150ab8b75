//! What a session says of all that is done in it.

pub(super) mod changed;
pub(super) mod dry_run;
pub(super) mod parallel;
pub(super) mod pinned;
pub(super) mod read_only;
pub(super) mod scope;
