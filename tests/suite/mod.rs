//! The cases, a module for each capability.

mod crud;
mod expressions;
mod fields;
mod raw;
mod semantics;
mod streams;

use crate::Case;

/// All cases of all modules.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    let modules = [crud::CASES, expressions::CASES, fields::CASES, raw::CASES, semantics::CASES, streams::CASES];
    modules.into_iter().flatten().copied()
}
