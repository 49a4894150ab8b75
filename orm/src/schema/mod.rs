//! WHAT the data is: models, their columns and indexes, as constants.
//!
//! Knows nothing of expressions, statements or databases. Everything here is
//! written by `#[derive(Model)]` and lives in the program's read-only data:
//! looking at it allocates nothing.

mod names;
mod embedded;
pub mod flatten;
mod generated;
mod key;
mod rules;
mod table_name;

pub use self::embedded::{Behind, ColumnsAt, Embedded, EmbeddedKey, Part, Place, no_column_in, positions_of_part, take_part};
pub use self::key::{KeyOf, Keyed};
pub use self::table_name::TableName;

pub(crate) use self::table_name::shorten;

use std::any::Any;
use std::fmt;

use crate::error::{Error, Result};
use crate::value::{AnyField, Binder, Cells, FromRow, RowRef, SqlType, Value, position_of};

/// A struct whose values are rows of a table. Derive it.
///
/// The methods are for the generated code and for this crate; programs use the
/// columns (`User::NAME`) and, in callbacks, `dyn Record`.
///
/// ```
/// use orm::prelude::*;
///
/// #[derive(Debug, Model)]
/// struct User { #[orm(key, auto)] id: i64, name: String }
///
/// /// What a record holds, whatever its model is.
/// fn values<M: Model>(record: &M) -> Vec<(&'static str, orm::Value)> {
///     M::META.fields.iter().enumerate().map(|(at, field)| (field.name, record.value(at))).collect()
/// }
///
/// let ann = User { id: 1, name: "ann".into() };
/// assert_eq!(values(&ann), [("id", orm::Value::I64(1)), ("name", "ann".into())]);
/// ```
#[diagnostic::on_unimplemented(message = "`{Self}` is not a model", label = "not a model", note = "add `#[derive(Model)]` to it")]
pub trait Model: FromRow {
    /// The table, its columns and indexes.
    const META: &'static ModelMeta;

    /// Reads a row that has the columns in the order of [`ModelMeta::fields`]
    /// into this record; fields that are no columns stay.
    ///
    /// # Errors
    /// [`Error::Decode`] where a column holds something else; the record is then
    /// as it was.
    fn refill(&mut self, row: &RowRef<'_>) -> Result<()> {
        *self = Self::from_row(row)?;
        Ok(())
    }

    /// Hands the field of a column to a driver.
    ///
    /// # Errors
    /// [`Error::Unstorable`] where the column has no room for it.
    fn bind(&self, at: usize, to: &mut dyn Binder) -> Result<()> {
        self.any_field(at).bind_any(to)
    }

    /// The field of a column, without its type.
    fn value(&self, at: usize) -> Value {
        self.any_field(at).any_value()
    }

    /// Sets the field of a column.
    ///
    /// # Errors
    /// [`Error::Decode`] where the value is of another kind.
    fn set_value(&mut self, at: usize, value: Value) -> Result<()> {
        self.any_field_mut(at).set_any(value)
    }

    /// Sets the fields of several columns.
    ///
    /// # Errors
    /// [`Error::Decode`] with the name of the field where a value is of another kind.
    fn set_values(&mut self, values: Vec<(usize, Value)>) -> Result<()> {
        let named = |at: usize| move |error: Error| error.in_column(format_args!("{}.{}", Self::META.name, Self::META.fields[at].name));
        values.into_iter().try_for_each(|(at, value)| self.set_value(at, value).map_err(named(at)))
    }

    /// For generated code: whether embedded structs take these values.
    ///
    /// # Errors
    /// [`Error::Decode`] where one would be there only in part.
    #[doc(hidden)]
    fn check_values(&self, values: &[(usize, Value)]) -> Result<()> {
        let _ = values;
        Ok(())
    }

    /// The field of a column.
    fn field(&self, at: usize) -> &dyn Any {
        self.any_field(at).as_any()
    }

    /// The field of a column, to change.
    fn field_mut(&mut self, at: usize) -> &mut dyn Any {
        self.any_field_mut(at).as_any_mut()
    }

    /// For generated code: the field of a column that is stored as what it is.
    #[doc(hidden)]
    fn any_field(&self, at: usize) -> &dyn AnyField {
        Self::META.no_column_at(at)
    }

    /// For generated code: the field of such a column, to change.
    #[doc(hidden)]
    fn any_field_mut(&mut self, at: usize) -> &mut dyn AnyField {
        Self::META.no_column_at(at)
    }

    /// The table of the model's hooks, for those who know what it is.
    #[must_use]
    fn hooks() -> Option<&'static (dyn Any + Send + Sync)> {
        None
    }
}

/// What is known of a model at compile time.
///
/// ```
/// use orm::prelude::*;
///
/// #[derive(Model)]
/// struct Patient { #[orm(key, auto)] id: i64, name: String }
///
/// const META: &orm::ModelMeta = <Patient as Model>::META;
/// assert_eq!(META.table, "patients");
/// assert_eq!(META.fields[1].column, "name");
/// ```
#[non_exhaustive]
pub struct ModelMeta {
    /// The name of the struct.
    pub name: &'static str,
    /// The schema the table is in, where one was given.
    pub schema: Option<&'static str>,
    /// The table.
    pub table: &'static str,
    /// The columns, in the order of the fields.
    pub fields: &'static [FieldMeta],
    /// The positions of the key's columns in `fields`.
    pub key: &'static [usize],
    /// The position of the column that the database numbers.
    pub auto: Option<usize>,
    /// The indexes, without the key and without single unique columns.
    pub indexes: &'static [IndexMeta],
    /// The named database it lives in, where it says one; see [`databases`](crate::databases).
    pub database: Option<&'static str>,
}

