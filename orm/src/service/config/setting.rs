//! What can be the value of a key.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::{Node, Secret, Tree};
use crate::driver::Pooler;

/// A type that the value of a key can have.
pub(super) trait Setting: Sized {
    /// Whether `never` is a value, too.
    const NEVER: bool = false;

    /// Understands what was written, or says what is expected.
    fn read(written: &Tree) -> Result<Self, String>;
}

impl Setting for String {
    fn read(written: &Tree) -> Result<Self, String> {
        match &written.node {
            Node::Text(it) => Ok(it.clone()),
            // Zeros in front of it would be lost.
            Node::Number(_) | Node::Flag(_) => Err("is text: write it in quotes".to_owned()),
            other => Err(format!("is text, and not {}", other.kind())),
        }
    }
}

impl Setting for Secret {
    fn read(written: &Tree) -> Result<Self, String> {
        String::read(written).map(Self::from)
    }
}

impl Setting for PathBuf {
    fn read(written: &Tree) -> Result<Self, String> {
        String::read(written).map(Self::from)
    }
}

impl Setting for bool {
    fn read(written: &Tree) -> Result<Self, String> {
        match &written.node {
            Node::Flag(it) => Ok(*it),
            // The environment has nothing but text.
            Node::Text(it) if it == "true" => Ok(true),
            Node::Text(it) if it == "false" => Ok(false),
            _ => Err("is `true` or `false`".to_owned()),
        }
    }
}

impl Setting for i64 {
    fn read(written: &Tree) -> Result<Self, String> {
        match &written.node {
            Node::Number(it) => Ok(*it),
            Node::Text(it) => it.parse().map_err(|_| "is a whole number".to_owned()),
            other => Err(format!("is a whole number, and not {}", other.kind())),
        }
    }
}

impl Setting for usize {
    fn read(written: &Tree) -> Result<Self, String> {
        i64::read(written)?.try_into().map_err(|_| "is a whole number, and not negative".to_owned())
    }
}

impl Setting for u16 {
    fn read(written: &Tree) -> Result<Self, String> {
        i64::read(written)?.try_into().map_err(|_| "is a number up to 65535".to_owned())
    }
}

impl Setting for u8 {
    const NEVER: bool = true;

    fn read(written: &Tree) -> Result<Self, String> {
        i64::read(written)?.try_into().map_err(|_| "is a number of percent".to_owned())
    }
}

impl Setting for Duration {
    const NEVER: bool = true;

    fn read(written: &Tree) -> Result<Self, String> {
        let expected = || "is a time with its unit, such as \"500ms\", \"5s\" or \"10min\"".to_owned();
        match &written.node {
            Node::Text(it) => humantime::parse_duration(it).map_err(|_| expected()),
            _ => Err(expected()),
        }
    }
}

impl<T: Setting> Setting for Option<T> {
    fn read(written: &Tree) -> Result<Self, String> {
        match &written.node {
            Node::Text(it) if T::NEVER && it == "never" => Ok(None),
            _ => T::read(written).map(Some).map_err(|it| if T::NEVER { format!("{it}, or \"never\"") } else { it }),
        }
    }
}

impl<T: Setting> Setting for BTreeMap<String, T> {
    fn read(written: &Tree) -> Result<Self, String> {
        let Node::Map(map) = &written.node else { return Err("is a group of keys".to_owned()) };
        map.iter().map(|(key, value)| Ok((key.clone(), T::read(value).map_err(|it| format!("has `{key}`, which {it}"))?))).collect()
    }
}

impl Setting for Pooler {
    fn read(written: &Tree) -> Result<Self, String> {
        match &written.node {
            Node::Text(it) if it == "none" => Ok(Self::None),
            Node::Text(it) if it == "session" => Ok(Self::Session),
            Node::Text(it) if it == "transaction" => Ok(Self::Transaction),
            _ => Err("is \"none\", \"session\" or \"transaction\"".to_owned()),
        }
    }
}
