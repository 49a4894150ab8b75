//! Structs whose fields are columns of the models they are embedded in.

pub(super) mod embedded;
pub(super) mod optional;
