//! The walk over reads.

use crate::dialect::Engine;
use crate::dialect::render::Walk;
use crate::dialect::subquery::Scope;
use crate::error::{Error, Result};
use crate::expr::{ClauseAt, Expr, OrderBy, Project, Select};

impl Walk<'_> {
    /// A read that is a statement of its own.
    pub(super) fn top_select(&mut self, select: &Select) -> Result<()> {
        self.open_scope(select)?;
        self.select(select, None)?;
        if let Some(lock) = &select.lock {
            self.lock(select, lock)?;
        }
        self.clauses(&select.clauses, ClauseAt::End)
    }

    /// A read; what it reads is brought to this scale.
    pub(super) fn select(&mut self, select: &Select, scale: Option<u8>) -> Result<()> {
        let limited = select.limit.is_some() || select.offset.is_some();
        self.clauses(&select.clauses, ClauseAt::Start)?;
        self.sql("SELECT ");
        self.clauses(&select.clauses, ClauseAt::Verb)?;
        match &select.project {
            Project::Columns => {
                self.sql(if select.distinct { "DISTINCT " } else { "" });
                self.columns(select.model);
            }
            Project::Count if limited => self.sql("count(*) FROM (SELECT 1"),
            Project::Count => self.sql("count(*)"),
            Project::Exists => self.sql("1"),
            Project::Exprs(exprs) => self.selected(select, exprs, scale)?,
            Project::CountOf(exprs) => {
                self.sql("count(*) FROM (SELECT ");
                self.selected(select, exprs, scale)?;
            }
        }
        self.sql(" FROM ");
        self.table(select.model);
        self.alias(self.scope.as_ref().and_then(Scope::alias));
        self.clauses(&select.clauses, ClauseAt::Table)?;
        self.joins(&select.joins)?;
        self.filter(None, select.model, &select.filter)?;
        self.groups(select)?;
        // The order of what is only counted is of no matter, but which rows a limit leaves is no number.
        if matches!(select.project, Project::Columns | Project::Exprs(_)) {
            self.order(select)?;
        }
        self.limit(select)?;
        if matches!(select.project, Project::CountOf(_)) || select.project == Project::Count && limited {
            self.sql(") AS counted");
        }
        Ok(())
    }

    fn selected(&mut self, select: &Select, exprs: &[Expr], scale: Option<u8>) -> Result<()> {
        check_groups(select, exprs)?;
        check_readable(exprs)?;
        self.sql(if select.distinct { "DISTINCT " } else { "" });
        let counted = matches!(select.project, Project::CountOf(_));
        self.list(exprs.iter().enumerate(), |walk, (n, it)| {
            match scale {
                Some(_) => walk.operand_at(it, scale)?,
                // What only a condition sees is left as it is stored.
                None if walk.depth > 0 => walk.expr(it)?,
                None => walk.readable(it)?,
            }
            if counted {
                // Two columns of one name are an error in a subquery.
                walk.sql(" AS c");
                walk.decimal_number(n);
            }
            Ok(())
        })
    }

    fn groups(&mut self, select: &Select) -> Result<()> {
        for (n, it) in select.group.iter().enumerate() {
            self.sql(if n == 0 { " GROUP BY " } else { ", " });
            self.place_or_expr(select, it)?;
        }
        for (n, it) in select.having.iter().enumerate() {
            self.sql(if n == 0 { " HAVING " } else { " AND " });
            self.operand(it)?;
        }
        Ok(())
    }

    /// An expression that is read, too, by its place: with other placeholders
    /// in it, PostgreSQL would take it for another expression.
    fn place_or_expr(&mut self, select: &Select, expr: &Expr) -> Result<()> {
        if let (Project::Exprs(exprs) | Project::CountOf(exprs), false) = (&select.project, matches!(expr, Expr::Column(_)))
            && let Some(at) = exprs.iter().position(|it| it == expr)
        {
            self.decimal_number(at + 1);
            return Ok(());
        }
        self.expr(expr)
    }

    fn order(&mut self, select: &Select) -> Result<()> {
        for (n, it) in select.order.iter().enumerate() {
            self.sql(if n == 0 { " ORDER BY " } else { ", " });
            self.order_by(select, it)?;
        }
        Ok(())
    }

    fn order_by(&mut self, select: &Select, by: &OrderBy) -> Result<()> {
        let Some(descending) = by.descending else { return self.expr(&by.expr) };
        // PostgreSQL alone takes NULL for the largest of all values.
        let usual = by.nulls_first.is_none_or(|it| it != descending);
        let said = if self.engine == Engine::Postgres { !usual || nullable(&by.expr) } else { !usual };
        if said && self.engine.is_mysql_family() {
            self.operand(&by.expr)?;
            self.sql(if descending { " IS NOT NULL, " } else { " IS NULL, " });
        }
        self.place_or_expr(select, &by.expr)?;
        if descending {
            self.sql(" DESC");
        }
        if said && !self.engine.is_mysql_family() {
            self.sql(if by.nulls_first.unwrap_or(!descending) { " NULLS FIRST" } else { " NULLS LAST" });
        }
        Ok(())
    }

    fn limit(&mut self, select: &Select) -> Result<()> {
        if is_one(select) {
            return Ok(());
        }
        if let Some(limit) = select.limit {
            self.sql(" LIMIT ");
            self.number(limit)?;
        }
        if let Some(offset) = select.offset {
            // Only PostgreSQL takes an offset without a limit.
            if select.limit.is_none() && self.engine != Engine::Postgres {
                self.sql(" LIMIT ");
                self.number(u64::MAX)?;
            }
            self.sql(" OFFSET ");
            self.number(offset)?;
        }
        Ok(())
    }
}

/// Whether one record is wanted, and there is one at most: the limit would be one more
/// value to send, and one more step of the plan.
fn is_one(select: &Select) -> bool {
    let plain = select.offset.is_none() && select.joins.is_empty() && select.table.is_none() && select.clauses.is_empty();
    select.limit == Some(1) && select.project == Project::Columns && plain && select.is_by_key()
}

/// A value that is not the same for all rows of a group: PostgreSQL refuses
/// it, the others take that of any row.
fn check_groups(select: &Select, exprs: &[Expr]) -> Result<()> {
    let order = || select.order.iter().map(|it| &it.expr);
    let grouped = !select.group.is_empty() || !select.having.is_empty() || exprs.iter().any(Expr::has_aggregate);
    if grouped && exprs.iter().chain(order()).chain(&select.having).any(|it| it.needs_row(&select.group)) {
        return Err(Error::Invalid(format!(
            "a query of {} with groups or aggregates can only read what it groups by, and aggregates: add the other columns to `group_by`",
            select.model.name
        )));
    }
    let text = |it: &&Expr| matches!(it, Expr::Sql(..));
    if select.distinct && order().any(|it| !text(&it) && !exprs.contains(it)) {
        return Err(Error::Invalid(format!("a query of {} with `distinct` can only be sorted by what it reads", select.model.name)));
    }
    Ok(())
}

/// Whether the expression is a column that may be NULL; of what is not known, it is assumed.
fn nullable(expr: &Expr) -> bool {
    match expr {
        Expr::Column(it) => it.meta().nullable,
        _ => true,
    }
}

/// Refuses what is made of a column that is never read.
fn check_readable(exprs: &[Expr]) -> Result<()> {
    match exprs.iter().find_map(Expr::unreadable) {
        Some(it) => Err(Error::Invalid(format!("`{}.{}` is `write_only` and cannot be selected", it.model.name, it.meta().name))),
        None => Ok(()),
    }
}
