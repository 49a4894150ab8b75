//! Columns as constants of their model.

use std::fmt;
use std::marker::PhantomData;

use crate::expr::operand::{Comparable, escape_like};
use crate::expr::{Binary, ColumnRef, Expr, Operand, Order, Predicate, TextOperand};
use crate::schema::Model;
use crate::value::{Field, Value};

/// A column of the model `M` whose field is a `T`.
///
/// The derive makes one for every field: `User::NAME` for `name`.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8, email: Option<String> }
/// let grown_up = User::AGE.ge(18).and(User::EMAIL.is_some());
/// let older = User::AGE.plus(1);
/// # let _ = (grown_up, older);
/// ```
pub struct Column<M, T> {
    at: u16,
    of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Clone for Column<M, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T> Copy for Column<M, T> {}

impl<M: Model, T> fmt::Debug for Column<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", M::META.name, self.column_ref().meta().name)
    }
}

impl<M, T> Column<M, T> {
    /// For generated code: the column at a position of `M::META.fields`.
    #[doc(hidden)]
    #[must_use]
    pub const fn at(at: u16) -> Self {
        Self { at, of: PhantomData }
    }
}

impl<M: Model, T> Column<M, T> {
    /// The name of the column in the database.
    #[must_use]
    #[expect(clippy::misnamed_getters, reason = "a column's name is the column's, not the field's")]
    pub fn name(self) -> &'static str {
        self.column_ref().meta().column
    }

    /// The position of the column in [`ModelMeta::fields`](crate::ModelMeta::fields).
    #[must_use]
    pub fn position(self) -> usize {
        usize::from(self.at)
    }

    /// The column is equal to `rhs`; `eq(None)` is `IS NULL`.
    pub fn eq(self, rhs: impl Operand<M, T>) -> Predicate<M> {
        self.expr().eq(rhs)
    }

    /// The column is not equal to `rhs`; `ne(None)` is `IS NOT NULL`.
    ///
    /// As everywhere in SQL, a column that is NULL is neither equal nor unequal to a value.
    pub fn ne(self, rhs: impl Operand<M, T>) -> Predicate<M> {
        self.expr().ne(rhs)
    }

    /// The column is greater than `rhs`.
    pub fn gt(self, rhs: impl Operand<M, T>) -> Predicate<M> {
        self.expr().gt(rhs)
    }

    /// The column is greater than or equal to `rhs`.
    pub fn ge(self, rhs: impl Operand<M, T>) -> Predicate<M> {
        self.expr().ge(rhs)
    }

    /// The column is less than `rhs`.
    pub fn lt(self, rhs: impl Operand<M, T>) -> Predicate<M> {
        self.expr().lt(rhs)
    }

    /// The column is less than or equal to `rhs`.
    pub fn le(self, rhs: impl Operand<M, T>) -> Predicate<M> {
        self.expr().le(rhs)
    }

    /// The column is one of these values; never true for an empty list.
    ///
    /// A `None` in the list finds NULL. PostgreSQL gets the list as one array;
    /// elsewhere a list of other values than integers is limited by the number
    /// of parameters of a statement (65,535; SQLite 32,766).
    pub fn is_in<V>(self, values: impl IntoIterator<Item = V>) -> Predicate<M>
    where
        V: Comparable<T>,
    {
        let (nulls, values): (Vec<_>, Vec<_>) = values.into_iter().map(Comparable::into_value).partition(Value::is_null);
        let found = Predicate::new(Expr::In(Box::new(self.column_expr()), values, Some(self.column_ref())));
        // `IN (NULL)` is never true, and `NOT IN (NULL)` neither.
        if nulls.is_empty() { found } else { found.or(Predicate::new(Expr::IsNull(Box::new(self.column_expr())))) }
    }

    /// The column is from `low` to `high`, both included.
    pub fn between(self, low: impl Operand<M, T>, high: impl Operand<M, T>) -> Predicate<M> {
        let column = Some(self.column_ref());
        Predicate::new(Expr::Between(Box::new(self.column_expr()), Box::new(low.into_expr(column)), Box::new(high.into_expr(column))))
    }

    /// The column plus `rhs`; an overflow is an error.
    #[must_use]
    pub fn plus(self, rhs: impl Operand<M, T>) -> Typed<M, T> {
        self.expr().plus(rhs)
    }

    /// The column minus `rhs`; an overflow is an error.
    #[must_use]
    pub fn minus(self, rhs: impl Operand<M, T>) -> Typed<M, T> {
        self.expr().minus(rhs)
    }

    /// Smallest first, NULL before everything.
    pub fn asc(self) -> Order<M> {
        Order::new(self.column_expr(), Some(false))
    }

    /// Largest first, NULL after everything.
    pub fn desc(self) -> Order<M> {
        Order::new(self.column_expr(), Some(true))
    }

    pub(crate) fn column_ref(self) -> ColumnRef {
        ColumnRef { model: M::META, at: usize::from(self.at) }
    }

    pub(crate) fn column_expr(self) -> Expr {
        Expr::Column(self.column_ref())
    }

    fn expr(self) -> Typed<M, T> {
        Typed::new(self.column_expr(), Some(self.column_ref()))
    }
}

