//! A file, and the environment over it.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::ConfigSource;
use super::layers::{Layers, Variables};
use crate::error::{Error, Result};
use crate::service::config::DbConfig;

/// A file in TOML, YAML or JSON, as its name ends, and the environment over it.
///
/// A [`ConfigWatch`](crate::ConfigWatch) looks at it once in a second, and at the
/// file with the password if there is one. What is new counts when it is the
/// same at two looks, so that a file is not read while it is written.
///
/// ```
/// use orm::{ConfigSource, FileSource};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = std::env::temp_dir().join(format!("orm_file_source_{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("clinic.toml");
/// std::fs::write(&path, r#"
///     [db]
///     url = "sqlite::memory:"
///     timeout = "3s"
///     pool.max_size = 4
/// "#)?;
/// let mut source = FileSource::new(&path).section("db").environment("CLINIC_DB");
/// let config = source.load().await?;
/// assert_eq!(config.pool.max_size, 4);
/// let db = config.builder().open().await?;
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct FileSource {
    path: PathBuf,
    section: String,
    variables: Option<Variables>,
    every: Duration,
    /// The file that holds the password, as far as is known.
    password_file: Option<PathBuf>,
    seen: Option<Look>,
}

/// What is there to see.
#[derive(Clone, PartialEq)]
struct Look {
    file: Result<String, String>,
    password: Option<Result<String, String>>,
}

impl FileSource {
    /// The file at this path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let every = Duration::from_secs(1);
        Self { path: path.into(), section: String::new(), variables: None, every, password_file: None, seen: None }
    }

    /// The group of keys in the file, such as `db` or `databases.audit`. Default:
    /// the file has nothing else.
    #[must_use]
    pub fn section(mut self, path: &str) -> Self {
        path.clone_into(&mut self.section);
        self
    }

    /// What the environment says goes before what the file says:
    /// `CLINIC_DB__POOL__MAX_SIZE` is `pool.max_size` under the prefix `CLINIC_DB`.
    #[must_use]
    pub fn environment(mut self, prefix: &str) -> Self {
        self.variables = Some(Variables::new(prefix));
        self
    }

    /// These variables in the place of the real ones, for tests.
    #[must_use]
    pub fn variables<'v>(mut self, variables: impl IntoIterator<Item = (&'v str, &'v str)>) -> Self {
        if let Some(it) = &mut self.variables {
            it.give(variables);
        }
        self
    }

    /// How often it is looked at, for changes. Default 1 s.
    #[must_use]
    pub fn every(mut self, pause: Duration) -> Self {
        self.every = pause;
        self
    }

    async fn look(&self) -> Look {
        let (path, password) = (self.path.clone(), self.password_file.clone());
        let failed = |error: &dyn fmt::Display| Look { file: Err(error.to_string()), password: None };
        // A disk may be far away.
        let look = tokio::task::spawn_blocking(move || Look { file: text(&path), password: password.as_deref().map(text) });
        look.await.unwrap_or_else(|error| failed(&error))
    }
}

fn text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => "it is no text in UTF-8".to_owned(),
        _ => format!("it cannot be read: {error}"),
    })
}

impl ConfigSource for FileSource {
    async fn load(&mut self) -> Result<DbConfig> {
        let mut look = self.look().await;
        let read = match &look.file {
            Ok(text) => Layers { file: Some((&self.path, text)), section: &self.section, variables: self.variables.as_ref() }.config(),
            Err(reason) => Err(Error::Configuration { setting: self.path.display().to_string(), reason: reason.clone() }),
        };
        if let Ok(config) = &read
            && config.password_file != self.password_file
        {
            self.password_file.clone_from(&config.password_file);
            look.password = self.look().await.password;
        }
        let password = look.password.clone();
        // Also what cannot be read is not looked at again before it changes.
        self.seen = Some(look);
        let mut config = read?;
        match (password, &config.password_file) {
            (Some(Ok(text)), Some(_)) => config.read_password = Some(text.trim_end_matches(['\r', '\n']).into()),
            (Some(Err(reason)), Some(path)) => {
                return Err(Error::Configuration { setting: format!("`password_file` {}", path.display()), reason });
            }
            _ => {}
        }
        Ok(config)
    }

    async fn changed(&mut self) -> bool {
        let mut new = None;
        loop {
            tokio::time::sleep(self.every).await;
            let look = self.look().await;
            if self.seen.as_ref() == Some(&look) {
                new = None;
            } else if new.as_ref() == Some(&look) {
                return true;
            } else {
                new = Some(look);
            }
        }
    }
}

impl fmt::Debug for FileSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not what was read.
        let prefix = self.variables.as_ref().map(Variables::prefix);
        f.debug_struct("FileSource")
            .field("path", &self.path)
            .field("section", &self.section)
            .field("environment", &prefix)
            .finish_non_exhaustive()
    }
}
