//! The walk over functions, cases and conversions.

use crate::dialect::Engine;
use crate::dialect::render::Walk;
use crate::error::Result;
use crate::expr::{Expr, Function};
use crate::value::SqlType;

impl Walk<'_> {
    /// An expression whose value is read. SQLite does not know that integers of
    /// an expression stand for decimals: it writes them out.
    pub(super) fn readable(&mut self, expr: &Expr) -> Result<()> {
        if let Expr::Column(it) | Expr::Joined(it) = expr {
            return self.inside(it.meta().from_sql, |walk| walk.expr(expr));
        }
        let scale = match expr.sql_type() {
            Some(SqlType::Decimal { scale, .. }) if self.engine == Engine::Sqlite && !matches!(expr, Expr::Column(_)) => scale,
            _ => return self.expr(expr),
        };
        self.sql("CASE WHEN ");
        self.operand(expr)?;
        self.sql(" IS NULL THEN NULL ELSE printf('%s%d.%0");
        self.decimal_number(usize::from(scale.max(1)));
        self.sql("d', CASE WHEN ");
        self.operand(expr)?;
        self.sql(" < 0 THEN '-' ELSE '' END, abs(");
        self.expr(expr)?;
        self.sql(") / ");
        self.power_of_ten(scale);
        self.sql(", abs(");
        self.expr(expr)?;
        self.sql(") % ");
        self.power_of_ten(scale);
        self.sql(") END");
        Ok(())
    }

    fn power_of_ten(&mut self, zeros: u8) {
        self.sql("1");
        (0..zeros).for_each(|_| self.sql("0"));
    }

    pub(super) fn call(&mut self, function: Function, arguments: &[Expr]) -> Result<()> {
        match function {
            Function::Lower => self.ascii_case("lower", arguments),
            Function::Upper => self.ascii_case("upper", arguments),
            Function::Trim => self.plain_call("trim(", arguments),
            Function::Length if self.engine.is_mysql_family() => self.plain_call("char_length(", arguments),
            Function::Length => self.plain_call("length(", arguments),
            Function::Concat if self.engine.is_mysql_family() => self.plain_call("concat(", arguments),
            Function::Concat => self.joined(arguments, " || ", "''"),
            Function::Coalesce => {
                self.sql("coalesce(");
                self.alike(arguments.iter(), ", ")?;
                self.sql(")");
                Ok(())
            }
            Function::Count if arguments.is_empty() => {
                self.sql("count(*)");
                Ok(())
            }
            Function::Count => self.plain_call("count(", arguments),
            Function::CountDistinct => self.plain_call("count(DISTINCT ", arguments),
            Function::Sum => self.total(arguments),
            Function::Avg => self.mean(arguments),
            Function::Min => self.plain_call("min(", arguments),
            Function::Max => self.plain_call("max(", arguments),
        }
    }

    fn plain_call(&mut self, name: &str, arguments: &[Expr]) -> Result<()> {
        self.sql(name);
        self.deeper(|walk| walk.list(arguments, Self::expr))?;
        self.sql(")");
        Ok(())
    }

    /// Only a to z, for databases do not agree on other letters. PostgreSQL does
    /// so by the collation; MariaDB and MySQL by taking the bytes for a writing
    /// that has no other letters with a case.
    fn ascii_case(&mut self, function: &str, arguments: &[Expr]) -> Result<()> {
        let (before, after) = match self.engine {
            Engine::Sqlite => ("(", ")"),
            Engine::Postgres => ("(", " COLLATE \"C\")"),
            Engine::MariaDb => {
                ("(CONVERT(CAST(CONVERT(", " USING utf8mb4) AS BINARY) USING tis620)) AS BINARY) USING utf8mb4) COLLATE utf8mb4_nopad_bin")
            }
            Engine::MySql => {
                ("(CONVERT(CAST(CONVERT(", " USING utf8mb4) AS BINARY) USING tis620)) AS BINARY) USING utf8mb4) COLLATE utf8mb4_0900_bin")
            }
        };
        if self.engine.is_mysql_family() {
            self.sql("CONVERT(CAST(");
        }
        self.sql(function);
        self.sql(before);
        self.list(arguments, Self::operand)?;
        self.sql(after);
        Ok(())
    }

    /// Sums have 64 bits. PostgreSQL and MariaDB would make decimals of those of
    /// integers, and PostgreSQL counts fractions of 32 bits in as many.
    fn total(&mut self, arguments: &[Expr]) -> Result<()> {
        self.sql("sum(");
        let each = |walk: &mut Self, it: &Expr| match it.sql_type() {
            Some(SqlType::Real) if walk.engine == Engine::Postgres => walk.cast(it, SqlType::Double),
            _ => walk.expr(it),
        };
        self.deeper(|walk| walk.list(arguments, each))?;
        self.sql(")");
        let integer = arguments.iter().any(|it| it.sql_type().is_some_and(SqlType::is_integer));
        match self.engine {
            Engine::Postgres if integer => self.sql("::bigint"),
            // A conversion would cut what is too large; this fails.
            Engine::MariaDb | Engine::MySql if integer => self.sql(" DIV 1"),
            _ => {}
        }
        Ok(())
    }

    fn mean(&mut self, arguments: &[Expr]) -> Result<()> {
        self.sql("avg(");
        self.list(arguments, |walk, it| walk.cast(it, SqlType::Double))?;
        self.sql(")");
        Ok(())
    }

    pub(super) fn case(&mut self, branches: &[(Expr, Expr)], otherwise: Option<&Expr>) -> Result<()> {
        let scale = self.scale_of_all(branches.iter().map(|it| &it.1).chain(otherwise));
        self.sql("CASE");
        for (when, then) in branches {
            self.sql(" WHEN ");
            self.operand(when)?;
            self.sql(" THEN ");
            self.operand_at(then, scale)?;
        }
        if let Some(otherwise) = otherwise {
            self.sql(" ELSE ");
            self.operand_at(otherwise, scale)?;
        }
        self.sql(" END");
        let text = branches.iter().any(|it| it.1.sql_type().is_some_and(SqlType::is_text));
        self.by_code_points(text);
        Ok(())
    }

    /// Text that no column gives a collation would have that of the database.
    fn by_code_points(&mut self, text: bool) {
        if text && self.engine == Engine::Postgres {
            self.sql(" COLLATE \"C\"");
        }
    }

    /// Only what means the same everywhere comes here, see [`CastTo`](crate::expr::CastTo).
    pub(super) fn cast(&mut self, expr: &Expr, to: SqlType) -> Result<()> {
        let decimal = match expr.sql_type() {
            Some(SqlType::Decimal { scale, .. }) if self.engine == Engine::Sqlite => Some(scale),
            _ => None,
        };
        let to_integer = if self.engine == Engine::Postgres && expr.sql_type() == Some(SqlType::Boolean) { "::integer" } else { "" };
        self.sql("CAST(");
        if to_integer.is_empty() {
            self.deeper(|walk| walk.expr(expr))?;
        } else {
            self.operand(expr)?;
        }
        self.sql(to_integer);
        self.sql(" AS ");
        self.sql(cast_type(self.engine, to));
        self.sql(")");
        self.by_code_points(to.is_text());
        if let Some(scale) = decimal {
            self.sql(" / ");
            self.power_of_ten(scale);
            self.sql(".0");
        }
        Ok(())
    }

    /// Expressions of which one is taken: numbers of one scale.
    fn alike<'e>(&mut self, all: impl Iterator<Item = &'e Expr> + Clone, between: &str) -> Result<()> {
        let scale = self.scale_of_all(all.clone());
        for (n, it) in all.enumerate() {
            if n > 0 {
                self.sql(between);
            }
            self.operand_at(it, scale)?;
        }
        Ok(())
    }
}

fn cast_type(engine: Engine, ty: SqlType) -> &'static str {
    match (engine, ty) {
        (Engine::Postgres, SqlType::Text) => "text",
        (Engine::Postgres, ty) => super::types::postgres_type(ty),
        (Engine::Sqlite, SqlType::Double) => "REAL",
        (Engine::Sqlite, SqlType::Text) => "TEXT",
        (Engine::Sqlite, _) => "INTEGER",
        (_, SqlType::Double) => "DOUBLE",
        (_, SqlType::Text) => "CHAR",
        (_, _) => "SIGNED",
    }
}
