//! What a query reads instead of whole records.

use crate::expr::{Column, Computed, Expr};
use crate::schema::Model;
use crate::value::{Field, FromRow};

/// What can be read of rows of `M`: a column, an expression, or a tuple of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from rows of `{M}`",
    label = "expected a column of `{M}`, an expression over one, or a tuple of these",
    note = "a `case_when` ends with `otherwise`"
)]
pub trait Selection<M> {
    /// What a row becomes.
    type Row: FromRow;
    #[doc(hidden)]
    fn into_exprs(self) -> Vec<Expr>;
}

/// One part of a [`Selection`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from rows of `{M}`",
    label = "expected a column of `{M}`, or an expression over one"
)]
pub trait Pick<M> {
    /// What a row has in it.
    type Out: Field;
    #[doc(hidden)]
    fn into_expr(self) -> Expr;
}

#[diagnostic::do_not_recommend]
impl<M: Model, T: Field> Pick<M> for Column<M, T> {
    type Out = T;
    fn into_expr(self) -> Expr {
        self.column_expr()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, T: Field> Pick<M> for Computed<M, T> {
    type Out = T;
    fn into_expr(self) -> Expr {
        self.into_inner()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, T: Field> Selection<M> for Column<M, T> {
    type Row = T;
    fn into_exprs(self) -> Vec<Expr> {
        vec![self.column_expr()]
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, T: Field> Selection<M> for Computed<M, T> {
    type Row = T;
    fn into_exprs(self) -> Vec<Expr> {
        vec![self.into_inner()]
    }
}

macro_rules! tuples {
    ($(($($name:ident $at:tt)+))+) => {$(
        #[diagnostic::do_not_recommend]
        impl<Model_, $($name: Pick<Model_>),+> Selection<Model_> for ($($name,)+) {
            type Row = ($($name::Out,)+);
            fn into_exprs(self) -> Vec<Expr> {
                vec![$(self.$at.into_expr()),+]
            }
        }
    )+};
}

tuples! {
    (A 0)
    (A 0 B 1)
    (A 0 B 1 C 2)
    (A 0 B 1 C 2 D 3)
    (A 0 B 1 C 2 D 3 E 4)
    (A 0 B 1 C 2 D 3 E 4 F 5)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11)
}
