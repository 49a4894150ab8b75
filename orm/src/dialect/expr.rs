//! The walk over expressions.

use crate::dialect::Engine;
use crate::dialect::numbers::is_calculation;
use crate::dialect::render::Walk;
use crate::error::{Error, Result};
use crate::expr::{Binary, ColumnRef, Expr};
use crate::value::{SqlType, Value};

/// How deep parentheses may go; a walk that went on would fill the stack.
const DEEPEST: u32 = 200;

/// How many conditions are joined on one level.
const LONGEST_LIST: usize = 200;

/// Lists of integers that are longer are written into the text, so that no
/// database's limit on placeholders is met.
const LONGEST_BOUND_LIST: usize = 1_000;

impl Walk<'_> {
    /// An expression.
    pub(crate) fn expr(&mut self, expr: &Expr) -> Result<()> {
        match expr {
            Expr::Column(it) => {
                self.ident(it.meta().column);
                Ok(())
            }
            Expr::Value(value, column) => self.value(value, *column),
            Expr::Negate(_) => self.calculation(expr),
            it if is_calculation(it) => self.calculation(it),
            Expr::Binary(left, operator, right) => self.infix(left, symbol(*operator), right),
            Expr::IsNull(it) => {
                self.operand(it)?;
                self.sql(" IS NULL");
                Ok(())
            }
            Expr::In(it, values, column) => self.is_in(it, values, *column),
            Expr::Between(it, low, high) => self.between(it, low, high),
            Expr::Like(it, pattern, escaped) => {
                self.infix(it, " LIKE ", pattern)?;
                if *escaped {
                    self.sql(" ESCAPE '!'");
                }
                Ok(())
            }
            Expr::And(all) => self.joined(all, " AND ", "1 = 1"),
            Expr::Or(any) => self.joined(any, " OR ", "1 = 0"),
            Expr::Not(it) => {
                self.sql("NOT ");
                self.operand(it)
            }
            Expr::Call(function, arguments) => self.call(*function, arguments),
            Expr::Case(branches, otherwise) => self.case(branches, otherwise.as_deref()),
            Expr::Cast(it, ty) => self.cast(it, *ty),
            Expr::InRows(row, rows) => self.in_rows(row, rows),
            Expr::Sql(text, args) => {
                self.sql_text(text, args)?;
                // What comes next must not become part of a comment.
                if text.contains("--") || text.contains('#') {
                    self.sql("\n");
                }
                Ok(())
            }
        }
    }

    /// An expression beside another: in parentheses unless it is a single word.
    pub(crate) fn operand(&mut self, expr: &Expr) -> Result<()> {
        if matches!(expr, Expr::Column(_) | Expr::Value(..)) {
            return self.expr(expr);
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Error::Invalid(format!(
                "an expression is nested more than {DEEPEST} deep: build it flatter, such as with `any_of`"
            )));
        }
        self.sql("(");
        self.expr(expr)?;
        self.sql(")");
        self.depth -= 1;
        Ok(())
    }

    /// Long lists are cut into groups: a database that reads `a AND b AND c` as
    /// `(a AND b) AND c` would find them too deep.
    pub(super) fn joined(&mut self, parts: &[Expr], between: &str, none: &str) -> Result<()> {
        if parts.is_empty() {
            self.sql(none);
        }
        if parts.len() > LONGEST_LIST {
            for (n, group) in parts.chunks(LONGEST_LIST).enumerate() {
                self.sql(if n > 0 { between } else { "" });
                self.sql("(");
                self.joined(group, between, none)?;
                self.sql(")");
            }
            return Ok(());
        }
        for (n, it) in parts.iter().enumerate() {
            if n > 0 {
                self.sql(between);
            }
            self.operand(it)?;
        }
        Ok(())
    }

    fn is_in(&mut self, it: &Expr, values: &[Value], column: Option<ColumnRef>) -> Result<()> {
        if values.is_empty() {
            self.sql("1 = 0");
            return Ok(());
        }
        let scale = self.scale_of_all([it].into_iter());
        if scale.is_some() && !matches!(it, Expr::Column(_)) {
            return self.equal_to_any(it, values, column);
        }
        self.operand(it)?;
        // Arrays have no arrays in them.
        let plain = column.filter(|it| !matches!(it.meta().ty, SqlType::Array(_)));
        if let (Engine::Postgres, Some(column)) = (self.engine, plain) {
            self.sql(" = ANY(");
            self.array(values, column.meta().ty)?;
            self.sql(")");
            return Ok(());
        }
        self.sql(" IN (");
        let literal = values.len() > LONGEST_BOUND_LIST;
        self.list(values, |walk, value| match value {
            Value::I16(n) if literal => walk.integer(i64::from(*n)),
            Value::I32(n) if literal => walk.integer(i64::from(*n)),
            Value::I64(n) if literal => walk.integer(*n),
            other => walk.value(other, column),
        })?;
        self.sql(")");
        Ok(())
    }

    /// Decimals of an expression, whose scale is not that of a column.
    fn equal_to_any(&mut self, it: &Expr, values: &[Value], column: Option<ColumnRef>) -> Result<()> {
        for (n, value) in values.iter().enumerate() {
            self.sql(if n == 0 { "" } else { " OR " });
            self.infix(it, " = ", &Expr::Value(value.clone(), column))?;
        }
        Ok(())
    }

    fn in_rows(&mut self, row: &[Expr], rows: &[Vec<Expr>]) -> Result<()> {
        if rows.is_empty() {
            self.sql("1 = 0");
            return Ok(());
        }
        self.row(row)?;
        // SQLite has no lists of rows, but tables of them.
        self.sql(if self.engine == Engine::Sqlite { " IN (VALUES " } else { " IN (" });
        self.list(rows, |walk, it| walk.row(it))?;
        self.sql(")");
        Ok(())
    }

    fn row(&mut self, row: &[Expr]) -> Result<()> {
        self.sql("(");
        self.list(row, Self::expr)?;
        self.sql(")");
        Ok(())
    }

    fn integer(&mut self, n: i64) -> Result<()> {
        self.sql(&n.to_string());
        Ok(())
    }
}

pub(super) const fn symbol(operator: Binary) -> &'static str {
    match operator {
        Binary::Eq => " = ",
        Binary::Ne => " <> ",
        Binary::Gt => " > ",
        Binary::Ge => " >= ",
        Binary::Lt => " < ",
        Binary::Le => " <= ",
        Binary::Plus => " + ",
        Binary::Minus => " - ",
        Binary::Times => " * ",
        Binary::DividedBy => " / ",
        Binary::Modulo => " % ",
    }
}
