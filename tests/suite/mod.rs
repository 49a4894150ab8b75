//! The cases, a module for each capability.

mod crud;
mod levels;
mod transactions;

use crate::Case;

/// All cases of all modules.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    [crud::CASES, levels::CASES, transactions::CASES].into_iter().flatten().copied()
}
