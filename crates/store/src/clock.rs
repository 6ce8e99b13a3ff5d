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

/// Fresh UUIDv7s. They are in the order of their times, to the microsecond, and of one time each is greater than the one
/// before: so whoever dates what it makes later also gives it a greater id, whichever mint it uses.
pub(crate) struct Mint {
    context: ContextV7,
    now: Timestamp,
}

impl Mint {
    pub(crate) fn new() -> Self {
        let now = Timestamp::from_micros(0);
        Self {
            context: context(),
            now,
        }
    }

    pub(crate) fn set_now(&mut self, now: Timestamp) {
        if self.now != now {
            // One that goes on would count from where it was, even if that is later.
            self.context = context();
            self.now = now;
        }
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

fn context() -> ContextV7 {
    ContextV7::new().with_additional_precision()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_in_the_order_of_their_times_whichever_mint_makes_them() {
        let (mut one, mut other) = (Mint::new(), Mint::new());
        // One is ahead, as after a write to an organisation whose clock is.
        one.set_now(Timestamp::from_micros(1_900_000_000_000_000));
        one.id();

        let ids = (0..5_000).flat_map(|step| {
            let mint = if step % 3 == 0 { &mut one } else { &mut other };
            mint.set_now(Timestamp::from_micros(1_800_000_000_000_000 + step));
            [mint.id(), mint.id()]
        });
        let ids: Vec<Uuid> = ids.collect();

        assert!(ids.is_sorted_by(|one, next| one < next));
    }
}
