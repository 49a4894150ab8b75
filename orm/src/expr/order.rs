//! The order of rows.

use std::fmt;
use std::marker::PhantomData;

use crate::expr::Expr;

/// A direction to sort rows of `M` in.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, email: Option<String> }
/// # async fn f(db: &Session) -> orm::Result<()> {
/// let reachable_first = db.find().order(User::EMAIL.asc().nulls_last()).await?;
/// # Ok(()) }
/// ```
#[must_use = "an order does nothing until a query uses it"]
pub struct Order<M> {
    by: OrderBy,
    of: PhantomData<fn() -> M>,
}

/// What rows are sorted by, without their model.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderBy {
    /// The expression.
    pub expr: Expr,
    /// Whether the largest comes first; `None` where SQL text says it itself.
    pub descending: Option<bool>,
    /// Whether NULL comes first, where that was said; otherwise it does in
    /// ascending order only.
    pub nulls_first: Option<bool>,
}

impl<M> Order<M> {
    pub(crate) fn new(expr: Expr, descending: Option<bool>) -> Self {
        Self { by: OrderBy { expr, descending, nulls_first: None }, of: PhantomData }
    }

    pub(crate) fn into_inner(self) -> OrderBy {
        self.by
    }

    /// NULL before everything else.
    pub fn nulls_first(mut self) -> Self {
        self.by.nulls_first = Some(true);
        self
    }

    /// NULL after everything else.
    pub fn nulls_last(mut self) -> Self {
        self.by.nulls_first = Some(false);
        self
    }
}

impl<M> Clone for Order<M> {
    fn clone(&self) -> Self {
        Self { by: self.by.clone(), of: PhantomData }
    }
}

impl<M> fmt::Debug for Order<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.by.expr.fmt(f)?;
        f.write_str(match self.by.descending {
            Some(true) => " DESC",
            Some(false) => " ASC",
            None => "",
        })?;
        f.write_str(match self.by.nulls_first {
            Some(true) => " NULLS FIRST",
            Some(false) => " NULLS LAST",
            None => "",
        })
    }
}
