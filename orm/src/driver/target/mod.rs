//! The address of a database.

mod address;
mod pooler;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod servers;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod tls;
mod url;
mod wanted;

pub use self::address::ConnectOptions;
pub use self::pooler::Pooler;

pub(crate) use self::wanted::{SqlHook, Wanted};

use std::fmt;
use std::sync::Arc;

#[cfg(feature = "mysql")]
use self::servers::mysql;
#[cfg(feature = "postgres")]
use self::servers::postgres;
use self::url::wrong;
use crate::dialect::Engine;
use crate::driver::SqliteOptions;
use crate::driver::cancel::Control;
use crate::error::{Error, Result};

/// A parsed database URL. Only scheme, host, port and database are ever
/// printed; sqlx prints passwords, so its types stay in here.
#[derive(Clone)]
pub(crate) struct Target {
    /// Scheme, host, port and database.
    shown: String,
    /// Who connects; named where a password is refused.
    user: String,
    options: Options,
    /// The connection over which statements are stopped.
    control: Arc<Control>,
    /// What runs on every new connection of the pool.
    hooks: Arc<Vec<SqlHook>>,
    /// Whether each transaction may get another connection of the server.
    pooled: bool,
}

#[derive(Clone)]
pub(super) enum Options {
    #[cfg(feature = "sqlite")]
    Sqlite(Box<super::sqlite::Place>),
    #[cfg(feature = "postgres")]
    Postgres(Box<sqlx::postgres::PgConnectOptions>),
    #[cfg(feature = "mysql")]
    MySql(Box<sqlx::mysql::MySqlConnectOptions>),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.shown).finish()
    }
}

impl Target {
    /// Reads a URL: `sqlite:`, `postgres://`, `postgresql://`, `mysql://`, `mariadb://`.
    ///
    /// # Errors
    /// [`Error::Configuration`] where it cannot be read. No part of the URL but
    /// its scheme and the names of its parameters is repeated.
    pub(crate) fn read(url: &str, wanted: &Wanted) -> Result<Self> {
        if url.contains('\0') {
            return Err(wrong("it contains the character NUL"));
        }
        let Some((scheme, _)) = url.split_once(':') else {
            return Err(wrong("it has no scheme; it looks like `postgres://user:password@host/database` or `sqlite://file.db`"));
        };
        match scheme {
            "sqlite" => sqlite(url, wanted),
            "postgres" | "postgresql" => postgres(url, wanted),
            "mysql" | "mariadb" => mysql(url, scheme, wanted),
            // A password can stand where a scheme is looked for, so only plain words are repeated.
            other if other.bytes().all(|it| it.is_ascii_lowercase()) && url.contains("://") => {
                Err(wrong(format!("the scheme `{other}` is not known; there are sqlite, postgres, mysql and mariadb")))
            }
            _ => Err(wrong("its scheme is not known; there are sqlite, postgres, mysql and mariadb")),
        }
    }

    /// The same, with nothing else wanted.
    #[cfg(test)]
    pub(crate) fn parse(url: &str) -> Result<Self> {
        Self::read(url, &Wanted::default())
    }

    /// The kind of database, where the URL says it: a MySQL server may turn out
    /// to be MariaDB, and the other way round, when it is asked.
    pub(crate) fn engine(&self) -> Option<Engine> {
        match &self.options {
            #[cfg(feature = "sqlite")]
            Options::Sqlite(_) => Some(Engine::Sqlite),
            #[cfg(feature = "postgres")]
            Options::Postgres(_) => Some(Engine::Postgres),
            #[cfg(feature = "mysql")]
            Options::MySql(_) => None,
        }
    }

    /// The same database, used in this way if it is SQLite.
    pub(crate) fn with_sqlite(mut self, options: SqliteOptions) -> Self {
        #[cfg(feature = "sqlite")]
        if let Options::Sqlite(place) = &mut self.options {
            place.inline_writes = options.inline_writes;
        }
        self
    }

    /// Whether the database is gone with its only connection.
    pub(crate) fn is_memory(&self) -> bool {
        match &self.options {
            #[cfg(feature = "sqlite")]
            Options::Sqlite(place) => place.is_memory(),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => false,
        }
    }

    /// Whether the other one leads to the same tables, as the same user.
    pub(crate) fn is_same_place(&self, other: &Self) -> bool {
        self.shown == other.shown && self.user == other.user && self.seen_from() == other.seen_from()
    }

    /// What PostgreSQL is told when it is connected to, such as where it looks for tables.
    fn seen_from(&self) -> Option<&str> {
        match &self.options {
            #[cfg(feature = "postgres")]
            Options::Postgres(it) => it.get_options(),
            #[cfg(any(feature = "sqlite", feature = "mysql"))]
            _ => None,
        }
    }

    /// Whether it is a file that is not there.
    pub(crate) fn is_missing(&self) -> bool {
        match &self.options {
            #[cfg(feature = "sqlite")]
            Options::Sqlite(place) => place.is_missing(),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => false,
        }
    }

    /// Refuses a file that is not there.
    pub(crate) fn check_there(&self) -> Result<()> {
        if self.is_missing() {
            return Err(Error::Connect { target: self.to_string(), reason: "the file is gone".to_owned(), source: None });
        }
        Ok(())
    }

    pub(super) fn options(&self) -> &Options {
        &self.options
    }

    /// Whether each transaction may get another connection of the server.
    pub(super) fn is_pooled(&self) -> bool {
        self.pooled
    }

    pub(super) fn hooks(&self) -> &[SqlHook] {
        &self.hooks
    }

    pub(super) fn control(&self) -> &Control {
        &self.control
    }

    pub(super) fn user(&self) -> &str {
        &self.user
    }
}

#[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
fn missing_feature<T>(database: &str, feature: &str) -> Result<T> {
    Err(wrong(format!("it is for {database}, which is not compiled in: turn on the feature `{feature}` of `orm`")))
}

#[cfg(not(feature = "sqlite"))]
fn sqlite(_: &str, _: &Wanted) -> Result<Target> {
    missing_feature("SQLite", "sqlite")
}

#[cfg(feature = "sqlite")]
fn sqlite(url: &str, wanted: &Wanted) -> Result<Target> {
    let mut place = super::sqlite::Place::parse(url)?;
    place.statements = wanted.statement_cache.unwrap_or(place.statements);
    // Without parameters, which may hold a key for an encrypted file.
    let (shown, options) = (place.name(), Options::Sqlite(Box::new(place)));
    Ok(Target { shown, user: String::new(), options, control: Arc::default(), hooks: wanted.hooks.clone(), pooled: false })
}

#[cfg(not(feature = "postgres"))]
fn postgres(_: &str, _: &Wanted) -> Result<Target> {
    missing_feature("PostgreSQL", "postgres")
}

#[cfg(not(feature = "mysql"))]
fn mysql(_: &str, _: &str, _: &Wanted) -> Result<Target> {
    missing_feature("MariaDB and MySQL", "mysql")
}