impl<M: Model, T> Column<M, Option<T>> {
    /// The column is NULL.
    pub fn is_none(self) -> Predicate<M> {
        Predicate::new(Expr::IsNull(Box::new(self.column_expr())))
    }

    /// The column is not NULL.
    pub fn is_some(self) -> Predicate<M> {
        !self.is_none()
    }
}

/// Text, and text that may be NULL.
impl<M: Model, T: TextOperand> Column<M, T> {
    /// The text fits a pattern: `%` stands for any text, `_` for one character.
    ///
    /// Case matters on every database. A backslash before a wildcard makes it an
    /// ordinary character.
    pub fn like(self, pattern: impl Into<String>) -> Predicate<M> {
        self.pattern(crate::expr::operand::backslash_to_bang(&pattern.into()))
    }

    /// The text has `part` in it; case matters, `%` and `_` are ordinary characters.
    pub fn contains(self, part: impl AsRef<str>) -> Predicate<M> {
        self.pattern(format!("%{}%", escape_like(part.as_ref())))
    }

    /// The text starts with `part`; case matters, `%` and `_` are ordinary characters.
    pub fn starts_with(self, part: impl AsRef<str>) -> Predicate<M> {
        self.pattern(format!("{}%", escape_like(part.as_ref())))
    }

    /// The text ends with `part`; case matters, `%` and `_` are ordinary characters.
    pub fn ends_with(self, part: impl AsRef<str>) -> Predicate<M> {
        self.pattern(format!("%{}", escape_like(part.as_ref())))
    }

    fn pattern(self, pattern: String) -> Predicate<M> {
        let pattern = Expr::Value(pattern.into(), None);
        Predicate::new(Expr::Like(Box::new(self.column_expr()), Box::new(pattern), true))
    }
}

/// An expression over rows of `M` that yields a `T`, such as `User::AGE.plus(1)`.
pub struct Typed<M, T> {
    expr: Expr,
    /// The column whose representation the values beside it take.
    column: Option<ColumnRef>,
    of: PhantomData<fn() -> (M, T)>,
}

impl<M, T> fmt::Debug for Typed<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}

impl<M, T> Clone for Typed<M, T> {
    fn clone(&self) -> Self {
        Self::new(self.expr.clone(), self.column)
    }
}

impl<M, T> Typed<M, T> {
    pub(crate) fn new(expr: Expr, column: Option<ColumnRef>) -> Self {
        Self { expr, column, of: PhantomData }
    }

    pub(crate) fn into_inner(self) -> Expr {
        self.expr
    }

    /// The result is equal to `rhs`.
    pub fn eq(self, rhs: impl Operand<M, T>) -> Predicate<M> {
        self.compare_null(Binary::Eq, rhs)
    }

    /// The result is not equal to `rhs`.
    pub fn ne(self, rhs: impl Operand<M, T>) -> Predicate<M> {
        self.compare_null(Binary::Ne, rhs)
    }

    /// The result is greater than `rhs`.
    pub fn gt(self, rhs: impl Operand<M, T>) -> Predicate<M> {
        self.compare(Binary::Gt, rhs)
    }

    /// The result is greater than or equal to `rhs`.
    pub fn ge(self, rhs: impl Operand<M, T>) -> Predicate<M> {
        self.compare(Binary::Ge, rhs)
    }

    /// The result is less than `rhs`.
    pub fn lt(self, rhs: impl Operand<M, T>) -> Predicate<M> {
        self.compare(Binary::Lt, rhs)
    }

    /// The result is less than or equal to `rhs`.
    pub fn le(self, rhs: impl Operand<M, T>) -> Predicate<M> {
        self.compare(Binary::Le, rhs)
    }

    /// The result plus `rhs`; an overflow is an error.
    #[must_use]
    pub fn plus(self, rhs: impl Operand<M, T>) -> Self {
        self.arithmetic(Binary::Plus, rhs)
    }

    /// The result minus `rhs`; an overflow is an error.
    #[must_use]
    pub fn minus(self, rhs: impl Operand<M, T>) -> Self {
        self.arithmetic(Binary::Minus, rhs)
    }

    fn arithmetic(self, operator: Binary, rhs: impl Operand<M, T>) -> Self {
        let column = self.column;
        let rhs = rhs.into_expr(column);
        Self::new(Expr::Binary(Box::new(self.expr), operator, Box::new(rhs)), column)
    }

    fn compare(self, operator: Binary, rhs: impl Operand<M, T>) -> Predicate<M> {
        let rhs = rhs.into_expr(self.column);
        Predicate::new(Expr::Binary(Box::new(self.expr), operator, Box::new(rhs)))
    }

    /// `= NULL` is never true in SQL; who writes `eq(None)` means `IS NULL`.
    fn compare_null(self, operator: Binary, rhs: impl Operand<M, T>) -> Predicate<M> {
        match rhs.into_expr(self.column) {
            Expr::Value(value, _) if value.is_null() => {
                let is_null = Predicate::new(Expr::IsNull(Box::new(self.expr)));
                if operator == Binary::Eq { is_null } else { !is_null }
            }
            rhs => Predicate::new(Expr::Binary(Box::new(self.expr), operator, Box::new(rhs))),
        }
    }
}

impl<M: Model, T: Field> From<Column<M, T>> for Typed<M, T> {
    fn from(it: Column<M, T>) -> Self {
        it.expr()
    }
}
