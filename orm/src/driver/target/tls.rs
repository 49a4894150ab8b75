//! Whether connections are encrypted, in words that are the same for all servers.

use super::url::{Url, wrong};
use crate::error::Result;

/// How connections are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tls {
    /// Not at all.
    Disable,
    /// If the server can, whoever it is.
    Prefer,
    /// In any case, whoever the server is.
    Require,
    /// By a server whose certificate is signed by who is trusted.
    VerifyCa,
    /// By that, and of the name that is connected to.
    VerifyFull,
}

const MODE: [&str; 2] = ["ssl-mode", "sslmode"];

/// Parameters that mean nothing without encryption.
const FILES: [&str; 8] = ["ssl-ca", "sslca", "sslrootcert", "ssl-root-cert", "ssl-cert", "sslcert", "ssl-key", "sslkey"];

impl Tls {
    /// What a URL says about it.
    pub(super) fn take(url: &mut Url<'_>) -> Result<Option<Self>> {
        let files = FILES.iter().find(|it| url.has(it));
        let mode = match url.take(&MODE) {
            Some(value) => Some(Self::parse(value)?),
            // Whoever names a certificate wants it looked at.
            None => files.map(|_| Self::VerifyFull),
        };
        match mode {
            Some(Self::Require | Self::VerifyCa | Self::VerifyFull) if !cfg!(feature = "tls") => {
                Err(wrong("it asks for an encrypted connection, which is not compiled in: turn on the feature `tls` of `orm`"))
            }
            mode => Ok(mode),
        }
    }

    /// The words of PostgreSQL and of MySQL.
    fn parse(value: &str) -> Result<Self> {
        Ok(match value.to_ascii_lowercase().replace('_', "-").as_str() {
            "disable" | "disabled" => Self::Disable,
            "prefer" | "preferred" => Self::Prefer,
            "require" | "required" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" | "verify-identity" => Self::VerifyFull,
            _ => return Err(wrong("the parameter `ssl-mode` is one of disable, prefer, require, verify-ca and verify-full")),
        })
    }

    /// Where nothing was said: on this machine nobody listens in, elsewhere
    /// only who can prove to be the server is spoken to.
    pub(super) fn by_default(host: Option<&str>) -> Self {
        match host {
            Some(host) if cfg!(feature = "tls") && !is_here(host) => Self::VerifyFull,
            _ => Self::Disable,
        }
    }

    /// Says that nobody will notice if a connection is not encrypted.
    pub(super) fn warn(self, host: Option<&str>, shown: &str) {
        if self == Self::Prefer && host.is_some_and(|it| !is_here(it)) {
            tracing::warn!(
                database = shown,
                "`ssl-mode=prefer` speaks in the clear to a server that does not encrypt, and to anyone in its place"
            );
        }
    }
}

/// Whether a host is this machine.
fn is_here(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || address.parse::<std::net::IpAddr>().is_ok_and(|it| it.is_loopback())
}

#[cfg(feature = "postgres")]
impl From<Tls> for sqlx::postgres::PgSslMode {
    fn from(tls: Tls) -> Self {
        match tls {
            Tls::Disable => Self::Disable,
            Tls::Prefer => Self::Prefer,
            Tls::Require => Self::Require,
            Tls::VerifyCa => Self::VerifyCa,
            Tls::VerifyFull => Self::VerifyFull,
        }
    }
}

#[cfg(feature = "mysql")]
impl From<Tls> for sqlx::mysql::MySqlSslMode {
    fn from(tls: Tls) -> Self {
        match tls {
            Tls::Disable => Self::Disabled,
            Tls::Prefer => Self::Preferred,
            Tls::Require => Self::Required,
            Tls::VerifyCa => Self::VerifyCa,
            Tls::VerifyFull => Self::VerifyIdentity,
        }
    }
}
