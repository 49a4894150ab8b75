//! The one door for SQL text inside a typed statement.

use crate::expr::{Expr, Order, Predicate};
use crate::value::Args;

/// A condition or an order written as SQL, with an argument for each `?`.
///
/// The text is a literal, so that input of a user cannot become SQL;
/// placeholders are `?` on every database. A `?` inside quotes or comments is
/// text, `??` is a literal `?`.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
/// # async fn f(db: &Session) -> orm::Result<()> {
/// let odd = db.find::<User>().where_(sql("age % ? = 1", 2)).await?;
/// let long = db.find::<User>().order(sql("length(name) DESC", ())).await?;
/// # Ok(()) }
/// ```
///
/// Text that is not a literal does not compile:
///
/// ```compile_fail
/// use orm::prelude::*;
/// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64, name: String }
/// fn find(name: &str) -> Predicate<User> {
///     sql(&format!("name = '{name}'"), ())
/// }
/// ```
#[must_use = "SQL text does nothing until a statement uses it"]
pub fn sql<T: IntoSql>(text: &'static str, args: impl Args) -> T {
    T::into_sql(Expr::Sql(text, args.into_values()))
}

/// What SQL text can stand for: a condition or an order.
#[diagnostic::on_unimplemented(message = "SQL text cannot stand for `{Self}`", label = "expected a condition or an order")]
pub trait IntoSql: sealed::Sealed {
    #[doc(hidden)]
    fn into_sql(expr: Expr) -> Self;
}

mod sealed {
    pub trait Sealed {}
}

impl<M> sealed::Sealed for Predicate<M> {}
impl<M> IntoSql for Predicate<M> {
    fn into_sql(expr: Expr) -> Self {
        Self::new(expr)
    }
}

impl<M> sealed::Sealed for Order<M> {}
impl<M> IntoSql for Order<M> {
    fn into_sql(expr: Expr) -> Self {
        Self::new(expr, None)
    }
}
