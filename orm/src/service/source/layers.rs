//! A file and the environment over it, put together.

use std::env;
use std::path::Path;

use config::{Config, ConfigError, File, FileFormat, Map, Value, ValueKind};

use crate::error::{Error, Result};
use crate::service::config::{DbConfig, Node, Tree, read};

/// What is put together.
pub(super) struct Layers<'l> {
    /// A file and what is in it.
    pub(super) file: Option<(&'l Path, &'l str)>,
    /// The group of keys that is meant.
    pub(super) section: &'l str,
    pub(super) variables: Option<&'l Variables>,
}

/// Variables of the environment.
#[derive(Clone)]
pub(super) struct Variables {
    prefix: String,
    given: Option<Map<String, String>>,
}

/// What stands between the names of groups and keys.
const BETWEEN: &str = "__";

impl Variables {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), given: None }
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(super) fn give<'v>(&mut self, variables: impl IntoIterator<Item = (&'v str, &'v str)>) {
        self.given = Some(variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect());
    }

    /// Those that begin with the prefix, named as the keys in the section.
    fn keys(&self, section: &str) -> Result<Map<String, String>> {
        let prefix = format!("{}{BETWEEN}", self.prefix);
        let key = |name: &str| {
            let rest = name.strip_prefix(&prefix)?;
            let section = section.replace('.', BETWEEN);
            Some(if section.is_empty() { rest.to_owned() } else { format!("{section}{BETWEEN}{rest}") })
        };
        if let Some(given) = &self.given {
            return Ok(given.iter().filter_map(|(name, value)| Some((key(name)?, value.clone()))).collect());
        }
        let mut keys = Map::new();
        for (name, value) in env::vars_os() {
            let Some(key) = name.to_str().and_then(key) else { continue };
            let Ok(value) = value.into_string() else {
                return Err(wrong(format!("{} in the environment", name.display()), "it is no text in UTF-8"));
            };
            keys.insert(key, value);
        }
        Ok(keys)
    }
}

impl Layers<'_> {
    /// Reads the configuration, and refuses what contradicts itself.
    ///
    /// # Errors
    /// [`Error::Configuration`], which names the key and the place.
    pub(super) fn config(&self) -> Result<DbConfig> {
        let mut layers = Config::builder();
        if let Some((path, text)) = self.file {
            layers = layers.add_source(File::from_str(text, format(path)?));
        }
        if let Some(variables) = self.variables {
            let keys = variables.keys(self.section)?;
            layers = layers.add_source(config::Environment::default().separator(BETWEEN).source(Some(keys)));
        }
        let all = layers.build().map_err(|error| self.unreadable(&error))?;
        let mut written = tree(all.cache);
        for name in self.section.split('.').filter(|it| !it.is_empty()) {
            written = match written.node {
                Node::Map(mut map) => map.remove(name).ok_or_else(|| wrong(self.shown(), format!("it has no group `{}`", self.section)))?,
                _ => return Err(wrong(self.shown(), format!("`{}` is no group", self.section))),
            };
        }
        let config = read(&written, &|path, it| self.place(path, it))?;
        config.check().map_err(|error| match error {
            Error::Configuration { setting, reason } => wrong(format!("{setting} in {}", self.shown()), reason),
            other => other,
        })?;
        Ok(config)
    }

    /// Where a key was written, in the form in which it is looked for.
    fn place(&self, path: &str, written: &Tree) -> String {
        match (&written.origin, self.variables) {
            (Some(_), Some(it)) => format!("{}{BETWEEN}{} in the environment", it.prefix, path.replace('.', BETWEEN).to_uppercase()),
            _ if path.is_empty() => format!("`{}` in {}", self.section, self.shown()),
            _ if self.section.is_empty() => format!("`{path}` in {}", self.shown()),
            _ => format!("`{}.{path}` in {}", self.section, self.shown()),
        }
    }

    fn shown(&self) -> String {
        self.file.map_or_else(|| "the environment".to_owned(), |it| it.0.display().to_string())
    }

    /// The words of the parser quote the file, which may hold a password.
    fn unreadable(&self, error: &ConfigError) -> Error {
        let said = error.to_string();
        let line = said.split("line ").skip(1).find_map(|it| {
            let digits: String = it.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<u64>().ok()
        });
        wrong(self.shown(), line.map_or_else(|| "it cannot be read".to_owned(), |line| format!("it cannot be read from line {line} on")))
    }
}

fn format(path: &Path) -> Result<FileFormat> {
    match path.extension().and_then(|it| it.to_str()) {
        Some("toml") => Ok(FileFormat::Toml),
        Some("yaml" | "yml") => Ok(FileFormat::Yaml),
        Some("json") => Ok(FileFormat::Json),
        _ => Err(wrong(path.display().to_string(), "its name says no format: it ends in .toml, .yaml, .yml or .json")),
    }
}

fn tree(value: Value) -> Tree {
    // Only what comes from the environment has one: files are given as text.
    let mut origin = value.origin().map(str::to_owned);
    let node = match value.kind {
        ValueKind::Nil => Node::Nothing,
        ValueKind::Boolean(it) => Node::Flag(it),
        ValueKind::I64(it) => Node::Number(it),
        ValueKind::I128(it) => i64::try_from(it).map_or(Node::Other("a number that is too large"), Node::Number),
        ValueKind::U64(it) => i64::try_from(it).map_or(Node::Other("a number that is too large"), Node::Number),
        ValueKind::U128(it) => i64::try_from(it).map_or(Node::Other("a number that is too large"), Node::Number),
        ValueKind::Float(_) => Node::Other("a number that is not whole"),
        ValueKind::String(it) => Node::Text(it),
        ValueKind::Table(it) => Node::Map(it.into_iter().map(|(key, value)| (key, tree(value))).collect()),
        ValueKind::Array(_) => Node::Other("a list"),
    };
    // A group of which all is said there is from there, too.
    if let Node::Map(map) = &node
        && origin.is_none()
    {
        origin = map.values().map(|it| it.origin.clone()).reduce(Option::and).flatten();
    }
    Tree { node, origin }
}

fn wrong(setting: String, reason: impl Into<String>) -> Error {
    Error::Configuration { setting, reason: reason.into() }
}
