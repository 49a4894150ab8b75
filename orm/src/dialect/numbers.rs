//! The walk over numbers: sums, and what is compared with them.
//!
//! Everywhere integers are counted in 64 bits, decimals are exact, and what
//! does not fit is an error. Databases need to be told so in different ways:
//! PostgreSQL counts in the bits of the column; SQLite goes on with a
//! floating-point number, and its decimals are integers whose last digit the
//! column says.

use crate::dialect::Engine;
use crate::dialect::render::Walk;
use crate::error::{Error, Result};
use crate::expr::{Assignment, Binary, ColumnRef, Expr};
use crate::value::SqlType;

/// SQLite's way to fail: the smallest integer has no opposite.
const OVERFLOW: &str = "abs(-9223372036854775807 - 1)";

impl Walk<'_> {
    /// Two operands, as numbers of one scale.
    pub(super) fn infix(&mut self, left: &Expr, symbol: &str, right: &Expr) -> Result<()> {
        let scale = self.scale_of_all(&[left, right]);
        self.operand_at(left, scale)?;
        self.sql(symbol);
        self.operand_at(right, scale)
    }

    /// `BETWEEN … AND …`.
    pub(super) fn between(&mut self, it: &Expr, low: &Expr, high: &Expr) -> Result<()> {
        let scale = self.scale_of_all(&[it, low, high]);
        self.operand_at(it, scale)?;
        self.sql(" BETWEEN ");
        self.operand_at(low, scale)?;
        self.sql(" AND ");
        self.operand_at(high, scale)
    }

    /// What a column is set to.
    pub(super) fn assigned(&mut self, set: &Assignment) -> Result<()> {
        changeable(set.column)?;
        let (target, value) = (set.column.meta(), &set.value);
        let (SqlType::Decimal { scale, .. }, Some(of_value)) = (target.ty, scale(value)) else {
            return self.expr(value);
        };
        if of_value > scale {
            return Err(Error::Invalid(format!(
                "{}.{} keeps {scale} digits behind the point, and what it is set to has {of_value}: it would be rounded",
                set.column.model.name, target.name
            )));
        }
        if self.engine == Engine::Sqlite { self.operand_at(value, Some(scale)) } else { self.expr(value) }
    }

    /// A sum, whose overflow is an error.
    pub(super) fn sum(&mut self, sum: &Expr) -> Result<()> {
        let scale = self.scale_of_all(&[sum]);
        self.checked(sum, scale)
    }

    /// The scale that SQLite's integers need to be comparable.
    fn scale_of_all(&self, all: &[&Expr]) -> Option<u8> {
        if self.engine != Engine::Sqlite {
            return None;
        }
        all.iter().filter_map(|it| scale(it)).max()
    }

    fn operand_at(&mut self, expr: &Expr, scale: Option<u8>) -> Result<()> {
        if !is_sum(expr) && zeros(expr, scale) == 0 {
            return self.operand(expr);
        }
        self.sql("(");
        self.checked(expr, scale)?;
        self.sql(")");
        Ok(())
    }

    /// Once around the whole: what has overflown stays so.
    fn checked(&mut self, expr: &Expr, scale: Option<u8>) -> Result<()> {
        let (function, overflown) = match first(expr).map(|it| it.meta().ty) {
            _ if self.engine != Engine::Sqlite => return self.unchecked(expr, scale),
            Some(SqlType::Real | SqlType::Double) => ("abs", "9e999"),
            _ => ("typeof", "'real'"),
        };
        self.sql("CASE ");
        self.sql(function);
        self.sql("(");
        self.unchecked(expr, scale)?;
        self.sql(") WHEN ");
        self.sql(overflown);
        self.sql(" THEN ");
        self.sql(OVERFLOW);
        self.sql(" ELSE ");
        self.unchecked(expr, scale)?;
        self.sql(" END");
        Ok(())
    }

    fn unchecked(&mut self, expr: &Expr, scale: Option<u8>) -> Result<()> {
        let Expr::Binary(left, operator @ (Binary::Plus | Binary::Minus), right) = expr else {
            self.operand(expr)?;
            let zeros = zeros(expr, scale);
            if zeros > 0 {
                self.sql(" * 1");
                (0..zeros).for_each(|_| self.sql("0"));
            }
            return Ok(());
        };
        self.summand(left, scale)?;
        self.sql(if *operator == Binary::Plus { " + " } else { " - " });
        self.summand(right, scale)
    }

    fn summand(&mut self, expr: &Expr, scale: Option<u8>) -> Result<()> {
        if is_sum(expr) || zeros(expr, scale) > 0 {
            self.sql("(");
            self.unchecked(expr, scale)?;
            self.sql(")");
            return Ok(());
        }
        self.operand(expr)?;
        if self.engine == Engine::Postgres && matches!(expr, Expr::Column(it) if is_narrow(it.meta().ty)) {
            self.sql("::bigint");
        }
        Ok(())
    }
}

/// Refuses what MySQL would make of values that were set just before: it sets
/// one column after the other.
pub(super) fn check_order(engine: Engine, set: &[Assignment]) -> Result<()> {
    let is_set_before =
        |(n, it): (usize, &Assignment)| set[..n].iter().find(|before| mentions(&it.value, before.column)).map(|it| it.column);
    match set.iter().enumerate().find_map(is_set_before) {
        Some(column) if engine == Engine::MySql => Err(Error::Unsupported {
            database: engine.name(),
            what: format!(
                "set a column to what {}.{} was before it is set, too; set that one later",
                column.model.name,
                column.meta().name
            ),
        }),
        _ => Ok(()),
    }
}

fn mentions(expr: &Expr, column: ColumnRef) -> bool {
    match expr {
        Expr::Column(it) => *it == column,
        Expr::Binary(left, _, right) => mentions(left, column) || mentions(right, column),
        _ => false,
    }
}

/// Refuses to set what the model does not let change.
fn changeable(column: ColumnRef) -> Result<()> {
    let field = column.meta();
    if field.access.update {
        return Ok(());
    }
    let option = if field.access.create { "create_only" } else { "readonly" };
    Err(Error::Invalid(format!("{}.{} is {option} and cannot be set", column.model.name, field.name)))
}

pub(super) const fn is_sum(expr: &Expr) -> bool {
    matches!(expr, Expr::Binary(_, Binary::Plus | Binary::Minus, _))
}

/// The column that says what kind of number it is.
fn first(expr: &Expr) -> Option<ColumnRef> {
    match expr {
        Expr::Column(it) | Expr::Value(_, Some(it)) => Some(*it),
        Expr::Binary(left, Binary::Plus | Binary::Minus, _) => first(left),
        _ => None,
    }
}

/// How many digits a decimal has behind the point.
fn scale(expr: &Expr) -> Option<u8> {
    match expr {
        Expr::Binary(left, Binary::Plus | Binary::Minus, right) => scale(left).max(scale(right)),
        other => match first(other)?.meta().ty {
            SqlType::Decimal { scale, .. } => Some(scale),
            _ => None,
        },
    }
}

/// How many zeros a single number needs to be of this scale.
fn zeros(expr: &Expr, to: Option<u8>) -> u8 {
    match (is_sum(expr), to, scale(expr)) {
        (false, Some(to), Some(own)) => to.saturating_sub(own),
        _ => 0,
    }
}

/// Whether an integer has less than 64 bits in PostgreSQL.
fn is_narrow(ty: SqlType) -> bool {
    ty.is_integer() && super::types::postgres_type(ty) != "bigint"
}
