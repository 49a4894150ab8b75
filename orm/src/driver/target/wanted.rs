//! What is wanted of every connection, whatever database it leads to.

use std::borrow::Cow;
use std::sync::Arc;

use super::Pooler;
use crate::error::{Error, Result};

/// What is wanted of every connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// What the server is told who connects.
    pub(crate) application_name: Option<String>,
    /// How many prepared statements each keeps.
    pub(crate) statement_cache: Option<usize>,
    /// What runs on each before it is used.
    pub(crate) hooks: Arc<Vec<SqlHook>>,
    /// What runs on each before it is lent, every time.
    pub(crate) on_acquire: Arc<Vec<SqlHook>>,
    /// What stands in between.
    pub(crate) pooler: Pooler,
}

/// SQL that runs on connections of the pool.
#[derive(Clone)]
pub(crate) struct SqlHook {
    pub(crate) name: &'static str,
    /// Never printed: it may set a secret.
    pub(crate) text: Cow<'static, str>,
}

impl std::fmt::Debug for SqlHook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SqlHook").field(&self.name).finish()
    }
}

impl Wanted {
    /// Refuses what no database could do.
    pub(crate) fn check(&self) -> Result<()> {
        if self.statement_cache == Some(0) {
            return Err(Error::Configuration {
                setting: "`statement_cache`".to_owned(),
                reason: "a connection keeps at least one prepared statement: servers would be left with all that are forgotten".to_owned(),
            });
        }
        if self.application_name.as_ref().is_some_and(|it| it.contains('\0')) {
            return Err(Error::Configuration {
                setting: "`application_name`".to_owned(),
                reason: "it contains the character NUL".to_owned(),
            });
        }
        Ok(())
    }
}
