//! Structs whose fields are columns of the models they are embedded in.

use std::any::Any;
use std::marker::PhantomData;

use crate::error::Result;
use crate::schema::{FieldMeta, IndexMeta, ModelMeta};
use crate::value::{Binder, Cells, RowRef, Value, position_of};

/// A struct whose fields are columns of the models it is embedded in. Derive it,
/// and `Clone` beside it.
///
/// The methods are for the generated code.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be embedded in a model",
    label = "expected a struct with `#[derive(Embedded)]`, or an `Option` of one",
    note = "a field that is one column needs no `embedded`"
)]
pub trait Embedded: Sized + 'static {
    /// The columns, in the order of the fields, with the names they have here.
    const FIELDS: &'static [FieldMeta];
    /// The indexes; those without a name get one of the model.
    const INDEXES: &'static [IndexMeta];
    /// How many columns there are.
    const COUNT: usize = Self::FIELDS.len();
    /// Whether all columns may be NULL, together.
    const OPTIONAL: bool = false;
    /// The columns as those of the model `M`: a struct with the same fields.
    type Columns<M>;
    /// The same, where it is embedded as an `Option`.
    type OptionalColumns<M>;

    /// For generated code: reads it from a row.
    ///
    /// # Errors
    /// [`Error::Decode`](crate::Error::Decode) where a column holds something else.
    #[doc(hidden)]
    fn read(row: &RowRef<'_>, place: Part) -> Result<Self>;

    /// For generated code: reads what is read of it from a row.
    ///
    /// # Errors
    /// [`Error::Decode`](crate::Error::Decode) where a column holds something else.
    #[doc(hidden)]
    fn refill(&mut self, row: &RowRef<'_>, place: Part) -> Result<()>;

    /// For generated code: a copy with what is read of it from a row.
    ///
    /// # Errors
    /// [`Error::Decode`](crate::Error::Decode) where a column holds something else.
    #[doc(hidden)]
    fn refilled(&self, row: &RowRef<'_>, place: Part) -> Result<Self>;

    /// For generated code: makes it of the values of all its columns.
    ///
    /// # Errors
    /// [`Error::Decode`](crate::Error::Decode) where a value is of another kind.
    #[doc(hidden)]
    fn from_values(values: &[Value], place: Part) -> Result<Self>;

    /// For generated code: sets columns.
    ///
    /// # Errors
    /// [`Error::Decode`](crate::Error::Decode) where a value is of another kind.
    #[doc(hidden)]
    fn set_values(&mut self, values: Vec<(usize, Value)>, place: Part) -> Result<()>;

    /// For generated code: whether columns could be set.
    ///
    /// # Errors
    /// As of `set_values`.
    #[doc(hidden)]
    fn check_values(&self, values: Vec<(usize, Value)>, place: Part) -> Result<()>;

    /// For generated code: hands a field to a driver.
    ///
    /// # Errors
    /// [`Error::Unstorable`](crate::Error::Unstorable) where the column has no room for it.
    #[doc(hidden)]
    fn bind(&self, at: usize, to: &mut dyn Binder) -> Result<()>;

    #[doc(hidden)]
    fn value(&self, at: usize) -> Value;
    #[doc(hidden)]
    fn field(&self, at: usize) -> &dyn Any;
    #[doc(hidden)]
    fn field_mut(&mut self, at: usize) -> &mut dyn Any;
}

/// An embedded struct that holds the key of its models: `#[orm(embedded, key)]`.
/// The derive implements it where a field has `key`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no key",
    label = "expected a struct with a key in it",
    note = "a field of it has `#[orm(key)]`"
)]
pub trait EmbeddedKey: Embedded {
    /// The type of the key.
    type Key;
}

/// For generated code: the columns of an embedded struct, where they stand in a
/// model. A constant of a trait, for what has no such columns is then no second
/// error.
#[doc(hidden)]
pub trait ColumnsAt<P> {
    const COLUMNS: Self;
}

/// Of what is embedded in name only, because it is wrong.
impl<P> ColumnsAt<P> for () {
    const COLUMNS: Self = ();
}

/// A position in a model, as a type.
#[doc(hidden)]
pub trait Place {
    const AT: usize;
}

impl Place for () {
    const AT: usize = 0;
}

/// The position that is `N` behind another.
#[doc(hidden)]
#[derive(Debug)]
pub struct Behind<P, const N: usize>(PhantomData<P>);

impl<P: Place, const N: usize> Place for Behind<P, N> {
    const AT: usize = P::AT + N;
}

/// Where the columns of an embedded struct stand among those of its model.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// The name of what it is embedded in, for messages.
    model: &'static str,
    /// The field of a row that it is, for messages; the fields of a model say it themselves.
    within: &'static str,
    fields: &'static [FieldMeta],
    first: usize,
}

impl Part {
    /// All columns of a model.
    #[must_use]
    pub fn of(model: &'static ModelMeta) -> Self {
        Self { model: model.name, within: "", fields: model.fields, first: 0 }
    }

    /// Columns that stand in a row from a position on.
    #[must_use]
    pub fn of_row(row: &'static str, within: &'static str, fields: &'static [FieldMeta], first: usize) -> Self {
        Self { model: row, within, fields, first }
    }

    /// Some of these columns.
    #[must_use]
    pub fn part(self, from: usize, count: usize) -> Self {
        Self { fields: &self.fields[from..from + count], first: self.first + from, ..self }
    }

