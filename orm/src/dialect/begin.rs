//! How a transaction begins.

use std::borrow::Cow;

use crate::dialect::Engine;
use crate::error::{Error, Result};

/// What a transaction may see of others that run at the same time, from the
/// most to the least.
///
/// A level is the least that holds; a database may keep more. Where nothing is
/// said, it is the default of the database: PostgreSQL's is
/// [`ReadCommitted`](Self::ReadCommitted), MariaDB's
/// [`RepeatableRead`](Self::RepeatableRead). SQLite has one,
/// [`Serializable`](Self::Serializable).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isolation {
    /// Also what others have not committed. MariaDB shows that; PostgreSQL takes
    /// the level and shows what is committed; SQLite cannot, and refuses it.
    ReadUncommitted,
    /// What is committed when a statement begins.
    ReadCommitted,
    /// What was committed when the transaction first read: the same all the time.
    RepeatableRead,
    /// As if the transactions ran one after the other. Some are chosen to give
    /// way, and are run again: [`Session::retry`](crate::Session::retry).
    Serializable,
}

/// When a transaction of SQLite takes the lock of the one who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SqliteMode {
    /// At its first write. If somebody else wrote since its first read, it cannot
    /// write any more: [`Error::SerializationFailure`].
    Deferred,
    /// At its begin, which waits for it. The default.
    Immediate,
    /// As [`Immediate`](Self::Immediate); without a write-ahead log, others cannot
    /// read meanwhile, either.
    Exclusive,
}

/// What a transaction is begun with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Begin {
    pub(crate) isolation: Option<Isolation>,
    pub(crate) read_only: bool,
    pub(crate) deferrable: bool,
    pub(crate) sqlite: Option<SqliteMode>,
}

impl Isolation {
    const fn sql(self) -> &'static str {
        match self {
            Self::ReadUncommitted => "READ UNCOMMITTED",
            Self::ReadCommitted => "READ COMMITTED",
            Self::RepeatableRead => "REPEATABLE READ",
            Self::Serializable => "SERIALIZABLE",
        }
    }
}

impl Begin {
    /// What is sent, in one message.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where the database has no such transactions.
    pub(crate) fn text(self, engine: Engine) -> Result<Cow<'static, str>> {
        self.check(engine)?;
        Ok(match engine {
            Engine::Sqlite => match self.sqlite {
                Some(SqliteMode::Deferred) => "BEGIN DEFERRED",
                Some(SqliteMode::Exclusive) => "BEGIN EXCLUSIVE",
                // It would wait for a lock that it has no use for.
                None if self.read_only => "BEGIN DEFERRED",
                // A transaction that reads first and writes later would find the lock taken.
                Some(SqliteMode::Immediate) | None => "BEGIN IMMEDIATE",
            }
            .into(),
            Engine::Postgres => {
                let isolation = self.isolation.map(|it| format!(" ISOLATION LEVEL {}", it.sql())).unwrap_or_default();
                let read_only = if self.read_only { " READ ONLY" } else { "" };
                let deferrable = if self.deferrable { " DEFERRABLE" } else { "" };
                format!("BEGIN{isolation}{read_only}{deferrable}").into()
            }
            Engine::MariaDb | Engine::MySql => {
                let begin = if self.read_only { "START TRANSACTION READ ONLY" } else { "START TRANSACTION" };
                match self.isolation {
                    None => begin.into(),
                    // The level is for the next transaction only; both go in one message, so
                    // that none is sent without the other.
                    Some(it) => format!("SET TRANSACTION ISOLATION LEVEL {}; {begin}", it.sql()).into(),
                }
            }
        })
    }

    fn check(self, engine: Engine) -> Result<()> {
        let cannot = |what: &str| Err(Error::Unsupported { database: engine.name(), what: what.to_owned() });
        if engine == Engine::Sqlite && self.isolation == Some(Isolation::ReadUncommitted) {
            return cannot("a transaction that sees what others have not committed; leave `isolation` out");
        }
        if !self.deferrable {
            return Ok(());
        }
        if engine != Engine::Postgres {
            return cannot("`deferrable`, which is PostgreSQL's; leave it out");
        }
        if !self.read_only || self.isolation != Some(Isolation::Serializable) {
            return Err(Error::Configuration {
                setting: "deferrable".to_owned(),
                reason: "only a transaction that is `isolation(Isolation::Serializable)` and `read_only()` can wait for a snapshot \
                         that nothing disturbs"
                    .to_owned(),
            });
        }
        Ok(())
    }

    /// Checks that a nested transaction asks for nothing else than the one around it has.
    ///
    /// # Errors
    /// [`Error::Configuration`] if it does: a savepoint has no options of its own.
    pub(crate) fn check_nested(self, outer: Self) -> Result<()> {
        let other = [
            ("isolation", self.isolation.is_some() && self.isolation != outer.isolation),
            ("deferrable", self.deferrable && !outer.deferrable),
            ("sqlite_mode", self.sqlite.is_some() && self.sqlite != outer.sqlite),
        ];
        match other.into_iter().find(|it| it.1) {
            None => Ok(()),
            Some((setting, _)) => Err(Error::Configuration {
                setting: setting.to_owned(),
                reason: "a nested transaction has what the outermost one was begun with; say it there".to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_where() {
        let text = |engine, begin: Begin| begin.text(engine).map_err(|error| error.to_string());
        let plain = Begin::default();
        let all = Begin { isolation: Some(Isolation::Serializable), read_only: true, deferrable: true, sqlite: None };
        let strict = Begin { deferrable: false, ..all };
        assert_eq!(text(Engine::Postgres, plain).unwrap(), "BEGIN");
        assert_eq!(text(Engine::Postgres, all).unwrap(), "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE");
        assert_eq!(text(Engine::MariaDb, plain).unwrap(), "START TRANSACTION");
        let both = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; START TRANSACTION READ ONLY";
        assert_eq!(text(Engine::MariaDb, strict).unwrap(), both);
        assert_eq!(text(Engine::Sqlite, plain).unwrap(), "BEGIN IMMEDIATE");
        assert_eq!(text(Engine::Sqlite, strict).unwrap(), "BEGIN DEFERRED");
        for engine in [Engine::Sqlite, Engine::MariaDb, Engine::MySql] {
            assert!(text(engine, all).unwrap_err().contains("deferrable"));
        }
        assert!(text(Engine::Postgres, Begin { deferrable: true, ..plain }).unwrap_err().contains("read_only"));
        assert!(text(Engine::Sqlite, Begin { isolation: Some(Isolation::ReadUncommitted), ..plain }).is_err());
    }
}
