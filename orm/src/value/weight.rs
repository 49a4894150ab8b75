//! How many bytes values take on their way to a server.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::Result;
use crate::value::{Binder, SqlType};

/// What a value of a fixed size takes at most, with its type and place.
pub(crate) const PLAIN: usize = 48;

/// Adds up what values take at most. It refuses nothing: drivers do.
#[derive(Debug, Default)]
pub(crate) struct Weight(usize);

/// The most bytes that values take which `bind` binds. Binding is code of the
/// program: where it panics, the driver will say so when it sends the values.
pub(crate) fn weigh(bind: impl FnOnce(&mut dyn Binder) -> Result<()>) -> usize {
    let mut weight = Weight::default();
    let _ = catch_unwind(AssertUnwindSafe(|| bind(&mut weight)));
    weight.0
}

impl Weight {
    fn add(&mut self, bytes: usize) -> Result<()> {
        self.0 = self.0.saturating_add(bytes).saturating_add(PLAIN);
        Ok(())
    }
}

impl Binder for Weight {
    fn column(&mut self, _: SqlType) {}

    fn null(&mut self, _: Option<SqlType>) -> Result<()> {
        self.add(0)
    }

    fn bool(&mut self, _: bool) -> Result<()> {
        self.add(0)
    }

    fn i16(&mut self, _: i16) -> Result<()> {
        self.add(0)
    }

    fn i32(&mut self, _: i32) -> Result<()> {
        self.add(0)
    }

    fn i64(&mut self, _: i64) -> Result<()> {
        self.add(0)
    }

    fn u64(&mut self, _: u64) -> Result<()> {
        self.add(0)
    }

    fn f64(&mut self, _: f64) -> Result<()> {
        self.add(0)
    }

    fn text(&mut self, it: &str) -> Result<()> {
        self.add(it.len())
    }

    fn bytes(&mut self, it: &[u8]) -> Result<()> {
        self.add(it.len())
    }

    #[cfg(feature = "chrono")]
    fn date_time(&mut self, _: chrono::DateTime<chrono::Utc>) -> Result<()> {
        self.add(0)
    }

    #[cfg(feature = "chrono")]
    fn naive_date_time(&mut self, _: chrono::NaiveDateTime) -> Result<()> {
        self.add(0)
    }

    #[cfg(feature = "chrono")]
    fn date(&mut self, _: chrono::NaiveDate) -> Result<()> {
        self.add(0)
    }

    #[cfg(feature = "chrono")]
    fn time(&mut self, _: chrono::NaiveTime) -> Result<()> {
        self.add(0)
    }

    #[cfg(feature = "rust_decimal")]
    fn decimal(&mut self, _: rust_decimal::Decimal) -> Result<()> {
        self.add(0)
    }
}
