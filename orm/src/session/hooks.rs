//! What a model does around its own storing.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use crate::callback::BoxFuture;
use crate::error::Result;
use crate::schema::Model;
use crate::session::Session;
use crate::statement::Record;

/// What a model does around its own storing.
///
/// The session that a hook gets is inside the transaction of the statement:
/// what it writes is undone with it, and its error undoes everything. Hooks
/// are for what must hold of the row itself; what concerns many models is a
/// callback of a chain.
///
/// ```
/// use orm::prelude::*;
///
/// #[derive(Debug, Default, Model)]
/// #[orm(hooks)]
/// struct User { #[orm(key, auto)] id: i64, name: String }
///
/// impl Hooks for User {
///     async fn before_save(&mut self, _db: &Session) -> orm::Result<()> {
///         self.name = self.name.trim().to_owned();
///         if self.name.is_empty() {
///             return Err(orm::Error::other("a user needs a name"));
///         }
///         Ok(())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` says `#[orm(hooks)]`, but there is no `impl Hooks for {Self}`",
    label = "no hooks",
    note = "write `impl Hooks for {Self} {{ … }}` with the hooks that it has, or leave `hooks` out"
)]
///
/// # Errors
/// An error of a hook ends the statement and undoes what it wrote. One of the
/// program ([`Error::other`](crate::Error::other)) becomes
/// [`Error::CallbackFailed`](crate::Error::CallbackFailed), which names model and hook.
#[allow(clippy::missing_errors_doc, reason = "said once, above")]
pub trait Hooks: Model {
    /// For generated code: all of them.
    #[doc(hidden)]
    const TABLE: HookTable = HookTable::of::<Self>();

    /// Before the record is created or changed; before `before_create` and `before_update`.
    fn before_save(&mut self, db: &Session) -> impl Future<Output = Result<()>> + Send {
        let _ = db;
        async { Ok(()) }
    }

    /// Before the record is created.
    fn before_create(&mut self, db: &Session) -> impl Future<Output = Result<()>> + Send {
        let _ = db;
        async { Ok(()) }
    }

    /// After the record was created; it has its key.
    fn after_create(&mut self, db: &Session) -> impl Future<Output = Result<()>> + Send {
        let _ = db;
        async { Ok(()) }
    }

    /// Before the record is changed; it has the new values, and what the hook
    /// changes is written, too.
    fn before_update(&mut self, db: &Session) -> impl Future<Output = Result<()>> + Send {
        let _ = db;
        async { Ok(()) }
    }

    /// After the record was changed.
    fn after_update(&mut self, db: &Session) -> impl Future<Output = Result<()>> + Send {
        let _ = db;
        async { Ok(()) }
    }

    /// After the record was created or changed; after `after_create` and `after_update`.
    fn after_save(&mut self, db: &Session) -> impl Future<Output = Result<()>> + Send {
        let _ = db;
        async { Ok(()) }
    }

    /// Before the record is deleted.
    fn before_delete(&mut self, db: &Session) -> impl Future<Output = Result<()>> + Send {
        let _ = db;
        async { Ok(()) }
    }

    /// After the record was deleted.
    fn after_delete(&mut self, db: &Session) -> impl Future<Output = Result<()>> + Send {
        let _ = db;
        async { Ok(()) }
    }

    /// After the record was read; not after a query that found nothing.
    fn after_find(&mut self, db: &Session) -> impl Future<Output = Result<()>> + Send {
        let _ = db;
        async { Ok(()) }
    }
}

/// A hook of a model whose type is forgotten.
pub(crate) type Hook = for<'a> fn(&'a mut dyn Record, &'a Session) -> BoxFuture<'a, Result<()>>;

/// The hooks of a model whose type is forgotten. For generated code.
#[doc(hidden)]
#[allow(missing_docs, reason = "as in `Hooks`")]
pub struct HookTable {
    pub(crate) before_save: Hook,
    pub(crate) before_create: Hook,
    pub(crate) after_create: Hook,
    pub(crate) before_update: Hook,
    pub(crate) after_update: Hook,
    pub(crate) after_save: Hook,
    pub(crate) before_delete: Hook,
    pub(crate) after_delete: Hook,
    pub(crate) after_find: Hook,
}

impl HookTable {
    /// The hooks of `M`.
    #[must_use]
    pub const fn of<M: Hooks>() -> Self {
        Self {
            before_save: |it, db| Box::pin(typed::<M>(it).before_save(db)),
            before_create: |it, db| Box::pin(typed::<M>(it).before_create(db)),
            after_create: |it, db| Box::pin(typed::<M>(it).after_create(db)),
            before_update: |it, db| Box::pin(typed::<M>(it).before_update(db)),
            after_update: |it, db| Box::pin(typed::<M>(it).after_update(db)),
            after_save: |it, db| Box::pin(typed::<M>(it).after_save(db)),
            before_delete: |it, db| Box::pin(typed::<M>(it).before_delete(db)),
            after_delete: |it, db| Box::pin(typed::<M>(it).after_delete(db)),
            after_find: |it, db| Box::pin(typed::<M>(it).after_find(db)),
        }
    }

    /// The hooks of a record, if its model has any.
    pub(crate) fn of_record(record: &dyn Record) -> Option<&'static Self> {
        record.hooks()?.downcast_ref()
    }
}

fn typed<M: Model>(record: &mut dyn Record) -> &mut M {
    let any: &mut dyn Any = record;
    any.downcast_mut().expect("the hooks of a record are those of its model")
}

impl fmt::Debug for HookTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HookTable")
    }
}

/// Finds the hooks of a model, whether or not it says `#[orm(hooks)]`. For generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct HooksOf<M>(PhantomData<M>);

/// The answer for models without hooks; the inherent constant stands before it.
#[doc(hidden)]
pub trait NoHooks {
    /// No table.
    const TABLE: Option<&'static (dyn Any + Send + Sync)> = None;
}

impl<M> NoHooks for HooksOf<M> {}

impl<M: Hooks> HooksOf<M> {
    /// The hooks of the model.
    pub const TABLE: Option<&'static (dyn Any + Send + Sync)> = Some(const { &M::TABLE });
}
