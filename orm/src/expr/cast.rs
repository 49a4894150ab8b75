//! Values as another type.

use crate::expr::computed::both;
use crate::expr::{Column, Computed, Expr};
use crate::schema::Model;
use crate::value::Field;

/// A conversion that means the same on every database and loses nothing.
#[diagnostic::on_unimplemented(
    message = "databases do not agree on how a `{Self}` becomes a `{T}`",
    label = "this conversion is not the same everywhere",
    note = "integers become larger integers, `f64` and `String`; `Decimal` becomes `f64`; `bool` becomes `i64`",
    note = "convert the value in the program, or write `sql(\"…\", args)`"
)]
pub trait CastTo<T>: Field {}

macro_rules! casts {
    ($($from:ty => $($to:ty)*;)*) => {$($(
        #[diagnostic::do_not_recommend]
        impl CastTo<$to> for $from {}
    )*)*};
}

casts! {
    u8 => i16 i32 i64 isize u16 u32 f64 String;
    u16 => i32 i64 isize u32 f64 String;
    u32 => i64 isize f64 String;
    u64 => String;
    usize => String;
    i8 => i16 i32 i64 isize f64 String;
    i16 => i32 i64 isize f64 String;
    i32 => i64 isize f64 String;
    i64 => f64 String;
    isize => i64 f64 String;
    f32 => f64;
    bool => i64 isize;
}

#[cfg(feature = "rust_decimal")]
#[diagnostic::do_not_recommend]
impl CastTo<f64> for rust_decimal::Decimal {}

#[diagnostic::do_not_recommend]
impl<S: CastTo<T>, T: Field> CastTo<Option<T>> for Option<S> {}

both! {
    impl<M: Model, S> Column<M, S> {
        /// The value as another type, if every database converts it in the same way.
        ///
        /// ```
        /// use orm::prelude::*;
        /// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64, age: u8 }
        /// let in_its_forties: Predicate<User> = User::AGE.cast::<String>().starts_with("4");
        /// # let _ = in_its_forties;
        /// ```
        pub fn cast<T: Field>(self) -> Computed<M, T>
        where
            S: CastTo<T>,
        {
            Computed::new(Expr::Cast(Box::new(Computed::<M, S>::from(self).into_inner()), T::TYPE), None)
        }
    }
}
