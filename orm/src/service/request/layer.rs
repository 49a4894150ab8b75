//! What is said of the sessions of requests.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use http::{request, response};
use tower_layer::Layer;

use crate::db::Db;
use crate::service::request::headers::{timeout_of, traceparent_of};
use crate::service::request::{RequestSession, SessionService};
use crate::session::Session;

/// A layer of tower that gives each request a session of its own.
///
/// The session is in the request's extensions, as a [`RequestSession`]. It has
/// a deadline, says in its tags what it is for, and may be a transaction that
/// is committed before the answer is sent. If the client hangs up, the future of
/// the request is dropped, and its statements are stopped on the server.
///
/// A header `traceparent` of the form that the W3C gave it becomes the tags
/// `traceparent` and `trace_id`; another one is left alone. Of several layers
/// around a service the innermost gives the session, which has no more time
/// than those around it give.
///
/// ```
/// # use orm::prelude::*;
/// use axum::{Router, routing::get};
/// use orm::Timeouts;
/// use orm::service::{Scoped, SessionLayer};
/// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
///
/// async fn count(Scoped(db): Scoped) -> orm::Result<String> {
///     Ok(db.find::<User>().count().await?.to_string())
/// }
///
/// fn router(db: Db) -> Router {
///     let sessions = SessionLayer::new(db)
///         .timeout(Timeouts::EXTERNAL)
///         .scope(|session, request| session.tag("method", &request.method));
///     Router::new().route("/users/count", get(count)).layer(sessions)
/// }
/// ```
#[derive(Clone)]
pub struct SessionLayer {
    db: Db,
    timeout: Option<Duration>,
    header: Option<(HeaderName, Duration)>,
    scope: Option<Arc<Scope>>,
    /// Where the program asked for transactions, if it did.
    transactional: Option<&'static Location<'static>>,
    rolls_back: Arc<RollsBack>,
}

type Scope = dyn Fn(Session, &request::Parts) -> Session + Send + Sync;
type RollsBack = dyn Fn(&response::Parts) -> bool + Send + Sync;

impl SessionLayer {
    /// Sessions on the pool of `db`, without a deadline but its own.
    #[must_use]
    pub fn new(db: Db) -> Self {
        let rolls_back = Arc::new(|answer: &response::Parts| answer.status.as_u16() >= 400);
        Self { db, timeout: None, header: None, scope: None, transactional: None, rolls_back }
    }

    /// How long what a request does may take, all in all, where the request
    /// itself does not say; see [`Session::timeout`].
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Lets requests say in a header how long they wait; at most `most` counts.
    ///
    /// It is a whole number with a unit: `250ms`, `3s`, or as gRPC writes it
    /// (`H M S m u n`, where `m` is a thousandth of a second). Without one it is
    /// milliseconds. A header that cannot be read is ignored, as if it was not
    /// there: it is a wish, and no reason to refuse the request.
    ///
    /// ```
    /// # fn f(db: orm::Db) {
    /// use std::time::Duration;
    /// use axum::http::HeaderName;
    /// use orm::Timeouts;
    /// use orm::service::SessionLayer;
    ///
    /// let layer = SessionLayer::new(db)
    ///     .timeout(Timeouts::EXTERNAL)
    ///     .timeout_header(HeaderName::from_static("x-request-timeout"), Duration::from_secs(10));
    /// # }
    /// ```
    #[must_use]
    pub fn timeout_header(mut self, name: HeaderName, most: Duration) -> Self {
        self.header = Some((name, most));
        self
    }

    /// Changes the session of each request after what the layer says: tags,
    /// values for callbacks, whether it only reads.
    ///
    /// Tags are for logs. The path of a request may name a patient; the route,
    /// with its `{id}`, does not.
    ///
    /// ```
    /// # fn f(db: orm::Db) {
    /// use axum::extract::MatchedPath;
    /// use orm::service::SessionLayer;
    ///
    /// let layer = SessionLayer::new(db).scope(|session, request| {
    ///     let session = if request.method.is_safe() { session.read_only() } else { session };
    ///     let session = session.tag("method", &request.method);
    ///     match request.extensions.get::<MatchedPath>() {
    ///         Some(route) => session.tag("route", route.as_str()),
    ///         None => session,
    ///     }
    /// });
    /// # }
    /// ```
    #[must_use]
    pub fn scope(mut self, change: impl Fn(Session, &request::Parts) -> Session + Send + Sync + 'static) -> Self {
        self.scope = Some(Arc::new(change));
        self
    }

