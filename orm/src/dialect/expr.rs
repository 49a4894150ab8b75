//! The walk over expressions.

use crate::dialect::Engine;
use crate::dialect::numbers::is_calculation;
use crate::dialect::render::Walk;
use crate::error::{Error, Result};
use crate::expr::{Binary, Expr};

/// How deep parentheses may go; a walk that went on would fill the stack.
const DEEPEST: u32 = 200;

/// How many conditions are joined on one level.
const LONGEST_LIST: usize = 200;

impl Walk<'_> {
    /// An expression.
    pub(crate) fn expr(&mut self, expr: &Expr) -> Result<()> {
        // What is joined by these is hidden part by part.
        let joins = matches!(expr, Expr::And(_) | Expr::Or(_) | Expr::Not(_));
        self.beside(|| !joins && expr.is_sensitive(), |walk| walk.plain_expr(expr))
    }

    fn plain_expr(&mut self, expr: &Expr) -> Result<()> {
        match expr {
            Expr::Column(it) => self.column(*it),
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
            Expr::Exists(query) => {
                self.sql("EXISTS ");
                self.subquery(query, None)
            }
            Expr::InQuery(it, query) => self.in_query(it, query),
            Expr::Query(query) => self.subquery(query, None),
            Expr::Joined(column) => self.joined_column(*column),
            Expr::Outer(column) => self.outer_column(*column),
            Expr::TooDeep => Err(too_deep()),
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
        // A query has its own.
        if matches!(expr, Expr::Column(_) | Expr::Joined(_) | Expr::Outer(_) | Expr::Value(..) | Expr::Query(_)) {
            return self.expr(expr);
        }
        self.nested(|walk| walk.expr(expr))
    }

    /// Parentheses, which are one level down.
    pub(super) fn nested(&mut self, inside: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.enter()?;
        self.sql("(");
        inside(self)?;
        self.sql(")");
        self.depth -= 1;
        Ok(())
    }

    /// What has parentheses of its own, one level down.
    pub(super) fn deeper(&mut self, inside: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.enter()?;
        inside(self)?;
        self.depth -= 1;
        Ok(())
    }

    /// Goes one level down.
    pub(super) fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > DEEPEST { Err(too_deep()) } else { Ok(()) }
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
}

fn too_deep() -> Error {
    Error::Invalid(format!("an expression is nested more than {DEEPEST} deep: build it flatter, such as with `any_of`"))
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
