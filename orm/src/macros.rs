//! What has to be a macro.

/// Arguments for the names `:name` of SQL text, of any types.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
/// # async fn f(db: &Session) -> orm::Result<()> {
/// let name = "ann";
/// let users = db.find::<User>().where_(sql("name = :name AND age > :least", args! { name, least: 18 })).await?;
/// # Ok(()) }
/// ```
#[macro_export]
macro_rules! args {
    (@value $name:ident) => { $name };
    (@value $name:ident $value:expr) => { $value };
    ($($name:ident $(: $value:expr)?),+ $(,)?) => {
        $crate::named([$((stringify!($name), $crate::__private::IntoArgument::into_argument($crate::args!(@value $name $($value)?)))),+])
    };
}
