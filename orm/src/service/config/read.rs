//! From what was written to a configuration.

use serde::de::{Deserialize, Deserializer, Error as _};

use super::foreign::advice;
use super::{DbConfig, KEYS, Node, Tree};
use crate::error::{Error, Result};

/// Reads a configuration; `place` says where a key was written.
///
/// # Errors
/// [`Error::Configuration`], which names the key and its place, and never a value.
pub(crate) fn read(written: &Tree, place: &dyn Fn(&str, &Tree) -> String) -> Result<DbConfig> {
    let mut config = DbConfig::default();
    group(&mut config, "", written, place)?;
    Ok(config)
}

fn group(config: &mut DbConfig, path: &str, written: &Tree, place: &dyn Fn(&str, &Tree) -> String) -> Result<()> {
    let wrong = |reason: String| Err(Error::Configuration { setting: place(path, written), reason });
    if let Node::Nothing = written.node {
        // A group of which all keys were taken out, as if it was not written.
        return Ok(());
    }
    let Node::Map(map) = &written.node else {
        return wrong(format!("it is a group of keys, and not {}", written.node.kind()));
    };
    for (name, value) in map {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let wrong = |reason: String| Err(Error::Configuration { setting: place(&path, value), reason });
        if let Some(key) = KEYS.iter().find(|it| it.name == path) {
            // As if it was not written.
            if matches!(value.node, Node::Nothing) {
                continue;
            }
            if let Err(expected) = (key.set)(config, value) {
                return wrong(format!("it {expected}"));
            }
        } else if KEYS.iter().any(|it| it.name.starts_with(&format!("{path}."))) {
            group(config, &path, value, place)?;
        } else {
            return wrong(format!("there is no such key; {}", advice(&path)));
        }
    }
    Ok(())
}

/// As a part of a program's own settings, in any format of serde.
impl<'de> Deserialize<'de> for DbConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let written = Tree::deserialize(from)?;
        read(&written, &|path, _| if path.is_empty() { "the configuration".to_owned() } else { format!("`{path}`") })
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;
    use crate::service::config::Secret;

    fn map(entries: Vec<(&str, Node)>) -> Node {
        Node::Map(entries.into_iter().map(|(key, node)| (key.to_owned(), node.into())).collect())
    }

    fn text(it: &str) -> Node {
        Node::Text(it.to_owned())
    }

    fn config(entries: Vec<(&str, Node)>) -> Result<DbConfig> {
        read(&map(entries).into(), &|path, _| format!("`{path}`"))
    }

    #[test]
    fn each_kind_of_value_is_understood() {
        let pool = map(vec![
            ("max_size", Node::Number(4)),
            ("max_idle", text("2")),
            ("max_lifetime", text("never")),
            ("wait_timeout", text("500ms")),
        ]);
        let parameters = map(vec![("ssl-mode", text("require"))]);
        let read = config(vec![
            ("url", text("postgres://db")),
            ("port", Node::Number(6432)),
            ("pool", pool),
            ("timeout", text("1min 30s")),
            ("strict", text("true")),
            ("schema", Node::Nothing),
            ("parameters", parameters),
        ]);
        let read = read.unwrap();
        assert_eq!((read.pool.max_size, read.pool.max_idle, read.pool.max_lifetime), (4, Some(2), None));
        assert_eq!((read.pool.wait_timeout, read.timeout), (Duration::from_millis(500), Some(Duration::from_secs(90))));
        assert_eq!((read.strict, read.port, read.schema), (true, Some(6432), None));
        assert_eq!(read.parameters, BTreeMap::from([("ssl-mode".to_owned(), Secret::from("require"))]));
    }

    #[test]
    fn what_is_not_understood_is_named_without_its_value() {
        for (entry, said) in [
            (("password", Node::Number(871_625)), "`password`: it is text: write it in quotes"),
            (("pool", text("s3cret")), "`pool`: it is a group of keys, and not text"),
            (("pool", map(vec![("max_size", text("s3cret"))])), "`pool.max_size`: it is a whole number"),
            (("pool", map(vec![("max_size", Node::Number(-1))])), "`pool.max_size`: it is a whole number, and not negative"),
            (("timeout", Node::Number(5)), "`timeout`: it is a time with its unit, such as \"500ms\", \"5s\" or \"10min\", or \"never\""),
            (("port", Node::Number(70_000)), "`port`: it is a number up to 65535"),
            (("strict", text("s3cret")), "`strict`: it is `true` or `false`"),
            (("host", Node::Other("a list")), "`host`: it is text, and not a list"),
            (("pooler", text("s3cret")), "`pooler`: it is \"none\", \"session\" or \"transaction\""),
            (("pasword", text("s3cret")), "`pasword`: there is no such key; did you mean `password`?"),
        ] {
            assert_eq!(config(vec![entry]).unwrap_err().to_string(), said);
        }
    }

    #[test]
    fn nothing_secret_is_printed() {
        let read = config(vec![
            ("url", text("postgres://ann:871625@db")),
            ("password", text("871625")),
            ("parameters", map(vec![("password", text("871625"))])),
        ]);
        let said = format!("{:?}", read.unwrap());
        assert!(!said.contains("871625"), "{said}");
    }
}
