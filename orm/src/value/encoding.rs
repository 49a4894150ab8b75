//! Fields that are stored as something else.

use std::fmt;
use std::marker::PhantomData;

use crate::error::{Error, Result};
use crate::value::{Binder, Cells, DecimalField, Field, SizedField, SqlType, Timestamp, Value};

/// How a `T` is stored as another type: `#[orm(with = …)]`.
///
/// The column holds what is stored, and is compared with values of `T`, which
/// are encoded for it. Two values are equal if they are encoded alike; they are
/// ordered as what is stored is.
///
/// ```
/// use orm::{Encoding, prelude::*};
///
/// /// Tags as text with commas between them.
/// enum Commas {}
///
/// impl Encoding<Vec<String>> for Commas {
///     type Stored = String;
///
///     fn encode(tags: &Vec<String>) -> orm::Result<String> {
///         if tags.iter().any(|it| it.contains(',')) {
///             return Err(orm::Error::Invalid("a tag has no comma in it".into()));
///         }
///         Ok(tags.join(","))
///     }
///
///     fn decode(stored: String) -> orm::Result<Vec<String>> {
///         Ok(stored.split(',').filter(|it| !it.is_empty()).map(str::to_owned).collect())
///     }
/// }
///
/// #[derive(Debug, Default, Model)]
/// struct Article {
///     #[orm(key, auto)]
///     id: i64,
///     #[orm(with = Commas)]
///     tags: Vec<String>,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> orm::Result<()> {
/// # let db = Db::open("sqlite::memory:").await?;
/// # db.create_tables::<Article>().await?;
/// let tags = vec!["rust".to_owned(), "sql".to_owned()];
/// db.create(Article { tags: tags.clone(), ..Article::default() }).await?;
/// let found = db.find().where_(Article::TAGS.eq(tags)).first().await?;
/// assert_eq!(found.map(|it| it.tags.len()), Some(2));
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(message = "`{Self}` is no encoding of `{T}`", label = "expected a type that implements `Encoding<{T}>`")]
pub trait Encoding<T>: 'static {
    /// What the column holds.
    type Stored: Field;

    /// What is stored for a value.
    ///
    /// # Errors
    /// Where the value cannot be stored; it ends the statement before it is sent.
    fn encode(it: &T) -> Result<Self::Stored>;

    /// The value for what is stored.
    ///
    /// # Errors
    /// Where what is stored stands for no value.
    fn decode(stored: Self::Stored) -> Result<T>;
}

/// A field that is stored with the [`Encoding`] `C`: the type of its column,
/// and of what is selected of it. The record itself holds the plain `T`.
pub struct With<T, C>(pub T, PhantomData<fn() -> C>);

impl<T, C> With<T, C> {
    /// The value.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T, C> From<T> for With<T, C> {
    fn from(it: T) -> Self {
        Self(it, PhantomData)
    }
}

impl<T: Clone, C> Clone for With<T, C> {
    fn clone(&self) -> Self {
        self.0.clone().into()
    }
}

impl<T: PartialEq, C> PartialEq for With<T, C> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: fmt::Debug, C> fmt::Debug for With<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static, C: Encoding<T>> Field for With<T, C> {
    const TYPE: SqlType = C::Stored::TYPE;
    const NULLABLE: bool = C::Stored::NULLABLE;

    fn read(cells: &dyn Cells, at: usize) -> Result<Self> {
        encoded::read(cells, at, C::decode).map(Into::into)
    }

    fn bind(&self, to: &mut dyn Binder) -> Result<()> {
        encoded::bind(&self.0, to, C::encode)
    }

    fn to_value(&self) -> Value {
        encoded::to_value(&self.0, C::encode)
    }

    fn from_value(value: Value) -> Result<Self> {
        encoded::from_value(value, C::decode).map(Into::into)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static, C: Encoding<T>> SizedField for With<T, C> where C::Stored: SizedField {}
#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static, C: Encoding<T>> DecimalField for With<T, C> where C::Stored: DecimalField {}

impl<T: Timestamp, C: Encoding<T>> Timestamp for With<T, C> {
    fn at(micros: i64) -> Value {
        T::from_value(T::at(micros)).map_or(Value::Null, |it| encoded::to_value(&it, C::encode))
    }
}

#[cfg(feature = "chrono")]
pub(crate) mod unix;

/// For generated code: what the derive calls where a field has an encoding.
///
/// The functions are given what encodes, and ask for no trait: so a type that is
/// no encoding is reported once, where it is named.
#[doc(hidden)]
pub mod encoded {
    use super::{Binder, Cells, Error, Field, Result, SqlType, Value};

    /// The reason of an error that has a value in it, in our own words.
    fn column(error: Error) -> Error {
        match error {
            Error::Invalid(reason) => Error::Unstorable { column: String::new(), reason },
            other => other,
        }
    }

    fn refused(error: Error) -> Value {
        Value::Refused(match error {
            Error::Invalid(reason) | Error::Unstorable { reason, .. } => reason,
            _ => "its encoding refuses it".to_owned(),
        })
    }

    #[must_use]
    pub const fn sql_type<T, S: Field>(_: fn(&T) -> Result<S>) -> SqlType {
        S::TYPE
    }

    #[must_use]
    pub const fn nullable<T, S: Field>(_: fn(&T) -> Result<S>) -> bool {
        S::NULLABLE
    }

    pub fn read<T, S: Field>(cells: &dyn Cells, at: usize, decode: fn(S) -> Result<T>) -> Result<T> {
        decode(S::read(cells, at)?)
    }

    pub fn bind<T, S: Field>(it: &T, to: &mut dyn Binder, encode: fn(&T) -> Result<S>) -> Result<()> {
        encode(it).map_err(column)?.bind(to)
    }

    /// What cannot be encoded is refused when it is bound.
    pub fn to_value<T, S: Field>(it: &T, encode: fn(&T) -> Result<S>) -> Value {
        encode(it).map_or_else(refused, |it| it.to_value())
    }

    pub fn from_value<T, S: Field>(value: Value, decode: fn(S) -> Result<T>) -> Result<T> {
        decode(S::from_value(value)?)
    }
}

/// The same for a field that is an `Option`: `None` is NULL.
#[doc(hidden)]
pub mod encoded_option {
    use super::{Binder, Cells, Field, Result, Value, encoded};

    pub use super::encoded::sql_type;

    #[must_use]
    pub const fn nullable<T, S: Field>(_: fn(&T) -> Result<S>) -> bool {
        true
    }

    pub fn read<T, S: Field>(cells: &dyn Cells, at: usize, decode: fn(S) -> Result<T>) -> Result<Option<T>> {
        if cells.is_null(at)? { Ok(None) } else { encoded::read(cells, at, decode).map(Some) }
    }

    pub fn bind<T, S: Field>(it: &Option<T>, to: &mut dyn Binder, encode: fn(&T) -> Result<S>) -> Result<()> {
        match it {
            Some(it) => encoded::bind(it, to, encode),
            None => to.null(Some(S::TYPE)),
        }
    }

    pub fn to_value<T, S: Field>(it: &Option<T>, encode: fn(&T) -> Result<S>) -> Value {
        it.as_ref().map_or(Value::Null, |it| encoded::to_value(it, encode))
    }

    pub fn from_value<T, S: Field>(value: Value, decode: fn(S) -> Result<T>) -> Result<Option<T>> {
        if value.is_null() { Ok(None) } else { encoded::from_value(value, decode).map(Some) }
    }
}
