//! The other ways in: many records, scripts, plans, columns that change, and settings.

use std::fs;
use std::time::Duration;

use orm::{AssertSqlSafe, ConfigSource, DbConfig, Engine, FileSource, Secret};
use orm_tests::Test;

use crate::ears::Heard;
use crate::{ENCODED, Misfit, NUMBER, PASSWORD, Patient, TEXT, patient};

/// Records from an iterator, by statements and by `COPY`: stored, and refused.
pub(crate) async fn many(db: &orm::Db, heard: &Heard) {
    let numbered = |from: i64| (from..from + 3).map(|n| Patient { name: format!("{TEXT} {n}"), number: NUMBER + n, ..patient() });
    heard.object(&db.insert_many(numbered(10)));
    heard.object(&db.insert_many(numbered(10)).copy());
    assert_eq!(db.insert_many(numbered(10)).await.unwrap(), 3);
    assert_eq!(db.insert_many(numbered(20)).copy().await.unwrap(), 3);
    let ears = heard.clone();
    db.insert_many(numbered(30)).progress(move |it| ears.object(&it)).await.unwrap();
    heard.failed("twins", db.insert_many(numbered(10)).await);
    heard.failed("copied twins", db.insert_many(numbered(20)).copy().await);
    let small = || numbered(40).map(|it| Patient { small: 100, ..it });
    heard.failed("a check", db.insert_many(small()).await);
    heard.failed("a copied check", db.insert_many(small()).copy().await);
    let nul = || numbered(50).map(|it| Patient { name: format!("{}\0", it.name), ..it });
    heard.failed("NUL", db.insert_many(nul()).await);
    heard.failed("a copied NUL", db.insert_many(nul()).copy().await);
    heard.failed("many", db.create_many(numbered(10)).await);
}

/// Statements in one text, of which errors repeat no string.
pub(crate) async fn scripts(db: &orm::Db, heard: &Heard) {
    let quoted = TEXT.replace('\'', "''");
    db.execute_script(AssertSqlSafe(format!(
        "UPDATE pets SET owner = '{quoted}' WHERE name = '{quoted}'; DELETE FROM pets WHERE n = {NUMBER}"
    )))
    .await
    .unwrap();
    for text in [
        format!("INSERT INTO heads VALUES ('{quoted}'); SELECT 1"),
        format!("SELECT 1; INSERT INTO guarded VALUES ('{quoted}')"),
        format!("SELECT '{quoted}'; SELECT ghost FROM patients WHERE name = '{quoted}'"),
        format!("SELECT 1; SELEC '{quoted}'"),
        format!("SELECT 1; SELECT '{quoted}"),
    ] {
        heard.failed(&text, db.execute_script(AssertSqlSafe(text.clone())).await);
    }
}

/// What is kept instead of being sent.
pub(crate) async fn plans(db: &orm::Db, heard: &Heard) {
    let plan = db.session().dry_run();
    plan.create(patient()).await.unwrap();
    plan.create_many([patient(), patient()]).await.unwrap();
    plan.insert_many([patient(), patient()]).copy().await.unwrap();
    plan.find().where_(Patient::NAME.eq(TEXT)).await.unwrap();
    plan.update_all(Patient::NUMBER.eq(NUMBER)).set(Patient::NAME, TEXT).await.unwrap();
    plan.raw("DELETE FROM pets WHERE name = ?", TEXT).execute().await.unwrap();
    heard.object(&plan);
    heard.object(&plan.statements());
    heard.object(&plan.statements().iter().map(orm::Planned::values).collect::<Vec<_>>());
    heard.failed("NUL", plan.create(Patient { name: format!("{TEXT}\0"), ..patient() }).await);

    // With the values of all columns but those that are sensitive.
    let plan = db.session().dry_run();
    let plain = || Patient { name: "ann".into(), number: 1, bytes: Vec::new(), ..patient() };
    plan.create(plain()).await.unwrap();
    plan.create_many([plain(), plain()]).await.unwrap();
    plan.save(Patient { id: 1, ..plain() }).await.unwrap();
    plan.update_all(Patient::PASSWORD.contains(TEXT)).set(Patient::PASSWORD, TEXT).await.unwrap();
    for it in plan.statements() {
        heard.line(it.sql_with_values().to_owned());
    }
}

/// Columns whose values do not convert.
pub(crate) async fn columns(db: &orm::Db, heard: &Heard) {
    heard.failed("texts as numbers", db.alter_column(Misfit::NAME).await);
    heard.failed("large numbers as small ones", db.alter_column(Misfit::NUMBER).await);
    let plan = db.session().dry_run();
    plan.alter_column(Misfit::NAME).await.unwrap();
    heard.object(&plan.statements());
}

/// Settings with passwords, from the program and from files.
pub(crate) async fn settings(t: &Test, heard: &Heard) {
    let (scheme, rest) = t.url().split_once("://").unwrap();
    let place = rest.rsplit('@').next().unwrap();
    let mut config = DbConfig::default();
    config.url = Some(format!("{scheme}://ann:{ENCODED}@{place}").into());
    config.password = Some(PASSWORD.into());
    config.parameters.insert("colour".into(), Secret::from(PASSWORD));
    config.pool.connect_timeout = Duration::from_secs(20);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("word");
    fs::write(&file, PASSWORD).unwrap();
    let mut of_file = config.clone();
    (of_file.password, of_file.password_file) = (None, Some(file.clone()));
    of_file.parameters.clear();
    let mut contradicts = config.clone();
    contradicts.pool.max_size = 0;
    let mut parts = DbConfig::default();
    parts.engine = Some(scheme.into());
    (parts.host, parts.port) = (Some("127.0.0.1".into()), Some(1));
    (parts.user, parts.password, parts.database) = (Some("ann".into()), Some(PASSWORD.into()), Some("nothing".into()));
    let settings = folder.path().join("settings.toml");
    for config in [config, of_file, contradicts, parts] {
        heard.object(&config);
        heard.object(&config.builder());
        heard.maybe(config.check());
        // The name of a file is its address, and no secret.
        if t.engine() != Engine::Sqlite {
            heard.failed("settings", config.builder().open().await);
        }
    }
    for text in [
        format!("url = '{scheme}://ann:{ENCODED}@{place}'\npassword = '{PASSWORD}'"),
        format!("url = '{scheme}://ann:{ENCODED}@{place}'\ncolour = '{PASSWORD}'"),
        format!("url = '{scheme}//ann:{ENCODED}@{place}'\n[pool]\nmax_size = '{PASSWORD}'"),
        format!("password = '{PASSWORD}"),
        format!("password = {{ word = '{PASSWORD}' }}"),
    ] {
        fs::write(&settings, text).unwrap();
        let mut source = FileSource::new(&settings);
        heard.object(&source);
        match source.load().await {
            Ok(config) => heard.object(&config),
            Err(error) => heard.error(&error),
        }
    }
}
