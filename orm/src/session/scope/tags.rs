//! What a session is for, in the words of the program.

use std::fmt;
use std::sync::Arc;

use crate::driver;
use crate::session::Session;

/// Names and values, in the order in which they were given.
#[derive(Debug, Clone, Default)]
pub(super) struct Tags(pub(super) driver::Tags);

impl Session {
    /// Says what this session is for: the request, the user, the job.
    ///
    /// Callbacks find it by [`tags`](Self::tags) of their session. A name that
    /// is given again gets the new value and keeps its place. Tags are for
    /// logs: no secrets, and nothing of a patient.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let request = db.session().tag("request_id", 4711).tag("route", "/visits");
    /// assert_eq!(request.tags().collect::<Vec<_>>(), [("request_id", "4711"), ("route", "/visits")]);
    /// assert_eq!(request.tagged("route"), Some("/visits"));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn tag(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        let value = value.to_string();
        let tags = Arc::make_mut(self.scope.tags.0.get_or_insert_default());
        match tags.iter_mut().find(|it| it.0 == name) {
            Some(it) => it.1 = value,
            None => tags.push((name, value)),
        }
        self
    }

    /// The names and values of all tags, in the order in which they were given.
    pub fn tags(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.scope.tags.0.iter().flat_map(|it| it.iter()).map(|it| (it.0, &*it.1))
    }

    /// The value of a tag.
    #[must_use]
    pub fn tagged(&self, name: &str) -> Option<&str> {
        self.tags().find(|it| it.0 == name).map(|it| it.1)
    }
}
