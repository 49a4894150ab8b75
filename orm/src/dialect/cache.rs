//! The texts that were made before.

use std::cell::RefCell;
use std::mem::Discriminant;
use std::sync::Arc;

use dashmap::{DashMap, DashSet};
use foldhash::fast::RandomState;

use crate::dialect::{Engine, Leaves, Naming, Rendered};
use crate::error::Result;
use crate::schema::ModelMeta;
use crate::value::Value;

/// How tables are called, and texts of statements, each kept once, so that
/// drivers can share them.
///
/// Bounded in number and length, by what is given and by the models there are: what comes
/// after is made anew each time.
#[derive(Debug)]
pub(crate) struct Texts {
    known: DashSet<Arc<str>, RandomState>,
    /// The texts of reads by a key of one column: what is asked for most is not even walked over.
    by_key: DashMap<Shape, (Arc<str>, Leaves), RandomState>,
    most: usize,
    pub(super) naming: Naming,
}

/// What the text of a read by a key depends on: the model, of which there is one in all the
/// program, the engine, and the kind of the value.
type Shape = (usize, Engine, Discriminant<Value>);

/// How many texts are kept, unless it is said.
pub(crate) const MOST_TEXTS: usize = 2_000;
/// How long a text may be that is kept, here and by connections.
pub(crate) const LONGEST_TEXT: usize = 16 * 1024;

impl Default for Texts {
    fn default() -> Self {
        Self::new(MOST_TEXTS, Naming::default())
    }
}

thread_local! {
    static BUFFER: RefCell<String> = const { RefCell::new(String::new()) };
}

impl Texts {
    /// Keeps so many texts, about tables that are called like this.
    pub(crate) fn new(most: usize, naming: Naming) -> Self {
        Self { known: DashSet::default(), by_key: DashMap::default(), most, naming }
    }

    /// How tables are called.
    pub(crate) fn naming(&self) -> &Naming {
        &self.naming
    }

    /// The text of a read by a key of one column, which is written the first time, and what it
    /// leaves behind.
    pub(super) fn by_key(
        &self,
        engine: Engine,
        model: &'static ModelMeta,
        value: &Value,
        write: impl FnOnce() -> Result<Rendered>,
    ) -> Result<(Arc<str>, Leaves)> {
        let shape = (std::ptr::from_ref(model).addr(), engine, std::mem::discriminant(value));
        if let Some(known) = self.by_key.get(&shape) {
            return Ok(known.clone());
        }
        let Rendered { text, leaves, .. } = write()?;
        if self.most > 0 && text.len() <= LONGEST_TEXT {
            self.by_key.insert(shape, (Arc::clone(&text), leaves));
        }
        Ok((text, leaves))
    }

    /// Writes a text and returns the one copy of it.
    pub(crate) fn intern(&self, write: impl FnOnce(&mut String) -> Result<()>) -> Result<Arc<str>> {
        BUFFER.with_borrow_mut(|buffer| {
            buffer.clear();
            write(buffer)?;
            if let Some(known) = self.known.get(buffer.as_str()) {
                return Ok(Arc::clone(known.key()));
            }
            let text: Arc<str> = Arc::from(buffer.as_str());
            if text.len() <= LONGEST_TEXT && self.known.len() < self.most {
                self.known.insert(Arc::clone(&text));
            }
            if buffer.capacity() > LONGEST_TEXT {
                *buffer = String::new();
            }
            Ok(text)
        })
    }
}
