//! One value of many rows.

use crate::expr::{Column, Expr, Function, Number, Typed};
use crate::schema::Model;
use crate::value::Field;

/// Columns that have a smallest and a largest value on every database.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` column has no smallest and no largest value",
    label = "expected a column of numbers, text or times"
)]
pub trait Sortable: Field {
    /// The smallest of them: NULL if there are none.
    type Optional: Field;
}

macro_rules! sortable {
    ($($(#[$feature:meta])? $type:ty;)*) => {$(
        $(#[$feature])?
        #[diagnostic::do_not_recommend]
        impl Sortable for $type {
            type Optional = Option<Self>;
        }
        $(#[$feature])?
        #[diagnostic::do_not_recommend]
        impl Sortable for Option<$type> {
            type Optional = Self;
        }
    )*};
}

sortable! {
    i8; i16; i32; i64; u8; u16; u32; u64; f32; f64; String;
    #[cfg(feature = "chrono")] chrono::DateTime<chrono::Utc>;
    #[cfg(feature = "chrono")] chrono::NaiveDateTime;
    #[cfg(feature = "chrono")] chrono::DateTime<chrono::FixedOffset>;
    #[cfg(feature = "chrono")] chrono::NaiveDate;
    #[cfg(feature = "chrono")] chrono::NaiveTime;
    #[cfg(feature = "rust_decimal")] rust_decimal::Decimal;
}

/// The number of rows; in a query with `group_by`, of each group.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, city: String }
/// # async fn f(db: &Session) -> orm::Result<()> {
/// let cities: Vec<(String, i64)> = db.find::<User>().select((User::CITY, orm::count())).group_by(User::CITY).await?;
/// # Ok(()) }
/// ```
pub fn count<M: Model>() -> Typed<M, i64> {
    Typed::new(Expr::Call(Function::Count, Vec::new()), None)
}

/// Aggregates, for a column as well as for an expression.
macro_rules! aggregates {
    ($on:ident) => {
        /// Aggregates, for [`select`](crate::Find::select) and `having`.
        impl<M: Model, T> $on<M, T> {
            /// In how many rows it is not NULL.
            pub fn count(self) -> Typed<M, i64> {
                Typed::<M, T>::from(self).call(Function::Count)
            }

            /// How many different values it has, without NULL.
            pub fn count_distinct(self) -> Typed<M, i64> {
                Typed::<M, T>::from(self).call(Function::CountDistinct)
            }

            /// The sum, without NULL; `None` if there is nothing to add. An overflow of
            /// 64 bits is an error.
            pub fn sum(self) -> Typed<M, T::Sum>
            where
                T: Number,
            {
                Typed::<M, T>::from(self).map_call(Function::Sum)
            }

            /// The mean, without NULL; `None` if there is nothing to divide.
            pub fn avg(self) -> Typed<M, Option<f64>>
            where
                T: Number,
            {
                Typed::<M, T>::from(self).call(Function::Avg)
            }

            /// The smallest value; `None` if there is none.
            pub fn min(self) -> Typed<M, T::Optional>
            where
                T: Sortable,
            {
                Typed::<M, T>::from(self).map_call(Function::Min)
            }

            /// The largest value; `None` if there is none.
            pub fn max(self) -> Typed<M, T::Optional>
            where
                T: Sortable,
            {
                Typed::<M, T>::from(self).map_call(Function::Max)
            }
        }
    };
}

aggregates!(Column);
aggregates!(Typed);
