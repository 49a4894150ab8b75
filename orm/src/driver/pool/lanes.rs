//! Who may ask the pool for a connection at all.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, Semaphore};

use crate::error::{Error, Result};

/// Shares of the pool, by name: so many of a kind may have a connection at once.
#[derive(Debug, Default)]
pub(super) struct Lanes(Vec<(Cow<'static, str>, Arc<Semaphore>)>);

impl Lanes {
    pub(super) fn new(wanted: Vec<(Cow<'static, str>, usize)>) -> Result<Self> {
        let wrong =
            |name: &str, reason: &str| Err(Error::Configuration { setting: format!("the lane `{name}`"), reason: reason.to_owned() });
        let mut lanes = Self(Vec::with_capacity(wanted.len()));
        for (name, places) in wanted {
            if places == 0 {
                return wrong(&name, "it has no places, so nothing in it would ever run");
            }
            if places > Semaphore::MAX_PERMITS {
                return wrong(&name, "it has more places than can be counted");
            }
            if lanes.0.iter().any(|it| it.0 == name) {
                return wrong(&name, "it was given twice");
            }
            lanes.0.push((name, Arc::new(Semaphore::new(places))));
        }
        Ok(lanes)
    }

    /// # Errors
    /// [`Error::UnknownLane`].
    pub(super) fn find(&self, name: &'static str) -> Result<Arc<Semaphore>> {
        let found = self.0.iter().find(|it| it.0 == name).map(|it| Arc::clone(&it.1));
        found.ok_or_else(|| {
            let known: Vec<_> = self.0.iter().map(|it| it.0.as_ref()).collect();
            Error::UnknownLane { lane: name, known: if known.is_empty() { "none".to_owned() } else { known.join(", ") } }
        })
    }

    pub(super) fn close(&self) {
        self.0.iter().for_each(|it| it.1.close());
    }
}

/// Lets nobody through while it is shut.
#[derive(Debug, Default)]
pub(super) struct Gate {
    shut: AtomicBool,
    moved: Notify,
}

impl Gate {
    pub(super) fn is_shut(&self) -> bool {
        self.shut.load(Ordering::SeqCst)
    }

    pub(super) fn shut(&self, shut: bool) {
        self.shut.store(shut, Ordering::SeqCst);
        self.moved.notify_waiters();
    }

    /// Waits until it is open.
    pub(super) async fn opened(&self) {
        loop {
            let mut moved = std::pin::pin!(self.moved.notified());
            moved.as_mut().enable();
            if !self.is_shut() {
                return;
            }
            moved.await;
        }
    }
}
