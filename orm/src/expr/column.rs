//! Columns as constants of their model.

use std::fmt;
use std::marker::PhantomData;

use crate::expr::{ColumnRef, Expr};
use crate::schema::{FieldMeta, Model};

/// A column of the model `M` whose field is a `T`.
///
/// The derive makes one for every field: `User::NAME` for `name`.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8, email: Option<String> }
/// let grown_up = User::AGE.ge(18).and(User::EMAIL.is_some());
/// let older = User::AGE.plus(1);
/// # let _ = (grown_up, older);
/// ```
pub struct Column<M, T> {
    at: u16,
    of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Clone for Column<M, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T> Copy for Column<M, T> {}

impl<M: Model, T> fmt::Debug for Column<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", M::META.name, self.column_ref().meta().name)
    }
}

impl<M, T> Column<M, T> {
    /// For generated code: the column at a position of `M::META.fields`.
    #[doc(hidden)]
    #[must_use]
    pub const fn at(at: u16) -> Self {
        Self { at, of: PhantomData }
    }
}

impl<M, T> Column<M, T> {
    /// For generated code: the same, where the position is counted.
    #[doc(hidden)]
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "no database has 65,536 columns in a table")]
    pub const fn nth(at: usize) -> Self {
        Self::at(at as u16)
    }
}

impl<M: Model, T> Column<M, T> {
    /// The name of the column in the database.
    #[must_use]
    #[expect(clippy::misnamed_getters, reason = "a column's name is the column's, not the field's")]
    pub fn name(self) -> &'static str {
        self.column_ref().meta().column
    }

    /// What is known of the column at compile time.
    #[must_use]
    pub fn meta(self) -> &'static FieldMeta {
        self.column_ref().meta()
    }

    /// The position of the column in [`ModelMeta::fields`](crate::ModelMeta::fields).
    #[must_use]
    pub fn position(self) -> usize {
        usize::from(self.at)
    }

    pub(crate) fn column_ref(self) -> ColumnRef {
        ColumnRef { model: M::META, at: usize::from(self.at) }
    }

    pub(crate) fn column_expr(self) -> Expr {
        Expr::Column(self.column_ref())
    }
}
