//! Several columns at once, as keys of several columns need them.

use crate::expr::{Binary, Column, Expr, Operand, Predicate};
use crate::schema::Model;

/// Several columns of `M`, beside as many values: two to eight of them, as in a key.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Model)] struct Seat { #[orm(key)] row: i32, #[orm(key)] place: String }
/// let one: Predicate<Seat> = (Seat::ROW, Seat::PLACE).eq((7, "b"));
/// let some: Predicate<Seat> = (Seat::ROW, Seat::PLACE).is_in([(7, "b"), (8, "a")]);
/// # let _ = (one, some);
/// ```
#[diagnostic::on_unimplemented(
    message = "the columns `{Self}` do not go with `{V}`",
    label = "expected as many columns of one model as there are values, each with a value of its type"
)]
#[allow(clippy::wrong_self_convention, reason = "columns are values, as they are with a single one")]
pub trait Columns<M, V>: Sized {
    /// Every column is equal to its value.
    fn eq(self, values: V) -> Predicate<M>;

    /// Not every column is equal to its value.
    fn ne(self, values: V) -> Predicate<M> {
        !self.eq(values)
    }

    /// The columns have the values of one of these rows; never true if there are none.
    fn is_in(self, rows: impl IntoIterator<Item = V>) -> Predicate<M>;

    /// The columns have the values of none of these rows; true if there are none.
    fn not_in(self, rows: impl IntoIterator<Item = V>) -> Predicate<M> {
        !self.is_in(rows)
    }
}

macro_rules! tuples {
    ($(($($column:ident $value:ident $at:tt)+))+) => {$(
        #[diagnostic::do_not_recommend]
        impl<Model_: Model, $($column, $value: Operand<Model_, $column>),+> Columns<Model_, ($($value,)+)> for ($(Column<Model_, $column>,)+) {
            fn eq(self, values: ($($value,)+)) -> Predicate<Model_> {
                let values = vec![$(values.$at.into_expr(Some(self.$at.column_ref()))),+];
                all_equal(vec![$(self.$at.column_expr()),+], values)
            }

            fn is_in(self, rows: impl IntoIterator<Item = ($($value,)+)>) -> Predicate<Model_> {
                let rows = rows.into_iter().map(|row| vec![$(row.$at.into_expr(Some(self.$at.column_ref()))),+]);
                is_in(&[$(self.$at.column_expr()),+], rows)
            }
        }
    )+};
}

tuples! {
    (A VA 0 B VB 1)
    (A VA 0 B VB 1 C VC 2)
    (A VA 0 B VB 1 C VC 2 D VD 3)
    (A VA 0 B VB 1 C VC 2 D VD 3 E VE 4)
    (A VA 0 B VB 1 C VC 2 D VD 3 E VE 4 F VF 5)
    (A VA 0 B VB 1 C VC 2 D VD 3 E VE 4 F VF 5 G VG 6)
    (A VA 0 B VB 1 C VC 2 D VD 3 E VE 4 F VF 5 G VG 6 H VH 7)
}

fn all_equal<M>(columns: Vec<Expr>, values: Vec<Expr>) -> Predicate<M> {
    let all = columns.into_iter().zip(values).map(|(column, value)| super::compare::equal(column, Binary::Eq, value));
    Predicate::new(Expr::And(all.collect()))
}

fn is_in<M>(columns: &[Expr], rows: impl Iterator<Item = Vec<Expr>>) -> Predicate<M> {
    let has_null = |row: &Vec<Expr>| row.iter().any(|it| matches!(it, Expr::Value(value, _) if value.is_null()));
    // A row with NULL in it is never found by `IN`.
    let (with_null, plain): (Vec<_>, Vec<_>) = rows.partition(has_null);
    let found = Predicate::new(Expr::InRows(columns.to_vec(), plain));
    with_null.into_iter().fold(found, |found, row| found.or(all_equal(columns.to_vec(), row)))
}
