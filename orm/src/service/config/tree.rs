//! What was written, before it is understood.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value, and where it was written.
#[derive(Clone)]
pub(crate) struct Tree {
    pub(crate) node: Node,
    /// A file or the environment, where it is known.
    pub(crate) origin: Option<String>,
}

#[derive(Clone)]
pub(crate) enum Node {
    Map(BTreeMap<String, Tree>),
    Text(String),
    Number(i64),
    Flag(bool),
    /// Nothing was written, as `null` in JSON.
    Nothing,
    /// What no key takes, and what it is.
    Other(&'static str),
}

impl Node {
    /// What it is, without its value.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Map(_) => "a group of keys",
            Self::Text(_) => "text",
            Self::Number(_) => "a number",
            Self::Flag(_) => "`true` or `false`",
            Self::Nothing => "nothing",
            Self::Other(kind) => kind,
        }
    }
}

impl From<Node> for Tree {
    fn from(node: Node) -> Self {
        Self { node, origin: None }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Written).map(Self::from)
    }
}

struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration of a database")
    }

    fn visit_bool<E: de::Error>(self, it: bool) -> Result<Node, E> {
        Ok(Node::Flag(it))
    }

    fn visit_i64<E: de::Error>(self, it: i64) -> Result<Node, E> {
        Ok(Node::Number(it))
    }

    fn visit_u64<E: de::Error>(self, it: u64) -> Result<Node, E> {
        Ok(i64::try_from(it).map_or(Node::Other("a number that is too large"), Node::Number))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Other("a number that is not whole"))
    }

    fn visit_str<E: de::Error>(self, it: &str) -> Result<Node, E> {
        Ok(Node::Text(it.to_owned()))
    }

    fn visit_string<E: de::Error>(self, it: String) -> Result<Node, E> {
        Ok(Node::Text(it))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_none<E: de::Error>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Node, D::Error> {
        from.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Node, A::Error> {
        while all.next_element::<de::IgnoredAny>()?.is_some() {}
        Ok(Node::Other("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Node, A::Error> {
        let mut map = BTreeMap::new();
        while let Some((key, value)) = all.next_entry::<String, Tree>()? {
            if map.insert(key, value).is_some() {
                return Err(de::Error::custom("a key is written twice"));
            }
        }
        Ok(Node::Map(map))
    }
}
