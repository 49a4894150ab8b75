//! What `#[derive(Model)]` expands to. Not public API.

pub use crate::error::{Error, Result};
pub use crate::expr::Column;
pub use crate::schema::{FieldMeta, IndexMeta, Model, ModelMeta, StampWhen};
pub use crate::value::{Binder, Cells, Field, FromRow, RowRef, SqlType, Timestamp, Value};
pub use std::any::Any;
pub use std::marker::PhantomData;

/// Finds the hooks of a model, whether or not it says `#[orm(hooks)]`.
#[derive(Debug)]
pub struct HooksOf<M>(PhantomData<M>);

/// The answer for models without hooks; an inherent constant stands before it.
pub trait NoHooks {
    /// No table.
    const TABLE: Option<&'static (dyn Any + Send + Sync)> = None;
}

impl<M> NoHooks for HooksOf<M> {}
