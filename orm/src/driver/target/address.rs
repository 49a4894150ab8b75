//! Options of sqlx in the place of a URL.

use std::fmt;

use super::{Target, Wanted};
use crate::error::Result;

/// Where a database is, and how to get in: a URL, or options of sqlx for what a
/// URL cannot say, such as a certificate that is in no file. For
/// [`Db::builder_from`](crate::Db::builder_from).
pub struct ConnectOptions(Kind);

enum Kind {
    Url(String),
    #[cfg(feature = "postgres")]
    Postgres(Box<sqlx::postgres::PgConnectOptions>),
    #[cfg(feature = "mysql")]
    MySql(Box<sqlx::mysql::MySqlConnectOptions>),
}

impl ConnectOptions {
    pub(crate) fn target(&self, wanted: &Wanted) -> Result<Target> {
        let target = match &self.0 {
            Kind::Url(url) => Target::read(url, wanted)?,
            #[cfg(feature = "postgres")]
            Kind::Postgres(options) => super::servers::from_postgres((**options).clone(), wanted),
            #[cfg(feature = "mysql")]
            Kind::MySql(options) => super::servers::from_mysql((**options).clone(), "mysql", wanted),
        };
        target.behind(wanted)
    }
}

impl From<&str> for ConnectOptions {
    fn from(url: &str) -> Self {
        Self(Kind::Url(url.to_owned()))
    }
}

#[cfg(feature = "postgres")]
impl From<sqlx::postgres::PgConnectOptions> for ConnectOptions {
    fn from(options: sqlx::postgres::PgConnectOptions) -> Self {
        Self(Kind::Postgres(Box::new(options)))
    }
}

#[cfg(feature = "mysql")]
impl From<sqlx::mysql::MySqlConnectOptions> for ConnectOptions {
    fn from(options: sqlx::mysql::MySqlConnectOptions) -> Self {
        Self(Kind::MySql(Box::new(options)))
    }
}

impl fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither the URL nor the options: they may hold a password.
        f.write_str("ConnectOptions")
    }
}
