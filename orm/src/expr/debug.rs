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
            Self::Value(value, column) => f.debug_tuple("Value").field(&Shown::of(value, *column)).field(column).finish(),
            Self::Binary(left, operator, right) => {
                let secret = self.has_sensitive();
                f.debug_tuple("Binary").field(&Part(left, secret)).field(operator).field(&Part(right, secret)).finish()
            }
            Self::IsNull(it) => f.debug_tuple("IsNull").field(it).finish(),
            Self::In(it, values, column) => {
                let secret = it.has_sensitive();
                let values: Vec<_> = values.iter().map(|value| if secret { Shown(None) } else { Shown::of(value, *column) }).collect();
                f.debug_tuple("In").field(it).field(&values).field(column).finish()
            }
            Self::Between(it, low, high) => {
                let secret = self.has_sensitive();
                f.debug_tuple("Between").field(it).field(&Part(low, secret)).field(&Part(high, secret)).finish()
            }
            // The pattern is for no column: it is text everywhere.
            Self::Like(it, _, escaped) if it.has_sensitive() => f.debug_tuple("Like").field(it).field(&hidden).field(escaped).finish(),
            Self::Like(it, pattern, escaped) => f.debug_tuple("Like").field(it).field(pattern).field(escaped).finish(),
            Self::And(all) => f.debug_tuple("And").field(all).finish(),
            Self::Or(any) => f.debug_tuple("Or").field(any).finish(),
            Self::Not(it) => f.debug_tuple("Not").field(it).finish(),
            Self::Negate(it) => f.debug_tuple("Negate").field(it).finish(),
            Self::Call(function, all) => {
                let secret = self.has_sensitive();
                let all: Vec<_> = all.iter().map(|it| Part(it, secret)).collect();
                f.debug_tuple("Call").field(function).field(&all).finish()
            }
            Self::Case(branches, otherwise) => f.debug_tuple("Case").field(branches).field(otherwise).finish(),
            Self::Cast(it, ty) => f.debug_tuple("Cast").field(it).field(ty).finish(),
            Self::InRows(row, rows) => f.debug_tuple("InRows").field(row).field(rows).finish(),
            Self::Sql(text, _) => f.debug_tuple("Sql").field(text).finish_non_exhaustive(),
        }
    }
}

/// A part of an expression; a value is not shown beside a sensitive column.
struct Part<'e>(&'e Expr, bool);

impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Expr::Value(_, column) if self.1 => f.debug_tuple("Value").field(&Shown(None)).field(column).finish(),
            other => other.fmt(f),
        }
    }
}

/// A value, if it may be shown.
struct Shown<'v>(Option<&'v Value>);

impl<'v> Shown<'v> {
    /// A value beside a column.
    fn of(value: &'v Value, column: Option<ColumnRef>) -> Self {
        Self(Some(value).filter(|_| !column.is_some_and(|it| it.meta().sensitive)))
    }
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str(HIDDEN),
        }
    }
}
