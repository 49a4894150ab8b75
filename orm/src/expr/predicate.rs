//! Conditions.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Not;

use crate::expr::Expr;

/// A condition on rows of `M`.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
/// let one = User::AGE.gt(18).and(User::NAME.starts_with("a"));
/// let other = !one.clone();
/// let both = one.or(sql("age % ? = 1", 2));
/// # let _ = (other, both);
/// ```
#[must_use = "a condition does nothing until a statement uses it"]
pub struct Predicate<M> {
    expr: Expr,
    /// Whether it was said that every row is meant.
    every: bool,
    of: PhantomData<fn() -> M>,
}

/// Every row of `M`; says aloud that `update_all` or `delete_all` is for all of them.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64 }
/// # async fn f(db: &Session) -> orm::Result<()> {
/// db.delete_all(every::<User>()).await?;
/// # Ok(()) }
/// ```
pub fn every<M>() -> Predicate<M> {
    Predicate { every: true, ..Predicate::new(Expr::And(Vec::new())) }
}

/// At least one of the conditions holds; never true if there are none.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64, name: String }
/// let words = ["ann", "bob"];
/// let named: Predicate<User> = any_of(words.map(|it| User::NAME.contains(it)));
/// # let _ = named;
/// ```
pub fn any_of<M>(conditions: impl IntoIterator<Item = Predicate<M>>) -> Predicate<M> {
    Predicate::new(Expr::Or(conditions.into_iter().map(Predicate::into_expr).collect()))
}

/// All of the conditions hold; true if there are none. `update_all` and `delete_all`
/// refuse one without any: who means all records says [`every`].
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
/// fn search(name: Option<&str>, least: Option<u8>) -> Predicate<User> {
///     all_of([name.map(|it| User::NAME.eq(it)), least.map(|it| User::AGE.ge(it))].into_iter().flatten())
/// }
/// # let _ = search;
/// ```
pub fn all_of<M>(conditions: impl IntoIterator<Item = Predicate<M>>) -> Predicate<M> {
    Predicate::new(Expr::And(conditions.into_iter().map(Predicate::into_expr).collect()))
}

impl<M> Predicate<M> {
    pub(crate) fn new(expr: Expr) -> Self {
        Self::of_bounded(expr.bounded())
    }

    /// Of what is known to be not too deep: a loop that puts many conditions
    /// together would otherwise look at all of them each time.
    fn of_bounded(expr: Expr) -> Self {
        Self { expr, every: false, of: PhantomData }
    }

    /// Whether it leaves out no row, and nobody has said that every row is meant.
    pub(crate) fn is_empty(&self) -> bool {
        !self.every && says_nothing(&self.expr)
    }

    /// The same condition, as if nobody had said that every row is meant.
    pub(crate) fn without_every(self) -> Self {
        Self { every: false, ..self }
    }

    pub(crate) fn into_expr(self) -> Expr {
        self.expr
    }

    /// Both conditions hold.
    pub fn and(self, other: Self) -> Self {
        let every = self.every && other.every;
        // Flat on both sides: a condition that a loop puts together does not get deep.
        let both = Self::of_bounded(match (self.expr, other.expr) {
            (Expr::And(mut all), Expr::And(more)) if !all.is_empty() && !more.is_empty() => {
                all.extend(more);
                Expr::And(all)
            }
            (Expr::And(mut all), last) if !all.is_empty() => {
                all.push(last.bounded_part());
                Expr::And(all)
            }
            (first, Expr::And(mut all)) if !all.is_empty() => {
                all.insert(0, first.bounded_part());
                Expr::And(all)
            }
            (first, last) => Expr::And(vec![first.bounded_part(), last.bounded_part()]),
        });
        Self { every, ..both }
    }

    /// At least one of the conditions holds.
    pub fn or(self, other: Self) -> Self {
        Self::of_bounded(match (self.expr, other.expr) {
            (Expr::Or(mut any), Expr::Or(more)) => {
                any.extend(more);
                Expr::Or(any)
            }
            (Expr::Or(mut any), last) => {
                any.push(last.bounded_part());
                Expr::Or(any)
            }
            (first, Expr::Or(mut any)) => {
                any.insert(0, first.bounded_part());
                Expr::Or(any)
            }
            (first, last) => Expr::Or(vec![first.bounded_part(), last.bounded_part()]),
        })
    }

    /// The condition does not hold; the same as `!condition`.
    #[allow(clippy::should_implement_trait, reason = "it is implemented, too")]
    pub fn not(self) -> Self {
        Self::of_bounded(match self.expr {
            Expr::Not(inner) => *inner,
            other => Expr::Not(Box::new(other.bounded_part())),
        })
    }
}

/// Whether a condition is one of which nothing is left.
fn says_nothing(expr: &Expr) -> bool {
    matches!(expr, Expr::And(all) if all.iter().all(says_nothing))
}

impl<M> Not for Predicate<M> {
    type Output = Self;

    fn not(self) -> Self {
        Self::not(self)
    }
}

impl<M> Clone for Predicate<M> {
    fn clone(&self) -> Self {
        Self { every: self.every, ..Self::of_bounded(self.expr.clone()) }
    }
}

impl<M> fmt::Debug for Predicate<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}
