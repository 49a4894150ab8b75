//! Values that are left to the database.

use std::fmt;

use crate::error::{Error, Result};
use crate::value::{AutoKey, Binder, Cells, DecimalField, DefaultField, Field, SizedField, SqlType, Timestamp, Value, limits};

/// A field whose value the program gives, or leaves to the database: a key with
/// `auto`, or a column with `default`.
///
/// Unset, it is not sent with a new record; what the database puts there comes
/// back from `create`. A record that was read has it set. The column is never
/// NULL, and is compared with plain values. Zero is a value like all others: an
/// `Auto` key that is set to 0 is sent, where an `i64` that is 0 is numbered.
///
/// Where nothing can give it a value, an `Auto` that is unset is
/// [`Error::Unstorable`]: in `save`, and in columns without `default`.
///
/// ```
/// use orm::{Auto, prelude::*};
///
/// #[derive(Debug, Default, Model)]
/// struct Task {
///     #[orm(key, auto)]
///     id: Auto<i64>,
///     #[orm(default = "'open'")]
///     state: Auto<String>,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> orm::Result<()> {
/// # let db = Db::open("sqlite::memory:").await?;
/// # db.create_tables::<Task>().await?;
/// let task = db.create(Task::default()).await?;
/// assert_eq!(task.id, Auto::Set(1));
/// assert_eq!(task.state.get().map(String::as_str), Some("open"));
/// assert_eq!(db.find().where_(Task::STATE.eq("open")).count().await?, 1);
///
/// db.create(Task { state: Auto::from("done"), ..Task::default() }).await?;
/// assert_eq!(db.find().where_(Task::STATE.eq("open")).count().await?, 1);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Auto<T> {
    /// The database gives it a value.
    #[default]
    Unset,
    /// The value.
    Set(T),
}

impl<T> Auto<T> {
    /// The value, unless it is left to the database.
    ///
    /// ```
    /// # use orm::Auto;
    /// assert_eq!(Auto::from(5).get(), Some(&5));
    /// assert_eq!(Auto::<i32>::Unset.get(), None);
    /// ```
    #[must_use]
    pub const fn get(&self) -> Option<&T> {
        match self {
            Self::Set(it) => Some(it),
            Self::Unset => None,
        }
    }

    /// The value itself, unless it is left to the database.
    #[must_use]
    pub fn into_option(self) -> Option<T> {
        match self {
            Self::Set(it) => Some(it),
            Self::Unset => None,
        }
    }

    /// Whether there is a value.
    #[must_use]
    pub const fn is_set(&self) -> bool {
        matches!(self, Self::Set(_))
    }
}

impl<T> From<T> for Auto<T> {
    fn from(it: T) -> Self {
        Self::Set(it)
    }
}

impl From<&str> for Auto<String> {
    fn from(it: &str) -> Self {
        Self::Set(it.to_owned())
    }
}

impl<T: fmt::Debug> fmt::Debug for Auto<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set(it) => it.fmt(f),
            Self::Unset => f.write_str("Unset"),
        }
    }
}

fn unset() -> Error {
    limits::unstorable("it is unset, and only `create` of a column with `auto` or `default` leaves a value to the database")
}

#[diagnostic::do_not_recommend]
impl<T: Field> Field for Auto<T> {
    const TYPE: SqlType = T::TYPE;
    const NULLABLE: bool = T::NULLABLE;

    fn read(cells: &dyn Cells, at: usize) -> Result<Self> {
        T::read(cells, at).map(Self::Set)
    }

    fn bind(&self, to: &mut dyn Binder) -> Result<()> {
        self.get().ok_or_else(unset)?.bind(to)
    }

    fn to_value(&self) -> Value {
        self.get().map_or(Value::Null, Field::to_value)
    }

    fn from_value(value: Value) -> Result<Self> {
        if value.is_null() { Ok(Self::Unset) } else { T::from_value(value).map(Self::Set) }
    }
}

#[diagnostic::do_not_recommend]
impl<T: Field> DefaultField for Auto<T> {}
#[diagnostic::do_not_recommend]
impl<T: SizedField> SizedField for Auto<T> {}
#[diagnostic::do_not_recommend]
impl<T: DecimalField> DecimalField for Auto<T> {}

#[diagnostic::do_not_recommend]
impl<T: AutoKey> AutoKey for Auto<T> {
    const ZERO_IS_UNSET: bool = false;
}

impl<T: Timestamp> Timestamp for Auto<T> {
    fn at(micros: i64) -> Value {
        T::at(micros)
    }
}

#[cfg(feature = "json")]
impl<T: serde::Serialize> serde::Serialize for Auto<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.get().serialize(serializer)
    }
}

#[cfg(feature = "json")]
impl<'de, T: serde::Deserialize<'de>> serde::Deserialize<'de> for Auto<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        Option::<T>::deserialize(deserializer).map(|it| it.map_or(Self::Unset, Self::Set))
    }
}
