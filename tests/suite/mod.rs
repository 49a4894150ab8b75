//! The cases, a module for each capability.

mod crud;

use crate::Case;

/// All cases of all modules.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    [crud::CASES].into_iter().flatten().copied()
}
