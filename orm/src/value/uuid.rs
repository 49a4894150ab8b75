//! Identifiers of the crate `uuid`.

use ::uuid::Uuid;

use crate::error::Result;
use crate::value::field::unexpected;
use crate::value::{Binder, Cells, Field, SqlType, Value};

/// `uuid` in PostgreSQL, sixteen bytes elsewhere: MariaDB's own type has
/// another order than all the others.
#[diagnostic::do_not_recommend]
impl Field for Uuid {
    const TYPE: SqlType = SqlType::Uuid;

    fn read(cells: &dyn Cells, at: usize) -> Result<Self> {
        cells.uuid(at).map(Self::from_bytes)
    }

    fn bind(&self, to: &mut dyn Binder) -> Result<()> {
        to.uuid(self.as_bytes())
    }

    fn to_value(&self) -> Value {
        Value::Uuid(*self)
    }

    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Uuid(it) => Ok(it),
            other => Err(unexpected("Uuid", other.kind())),
        }
    }
}
