//! A field of a record, without its type.

use std::any::Any;

use crate::error::Result;
use crate::value::{Binder, Field, Value};

/// For generated code: a field whose type is forgotten. What is done with fields
/// by their position is so written once, and not for each field of each model,
/// which the compiler would have to check each time.
#[doc(hidden)]
pub trait AnyField: Any {
    /// [`Field::bind`].
    ///
    /// # Errors
    /// Those of it.
    fn bind_any(&self, to: &mut dyn Binder) -> Result<()>;
    /// [`Field::to_value`].
    fn any_value(&self) -> Value;
    /// Puts in its place what [`Field::from_value`] makes of the value.
    ///
    /// # Errors
    /// Those of it; the field is then as it was.
    fn set_any(&mut self, value: Value) -> Result<()>;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<T: Field> AnyField for T {
    fn bind_any(&self, to: &mut dyn Binder) -> Result<()> {
        self.bind(to)
    }

    fn any_value(&self) -> Value {
        self.to_value()
    }

    fn set_any(&mut self, value: Value) -> Result<()> {
        *self = T::from_value(value)?;
        Ok(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
