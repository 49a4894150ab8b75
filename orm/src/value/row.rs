//! One row, borrowed from a driver.

use crate::error::{Error, Result};
use crate::value::field::unexpected;
use crate::value::{Field, SqlType, Value, json_array};

/// The cells of one row; drivers implement it.
///
/// Every method takes a position that is smaller than [`len`](Self::len), and
/// fails with [`Error::Decode`] where the cell holds something else or NULL.
///
/// ```
/// use orm::Cells;
///
/// /// A truth value that an older program stored as `Y` and `N`.
/// fn yes_or_no(cells: &dyn Cells, at: usize) -> orm::Result<bool> {
///     Ok(cells.text(at)? == "Y")
/// }
/// ```
///
/// # Errors
/// [`Error::Decode`] where the cell holds something else.
#[allow(clippy::missing_errors_doc, reason = "said once, above")]
pub trait Cells {
    /// How many columns there are.
    fn len(&self) -> usize;
    /// Whether there is no column.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The name of a column.
    fn name(&self, at: usize) -> &str;
    /// Whether a cell is NULL.
    fn is_null(&self, at: usize) -> Result<bool>;
    /// Reads a truth value.
    fn bool(&self, at: usize) -> Result<bool>;
    /// Reads an integer of any size.
    fn i64(&self, at: usize) -> Result<i64>;
    /// Reads a floating-point number.
    fn f64(&self, at: usize) -> Result<f64>;
    /// Reads an integer that is not negative.
    fn u64(&self, at: usize) -> Result<u64> {
        let it = self.i64(at)?;
        u64::try_from(it).map_err(|_| unexpected("u64", "an integer that is out of range"))
    }
    /// Reads a floating-point number that 32 bits hold exactly.
    fn f32(&self, at: usize) -> Result<f32> {
        let it = self.f64(at)?;
        #[allow(clippy::cast_possible_truncation, reason = "what is not exact is refused")]
        let small = it as f32;
        if f64::from(small) == it { Ok(small) } else { Err(unexpected("f32", "a number that no f32 holds exactly")) }
    }
    /// Reads text.
    fn text(&self, at: usize) -> Result<&str>;
    /// Reads bytes.
    fn bytes(&self, at: usize) -> Result<&[u8]>;
    /// Reads an instant.
    #[cfg(feature = "chrono")]
    fn date_time(&self, at: usize) -> Result<chrono::DateTime<chrono::Utc>>;
    /// Reads a date and time without a zone.
    #[cfg(feature = "chrono")]
    fn naive_date_time(&self, at: usize) -> Result<chrono::NaiveDateTime>;
    /// Reads a date.
    #[cfg(feature = "chrono")]
    fn date(&self, at: usize) -> Result<chrono::NaiveDate>;
    /// Reads a time of day.
    #[cfg(feature = "chrono")]
    fn time(&self, at: usize) -> Result<chrono::NaiveTime>;
    /// Reads a UUID.
    fn uuid(&self, at: usize) -> Result<[u8; 16]> {
        let bytes = self.bytes(at)?;
        bytes.try_into().map_err(|_| unexpected("a UUID", format!("{} bytes instead of 16", bytes.len())))
    }
    /// Reads the text of a JSON document.
    fn json(&self, at: usize) -> Result<&str> {
        self.text(at)
    }
    /// How many bytes of text, or of others that have no fixed length, a cell holds; 0 if it
    /// is not known.
    #[doc(hidden)]
    fn bytes_in(&self, at: usize) -> usize {
        let _ = at;
        0
    }
    /// What a cell of a column of this type is sorted by, where that is finer than
    /// what is read of it.
    #[doc(hidden)]
    fn finer(&self, ty: SqlType, at: usize) -> Result<Option<Value>> {
        let _ = (ty, at);
        Ok(None)
    }
    /// Reads a list: calls `each` with the cells that hold the elements, and
    /// the position of each.
    fn array(&self, at: usize, each: &mut dyn FnMut(&dyn Cells, usize) -> Result<()>) -> Result<()> {
        json_array::read(self.text(at)?, each)
    }
    /// Reads a decimal.
    #[cfg(feature = "rust_decimal")]
    fn decimal(&self, at: usize) -> Result<rust_decimal::Decimal>;
}

