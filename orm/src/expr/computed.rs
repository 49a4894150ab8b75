//! Expressions that know what they yield.

use std::fmt;
use std::marker::PhantomData;

use crate::expr::{Binary, Column, ColumnRef, Expr, Function, Operand};
use crate::schema::Model;

/// An expression over rows of `M` that yields a `T`, such as `User::AGE.plus(1)`.
///
/// What a column can do, it can do as well.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
/// let long = User::NAME.trim().length().gt(20);
/// let odd = User::ID.plus(1).modulo(2).eq(0);
/// # let _ = (long, odd);
/// ```
#[must_use = "an expression does nothing until a statement uses it"]
pub struct Computed<M, T> {
    expr: Expr,
    /// The column whose representation the values beside it take.
    column: Option<ColumnRef>,
    of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> fmt::Debug for Computed<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}

impl<M, T> Clone for Computed<M, T> {
    fn clone(&self) -> Self {
        Self { expr: self.expr.clone(), ..*self }
    }
}

impl<M: Model, T> From<Column<M, T>> for Computed<M, T> {
    fn from(it: Column<M, T>) -> Self {
        Self::new(it.column_expr(), Some(it.column_ref()))
    }
}

impl<M, T> Computed<M, T> {
    pub(crate) fn new(expr: Expr, column: Option<ColumnRef>) -> Self {
        Self { expr: expr.bounded(), column, of: PhantomData }
    }

    pub(crate) fn into_inner(self) -> Expr {
        self.expr
    }

    pub(crate) fn into_parts(self) -> (Expr, Option<ColumnRef>) {
        (self.expr, self.column)
    }

    /// A function of it that yields something else.
    pub(super) fn call<U>(self, function: Function) -> Computed<M, U> {
        Computed::new(Expr::Call(function, vec![self.expr]), None)
    }

    /// A function of it whose result is kept as the column keeps its values.
    pub(super) fn map_call<U>(self, function: Function) -> Computed<M, U> {
        Computed::new(Expr::Call(function, vec![self.expr]), self.column)
    }

    pub(super) fn binary(self, operator: Binary, rhs: Expr) -> Expr {
        Expr::Binary(Box::new(self.expr), operator, Box::new(rhs))
    }

    pub(super) fn beside(&self, rhs: impl Operand<M, T>) -> Expr {
        rhs.into_expr(self.column)
    }
}

/// The same methods for a column and for what is computed.
///
/// They are tokens of the caller, and so a message of the compiler shows them,
/// and no macro.
macro_rules! both {
    ($(#[$docs:meta])* impl<M: Model $(, $T:ident)?> Column<M, $of:ty> { $($methods:tt)* }) => {
        $(#[$docs])*
        impl<M: Model $(, $T)?> Column<M, $of> { $($methods)* }
        $(#[$docs])*
        #[allow(clippy::useless_conversion, reason = "a column has to become what is computed")]
        impl<M: Model $(, $T)?> Computed<M, $of> { $($methods)* }
    };
}
pub(super) use both;
