//! What an expression yields.

use crate::expr::{Binary, ColumnRef, Expr, Function, Project, Select};
use crate::value::{SqlType, Value};

impl Expr {
    /// What it yields, as far as that is known.
    #[must_use]
    pub fn sql_type(&self) -> Option<SqlType> {
        match self {
            Self::Column(it) | Self::Joined(it) | Self::Outer(it) | Self::Value(_, Some(it)) => Some(it.meta().ty),
            Self::Value(value, None) => of_value(value),
            Self::Binary(left, operator, right) if operator.is_arithmetic() => arithmetic(left, *operator, right),
            // Asked once: in a nest, twice would be twice at each level.
            Self::Negate(it) => it.sql_type().map(|it| match it {
                SqlType::Decimal { scale, .. } => decimal(scale),
                it if it.is_integer() => SqlType::BigInt,
                other => other,
            }),
            Self::Call(function, arguments) => call(*function, arguments),
            Self::Case(branches, otherwise) => {
                let values = branches.iter().map(|it| &it.1).chain(otherwise.as_deref());
                widest(values)
            }
            Self::Cast(_, ty) => Some(*ty),
            Self::Query(it) => read_by(it),
            Self::Sql(..) | Self::TooDeep => None,
            _ => Some(SqlType::Boolean),
        }
    }

    /// Whether it contains one of the functions that make one value of many rows.
    pub(crate) fn has_aggregate(&self) -> bool {
        matches!(self, Self::Call(function, _) if function.is_aggregate()) || self.any_part(&Self::has_aggregate)
    }

    /// Whether it is made of this column, among others.
    pub(crate) fn mentions(&self, column: ColumnRef) -> bool {
        matches!(self, Self::Column(it) | Self::Joined(it) | Self::Outer(it) if *it == column)
            || self.any_part(&|it| it.mentions(column))
            || self.query().is_some_and(|it| it.any_expr(&|it| it.mentions(column)))
    }

    /// A column in it that is never read; how many there are of it may be known.
    pub(crate) fn unreadable(&self) -> Option<ColumnRef> {
        let found = std::cell::Cell::new(None);
        let _ = self.finds_unreadable(&found);
        found.get()
    }

    fn finds_unreadable(&self, found: &std::cell::Cell<Option<ColumnRef>>) -> bool {
        match self {
            Self::Column(it) if !it.meta().access.read => {
                found.set(Some(*it));
                true
            }
            Self::Call(Function::Count | Function::CountDistinct, _) => false,
            _ => self.any_part(&|it| it.finds_unreadable(found)),
        }
    }

    /// Whether it needs the value of a column that `grouped` has none of.
    pub(crate) fn needs_row(&self, grouped: &[Self]) -> bool {
        if grouped.contains(self) {
            return false;
        }
        match self {
            Self::Column(_) | Self::Joined(_) => true,
            Self::Call(function, _) if function.is_aggregate() => false,
            _ => self.any_part(&|it| it.needs_row(grouped)),
        }
    }

    /// Whether something is subtracted in it, or may be in SQL text of the program.
    pub(crate) fn subtracts(&self) -> bool {
        matches!(self, Self::Negate(_) | Self::Binary(_, Binary::Minus, _) | Self::Sql(..))
            || self.any_part(&Self::subtracts)
            || self.query().is_some_and(|it| it.any_expr(&Self::subtracts))
    }

    /// The query it is made of, if it is.
    fn query(&self) -> Option<&Select> {
        match self {
            Self::Exists(it) | Self::InQuery(_, it) | Self::Query(it) => Some(it),
            _ => None,
        }
    }

    /// Whether one of its parts is so; those of a query are not its own.
    pub(super) fn any_part(&self, is: &dyn Fn(&Self) -> bool) -> bool {
        match self {
            Self::Column(_) | Self::Joined(_) | Self::Outer(_) | Self::Value(..) | Self::TooDeep => false,
            Self::Sql(..) | Self::Exists(_) | Self::Query(_) => false,
            Self::Binary(left, _, right) | Self::Like(left, right, _) => is(left) || is(right),
            Self::IsNull(it) | Self::In(it, ..) | Self::InQuery(it, _) | Self::Not(it) | Self::Negate(it) | Self::Cast(it, _) => is(it),
            Self::Between(it, low, high) => is(it) || is(low) || is(high),
            Self::And(all) | Self::Or(all) | Self::Call(_, all) => all.iter().any(is),
            Self::Case(branches, otherwise) => {
                branches.iter().any(|(when, then)| is(when) || is(then)) || otherwise.as_deref().is_some_and(is)
            }
            Self::InRows(row, rows) => row.iter().chain(rows.iter().flatten()).any(is),
        }
    }
}

/// What a query reads that reads one thing.
fn read_by(select: &Select) -> Option<SqlType> {
    match &select.project {
        Project::Exprs(exprs) => exprs.first()?.sql_type(),
        Project::Count | Project::CountOf(_) => Some(SqlType::BigInt),
        Project::Columns | Project::Exists => None,
    }
}

fn of_value(value: &Value) -> Option<SqlType> {
    match value {
        Value::Bool(_) => Some(SqlType::Boolean),
        Value::I16(_) => Some(SqlType::SmallInt),
        Value::I32(_) => Some(SqlType::Integer),
        Value::I64(_) => Some(SqlType::BigInt),
        Value::U64(_) => Some(SqlType::Unsigned(u64::MAX)),
        Value::F32(_) => Some(SqlType::Real),
        Value::F64(_) => Some(SqlType::Double),
        Value::Text(_) => Some(SqlType::Text),
        Value::Bytes(_) => Some(SqlType::Bytes),
        #[cfg(feature = "rust_decimal")]
        Value::Decimal(it) => Some(decimal(u8::try_from(it.normalize().scale()).unwrap_or(u8::MAX))),
        _ => None,
    }
}

fn arithmetic(left: &Expr, operator: Binary, right: &Expr) -> Option<SqlType> {
    match (left.sql_type(), right.sql_type()) {
        (Some(SqlType::Decimal { scale: one, .. }), Some(SqlType::Decimal { scale: other, .. })) => Some(match operator {
            Binary::Times => decimal(one.saturating_add(other)),
            _ => decimal(one.max(other)),
        }),
        (Some(it), _) if it.is_integer() => Some(SqlType::BigInt),
        (one, other) => one.or(other),
    }
}

fn call(function: Function, arguments: &[Expr]) -> Option<SqlType> {
    match function {
        Function::Length | Function::Count | Function::CountDistinct => Some(SqlType::BigInt),
        Function::Lower | Function::Upper | Function::Trim | Function::Concat => Some(SqlType::Text),
        Function::Avg => Some(SqlType::Double),
        Function::Coalesce | Function::Min | Function::Max => widest(arguments.iter()),
        Function::Sum => match arguments.first()?.sql_type()? {
            it if it.is_integer() => Some(SqlType::BigInt),
            SqlType::Real => Some(SqlType::Double),
            other => Some(other),
        },
    }
}

/// The type of what is one of several values: decimals may differ in scale.
fn widest<'e>(values: impl Iterator<Item = &'e Expr>) -> Option<SqlType> {
    values.filter_map(Expr::sql_type).reduce(|one, other| match (one, other) {
        (SqlType::Decimal { scale: one, .. }, SqlType::Decimal { scale: other, .. }) => decimal(one.max(other)),
        (one, other) if one.is_integer() && one != other => SqlType::BigInt,
        (one, _) => one,
    })
}

fn decimal(scale: u8) -> SqlType {
    SqlType::Decimal { precision: 18, scale }
}
