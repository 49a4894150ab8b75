//! The session of one request.

use std::future::Future;
use std::mem::replace;
use std::panic::Location;
use std::sync::{Arc, Mutex as Short, MutexGuard as ShortGuard, PoisonError};

use tokio::sync::Mutex;

use crate::error::{Error, Result};
use crate::session::{BegunAt, Session, Transaction};

/// The session of a request, as [`SessionLayer`](crate::service::SessionLayer)
/// puts it into the request's extensions.
///
/// Handlers of axum may take it as an argument, or a handle to it by `Scoped`.
/// Clones are the same session, and hold no transaction open: that ends with the
/// request.
#[derive(Debug, Clone)]
pub struct RequestSession(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// On the pool, with the time and the tags of the request.
    session: Session,
    /// Where the program asked for transactions, if it did.
    transactional: Option<&'static Location<'static>>,
    /// One begins the transaction, others wait for it.
    beginning: Mutex<()>,
    state: Short<State>,
    begun: BegunAt,
}

/// Where the request's transaction is.
#[derive(Debug)]
enum State {
    NotBegun,
    Open(Transaction),
    Ended,
}

impl RequestSession {
    pub(super) fn new(session: Session, transactional: Option<&'static Location<'static>>) -> Self {
        let (beginning, state, begun) = (Mutex::default(), Short::new(State::NotBegun), BegunAt::default());
        Self(Arc::new(Shared { session, transactional, beginning, state, begun }))
    }

    /// A handle to the session, which may be kept and moved.
    ///
    /// Where the layer says [`transaction`](crate::service::SessionLayer::transaction),
    /// the first call begins it. When the request has ended, so has the
    /// transaction: what a handle is asked for then is
    /// [`Error::TransactionClosed`], and so is a further call. Reports of who has a
    /// connection name the line of the first call; where `Scoped` makes it, that of
    /// the layer.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// use axum::extract::Request;
    /// use orm::service::RequestSession;
    ///
    /// async fn count(request: Request) -> orm::Result<u64> {
    ///     let Some(session) = request.extensions().get::<RequestSession>() else {
    ///         return Err(orm::Error::other("this service is outside of its SessionLayer"));
    ///     };
    ///     let db = session.session().await?;
    ///     db.find::<User>().count().await
    /// }
    /// ```
    ///
    /// # Errors
    /// Those of [`Session::begin`], and [`Error::TransactionClosed`], in a
    /// transaction; otherwise none.
    #[track_caller]
    pub fn session(&self) -> impl Future<Output = Result<Session>> + Send {
        self.session_at(Location::caller())
    }

    /// The same for a handler that takes it as an argument, and so has no line of its own.
    #[cfg(feature = "axum")]
    pub(super) async fn taken(&self) -> Result<Session> {
        match self.0.transactional {
            Some(layer) => self.session_at(layer).await,
            None => Ok(self.0.session.session()),
        }
    }

    async fn session_at(&self, at: &'static Location<'static>) -> Result<Session> {
        if self.0.transactional.is_none() {
            return Ok(self.0.session.session());
        }
        let _one = self.0.beginning.lock().await;
        match &*self.state() {
            State::NotBegun => {}
            State::Open(transaction) => return Ok(transaction.session()),
            State::Ended => return Err(Error::TransactionClosed),
        }
        let transaction = self.0.session.begin_at(at).await?;
        let mut state = self.state();
        if let State::Ended = *state {
            // The request has ended meanwhile; nothing was done in this.
            return Err(Error::TransactionClosed);
        }
        let session = transaction.session();
        *state = State::Open(transaction);
        drop(self.0.begun.clone().at(at));
        Ok(session)
    }

    /// Runs the request, in which the pool's handle is found out once the transaction is begun.
    pub(super) fn within<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        let this = self.clone();
        async move { this.0.session.within_later(this.0.begun.clone(), work).await }
    }

    /// Where the time of this request ends, those of layers inside end, too.
    pub(super) fn bound(&self, session: Session) -> Session {
        match self.0.session.time_left() {
            Some(left) => session.timeout(left),
            None => session,
        }
    }

    /// Takes the transaction, if it was begun; none begins any more.
    pub(super) fn end(&self) -> Option<Transaction> {
        match replace(&mut *self.state(), State::Ended) {
            State::Open(transaction) => Some(transaction),
            State::NotBegun | State::Ended => None,
        }
    }

    fn state(&self) -> ShortGuard<'_, State> {
        // Nothing that may panic runs while it is locked.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
