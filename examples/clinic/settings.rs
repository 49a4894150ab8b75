//! Settings of the databases, from a file and the environment.

use std::path::Path;
use std::time::Duration;

use orm::{ConfigEvent, ConfigSource as _, ConfigWatch, Databases, FileSource};

use crate::store;

/// Opens the databases as the file says, which is looked at so often, and follows the
/// changes of the first one as long as the watch is kept.
pub(crate) async fn open(file: &Path, every: Duration) -> orm::Result<(Databases, ConfigWatch)> {
    let mut main = FileSource::new(file).section("db").environment("CLINIC_DB").every(every);
    let mut reports = FileSource::new(file).section("reports").environment("CLINIC_REPORTS");
    let config = main.load().await?;
    let databases = store::open(config.builder(), reports.load().await?.builder()).await?;
    let watch = ConfigWatch::start(databases.get("main")?, config, main, |event| match event {
        ConfigEvent::Changed(it) => eprintln!("settings: changed {:?} {:?}, after a restart {:?}", it.live, it.replaced, it.restart),
        ConfigEvent::Kept { error, .. } => eprintln!("settings: as before, {error}"),
        _ => {}
    });
    Ok((databases, watch))
}
