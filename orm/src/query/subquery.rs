//! Queries inside of conditions and expressions.

use crate::expr::{Argument, Column, Comparable, Computed, Expr, IntoArgument, Predicate, Project, Select};
use crate::query::{Count, CountSelected, Find, Selected};
use crate::schema::Model;
use crate::value::{Field, FromRow};

/// A query that reads one value a row: one column or expression, or a count.
#[diagnostic::on_unimplemented(
    message = "`{Self}` reads no single values",
    label = "expected a query with `select` of one column or expression, or with `count`"
)]
pub trait Subquery {
    /// What it reads.
    type Value: Field;
    #[doc(hidden)]
    fn into_select(self) -> Box<Select>;
}

impl<N: Model, T: Field + FromRow> Subquery for Selected<'_, N, T> {
    type Value = T;
    fn into_select(self) -> Box<Select> {
        Box::new(Selected::into_select(self))
    }
}

impl<N: Model + FromRow> Subquery for Count<'_, N> {
    type Value = i64;
    fn into_select(self) -> Box<Select> {
        Box::new(self.0.into_select())
    }
}

impl<N: Model> Subquery for CountSelected<'_, N> {
    type Value = i64;
    fn into_select(self) -> Box<Select> {
        Box::new(self.0.into_select())
    }
}

macro_rules! arguments {
    ($([$($parameters:tt)*] $type:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($parameters)*> IntoArgument for $type {
            fn into_argument(self) -> Argument {
                Argument::Expr(Expr::Query(Subquery::into_select(self)))
            }
        }
    )*};
}

arguments! {
    [N: Model, T: Field + FromRow] Selected<'_, N, T>;
    [N: Model + FromRow] Count<'_, N>;
    [N: Model] CountSelected<'_, N>;
}

/// The value that a query reads, inside of a statement about rows of `M`; NULL if it finds no row.
///
/// Use a query that finds one row at most: databases do not agree on what
/// becomes of more. Callbacks see it as a part of the statement around it.
///
/// ```
/// use orm::prelude::*;
/// use orm::subquery;
/// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, age: u8 }
/// # async fn f(db: &Session) -> orm::Result<()> {
/// let mean = subquery(db.find::<User>().select(User::AGE.avg())).coalesce(0.0);
/// let older = db.find().where_(User::AGE.cast::<f64>().gt(mean)).await?;
/// # Ok(()) }
/// ```
pub fn subquery<M: Model, Q: Subquery>(query: Q) -> Computed<M, Q::Value> {
    Computed::new(Expr::Query(query.into_select()), None)
}

/// The query finds a record, inside of a statement about rows of `M`.
///
/// ```
/// use orm::prelude::*;
/// use orm::{exists, outer};
/// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
/// # #[derive(Debug, Model)] struct Post { #[orm(key, auto)] id: i64, author: i64 }
/// # async fn f(db: &Session) -> orm::Result<()> {
/// let posts = db.find().where_(Post::AUTHOR.eq(outer(User::ID)));
/// let authors: Vec<User> = db.find().where_(exists(posts)).await?;
/// # Ok(()) }
/// ```
pub fn exists<M: Model, N: Model + FromRow>(query: Find<'_, N>) -> Predicate<M> {
    let select = Select { project: Project::Exists, order: Vec::new(), ..query.into_select() };
    Predicate::new(Expr::Exists(Box::new(select)))
}

/// A column of the statement around a query; see [`exists`].
///
/// # Errors
/// The statement fails with [`Error::Invalid`](crate::Error::Invalid) where
/// nothing around the query is about the model of the column.
pub fn outer<M: Model, N: Model, T>(column: Column<M, T>) -> Computed<N, T> {
    Computed::new(Expr::Outer(column.column_ref()), Some(column.column_ref()))
}

/// A column of a model that a query of `M` [joins](Find::join), or in the
/// condition of a join a column of the model that it is joined to.
///
/// # Errors
/// The query fails with [`Error::Invalid`](crate::Error::Invalid) where it does
/// not join the model.
pub fn joined<N: Model, M: Model, T>(column: Column<N, T>) -> Computed<M, T> {
    Computed::new(Expr::Joined(column.column_ref()), Some(column.column_ref()))
}

/// A column of a model that a query of `M` joins where there is one: NULL
/// where there is none. See [`Find::left_join`].
///
/// # Errors
/// As for [`joined`].
pub fn joined_opt<N: Model, M: Model, T>(column: Column<N, T>) -> Computed<M, Option<T>> {
    Computed::new(Expr::Joined(column.column_ref()), Some(column.column_ref()))
}

/// Lists that a query reads, for a column as well as for an expression.
macro_rules! in_queries {
    ($on:ident) => {
        impl<M: Model, T> $on<M, T> {
            /// It is one of the values that a query reads; NULL among them is passed over,
            /// unless the query has a limit.
            ///
            /// ```
            /// use orm::prelude::*;
            /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
            /// # #[derive(Debug, Model)] struct Post { #[orm(key, auto)] id: i64, author: i64, hidden: bool }
            /// # async fn f(db: &Session) -> orm::Result<()> {
            /// let hidden = db.find().where_(Post::HIDDEN.eq(true)).select(Post::AUTHOR);
            /// let shy = db.find().where_(User::ID.is_in_query(hidden)).await?;
            /// # Ok(()) }
            /// ```
            pub fn is_in_query<Q>(self, query: Q) -> Predicate<M>
            where
                Q: Subquery,
                Q::Value: Comparable<T>,
            {
                in_query(Computed::<M, T>::from(self).into_inner(), query.into_select(), Q::Value::NULLABLE)
            }

            /// It is none of the values that a query reads; NULL among them is passed over,
            /// unless the query has a limit: then it is true for nothing.
            pub fn not_in_query<Q>(self, query: Q) -> Predicate<M>
            where
                Q: Subquery,
                Q::Value: Comparable<T>,
            {
                !self.is_in_query(query)
            }
        }
    };
}

in_queries!(Column);
in_queries!(Computed);

fn in_query<M>(it: Expr, mut select: Box<Select>, nullable: bool) -> Predicate<M> {
    let whole = select.limit.is_none() && select.offset.is_none();
    // One NULL in the list, and `NOT IN` is true for nothing.
    if let (Project::Exprs(exprs), true, true) = (&select.project, nullable, whole)
        && let [expr] = &exprs[..]
    {
        let is_some = Expr::Not(Box::new(Expr::IsNull(Box::new(expr.clone()))));
        let filter = if expr.has_aggregate() { &mut select.having } else { &mut select.filter };
        filter.push(is_some);
    }
    Predicate::new(Expr::InQuery(Box::new(it), select))
}
