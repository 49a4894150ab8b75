//! Exact decimals of the crate `rust_decimal`.

use rust_decimal::Decimal;

use crate::error::Result;
use crate::value::field::unexpected;
use crate::value::{Binder, Cells, DecimalField, Field, SqlType, Value};

#[diagnostic::do_not_recommend]
impl Field for Decimal {
    /// Eighteen digits, six of them behind the point: what SQLite's 64-bit
    /// integers hold exactly, and so the same on every database.
    const TYPE: SqlType = SqlType::Decimal { precision: 18, scale: 6 };

    fn read(cells: &dyn Cells, at: usize) -> Result<Self> {
        cells.decimal(at)
    }

    fn bind(&self, to: &mut dyn Binder) -> Result<()> {
        to.decimal(*self)
    }

    fn to_value(&self) -> Value {
        Value::Decimal(*self)
    }

    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Decimal(it) => Ok(it),
            other => Err(unexpected("Decimal", other.kind())),
        }
    }
}

#[diagnostic::do_not_recommend]
impl DecimalField for Decimal {}
