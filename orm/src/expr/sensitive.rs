//! What stands beside a column whose values nobody shall see.

use crate::expr::{Arguments, Expr, Project, Select};

impl Expr {
    /// Whether it compares, calculates or reads a column that is `sensitive`, so
    /// that a value in it may be one of that column.
    pub(crate) fn is_sensitive(&self) -> bool {
        let here = match self {
            Self::Column(it) | Self::Joined(it) | Self::Outer(it) => it.meta().sensitive,
            Self::Value(_, Some(it)) | Self::In(_, _, Some(it)) => it.meta().sensitive,
            Self::Query(query) | Self::InQuery(_, query) => query.reads_sensitive(),
            Self::Sql(_, args) => args.are_sensitive(),
            _ => false,
        };
        here || self.any_part(&Self::is_sensitive)
    }
}

impl Select {
    /// Its conditions are expressions of their own.
    fn reads_sensitive(&self) -> bool {
        matches!(&self.project, Project::Exprs(exprs) if exprs.iter().any(Expr::is_sensitive))
    }
}

impl Arguments {
    /// Whether one of them is such a column; the text itself is not understood.
    pub(crate) fn are_sensitive(&self) -> bool {
        self.any_expr(&Expr::is_sensitive)
    }
}
