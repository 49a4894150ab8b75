//! The session of one request.

use std::mem::replace;
use std::sync::{Arc, Mutex as Short, MutexGuard as ShortGuard, PoisonError};

use tokio::sync::Mutex;

use crate::error::{Error, Result};
use crate::session::{Session, Transaction};

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
    transactional: bool,
    /// One begins the transaction, others wait for it.
    beginning: Mutex<()>,
    state: Short<State>,
}

/// Where the request's transaction is.
#[derive(Debug)]
enum State {
    NotBegun,
    Open(Transaction),
    Ended,
}

impl RequestSession {
    pub(super) fn new(session: Session, transactional: bool) -> Self {
        Self(Arc::new(Shared { session, transactional, beginning: Mutex::default(), state: Short::new(State::NotBegun) }))
    }

    /// A handle to the session, which may be kept and moved.
    ///
    /// Where the layer says [`transaction`](crate::service::SessionLayer::transaction),
    /// the first call begins it. When the request has ended, so has the
    /// transaction: what a handle is asked for then is
    /// [`Error::TransactionClosed`], and so is a further call.
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
    pub async fn session(&self) -> Result<Session> {
        if !self.0.transactional {
            return Ok(self.0.session.session());
        }
        let _one = self.0.beginning.lock().await;
        match &*self.state() {
            State::NotBegun => {}
            State::Open(transaction) => return Ok(transaction.session()),
            State::Ended => return Err(Error::TransactionClosed),
        }
        let transaction = self.0.session.begin().await?;
        let mut state = self.state();
        if let State::Ended = *state {
            // The request has ended meanwhile; nothing was done in this.
            return Err(Error::TransactionClosed);
        }
        let session = transaction.session();
        *state = State::Open(transaction);
        Ok(session)
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
