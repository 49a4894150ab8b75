//! The arguments of SQL text.

use crate::expr::{Column, Computed, Expr};
use crate::schema::{Model, ModelMeta};
use crate::value::{Field, Value};

/// The arguments of SQL text, one for each `?`: `()`, one value, or a tuple,
/// array or slice of values, or a `Vec<Value>`; or [`named`] ones. A vector of
/// anything else is one argument: a list.
///
/// In a tuple or with a name, an argument may also be a column, an expression,
/// a query of one value, or a [`table`]: its SQL takes the place of the `?`.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
/// let _: Predicate<User> = sql("age > 18", ());
/// let _: Predicate<User> = sql("age > ?", 18);
/// let _: Predicate<User> = sql("age > ? AND name = ?", (18, "ann"));
/// let _: Predicate<User> = sql("age = ? OR age = ?", [18, 21]);
/// // An array, slice or vector behind `IN` is a list.
/// let _: Predicate<User> = sql("age IN ?", [18, 21]);
/// let _: Predicate<User> = sql("name = ? AND age IN ?", ("ann", [18, 21]));
/// let _: Predicate<User> = sql("coalesce(?, '') <> ?", (User::NAME, "ann"));
/// let _: Predicate<User> = sql("name = :name AND age IN :ages", args! { name: "ann", ages: [18, 21] });
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the arguments of SQL text",
    label = "expected `()`, one value, or a tuple, array or slice of values"
)]
pub trait Args: sealed::Sealed {
    #[doc(hidden)]
    fn into_arguments(self) -> Arguments;
}

/// The arguments of SQL text, without their types.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Arguments {
    pub(crate) values: Vec<Argument>,
    /// Their names, where they have some.
    pub(crate) names: Vec<&'static str>,
    /// Whether they may be meant as one list.
    pub(crate) may_be_list: bool,
}

impl Arguments {
    pub(crate) const NONE: Self = Self { values: Vec::new(), names: Vec::new(), may_be_list: false };
}

/// One argument of SQL text.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Argument {
    /// For one placeholder.
    One(Value),
    /// A list behind `IN`, whose rows have one or several values.
    List(Vec<Vec<Value>>),
    /// A column, an expression or a query.
    Expr(Expr),
    /// The name of a model's table.
    Table(&'static ModelMeta),
}

impl Arguments {
    fn positional(values: Vec<Argument>) -> Self {
        Self { values, ..Self::default() }
    }

    /// Values that may be meant as one list.
    fn any_of(values: impl IntoIterator<Item = Value>) -> Self {
        let values = values.into_iter().map(Argument::One).collect();
        Self { may_be_list: true, ..Self::positional(values) }
    }
}

impl From<Vec<Value>> for Arguments {
    fn from(values: Vec<Value>) -> Self {
        Self::positional(values.into_iter().map(Argument::One).collect())
    }
}

/// What can be one of several arguments of SQL text: a value or a list.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be an argument of SQL text", label = "expected a value, or a list of values")]
pub trait IntoArgument {
    #[doc(hidden)]
    fn into_argument(self) -> Argument;
}

/// What can be in a list: a value, or a tuple of values.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be in a list of arguments", label = "expected a value, or a tuple of values")]
pub trait ListItem {
    #[doc(hidden)]
    fn row(&self) -> Vec<Value>;
}

/// A list of values for an `IN`; see [`list`].
#[derive(Debug, Clone, PartialEq)]
pub struct List(Vec<Vec<Value>>);

/// A list of values for an `IN`, from any iterator; arrays and slices need no `list`.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Model)] struct Seat { #[orm(key)] row: i32, #[orm(key)] place: String }
/// let even: Predicate<Seat> = sql("row IN ?", orm::list((0..10).filter(|it| it % 2 == 0)));
/// let both: Predicate<Seat> = sql("(row, place) IN ?", orm::list([(1, "a"), (2, "b")]));
/// # let _ = (even, both);
/// ```
pub fn list<T: ListItem>(items: impl IntoIterator<Item = T>) -> List {
    List(items.into_iter().map(|it| it.row()).collect())
}