/// What is known of a column at compile time.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct FieldMeta {
    /// The name of the field.
    pub name: &'static str,
    /// The name of the column.
    pub column: &'static str,
    /// What it holds.
    pub ty: SqlType,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Whether it is part of the key.
    pub key: bool,
    /// Whether the database numbers it.
    pub auto: bool,
    /// Whether the database numbers it also where it is zero, and not only where it is unset.
    pub zero_is_unset: bool,
    /// Whether no two records may have the same value.
    pub unique: bool,
    /// Whether it is part of an index; databases with typed lengths bound it then.
    pub indexed: bool,
    /// When the time of a change is written to it.
    pub stamp: Option<Stamp>,
    /// Its type as the model writes it, for tables that are created.
    pub column_type: Option<&'static str>,
    /// The SQL of the value that the database gives where the field has none.
    pub default: Option<&'static str>,
    /// The SQL of a condition that every record fulfils.
    pub check: Option<&'static str>,
    /// What it is for, in the database's own catalogue.
    pub comment: Option<&'static str>,
    /// When it is written and read.
    pub access: Access,
    /// The SQL around a value of it that is written or compared, with a `?` in its place.
    pub to_sql: Option<&'static str>,
    /// The SQL around the column where it is read, with a `?` in its place.
    pub from_sql: Option<&'static str>,
    /// Whether nothing may show its values, callbacks neither: a text that has
    /// values in it where they are asked for has `'***'` in their place.
    pub sensitive: bool,
}

/// When a column is written and read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Access {
    /// Whether it is sent with new records.
    pub create: bool,
    /// Whether it is sent with changes.
    pub update: bool,
    /// Whether it is read.
    pub read: bool,
}

/// A column that holds the time of a change.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Stamp {
    /// Which changes.
    pub when: StampWhen,
    /// Makes the column's value from microseconds since 1970-01-01 in UTC.
    pub value: fn(i64) -> Value,
}

/// Which changes a [`Stamp`] is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StampWhen {
    /// When the record is created, unless the field has a value.
    Created,
    /// When the record is created or changed.
    Updated,
}

/// An index that a model asks for.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct IndexMeta {
    /// Its name.
    pub name: &'static str,
    /// The positions of its columns in [`ModelMeta::fields`].
    pub fields: &'static [usize],
    /// Whether no two records may have the same values in it.
    pub unique: bool,
}

impl ModelMeta {
    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(
        name: &'static str,
        schema: Option<&'static str>,
        table: &'static str,
        fields: &'static [FieldMeta],
        key: &'static [usize],
        auto: Option<usize>,
        indexes: &'static [IndexMeta],
    ) -> Self {
        Self { name, schema, table, fields, key, auto, indexes, database: None }
    }

    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn in_database(self, name: &'static str) -> Self {
        Self { database: Some(name), ..self }
    }

    /// For generated code: where the columns stand in a result of SQL text.
    ///
    /// Databases differ in how they write the names of a result, so a name in
    /// another case is good enough where there is none in the same.
    ///
    /// # Errors
    /// [`Error::MissingColumn`] with the names there are.
    #[doc(hidden)]
    pub fn positions_in(&self, cells: &dyn Cells) -> Result<Vec<usize>> {
        // What is never read needs no place.
        self.fields.iter().map(|it| if it.access.read { position_of(cells, self.name, it.column) } else { Ok(0) }).collect()
    }

    /// For generated code: the end of a look-up by a position that no column has.
    ///
    /// # Panics
    /// Always; positions come from [`fields`](Self::fields).
    #[doc(hidden)]
    #[cold]
    #[track_caller]
    pub fn no_column_at(&self, at: usize) -> ! {
        unreachable!("{} has {} columns, and no position {at}", self.name, self.fields.len())
    }

    /// The positions of the columns that are written when a whole record is.
    /// Where none may be, the key: the database says whether the record is there.
    pub(crate) fn saved(&self) -> impl Iterator<Item = usize> {
        let any = self.fields.iter().any(|it| !it.key && it.access.update);
        let written = move |it: &FieldMeta| if any { !it.key && it.access.update } else { it.key };
        self.fields.iter().enumerate().filter(move |(_, it)| written(it)).map(|(at, _)| at)
    }

    /// Whether each value is sent by itself: a column holds a list, or SQL stands around its values.
    pub(crate) fn is_sent_singly(&self) -> bool {
        self.fields.iter().any(|it| matches!(it.ty, SqlType::Array(_)) || it.to_sql.is_some())
    }

    /// The positions of the key's columns.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # fn f() -> orm::Result<()> {
    /// assert_eq!(<User as Model>::META.require_key("update")?, [0]);
    /// # Ok(()) }
    /// # f().unwrap();
    /// ```
    ///
    /// # Errors
    /// [`Error::NoKey`] where there is none.
    pub fn require_key(&self, operation: &'static str) -> Result<&'static [usize]> {
        if self.key.is_empty() { Err(Error::NoKey { model: self.name, operation }) } else { Ok(self.key) }
    }
}

impl IndexMeta {
    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(name: &'static str, fields: &'static [usize], unique: bool) -> Self {
        Self { name, fields, unique }
    }
}

/// Two models are the same if they are of the same name and table.
impl PartialEq for ModelMeta {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || (self.name, self.schema, self.table) == (other.name, other.schema, other.table)
    }
}

impl fmt::Debug for ModelMeta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name, self.table)
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.when.fmt(f)
    }
}
