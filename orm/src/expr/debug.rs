//! Expressions as they are printed: without the values of sensitive columns,
//! and without those of SQL text, of which nobody knows what they are for.

use std::fmt;

use crate::expr::{ColumnRef, Expr};
use crate::value::Value;

const HIDDEN: &str = "<sensitive>";

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = format_args!("{HIDDEN}");
        match self {
            Self::Column(it) => f.debug_tuple("Column").field(it).finish(),
            Self::Value(value, column) => f.debug_tuple("Value").field(&Shown(value, *column)).field(column).finish(),
            Self::Binary(left, operator, right) => f.debug_tuple("Binary").field(left).field(operator).field(right).finish(),
            Self::IsNull(it) => f.debug_tuple("IsNull").field(it).finish(),
            Self::In(it, values, column) => {
                let values: Vec<_> = values.iter().map(|value| Shown(value, *column)).collect();
                f.debug_tuple("In").field(it).field(&values).field(column).finish()
            }
            Self::Between(it, low, high) => f.debug_tuple("Between").field(it).field(low).field(high).finish(),
            // The pattern is for no column: it is text everywhere.
            Self::Like(it, _, escaped) if is_sensitive(it) => f.debug_tuple("Like").field(it).field(&hidden).field(escaped).finish(),
            Self::Like(it, pattern, escaped) => f.debug_tuple("Like").field(it).field(pattern).field(escaped).finish(),
            Self::And(all) => f.debug_tuple("And").field(all).finish(),
            Self::Or(any) => f.debug_tuple("Or").field(any).finish(),
            Self::Not(it) => f.debug_tuple("Not").field(it).finish(),
            Self::Sql(text, _) => f.debug_tuple("Sql").field(text).finish_non_exhaustive(),
        }
    }
}

/// Whether it is a column whose values are not shown.
fn is_sensitive(it: &Expr) -> bool {
    matches!(it, Expr::Column(it) if it.meta().sensitive)
}

/// A value beside a column.
struct Shown<'v>(&'v Value, Option<ColumnRef>);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(column) if column.meta().sensitive => f.write_str(HIDDEN),
            _ => self.0.fmt(f),
        }
    }
}
