//! What every handler has at hand.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use lanekeeper_store::{Clock, Org, Store};
use uuid::Uuid;

use crate::connection::{Limits, Phase, Shutdown};
use crate::extract::LargeBodies;
use crate::gate::Gate;
use crate::rate_limit::{Limiter, RateLimit};

/// How the server behaves.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Requests for each key and route; `None`: as many as come.
    pub rate_limit: Option<RateLimit>,
    /// What a client may take.
    pub limits: Limits,
}

/// The server's state.
pub struct App {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) options: Options,
    pub(crate) limiter: Limiter,
    pub(crate) gate: Arc<Gate>,
    pub(crate) large_bodies: LargeBodies,
    shutdown: Shutdown,
    used_keys: Mutex<BTreeSet<(Org, Uuid)>>,
}

impl App {
    /// On this store.
    #[must_use]
    pub fn new(store: Store, clock: Clock, options: Options, shutdown: Shutdown) -> Self {
        let limiter = Limiter::new(options.rate_limit);
        let gate = Arc::new(Gate::new(clock.clone(), store.is_remote()));
        let used_keys = Mutex::default();
        Self {
            store,
            clock,
            options,
            limiter,
            gate,
            large_bodies: LargeBodies::default(),
            shutdown,
            used_keys,
        }
    }

    /// Whether it is on its way out.
    pub(crate) fn is_draining(&self) -> bool {
        self.shutdown.phase() >= Phase::Draining
    }

    /// Waits until the server is on its way out.
    pub(crate) async fn draining(&self) {
        self.shutdown.reached(Phase::Draining).await;
    }

    /// Remembers that a key was used, to be noted with others.
    pub(crate) fn key_was_used(&self, org: Org, id: Uuid) {
        self.used_keys().insert((org, id));
    }

    /// Notes in the database when keys were last used.
    pub(crate) async fn note_key_uses(&self) {
        let used = std::mem::take(&mut *self.used_keys());
        if used.is_empty() {
            return;
        }
        if let Err(error) = self.store.touch_keys(used.into_iter().collect()).await {
            tracing::warn!(%error, "the last use of some keys was not noted");
        }
    }

    fn used_keys(&self) -> std::sync::MutexGuard<'_, BTreeSet<(Org, Uuid)>> {
        self.used_keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
