//! The URL of a configuration: as it was written, or put together.

use std::fs;

use super::{DbConfig, Secret};
use crate::error::{Error, Result};

impl DbConfig {
    /// The URL that is connected to.
    ///
    /// # Errors
    /// [`Error::Configuration`], which names the key.
    pub(crate) fn address(&self) -> Result<Secret> {
        let password = self.password()?;
        let url = match &self.url {
            Some(url) => {
                self.nothing_beside_the_url()?;
                with_credentials(url.expose(), self.user.as_deref(), password.as_ref())?
            }
            None => self.put_together(password.as_ref())?,
        };
        let mut url = url;
        for (name, value) in &self.parameters {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.extend([name, "=", &encoded(value.expose(), "")]);
        }
        Ok(url.into())
    }

    fn password(&self) -> Result<Option<Secret>> {
        match (&self.password, &self.password_file, &self.read_password) {
            (Some(_), Some(_), _) => wrong("password_file", "there is a `password`, too; say one of them"),
            (None, Some(_), Some(password)) => Ok(Some(password.clone())),
            (None, Some(_), None) => self.password_in_file(),
            (password, None, _) => Ok(password.clone()),
        }
    }

    /// Reads the file that holds the password.
    pub(crate) fn password_in_file(&self) -> Result<Option<Secret>> {
        let Some(path) = &self.password_file else { return Ok(None) };
        match fs::read_to_string(path) {
            Ok(text) => Ok(Some(text.trim_end_matches(['\r', '\n']).into())),
            Err(error) => wrong("password_file", format!("{} cannot be read: {error}", path.display())),
        }
    }

    fn nothing_beside_the_url(&self) -> Result<()> {
        let beside = [
            ("engine", self.engine.is_some()),
            ("host", self.host.is_some()),
            ("port", self.port.is_some()),
            ("database", self.database.is_some()),
        ];
        match beside.iter().find(|it| it.1) {
            Some((name, _)) => wrong(name, "the URL says it already; leave one of them out"),
            None => Ok(()),
        }
    }

    fn put_together(&self, password: Option<&Secret>) -> Result<String> {
        let Some(engine) = self.engine.as_deref() else {
            return wrong("url", "nothing says where the database is: give `url`, or `engine` and `database`");
        };
        let database = self.database.as_deref().unwrap_or_default();
        match engine {
            "sqlite" => {
                let server = [
                    ("host", self.host.is_some()),
                    ("port", self.port.is_some()),
                    ("user", self.user.is_some()),
                    ("password", password.is_some()),
                ];
                match (server.iter().find(|it| it.1), database) {
                    (Some((name, _)), _) => wrong(name, "SQLite is a file, without a server"),
                    (None, "") => wrong("database", "it names the file of SQLite, or is `:memory:`"),
                    (None, ":memory:") => Ok("sqlite::memory:".to_owned()),
                    (None, file) => Ok(format!("sqlite://{}", encoded(file, "/"))),
                }
            }
            "postgres" | "mysql" | "mariadb" => {
                let host = self.host.as_deref().unwrap_or("localhost");
                // An address of IPv6 stands in brackets; a path is a socket.
                let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { encoded(host, "[]:") };
                let port = self.port.map(|it| format!(":{it}")).unwrap_or_default();
                with_credentials(&format!("{engine}://{host}{port}/{}", encoded(database, "")), self.user.as_deref(), password)
            }
            _ => wrong("engine", "it is one of `sqlite`, `postgres`, `mysql` and `mariadb`"),
        }
    }
}

