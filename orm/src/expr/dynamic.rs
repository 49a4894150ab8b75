//! Columns whose names are known only when the program runs.

use std::fmt;
use std::marker::PhantomData;

use crate::error::{Error, Result};
use crate::expr::{Binary, ColumnRef, Computed, Expr, Order, Predicate, compare};
use crate::schema::{FieldMeta, Model};
use crate::value::Value;

/// The column of `M` with this name, or of the field with this name.
///
/// A name that comes from outside, such as the column to sort by, becomes SQL
/// only through this look-up.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, age: u8 }
/// # async fn f(db: &Session) -> orm::Result<()> {
/// let column = column_by_name::<User>("age")?;
/// let users = db.find().where_(column.ge(18)?).order(column.desc()).await?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// [`Error::UnknownColumn`] with the names there are.
pub fn column_by_name<M: Model>(name: &str) -> Result<DynColumn<M>> {
    Ok(DynColumn { column: ColumnRef { model: M::META, at: M::META.position(name)? }, of: PhantomData })
}

/// A column of `M` that was looked up by its name; see [`column_by_name`].
pub struct DynColumn<M> {
    column: ColumnRef,
    of: PhantomData<fn() -> M>,
}

impl<M> Clone for DynColumn<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for DynColumn<M> {}

impl<M> fmt::Debug for DynColumn<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.column.model.name, self.column.meta().name)
    }
}

/// Comparisons.
///
/// # Errors
/// [`Error::Unstorable`] where the value is of another kind than the column.
impl<M: Model> DynColumn<M> {
    /// It is equal to a value; `eq(Value::Null)` is `IS NULL`.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # fn f() -> orm::Result<()> {
    /// let condition: Predicate<User> = column_by_name("name")?.eq("ann")?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Unstorable`] where the value is of another kind than the column.
    pub fn eq(self, value: impl Into<Value>) -> Result<Predicate<M>> {
        Ok(Predicate::new(compare::equal(self.expr(), Binary::Eq, self.value(value.into())?)))
    }

    /// It is not equal to a value; `ne(Value::Null)` is `IS NOT NULL`.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # fn f() -> orm::Result<()> {
    /// let condition: Predicate<User> = column_by_name("name")?.ne("ann")?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Unstorable`] where the value is of another kind than the column.
    pub fn ne(self, value: impl Into<Value>) -> Result<Predicate<M>> {
        Ok(Predicate::new(compare::equal(self.expr(), Binary::Ne, self.value(value.into())?)))
    }

    /// It is greater than a value.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # fn f() -> orm::Result<()> {
    /// let condition: Predicate<User> = column_by_name("age")?.gt(18)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Unstorable`] where the value is of another kind than the column.
    pub fn gt(self, value: impl Into<Value>) -> Result<Predicate<M>> {
        self.compare(Binary::Gt, value.into())
    }

    /// It is greater than or equal to a value.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # fn f() -> orm::Result<()> {
    /// let condition: Predicate<User> = column_by_name("age")?.ge(18)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Unstorable`] where the value is of another kind than the column.
    pub fn ge(self, value: impl Into<Value>) -> Result<Predicate<M>> {
        self.compare(Binary::Ge, value.into())
    }

    /// It is less than a value.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # fn f() -> orm::Result<()> {
    /// let condition: Predicate<User> = column_by_name("age")?.lt(18)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Unstorable`] where the value is of another kind than the column.
    pub fn lt(self, value: impl Into<Value>) -> Result<Predicate<M>> {
        self.compare(Binary::Lt, value.into())
    }

    /// It is less than or equal to a value.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # fn f() -> orm::Result<()> {
    /// let condition: Predicate<User> = column_by_name("age")?.le(18)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Unstorable`] where the value is of another kind than the column.
    pub fn le(self, value: impl Into<Value>) -> Result<Predicate<M>> {
        self.compare(Binary::Le, value.into())
    }

    /// It is one of these values.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # fn f() -> orm::Result<()> {
    /// let condition: Predicate<User> = column_by_name("age")?.is_in([18, 21])?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Unstorable`] where a value is of another kind than the column.
    pub fn is_in<V: Into<Value>>(self, values: impl IntoIterator<Item = V>) -> Result<Predicate<M>> {
        let values = values.into_iter().map(|it| self.checked(it.into())).collect::<Result<Vec<_>>>()?;
        Ok(compare::is_in(self.computed::<()>(), values.into_iter()))
    }

    /// It is none of these values.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # fn f() -> orm::Result<()> {
    /// let condition: Predicate<User> = column_by_name("age")?.not_in([18, 21])?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Unstorable`] where a value is of another kind than the column.
    pub fn not_in<V: Into<Value>>(self, values: impl IntoIterator<Item = V>) -> Result<Predicate<M>> {
        Ok(!self.is_in(values)?)
    }

    /// Smallest first, NULL before everything.
    pub fn asc(self) -> Order<M> {
        Order::new(self.expr(), Some(false))
    }

    /// Largest first, NULL after everything.
    pub fn desc(self) -> Order<M> {
        Order::new(self.expr(), Some(true))
    }

    /// What is known of the column.
    #[must_use]
    pub fn meta(self) -> &'static FieldMeta {
        self.column.meta()
    }

    fn compare(self, operator: Binary, value: Value) -> Result<Predicate<M>> {
        Ok(Predicate::new(Expr::Binary(Box::new(self.expr()), operator, Box::new(self.value(value)?))))
    }

    fn value(self, value: Value) -> Result<Expr> {
        Ok(Expr::Value(self.checked(value)?, Some(self.column)))
    }

    fn checked(self, value: Value) -> Result<Value> {
        let field = self.column.meta();
        if field.ty.takes(&value) {
            return Ok(value);
        }
        Err(Error::Unstorable {
            column: format!("{}.{}", self.column.model.name, field.name),
            reason: format!("it cannot be compared with {}", value.kind()),
        })
    }

    pub(super) fn computed<T>(self) -> Computed<M, T> {
        Computed::new(self.expr(), Some(self.column))
    }

    fn expr(self) -> Expr {
        Expr::Column(self.column)
    }
}
