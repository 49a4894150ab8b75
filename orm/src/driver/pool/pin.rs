//! One connection for several statements.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{Ask, Lease, Pool};
use crate::driver::pooled;
use crate::error::{Error, Result};

/// One connection for several statements, which run one after the other.
///
/// It is closed when this and all of its leases are gone: what was set on it
/// must not reach the next one.
#[derive(Debug, Default)]
pub(crate) struct Pin {
    held: Arc<Mutex<Held>>,
    /// Whether the connection is lent to a transaction.
    in_transaction: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
enum Held {
    /// It is taken from the pool when it is needed first.
    #[default]
    Nothing,
    Conn(Lease),
    /// It is lent, or did not come back.
    Gone,
}

/// Where a lease of a pinned connection goes when it is dropped.
#[derive(Debug)]
pub(super) struct Home {
    held: OwnedMutexGuard<Held>,
    in_transaction: Arc<AtomicBool>,
}

impl Pin {
    /// Lends the connection for one statement; waits while another one has it.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where there is no such connection;
    /// [`Error::SessionBusy`] while a transaction has it; [`Error::ConnectionLost`]
    /// if it broke; those of [`Pool::acquire`] the first time.
    pub(crate) async fn acquire(&self, pool: &Pool, ask: Ask) -> Result<Lease> {
        if pool.is_pooled() {
            return Err(pooled("a pinned session: what is set on its connection, somebody else would find; use `transaction`"));
        }
        self.check()?;
        let free = Arc::clone(&self.held).lock_owned();
        let mut held = match ask.until {
            None => free.await,
            Some(until) => {
                let late = || Error::Timeout { phase: "waiting for another statement of the session", limit: until.limit };
                tokio::time::timeout_at(until.at.into(), free).await.map_err(|_| late())?
            }
        };
        self.check()?;
        if matches!(*held, Held::Nothing) {
            *held = Held::Conn(pool.acquire(Ask { kept: true, ..ask }).await?);
        }
        self.lend(held).ok_or_else(|| Error::ConnectionLost {
            doing: "this session was pinned to it; what was set on it is gone, so begin anew with another session".to_owned(),
            source: "the connection broke, or a transaction on it was dropped".into(),
        })
    }

    /// Lends the connection, if it is there and nobody has it; else [`acquire`](Self::acquire)
    /// says why not, or waits.
    pub(crate) fn acquire_now(&self) -> Option<Lease> {
        let held = Arc::clone(&self.held).try_lock_owned().ok()?;
        self.check().ok()?;
        if matches!(*held, Held::Conn(_)) { self.lend(held) } else { None }
    }

    fn lend(&self, mut held: OwnedMutexGuard<Held>) -> Option<Lease> {
        let Held::Conn(lease) = std::mem::replace(&mut *held, Held::Gone) else { return None };
        Some(lease.with_home(Home { held, in_transaction: Arc::clone(&self.in_transaction) }))
    }

    /// Lends the connection for a transaction: until it comes back, others do
    /// not wait, since the transaction itself may be what waits for them.
    pub(crate) async fn for_transaction(&self, pool: &Pool, ask: Ask) -> Result<Lease> {
        let lease = self.acquire(pool, ask).await?;
        self.in_transaction.store(true, Ordering::Release);
        Ok(lease)
    }

    fn check(&self) -> Result<()> {
        if self.in_transaction.load(Ordering::Acquire) { Err(Error::SessionBusy) } else { Ok(()) }
    }
}

impl Home {
    /// Takes the connection back; without one, it is gone.
    pub(super) fn give_back(mut self, lease: Option<Lease>) {
        self.in_transaction.store(false, Ordering::Release);
        *self.held = lease.map_or(Held::Gone, Held::Conn);
    }
}