/// One row of a result, borrowed from a driver.
#[derive(Clone, Copy)]
pub struct RowRef<'r> {
    cells: &'r dyn Cells,
    /// Where the columns of raw SQL stand; `None` where we named them.
    positions: Option<&'r [usize]>,
}

impl std::fmt::Debug for RowRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries((0..self.cells.len()).map(|at| self.cells.name(at))).finish()
    }
}

impl<'r> RowRef<'r> {
    /// A row whose columns stand in the order in which they are read.
    #[must_use]
    pub fn new(cells: &'r dyn Cells) -> Self {
        Self { cells, positions: None }
    }

    /// The same row, whose column number `n` stands at `positions[n]`.
    #[must_use]
    pub fn mapped(self, positions: &'r [usize]) -> Self {
        Self { positions: Some(positions), ..self }
    }

    /// Reads the column at a position.
    ///
    /// ```
    /// use orm::{Cells, FromRow, RowRef};
    ///
    /// /// Two columns, by position.
    /// struct Pair(i64, String);
    ///
    /// impl FromRow for Pair {
    ///     fn positions(_: &dyn Cells) -> orm::Result<Vec<usize>> { Ok(Vec::new()) }
    ///     fn from_row(row: &RowRef<'_>) -> orm::Result<Self> { Ok(Self(row.get(0)?, row.get(1)?)) }
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::Decode`] where the column holds something else, or there are not so many.
    pub fn get<T: Field>(&self, at: usize) -> Result<T> {
        let known = self.positions.map_or(self.cells.len(), <[usize]>::len);
        if at >= known {
            let column = format!("column {}", at + 1);
            return Err(Error::Decode { column, expected: std::any::type_name::<T>(), found: format!("{known} columns to read") });
        }
        self.cell(at)
    }

    /// The same where it is known that there is such a column.
    fn cell<T: Field>(&self, at: usize) -> Result<T> {
        let at = self.place(at);
        T::read(self.cells, at).map_err(|error| error.in_column(format_args!("column {} (`{}`)", at + 1, self.cells.name(at))))
    }

    /// Reads the column at a position into a field that has a name.
    ///
    /// ```
    /// # use orm::RowRef;
    /// fn name(row: &RowRef<'_>) -> orm::Result<String> {
    ///     row.field(1, "User", "name")
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::Decode`] with that name where the column holds something else.
    pub fn field<T: Field>(&self, at: usize, model: &'static str, name: &'static str) -> Result<T> {
        named(model, name, T::read(self.cells, self.place(at)))
    }

    /// For generated code: where the column at a position stands in [`cells`](Self::cells).
    #[doc(hidden)]
    #[must_use]
    pub fn place(&self, at: usize) -> usize {
        self.positions.map_or(at, |it| it[at])
    }

    /// The cells as the driver has them.
    #[must_use]
    pub fn cells(&self) -> &'r dyn Cells {
        self.cells
    }
}

/// For generated code: puts the name of a field into the error of reading it.
///
/// [`RowRef::field`] in two parts: with its bound on the type, a type that no
/// column can hold would be reported twice.
#[doc(hidden)]
pub fn named<T>(model: &'static str, name: &'static str, read: Result<T>) -> Result<T> {
    read.map_err(|error| error.in_column(format_args!("{model}.{name}")))
}

/// What a row of raw SQL can be read into: a model, a tuple of fields, or one
/// field.
#[diagnostic::on_unimplemented(
    message = "a row cannot be read into `{Self}`",
    label = "expected a model, a row, a tuple of fields, or a field",
    note = "add `#[derive(Row)]` to a struct whose fields are the columns"
)]
///
/// ```
/// use orm::prelude::*;
///
/// #[derive(Row)]
/// struct Size { site: String, visits: i64 }
///
/// # async fn f(db: &Session) -> orm::Result<()> {
/// let sizes: Vec<Size> = db.raw("SELECT site, count(*) AS visits FROM visits GROUP BY site", ()).fetch().await?;
/// let pairs: Vec<(String, i64)> = db.raw("SELECT site, count(*) FROM visits GROUP BY site", ()).fetch().await?;
/// let sites: Vec<String> = db.raw("SELECT DISTINCT site FROM visits", ()).fetch().await?;
/// # Ok(()) }
/// ```
pub trait FromRow: Sized + Send + Sync + 'static {
    /// Where the columns stand that this type reads by name; empty for types
    /// that read by position. Called once per result.
    ///
    /// # Errors
    /// [`Error::MissingColumn`] or [`Error::Decode`] where the columns do not fit.
    fn positions(cells: &dyn Cells) -> Result<Vec<usize>>;

    /// Reads one row.
    ///
    /// # Errors
    /// [`Error::Decode`] where a column holds something else.
    fn from_row(row: &RowRef<'_>) -> Result<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Field> FromRow for T {
    fn positions(cells: &dyn Cells) -> Result<Vec<usize>> {
        expect_columns(cells, 1)
    }

    fn from_row(row: &RowRef<'_>) -> Result<Self> {
        row.cell(0)
    }
}

