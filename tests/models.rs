//! Models that several suites use.

use orm::prelude::*;
use orm::{Binder, Cells, Field, SqlType, Value};

/// A person who can sign in.
#[derive(Debug, Clone, Default, PartialEq, Model)]
pub struct User {
    #[orm(key, auto)]
    pub id: i64,
    pub name: String,
    pub age: u8,
    #[orm(unique)]
    pub email: Option<String>,
    pub active: bool,
}

/// A user of this name and age, otherwise the default.
#[must_use]
pub fn user(name: &str, age: u8) -> User {
    User { name: name.to_owned(), age, ..User::default() }
}

/// A number that panics when it is sent (2) or read (1).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fuse(pub(crate) i64);

impl Field for Fuse {
    const TYPE: SqlType = SqlType::BigInt;

    fn read(cells: &dyn Cells, at: usize) -> orm::Result<Self> {
        let it = cells.i64(at)?;
        assert!(it != 1, "read");
        Ok(Self(it))
    }

    fn bind(&self, to: &mut dyn Binder) -> orm::Result<()> {
        assert!(self.0 != 2, "sent");
        to.i64(self.0)
    }

    fn to_value(&self) -> Value {
        self.0.into()
    }

    fn from_value(value: Value) -> orm::Result<Self> {
        i64::from_value(value).map(Self)
    }
}
