//! Addresses of servers: by URL, or by options of sqlx.

use std::fmt;
use std::sync::Arc;

use super::tls::Tls;
#[cfg(feature = "mysql")]
use super::url::wrong;
use super::url::{Url, unreadable};
use super::{Options, Target, Wanted};
use crate::error::Result;

/// What is known without the scheme.
#[cfg(feature = "postgres")]
const POSTGRES: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "search_path",
];

#[cfg(feature = "postgres")]
pub(super) fn postgres(url: &str, wanted: &Wanted) -> Result<Target> {
    use sqlx::postgres::{PgConnectOptions, PgSslMode};

    let mut url = Url::read(url, |it| POSTGRES.contains(&it) || it == "options" || it.starts_with("options["))?;
    let tls = Tls::take(&mut url)?;
    let statements = url.statement_cache()?;
    let path = url.take(&["search_path"]);
    let named = url.has("application_name");
    let mut rest = url.rest();
    if let Some(path) = path {
        // It is a setting like all others, with a name of its own.
        rest = format!("{rest}{}options[search_path]={path}", if rest.contains('?') { '&' } else { '?' });
    }
    let mut options: PgConnectOptions = rest.parse().map_err(|error| unreadable(&error))?;
    // What the environment says, unless it is the default.
    let said = match options.get_ssl_mode() {
        PgSslMode::Prefer => None,
        mode => Some(mode),
    };
    let host = options.get_socket().is_none().then(|| options.get_host().to_owned());
    let host = host.filter(|it| !it.starts_with('/'));
    let mode = match (tls, said) {
        (Some(tls), _) => tls.into(),
        (None, Some(mode)) => mode,
        (None, None) => Tls::by_default(host.as_deref()).into(),
    };
    options = options.ssl_mode(mode);
    if let (Some(name), false) = (&wanted.application_name, named) {
        options = options.application_name(name);
    }
    let target = from_postgres(options, &Wanted { statement_cache: statements.or(wanted.statement_cache), ..wanted.clone() });
    if let Some(tls) = tls {
        tls.warn(host.as_deref(), &target.shown);
    }
    Ok(target)
}

/// A server that sqlx was told about.
#[cfg(feature = "postgres")]
pub(super) fn from_postgres(options: sqlx::postgres::PgConnectOptions, wanted: &Wanted) -> Target {
    use sqlx::ConnectOptions as _;

    // Statements can hold values, and they would be logged with them.
    let mut options = options.disable_statement_logging();
    if options.get_application_name().is_none() {
        options = options.application_name(wanted.application_name.as_deref().unwrap_or("orm"));
    }
    if let Some(most) = wanted.statement_cache {
        options = options.statement_cache_capacity(most);
    }
    let user = options.get_username().to_owned();
    let shown = match options.get_socket() {
        Some(path) => show("postgres", &path.display(), None, options.get_database().unwrap_or(&user)),
        None => show("postgres", &options.get_host(), Some(options.get_port()), options.get_database().unwrap_or(&user)),
    };
    Target {
        shown,
        user,
        options: Options::Postgres(Box::new(options)),
        control: Arc::default(),
        hooks: wanted.hooks.clone(),
        pooled: false,
    }
}

/// Neither collation nor time zone: ours are what the rest relies on.
#[cfg(feature = "mysql")]
const MYSQL: [&str; 11] =
    ["sslmode", "ssl-mode", "sslca", "ssl-ca", "sslcert", "ssl-cert", "sslkey", "ssl-key", "statement-cache-capacity", "socket", "charset"];

#[cfg(feature = "mysql")]
pub(super) fn mysql(url: &str, scheme: &str, wanted: &Wanted) -> Result<Target> {
    use sqlx::mysql::MySqlConnectOptions;

    let mut url = Url::read(url, |it| MYSQL.contains(&it))?;
    let tls = Tls::take(&mut url)?;
    let statements = url.statement_cache()?;
    if url.take(&["charset"]).is_some_and(|it| it != "utf8mb4") {
        return Err(wrong("the parameter `charset` can only be utf8mb4: texts mean the same on every database"));
    }
    // sqlx looks at the scheme only to choose among its own drivers.
    let renamed = format!("mysql{}", &url.rest()[scheme.len()..]);
    let options: MySqlConnectOptions = renamed.parse().map_err(|error| unreadable(&error))?;
    let host = options.get_socket().is_none().then(|| options.get_host().to_owned());
    let options = options.ssl_mode(tls.unwrap_or_else(|| Tls::by_default(host.as_deref())).into());
    let target = from_mysql(options, scheme, &Wanted { statement_cache: statements.or(wanted.statement_cache), ..wanted.clone() });
    if let Some(tls) = tls {
        tls.warn(host.as_deref(), &target.shown);
    }
    Ok(target)
}

/// A server that sqlx was told about.
#[cfg(feature = "mysql")]
pub(super) fn from_mysql(options: sqlx::mysql::MySqlConnectOptions, scheme: &str, wanted: &Wanted) -> Target {
    use sqlx::ConnectOptions as _;

    let mut options = options.disable_statement_logging().charset("utf8mb4").timezone("+00:00".to_owned()).set_names(true);
    if let Some(most) = wanted.statement_cache {
        options = options.statement_cache_capacity(most);
    }
    let user = options.get_username().to_owned();
    let database = options.get_database().unwrap_or_default();
    let shown = match options.get_socket() {
        Some(path) => show(scheme, &path.display(), None, database),
        None => show(scheme, &options.get_host(), Some(options.get_port()), database),
    };
    Target { shown, user, options: Options::MySql(Box::new(options)), control: Arc::default(), hooks: wanted.hooks.clone(), pooled: false }
}

fn show(scheme: &str, host: &dyn fmt::Display, port: Option<u16>, database: &str) -> String {
    match port {
        Some(port) => format!("{scheme}://{host}:{port}/{database}"),
        None => format!("{scheme}://{host}/{database}"),
    }
}
