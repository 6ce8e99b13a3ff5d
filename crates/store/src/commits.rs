//! Who waits for an organisation's next commit.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;

use crate::Org;

/// One channel for each organisation that somebody has waited for.
#[derive(Clone, Default)]
pub(crate) struct Commits(Arc<Mutex<BTreeMap<Org, watch::Sender<i64>>>>);

impl Commits {
    /// Tells of the organisation's commits from now on.
    pub(crate) fn of(&self, org: Org) -> watch::Receiver<i64> {
        self.lock()
            .entry(org)
            .or_insert_with(|| watch::channel(0).0)
            .subscribe()
    }

    /// Tells those who wait.
    pub(crate) fn tell(&self, org: Org, sequence: i64) {
        if let Some(sender) = self.lock().get(&org) {
            sender.send_replace(sequence);
        }
    }

    /// Lets all who wait look for themselves.
    pub(crate) fn wake_all(&self) {
        self.lock()
            .values()
            .for_each(|sender| sender.send_modify(|_| {}));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Org, watch::Sender<i64>>> {
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