macro_rules! tuples {
    ($(($($name:ident $at:tt)+) $count:literal)+) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($name: Field),+> FromRow for ($($name,)+) {
            fn positions(cells: &dyn Cells) -> Result<Vec<usize>> {
                expect_columns(cells, $count)
            }

            fn from_row(row: &RowRef<'_>) -> Result<Self> {
                Ok(($(row.cell::<$name>($at)?,)+))
            }
        }
    )+};
}

tuples! {
    (A 0) 1
    (A 0 B 1) 2
    (A 0 B 1 C 2) 3
    (A 0 B 1 C 2 D 3) 4
    (A 0 B 1 C 2 D 3 E 4) 5
    (A 0 B 1 C 2 D 3 E 4 F 5) 6
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6) 7
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7) 8
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8) 9
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9) 10
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10) 11
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11) 12
}

/// For generated code: where columns stand in a result; `usize::MAX` for those
/// that may be missing and are.
///
/// Databases differ in how they write the names of a result, so a name in
/// another case is good enough where there is none in the same.
#[doc(hidden)]
pub fn positions_of(cells: &dyn Cells, row: &'static str, columns: &[(&'static str, bool)]) -> Result<Vec<usize>> {
    columns
        .iter()
        .map(|&(column, may_miss)| position_of(cells, row, column).or_else(|error| if may_miss { Ok(usize::MAX) } else { Err(error) }))
        .collect()
}

/// Where a column stands in a result.
pub(crate) fn position_of(cells: &dyn Cells, row: &'static str, column: &str) -> Result<usize> {
    let find = |fits: &dyn Fn(&str) -> bool| (0..cells.len()).find(|it| fits(cells.name(*it)));
    find(&|it| it == column).or_else(|| find(&|it| it.eq_ignore_ascii_case(column))).ok_or_else(|| Error::MissingColumn {
        model: row,
        column: column.to_owned(),
        found: (0..cells.len()).map(|it| cells.name(it)).collect::<Vec<_>>().join(", "),
    })
}

fn expect_columns(cells: &dyn Cells, count: usize) -> Result<Vec<usize>> {
    if cells.len() == count {
        return Ok(Vec::new());
    }
    Err(Error::Decode {
        column: "the row".to_owned(),
        expected: "a tuple with one field per column",
        found: format!("{} columns where {count} are read", cells.len()),
    })
}
