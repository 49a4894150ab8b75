//! One value of many rows.

use crate::expr::computed::both;
use crate::expr::{Column, Computed, Expr, Function, Number};
use crate::schema::Model;
use crate::value::{Auto, Field};

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
    )*};
}

#[diagnostic::do_not_recommend]
impl<T: Sortable> Sortable for Option<T> {
    type Optional = Self;
}

#[diagnostic::do_not_recommend]
impl<T: Sortable> Sortable for Auto<T> {
    type Optional = T::Optional;
}

sortable! {
    i8; i16; i32; i64; isize; u8; u16; u32; u64; usize; f32; f64; String;
    #[cfg(feature = "chrono")] chrono::DateTime<chrono::Utc>;
    #[cfg(feature = "chrono")] chrono::NaiveDateTime;
    #[cfg(feature = "chrono")] chrono::DateTime<chrono::FixedOffset>;
    #[cfg(feature = "chrono")] chrono::DateTime<chrono::Local>;
    #[cfg(feature = "chrono")] chrono::NaiveDate;
    #[cfg(feature = "chrono")] chrono::NaiveTime;
    #[cfg(feature = "time")] time::OffsetDateTime;
    #[cfg(feature = "time")] time::UtcDateTime;
    #[cfg(feature = "time")] time::PrimitiveDateTime;
    #[cfg(feature = "time")] time::Date;
    #[cfg(feature = "time")] time::Time;
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
pub fn count<M: Model>() -> Computed<M, i64> {
    Computed::new(Expr::Call(Function::Count, Vec::new()), None)
}

both! {
    /// Aggregates, for [`select`](crate::Find::select) and `having`.
    impl<M: Model, T> Column<M, T> {
        /// In how many rows it is not NULL.
        pub fn count(self) -> Computed<M, i64> {
            Computed::<M, T>::from(self).call(Function::Count)
        }

        /// How many different values it has, without NULL.
        pub fn count_distinct(self) -> Computed<M, i64> {
            Computed::<M, T>::from(self).call(Function::CountDistinct)
        }

        /// The sum, without NULL; `None` if there is nothing to add. An overflow of
        /// 64 bits is an error.
        pub fn sum<Sum>(self) -> Computed<M, Sum>
        where
            T: Number<Sum = Sum>,
        {
            Computed::<M, T>::from(self).map_call(Function::Sum)
        }

        /// The mean, without NULL; `None` if there is nothing to divide.
        pub fn avg(self) -> Computed<M, Option<f64>>
        where
            T: Number,
        {
            Computed::<M, T>::from(self).call(Function::Avg)
        }

        /// The smallest value; `None` if there is none.
        pub fn min<Optional>(self) -> Computed<M, Optional>
        where
            T: Sortable<Optional = Optional>,
        {
            Computed::<M, T>::from(self).map_call(Function::Min)
        }

        /// The largest value; `None` if there is none.
        pub fn max<Optional>(self) -> Computed<M, Optional>
        where
            T: Sortable<Optional = Optional>,
        {
            Computed::<M, T>::from(self).map_call(Function::Max)
        }
    }
}
