//! The arguments of SQL text.

use crate::value::{Field, Value};

/// The arguments of SQL text, one for each `?`: `()`, one value, or a tuple,
/// array or slice of values, or a `Vec<Value>`. A vector of anything else is
/// one argument: a list.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
/// let _: Predicate<User> = sql("age > 18", ());
/// let _: Predicate<User> = sql("age > ?", 18);
/// let _: Predicate<User> = sql("age > ? AND name = ?", (18, "ann"));
/// let _: Predicate<User> = sql("age = ? OR age = ?", [18, 21]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the arguments of SQL text",
    label = "expected `()`, one value, or a tuple, array or slice of values"
)]
pub trait Args: sealed::Sealed {
    #[doc(hidden)]
    fn into_values(self) -> Vec<Value>;
}

mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for () {}
impl Args for () {
    fn into_values(self) -> Vec<Value> {
        Vec::new()
    }
}

impl<T: Field> sealed::Sealed for T {}
impl<T: Field> Args for T {
    fn into_values(self) -> Vec<Value> {
        vec![self.to_value()]
    }
}

impl sealed::Sealed for &str {}
impl Args for &str {
    fn into_values(self) -> Vec<Value> {
        vec![self.into()]
    }
}

impl<T: Field> sealed::Sealed for &[T] {}
impl<T: Field> Args for &[T] {
    fn into_values(self) -> Vec<Value> {
        self.iter().map(Field::to_value).collect()
    }
}

impl sealed::Sealed for Vec<Value> {}
impl Args for Vec<Value> {
    fn into_values(self) -> Vec<Value> {
        self
    }
}

impl<T: Into<Value>, const N: usize> sealed::Sealed for [T; N] {}
impl<T: Into<Value>, const N: usize> Args for [T; N] {
    fn into_values(self) -> Vec<Value> {
        self.into_iter().map(Into::into).collect()
    }
}

macro_rules! tuples {
    ($(($($name:ident $at:tt)+))+) => {$(
        impl<$($name: Into<Value>),+> sealed::Sealed for ($($name,)+) {}
        impl<$($name: Into<Value>),+> Args for ($($name,)+) {
            fn into_values(self) -> Vec<Value> {
                vec![$(self.$at.into()),+]
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
}
