//! Integers.

use crate::error::Result;
use crate::value::field::unexpected;
use crate::value::{AutoKey, Binder, Cells, Field, SqlType, Value};

macro_rules! integers {
    ($($type:ident $wire:ident $variant:ident $sql:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl Field for $type {
            const TYPE: SqlType = $sql;

            fn read(cells: &dyn Cells, at: usize) -> Result<Self> {
                let it = cells.i64(at)?;
                Self::try_from(it).map_err(|_| unexpected(stringify!($type), "an integer that is out of range"))
            }

            fn bind(&self, to: &mut dyn Binder) -> Result<()> {
                to.$wire($wire::from(*self))
            }

            fn to_value(&self) -> Value {
                Value::$variant((*self).into())
            }

            fn from_value(value: Value) -> Result<Self> {
                let it = match value {
                    Value::I16(it) => i64::from(it),
                    Value::I32(it) => i64::from(it),
                    Value::I64(it) => it,
                    Value::U64(_) => return Err(unexpected(stringify!($type), "an integer that is out of range")),
                    other => return Err(unexpected(stringify!($type), other.kind())),
                };
                Self::try_from(it).map_err(|_| unexpected(stringify!($type), "an integer that is out of range"))
            }
        }
    )*};
}

integers! {
    i8 i16 I16 SqlType::TinyInt;
    i16 i16 I16 SqlType::SmallInt;
    i32 i32 I32 SqlType::Integer;
    i64 i64 I64 SqlType::BigInt;
    u8 i16 I16 SqlType::Unsigned(u8::MAX as u64);
    u16 i32 I32 SqlType::Unsigned(u16::MAX as u64);
    u32 i64 I64 SqlType::Unsigned(u32::MAX as u64);
}

macro_rules! auto_keys {
    ($($type:ident)*) => {$(#[diagnostic::do_not_recommend] impl AutoKey for $type {})*};
}

auto_keys! { i8 i16 i32 i64 u8 u16 u32 u64 }

/// Beyond `i64::MAX` only MariaDB and MySQL have room; elsewhere such a value
/// is [`Error::Unstorable`](crate::Error::Unstorable).
#[diagnostic::do_not_recommend]
impl Field for u64 {
    const TYPE: SqlType = SqlType::Unsigned(Self::MAX);

    fn read(cells: &dyn Cells, at: usize) -> Result<Self> {
        cells.u64(at)
    }

    fn bind(&self, to: &mut dyn Binder) -> Result<()> {
        to.u64(*self)
    }

    fn to_value(&self) -> Value {
        i64::try_from(*self).map_or(Value::U64(*self), Value::I64)
    }

    fn from_value(value: Value) -> Result<Self> {
        let Value::U64(it) = value else {
            let it = i64::from_value(value)?;
            return Self::try_from(it).map_err(|_| unexpected("u64", "an integer that is out of range"));
        };
        Ok(it)
    }
}
