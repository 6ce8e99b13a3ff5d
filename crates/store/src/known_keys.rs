//! Keys that were looked up a moment ago. Every request begins with one, and to ask for it would be a transaction of its own.
//!
//! What this server revokes, it forgets before it answers; of what other servers revoke, it is told. If that goes astray, or a
//! command revokes a key, it learns it when it looks again, for which a command waits; writes look in their own transaction
//! besides.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::{Clock, KeyEntry};

/// How long a key is taken for good.
pub(crate) const KNOWN_FOR: Duration = Duration::from_millis(500);
/// Keys that are kept at most.
const LEN_MAX: usize = 10_000;

/// The live keys that this server knows.
pub(crate) struct KnownKeys {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By their hashes, each with the time at which it was looked up.
    keys: HashMap<[u8; 32], (Arc<KeyEntry>, i64)>,
    /// How often all were forgotten.
    age: u64,
}

impl KnownKeys {
    pub(crate) fn new(clock: Clock) -> Self {
        let state = Mutex::default();
        Self { clock, state }
    }

    /// A live key that was looked up a moment ago; else, what to keep the next look-up with.
    pub(crate) fn get(&self, hash: &[u8; 32]) -> Result<Arc<KeyEntry>, LookUp> {
        let now = self.clock.now().as_micros();
        let state = self.lock();
        match state.keys.get(hash) {
            Some((entry, at)) if now - at < known_micros() => Ok(Arc::clone(entry)),
            _ => Err(LookUp {
                at: now,
                age: state.age,
            }),
        }
    }

    /// Keeps what was found, unless keys were forgotten since it was looked for.
    pub(crate) fn keep(&self, hash: &[u8; 32], look_up: &LookUp, found: &Arc<KeyEntry>) {
        let mut state = self.lock();
        if found.key.revoked_at.is_some() || look_up.age != state.age {
            return;
        }
        if state.keys.len() >= LEN_MAX {
            state.keys.clear();
        }
        state.keys.insert(*hash, (Arc::clone(found), look_up.at));
    }

    /// Forgets all: one of them may have come to its end.
    pub(crate) fn forget(&self) {
        let mut state = self.lock();
        state.keys.clear();
        state.age += 1;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn known_micros() -> i64 {
    i64::try_from(KNOWN_FOR.as_micros()).expect("it is short")
}

/// A look-up that has begun.
pub(crate) struct LookUp {
    at: i64,
    age: u64,
}

#[cfg(test)]
mod tests {
    use lanekeeper_core::Timestamp;
    use lanekeeper_core::key::{Key, KeyScope};
    use uuid::Uuid;

    use super::*;
    use crate::Org;

    const HASH: [u8; 32] = [7; 32];

    fn entry() -> Arc<KeyEntry> {
        let key = Key {
            id: Uuid::nil(),
            name: "A form".to_owned(),
            scope: KeyScope::Write,
            routes: vec![],
            hash: HASH,
            hint: "…abcd".to_owned(),
            created_at: Timestamp::from_micros(0),
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        };
        let org = Org::new(0, Uuid::nil());
        Arc::new(KeyEntry { org, key })
    }

    fn look_up(keys: &KnownKeys) -> LookUp {
        let unknown = keys.get(&HASH);
        unknown.expect_err("it is not known")
    }

    #[test]
    fn a_key_is_known_until_it_is_forgotten() {
        let keys = KnownKeys::new(Clock::default());
        keys.keep(&HASH, &look_up(&keys), &entry());
        assert!(keys.get(&HASH).is_ok());
        keys.forget();
        assert!(keys.get(&HASH).is_err());
    }

    #[test]
    fn what_was_looked_up_before_a_key_was_revoked_is_not_kept() {
        let keys = KnownKeys::new(Clock::default());
        let begun = look_up(&keys);
        keys.forget();
        keys.keep(&HASH, &begun, &entry());
        assert!(keys.get(&HASH).is_err());
    }

    #[test]
    fn a_key_is_looked_up_again_after_half_a_second() {
        let keys = KnownKeys::new(Clock::default());
        let LookUp { at, age } = look_up(&keys);
        let long_ago = LookUp {
            at: at - known_micros(),
            age,
        };
        keys.keep(&HASH, &long_ago, &entry());
        assert!(keys.get(&HASH).is_err());
    }

    #[test]
    fn a_revoked_key_is_not_kept() {
        let keys = KnownKeys::new(Clock::default());
        let mut revoked = KeyEntry::clone(&entry());
        revoked.key.revoked_at = Some(Timestamp::from_micros(1));
        keys.keep(&HASH, &look_up(&keys), &Arc::new(revoked));
        assert!(keys.get(&HASH).is_err());
    }
}
