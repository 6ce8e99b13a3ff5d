//! The one place that reads the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lanekeeper_core::Timestamp;
use uuid::{ContextV7, Timestamp as UuidTime, Uuid};

/// The time, and fresh ids that are in its order. Tests can set it forward.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead_micros: Arc<AtomicI64>,
}

impl Clock {
    /// Now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
    pub fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let micros = since.map_or(0, |since| {
            i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
        });
        Timestamp::from_micros(micros + self.ahead_micros.load(Ordering::Relaxed))
    }

    /// Sets the clock forward, for this clock and its clones.
    pub fn advance(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.ahead_micros.fetch_add(micros, Ordering::Relaxed);
    }
}

/// A look at the watch: whether the time is over.
#[expect(clippy::disallowed_methods, reason = "this is the one clock")]
pub(crate) fn timer(time: Duration) -> impl Fn() -> bool + Send + 'static {
    let started = Instant::now();
    move || started.elapsed() >= time
}

/// Fresh UUIDv7s, each greater than the one before.
pub(crate) struct Mint {
    context: ContextV7,
    now: Timestamp,
}

impl Mint {
    pub(crate) fn new() -> Self {
        let now = Timestamp::from_micros(0);
        Self {
            context: ContextV7::new(),
            now,
        }
    }

    pub(crate) fn set_now(&mut self, now: Timestamp) {
        self.now = now;
    }

    pub(crate) fn id(&mut self) -> Uuid {
        let micros = self.now.as_micros().max(0).unsigned_abs();
        let nanos = u32::try_from(micros % 1_000_000 * 1_000).unwrap_or(0);
        Uuid::new_v7(UuidTime::from_unix(
            &self.context,
            micros / 1_000_000,
            nanos,
        ))
    }
}
