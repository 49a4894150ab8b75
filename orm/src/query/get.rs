//! The record with a key.

use std::future::IntoFuture;

use crate::callback::{BoxFuture, Runner};
use crate::error::{Error, Result};
use crate::expr::{Binary, ColumnRef, Expr};
use crate::query::Find;
use crate::schema::{Model, TableName};
use crate::statement::{Select, Statement};
use crate::value::Value;

/// A query for the record with a key; awaited, it is an `M`.
///
/// # Errors
/// When awaited: [`Error::NotFound`] if there is none, otherwise those of [`Find`].
#[must_use = "a query does nothing until it is awaited"]
#[derive(Debug)]
pub struct Get<'s, M>(Find<'s, M>);

impl<'s, M: Model> Get<'s, M> {
    #[track_caller]
    pub(crate) fn new(runner: &'s dyn Runner, key: Vec<Value>) -> Self {
        Self(Find::with_select(runner, Select { filter: vec![key_is::<M>(key)], limit: Some(1), ..Select::of(M::META) }))
    }
}

impl<'s, M: 'static> Get<'s, M> {
    /// Gives a value to the callbacks of this statement; see [`Find::with`].
    pub fn with<V: std::any::Any + Send + Sync>(self, value: V) -> Self {
        Self(self.0.with(value))
    }

    /// Finds the record also where callbacks would hide it; see [`Find::unscoped`].
    pub fn unscoped(self) -> Self {
        Self(self.0.unscoped())
    }

    /// Asks another table that has the columns of the model; see [`Find::table`].
    pub fn table(self, name: impl Into<TableName>) -> Self {
        Self(self.0.table(name))
    }

    /// Locks the record until the transaction ends; see [`Find::for_update`].
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct Account { #[orm(key)] name: String, cents: i64 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// db.transaction(async |tx| {
    ///     let account: Account = tx.get("ann").for_update().await?;
    ///     let cents = account.cents - 300;
    ///     tx.update(account).set(Account::CENTS, cents).await
    /// }).await?;
    /// # Ok(()) }
    /// ```
    pub fn for_update(self) -> Self {
        Self(self.0.for_update())
    }

    /// Locks the record against changes until the transaction ends; see [`Find::for_share`].
    pub fn for_share(self) -> Self {
        Self(self.0.for_share())
    }

    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        self.0.statement()
    }
}

impl<'s, M: 'static> IntoFuture for Get<'s, M> {
    type Output = Result<M>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let model = self.0.model().name;
        let records = self.0.records();
        Box::pin(async move { records.await?.into_iter().next().ok_or(Error::NotFound { model, operation: "get" }) })
    }
}

fn key_is<M: Model>(key: Vec<Value>) -> Expr {
    let equal = |(&at, value): (&usize, Value)| {
        let column = ColumnRef { model: M::META, at };
        Expr::Binary(Box::new(Expr::Column(column)), Binary::Eq, Box::new(Expr::Value(value, Some(column))))
    };
    let mut parts = M::META.key.iter().zip(key).map(equal);
    match (parts.next(), parts.len()) {
        (Some(only), 0) => only,
        (first, _) => Expr::And(first.into_iter().chain(parts).collect()),
    }
}
