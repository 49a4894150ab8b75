//! The cases, a module for each capability.

mod crud;
<<<<<<< HEAD
mod streams;
=======
mod expressions;
mod fields;
>>>>>>> suites

use crate::Case;

/// All cases of all modules.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
<<<<<<< HEAD
    [crud::CASES, streams::CASES].into_iter().flatten().copied()
=======
    [crud::CASES, expressions::CASES, fields::CASES].into_iter().flatten().copied()
>>>>>>> suites
}
