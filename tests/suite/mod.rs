//! The cases, a module for each capability.

mod crud;
mod expressions;
mod fields;

use crate::Case;

/// All cases of all modules.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    [crud::CASES, expressions::CASES, fields::CASES].into_iter().flatten().copied()
}
