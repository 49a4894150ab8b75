//! Callbacks that remember what they saw.

use std::sync::{Arc, Mutex};

use orm::prelude::*;

/// Lines, in the order in which callbacks wrote them.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

/// A link that writes its name and goes on.
#[derive(Debug)]
pub struct Watch(String, Log);

impl Log {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A link that writes `name`.
    pub fn link(&self, name: impl Into<String>) -> Watch {
        Watch(name.into(), self.clone())
    }

    pub fn write(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    /// What was written since the last time.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Callback for Watch {
    async fn call(&self, cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
        self.1.write(&self.0);
        next.run(cx).await
    }
}
