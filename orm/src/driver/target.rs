//! The address of a database.

use std::fmt;
use std::sync::Arc;

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
    pub(crate) fn parse(url: &str) -> Result<Self> {
        if url.contains('\0') {
            return Err(wrong("it contains the character NUL"));
        }
        let Some((scheme, _)) = url.split_once(':') else {
            return Err(wrong("it has no scheme; it looks like `postgres://user:password@host/database` or `sqlite://file.db`"));
        };
        match scheme {
            "sqlite" => sqlite(url),
            "postgres" | "postgresql" => postgres(url),
            "mysql" | "mariadb" => mysql(url, scheme),
            // A password can stand where a scheme is looked for, so only plain words are repeated.
            other if other.bytes().all(|it| it.is_ascii_lowercase()) && url.contains("://") => {
                Err(wrong(format!("the scheme `{other}` is not known; there are sqlite, postgres, mysql and mariadb")))
            }
            _ => Err(wrong("its scheme is not known; there are sqlite, postgres, mysql and mariadb")),
        }
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

    pub(super) fn options(&self) -> &Options {
        &self.options
    }

    pub(super) fn control(&self) -> &Control {
        &self.control
    }

    pub(super) fn user(&self) -> &str {
        &self.user
    }
}

fn wrong(reason: impl Into<String>) -> Error {
    Error::Configuration { setting: "the database URL".to_owned(), reason: reason.into() }
}

#[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
fn missing_feature<T>(database: &str, feature: &str) -> Result<T> {
    Err(wrong(format!("it is for {database}, which is not compiled in: turn on the feature `{feature}` of `orm`")))
}

#[cfg(not(feature = "sqlite"))]
fn sqlite(_: &str) -> Result<Target> {
    missing_feature("SQLite", "sqlite")
}

#[cfg(feature = "sqlite")]
fn sqlite(url: &str) -> Result<Target> {
    let place = super::sqlite::Place::parse(url)?;
    // Without parameters, which may hold a key for an encrypted file.
    Ok(Target { shown: place.name(), user: String::new(), options: Options::Sqlite(Box::new(place)), control: Arc::default() })
}

#[cfg(not(feature = "postgres"))]
fn postgres(_: &str) -> Result<Target> {
    missing_feature("PostgreSQL", "postgres")
}

#[cfg(feature = "postgres")]
fn postgres(url: &str) -> Result<Target> {
    use sqlx::ConnectOptions as _;
    use sqlx::postgres::PgConnectOptions;

    check(url, |it| {
        matches!(
            it,
            "sslmode"
                | "ssl-mode"
                | "sslrootcert"
                | "ssl-root-cert"
                | "ssl-ca"
                | "sslcert"
                | "ssl-cert"
                | "sslkey"
                | "ssl-key"
                | "statement-cache-capacity"
                | "host"
                | "hostaddr"
                | "port"
                | "dbname"
                | "user"
                | "password"
                | "application_name"
                | "options"
        ) || it.starts_with("options[")
    })?;
    let options: PgConnectOptions = url.parse().map_err(|error| unreadable(&error))?;
    // Statements can hold values, and they would be logged with them.
    let mut options = options.disable_statement_logging();
    if options.get_application_name().is_none() {
        options = options.application_name("orm");
    }
    let user = options.get_username().to_owned();
    let shown = match options.get_socket() {
        Some(path) => show("postgres", &path.display(), None, options.get_database().unwrap_or(&user)),
        None => show("postgres", &options.get_host(), Some(options.get_port()), options.get_database().unwrap_or(&user)),
    };
    Ok(Target { shown, user, options: Options::Postgres(Box::new(options)), control: Arc::default() })
}

#[cfg(not(feature = "mysql"))]
fn mysql(_: &str, _: &str) -> Result<Target> {
    missing_feature("MariaDB and MySQL", "mysql")
}

