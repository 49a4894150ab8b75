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

auto_keys! { i8 i16 i32 i64 isize u8 u16 u32 u64 usize }

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

macro_rules! sized {
    ($($type:ident as $wide:ident;)*) => {$(
        /// Stored as the largest integer of its kind, whatever the machine's own size.
        #[diagnostic::do_not_recommend]
        impl Field for $type {
            const TYPE: SqlType = $wide::TYPE;

            fn read(cells: &dyn Cells, at: usize) -> Result<Self> {
                fitting(stringify!($type), $wide::read(cells, at)?)
            }

            fn bind(&self, to: &mut dyn Binder) -> Result<()> {
                (*self as $wide).bind(to)
            }

            fn to_value(&self) -> Value {
                (*self as $wide).to_value()
            }

            fn from_value(value: Value) -> Result<Self> {
                fitting(stringify!($type), $wide::from_value(value)?)
            }
        }
    )*};
}

sized! {
    usize as u64;
    isize as i64;
}

/// An integer that may be too large for this machine.
fn fitting<Wide, Own: TryFrom<Wide>>(name: &'static str, it: Wide) -> Result<Own> {
    Own::try_from(it).map_err(|_| unexpected(name, "an integer that is too large for this machine"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use super::*;
    use crate::error::Error;

    /// The integers of 32 bits stand for those of a machine that has no larger ones.
    #[test]
    fn what_a_machine_has_no_room_for_is_an_error() {
        assert_eq!(fitting::<u64, u32>("usize", u32::MAX.into()).unwrap(), u32::MAX);
        assert_eq!(fitting::<i64, i32>("isize", i32::MIN.into()).unwrap(), i32::MIN);
        let errors = [
            fitting::<u64, u32>("usize", 1 << 32).unwrap_err(),
            fitting::<i64, i32>("isize", 1 << 31).map(i32::unsigned_abs).unwrap_err(),
            fitting::<i64, i32>("isize", i64::MIN).map(i32::unsigned_abs).unwrap_err(),
        ];
        for (error, name) in errors.iter().zip(["usize", "isize", "isize"]) {
            assert!(matches!(error, Error::Decode { expected, .. } if *expected == name), "{error}");
        }
    }
}
