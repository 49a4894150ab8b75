//! Models whose type is forgotten.

use std::any::Any;
use std::fmt;

use crate::error::Result;
use crate::expr::Column;
use crate::schema::{Model, ModelMeta};
use crate::value::{Binder, Cells, Field, FromRow, RowRef, Value};

/// A record of a model that is not known here; what callbacks see.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64, name: String }
/// async fn trim_names(cx: &mut Context) -> orm::Result<()> {
///     for record in cx.records_mut() {
///         if let Some(name) = record.get_mut(User::NAME) {
///             *name = name.trim().to_owned();
///         }
///     }
///     Ok(())
/// }
/// ```
pub trait Record: Any + Send + Sync {
    /// The table, its columns and indexes.
    fn meta(&self) -> &'static ModelMeta;
    /// The field of a column, by position.
    fn value_at(&self, at: usize) -> Value;
    /// Sets the field of a column, by position.
    ///
    /// # Errors
    /// [`Error::Decode`](crate::Error::Decode) where the value is of another kind.
    fn set_value_at(&mut self, at: usize, value: Value) -> Result<()>;
    /// Sets the fields of several columns, by position.
    ///
    /// # Errors
    /// [`Error::Decode`](crate::Error::Decode) where a value is of another kind.
    fn set_values_at(&mut self, values: Vec<(usize, Value)>) -> Result<()> {
        values.into_iter().try_for_each(|(at, value)| self.set_value_at(at, value))
    }
    #[doc(hidden)]
    fn check_values_at(&self, values: &[(usize, Value)]) -> Result<()> {
        let _ = values;
        Ok(())
    }
    #[doc(hidden)]
    fn bind_at(&self, at: usize, to: &mut dyn Binder) -> Result<()>;
    #[doc(hidden)]
    fn field_at(&self, at: usize) -> &dyn Any;
    #[doc(hidden)]
    fn field_mut_at(&mut self, at: usize) -> &mut dyn Any;
    #[doc(hidden)]
    fn refill_from(&mut self, row: &RowRef<'_>) -> Result<()>;
    #[doc(hidden)]
    fn hooks(&self) -> Option<&'static (dyn Any + Send + Sync)>;
}

impl<M: Model> Record for M {
    fn meta(&self) -> &'static ModelMeta {
        M::META
    }

    fn value_at(&self, at: usize) -> Value {
        self.value(at)
    }

    fn set_value_at(&mut self, at: usize, value: Value) -> Result<()> {
        self.set_value(at, value).map_err(|error| error.in_column(format_args!("{}.{}", M::META.name, M::META.fields[at].name)))
    }

    fn set_values_at(&mut self, values: Vec<(usize, Value)>) -> Result<()> {
        self.set_values(values)
    }

    fn check_values_at(&self, values: &[(usize, Value)]) -> Result<()> {
        self.check_values(values)
    }

    fn bind_at(&self, at: usize, to: &mut dyn Binder) -> Result<()> {
        self.bind(at, to)
    }

    fn field_at(&self, at: usize) -> &dyn Any {
        self.field(at)
    }

    fn field_mut_at(&mut self, at: usize) -> &mut dyn Any {
        self.field_mut(at)
    }

    fn refill_from(&mut self, row: &RowRef<'_>) -> Result<()> {
        self.refill(row)
    }

    fn hooks(&self) -> Option<&'static (dyn Any + Send + Sync)> {
        M::hooks()
    }
}

impl dyn Record {
    /// The field of a column; `None` where the record is of another model. A
    /// field in an embedded struct that is an `Option`, or one with an encoding,
    /// has another type than its column: see `value_of`.
    #[must_use]
    pub fn get<M: Model, T: Field>(&self, column: Column<M, T>) -> Option<&T> {
        self.is_a::<M>().then(|| self.field_at(column.position()))?.downcast_ref()
    }

    /// The field of a column, to change; `None` where the record is of another model.
    pub fn get_mut<M: Model, T: Field>(&mut self, column: Column<M, T>) -> Option<&mut T> {
        if !self.is_a::<M>() {
            return None;
        }
        self.field_mut_at(column.position()).downcast_mut()
    }

    /// The value of a column, also of one with an encoding or in an embedded
    /// struct that is `None`; `None` where the record is of another model.
    #[must_use]
    pub fn value_of<M: Model, T: Field>(&self, column: Column<M, T>) -> Option<T> {
        self.is_a::<M>().then(|| T::from_value(self.value_at(column.position())).ok())?
    }

    /// Sets the field of a column; `false` where the record is of another model,
    /// or has no room for it: an embedded struct that is `None` is set as a whole.
    #[must_use = "`false` says that nothing was set"]
    pub fn set<M: Model, T: Field>(&mut self, column: Column<M, T>, value: T) -> bool {
        if let Some(it) = self.get_mut(column) {
            *it = value;
            return true;
        }
        self.is_a::<M>() && self.set_value_at(column.position(), value.to_value()).is_ok()
    }

