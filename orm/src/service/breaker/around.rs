//! The breaker's link in each chain, and what it says to transactions.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Fallbacks;
use super::circuit::{Circuit, Verdict};
use crate::callback::{Begun, Callback, Context, Guard, Next, Settings, SharedCallback};
use crate::error::{Error, Result};

/// Stands around what needs a connection.
pub(super) struct Around {
    pub(super) circuit: Arc<Circuit>,
    pub(super) fallback: Option<SharedCallback>,
}

/// Says whether a transaction may begin.
#[derive(Debug)]
pub(super) struct Begins(pub(super) Arc<Circuit>);

/// In the session of the one statement that was let through: what it makes is part of it.
struct Admitted;

/// Who gives less time than this to a statement learns nothing of the database
/// by it; clients may say how long they wait.
const HASTE: Duration = Duration::from_millis(100);

/// What the database is late with, where the time is up. In all other phases the
/// statement was not sent, or waits for the program itself.
const LATE: &[&str] = &["the begin of the transaction", "the statement"];

impl Callback for Around {
    async fn call(&self, cx: &mut Context, next: Next<'_>) -> Result<()> {
        let session = cx.session();
        if session.is_dry_run() || session.settings().get::<Admitted>().is_some() {
            return next.run(cx).await;
        }
        let admitted = if session.in_transaction() { Ok(self.circuit.pass(false)) } else { self.circuit.admit() };
        let pass = match admitted {
            Ok(pass) => pass,
            Err(refused) => return self.refuse(cx, refused).await,
        };
        let begun = Instant::now();
        let result = if pass.is_probe {
            let inner = Arc::new(cx.session().session().with(Admitted));
            let outer = cx.replace_runner(inner);
            let result = next.run(cx).await;
            cx.replace_runner(outer);
            result
        } else {
            next.run(cx).await
        };
        pass.report(verdict(result.as_ref().err(), begun));
        result
    }
}

impl Around {
    async fn refuse(&self, cx: &mut Context, refused: Error) -> Result<()> {
        let Some(fallback) = &self.fallback else { return Err(refused) };
        fallback.call(cx, Next::new(cx.kind(), &[])).await?;
        if !cx.is_answered() {
            return Err(refused);
        }
        cx.fell_back();
        if let Some(fallbacks) = cx.setting::<Fallbacks>() {
            fallbacks.add();
        }
        Ok(())
    }
}

impl Guard for Begins {
    fn admit(&self, settings: &Settings) -> Result<Begun> {
        if settings.get::<Admitted>().is_some() {
            return Ok(Box::new(|_| ()));
        }
        let (pass, begun) = (self.0.admit()?, Instant::now());
        Ok(Box::new(move |error| pass.report(verdict(error, begun))))
    }
}

/// What the end of a statement says of the database, which was asked at that moment.
fn verdict(error: Option<&Error>, begun: Instant) -> Verdict {
    match error {
        None => Verdict::Well,
        Some(Error::Connect { .. } | Error::ConnectionLost { .. } | Error::OutcomeUnknown { .. }) => Verdict::Ill,
        Some(Error::PoolExhausted { phase: "its lane" | "resume", .. }) => Verdict::Nothing,
        Some(Error::PoolExhausted { deadline: false, .. }) => Verdict::Ill,
        // Of the session's time, the program may have used most before.
        Some(Error::PoolExhausted { .. }) if begun.elapsed() >= HASTE => Verdict::Ill,
        Some(Error::Timeout { phase, .. }) if LATE.contains(phase) && begun.elapsed() >= HASTE => Verdict::Ill,
        Some(error) if is_answer(error) => Verdict::Well,
        // It may not have come to the database at all.
        Some(_) => Verdict::Nothing,
    }
}

/// Whether only the database can have said so.
fn is_answer(error: &Error) -> bool {
    error.is_constraint_violation() || error.is_conflict() || error.is_not_found() || matches!(error, Error::LockTimeout { .. })
}
