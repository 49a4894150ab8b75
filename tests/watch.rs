//! Callbacks that remember what they saw.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

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

/// What was said by `tracing`, a line for each event.
#[derive(Debug, Clone, Default)]
pub struct Events(Log);

impl Events {
    /// What was said since the last time.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        self.0.take()
    }

    /// All that was said so far and has all of these words.
    #[must_use]
    pub fn with(&self, words: &[&str]) -> Vec<String> {
        self.0.0.lock().unwrap().iter().filter(|it| words.iter().all(|word| it.contains(word))).cloned().collect()
    }

    /// Waits until so many lines with these words were said.
    pub async fn until(&self, count: usize, words: &[&str]) -> Vec<String> {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let found = self.with(words);
            if found.len() >= count {
                return found;
            }
            assert!(Instant::now() < end, "{} of {count} lines with {words:?}: {found:#?}", found.len());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// A runtime in whose tasks these hear everything.
    ///
    /// # Errors
    /// Those of the system.
    pub(crate) fn runtime(&self) -> std::io::Result<tokio::runtime::Runtime> {
        let ears = tracing::Dispatch::new(self.clone());
        // Kept as long as the thread is.
        let listen = move || std::mem::forget(tracing::dispatcher::set_default(&ears));
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).on_thread_start(listen).enable_all().build()
    }
}

impl tracing::Subscriber for Events {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("orm")
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        struct Line(String);

        impl tracing::field::Visit for Line {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                self.0.push_str(&format!(" {field}={value:?}"));
            }
        }

        let mut line = Line(event.metadata().name().to_owned());
        event.record(&mut line);
        self.0.write(line.0);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}
