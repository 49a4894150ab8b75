//! What `#[derive(Model)]` expands to. Not public API.

pub use crate::error::{Error, Result};
pub use crate::expr::Column;
pub use crate::schema::{FieldMeta, IndexMeta, Model, ModelMeta, StampWhen};
pub use crate::session::{HookTable, HooksOf, NoHooks};
pub use crate::value::{AutoKey, Binder, Cells, DecimalField, Field, FromRow, RowRef, SizedField, SqlType, Timestamp, Value, named};
pub use std::any::Any;
