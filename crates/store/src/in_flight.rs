//! Requests with an idempotency key that are on their way.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::{Org, WriteError};

/// The idempotency keys whose first request is still on its way.
#[derive(Clone, Default)]
pub(crate) struct InFlight(Arc<Mutex<BTreeSet<(Org, String)>>>);

/// Holds a key until it is dropped.
pub(crate) struct Claim {
    keys: InFlight,
    key: (Org, String),
}

impl InFlight {
    pub(crate) fn claim(&self, org: Org, key: &str) -> Result<Claim, WriteError> {
        let key = (org, key.to_owned());
        match self.lock().insert(key.clone()) {
            true => Ok(Claim {
                keys: self.clone(),
                key,
            }),
            false => Err(WriteError::InFlight),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<(Org, String)>> {
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.keys.lock().remove(&self.key);
    }
}