#[cfg(feature = "mysql")]
fn mysql(url: &str, scheme: &str) -> Result<Target> {
    use sqlx::ConnectOptions as _;
    use sqlx::mysql::MySqlConnectOptions;

    // Neither character set nor time zone: ours are what the rest relies on.
    check(url, |it| {
        matches!(
            it,
            "sslmode"
                | "ssl-mode"
                | "sslca"
                | "ssl-ca"
                | "sslcert"
                | "ssl-cert"
                | "sslkey"
                | "ssl-key"
                | "statement-cache-capacity"
                | "socket"
        )
    })?;
    // sqlx looks at the scheme only to choose among its own drivers.
    let renamed = format!("mysql{}", &url[scheme.len()..]);
    let options: MySqlConnectOptions = renamed.parse().map_err(|error| unreadable(&error))?;
    let options = options.disable_statement_logging();
    let user = options.get_username().to_owned();
    let database = options.get_database().unwrap_or_default();
    let shown = match options.get_socket() {
        Some(path) => show(scheme, &path.display(), None, database),
        None => show(scheme, &options.get_host(), Some(options.get_port()), database),
    };
    Ok(Target { shown, user, options: Options::MySql(Box::new(options)), control: Arc::default() })
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn show(scheme: &str, host: &dyn fmt::Display, port: Option<u16>, database: &str) -> String {
    match port {
        Some(port) => format!("{scheme}://{host}:{port}/{database}"),
        None => format!("{scheme}://{host}/{database}"),
    }
}

/// Refuses what would be understood in another way than it is meant.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn check(url: &str, known: fn(&str) -> bool) -> Result<()> {
    let Some((_, rest)) = url.split_once("://") else {
        return Err(wrong("`://` must follow the scheme"));
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    // With a `/`, `?` or `#` in it, the password would be read as host, port
    // and database, and be printed as these.
    if tail.contains('@') || authority.matches('@').count() > 1 {
        return Err(wrong(
            "there is an `@` that ends no password: write special characters of user, password and database \
             as `%` and two digits, for example `%40` for `@`, `%2F` for `/`, `%3F` for `?`, `%23` for `#`",
        ));
    }
    let query = tail.split('#').next().unwrap_or_default().split_once('?').map_or("", |it| it.1);
    for pair in query.split('&').filter(|it| !it.is_empty()) {
        let name = pair.split('=').next().unwrap_or_default();
        if !known(name) {
            return Err(wrong(format!("it has the parameter `{name}`, which is not known")));
        }
    }
    Ok(())
}

/// The text of the parser is kept only where it can hold no part of the URL.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn unreadable(error: &sqlx::Error) -> Error {
    let sqlx::Error::Configuration(cause) = error else {
        return wrong("it cannot be read");
    };
    let known = [
        "empty host",
        "invalid international domain name",
        "invalid port number",
        "invalid IPv4 address",
        "invalid IPv6 address",
        "invalid domain character",
    ];
    match known.iter().find(|it| cause.to_string() == **it) {
        Some(text) => wrong(format!("it has an {text}")),
        None => wrong("the value of a parameter, or a `%` with two digits, cannot be read"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use super::*;

    #[cfg(all(feature = "postgres", feature = "mysql"))]
    #[test]
    fn passwords_are_never_printed() {
        let urls = [
            "postgres://ann:s3cret@db.example:5433/clinic",
            "postgresql://ann:s3cret@db.example/clinic?application_name=x",
            "postgres://db.example/clinic?user=ann&password=s3cret",
            "mysql://ann:s3cret@db.example/clinic",
            "mariadb://ann:s3cret@db.example:3307/clinic",
        ];
        for url in urls {
            let target = Target::parse(url).unwrap();
            let text = format!("{target} {target:?} {target:#?}");
            assert!(!text.contains("s3cret") && !text.contains("ann"), "{text}");
            assert!(text.contains("db.example") && text.contains("clinic"), "{text}");
            assert_eq!(target.user(), "ann");
        }
        assert_eq!(Target::parse(urls[0]).unwrap().to_string(), "postgres://db.example:5433/clinic");
        assert_eq!(Target::parse(urls[4]).unwrap().to_string(), "mariadb://db.example:3307/clinic");
    }

    #[test]
    fn unreadable_urls_say_why_without_the_password() {
        let urls = [
            ("", "no scheme"),
            ("clinic", "no scheme"),
            ("s3cret:host", "scheme is not known"),
            ("oracle://ann:s3cret@host/db", "`oracle`"),
            ("postgres://ann:s3cret@host/db\0", "NUL"),
            #[cfg(feature = "postgres")]
            ("postgres:s3cret", "`://`"),
            #[cfg(feature = "postgres")]
            ("postgres://ann:s3/cret@host/db", "%2F"),
            #[cfg(feature = "postgres")]
            ("postgres://ann:12@s3cret@host/db", "%40"),
            #[cfg(feature = "postgres")]
            ("postgres://ann:s3cret@host:port/db", "port"),
            #[cfg(feature = "postgres")]
            ("postgres://ann:s3cret@host/db?sslmode=s3cret", "parameter"),
            #[cfg(feature = "postgres")]
            ("postgres://ann:s3cret@host/db?colour=red", "`colour`"),
            #[cfg(feature = "mysql")]
            ("mysql://ann:s3cret@host/db?charset=latin1", "`charset`"),
            #[cfg(not(feature = "mysql"))]
            ("mysql://ann:s3cret@host/db", "feature `mysql`"),
            #[cfg(not(feature = "postgres"))]
            ("postgres://ann:s3cret@host/db", "feature `postgres`"),
            #[cfg(not(feature = "sqlite"))]
            ("sqlite://s3cret.db", "feature `sqlite`"),
        ];
        for (url, part) in urls {
            let error = Target::parse(url).unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(text.contains(part), "{url}: {text}");
            assert!(!text.contains("s3cret") && !text.contains("cret@"), "{text}");
        }
    }
}
