//! The walk over locks of rows.

use crate::dialect::Engine;
use crate::dialect::render::Walk;
use crate::error::{Error, Result};
use crate::expr::{Expr, Lock, LockWait, Project, Select};

impl Walk<'_> {
    pub(super) fn lock(&mut self, select: &Select, lock: &Lock) -> Result<()> {
        check_rows(select)?;
        check_models(select, lock)?;
        self.sql(match (self.engine, lock.share) {
            // Its one writer is the lock.
            (Engine::Sqlite, _) => return Ok(()),
            (Engine::MariaDb, true) => " LOCK IN SHARE MODE",
            (_, true) => " FOR SHARE",
            (_, false) => " FOR UPDATE",
        });
        if self.engine != Engine::MariaDb {
            self.lock_of(select, lock)?;
        } else if !lock.of.is_empty() && lock.of.len() <= select.joins.len() {
            return Err(Error::Unsupported {
                database: self.engine.name(),
                what: format!(
                    "lock rows of {}, and not all that a query with joins reads; leave `lock_of` out, or lock them by a query of their own",
                    lock.of.iter().map(|it| it.name).collect::<Vec<_>>().join(" and ")
                ),
            });
        }
        self.sql(match lock.wait {
            LockWait::Wait => "",
            LockWait::Skip => " SKIP LOCKED",
            LockWait::Fail => " NOWAIT",
        });
        Ok(())
    }

    /// The tables whose rows are locked, as the query calls them. Where none is named, it
    /// is the query's own, and not those beside it: an outer join may have no row there.
    fn lock_of(&mut self, select: &Select, lock: &Lock) -> Result<()> {
        if lock.of.is_empty() && select.joins.is_empty() {
            return Ok(());
        }
        self.sql(" OF ");
        let own = [select.model];
        let models = if lock.of.is_empty() { &own[..] } else { &lock.of };
        self.list(models, |walk, it| {
            walk.table_in_scope(it);
            Ok(())
        })
    }
}

/// A row that is made of several is none that could be locked.
fn check_rows(select: &Select) -> Result<()> {
    let counts = matches!(select.project, Project::Count | Project::CountOf(_));
    let aggregates = matches!(&select.project, Project::Exprs(exprs) if exprs.iter().any(Expr::has_aggregate));
    if counts || aggregates || select.distinct || !select.group.is_empty() || !select.having.is_empty() {
        return Err(Error::Invalid(format!(
            "a query of {} locks rows, and reads what is made of several: lock the rows themselves",
            select.model.name
        )));
    }
    Ok(())
}

/// What is named must be there, and have rows.
fn check_models(select: &Select, lock: &Lock) -> Result<()> {
    for it in lock.of.iter().filter(|it| **it != select.model) {
        let (about, name) = (select.model.name, it.name);
        match select.joins.iter().find(|join| join.model == *it) {
            Some(join) if !join.left => {}
            Some(_) => {
                return Err(Error::Invalid(format!(
                    "a query of {about} may have no row of {name} to lock, for which it says `left_join`: use `join`, or lock them by a query of their own"
                )));
            }
            None => return Err(Error::Invalid(format!("`lock_of::<{name}>()` is said of a query of {about}, which does not join {name}"))),
        }
    }
    Ok(())
}
