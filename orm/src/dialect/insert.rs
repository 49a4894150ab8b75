//! The walk over inserts.

use crate::dialect::render::{Returning, Walk, in_field, lost_record};
use crate::dialect::{Engine, types};
use crate::error::Result;
use crate::expr::ClauseAt;
use crate::statement::{Insert, InsertMode};
use crate::value::Binder;

/// Whether an insert is sent as `COPY`, which needs a column to be sent, and takes values only.
pub(crate) fn copies(engine: Engine, insert: &Insert) -> bool {
    let plain = || insert.clauses.is_empty() && insert.model.fields.iter().all(|it| it.to_sql.is_none());
    engine == Engine::Postgres && insert.mode == InsertMode::Copying && insert.columns().next().is_some() && plain()
}

impl Walk<'_> {
    pub(super) fn insert(&mut self, insert: &Insert) -> Result<()> {
        let model = insert.model;
        let sent = || insert.columns();
        let columns = sent().count();
        if copies(self.engine, insert) {
            return self.copy(insert);
        }
        self.clauses(&insert.clauses, ClauseAt::Start)?;
        self.sql("INSERT ");
        self.clauses(&insert.clauses, ClauseAt::Verb)?;
        self.sql("INTO ");
        self.table(model);
        self.clauses(&insert.clauses, ClauseAt::Table)?;
        if columns == 0 {
            self.sql(if self.engine.is_mysql_family() { " () VALUES ()" } else { " DEFAULT VALUES" });
        } else {
            self.sql(" (");
            self.list(sent(), |walk, at| {
                walk.ident(model.fields[at].column);
                Ok(())
            })?;
            self.sql(")");
            if self.engine == Engine::Postgres && insert.rows.len() > 1 && !model.is_sent_singly() {
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
        self.clauses(&insert.clauses, ClauseAt::End)?;
        self.returning(insert);
        Ok(())
    }

    fn returning(&mut self, insert: &Insert) {
        let model = insert.model;
        if !insert.returns() {
            return;
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
    }

    /// `COPY`; its rows are no arguments, so that any number goes.
    fn copy(&mut self, insert: &Insert) -> Result<()> {
        let model = insert.model;
        self.sql("COPY ");
        self.table(model);
        self.sql(" (");
        self.list(insert.columns(), |walk, at| {
            walk.ident(model.fields[at].column);
            Ok(())
        })?;
        self.sql(") FROM STDIN");
        self.returning = Returning::Copied;
        if self.writes() {
            return Ok(());
        }
        for row in insert.rows.clone() {
            for at in insert.columns() {
                self.record_field(model, row, at)?;
            }
        }
        Ok(())
    }

    /// One key comes with the reply anyway, except from PostgreSQL.
    fn returns_key(&self, insert: &Insert) -> bool {
        self.engine == Engine::Postgres || (self.engine != Engine::MySql && insert.rows.len() > 1)
    }

    /// The fields of all records as one array.
    fn field_array(&mut self, insert: &Insert, at: usize) -> Result<()> {
        let (records, model) = (self.records, insert.model);
        let field = &model.fields[at];
        let bind = |to: &mut dyn Binder| {
            to.array(field.ty, insert.rows.len(), &mut |n, to| {
                let record = records.record(insert.rows.start + n).ok_or_else(|| lost_record(model))?;
                record.bind_at(at, to).map_err(|error| in_field(error, model, field))
            })
        };
        self.beside(|| field.sensitive, |walk| walk.bound(bind))?;
        self.sql("::");
        self.sql(types::postgres_type(field.ty));
        self.sql("[]");
        Ok(())
    }
}
