//! What may stand beside a column.

use crate::expr::{Column, ColumnRef, Computed, Expr};
use crate::schema::Model;
use crate::value::{Auto, Encoding, Field, Value, With, encoded};

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

#[diagnostic::do_not_recommend]
impl<M, T: Field> Operand<M, T> for T {
    fn into_expr(self, beside: Option<ColumnRef>) -> Expr {
        Expr::Value(self.to_value(), beside)
    }
}

#[diagnostic::do_not_recommend]
impl<M, T: Field> Operand<M, Option<T>> for T {
    fn into_expr(self, beside: Option<ColumnRef>) -> Expr {
        Expr::Value(self.to_value(), beside)
    }
}

#[diagnostic::do_not_recommend]
impl<M> Operand<M, String> for &str {
    fn into_expr(self, beside: Option<ColumnRef>) -> Expr {
        Expr::Value(self.into(), beside)
    }
}

#[diagnostic::do_not_recommend]
impl<M> Operand<M, Option<String>> for &str {
    fn into_expr(self, beside: Option<ColumnRef>) -> Expr {
        Expr::Value(self.into(), beside)
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, T> Operand<M, T> for Column<M, T> {
    fn into_expr(self, _: Option<ColumnRef>) -> Expr {
        self.column_expr()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, T> Operand<M, Option<T>> for Column<M, T> {
    fn into_expr(self, _: Option<ColumnRef>) -> Expr {
        self.column_expr()
    }
}

#[diagnostic::do_not_recommend]
impl<M, T> Operand<M, T> for Computed<M, T> {
    fn into_expr(self, _: Option<ColumnRef>) -> Expr {
        self.into_inner()
    }
}

#[diagnostic::do_not_recommend]
impl<M, T> Operand<M, Option<T>> for Computed<M, T> {
    fn into_expr(self, _: Option<ColumnRef>) -> Expr {
        self.into_inner()
    }
}

/// A value of the program that is not its own: `eq(&name)`.
#[diagnostic::do_not_recommend]
impl<M, T: Field> Operand<M, T> for &T {
    fn into_expr(self, beside: Option<ColumnRef>) -> Expr {
        Expr::Value(self.to_value(), beside)
    }
}

#[diagnostic::do_not_recommend]
impl<M, T: Field> Operand<M, Option<T>> for &T {
    fn into_expr(self, beside: Option<ColumnRef>) -> Expr {
        Expr::Value(self.to_value(), beside)
    }
}

// A column with an encoding is compared with what is encoded.

#[diagnostic::do_not_recommend]
impl<M, T: Clone + Send + Sync + 'static, C: Encoding<T>> Operand<M, With<T, C>> for T {
    fn into_expr(self, beside: Option<ColumnRef>) -> Expr {
        Expr::Value(encoded::to_value(&self, C::encode), beside)
    }
}

#[diagnostic::do_not_recommend]
impl<M, T: Clone + Send + Sync + 'static, C: Encoding<T>> Operand<M, Option<With<T, C>>> for T {
    fn into_expr(self, beside: Option<ColumnRef>) -> Expr {
        Expr::Value(encoded::to_value(&self, C::encode), beside)
    }
}

// A column that may be left to the database holds plain values.

#[diagnostic::do_not_recommend]
impl<M, T: Field> Operand<M, Auto<T>> for T {
    fn into_expr(self, beside: Option<ColumnRef>) -> Expr {
        Expr::Value(self.to_value(), beside)
    }
}

#[diagnostic::do_not_recommend]
impl<M, T: Field> Operand<M, Auto<T>> for &T {
    fn into_expr(self, beside: Option<ColumnRef>) -> Expr {
        Expr::Value(self.to_value(), beside)
    }
}

#[diagnostic::do_not_recommend]
impl<M> Operand<M, Auto<String>> for &str {
    fn into_expr(self, beside: Option<ColumnRef>) -> Expr {
        Expr::Value(self.into(), beside)
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, T> Operand<M, Auto<T>> for Column<M, T> {
    fn into_expr(self, _: Option<ColumnRef>) -> Expr {
        self.column_expr()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, T> Operand<M, T> for Column<M, Auto<T>> {
    fn into_expr(self, _: Option<ColumnRef>) -> Expr {
        self.column_expr()
    }
}

/// What may be in a list beside a `T` column.
#[diagnostic::on_unimplemented(message = "a list of `{Self}` does not go with a `{T}` column", label = "expected a list of `{T}`")]
pub trait Comparable<T> {
    #[doc(hidden)]
    fn into_value(self) -> Value;
}

#[diagnostic::do_not_recommend]
impl<T: Field> Comparable<T> for T {
    fn into_value(self) -> Value {
        self.to_value()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Field> Comparable<Option<T>> for T {
    fn into_value(self) -> Value {
        self.to_value()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Field> Comparable<T> for &T {
    fn into_value(self) -> Value {
        self.to_value()
    }
}

#[diagnostic::do_not_recommend]
impl Comparable<String> for &str {
    fn into_value(self) -> Value {
        self.into()
    }
}

#[diagnostic::do_not_recommend]
impl Comparable<Option<String>> for &str {
    fn into_value(self) -> Value {
        self.into()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Field> Comparable<Option<T>> for &T {
    fn into_value(self) -> Value {
        self.to_value()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Field> Comparable<Auto<T>> for T {
    fn into_value(self) -> Value {
        self.to_value()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Field> Comparable<Auto<T>> for &T {
    fn into_value(self) -> Value {
        self.to_value()
    }
}

#[diagnostic::do_not_recommend]
impl Comparable<Auto<String>> for &str {
    fn into_value(self) -> Value {
        self.into()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static, C: Encoding<T>> Comparable<With<T, C>> for T {
    fn into_value(self) -> Value {
        encoded::to_value(&self, C::encode)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static, C: Encoding<T>> Comparable<Option<With<T, C>>> for T {
    fn into_value(self) -> Value {
        encoded::to_value(&self, C::encode)
    }
}