/// Arguments for the names `:name` of SQL text. For values of several types
/// there is [`args!`](crate::args).
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64, name: String }
/// let ann: Predicate<User> = sql("name = :who OR name LIKE :who", named([("who", "ann")]));
/// # let _ = ann;
/// ```
pub fn named<V: IntoArgument>(arguments: impl IntoIterator<Item = (&'static str, V)>) -> Named {
    Named(arguments.into_iter().map(|(name, value)| (name, value.into_argument())).collect())
}

/// Arguments with names; see [`named`].
#[derive(Debug, Clone, PartialEq)]
pub struct Named(Vec<(&'static str, Argument)>);

/// The name of a model's table, as an argument of SQL text.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
/// # async fn f(db: &Session) -> orm::Result<()> {
/// let longest: i64 = db.raw("SELECT max(length(?)) FROM ?", (User::NAME, orm::table::<User>())).fetch_one().await?;
/// # Ok(()) }
/// ```
#[must_use]
pub fn table<M: Model>() -> Argument {
    Argument::Table(M::META)
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! arguments {
    ($([$($parameters:tt)*] $type:ty, |$it:ident| $arguments:expr;)*) => {$(
        impl<$($parameters)*> sealed::Sealed for $type {}
        #[diagnostic::do_not_recommend]
        impl<$($parameters)*> Args for $type {
            fn into_arguments(self) -> Arguments {
                let $it = self;
                $arguments
            }
        }
    )*};
}

arguments! {
    [] (), |_it| Arguments::default();
    [T: Field] T, |it| Arguments::positional(vec![it.into_argument()]);
    [] &str, |it| Arguments::positional(vec![it.into_argument()]);
    [] List, |it| Arguments::positional(vec![it.into_argument()]);
    [T: Field] &[T], |it| Arguments::any_of(it.iter().map(Field::to_value));
    [T: Field] &Vec<T>, |it| Arguments::any_of(it.iter().map(Field::to_value));
    [T: Field, const N: usize] &[T; N], |it| Arguments::any_of(it.iter().map(Field::to_value));
    [] Vec<Value>, |it| Arguments::any_of(it);
    [T: Into<Value>, const N: usize] [T; N], |it| Arguments::any_of(it.map(Into::into));
    [] Named, |it| {
        let (names, values) = it.0.into_iter().unzip();
        Arguments { names, values, may_be_list: false }
    };
}

macro_rules! values {
    ($([$($parameters:tt)*] $type:ty, |$it:ident| $argument:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($parameters)*> IntoArgument for $type {
            fn into_argument(self) -> Argument {
                let $it = self;
                $argument
            }
        }
    )*};
}

values! {
    [T: Field] T, |it| Argument::One(it.to_value());
    [] &str, |it| Argument::One(it.into());
    [] Value, |it| Argument::One(it);
    [] Argument, |it| it;
    [M: Model, T] Column<M, T>, |it| Argument::Expr(it.column_expr());
    [M, T] Computed<M, T>, |it| Argument::Expr(it.into_inner());
    [] List, |it| Argument::List(it.0);
    [T: ListItem, const N: usize] [T; N], |it| Argument::List(it.iter().map(ListItem::row).collect());
    [T: ListItem] &[T], |it| Argument::List(it.iter().map(ListItem::row).collect());
    [T: ListItem] &Vec<T>, |it| Argument::List(it.iter().map(ListItem::row).collect());
    [T: ListItem, const N: usize] &[T; N], |it| Argument::List(it.iter().map(ListItem::row).collect());
}

/// One value in a row of a list.
pub trait ListCell {
    #[doc(hidden)]
    fn cell(&self) -> Value;
}

#[diagnostic::do_not_recommend]
impl<T: Field> ListCell for T {
    fn cell(&self) -> Value {
        self.to_value()
    }
}

#[diagnostic::do_not_recommend]
impl ListCell for &str {
    fn cell(&self) -> Value {
        Value::from(*self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: ListCell> ListItem for T {
    fn row(&self) -> Vec<Value> {
        vec![self.cell()]
    }
}

macro_rules! rows {
    ($(($($name:ident $at:tt)+))+) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($name: ListCell),+> ListItem for ($($name,)+) {
            fn row(&self) -> Vec<Value> {
                vec![$(self.$at.cell()),+]
            }
        }
    )+};
}

rows! {
    (A 0 B 1)
    (A 0 B 1 C 2)
    (A 0 B 1 C 2 D 3)
}

macro_rules! tuples {
    ($(($($name:ident $at:tt)+))+) => {$(
        impl<$($name: IntoArgument),+> sealed::Sealed for ($($name,)+) {}
        #[diagnostic::do_not_recommend]
        impl<$($name: IntoArgument),+> Args for ($($name,)+) {
            fn into_arguments(self) -> Arguments {
                Arguments::positional(vec![$(self.$at.into_argument()),+])
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
