//! Pages: so many rows behind the last one of the page before.

use crate::error::{Error, Result};
use crate::expr::{Binary, ColumnRef, Expr, OrderBy};
use crate::query::find::key_order;
use crate::query::stream::rows::Weight;
use crate::schema::ModelMeta;
use crate::statement::{Project, Select, Statement};
use crate::value::{SqlType, Value};

/// How many rows the first page has. Few, for those who read no more of them.
const FIRST: u64 = 500;

/// How many rows the first page has where each may be large.
const FIRST_LARGE: u64 = 64;

/// How many rows a page has at most: what a page costs beside its rows is paid less often
/// then, and they fit into memory.
const MOST: u64 = 2_000;

/// How many times as many rows as the one before it a page may have; and one that follows a
/// small first page.
const GROWS: u64 = 2;
const GROWS_LARGE: u64 = 8;

/// How many bytes a page is to have, judged by the one before.
const BYTES: u64 = 4 * 1024 * 1024;

/// What is still to be read.
pub(super) struct Page {
    select: Select,
    order: Vec<Sorted>,
    /// How many expressions are read that the program asked for.
    selected: usize,
    /// The condition for what comes behind the last page.
    place: Option<Expr>,
    rows: u64,
    /// The positions in a row of what may be large.
    large: Vec<usize>,
}

/// A column of the order.
#[derive(Debug, Clone, Copy)]
struct Sorted {
    column: ColumnRef,
    descending: bool,
    nulls_first: bool,
}

impl Page {
    /// The first page of records.
    pub(super) fn of_records(mut select: Select) -> Result<Self> {
        let order = order(&mut select)?;
        let fields = select.model.fields.iter().enumerate();
        let large = fields.filter(|(_, it)| it.ty.may_be_large()).map(|(at, _)| at).collect();
        Ok(Self::first(select, order, 0, large))
    }

    /// The first page of expressions; what they are sorted by is read with them.
    pub(super) fn of_rows(mut select: Select) -> Result<Self> {
        let model = select.model.name;
        let list = || Error::Invalid(format!("a query of {model} with groups, aggregates or `distinct` is no stream: read it as a list"));
        let Project::Exprs(exprs) = &mut select.project else { return Err(list()) };
        if select.distinct || !select.group.is_empty() || !select.having.is_empty() || exprs.iter().any(Expr::has_aggregate) {
            return Err(list());
        }
        let selected = exprs.len();
        // What is calculated may be, too.
        let may_be_large = |it: &Expr| if let Expr::Column(it) = it { it.meta().ty.may_be_large() } else { true };
        let large = exprs.iter().enumerate().filter(|(_, it)| may_be_large(it)).map(|(at, _)| at).collect();
        let order = order(&mut select)?;
        if let Project::Exprs(exprs) = &mut select.project {
            exprs.extend(order.iter().map(|it| Expr::Column(it.column)));
        }
        Ok(Self::first(select, order, selected, large))
    }

    fn first(select: Select, order: Vec<Sorted>, selected: usize, large: Vec<usize>) -> Self {
        let rows = if large.is_empty() { FIRST } else { FIRST_LARGE };
        Self { select, order, selected, place: None, rows, large }
    }

    /// The positions in a row of what may be large.
    pub(super) fn large(&self) -> &[usize] {
        &self.large
    }

    /// The positions in the model of the columns that rows are sorted by.
    pub(super) fn columns(&self) -> impl Iterator<Item = usize> {
        self.order.iter().map(|it| it.column.at)
    }

    /// Where they stand in a row, and their types: records have all columns, and
    /// behind expressions are those of the order.
    pub(super) fn places(&self) -> Vec<(usize, SqlType)> {
        let of_records = self.reads_records();
        let place = |(nth, it): (usize, &Sorted)| (if of_records { it.column.at } else { self.selected + nth }, it.column.meta().ty);
        self.order.iter().enumerate().map(place).collect()
    }

    pub(super) fn reads_records(&self) -> bool {
        matches!(self.select.project, Project::Columns)
    }

    pub(super) fn statement(&self) -> Statement {
        let mut page = Select { limit: Some(self.size()), ..self.select.clone() };
        page.filter.extend(self.place.clone());
        Statement::Select(page)
    }

