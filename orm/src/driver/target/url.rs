//! Reading URLs: what is not known is refused, and nothing of them but names of
//! parameters is repeated.

use crate::error::Error;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use crate::error::Result;

/// That a URL cannot be used.
pub(super) fn wrong(reason: impl Into<String>) -> Error {
    Error::Configuration { setting: "the database URL".to_owned(), reason: reason.into() }
}

/// The parameters of a URL, as they were written.
#[cfg(any(feature = "postgres", feature = "mysql"))]
#[derive(Debug)]
pub(super) struct Url<'u> {
    base: &'u str,
    parameters: Vec<(&'u str, &'u str)>,
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
impl<'u> Url<'u> {
    /// Refuses what would be understood in another way than it is meant.
    pub(super) fn read(url: &'u str, known: fn(&str) -> bool) -> Result<Self> {
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
        let url = url.split('#').next().unwrap_or_default();
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let pairs = query.split('&').filter(|it| !it.is_empty()).map(|it| it.split_once('=').unwrap_or((it, "")));
        let mut parameters = Vec::new();
        for (name, value) in pairs {
            if !known(name) {
                // Behind a password it may be the rest of it, and without `=` a value.
                let is_name =
                    query.contains(&format!("{name}=")) && name.bytes().all(|it| it.is_ascii_alphabetic() || matches!(it, b'-' | b'_'));
                return Err(wrong(if is_name && !query.contains("password=") {
                    format!("it has the parameter `{name}`, which is not known")
                } else {
                    "it has a parameter that is not known; write `&` in a value as `%26`".to_owned()
                }));
            }
            parameters.push((name, value));
        }
        Ok(Self { base, parameters })
    }

    /// Takes a parameter out that we understand ourselves; the last one counts.
    pub(super) fn take(&mut self, names: &[&str]) -> Option<&'u str> {
        let found = self.parameters.iter().rfind(|it| names.contains(&it.0)).map(|it| it.1);
        self.parameters.retain(|it| !names.contains(&it.0));
        found
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.parameters.iter().any(|it| it.0 == name)
    }

    /// How many prepared statements a connection keeps, where the URL says it.
    pub(super) fn statement_cache(&mut self) -> Result<Option<usize>> {
        let name = "statement-cache-capacity";
        let Some(value) = self.take(&[name]) else { return Ok(None) };
        let number = value.parse().ok().filter(|it| *it > 0);
        number.map(Some).ok_or_else(|| wrong(format!("the parameter `{name}` is a number of statements, and at least 1")))
    }

    /// The URL with the parameters that are left.
    pub(super) fn rest(&self) -> String {
        let mut url = self.base.to_owned();
        for (n, (name, value)) in self.parameters.iter().enumerate() {
            url.extend([if n == 0 { "?" } else { "&" }, name, "=", value]);
        }
        url
    }
}

/// The text of the parser is kept only where it can hold no part of the URL.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(super) fn unreadable(error: &sqlx::Error) -> Error {
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
