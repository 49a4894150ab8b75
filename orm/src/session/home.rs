//! Models that live in another database than this one.

use crate::error::{DatabasesError, Result};
use crate::schema::ModelMeta;
use crate::session::Session;
use crate::statement::Statement;

impl Session {
    /// Refuses a model that names another database than this one is. A database
    /// that has no name takes all: who opened it says what is in it.
    ///
    /// # Errors
    /// [`DatabasesError::Elsewhere`].
    pub(crate) fn check_home(&self, model: &ModelMeta) -> Result<()> {
        match (model.database, &self.core.name) {
            (Some(wanted), Some(here)) if wanted != &**here => {
                Err(DatabasesError::Elsewhere { model: model.name, wanted, here: here.to_string() }.into())
            }
            _ => Ok(()),
        }
    }

    /// The same for the model of a statement, and those it joins.
    pub(super) fn check_homes(&self, statement: &Statement) -> Result<()> {
        let Some(model) = statement.model().filter(|_| self.core.name.is_some()) else { return Ok(()) };
        self.check_home(model)?;
        match statement {
            Statement::Select(it) => it.joins.iter().try_for_each(|it| self.check_home(it.model)),
            _ => Ok(()),
        }
    }
}
