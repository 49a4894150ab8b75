//! The queries inside of expressions, to change.

use crate::expr::{Argument, Arguments, Expr, Project, Select};
use crate::schema::ModelMeta;

/// What is done with each of them.
pub(crate) type Each<'f> = &'f mut dyn FnMut(&mut Select);

impl Select {
    /// All queries inside of this one, however deep.
    pub(crate) fn each_query_mut(&mut self, each: Each<'_>) {
        if let Project::Exprs(exprs) | Project::CountOf(exprs) = &mut self.project {
            exprs.iter_mut().for_each(|it| it.each_query_mut(each));
        }
        let order = self.order.iter_mut().map(|it| &mut it.expr);
        let joins = self.joins.iter_mut().map(|it| &mut it.on);
        let all = joins.chain(&mut self.filter).chain(&mut self.group).chain(&mut self.having).chain(order);
        all.for_each(|it| it.each_query_mut(each));
        self.clauses.iter_mut().for_each(|it| it.args.each_query_mut(each));
    }
}

impl Select {
    /// Adds a condition for the rows of a model, if they are read here. What is
    /// joined is left out by it, not what it would have stood beside.
    pub(crate) fn add_condition(&mut self, model: &ModelMeta, condition: &Expr) -> bool {
        let mut found = *self.model == *model;
        if found {
            self.filter.push(condition.clone());
        }
        for join in self.joins.iter_mut().filter(|it| *it.model == *model) {
            let on = std::mem::replace(&mut join.on, Expr::And(Vec::new()));
            join.on = Expr::And(vec![on, condition.clone()]);
            found = true;
        }
        found
    }
}

impl Expr {
    /// All queries inside, however deep.
    pub(crate) fn each_query_mut(&mut self, each: Each<'_>) {
        match self {
            Self::Exists(query) | Self::Query(query) => found(query, each),
            Self::InQuery(it, query) => {
                it.each_query_mut(each);
                found(query, each);
            }
            Self::Column(_) | Self::Value(..) | Self::Outer(_) | Self::Joined(_) | Self::TooDeep => {}
            Self::Sql(_, args) => args.each_query_mut(each),
            Self::IsNull(it) | Self::In(it, ..) | Self::Not(it) | Self::Negate(it) | Self::Cast(it, _) => it.each_query_mut(each),
            Self::Binary(left, _, right) | Self::Like(left, right, _) => {
                left.each_query_mut(each);
                right.each_query_mut(each);
            }
            Self::Between(it, low, high) => [it, low, high].into_iter().for_each(|it| it.each_query_mut(each)),
            Self::And(all) | Self::Or(all) | Self::Call(_, all) => all.iter_mut().for_each(|it| it.each_query_mut(each)),
            Self::Case(branches, otherwise) => {
                let branches = branches.iter_mut().flat_map(|(when, then)| [when, then]);
                branches.chain(otherwise.as_deref_mut()).for_each(|it| it.each_query_mut(each));
            }
            Self::InRows(row, rows) => row.iter_mut().chain(rows.iter_mut().flatten()).for_each(|it| it.each_query_mut(each)),
        }
    }
}

impl Arguments {
    /// All queries inside, however deep.
    pub(crate) fn each_query_mut(&mut self, each: Each<'_>) {
        for it in &mut self.values {
            if let Argument::Expr(it) = it {
                it.each_query_mut(each);
            }
        }
    }
}

fn found(query: &mut Select, each: Each<'_>) {
    query.each_query_mut(each);
    each(query);
}