    fn size(&self) -> u64 {
        self.select.limit.unwrap_or(u64::MAX).min(self.rows)
    }

    /// The next one, if this one was full and more is wanted.
    pub(super) fn behind(mut self, last: &[Value], read: usize, weight: Weight) -> Option<Self> {
        let kept = u64::try_from(if weight.cut { weight.rows } else { read }).ok()?;
        let full = weight.cut || kept == self.size();
        self.select.limit = self.select.limit.map(|it| it.saturating_sub(kept));
        if !full || self.select.limit == Some(0) || last.len() != self.order.len() {
            return None;
        }
        self.select.offset = None;
        let most = self.rows * if self.large.is_empty() { GROWS } else { GROWS_LARGE };
        self.rows = fitting(weight).min(most).clamp(1, MOST);
        self.place = Some(behind(&self.order, last));
        Some(self)
    }
}

/// How many rows like these are as many bytes as a page is to have.
fn fitting(weight: Weight) -> u64 {
    (BYTES * weight.rows as u64).checked_div(weight.bytes as u64).unwrap_or(MOST)
}

/// Makes the order one in which each row has its own place, and says what it is.
fn order(select: &mut Select) -> Result<Vec<Sorted>> {
    let model = select.model;
    if !select.joins.is_empty() {
        return Err(Error::Invalid(format!(
            "a stream of {} reads each record once: leave out `join`, or ask for the others by `exists`",
            model.name
        )));
    }
    let mut sorted = select.order.iter().map(|it| sorted(model, it)).collect::<Result<Vec<_>>>()?;
    for by in key_order(model, model.key) {
        let it = self::sorted(model, &by)?;
        if sorted.iter().all(|other| other.column != it.column) {
            sorted.push(it);
            select.order.push(by);
        }
    }
    select.streamed = true;
    Ok(sorted)
}

fn sorted(model: &'static ModelMeta, by: &OrderBy) -> Result<Sorted> {
    match (&by.expr, by.descending) {
        (Expr::Column(column), Some(descending)) if column.meta().access.read => {
            Ok(Sorted { column: *column, descending, nulls_first: by.nulls_first.unwrap_or(!descending) })
        }
        _ => Err(Error::Invalid(format!(
            "a stream of {} is sorted by columns that are read: leave other orders out, or read a list",
            model.name
        ))),
    }
}

/// The condition for rows behind this one: `a > x OR (a = x AND b > y)`.
fn behind(order: &[Sorted], last: &[Value]) -> Expr {
    let mut any: Vec<Expr> = Vec::new();
    for (at, (by, value)) in order.iter().zip(last).enumerate() {
        let Some(after) = after(*by, value) else { continue };
        let mut all: Vec<Expr> = order.iter().zip(&last[..at]).map(|(by, value)| equal(*by, value)).collect();
        all.push(after);
        any.push(if all.len() == 1 { all.remove(0) } else { Expr::And(all) });
    }
    if any.len() == 1 { any.remove(0) } else { Expr::Or(any) }
}

/// The condition for values of one column behind this one; nothing is behind
/// NULL where it comes last.
fn after(by: Sorted, value: &Value) -> Option<Expr> {
    let is_null = || Expr::IsNull(Box::new(Expr::Column(by.column)));
    if value.is_null() {
        return by.nulls_first.then(|| Expr::Not(Box::new(is_null())));
    }
    let further = compare(by, if by.descending { Binary::Lt } else { Binary::Gt }, value);
    let nulls_behind = by.column.meta().nullable && !by.nulls_first;
    Some(if nulls_behind { Expr::Or(vec![further, is_null()]) } else { further })
}

fn equal(by: Sorted, value: &Value) -> Expr {
    if value.is_null() { Expr::IsNull(Box::new(Expr::Column(by.column))) } else { compare(by, Binary::Eq, value) }
}

fn compare(by: Sorted, operator: Binary, value: &Value) -> Expr {
    let value = Expr::Value(value.clone(), Some(by.column));
    Expr::Binary(Box::new(Expr::Column(by.column)), operator, Box::new(value))
}
