//! The order of rows.

use std::fmt;
use std::marker::PhantomData;

use crate::expr::Expr;

/// A direction to sort rows of `M` in.
#[must_use = "an order does nothing until a query uses it"]
pub struct Order<M> {
    expr: Expr,
    /// `None` where the text says it itself.
    descending: Option<bool>,
    of: PhantomData<fn() -> M>,
}

impl<M> Order<M> {
    pub(crate) fn new(expr: Expr, descending: Option<bool>) -> Self {
        Self { expr, descending, of: PhantomData }
    }

    pub(crate) fn into_parts(self) -> (Expr, Option<bool>) {
        (self.expr, self.descending)
    }
}

impl<M> fmt::Debug for Order<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)?;
        f.write_str(match self.descending {
            Some(true) => " DESC",
            Some(false) => " ASC",
            None => "",
        })
    }
}
