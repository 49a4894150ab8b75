//! What is written in files and in the environment is understood, or an error that names it.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::time::Duration;

use orm::{ConfigSource, DbConfig, EnvironmentSource, Error, FileSource};
use tempfile::TempDir;

fn file(name: &str, text: &str) -> (TempDir, FileSource) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    (folder, FileSource::new(path).section("db"))
}

async fn read(name: &str, text: &str) -> orm::Result<DbConfig> {
    file(name, text).1.load().await
}

/// The error without the folder.
async fn said(name: &str, text: &str) -> String {
    let (folder, mut source) = file(name, text);
    let error = source.load().await.unwrap_err();
    assert!(matches!(error, Error::Configuration { .. }), "{error:?}");
    let said = format!("{error}");
    let debug = format!("{error:?} {source:?}");
    assert!(!said.contains("kanari") && !debug.contains("kanari"), "{said} {debug}");
    said.replace(&format!("{}/", folder.path().display()), "")
}

#[tokio::test]
async fn the_formats_say_the_same() {
    let toml =
        "[db]\nurl = 'sqlite::memory:'\ntimeout = '1min 30s'\n[db.pool]\nmax_size = 4\nmax_lifetime = 'never'\nlanes = { reports = 2 }";
    let yaml = "db:\n  url: 'sqlite::memory:'\n  timeout: 1min 30s\n  pool:\n    max_size: 4\n    max_lifetime: never\n    lanes:\n      reports: 2\n";
    let json = r#"{"db": {"url": "sqlite::memory:", "timeout": "1min 30s", "schema": null,
        "pool": {"max_size": 4, "max_lifetime": "never", "lanes": {"reports": 2}}}}"#;
    let expected = read("a.toml", toml).await.unwrap();
    assert_eq!((expected.pool.max_size, expected.pool.max_lifetime, expected.pool.lanes["reports"]), (4, None, 2));
    assert_eq!(expected.timeout, Some(Duration::from_secs(90)));
    assert_eq!(read("a.yaml", yaml).await.unwrap(), expected);
    assert_eq!(read("a.yml", yaml).await.unwrap(), expected);
    assert_eq!(read("a.json", json).await.unwrap(), expected);
    // In a program's own settings, by any format of serde.
    #[derive(serde::Deserialize)]
    struct Own {
        db: DbConfig,
    }
    assert_eq!(serde_json::from_str::<Own>(json).unwrap().db, expected);
    let Err(error) = serde_json::from_str::<Own>(r#"{"db": {"maxActive": 7}}"#) else { panic!("that is no key") };
    assert!(error.to_string().starts_with("`maxActive`: there is no such key; here it is `pool.max_size`"), "{error}");
}

#[tokio::test]
async fn the_environment_goes_before_the_file() {
    let text = "[db]\nurl = 'sqlite::memory:'\nbatch_size = 3\n[db.pool]\nmax_size = 4\nmax_idle = 4\n[other]\nanything = 1";
    let variables = [("APP_DB__POOL__MAX_SIZE", "9"), ("APP_DB__STRICT", "true"), ("APP_DB__PASSWORD_", "x"), ("OTHER__URL", "x")];
    let (_folder, source) = file("a.toml", text);
    let config = source.clone().environment("APP_DB").variables(variables[..2].iter().copied()).load().await.unwrap();
    assert_eq!((config.pool.max_size, config.pool.max_idle, config.batch_size, config.strict), (9, Some(4), Some(3), true));
    // What is wrong is named as it is called there.
    let error = source.clone().environment("APP_DB").variables(variables).load().await.unwrap_err();
    assert_eq!(error.to_string(), "APP_DB__PASSWORD_ in the environment: there is no such key; did you mean `password`?");
    let error = source.environment("APP_DB").variables([("APP_DB__POOOL__MAX_SIZE", "9")]).load().await.unwrap_err();
    assert!(error.to_string().starts_with("APP_DB__POOOL in the environment: there is no such key"), "{error}");
}

/// Seen failing with the password of the file: the variable landed in `clinic`.
#[tokio::test]
async fn a_section_with_capitals_is_changed_by_the_environment_too() {
    let text = "[Clinic.Db]\nurl = 'postgres://db/clinic'\nuser = 'ann'\npassword = 'old'\n[Clinic.Db.pool]\nmax_size = 4\n[clinic.db]\nurl = 'another'";
    let (_folder, source) = file("a.toml", text);
    let source = source.section("Clinic.Db").environment("CLINIC_DB");
    let variables = [("CLINIC_DB__PASSWORD", "new"), ("CLINIC_DB__POOL__MAX_IDLE", "2"), ("CLINIC_DB__PARAMETERS__SSLMODE", "disable")];
    let config = source.clone().variables(variables).load().await.unwrap();
    assert_eq!(config.password.as_ref().unwrap().expose(), "new");
    assert_eq!(config.url.as_ref().unwrap().expose(), "postgres://db/clinic");
    assert_eq!((config.pool.max_size, config.pool.max_idle, config.parameters.len()), (4, Some(2), 1));
    let error = source.variables([("CLINIC_DB__POOL", "9")]).load().await.unwrap_err();
    assert_eq!(error.to_string(), "CLINIC_DB__POOL in the environment: it is a group of keys, and not text");
    // Without the section in the file, the variables say all.
    let (_folder, source) = file("a.toml", "other = 1");
    let source = source.section("Clinic.Db").environment("CLINIC_DB").variables([("CLINIC_DB__URL", "sqlite::memory:")]);
    assert_eq!(source.clone().load().await.unwrap().url.unwrap().expose(), "sqlite::memory:");
}

