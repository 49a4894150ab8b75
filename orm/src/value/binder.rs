//! Values on their way to a driver.

use crate::error::Result;
use crate::value::{SqlType, json_array, limits};

/// Takes the values of a statement, in the order of its placeholders.
///
/// Drivers implement it; fields call the one method that fits them.
///
/// ```
/// use orm::{Binder, Cells, Field, SqlType, Value};
///
/// /// Degrees, stored as hundredths of one.
/// #[derive(Debug, Clone, Copy, PartialEq)]
/// struct Degrees(f64);
///
/// impl Field for Degrees {
///     const TYPE: SqlType = <i64 as Field>::TYPE;
///     const NULLABLE: bool = false;
///
///     fn bind(&self, to: &mut dyn Binder) -> orm::Result<()> {
///         to.i64((self.0 * 100.0).round() as i64)
///     }
///
///     fn read(cells: &dyn Cells, at: usize) -> orm::Result<Self> {
///         Ok(Self(cells.i64(at)? as f64 / 100.0))
///     }
///
///     fn to_value(&self) -> Value {
///         Value::I64((self.0 * 100.0).round() as i64)
///     }
///
///     fn from_value(value: Value) -> orm::Result<Self> {
///         Ok(Self(i64::from_value(value)? as f64 / 100.0))
///     }
/// }
/// ```
pub trait Binder {
    /// Says which column the next value is for, so that a driver can choose
    /// the column's own representation and name it in an error.
    fn column(&mut self, ty: SqlType);
    /// Binds NULL, of a type if it is known.
    ///
    /// # Errors
    /// None of the drivers fails here.
    fn null(&mut self, ty: Option<SqlType>) -> Result<()>;
    /// Binds a truth value.
    ///
    /// # Errors
    /// None of the drivers fails here.
    fn bool(&mut self, it: bool) -> Result<()>;
    /// Binds a 16-bit integer.
    ///
    /// # Errors
    /// None of the drivers fails here.
    fn i16(&mut self, it: i16) -> Result<()>;
    /// Binds a 32-bit integer.
    ///
    /// # Errors
    /// None of the drivers fails here.
    fn i32(&mut self, it: i32) -> Result<()>;
    /// Binds a 64-bit integer.
    ///
    /// # Errors
    /// None of the drivers fails here.
    fn i64(&mut self, it: i64) -> Result<()>;
    /// Binds an integer that may be larger than an `i64` can be.
    ///
    /// # Errors
    /// [`Error::Unstorable`](crate::Error::Unstorable) where the database has no room for it.
    fn u64(&mut self, it: u64) -> Result<()> {
        let it = i64::try_from(it).map_err(|_| limits::unstorable("this database's integers end at 9223372036854775807"))?;
        self.i64(it)
    }
    /// Binds a floating-point number of 32 bits.
    ///
    /// # Errors
    /// [`Error::Unstorable`](crate::Error::Unstorable) for NaN and infinities.
    fn f32(&mut self, it: f32) -> Result<()> {
        self.f64(f64::from(it))
    }
    /// Binds a floating-point number.
    ///
    /// # Errors
    /// [`Error::Unstorable`](crate::Error::Unstorable) for NaN and infinities.
    fn f64(&mut self, it: f64) -> Result<()>;
    /// Binds text.
    ///
    /// # Errors
    /// [`Error::Unstorable`](crate::Error::Unstorable) if it contains NUL.
    fn text(&mut self, it: &str) -> Result<()>;
    /// Binds bytes.
    ///
    /// # Errors
    /// None of the drivers fails here.
    fn bytes(&mut self, it: &[u8]) -> Result<()>;
    /// Binds an instant.
    ///
    /// # Errors
    /// [`Error::Unstorable`](crate::Error::Unstorable) outside the years 1 to 9999.
    #[cfg(feature = "chrono")]
    fn date_time(&mut self, it: chrono::DateTime<chrono::Utc>) -> Result<()>;
    /// Binds a date and time without a zone.
    ///
    /// # Errors
    /// [`Error::Unstorable`](crate::Error::Unstorable) outside the years 1 to 9999.
    #[cfg(feature = "chrono")]
    fn naive_date_time(&mut self, it: chrono::NaiveDateTime) -> Result<()>;
    /// Binds a date.
    ///
    /// # Errors
    /// [`Error::Unstorable`](crate::Error::Unstorable) outside the years 1 to 9999.
    #[cfg(feature = "chrono")]
    fn date(&mut self, it: chrono::NaiveDate) -> Result<()>;
    /// Binds a time of day.
    ///
    /// # Errors
    /// None of the drivers fails here.
    #[cfg(feature = "chrono")]
    fn time(&mut self, it: chrono::NaiveTime) -> Result<()>;
    /// Binds a UUID.
    ///
    /// # Errors
    /// None of the drivers fails here.
    fn uuid(&mut self, it: &[u8; 16]) -> Result<()> {
        self.bytes(it)
    }
    /// Binds the text of a JSON document.
    ///
    /// # Errors
    /// None of the drivers fails here.
    fn json(&mut self, it: &str) -> Result<()> {
        self.text(it)
    }
    /// Binds a decimal.
    ///
    /// # Errors
    /// [`Error::Unstorable`](crate::Error::Unstorable) where the column has no room for it.
    #[cfg(feature = "rust_decimal")]
    fn decimal(&mut self, it: rust_decimal::Decimal) -> Result<()>;
    /// Binds all values of a list as one array; as the text of a JSON document
    /// where the database has no arrays.
    ///
    /// # Errors
    /// What the values themselves fail with.
    fn array(&mut self, ty: SqlType, len: usize, each: &mut dyn FnMut(usize, &mut dyn Binder) -> Result<()>) -> Result<()> {
        let _ = ty;
        let text = json_array::write(len, each)?;
        self.text(&text)
    }
    /// Binds the values of a condition on a long list as one argument, each as
    /// it would be bound by itself.
    ///
    /// # Errors
    /// What the values themselves fail with.
    fn any_of(&mut self, ty: SqlType, len: usize, each: &mut dyn FnMut(usize, &mut dyn Binder) -> Result<()>) -> Result<()> {
        self.array(ty, len, each)
    }
}
