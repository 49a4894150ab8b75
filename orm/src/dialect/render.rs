//! The walk over statements.

use crate::dialect::{Engine, ddl, numbers, types};
use crate::error::{Error, Result};
use crate::expr::{ColumnRef, Expr};
use crate::schema::{FieldMeta, ModelMeta};
use crate::statement::{Delete, Insert, RecordSet, Statement, Target, Update};
use crate::value::{Binder, SqlType, Value};

/// Where the walk leads: to text, or to the values of that text.
pub(crate) enum Out<'a> {
    Text(&'a mut String),
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
}

/// One walk over a statement.
pub(crate) struct Walk<'a> {
    pub(crate) engine: Engine,
    pub(crate) returning: Returning,
    records: &'a dyn RecordSet,
    out: Out<'a>,
    parameters: usize,
    /// How many parentheses are open.
    pub(crate) depth: u32,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(engine: Engine, records: &'a dyn RecordSet, out: Out<'a>) -> Self {
        Self { engine, returning: Returning::Nothing, records, out, parameters: 0, depth: 0 }
    }

    pub(crate) fn statement(&mut self, statement: &Statement) -> Result<()> {
        match statement {
            Statement::Select(it) => self.select(it)?,
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

    fn insert(&mut self, insert: &Insert) -> Result<()> {
        let model = insert.model;
        let sent = || insert.columns();
        let columns = sent().count();
        self.sql("INSERT INTO ");
        self.table(model);
        if columns == 0 {
            self.sql(if self.engine.is_mysql_family() { " () VALUES ()" } else { " DEFAULT VALUES" });
        } else {
            self.sql(" (");
            self.list(sent(), |walk, at| {
                walk.ident(model.fields[at].column);
                Ok(())
            })?;
            self.sql(")");
            if self.engine == Engine::Postgres && insert.rows.len() > 1 && !model.has_arrays() {
                self.sql(" SELECT * FROM unnest(");
                self.list(sent(), |walk, at| walk.field_array(insert, at))?;
                self.sql(")");
            } else {
                self.sql(" VALUES ");
                self.list(insert.rows.clone(), |walk, row| {
                    walk.sql("(");
                    walk.list(sent(), |walk, at| walk.record_field(model, row, at))?;
                    walk.sql(")");
                    Ok(())
                })?;
            }
        }
        if !insert.left_out.is_empty() && self.engine != Engine::MySql {
            self.sql(" RETURNING ");
            self.columns(model);
            self.returning = Returning::Columns;
        } else if let (true, Some(at)) = (insert.auto, model.auto)
            && self.returns_key(insert)
        {
            self.sql(" RETURNING ");
            self.ident(model.fields[at].column);
            self.returning = Returning::Key;
        }
        Ok(())
    }

    /// One key comes with the reply anyway, except from PostgreSQL.
    fn returns_key(&self, insert: &Insert) -> bool {
        self.engine == Engine::Postgres || (self.engine != Engine::MySql && insert.rows.len() > 1)
    }

    fn update(&mut self, update: &Update) -> Result<()> {
        let model = update.model;
        self.sql("UPDATE ");
        self.table(model);
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
                walk.assigned(it)
            })?;
        }
        self.filter(update.target.record, model, &update.target.filter)?;
        let computed = update.set.iter().any(|it| !it.is_constant());
        if update.target.record.is_some() && computed && !self.engine.is_mysql_family() {
            self.sql(" RETURNING ");
            self.columns(model);
            self.returning = Returning::Columns;
        }
        Ok(())
    }

    fn delete(&mut self, delete: &Delete) -> Result<()> {
        let Delete { model, target: Target { record, filter } } = delete;
        self.sql("DELETE FROM ");
        self.table(model);
        self.filter(*record, model, filter)
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
        self.bound(|to| {
            if let Some(column) = column {
                to.column(column.meta().ty);
            }
            let bound = value.bind(to);
            match column {
                Some(it) => bound.map_err(|error| in_field(error, it.model, it.meta())),
                None => bound.map_err(|error| error.in_column("an argument")),
            }
        })
    }

    /// All values as one array.
    pub(crate) fn array(&mut self, values: &[Value], ty: SqlType) -> Result<()> {
        self.bound(|to| to.array(ty, values.len(), &mut |n, to| values[n].bind(to)))
    }

    /// The field of a record.
    fn record_field(&mut self, model: &'static ModelMeta, row: usize, at: usize) -> Result<()> {
        let records = self.records;
        self.bound(|to| {
            to.column(model.fields[at].ty);
            let record = records.record(row).ok_or_else(|| lost_record(model))?;
            record.bind_at(at, to).map_err(|error| in_field(error, model, &model.fields[at]))
        })
    }

    /// The fields of all records as one array.
    fn field_array(&mut self, insert: &Insert, at: usize) -> Result<()> {
        let (records, model) = (self.records, insert.model);
        let field = &model.fields[at];
        self.bound(|to| {
            to.array(field.ty, insert.rows.len(), &mut |n, to| {
                let record = records.record(insert.rows.start + n).ok_or_else(|| lost_record(model))?;
                record.bind_at(at, to).map_err(|error| in_field(error, model, field))
            })
        })?;
        self.sql("::");
        self.sql(types::postgres_type(field.ty));
        self.sql("[]");
        Ok(())
    }

    pub(super) fn number(&mut self, it: u64) -> Result<()> {
        self.bound(|to| to.i64(i64::try_from(it).unwrap_or(i64::MAX)))
    }

    fn bound(&mut self, bind: impl FnOnce(&mut dyn Binder) -> Result<()>) -> Result<()> {
        match &mut self.out {
            Out::Bind(to) => bind(&mut **to),
            Out::Text(_) => {
                self.placeholder();
                Ok(())
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
        for (n, it) in model.fields.iter().enumerate() {
            if n > 0 {
                self.sql(", ");
            }
            if it.access.read {
                self.ident(it.column);
            } else {
                // Its place is kept, its value stays where it is.
                self.sql("NULL");
            }
        }
    }

    pub(super) fn table(&mut self, model: &ModelMeta) {
        if let Some(schema) = model.schema {
            self.ident(schema);
            self.sql(".");
        }
        self.ident(model.table);
    }

    /// A name, always quoted.
    pub(crate) fn ident(&mut self, name: &str) {
        let quote = self.engine.quote();
        if let Out::Text(text) = &mut self.out {
            text.push(quote);
            for it in name.chars() {
                if it == quote {
                    text.push(quote);
                }
                text.push(it);
            }
            text.push(quote);
        }
    }

    /// Whether the walk writes text, and not only binds values.
    pub(super) fn writes(&self) -> bool {
        matches!(self.out, Out::Text(_))
    }

    pub(crate) fn sql(&mut self, sql: &str) {
        if let Out::Text(text) = &mut self.out {
            text.push_str(sql);
        }
    }
}

fn in_field(error: Error, model: &ModelMeta, field: &FieldMeta) -> Error {
    error.in_column(format_args!("{}.{}", model.name, field.name))
}

fn lost_record(model: &ModelMeta) -> Error {
    Error::Invalid(format!("the statement refers to a record of {} that is not there", model.name))
}
