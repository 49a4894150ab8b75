//! The texts that were made before.

use std::cell::RefCell;
use std::sync::Arc;

use dashmap::DashSet;
use foldhash::fast::RandomState;

use crate::dialect::Naming;
use crate::error::Result;

/// How tables are called, and texts of statements, each kept once, so that
/// drivers can share them.
///
/// Bounded in number and length: what comes after is made anew each time.
#[derive(Debug)]
pub(crate) struct Texts {
    known: DashSet<Arc<str>, RandomState>,
    most: usize,
    pub(super) naming: Naming,
}

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
        Self { known: DashSet::default(), most, naming }
    }

    /// How tables are called.
    pub(crate) fn naming(&self) -> &Naming {
        &self.naming
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
