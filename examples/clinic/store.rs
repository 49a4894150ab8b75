//! The databases: their tables, and what happens beside every write.

use orm::prelude::*;
use orm::{Databases, DbBuilder};

use crate::known;
use crate::models::{Answer, Audit, Enrolment, Patient, Trial};

/// The lane of reports: they never have more connections than this.
pub(crate) const REPORTS: (&str, usize) = ("reports", 2);

/// Opens the databases and creates the tables that are missing. The one of the
/// reports may come later.
pub(crate) async fn open(main: DbBuilder, reports: DbBuilder) -> orm::Result<Databases> {
    let main = main.lane(REPORTS.0, REPORTS.1).plugin(known::breaker()).callbacks(|on| {
        let enrolment = |cx: &Context| cx.statement().model() == Some(Enrolment::META);
        on.create().after("orm:create").when(enrolment).register("clinic:audit", audit);
    });
    let databases = Databases::builder().mandatory("main", main).optional("reports", reports).open().await?;
    databases.get("main")?.create_tables::<(Patient, Trial, Enrolment, Answer, Audit)>().await?;
    Ok(databases)
}

/// Writes an entry for every enrolment, in its transaction: there is never one
/// without the other, whoever enrols.
async fn audit(cx: &mut Context) -> orm::Result<()> {
    let trace = cx.session().tagged("trace_id").map(str::to_owned);
    let entry = |it: &dyn orm::Record| Audit {
        trial: it.get(Enrolment::TRIAL).copied().unwrap_or_default(),
        patient: it.get(Enrolment::PATIENT).copied().unwrap_or_default(),
        what: "enrolled".into(),
        trace: trace.clone(),
        ..Audit::default()
    };
    let entries: Vec<Audit> = cx.records().map(entry).collect();
    cx.session().create_many(entries).await?;
    Ok(())
}
