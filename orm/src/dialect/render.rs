//! The walk over statements.

use crate::dialect::subquery::Scope;
use crate::dialect::{Engine, Naming, ddl, literal, numbers};
use crate::error::{Error, Result};
use crate::expr::{ClauseAt, ColumnRef, Expr, Project};
use crate::schema::{FieldMeta, ModelMeta, TableName};
use crate::statement::{Delete, RecordSet, Statement, Target, Update};
use crate::value::{Binder, Collect, SqlType, Value};

/// Where the walk leads: to text, or to the values of that text.
pub(crate) enum Out<'a> {
    Text(&'a mut String),
    /// Text that has the values in it.
    Shown(&'a mut String),
    Bind(&'a mut dyn Binder),
}

/// What the rows of a write hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Returning {
    /// There are none.
    Nothing,
    /// The key that the database chose.
    Key,
    /// All columns of the model.
    Columns,
    /// There are none, and the values are lines behind the text of a `COPY`.
    Copied,
}

/// One walk over a statement.
pub(crate) struct Walk<'a> {
    pub(crate) engine: Engine,
    pub(crate) returning: Returning,
    /// Whether some of it is text of the program.
    pub(super) by_program: bool,
    pub(super) records: &'a dyn RecordSet,
    out: Out<'a>,
    parameters: usize,
    /// How many parentheses are open.
    pub(crate) depth: u32,
    /// How many parts were written more than once.
    pub(super) repeated: u32,
    /// Whether a calculation is written that may be negative, where integers without a sign would not let it.
    pub(super) signed: bool,
    /// Whether the values are those of a column that is `sensitive`, or stand beside one.
    hidden: bool,
    /// What is read or written here.
    pub(super) scope: Option<Scope>,
    /// What is read beside it.
    pub(super) joined: Vec<Scope>,
    /// The same of the statements around it.
    pub(super) around: Vec<Scope>,
    /// How tables are called in this database.
    pub(super) naming: &'a Naming,
    /// The table that the statement names in the place of its model's.
    pub(super) given: Option<(&'static ModelMeta, TableName)>,
}

static PLAIN: Naming = Naming { schema: None, prefix: String::new() };

impl<'a> Walk<'a> {
    pub(crate) fn new(engine: Engine, records: &'a dyn RecordSet, out: Out<'a>) -> Self {
        Self {
            engine,
            returning: Returning::Nothing,
            by_program: false,
            records,
            out,
            parameters: 0,
            depth: 0,
            repeated: 0,
            signed: false,
            hidden: false,
            scope: None,
            joined: Vec::new(),
            around: Vec::new(),
            naming: &PLAIN,
            given: None,
        }
    }

    /// The same walk where tables are called like this.
    pub(super) fn named(self, naming: &'a Naming) -> Self {
        Self { naming, ..self }
    }

    pub(crate) fn statement(&mut self, statement: &Statement) -> Result<()> {
        self.give_table(statement)?;
        match statement {
            Statement::Select(it) => self.top_select(it)?,
            Statement::Insert(it) => self.insert(it)?,
            Statement::Update(it) => self.update(it)?,
            Statement::Delete(it) => self.delete(it)?,
            Statement::Raw(it) => self.sql_text(&it.text, &it.args)?,
            Statement::Ddl(it) => ddl::walk(self, it)?,
        }
        if self.parameters > self.engine.max_parameters() {
            return Err(Error::Unsupported {
                database: self.engine.name(),
                what: format!("a statement with {} values; it takes {} at most", self.parameters, self.engine.max_parameters()),
            });
        }
        Ok(())
    }

    fn update(&mut self, update: &Update) -> Result<()> {
        let model = update.model;
        self.scope = Some(Scope::of(model, self.given_name()));
        self.clauses(&update.clauses, ClauseAt::Start)?;
        self.sql("UPDATE ");
        self.clauses(&update.clauses, ClauseAt::Verb)?;
        self.table(model);
        self.clauses(&update.clauses, ClauseAt::Table)?;
        self.sql(" SET ");
        if let (true, Some(row)) = (update.whole, update.target.record) {
            let columns = model.saved();
            self.list(columns, |walk, at| {
                walk.ident(model.fields[at].column);
                walk.sql(" = ");
                walk.record_field(model, row, at)
            })?;
        } else {
            numbers::check_order(self.engine, &update.set)?;
            self.list(update.set.iter(), |walk, it| {
                walk.ident(it.column.meta().column);
                walk.sql(" = ");
                walk.beside(|| it.column.meta().sensitive || it.value.is_sensitive(), |walk| walk.assigned(it))
            })?;
        }
        self.filter(update.target.record, model, &update.target.filter)?;
        self.clauses(&update.clauses, ClauseAt::End)?;
        let computed = update.set.iter().any(|it| !it.is_constant());
        if update.target.record.is_some() && computed && !self.engine.is_mysql_family() {
            self.sql(" RETURNING ");
            self.columns(model);
            self.returning = Returning::Columns;
        }
        self.returning_rows(model, update.returning.as_ref(), self.engine.is_mysql_family())
    }

    fn delete(&mut self, delete: &Delete) -> Result<()> {
        let Delete { model, target: Target { record, filter }, returning, clauses, .. } = delete;
        self.scope = Some(Scope::of(model, self.given_name()));
        self.clauses(clauses, ClauseAt::Start)?;
        self.sql("DELETE ");
        self.clauses(clauses, ClauseAt::Verb)?;
        self.sql("FROM ");
        self.table(model);
        self.clauses(clauses, ClauseAt::Table)?;
        self.filter(*record, model, filter)?;
        self.clauses(clauses, ClauseAt::End)?;
        self.returning_rows(model, returning.as_ref(), self.engine == Engine::MySql)
    }

    /// What the program reads of the records that are written.
    fn returning_rows(&mut self, model: &'static ModelMeta, what: Option<&Project>, unsupported: bool) -> Result<()> {
        let Some(what) = what else { return Ok(()) };
        if unsupported {
            return Err(Error::Unsupported {
                database: self.engine.name(),
                what: format!("return the records of {} that it writes; read them before, in a transaction and `for_update`", model.name),
            });
        }
        self.sql(" RETURNING ");
        match what {
            Project::Exprs(exprs) => self.list(exprs, Self::readable)?,
            _ => self.columns(model),
        }
        Ok(())
    }

    /// `WHERE` and the conditions: the key of a record, then all others.
    pub(super) fn filter(&mut self, record: Option<usize>, model: &'static ModelMeta, filter: &[Expr]) -> Result<()> {
        let mut any = false;
        for &at in record.map_or(&[][..], |_| model.key) {
            self.sql(if any { " AND " } else { " WHERE " });
            any = true;
            self.ident(model.fields[at].column);
            self.sql(" = ");
            self.record_field(model, record.unwrap_or_default(), at)?;
        }
        for it in filter {
            if matches!(it, Expr::And(all) if all.is_empty()) {
                continue;
            }
            self.sql(if any { " AND " } else { " WHERE " });
            any = true;
            self.operand(it)?;
        }
        Ok(())
    }

    /// A value, in the representation of a column where it is for one.
    pub(crate) fn value(&mut self, value: &Value, column: Option<ColumnRef>) -> Result<()> {
        let around = column.and_then(|it| it.meta().to_sql);
        self.inside(around, |walk| walk.plain_value(value, column))
    }

    /// What shows none of its values if this is sensitive, which is asked only where values are shown.
    pub(super) fn beside(&mut self, sensitive: impl FnOnce() -> bool, what: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        if self.hidden || !matches!(self.out, Out::Shown(_)) {
            return what(self);
        }
        self.hidden = sensitive();
        let result = what(self);
        self.hidden = false;
        result
    }

    fn plain_value(&mut self, value: &Value, column: Option<ColumnRef>) -> Result<()> {
        self.bound(|to| bind_value(value, column, to))
    }

    /// All values as one array.
    pub(crate) fn array(&mut self, values: &[Value], ty: SqlType, column: Option<ColumnRef>) -> Result<()> {
        self.bound(|to| {
            let bound = to.array(ty, values.len(), &mut |n, to| values[n].bind(to));
            bound.map_err(|error| match column {
                Some(it) => in_field(error, it.model, it.meta()),
                None => error.in_column("an argument"),
            })
        })
    }

    /// The field of a record.
    pub(super) fn record_field(&mut self, model: &'static ModelMeta, row: usize, at: usize) -> Result<()> {
        let (records, field) = (self.records, &model.fields[at]);
        let bind = |to: &mut dyn Binder| {
            to.column(field.ty);
            let record = records.record(row).ok_or_else(|| lost_record(model))?;
            record.bind_at(at, to).map_err(|error| in_field(error, model, field))
        };
        self.inside(field.to_sql, |walk| walk.beside(|| field.sensitive, |walk| walk.bound(bind)))
    }

    /// What stands in the place of the `?` in the SQL of a column, which the derive has looked at.
    pub(super) fn inside(&mut self, around: Option<&str>, what: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let Some((ahead, behind)) = around.and_then(|it| it.split_once('?')) else { return what(self) };
        // Of the program, too: it may call functions.
        self.by_program = true;
        self.sql(ahead);
        what(self)?;
        self.sql(behind);
        Ok(())
    }

    pub(super) fn number(&mut self, it: u64) -> Result<()> {
        self.bound(|to| to.i64(i64::try_from(it).unwrap_or(i64::MAX)))
    }

    pub(super) fn bound(&mut self, bind: impl FnOnce(&mut dyn Binder) -> Result<()>) -> Result<()> {
        match &mut self.out {
            Out::Bind(to) => bind(&mut **to),
            Out::Text(_) => {
                self.placeholder();
                Ok(())
            }
            Out::Shown(text) => {
                let mut values = Collect::default();
                bind(&mut values)?;
                if self.hidden {
                    text.push_str(literal::HIDDEN);
                    return Ok(());
                }
                let column = values.column_type();
                values.into_values().iter().try_for_each(|it| literal::write(self.engine, it, column, text))
            }
        }
    }

    pub(super) fn placeholder(&mut self) {
        self.parameters += 1;
        if self.engine == Engine::Postgres {
            self.sql("$");
            let n = self.parameters;
            self.decimal_number(n);
        } else {
            self.sql("?");
        }
    }

    /// Writes a number without allocating.
    pub(super) fn decimal_number(&mut self, n: usize) {
        if n >= 10 {
            self.decimal_number(n / 10);
        }
        const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
        self.sql(DIGITS[n % 10]);
    }

    /// A list, separated by commas.
    pub(crate) fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut each: impl FnMut(&mut Self, T) -> Result<()>) -> Result<()> {
        for (n, it) in items.into_iter().enumerate() {
            if n > 0 {
                self.sql(", ");
            }
            each(self, it)?;
        }
        Ok(())
    }

    pub(super) fn columns(&mut self, model: &ModelMeta) {
        if !self.writes() {
            return;
        }
        for (n, it) in model.fields.iter().enumerate() {
            if n > 0 {
                self.sql(", ");
            }
            if it.access.read {
                self.by_program |= it.from_sql.is_some();
                let (ahead, behind) = it.from_sql.and_then(|it| it.split_once('?')).unwrap_or_default();
                self.sql(ahead);
                self.qualifier(model);
                self.ident(it.column);
                self.sql(behind);
            } else {
                // Its place is kept, its value stays where it is.
                self.sql("NULL");
            }
        }
    }

    /// A name, always quoted.
    pub(crate) fn ident(&mut self, name: &str) {
        self.ident_of([name, ""]);
    }

    /// A name made of two parts.
    pub(super) fn ident_of(&mut self, parts: [&str; 2]) {
        let quote = self.engine.quote();
        if let Out::Text(text) | Out::Shown(text) = &mut self.out {
            text.push(quote);
            for part in parts {
                if part.bytes().all(|it| char::from(it) != quote) {
                    text.push_str(part);
                    continue;
                }
                for it in part.chars() {
                    text.extend(std::iter::repeat_n(it, if it == quote { 2 } else { 1 }));
                }
            }
            text.push(quote);
        }
    }

    /// Whether the walk writes text, and not only binds values.
    pub(super) fn writes(&self) -> bool {
        matches!(self.out, Out::Text(_) | Out::Shown(_))
    }

    pub(crate) fn sql(&mut self, sql: &str) {
        if let Out::Text(text) | Out::Shown(text) = &mut self.out {
            text.push_str(sql);
        }
    }
}

/// Binds a value, of a column or of none.
pub(super) fn bind_value(value: &Value, column: Option<ColumnRef>, to: &mut dyn Binder) -> Result<()> {
    let Some(it) = column else { return value.bind(to).map_err(|error| error.in_column("an argument")) };
    to.column(it.meta().ty);
    value.bind(to).map_err(|error| in_field(error, it.model, it.meta()))
}

pub(super) fn in_field(error: Error, model: &ModelMeta, field: &FieldMeta) -> Error {
    error.in_column(format_args!("{}.{}", model.name, field.name))
}

pub(super) fn lost_record(model: &ModelMeta) -> Error {
    Error::Invalid(format!("the statement refers to a record of {} that is not there", model.name))
}
