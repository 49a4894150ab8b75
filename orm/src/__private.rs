//! What `#[derive(Model)]` expands to. Not public API.

pub use crate::error::{Error, Result};
pub use crate::expr::{Column, IntoArgument, Sortable, TextOperand};
pub use crate::schema::flatten::{self, Piece};
pub use crate::schema::{
    Behind, ColumnsAt, Embedded, EmbeddedKey, FieldMeta, IndexMeta, Keyed, Model, ModelMeta, Part, Place, StampWhen, no_column_in,
    positions_of_part, take_part,
};
pub use crate::session::{Hooks, HooksOf, NoHooks};
#[cfg(feature = "json")]
pub use crate::value::AsJson;
pub use crate::value::Element;
pub use crate::value::enums::{
    IntegerEnum, TextEnum, bind_integer, bind_text, from_integer_value, from_text_value, integer_value, read_integer, read_text, text_value,
};
pub use crate::value::{
    AnyField, AutoKey, Binder, Cells, DecimalField, DefaultField, Encoding, Field, FromRow, RowRef, SizedField, SqlType, Timestamp, Value,
    With, encoded, encoded_option, named_cell as named, positions_of,
};
pub use std::any::Any;
