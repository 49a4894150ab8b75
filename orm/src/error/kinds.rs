//! What a program asks before it decides.

use crate::error::Error;

impl Error {
    /// Whether no record was there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// Whether another record has the same values already.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::UniqueViolation { .. })
    }

    /// Whether a foreign key was broken.
    #[must_use]
    pub fn is_foreign_key_violation(&self) -> bool {
        matches!(self, Self::ForeignKeyViolation { .. })
    }

    /// Whether a value did not satisfy a check of its table.
    #[must_use]
    pub fn is_check_violation(&self) -> bool {
        matches!(self, Self::CheckViolation { .. })
    }

    /// Whether a column that must have a value got none.
    #[must_use]
    pub fn is_not_null_violation(&self) -> bool {
        matches!(self, Self::NotNullViolation { .. })
    }

    /// Whether the data broke a rule of its table: a unique one, a foreign key,
    /// a check, or that a column must have a value.
    #[must_use]
    pub fn is_constraint_violation(&self) -> bool {
        self.is_unique_violation() || self.is_foreign_key_violation() || self.is_check_violation() || self.is_not_null_violation()
    }

    /// Whether a deadline was over. What had begun was stopped and undone; a write
    /// of which that is not known is [`OutcomeUnknown`](Self::OutcomeUnknown) instead.
    ///
    /// Locks that were waited for in vain and a pool that had no connection by then
    /// have errors of their own; see [`is_retryable`](Self::is_retryable).
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout { .. })
    }

    /// Whether the database has no room left for what was to be written; what the statement
    /// did is undone.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::DiskFull { .. })
    }

    /// Whether a statement was stopped from outside.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }

    /// Whether no connection of the pool was to be had in time: that of the pool, or that
    /// of the session.
    #[must_use]
    pub fn is_pool_exhausted(&self) -> bool {
        matches!(self, Self::PoolExhausted { .. })
    }

    /// Whether a circuit breaker refused it without asking the database. To be
    /// run again when its `retry_after` is over, not sooner.
    #[must_use]
    pub fn is_circuit_open(&self) -> bool {
        matches!(self, Self::CircuitOpen { .. })
    }

    /// Whether the same work, run again from its start, may succeed.
    ///
    /// True for conflicts between transactions, locks that were waited for too
    /// long, and connections that were not to be had, or were lost before anything
    /// that stays was written. Not true for [`OutcomeUnknown`](Self::OutcomeUnknown):
    /// look first whether the work was done.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::SerializationFailure { .. }
                | Self::Deadlock { .. }
                | Self::LockTimeout { .. }
                | Self::PoolExhausted { .. }
                | Self::Connect { .. }
                | Self::ConnectionLost { .. }
        )
    }

    /// Whether two transactions met so that this one had to give way, and was
    /// rolled back for sure: what [`Session::retry`](crate::Session::retry) runs again.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::SerializationFailure { .. } | Self::Deadlock { .. })
    }

    /// Whether the connection is of no more use.
    #[must_use]
    pub fn is_connection_lost(&self) -> bool {
        matches!(self, Self::ConnectionLost { .. } | Self::OutcomeUnknown { .. })
    }

    /// Whether nobody knows if the transaction was committed, or the single write done.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self, Self::OutcomeUnknown { .. })
    }

    /// Whether the transaction was undone, or can only be undone.
    #[must_use]
    pub fn is_rolled_back(&self) -> bool {
        matches!(self, Self::RolledBack { .. } | Self::TransactionAborted { .. })
    }
}
