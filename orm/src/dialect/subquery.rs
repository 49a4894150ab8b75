//! The walk over what a statement reads beside its own table: joined tables,
//! and queries inside of it.

use crate::dialect::render::Walk;
use crate::error::{Error, Result};
use crate::expr::{ClauseAt, ColumnRef, Expr, Join, Select};
use crate::schema::{ModelMeta, TableName};
use crate::value::SqlType;

/// What a statement or a query is about, or reads beside.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    model: &'static ModelMeta,
    /// The table, where it is not the model's.
    given: Option<TableName>,
    /// The number of the name that the table has here, where its own is taken.
    alias: Option<usize>,
}

impl Scope {
    pub(super) fn of(model: &'static ModelMeta, given: Option<TableName>) -> Self {
        Self { model, given, alias: None }
    }

    pub(super) fn alias(&self) -> Option<usize> {
        self.alias
    }

    fn table(&self) -> &str {
        self.given.as_ref().map_or(self.model.table, |it| it.name())
    }
}

impl Walk<'_> {
    /// Says what a query reads, before it is written.
    pub(super) fn open_scope(&mut self, select: &Select) -> Result<()> {
        self.scope = Some(self.scope_of(Scope::of(select.model, select.table.clone())));
        for it in &select.joins {
            if self.scope.iter().chain(&self.joined).any(|known| known.model == it.model) {
                return Err(Error::Invalid(format!(
                    "a query of {} joins {} twice, so that its columns mean two things: ask for one of them by `exists` or `subquery`",
                    select.model.name, it.model.name
                )));
            }
            let scope = self.scope_of(Scope::of(it.model, None));
            self.joined.push(scope);
        }
        Ok(())
    }

    /// The table that the statement was given.
    pub(super) fn given_name(&self) -> Option<TableName> {
        self.given.as_ref().map(|it| it.1.clone())
    }

    /// A table, under another name where there is one of this name already.
    fn scope_of(&self, scope: Scope) -> Scope {
        let mut taken = self.around.iter().chain(&self.scope).chain(&self.joined);
        let number = self.around.len() + usize::from(self.scope.is_some()) + self.joined.len();
        let alias = taken.any(|it| it.table() == scope.table()).then_some(number);
        Scope { alias, ..scope }
    }

    /// A query in parentheses; what it reads is brought to this scale.
    pub(super) fn subquery(&mut self, select: &Select, scale: Option<u8>) -> Result<()> {
        if select.lock.is_some() {
            return Err(Error::Invalid(format!("a query of {} inside of a statement cannot lock rows", select.model.name)));
        }
        let (scope, joined, around) = (self.scope.take(), std::mem::take(&mut self.joined), self.around.len());
        self.around.extend(scope.iter().chain(&joined).cloned());
        let given = self.given.take();
        self.give(select.model, select.table.as_ref())?;
        self.open_scope(select)?;
        self.enter()?;
        self.sql("(");
        self.select(select, scale)?;
        self.clauses(&select.clauses, ClauseAt::End)?;
        self.sql(")");
        self.depth -= 1;
        self.around.truncate(around);
        (self.scope, self.joined, self.given) = (scope, joined, given);
        Ok(())
    }

    pub(super) fn in_query(&mut self, it: &Expr, query: &Select) -> Result<()> {
        let read = Expr::Query(Box::new(query.clone()));
        let scale = self.scale_of_all([it, &read].into_iter()).filter(|_| is_decimal(it) && is_decimal(&read));
        self.operand_at(it, scale)?;
        self.sql(" IN ");
        // MariaDB and MySQL take no limit here, but one a step further down.
        let limited = self.engine.is_mysql_family() && (query.limit.is_some() || query.offset.is_some());
        self.sql(if limited { "(SELECT * FROM " } else { "" });
        self.subquery(query, scale)?;
        self.sql(if limited { " AS limited)" } else { "" });
        Ok(())
    }

    pub(super) fn joins(&mut self, joins: &[Join]) -> Result<()> {
        for (n, it) in joins.iter().enumerate() {
            self.sql(if it.left { " LEFT JOIN " } else { " JOIN " });
            self.table(it.model);
            self.alias(self.joined.get(n).and_then(Scope::alias));
            self.sql(" ON ");
            self.operand(&it.on)?;
        }
        Ok(())
    }

    /// A column; with the name of its table where there are several.
    pub(super) fn column(&mut self, column: ColumnRef) -> Result<()> {
        self.qualifier(column.model);
        self.ident(column.meta().column);
        Ok(())
    }

    /// The name of a table before one of its columns, where it needs one.
    pub(super) fn qualifier(&mut self, model: &ModelMeta) {
        if self.joined.is_empty() {
            return;
        }
        if let Some(scope) = self.scope.iter().chain(&self.joined).find(|it| *it.model == *model).cloned() {
            self.table_of(scope);
        }
    }

    /// A column of a table that is read beside.
    pub(super) fn joined_column(&mut self, column: ColumnRef) -> Result<()> {
        let scope = self.scope.iter().chain(&self.joined).find(|it| it.model == column.model).cloned();
        self.column_of(scope, column, "joined", "joins")
    }

    /// A column of the nearest statement around this one that has it.
    pub(super) fn outer_column(&mut self, column: ColumnRef) -> Result<()> {
        let scope = self.around.iter().rev().find(|it| it.model == column.model).cloned();
        self.column_of(scope, column, "outer", "is part of a statement about")
    }

    fn column_of(&mut self, scope: Option<Scope>, column: ColumnRef, function: &str, what: &str) -> Result<()> {
        let (model, name) = (column.model.name, column.meta().name);
        let Some(scope) = scope else {
            return Err(Error::Invalid(format!("`{function}({model}.{name})` stands in no query that {what} {model}")));
        };
        self.table_of(scope);
        self.ident(column.meta().column);
        Ok(())
    }

    /// A table that is read here, by the name that it has here and without a schema.
    pub(super) fn table_in_scope(&mut self, model: &ModelMeta) {
        let Some(scope) = self.scope.iter().chain(&self.joined).find(|it| *it.model == *model).cloned() else { return };
        match scope.alias {
            Some(n) => self.alias_name(n),
            None => self.prefixed(scope.table()),
        }
    }

    fn table_of(&mut self, scope: Scope) {
        match scope.alias {
            Some(n) => self.alias_name(n),
            None => {
                let given = std::mem::replace(&mut self.given, scope.given.map(|it| (scope.model, it)));
                self.table(scope.model);
                self.given = given;
            }
        }
        self.sql(".");
    }

    /// The other name of a table, behind its own.
    pub(super) fn alias(&mut self, alias: Option<usize>) {
        if let Some(n) = alias {
            self.sql(" AS ");
            self.alias_name(n);
        }
    }

    fn alias_name(&mut self, n: usize) {
        self.sql("t");
        self.decimal_number(n);
    }
}

fn is_decimal(expr: &Expr) -> bool {
    matches!(expr.sql_type(), Some(SqlType::Decimal { .. }))
}