    /// Makes each request a transaction.
    ///
    /// It is begun when its session is first asked for, so a request that is
    /// refused before, or whose body is still under way, holds no connection:
    /// handlers that take a body ask the [`RequestSession`] themselves. When the handler has answered, it is
    /// committed, and then the answer goes out: who is told `201` finds what was
    /// created. It is rolled back where the answer is an error
    /// ([`rollback_if`](Self::rollback_if)), the handler panics, or the client
    /// hangs up before the commit is sent.
    ///
    /// Where the commit fails, the client gets an answer of the kind 5xx instead of
    /// the handler's, with an empty body; the error is in its extensions, as
    /// [`Failed`](crate::service::Failed). Bodies are sent after the commit:
    /// one that is still being made cannot use the session any more
    /// ([`Error::TransactionClosed`](crate::Error::TransactionClosed)).
    ///
    /// It is for routes that write; others hold a connection for nothing, and
    /// on SQLite the lock for writing.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// use axum::{Router, routing::post};
    /// use orm::service::{RequestSession, SessionLayer};
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    ///
    /// async fn sign_up(request: RequestSession, name: String) -> orm::Result<String> {
    ///     let tx = request.session().await?;
    ///     Ok(tx.create(User { id: 0, name }).await?.id.to_string())
    /// }
    ///
    /// fn router(db: Db) -> Router {
    ///     Router::new().route("/users", post(sign_up)).layer(SessionLayer::new(db).transaction())
    /// }
    /// ```
    #[must_use]
    #[track_caller]
    pub fn transaction(mut self) -> Self {
        self.transactional = Some(Location::caller());
        self
    }

    /// Which answers undo the transaction, in the place of those with a status
    /// of 400 and above. An error of the service itself undoes it always.
    ///
    /// ```
    /// # fn f(db: orm::Db) {
    /// use axum::http::{StatusCode, response};
    /// use orm::service::SessionLayer;
    ///
    /// // What was tried in vain is written down, too.
    /// let kept = |it: &response::Parts| it.status == StatusCode::UNAUTHORIZED;
    /// let layer = SessionLayer::new(db).transaction().rollback_if(move |it| it.status.as_u16() >= 400 && !kept(it));
    /// # }
    /// ```
    #[must_use]
    pub fn rollback_if(mut self, undoes: impl Fn(&response::Parts) -> bool + Send + Sync + 'static) -> Self {
        self.rolls_back = Arc::new(undoes);
        self
    }

    /// The session for a request.
    pub(super) fn session_of(&self, request: &request::Parts) -> RequestSession {
        let mut session = self.db.session();
        let asked = self.header.as_ref().and_then(|(name, most)| Some(timeout_of(request.headers.get(name)?)?.min(*most)));
        if let Some(limit) = asked.or(self.timeout) {
            session = session.timeout(limit);
        }
        if let Some(around) = request.extensions.get::<RequestSession>() {
            session = around.bound(session);
        }
        if let Some(trace) = traceparent_of(&request.headers) {
            session = session.tag("traceparent", trace.whole).tag("trace_id", trace.id);
        }
        if let Some(scope) = &self.scope {
            session = scope(session, request);
        }
        RequestSession::new(session, self.transactional)
    }

    pub(super) fn rolls_back(&self, answer: &response::Parts) -> bool {
        (self.rolls_back)(answer)
    }
}

impl<S> Layer<S> for SessionLayer {
    type Service = SessionService<S>;

    fn layer(&self, inner: S) -> SessionService<S> {
        SessionService::new(inner, self.clone())
    }
}

impl fmt::Debug for SessionLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLayer")
            .field("db", &self.db)
            .field("timeout", &self.timeout)
            .field("timeout_header", &self.header)
            .field("transaction", &self.transactional.is_some())
            .finish_non_exhaustive()
    }
}
