//! The one door for SQL text inside a typed statement.

use crate::expr::{Args, Computed, Expr, Order, Predicate};
use crate::value::SqlText;

/// A condition, an order or an expression written as SQL, with its arguments.
///
/// The text is a literal, so that input of a user cannot become SQL; text that
/// is made at run time needs [`AssertSqlSafe`](crate::AssertSqlSafe) around it.
///
/// # Arguments
/// Placeholders are `?` on every database, one for each argument, or `:name`
/// with [`named`](crate::named) arguments; never both. Inside quotes, dollar
/// quotes and comments they are text, `::` is a cast, and `??` is a literal
/// `?`. (With an index that is a column, as in `list[1:n]`, put a space behind
/// the colon.) An array, slice or [`list`](crate::list) behind `IN` becomes
/// as many placeholders in parentheses; `IN` an empty one is false, and
/// `NOT IN` true.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
/// # async fn f(db: &Session) -> orm::Result<()> {
/// let odd = db.find::<User>().where_(sql("age % ? = 1", 2)).await?;
/// let long = db.find::<User>().order(sql("length(name) DESC", ())).await?;
/// let some = db.find::<User>().where_(sql("age IN ? AND name <> ?", ([18, 21], "ann"))).await?;
/// let twice = db.find::<User>().where_(sql("name = :name OR name LIKE :name", named([("name", "ann")]))).await?;
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
pub fn sql<T: IntoSql>(text: impl SqlText, args: impl Args) -> T {
    T::into_sql(Expr::Sql(text.into_text(), args.into_arguments()))
}

/// What SQL text can stand for: a condition, an order, or an expression whose
/// type is said: `sql::<Computed<User, i64>>("length(name)", ())`.
#[diagnostic::on_unimplemented(message = "SQL text cannot stand for `{Self}`", label = "expected a condition, an order or an expression")]
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

impl<M, T> sealed::Sealed for Computed<M, T> {}
impl<M, T> IntoSql for Computed<M, T> {
    fn into_sql(expr: Expr) -> Self {
        Self::new(expr, None)
    }
}
