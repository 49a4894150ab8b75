//! The cases, a module for each capability.

mod chains;
mod crud;
mod gorm;

use crate::Case;

/// All cases of all modules.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    [chains::CASES, crud::CASES, gorm::callbacks::CASES].into_iter().flatten().copied()
}