/// Seen failing with "it is a group of keys, and not nothing".
#[tokio::test]
async fn a_group_without_keys_says_nothing() {
    for (name, text) in [
        ("a.yaml", "db:\n  url: 'sqlite::memory:'\n  schema:\n  pool:\n  parameters:\n"),
        ("a.json", r#"{"db": {"url": "sqlite::memory:", "schema": null, "pool": null, "parameters": null}}"#),
    ] {
        assert_eq!(read(name, text).await.unwrap(), read("a.toml", "db.url = 'sqlite::memory:'").await.unwrap(), "{name}");
    }
    let error = read("a.yaml", "db:\n").await.unwrap_err();
    assert!(error.to_string().contains("nothing says where the database is"), "{error}");
}

#[tokio::test]
async fn the_environment_is_enough() {
    let variables = [("APP__ENGINE", "postgres"), ("APP__USER", "ann"), ("APP__PASSWORD", "0017"), ("APP__PARAMETERS__SSLMODE", "disable")];
    let config = EnvironmentSource::new("APP").variables(variables).load().await.unwrap();
    // Nothing is made a number of.
    assert_eq!((config.password.as_ref().unwrap().expose(), config.user.as_deref()), ("0017", Some("ann")));
    let error = EnvironmentSource::new("APP").variables([]).load().await.unwrap_err();
    assert!(error.to_string().starts_with("`url` in the environment: nothing says where the database is"), "{error}");
}

#[tokio::test]
async fn an_unknown_key_is_an_error_that_names_ours() {
    for (line, expected) in [
        ("pool.maximumPoolSize = 7", "`db.pool.maximumPoolSize` in a.toml: there is no such key; here it is `pool.max_size`"),
        ("SetMaxOpenConns = 7", "`db.SetMaxOpenConns` in a.toml: there is no such key; here it is `pool.max_size`"),
        ("minIdle = 7", "`db.minIdle` in a.toml: there is no such key; did you mean `pool.min_idle`?"),
        ("pool.max_sise = 7", "`db.pool.max_sise` in a.toml: there is no such key; did you mean `pool.max_size`?"),
        ("passwort = 'kanari'", "`db.passwort` in a.toml: there is no such key; did you mean `password`?"),
        (
            "validationQuery = 'SELECT 1'",
            "`db.validationQuery` in a.toml: there is no such key; connections are asked by their own protocol, without a statement; when is said by `pool.validate_after`",
        ),
    ] {
        assert_eq!(said("a.toml", &format!("[db]\nurl = 'sqlite::memory:'\n{line}")).await, expected);
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_said_without_what_is_written() {
    for (name, text, expected) in [
        ("a.toml", "[db]\npassword = 'kanari", "a.toml: it cannot be read from line 2 on"),
        ("a.json", "{\"db\": {\n\"password\": kanari}}", "a.json: it cannot be read from line 2 on"),
        ("a.ini", "kanari", "a.ini: its name says no format: it ends in .toml, .yaml, .yml or .json"),
        ("a.toml", "[other]\na = 1", "a.toml: it has no group `db`"),
        ("a.toml", "db = 'kanari'", "`db` in a.toml: it is a group of keys, and not text"),
        ("a.toml", "[db]\nurl = 'sqlite::memory:'\npool = 'kanari'", "`db.pool` in a.toml: it is a group of keys, and not text"),
        ("a.toml", "[db]\npassword = 12", "`db.password` in a.toml: it is text: write it in quotes"),
        ("a.toml", "[db]\nurl = 'x'\nhost = 'kanari'", "`host` in a.toml: the URL says it already; leave one of them out"),
        ("a.yaml", "db:\n  url: kanari\n bad: [", "a.yaml: it cannot be read from line 3 on"),
    ] {
        assert_eq!(said(name, text).await, expected, "{text}");
    }
    let error = FileSource::new("/no/such/file.toml").load().await.unwrap_err();
    assert!(error.to_string().starts_with("/no/such/file.toml: it cannot be read: "), "{error}");
    let error = read("a.toml", "[db]\nurl = 'sqlite::memory:'\npassword_file = '/no/such/file'").await.unwrap_err();
    assert!(error.to_string().contains("/no/such/file"), "{error}");
}

#[tokio::test]
async fn what_is_wrong_for_the_database_is_said_when_it_is_opened() {
    let config = read("a.toml", "[db]\nurl = 'sqlite::memory:'\nstatement_cache = 0").await.unwrap();
    assert!(matches!(config.builder().open().await, Err(Error::Configuration { .. })));
    let error = DbConfig::default().builder().open().await.unwrap_err();
    assert!(error.to_string().starts_with("`url`: nothing says where the database is"), "{error}");
}

#[tokio::test]
async fn every_key_is_on_the_page() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../orm/src/configuration.md")).unwrap();
    let error = read("a.toml", "[db]\nqqqqqqqqqqqqqqqqqq = 1").await.unwrap_err().to_string();
    let keys: Vec<_> = error.split_once("the keys are ").unwrap().1.split(", ").collect();
    assert!(keys.len() > 30, "{keys:?}");
    let missing: Vec<_> = keys.iter().filter(|it| !page.contains(&format!("| {it} |"))).collect();
    assert!(missing.is_empty(), "not on the page: {missing:?}");
}
