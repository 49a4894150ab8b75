//! What `#[derive(Model)]` expands to. Not public API.

pub use crate::error::{Error, Result};
pub use crate::expr::Column;
pub use crate::expr::TextOperand;
pub use crate::schema::{FieldMeta, IndexMeta, Model, ModelMeta, StampWhen};
pub use crate::session::{HookTable, HooksOf, NoHooks};
pub use crate::value::Element;
pub use crate::value::enums::{
    IntegerEnum, TextEnum, bind_integer, bind_text, from_integer_value, from_text_value, integer_value, read_integer, read_text, text_value,
};
pub use crate::value::{
    AutoKey, Binder, Cells, DecimalField, DefaultField, Field, FromRow, IntoArgument, RowRef, SizedField, SqlType, Timestamp, Value,
    named_cell as named, positions_of,
};
pub use std::any::Any;
