//! One value or another.

use std::fmt;
use std::marker::PhantomData;

use crate::expr::computed::both;
use crate::expr::{Column, Computed, Expr, Function, Operand, Predicate};
use crate::schema::Model;

/// A value where a condition holds; say what it is `otherwise`.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8, nick: Option<String> }
/// # async fn f(db: &Session) -> orm::Result<()> {
/// let group = case_when(User::AGE.lt(13), "child").when(User::AGE.lt(18), "minor").otherwise("adult");
/// let people: Vec<(String, String)> = db.find().select((User::NAME, group)).await?;
/// # Ok(()) }
/// ```
pub fn case_when<M: Model, V>(condition: Predicate<M>, value: V) -> Case<M, V> {
    Case { condition, value, rest: Vec::new(), of: PhantomData }
}

/// A value that depends on conditions; the first that holds counts.
#[must_use = "say what the value is `otherwise`"]
pub struct Case<M, V> {
    condition: Predicate<M>,
    value: V,
    rest: Vec<(Expr, Expr)>,
    of: PhantomData<fn() -> M>,
}

impl<M: Model, V> Case<M, V> {
    /// Another value, where none of the conditions before holds and this one does.
    pub fn when(mut self, condition: Predicate<M>, value: V) -> Self
    where
        V: Branch<M>,
    {
        self.rest.push((condition.into_expr(), value.into_branch()));
        self
    }

    /// The value where none of the conditions holds.
    pub fn otherwise(self, value: impl Operand<M, V::Value>) -> Computed<M, V::Value>
    where
        V: Branch<M>,
    {
        let value = Box::new(value.into_expr(None));
        Computed::new(Expr::Case(self.branches(), Some(value)), None)
    }

    /// NULL where none of the conditions holds.
    pub fn otherwise_none(self) -> Computed<M, Option<V::Value>>
    where
        V: Branch<M>,
    {
        Computed::new(Expr::Case(self.branches(), None), None)
    }

    fn branches(self) -> Vec<(Expr, Expr)>
    where
        V: Branch<M>,
    {
        let first = (self.condition.into_expr(), self.value.into_branch());
        std::iter::once(first).chain(self.rest).collect()
    }
}

impl<M, V> fmt::Debug for Case<M, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Case({:?} {:?})", self.condition, self.rest)
    }
}

/// A value of a case: a value, a column, or an expression.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a case over `{M}`",
    label = "expected a value, or a column of `{M}`"
)]
pub trait Branch<M> {
    /// What it yields.
    type Value;
    #[doc(hidden)]
    fn into_branch(self) -> Expr;
}

#[diagnostic::do_not_recommend]
impl<M, T: crate::value::Field> Branch<M> for T {
    type Value = T;
    fn into_branch(self) -> Expr {
        Expr::Value(self.to_value(), None)
    }
}

#[diagnostic::do_not_recommend]
impl<M> Branch<M> for &str {
    type Value = String;
    fn into_branch(self) -> Expr {
        Expr::Value(self.into(), None)
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, T> Branch<M> for Column<M, T> {
    type Value = T;
    fn into_branch(self) -> Expr {
        self.column_expr()
    }
}

#[diagnostic::do_not_recommend]
impl<M, T> Branch<M> for Computed<M, T> {
    type Value = T;
    fn into_branch(self) -> Expr {
        self.into_inner()
    }
}

both! {
    impl<M: Model, T> Column<M, Option<T>> {
        /// Its value, or this one where it is NULL.
        ///
        /// ```
        /// use orm::prelude::*;
        /// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64, name: String, nick: Option<String> }
        /// let called_ann: Predicate<User> = User::NICK.coalesce(User::NAME).eq("Ann");
        /// # let _ = called_ann;
        /// ```
        pub fn coalesce(self, value: impl Operand<M, T>) -> Computed<M, T> {
            let (expr, column) = Computed::<M, Option<T>>::from(self).into_parts();
            let value = value.into_expr(column);
            Computed::new(Expr::Call(Function::Coalesce, vec![expr, value]), column)
        }
    }
}
