//! Columns that are altered to what a model says now.

pub(super) mod places;
pub(super) mod rules;
pub(super) mod sqlite;
pub(super) mod values;
