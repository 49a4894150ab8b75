//! Writes down what is printed and logged.

use std::error::Error as _;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use orm::Error;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// What was printed or logged.
#[derive(Clone, Default)]
pub(crate) struct Heard(pub(crate) Arc<Mutex<Vec<String>>>);

impl Heard {
    pub(crate) fn line(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    /// What someone prints by accident.
    pub(crate) fn object(&self, it: &impl Debug) {
        self.line(format!("{it:?} {it:#?}"));
    }

    /// An error, as logs have it.
    pub(crate) fn error(&self, error: &Error) {
        self.line(format!("{error} {error:?} {error:#?} {}", error.public_message()));
        let mut source = error.source();
        while let Some(it) = source {
            self.line(format!("{it} {it:?}"));
            source = it.source();
        }
    }

    pub(crate) fn failed<T>(&self, what: &str, result: orm::Result<T>) {
        match result {
            Ok(_) => panic!("{what} was to fail"),
            Err(error) => self.error(&error),
        }
    }

    /// Some databases take it.
    pub(crate) fn maybe<T>(&self, result: orm::Result<T>) {
        if let Err(error) = result {
            self.error(&error);
        }
    }
}

/// Hears events and spans, whatever their level.
pub(crate) struct Ears(pub(crate) Heard);

impl Visit for Heard {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.line(format!("{field}={value:?}"));
    }
}

impl Subscriber for Ears {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.0.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.0.clone());
    }

    fn event(&self, event: &Event<'_>) {
        self.0.line(event.metadata().name().to_owned());
        event.record(&mut self.0.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