    /// The field of a column, by the name of the column or of the field.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`](crate::Error::UnknownColumn) with the names there are.
    pub fn get_by_name(&self, name: &str) -> Result<Value> {
        Ok(self.value_at(self.meta().position(name)?))
    }

    /// Sets the field of a column, by the name of the column or of the field.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`](crate::Error::UnknownColumn) with the names there are;
    /// [`Error::Decode`](crate::Error::Decode) where the value is of another kind.
    pub fn set_by_name(&mut self, name: &str, value: impl Into<Value>) -> Result<()> {
        self.set_value_at(self.meta().position(name)?, value.into())
    }

    /// Whether it is a record of this model.
    #[must_use]
    pub fn is_a<M: Model>(&self) -> bool {
        let any: &dyn Any = self;
        any.is::<M>()
    }
}

impl fmt::Debug for dyn Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.meta().name)
    }
}

/// Records, or rows, of one type that is not known here.
pub trait RecordSet: Any + Send + Sync {
    /// How many there are.
    fn len(&self) -> usize;
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// One of them; `None` where they are rows, not records.
    fn record(&self, _at: usize) -> Option<&dyn Record> {
        None
    }
    /// One of them, to change; `None` where they are rows, not records.
    fn record_mut(&mut self, _at: usize) -> Option<&mut dyn Record> {
        None
    }
    /// All records, to change; none where they are rows.
    fn records_mut(&mut self) -> Box<dyn Iterator<Item = &mut dyn Record> + Send + '_> {
        Box::new(std::iter::empty())
    }
    /// What the last of them is sorted by, if it is by these columns.
    #[doc(hidden)]
    fn place(&self, columns: &[usize]) -> Vec<Value> {
        let last = self.len().checked_sub(1).and_then(|at| self.record(at));
        last.map_or_else(Vec::new, |record| columns.iter().map(|&at| record.value_at(at)).collect())
    }
    /// The set that answers of callbacks can replace.
    #[doc(hidden)]
    fn answerable(&mut self) -> &mut dyn Any;
    /// Where the columns stand that are read by name; called once per result of SQL text.
    #[doc(hidden)]
    fn positions(&self, cells: &dyn Cells) -> Result<Vec<usize>>;
    /// Reads a row and appends it.
    #[doc(hidden)]
    fn push(&mut self, row: &RowRef<'_>) -> Result<()>;
    /// Removes all rows.
    #[doc(hidden)]
    fn clear(&mut self);
}

/// Records of the model `M`.
pub struct Records<M>(pub Vec<M>);

impl<M> fmt::Debug for Records<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Records({})", self.0.len())
    }
}

impl<M: Model> RecordSet for Records<M> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn record(&self, at: usize) -> Option<&dyn Record> {
        self.0.get(at).map(|it| it as &dyn Record)
    }

    fn record_mut(&mut self, at: usize) -> Option<&mut dyn Record> {
        self.0.get_mut(at).map(|it| it as &mut dyn Record)
    }

    fn records_mut(&mut self) -> Box<dyn Iterator<Item = &mut dyn Record> + Send + '_> {
        Box::new(self.0.iter_mut().map(|it| it as &mut dyn Record))
    }

    fn answerable(&mut self) -> &mut dyn Any {
        self
    }

    fn positions(&self, cells: &dyn Cells) -> Result<Vec<usize>> {
        <M as FromRow>::positions(cells)
    }

    fn push(&mut self, row: &RowRef<'_>) -> Result<()> {
        self.0.push(M::from_row(row)?);
        Ok(())
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

/// No records, and none are taken: what stands where those of a statement were taken from.
pub(crate) struct NoRecords;

impl RecordSet for NoRecords {
    fn len(&self) -> usize {
        0
    }

    fn answerable(&mut self) -> &mut dyn Any {
        self
    }

    fn positions(&self, _: &dyn Cells) -> Result<Vec<usize>> {
        Ok(Vec::new())
    }

    fn push(&mut self, _: &RowRef<'_>) -> Result<()> {
        Ok(())
    }

    fn clear(&mut self) {}
}

/// Rows that are not records: tuples, single columns, figures.
pub struct Rows<T>(pub Vec<T>);

impl<T> fmt::Debug for Rows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rows({})", self.0.len())
    }
}

impl<T: FromRow> RecordSet for Rows<T> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn answerable(&mut self) -> &mut dyn Any {
        self
    }

    fn positions(&self, cells: &dyn Cells) -> Result<Vec<usize>> {
        T::positions(cells)
    }

    fn push(&mut self, row: &RowRef<'_>) -> Result<()> {
        self.0.push(T::from_row(row)?);
        Ok(())
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}
