//! What finds one record.

use crate::schema::Model;
use crate::value::{Auto, Encoding, Field, Value, With, encoded};

/// A model with a key. The derive implements it where a field has `key`.
///
/// What is done to one record needs it: `get`, `update`, `save`, `delete` and
/// `stream`. Without a key they do not compile.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Debug, Clone, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
/// /// The record as it is stored now.
/// async fn again<M: orm::Keyed>(db: &Session, key: impl orm::KeyOf<M, M::Key>) -> orm::Result<M> {
///     db.get::<M>(key).await
/// }
/// # async fn f(db: &Session) -> orm::Result<()> {
/// let ann: User = again(db, 7).await?;
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model with a key",
    label = "expected a model with a key",
    note = "a model is a struct with `#[derive(Model)]`, and its key a field with `#[orm(key)]`",
    note = "without a record or its key, rows are changed by a condition: `update_all(…)`, `delete_all(…)`"
)]
pub trait Keyed: Model {
    /// The type of the key; a tuple, in the order of the fields, where several have `key`,
    /// which are eight at most where a record is found by it.
    type Key;
}

/// What can be the key of a record of `M`: a `K`, or what stands for one, such
/// as `&str` for a `String`.
#[diagnostic::on_unimplemented(message = "`{Self}` is not the key of a `{M}`", label = "the key of `{M}` is a `{K}`")]
pub trait KeyOf<M, K> {
    #[doc(hidden)]
    fn into_values(self) -> Vec<Value>;
}

#[diagnostic::do_not_recommend]
impl<M, K: Field> KeyOf<M, K> for K {
    fn into_values(self) -> Vec<Value> {
        vec![self.to_value()]
    }
}

#[diagnostic::do_not_recommend]
impl<M, K: Field> KeyOf<M, K> for &K {
    fn into_values(self) -> Vec<Value> {
        vec![self.to_value()]
    }
}

#[diagnostic::do_not_recommend]
impl<M> KeyOf<M, String> for &str {
    fn into_values(self) -> Vec<Value> {
        vec![self.into()]
    }
}

// A key that may be left to the database, or has an encoding, is looked for by
// its plain value.

#[diagnostic::do_not_recommend]
impl<M, K: Field> KeyOf<M, Auto<K>> for K {
    fn into_values(self) -> Vec<Value> {
        vec![self.to_value()]
    }
}

#[diagnostic::do_not_recommend]
impl<M> KeyOf<M, Auto<String>> for &str {
    fn into_values(self) -> Vec<Value> {
        vec![self.into()]
    }
}

#[diagnostic::do_not_recommend]
impl<M, K: Clone + Send + Sync + 'static, C: Encoding<K>> KeyOf<M, With<K, C>> for K {
    fn into_values(self) -> Vec<Value> {
        vec![encoded::to_value(&self, C::encode)]
    }
}

macro_rules! tuples {
    ($(($($key:ident $value:ident $at:tt)+))+) => {$(
        #[diagnostic::do_not_recommend]
        impl<Model_, $($key, $value: KeyOf<Model_, $key>),+> KeyOf<Model_, ($($key,)+)> for ($($value,)+) {
            fn into_values(self) -> Vec<Value> {
                [$(self.$at.into_values()),+].concat()
            }
        }
    )+};
}

tuples! {
    (A VA 0 B VB 1)
    (A VA 0 B VB 1 C VC 2)
    (A VA 0 B VB 1 C VC 2 D VD 3)
    (A VA 0 B VB 1 C VC 2 D VD 3 E VE 4)
    (A VA 0 B VB 1 C VC 2 D VD 3 E VE 4 F VF 5)
    (A VA 0 B VB 1 C VC 2 D VD 3 E VE 4 F VF 5 G VG 6)
    (A VA 0 B VB 1 C VC 2 D VD 3 E VE 4 F VF 5 G VG 6 H VH 7)
}
