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

    /// Those that begin with the prefix, named as the keys below the section: its own
    /// name may have capitals, which are lost in names of variables.
    fn keys(&self) -> Result<Map<String, String>> {
        let prefix = format!("{}{BETWEEN}", self.prefix);
        let key = |name: &str| name.strip_prefix(&prefix).map(str::to_owned);
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
        let in_file = self.file.map(|it| self.in_file(it)).transpose()?.flatten();
        let in_environment = self.variables.map(|it| self.in_environment(it)).transpose()?.flatten();
        let written = match (in_file, in_environment) {
            (Some(file), Some(over)) => over_it(file, over),
            (Some(it), None) | (None, Some(it)) => it,
            (None, None) if self.section.is_empty() || self.file.is_none() => Node::Nothing.into(),
            (None, None) => return Err(wrong(self.shown(), format!("it has no group `{}`", self.section))),
        };
        let config = read(&written, &|path, it| self.place(path, it))?;
        config.check().map_err(|error| match error {
            Error::Configuration { setting, reason } => wrong(format!("{setting} in {}", self.shown()), reason),
            other => other,
        })?;
        Ok(config)
    }

    /// The group that is meant, if the file has it.
    fn in_file(&self, (path, text): (&Path, &str)) -> Result<Option<Tree>> {
        let file = Config::builder().add_source(File::from_str(text, format(path)?));
        let mut written = tree(file.build().map_err(|error| self.unreadable(&error))?.cache);
        for name in self.section.split('.').filter(|it| !it.is_empty()) {
            let found = match written.node {
                Node::Map(mut map) => map.remove(name),
                Node::Nothing => None,
                _ => return Err(wrong(self.shown(), format!("`{}` is no group", self.section))),
            };
            let Some(it) = found else { return Ok(None) };
            written = it;
        }
        Ok(Some(written))
    }

    /// The same group as the environment has it, if it says anything of it.
    fn in_environment(&self, variables: &Variables) -> Result<Option<Tree>> {
        let keys = variables.keys()?;
        if keys.is_empty() {
            return Ok(None);
        }
        let said = Config::builder().add_source(config::Environment::default().separator(BETWEEN).source(Some(keys)));
        Ok(Some(tree(said.build().map_err(|error| self.unreadable(&error))?.cache)))
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

/// What was written in one place, and over it what was written in another.
fn over_it(under: Tree, over: Tree) -> Tree {
    let (mut map, more) = match (under.node, over.node) {
        (Node::Map(map), Node::Map(more)) => (map, more),
        (_, node) => return Tree { node, origin: over.origin },
    };
    for (key, value) in more {
        let value = match map.remove(&key) {
            Some(below) => over_it(below, value),
            None => value,
        };
        map.insert(key, value);
    }
    Tree { node: Node::Map(map), origin: under.origin }
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