/// The same URL with another user or password.
fn with_credentials(url: &str, user: Option<&str>, password: Option<&Secret>) -> Result<String> {
    if user.is_none() && password.is_none() {
        return Ok(url.to_owned());
    }
    let Some((scheme, rest)) = url.split_once("://").filter(|it| it.0 != "sqlite") else {
        return wrong(if user.is_some() { "user" } else { "password" }, "only URLs of servers take it");
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (written, host) = rest[..end].rsplit_once('@').unwrap_or(("", &rest[..end]));
    let (written_user, written_password) = written.split_once(':').unwrap_or((written, ""));
    let user = user.map_or_else(|| written_user.to_owned(), |it| encoded(it, ""));
    if user.is_empty() {
        return wrong("user", "there is a password, but nobody it belongs to");
    }
    let password = password.map_or_else(|| written_password.to_owned(), |it| encoded(it.expose(), ""));
    let colon = if password.is_empty() { "" } else { ":" };
    Ok(format!("{scheme}://{user}{colon}{password}@{host}{}", &rest[end..]))
}

/// Text as it stands in a URL; what is in `plain` stays as it is.
fn encoded(text: &str, plain: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let letter = char::from(byte);
        if byte.is_ascii_alphanumeric() || "-._~".contains(letter) || (byte.is_ascii() && plain.contains(letter)) {
            out.push(letter);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn wrong<T>(key: &str, reason: impl Into<String>) -> Result<T> {
    Err(Error::Configuration { setting: format!("`{key}`"), reason: reason.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(change: impl FnOnce(&mut DbConfig)) -> Result<String> {
        let mut config = DbConfig::default();
        change(&mut config);
        config.address().map(|it| it.expose().to_owned())
    }

    #[test]
    fn an_address_is_put_together() {
        let full = config(|it| {
            (it.engine, it.host, it.port) = (Some("postgres".into()), Some("db.example".into()), Some(6432));
            (it.user, it.password, it.database) = (Some("ann@home".into()), Some("p/w:?#%".into()), Some("clinic".into()));
            it.parameters.insert("ssl-mode".into(), "require".into());
        });
        assert_eq!(full.unwrap(), "postgres://ann%40home:p%2Fw%3A%3F%23%25@db.example:6432/clinic?ssl-mode=require");
        let few = config(|it| (it.engine, it.database) = (Some("mariadb".into()), Some("clinic".into())));
        assert_eq!(few.unwrap(), "mariadb://localhost/clinic");
        let socket = config(|it| (it.engine, it.host) = (Some("postgres".into()), Some("/run/pg".into())));
        assert_eq!(socket.unwrap(), "postgres://%2Frun%2Fpg/");
        let six = config(|it| (it.engine, it.host) = (Some("postgres".into()), Some("::1".into())));
        assert_eq!(six.unwrap(), "postgres://[::1]/");
        for (file, url) in [("clinic.db", "sqlite://clinic.db"), ("/a b/c?.db", "sqlite:///a%20b/c%3F.db"), (":memory:", "sqlite::memory:")]
        {
            let sqlite = config(|it| (it.engine, it.database) = (Some("sqlite".into()), Some(file.into())));
            assert_eq!(sqlite.unwrap(), url);
        }
    }

    #[test]
    fn a_password_is_kept_apart_from_the_url() {
        let with = |url: &str, user: Option<&str>, password: Option<&str>| {
            config(|it| (it.url, it.user, it.password) = (Some(url.into()), user.map(Into::into), password.map(Into::into)))
        };
        assert_eq!(with("postgres://ann@db/clinic?a=b@c", None, Some("new")).unwrap(), "postgres://ann:new@db/clinic?a=b@c");
        assert_eq!(with("postgres://ann:old@db/clinic", Some("bob"), None).unwrap(), "postgres://bob:old@db/clinic");
        assert_eq!(with("postgres://db", Some("bob"), Some("p")).unwrap(), "postgres://bob:p@db");
        assert!(with("postgres://db", None, Some("p")).unwrap_err().to_string().starts_with("`user`"));
        assert!(with("sqlite://clinic.db", None, Some("p")).unwrap_err().to_string().starts_with("`password`"));
    }

    #[test]
    fn what_contradicts_itself_is_named() {
        let said = |change: fn(&mut DbConfig)| config(change).unwrap_err().to_string();
        assert!(said(|_| ()).starts_with("`url`: nothing says where"));
        assert!(said(|it| (it.url, it.port) = (Some("postgres://db".into()), Some(1))).starts_with("`port`: the URL says it already"));
        assert!(said(|it| it.engine = Some("oracle".into())).starts_with("`engine`: it is one of"));
        assert!(said(|it| it.engine = Some("sqlite".into())).starts_with("`database`: it names the file"));
        assert!(said(|it| (it.engine, it.host) = (Some("sqlite".into()), Some("db".into()))).starts_with("`host`: SQLite is a file"));
        let both = |it: &mut DbConfig| (it.password, it.password_file) = (Some("p".into()), Some("f".into()));
        assert!(said(both).starts_with("`password_file`: there is a `password`"));
        assert!(said(|it| it.password_file = Some("/no/such/file".into())).contains("/no/such/file cannot be read"));
    }

    #[test]
    fn the_defaults_are_those_of_the_pool() {
        let ours = DbConfig::default().pool.options();
        assert_eq!(format!("{ours:?}"), format!("{:?}", crate::driver::PoolOptions::new()));
    }
}
