//! The cases, a module for each capability.

mod chinook;
mod crud;
mod streams;

use crate::Case;

/// All cases of all modules.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    [crud::CASES, streams::CASES].into_iter().chain(chinook::CASES).flatten().copied()
}
