//! Settings of the databases, from a file and the environment.

use std::path::Path;
use std::time::Duration;

use orm::{ConfigEvent, ConfigSource as _, ConfigWatch, Databases, FileSource};

use crate::store;

/// Opens the databases as the file says, which is looked at so often, and follows its changes as
/// long as the watches are kept; those of the reports also before these can be reached.
pub(crate) async fn open(file: &Path, every: Duration) -> orm::Result<(Databases, [ConfigWatch; 2])> {
    let mut main = FileSource::new(file).section("db").environment("CLINIC_DB").every(every);
    let mut reports = FileSource::new(file).section("reports").environment("CLINIC_REPORTS").every(every);
    let (of_main, of_reports) = (main.load().await?, reports.load().await?);
    let databases = store::open(of_main.builder(), of_reports.builder()).await?;
    let watches = [
        databases.watch("main", of_main, main, |event| tell("main", event))?,
        databases.watch("reports", of_reports, reports, |event| tell("reports", event))?,
    ];
    Ok((databases, watches))
}

fn tell(name: &str, event: &ConfigEvent) {
    match event {
        ConfigEvent::Changed(it) => {
            eprintln!("settings of {name}: changed {:?} {:?}, after a restart {:?}", it.live, it.replaced, it.restart);
        }
        ConfigEvent::Kept { error, .. } => eprintln!("settings of {name}: as before, {error}"),
        _ => {}
    }
}
