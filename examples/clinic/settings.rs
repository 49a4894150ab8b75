//! Settings of the database, from a file and the environment.

use std::path::Path;

use orm::prelude::*;
use orm::{ConfigEvent, ConfigSource as _, ConfigWatch, FileSource};

use crate::store;

/// Opens the database as the file says, and follows its changes as long as the
/// watch is kept.
pub(crate) async fn open(file: &Path) -> orm::Result<(Db, ConfigWatch)> {
    let mut source = FileSource::new(file).section("db").environment("CLINIC_DB");
    let config = source.load().await?;
    let db = store::open(config.builder()).await?;
    let watch = ConfigWatch::start(&db, config, source, |event| match event {
        ConfigEvent::Changed(it) => eprintln!("settings: changed {:?} {:?}, after a restart {:?}", it.live, it.replaced, it.restart),
        ConfigEvent::Kept { error, .. } => eprintln!("settings: as before, {error}"),
        _ => {}
    });
    Ok((db, watch))
}
