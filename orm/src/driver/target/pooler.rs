//! What stands between the program and the server.

use super::{Options, Target, Wanted};
use crate::error::{Error, Result};

/// What stands between the program and the server, and hands connections on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Pooler {
    /// Nothing: a connection is a connection of the server.
    #[default]
    None,
    /// A pooler that gives a connection of the server for as long as ours is
    /// open, such as PgBouncer with `pool_mode = session`. All works as without it.
    Session,
    /// A pooler that gives another connection for each transaction, such as
    /// PgBouncer with `pool_mode = transaction`. PostgreSQL only.
    ///
    /// Each statement is a transaction, and nothing stays prepared: without that,
    /// such a pooler mixes up statements of different programs, and answers come
    /// from the wrong one. A statement outside of a transaction takes four round
    /// trips to the pooler, one in a transaction two. What such a pooler cannot
    /// keep is an error before anything is sent: see the page
    /// [`connecting`](crate::connecting).
    Transaction,
}

impl Target {
    /// Makes it one that leads through a pooler.
    ///
    /// # Errors
    /// [`Error::Configuration`] where the pooler has nothing like it, or would
    /// quietly give what is set on one connection to another.
    pub(super) fn behind(mut self, wanted: &Wanted) -> Result<Self> {
        if wanted.pooler != Pooler::Transaction {
            return Ok(self);
        }
        self.without_settings()?;
        let hooks = [("on_connect", &wanted.hooks), ("on_acquire", &wanted.on_acquire)];
        if let Some((when, hook)) = hooks.iter().find_map(|(when, it)| Some((when, it.first()?))) {
            return Err(refused(&format!(
                "`{when}` ({}) would set something on a connection that others get, too: give settings to the role or the \
                 database (`ALTER ROLE … SET …`), or to the pooler (`connect_query`)",
                hook.name
            )));
        }
        self.pooled = true;
        Ok(self)
    }

    /// Refuses an address that says what a server behind such a pooler does not hear.
    fn without_settings(&mut self) -> Result<()> {
        match &mut self.options {
            #[cfg(feature = "postgres")]
            Options::Postgres(options) => {
                if options.get_options().is_some() {
                    return Err(refused(
                        "settings in the address (`search_path`, `options`) would not reach the server, or somebody else's connection: \
                         give them to the role or the database (`ALTER ROLE … SET …`), or name the schema by `schema`",
                    ));
                }
                // It is about numbers in texts, which are not read here, and poolers refuse it.
                **options = (**options).clone().extra_float_digits(None);
                Ok(())
            }
            #[cfg(feature = "sqlite")]
            Options::Sqlite(_) => Err(refused("SQLite has no server, and so no pooler")),
            #[cfg(feature = "mysql")]
            Options::MySql(_) => Err(refused(
                "not supported yet: MariaDB or MySQL behind a pooler that changes connections between transactions, such as \
                     ProxySQL or MaxScale; let it keep a connection as long as it is open, and say `Pooler::Session`",
            )),
        }
    }
}

fn refused(reason: &str) -> Error {
    Error::Configuration { setting: "`pooler`".to_owned(), reason: reason.to_owned() }
}