    /// Where a column stands in the cells of a row.
    #[must_use]
    pub fn place(self, row: &RowRef<'_>, at: usize) -> usize {
        row.place(self.first + at)
    }

    /// Puts the name of a field into the error of reading it.
    ///
    /// # Errors
    /// The same, with the name.
    pub fn named<T>(self, at: usize, read: Result<T>) -> Result<T> {
        let (name, dot) = (self.fields[at].name, if self.within.is_empty() { "" } else { "." });
        read.map_err(|error| error.in_column(format_args!("{}.{}{dot}{name}", self.model, self.within)))
    }

    /// The end of a look-up by a position that no column has.
    pub fn no_column_at(self, at: usize) -> ! {
        no_column_in(self.model, at)
    }
}

/// The end of a look-up by a position that no column has.
///
/// # Panics
/// Always; positions come from the fields.
#[doc(hidden)]
#[cold]
#[track_caller]
pub fn no_column_in(name: &str, at: usize) -> ! {
    unreachable!("{name} has no column at {at}")
}

/// Takes out of the values those of the columns of an embedded struct.
#[doc(hidden)]
pub fn take_part(values: &mut Vec<(usize, Value)>, from: usize, count: usize) -> Vec<(usize, Value)> {
    let within = |at: usize| (from..from + count).contains(&at);
    let (part, rest) = std::mem::take(values).into_iter().partition(|(at, _)| within(*at));
    *values = rest;
    let mut part: Vec<(usize, Value)> = part;
    part.iter_mut().for_each(|(at, _)| *at -= from);
    part
}

/// For generated code: where the columns of an embedded struct stand in a result.
///
/// # Errors
/// [`Error::MissingColumn`](crate::Error::MissingColumn) with the names there are.
#[doc(hidden)]
pub fn positions_of_part(cells: &dyn Cells, row: &'static str, prefix: &str, fields: &[FieldMeta]) -> Result<Vec<usize>> {
    let position = |it: &FieldMeta| position_of(cells, row, &format!("{prefix}{}", it.column));
    // What is never read needs no place.
    fields.iter().map(|it| if it.access.read { position(it) } else { Ok(0) }).collect()
}

/// `None` is NULL in all columns.
impl<T: Embedded> Embedded for Option<T> {
    const FIELDS: &'static [FieldMeta] = T::FIELDS;
    const INDEXES: &'static [IndexMeta] = T::INDEXES;
    const OPTIONAL: bool = true;
    type Columns<M> = T::OptionalColumns<M>;
    type OptionalColumns<M> = T::OptionalColumns<M>;

    fn read(row: &RowRef<'_>, place: Part) -> Result<Self> {
        if all_null::<T>(row, place)? { Ok(None) } else { T::read(row, place).map(Some) }
    }

    fn refill(&mut self, row: &RowRef<'_>, place: Part) -> Result<()> {
        match self {
            Some(it) if !all_null::<T>(row, place)? => it.refill(row, place),
            _ => {
                *self = Self::read(row, place)?;
                Ok(())
            }
        }
    }

    fn refilled(&self, row: &RowRef<'_>, place: Part) -> Result<Self> {
        match self {
            Some(it) if !all_null::<T>(row, place)? => it.refilled(row, place).map(Some),
            _ => Self::read(row, place),
        }
    }

    fn from_values(values: &[Value], place: Part) -> Result<Self> {
        if values.iter().all(Value::is_null) { Ok(None) } else { T::from_values(values, place).map(Some) }
    }

    fn set_values(&mut self, values: Vec<(usize, Value)>, place: Part) -> Result<()> {
        let all = all_values(self, &values);
        match self {
            Some(it) if !all.iter().all(Value::is_null) => it.set_values(values, place),
            _ => {
                *self = Self::from_values(&all, place)?;
                Ok(())
            }
        }
    }

    fn check_values(&self, values: Vec<(usize, Value)>, place: Part) -> Result<()> {
        let all = all_values(self, &values);
        match self {
            Some(it) if !all.iter().all(Value::is_null) => it.check_values(values, place),
            _ => Self::from_values(&all, place).map(drop),
        }
    }

    fn bind(&self, at: usize, to: &mut dyn Binder) -> Result<()> {
        match self {
            Some(it) => it.bind(at, to),
            None => to.null(Some(T::FIELDS[at].ty)),
        }
    }

    fn value(&self, at: usize) -> Value {
        self.as_ref().map_or(Value::Null, |it| it.value(at))
    }

    // Without it there is no field; its own type is not that of a column.
    fn field(&self, at: usize) -> &dyn Any {
        match self {
            Some(it) => it.field(at),
            None => self,
        }
    }

    fn field_mut(&mut self, at: usize) -> &mut dyn Any {
        match self {
            Some(it) => it.field_mut(at),
            none => none,
        }
    }
}

/// Whether a row has nothing of it. What is never read says nothing.
/// The values of all columns, some of them new.
fn all_values<T: Embedded>(it: &Option<T>, new: &[(usize, Value)]) -> Vec<Value> {
    let mut all: Vec<Value> = (0..T::COUNT).map(|at| it.value(at)).collect();
    for (at, value) in new {
        all[*at] = value.clone();
    }
    all
}

fn all_null<T: Embedded>(row: &RowRef<'_>, place: Part) -> Result<bool> {
    for (at, field) in T::FIELDS.iter().enumerate() {
        if field.access.read && !row.cells().is_null(place.place(row, at))? {
            return Ok(false);
        }
    }
    Ok(true)
}
