//! Reads: what a query finds is said like what is read of a row, and can stand in a condition.

use crate::expr::{Binary, Clause, ColumnRef, Expr, OrderBy};
use crate::schema::{ModelMeta, TableName};
use crate::value::Value;

/// Reads records or figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    /// The model.
    pub model: &'static ModelMeta,
    /// What is read.
    pub project: Project,
    /// The tables that are joined to the model's.
    pub joins: Vec<Join>,
    /// The conditions; all must hold.
    pub filter: Vec<Expr>,
    /// What makes rows one group, where there are groups.
    pub group: Vec<Expr>,
    /// The conditions on groups; all must hold.
    pub having: Vec<Expr>,
    /// Whether equal rows are read once.
    pub distinct: bool,
    /// What the rows are sorted by.
    pub order: Vec<OrderBy>,
    /// The most rows to read.
    pub limit: Option<u64>,
    /// How many rows to leave out first.
    pub offset: Option<u64>,
    /// Whether the rows are handed out as they come, through the chain `row`.
    pub streamed: bool,
    /// The table, where it is not the model's.
    pub table: Option<TableName>,
    /// How the rows are locked until the transaction ends, if they are.
    pub lock: Option<Lock>,
    /// Text of the program at places of the statement.
    pub clauses: Vec<Clause>,
}

/// What a [`Select`] reads.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Project {
    /// The model's columns.
    Columns,
    /// The number of rows.
    Count,
    /// Whether there is a row: `1` for the first one.
    Exists,
    /// The values of these expressions.
    Exprs(Vec<Expr>),
    /// The number of rows that these expressions make, with groups and without equal ones.
    CountOf(Vec<Expr>),
}

impl Select {
    /// All records of a model.
    #[must_use]
    pub const fn of(model: &'static ModelMeta) -> Self {
        Self {
            model,
            project: Project::Columns,
            joins: Vec::new(),
            filter: Vec::new(),
            group: Vec::new(),
            having: Vec::new(),
            distinct: false,
            order: Vec::new(),
            limit: None,
            offset: None,
            streamed: false,
            table: None,
            lock: None,
            clauses: Vec::new(),
        }
    }

    /// Whether its conditions leave one value for each column of the key.
    pub(crate) fn is_by_key(&self) -> bool {
        let key = self.model.key;
        !key.is_empty() && key.iter().all(|at| self.filter.iter().any(|it| self.fixes(it, *at)))
    }

    /// The column of the key and its value, where the query is for one record by that, and for
    /// nothing else: what `get` asks for where the key is one column.
    pub(crate) fn plain_key(&self) -> Option<(ColumnRef, &Value)> {
        let Self { model, project: Project::Columns, joins, filter, group, having, order, clauses, .. } = self else { return None };
        let Self { distinct: false, limit: Some(1), offset: None, streamed: false, table: None, lock: None, .. } = self else {
            return None;
        };
        let [Expr::Binary(left, Binary::Eq, right)] = &filter[..] else { return None };
        let (Expr::Column(column), Expr::Value(value, Some(of))) = (&**left, &**right) else { return None };
        let is_key = column == of && column.model == *model && model.key == [column.at];
        let bare = joins.is_empty() && group.is_empty() && having.is_empty() && order.is_empty() && clauses.is_empty();
        // Of those, the text says more than a placeholder, or there is none.
        let is_one = !matches!(value, Value::Null | Value::List(..) | Value::Refused(_));
        (is_key && bare && is_one).then_some((*column, value))
    }

    /// Whether a condition leaves one value for a column.
    fn fixes(&self, condition: &Expr, at: usize) -> bool {
        let is_column = |it: &Expr| matches!(it, Expr::Column(it) if it.at == at && it.model == self.model);
        let is_value = |it: &Expr| matches!(it, Expr::Value(..));
        match condition {
            Expr::And(all) => all.iter().any(|it| self.fixes(it, at)),
            Expr::Binary(left, Binary::Eq, right) => is_column(left) && is_value(right) || is_value(left) && is_column(right),
            _ => false,
        }
    }

    /// Whether one of its expressions is so.
    pub(super) fn any_expr(&self, is: &dyn Fn(&Expr) -> bool) -> bool {
        let read = match &self.project {
            Project::Exprs(exprs) | Project::CountOf(exprs) => &exprs[..],
            Project::Columns | Project::Count | Project::Exists => &[],
        };
        let all = read.iter().chain(self.joins.iter().map(|it| &it.on)).chain(&self.filter).chain(&self.group).chain(&self.having);
        all.chain(self.order.iter().map(|it| &it.expr)).any(is)
    }
}

/// Another table whose rows stand beside those of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// Its model.
    pub model: &'static ModelMeta,
    /// Which rows stand beside each other.
    pub on: Expr,
    /// Whether a row that has none beside it is read, too, with NULL there.
    pub left: bool,
}

/// How the rows of a [`Select`] are locked.
#[derive(Debug, Clone, PartialEq)]
pub struct Lock {
    /// Whether others may lock the rows in the same way, so that nobody changes them.
    pub share: bool,
    /// What is done about rows that others have locked.
    pub wait: LockWait,
    /// The models whose rows are locked; where none is named, that of the query.
    pub of: Vec<&'static ModelMeta>,
}

/// What is done about rows that others have locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockWait {
    /// They are waited for.
    Wait,
    /// They are left out.
    Skip,
    /// They are an error.
    Fail,
}
