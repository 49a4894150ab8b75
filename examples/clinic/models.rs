//! What is stored.

use orm::prelude::*;
use serde::Serialize;

use crate::error::Refused;

#[derive(Debug, Clone, Default, Serialize, Model)]
pub(crate) struct Patient {
    #[orm(key, auto)]
    pub(crate) id: i64,
    /// Printed on the file.
    #[orm(unique)]
    pub(crate) number: String,
    pub(crate) name: String,
    /// Seconds since 1970.
    #[orm(created_at)]
    pub(crate) created: i64,
}

impl Hooks for Patient {
    async fn before_save(&mut self, _db: &Session) -> orm::Result<()> {
        self.name = self.name.trim().to_owned();
        if self.name.is_empty() {
            return Err(orm::Error::other(Refused("a patient needs a name")));
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Default, Serialize, Model)]
pub(crate) struct Trial {
    #[orm(key, auto)]
    pub(crate) id: i64,
    #[orm(unique)]
    pub(crate) title: String,
    pub(crate) capacity: u32,
    /// How many patients take part; never more than `capacity`.
    pub(crate) enrolled: u32,
}

/// A patient in a trial.
#[derive(Debug, Clone, Default, Serialize, Model)]
pub(crate) struct Enrolment {
    #[orm(key)]
    pub(crate) trial: i64,
    #[orm(key)]
    pub(crate) patient: i64,
    #[orm(created_at)]
    pub(crate) created: i64,
}

/// The answer of a patient to one question of a questionnaire.
#[derive(Debug, Clone, Default, Serialize, Model)]
#[orm(unique(patient, questionnaire, question))]
pub(crate) struct Answer {
    #[orm(key, auto)]
    pub(crate) id: i64,
    pub(crate) patient: i64,
    pub(crate) questionnaire: String,
    pub(crate) question: u16,
    pub(crate) score: u8,
}

/// What happened, for the auditor.
#[derive(Debug, Clone, Default, Serialize, Model)]
#[orm(table = "audit")]
pub(crate) struct Audit {
    #[orm(key, auto)]
    pub(crate) id: i64,
    #[orm(index)]
    pub(crate) trial: i64,
    pub(crate) patient: i64,
    pub(crate) what: String,
    /// Of the request, where it had one: the key to what other services wrote down.
    pub(crate) trace: Option<String>,
    #[orm(created_at)]
    pub(crate) created: i64,
}

/// How a trial stood, in a database that the clinic can do without.
#[derive(Debug, Clone, Default, Serialize, Model)]
#[orm(table = "reports", database = "reports")]
pub(crate) struct Kept {
    #[orm(key, auto)]
    pub(crate) id: i64,
    #[orm(index)]
    pub(crate) trial: i64,
    pub(crate) enrolled: u32,
    #[orm(created_at)]
    pub(crate) created: i64,
}
