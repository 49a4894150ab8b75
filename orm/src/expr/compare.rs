//! What columns and expressions are compared with, and sorted by.

use crate::expr::computed::both;
use crate::expr::operand::Comparable;
use crate::expr::{Binary, Column, Computed, Expr, Operand, Order, Predicate};
use crate::schema::Model;
use crate::value::{Field, Value};

/// Columns that may be NULL: those of an `Option`.
#[diagnostic::on_unimplemented(message = "a `{Self}` column is never NULL", label = "expected a column whose field is an `Option`")]
pub trait Nullable {}

#[diagnostic::do_not_recommend]
impl<T: Field> Nullable for Option<T> {}

both! {
    impl<M: Model, T> Column<M, T> {
        /// It is equal to `rhs`; `eq(None)` is `IS NULL`.
        pub fn eq(self, rhs: impl Operand<M, T>) -> Predicate<M> {
            compare_null(self.into(), Binary::Eq, rhs)
        }

        /// It is not equal to `rhs`; `ne(None)` is `IS NOT NULL`.
        ///
        /// As everywhere in SQL, what is NULL is neither equal nor unequal to a value.
        pub fn ne(self, rhs: impl Operand<M, T>) -> Predicate<M> {
            compare_null(self.into(), Binary::Ne, rhs)
        }

        /// It is greater than `rhs`.
        pub fn gt(self, rhs: impl Operand<M, T>) -> Predicate<M> {
            compare(self.into(), Binary::Gt, rhs)
        }

        /// It is greater than or equal to `rhs`.
        pub fn ge(self, rhs: impl Operand<M, T>) -> Predicate<M> {
            compare(self.into(), Binary::Ge, rhs)
        }

        /// It is less than `rhs`.
        pub fn lt(self, rhs: impl Operand<M, T>) -> Predicate<M> {
            compare(self.into(), Binary::Lt, rhs)
        }

        /// It is less than or equal to `rhs`.
        pub fn le(self, rhs: impl Operand<M, T>) -> Predicate<M> {
            compare(self.into(), Binary::Le, rhs)
        }

        /// It is one of these values; never true for an empty list.
        ///
        /// A `None` in the list finds NULL. A long list is one argument, so that
        /// it may have any length. On MariaDB that is not so for truth values,
        /// documents, lists, texts of more than 255 characters and more than 127
        /// bytes: of these, it takes 65,535.
        pub fn is_in<V>(self, values: impl IntoIterator<Item = V>) -> Predicate<M>
        where
            V: Comparable<T>,
        {
            is_in(self.into(), values.into_iter().map(Comparable::into_value))
        }

        /// It is none of these values; true for an empty list.
        ///
        /// With a `None` in the list, NULL is one of them. Otherwise what is NULL is
        /// neither in a list nor outside of it, as everywhere in SQL.
        pub fn not_in<V>(self, values: impl IntoIterator<Item = V>) -> Predicate<M>
        where
            V: Comparable<T>,
        {
            !self.is_in(values)
        }

        /// It is from `low` to `high`, both included.
        pub fn between(self, low: impl Operand<M, T>, high: impl Operand<M, T>) -> Predicate<M> {
            let it: Computed<M, T> = self.into();
            let (low, high) = (it.beside(low), it.beside(high));
            Predicate::new(Expr::Between(Box::new(it.into_inner()), Box::new(low), Box::new(high)))
        }

        /// It is less than `low` or greater than `high`.
        pub fn not_between(self, low: impl Operand<M, T>, high: impl Operand<M, T>) -> Predicate<M> {
            !self.between(low, high)
        }

        /// It is NULL.
        pub fn is_none(self) -> Predicate<M>
        where
            T: Nullable,
        {
            Predicate::new(Expr::IsNull(Box::new(Computed::<M, T>::from(self).into_inner())))
        }

        /// It is not NULL.
        pub fn is_some(self) -> Predicate<M>
        where
            T: Nullable,
        {
            !self.is_none()
        }

        /// Smallest first, NULL before everything.
        pub fn asc(self) -> Order<M> {
            Order::new(Computed::<M, T>::from(self).into_inner(), Some(false))
        }

        /// Largest first, NULL after everything.
        pub fn desc(self) -> Order<M> {
            Order::new(Computed::<M, T>::from(self).into_inner(), Some(true))
        }
    }
}

both! {
    impl<M: Model> Column<M, bool> {
        /// It is true.
        ///
        /// ```
        /// use orm::prelude::*;
        /// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64, active: bool }
        /// let active: Predicate<User> = User::ACTIVE.is_true();
        /// let the_same: Predicate<User> = User::ACTIVE.into();
        /// # let _ = (active, the_same);
        /// ```
        pub fn is_true(self) -> Predicate<M> {
            self.eq(true)
        }

        /// It is false.
        pub fn is_false(self) -> Predicate<M> {
            self.eq(false)
        }
    }
}

impl<M: Model> From<Column<M, bool>> for Predicate<M> {
    fn from(it: Column<M, bool>) -> Self {
        it.is_true()
    }
}

impl<M: Model> From<Computed<M, bool>> for Predicate<M> {
    fn from(it: Computed<M, bool>) -> Self {
        it.is_true()
    }
}

fn compare<M, T>(it: Computed<M, T>, operator: Binary, rhs: impl Operand<M, T>) -> Predicate<M> {
    let rhs = it.beside(rhs);
    Predicate::new(it.binary(operator, rhs))
}

/// `= NULL` is never true in SQL; who writes `eq(None)` means `IS NULL`.
fn compare_null<M, T>(it: Computed<M, T>, operator: Binary, rhs: impl Operand<M, T>) -> Predicate<M> {
    let rhs = it.beside(rhs);
    Predicate::new(equal(it.into_inner(), operator, rhs))
}

pub(super) fn equal(it: Expr, operator: Binary, rhs: Expr) -> Expr {
    match rhs {
        Expr::Value(value, _) if value.is_null() => {
            let is_null = Expr::IsNull(Box::new(it));
            if operator == Binary::Eq { is_null } else { Expr::Not(Box::new(is_null)) }
        }
        rhs => Expr::Binary(Box::new(it), operator, Box::new(rhs)),
    }
}

pub(super) fn is_in<M, T>(it: Computed<M, T>, values: impl Iterator<Item = Value>) -> Predicate<M> {
    let (nulls, values): (Vec<_>, Vec<_>) = values.partition(Value::is_null);
    let (expr, column) = it.into_parts();
    // `IN (NULL)` is never true, and `NOT IN (NULL)` neither.
    let or_null = (!nulls.is_empty()).then(|| Predicate::new(Expr::IsNull(Box::new(expr.clone()))));
    let found = Predicate::new(Expr::In(Box::new(expr), values, column));
    match or_null {
        None => found,
        Some(null) => found.or(null),
    }
}
