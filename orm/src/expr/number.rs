//! Calculations.

use crate::expr::computed::both;
use crate::expr::{Binary, Column, Computed, Expr, Operand};
use crate::schema::Model;
use crate::value::{Auto, Field};

/// Columns that can be calculated with: integers, `f64`, `Decimal`, and
/// `Option` of these.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` column is not a number and cannot be calculated with",
    label = "expected a column of integers, `f64` or `Decimal`"
)]
pub trait Number: Field {
    /// What a sum of them is: NULL if there are none.
    type Sum: Field;
}

/// Columns that the database can divide: integers and `f64`.
///
/// Databases keep different numbers of digits of a quotient of decimals.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` column cannot be divided by the database",
    label = "expected a column of integers or `f64`",
    note = "decimals are divided in the program, where the number of digits is said"
)]
pub trait Divisible: Number {}

/// Columns of whole numbers.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` column has no whole numbers, and so a division leaves no rest",
    label = "expected a column of integers"
)]
pub trait WholeNumber: Divisible {}

macro_rules! integers {
    ($($type:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl Number for $type {
            type Sum = Option<i64>;
        }
        #[diagnostic::do_not_recommend]
        impl Divisible for $type {}
        #[diagnostic::do_not_recommend]
        impl WholeNumber for $type {}
    )*};
}

integers! { i8 i16 i32 i64 isize u8 u16 u32 u64 usize }

#[diagnostic::do_not_recommend]
impl Number for f32 {
    type Sum = Option<f64>;
}
#[diagnostic::do_not_recommend]
impl Divisible for f32 {}

#[diagnostic::do_not_recommend]
impl Number for f64 {
    type Sum = Option<Self>;
}
#[diagnostic::do_not_recommend]
impl Divisible for f64 {}

#[cfg(feature = "rust_decimal")]
#[diagnostic::do_not_recommend]
impl Number for rust_decimal::Decimal {
    type Sum = Option<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Number> Number for Option<T> {
    type Sum = T::Sum;
}
#[diagnostic::do_not_recommend]
impl<T: Number> Number for Auto<T> {
    type Sum = T::Sum;
}
#[diagnostic::do_not_recommend]
impl<T: Divisible> Divisible for Auto<T> {}
#[diagnostic::do_not_recommend]
impl<T: WholeNumber> WholeNumber for Auto<T> {}
#[diagnostic::do_not_recommend]
impl<T: Divisible> Divisible for Option<T> {}
#[diagnostic::do_not_recommend]
impl<T: WholeNumber> WholeNumber for Option<T> {}

both! {
    /// Calculations. Integers are counted in 64 bits; an overflow and a division
    /// by zero are errors, on every database.
    impl<M: Model, T> Column<M, T> {
        /// It plus `rhs`.
        pub fn plus(self, rhs: impl Operand<M, T>) -> Computed<M, T>
        where
            T: Number,
        {
            sum(self.into(), Binary::Plus, rhs)
        }

        /// It minus `rhs`.
        pub fn minus(self, rhs: impl Operand<M, T>) -> Computed<M, T>
        where
            T: Number,
        {
            sum(self.into(), Binary::Minus, rhs)
        }

        /// It times `rhs`. A product of decimals has the digits of both behind the
        /// point, and SQLite has room for 18 digits in all.
        pub fn times(self, rhs: impl Operand<M, T>) -> Computed<M, T>
        where
            T: Number,
        {
            product(self.into(), Binary::Times, rhs)
        }

        /// It divided by `rhs`; integers towards zero, so that `-7 / 2` is `-3`.
        ///
        /// ```
        /// use orm::prelude::*;
        /// # #[derive(Model)] struct Visit { #[orm(key, auto)] id: i64, minutes: i32 }
        /// let long: Predicate<Visit> = Visit::MINUTES.divided_by(60).ge(2);
        /// # let _ = long;
        /// ```
        pub fn divided_by(self, rhs: impl Operand<M, T>) -> Computed<M, T>
        where
            T: Divisible,
        {
            product(self.into(), Binary::DividedBy, rhs)
        }

        /// The rest of a division by `rhs`; it has the sign of what is divided.
        pub fn modulo(self, rhs: impl Operand<M, T>) -> Computed<M, T>
        where
            T: WholeNumber,
        {
            product(self.into(), Binary::Modulo, rhs)
        }

        /// The opposite number.
        #[allow(clippy::should_implement_trait, reason = "the other calculations are words, too")]
        pub fn neg(self) -> Computed<M, T>
        where
            T: Number,
        {
            let (expr, column) = Computed::<M, T>::from(self).into_parts();
            Computed::new(Expr::Negate(Box::new(expr)), column)
        }
    }
}

fn sum<M, T>(it: Computed<M, T>, operator: Binary, rhs: impl Operand<M, T>) -> Computed<M, T> {
    let rhs = it.beside(rhs);
    let (expr, column) = it.into_parts();
    Computed::new(Expr::Binary(Box::new(expr), operator, Box::new(rhs)), column)
}

/// A factor has digits of its own, not those of the column beside it.
fn product<M, T>(it: Computed<M, T>, operator: Binary, rhs: impl Operand<M, T>) -> Computed<M, T> {
    let rhs = rhs.into_expr(None);
    let (expr, column) = it.into_parts();
    Computed::new(Expr::Binary(Box::new(expr), operator, Box::new(rhs)), column)
}
