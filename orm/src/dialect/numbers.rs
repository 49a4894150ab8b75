//! The walk over numbers: calculations, and what is compared with them.
//!
//! Everywhere integers are counted in 64 bits, decimals are exact, and what
//! does not fit is an error, as is a division by zero. Databases need to be
//! told so in different ways: PostgreSQL counts in the bits of the column;
//! SQLite goes on with a floating-point number, and its decimals are integers
//! whose last digit the column says; MariaDB divides integers to fractions,
//! and makes NULL of a division by zero.

use crate::dialect::Engine;
use crate::dialect::expr::symbol;
use crate::dialect::render::Walk;
use crate::error::{Error, Result};
use crate::expr::{Assignment, Binary, ColumnRef, Expr};
use crate::value::{SqlType, Value};

/// How many parts of a statement may be written more than once. Nests of them
/// grow by a factor with each level.
const MOST_REPEATED: u32 = 50_000;

/// SQLite's way to fail: the smallest integer has no opposite.
const OVERFLOW: &str = "abs(-9223372036854775807 - 1)";

impl Walk<'_> {
    /// Two operands, as numbers of one scale.
    pub(super) fn infix(&mut self, left: &Expr, symbol: &str, right: &Expr) -> Result<()> {
        let scale = self.scale_of_all([left, right].into_iter());
        self.operand_at(left, scale)?;
        self.sql(symbol);
        self.operand_at(right, scale)
    }

    /// `BETWEEN … AND …`.
    pub(super) fn between(&mut self, it: &Expr, low: &Expr, high: &Expr) -> Result<()> {
        let scale = self.scale_of_all([it, low, high].into_iter());
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

    /// A calculation, whose overflow is an error.
    pub(super) fn calculation(&mut self, it: &Expr) -> Result<()> {
        let scale = self.scale_of_all([it].into_iter());
        self.checked(it, scale)
    }

    /// The scale that SQLite's integers need to be comparable.
    pub(super) fn scale_of_all<'e>(&self, all: impl Iterator<Item = &'e Expr>) -> Option<u8> {
        if self.engine != Engine::Sqlite {
            return None;
        }
        all.filter_map(scale).max()
    }

    pub(super) fn operand_at(&mut self, expr: &Expr, scale: Option<u8>) -> Result<()> {
        if !is_calculation(expr) && zeros(expr, scale) == 0 {
            return self.single(expr);
        }
        self.nested(|walk| walk.checked(expr, scale))
    }

    /// Once around the whole: what has overflown stays so.
    fn checked(&mut self, expr: &Expr, scale: Option<u8>) -> Result<()> {
        self.repeat()?;
        let around = self.signed;
        self.signed |= self.engine.is_mysql_family() && expr.subtracts();
        let checked = self.checked_once(expr, scale);
        self.signed = around;
        checked
    }

    fn checked_once(&mut self, expr: &Expr, scale: Option<u8>) -> Result<()> {
        let (function, overflown) = match expr.sql_type() {
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
        match expr {
            Expr::Binary(left, Binary::Minus, right) if self.engine.is_mysql_family() && may_be_smallest(right) => {
                // `0 - x` of the smallest integer is that integer again, without an error.
                self.summand(left, scale)?;
                self.sql(" + ");
                self.opposite(right)
            }
            Expr::Negate(it) if self.engine.is_mysql_family() => self.opposite(it),
            Expr::Binary(left, Binary::Minus, right) if self.engine.is_mysql_family() && is_largest(left) && !is_calculation(right) => {
                // Connections say that a difference may be negative.
                self.single(left)?;
                self.sql(" - ");
                self.single(right)
            }
            Expr::Binary(left, operator @ (Binary::Plus | Binary::Minus), right) => {
                self.summand(left, scale)?;
                self.sql(symbol(*operator));
                self.summand(right, scale)
            }
            Expr::Negate(it) => {
                self.sql("0 - ");
                self.summand(it, scale)
            }
            Expr::Binary(left, operator, right) if operator.is_arithmetic() => {
                let zeros = zeros(expr, scale);
                self.sql(if zeros > 0 { "(" } else { "" });
                self.product(left, *operator, right)?;
                self.sql(if zeros > 0 { ")" } else { "" });
                self.append_zeros(zeros);
                Ok(())
            }
            _ => {
                self.single(expr)?;
                self.append_zeros(zeros(expr, scale));
                Ok(())
            }
        }
    }

    /// Counts what is written more than once, in which there may be more of it.
    fn repeat(&mut self) -> Result<()> {
        self.repeated += 1;
        if self.repeated > MOST_REPEATED {
            return Err(Error::Invalid(
                "a calculation is checked for overflows and divisions by zero part by part, and so its text would be too long: \
                 calculate less of it in one expression"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    fn opposite(&mut self, expr: &Expr) -> Result<()> {
        self.sql("-(");
        self.factor(expr)?;
        self.sql(")");
        Ok(())
    }

    /// Factors keep their own scales.
    fn product(&mut self, left: &Expr, operator: Binary, right: &Expr) -> Result<()> {
        let integers = left.sql_type().is_some_and(SqlType::is_integer);
        self.factor(left)?;
        self.sql(match operator {
            Binary::DividedBy if integers && self.engine.is_mysql_family() => " DIV ",
            other => symbol(other),
        });
        if operator == Binary::Times || self.engine == Engine::Postgres || is_safe_divisor(right) {
            return self.factor(right);
        }
        self.divisor(right)
    }

    /// A divisor that is an error where it is zero.
    fn divisor(&mut self, expr: &Expr) -> Result<()> {
        self.repeat()?;
        self.sql("CASE ");
        self.factor(expr)?;
        self.sql(" WHEN 0 THEN ");
        if self.engine == Engine::Sqlite {
            self.sql(OVERFLOW);
        } else {
            // One more than there is room for; not a constant, which would fail at once.
            self.sql("9223372036854775807 + (0 = ");
            self.factor(expr)?;
            self.sql(")");
        }
        self.sql(" ELSE ");
        self.factor(expr)?;
        self.sql(" END");
        Ok(())
    }

    /// A number beside `*`, `/` or `%`: fractions that have overflown would be
    /// lost there.
    fn factor(&mut self, expr: &Expr) -> Result<()> {
        if is_calculation(expr) && matches!(expr.sql_type(), Some(SqlType::Real | SqlType::Double)) {
            return self.nested(|walk| walk.checked(expr, None));
        }
        self.summand(expr, scale(expr))
    }

    fn summand(&mut self, expr: &Expr, scale: Option<u8>) -> Result<()> {
        let scale = scale.filter(|_| self.engine == Engine::Sqlite);
        if is_calculation(expr) || zeros(expr, scale) > 0 {
            return self.nested(|walk| walk.unchecked(expr, scale));
        }
        // There are no negative numbers beside unsigned ones.
        if self.engine.is_mysql_family() && is_unsigned(expr) {
            self.sql("CAST(");
            self.expr(expr)?;
            self.sql(" AS SIGNED)");
            return Ok(());
        }
        if self.signed && is_largest(expr) {
            // That conversion would make another number of what is too large; this fails.
            self.sql("(CAST(");
            self.deeper(|walk| walk.expr(expr))?;
            self.sql(" AS DECIMAL(20)) DIV 1)");
            return Ok(());
        }
        self.single(expr)?;
        match expr.sql_type() {
            _ if self.engine != Engine::Postgres || matches!(expr, Expr::Value(..)) => {}
            Some(SqlType::Real) => self.sql("::double precision"),
            Some(it) if is_narrow(it) => self.sql("::bigint"),
            _ => {}
        }
        Ok(())
    }

    /// What is no calculation. SQLite gets a decimal that no column has as the
    /// integer of its last digit.
    fn single(&mut self, expr: &Expr) -> Result<()> {
        #[cfg(feature = "rust_decimal")]
        if let (Engine::Sqlite, Expr::Value(Value::Decimal(it), None)) = (self.engine, expr) {
            let digits = it.normalize().mantissa();
            let digits = i64::try_from(digits).map_err(|_| crate::value::limits::unstorable("SQLite's integers end at 18 digits"))?;
            return self.value(&Value::I64(digits), None);
        }
        self.operand(expr)
    }

    fn append_zeros(&mut self, zeros: u8) {
        if zeros > 0 {
            self.sql(" * 1");
            (0..zeros).for_each(|_| self.sql("0"));
        }
    }
}

/// Refuses what MySQL would make of values that were set just before: it sets
/// one column after the other.
pub(super) fn check_order(engine: Engine, set: &[Assignment]) -> Result<()> {
    let is_set_before = |(n, it): (usize, &Assignment)| set[..n].iter().find(|before| it.value.mentions(before.column)).map(|it| it.column);
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

/// Whether an expression is made of a number or two.
pub(super) fn is_calculation(expr: &Expr) -> bool {
    matches!(expr, Expr::Negate(_)) || matches!(expr, Expr::Binary(_, operator, _) if operator.is_arithmetic())
}

/// Whether it is kept without a sign, and has room beside one.
fn is_unsigned(expr: &Expr) -> bool {
    let has_room = matches!(expr.sql_type(), Some(SqlType::Unsigned(most)) if i64::try_from(most).is_ok());
    has_room && !matches!(expr, Expr::Value(..))
}

/// Whether it is kept without a sign, and leaves no room for one.
fn is_largest(expr: &Expr) -> bool {
    matches!(expr.sql_type(), Some(SqlType::Unsigned(most)) if i64::try_from(most).is_err()) && !matches!(expr, Expr::Value(..))
}

/// Whether it may be the smallest integer, which has no opposite.
fn may_be_smallest(expr: &Expr) -> bool {
    let known = matches!(expr, Expr::Value(Value::I64(it), _) if *it != i64::MIN);
    expr.sql_type() == Some(SqlType::BigInt) && !known
}

/// Whether it is a number that is not zero.
fn is_safe_divisor(expr: &Expr) -> bool {
    match expr {
        Expr::Value(Value::I16(it), _) => *it != 0,
        Expr::Value(Value::I32(it), _) => *it != 0,
        Expr::Value(Value::I64(it), _) => *it != 0,
        Expr::Value(Value::F64(it), _) => *it != 0.0,
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

/// How many digits a decimal has behind the point.
fn scale(expr: &Expr) -> Option<u8> {
    match expr.sql_type()? {
        SqlType::Decimal { scale, .. } => Some(scale),
        _ => None,
    }
}

/// How many zeros a number needs to be of this scale; sums give them to their parts.
fn zeros(expr: &Expr, to: Option<u8>) -> u8 {
    let is_sum = matches!(expr, Expr::Negate(_) | Expr::Binary(_, Binary::Plus | Binary::Minus, _));
    match (is_sum, to, scale(expr)) {
        (false, Some(to), Some(own)) => to.saturating_sub(own),
        _ => 0,
    }
}

/// Whether an integer has less than 64 bits in PostgreSQL.
fn is_narrow(ty: SqlType) -> bool {
    ty.is_integer() && super::types::postgres_type(ty) != "bigint"
}
