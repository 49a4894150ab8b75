//! How deep expressions may be nested.

use crate::expr::{Argument, Arguments, Expr, Select};

/// More levels than any statement may have, and few enough to walk and drop
/// them on the smallest stack. A loop that nests further would otherwise go on
/// until there is not stack enough to drop what it made.
const DEEPEST: u32 = 250;

impl Expr {
    /// Itself, or what is refused by every statement where it is nested too deep.
    pub(super) fn bounded(self) -> Self {
        if self.is_deeper(DEEPEST) { Self::TooDeep } else { self }
    }

    /// The same of an expression that becomes a part of another.
    pub(super) fn bounded_part(self) -> Self {
        if self.is_deeper(DEEPEST - 1) { Self::TooDeep } else { self }
    }

    /// Whether there are more levels below it than these.
    fn is_deeper(&self, levels: u32) -> bool {
        let deeper = |it: &Self| levels == 0 || it.is_deeper(levels - 1);
        let beside = match self {
            Self::Sql(_, args) => args.any_expr(&deeper),
            Self::Exists(query) | Self::InQuery(_, query) | Self::Query(query) => query.any_part(&deeper),
            _ => false,
        };
        beside || self.any_part(&deeper)
    }
}

impl Select {
    /// Whether one of its expressions is so, those in text of the program included.
    fn any_part(&self, is: &dyn Fn(&Expr) -> bool) -> bool {
        self.any_expr(is) || self.clauses.iter().any(|it| it.args.any_expr(is))
    }
}

impl Arguments {
    pub(super) fn any_expr(&self, is: &dyn Fn(&Expr) -> bool) -> bool {
        self.values.iter().any(|it| matches!(it, Argument::Expr(it) if is(it)))
    }
}
