//! The database: its tables, and what happens beside every write.

use orm::DbBuilder;
use orm::prelude::*;

use crate::models::{Answer, Audit, Enrolment, Patient, Trial};

/// Opens the database and creates the tables that are missing.
pub(crate) async fn open(database: DbBuilder) -> orm::Result<Db> {
    let db = database
        .callbacks(|on| {
            let enrolment = |cx: &Context| cx.statement().model() == Some(Enrolment::META);
            on.create().after("orm:create").when(enrolment).register("clinic:audit", audit);
        })
        .open()
        .await?;
    db.create_tables::<(Patient, Trial, Enrolment, Answer, Audit)>().await?;
    Ok(db)
}

/// Writes an entry for every enrolment, in its transaction: there is never one
/// without the other, whoever enrols.
async fn audit(cx: &mut Context) -> orm::Result<()> {
    let entry = |it: &dyn orm::Record| Audit {
        trial: it.get(Enrolment::TRIAL).copied().unwrap_or_default(),
        patient: it.get(Enrolment::PATIENT).copied().unwrap_or_default(),
        what: "enrolled".into(),
        ..Audit::default()
    };
    let entries: Vec<Audit> = cx.records().map(entry).collect();
    cx.session().create_many(entries).await?;
    Ok(())
}
