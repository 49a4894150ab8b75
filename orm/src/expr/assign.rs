//! What an update sets.

use crate::expr::{ColumnRef, Expr};

/// A column and what it is set to.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// The column.
    pub column: ColumnRef,
    /// What it is set to.
    pub value: Expr,
}

impl Assignment {
    /// Whether the value is known without asking the database.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        matches!(self.value, Expr::Value(..))
    }
}
