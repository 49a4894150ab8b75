//! What may stand beside a column.

use crate::expr::{Column, ColumnRef, Expr, Typed};
use crate::schema::Model;
use crate::value::{Field, Value};

/// What may stand beside a `T` column of `M`: a value, a column of the same
/// model, or an expression over it.
#[diagnostic::on_unimplemented(
    message = "a `{T}` column of `{M}` does not go with `{Self}`",
    label = "expected a `{T}`, or a column of `{M}` that holds one"
)]
pub trait Operand<M, T> {
    #[doc(hidden)]
    fn into_expr(self, beside: Option<ColumnRef>) -> Expr;
}

impl<M, T: Field> Operand<M, T> for T {
    fn into_expr(self, beside: Option<ColumnRef>) -> Expr {
        Expr::Value(self.to_value(), beside)
    }
}

impl<M, T: Field> Operand<M, Option<T>> for T {
    fn into_expr(self, beside: Option<ColumnRef>) -> Expr {
        Expr::Value(self.to_value(), beside)
    }
}

impl<M> Operand<M, String> for &str {
    fn into_expr(self, beside: Option<ColumnRef>) -> Expr {
        Expr::Value(self.into(), beside)
    }
}

impl<M> Operand<M, Option<String>> for &str {
    fn into_expr(self, beside: Option<ColumnRef>) -> Expr {
        Expr::Value(self.into(), beside)
    }
}

impl<M: Model, T> Operand<M, T> for Column<M, T> {
    fn into_expr(self, _: Option<ColumnRef>) -> Expr {
        self.column_expr()
    }
}

impl<M: Model, T> Operand<M, Option<T>> for Column<M, T> {
    fn into_expr(self, _: Option<ColumnRef>) -> Expr {
        self.column_expr()
    }
}

impl<M, T> Operand<M, T> for Typed<M, T> {
    fn into_expr(self, _: Option<ColumnRef>) -> Expr {
        self.into_inner()
    }
}

impl<M, T> Operand<M, Option<T>> for Typed<M, T> {
    fn into_expr(self, _: Option<ColumnRef>) -> Expr {
        self.into_inner()
    }
}

/// What may be in a list beside a `T` column.
#[diagnostic::on_unimplemented(message = "a list of `{Self}` does not go with a `{T}` column", label = "expected a list of `{T}`")]
pub trait Comparable<T> {
    #[doc(hidden)]
    fn into_value(self) -> Value;
}

impl<T: Field> Comparable<T> for T {
    fn into_value(self) -> Value {
        self.to_value()
    }
}

impl<T: Field> Comparable<Option<T>> for T {
    fn into_value(self) -> Value {
        self.to_value()
    }
}

impl<T: Field> Comparable<T> for &T {
    fn into_value(self) -> Value {
        self.to_value()
    }
}

impl Comparable<String> for &str {
    fn into_value(self) -> Value {
        self.into()
    }
}

impl Comparable<Option<String>> for &str {
    fn into_value(self) -> Value {
        self.into()
    }
}

/// Columns that can be compared with patterns: `String` and `Option<String>`.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` column cannot be compared with a text pattern",
    label = "expected a `String` or `Option<String>` column"
)]
pub trait TextOperand {}

impl TextOperand for String {}
impl TextOperand for Option<String> {}

/// Makes the wildcards of `LIKE` ordinary characters; patterns escape with `!`,
/// because the backslash means different things to different databases.
pub(crate) fn escape_like(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for it in text.chars() {
        if matches!(it, '%' | '_' | '!') {
            out.push('!');
        }
        out.push(it);
    }
    out
}

/// The pattern of a user, who escapes with `\`, as one that escapes with `!`.
pub(crate) fn backslash_to_bang(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern.chars().peekable();
    while let Some(it) = rest.next() {
        match it {
            '!' => out.push_str("!!"),
            '\\' => match rest.next_if(|it| matches!(it, '%' | '_')) {
                Some(wildcard) => out.extend(['!', wildcard]),
                None => {
                    // `\\` is one backslash, and a lone one stands for itself.
                    rest.next_if_eq(&'\\');
                    out.push('\\');
                }
            },
            it => out.push(it),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{backslash_to_bang, escape_like};

    #[test]
    fn wildcards_of_a_searched_text_are_ordinary_characters() {
        assert_eq!(escape_like("50% off_now!"), "50!% off!_now!!");
    }

    #[test]
    fn a_backslash_escapes_the_wildcards_of_a_pattern() {
        assert_eq!(backslash_to_bang(r"a\%b_c!\\d\e"), r"a!%b_c!!\d\e");
    }
}
