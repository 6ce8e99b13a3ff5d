//! How many requests a key may send to a route, and how many wrong keys an address may try.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use axum::http::HeaderMap;
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use uuid::Uuid;

use crate::error::{ApiError, RATE_LIMIT, RATE_LIMIT_POLICY};

/// So many requests a second, and so many at once: `100/s,burst=200`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests a second.
    pub per_second: NonZeroU32,
    /// Requests at once after a pause.
    pub burst: NonZeroU32,
}

impl RateLimit {
    const fn of(per_second: u32, burst: u32) -> Self {
        let per_second = NonZeroU32::new(per_second).expect("not zero");
        let burst = NonZeroU32::new(burst).expect("not zero");
        Self { per_second, burst }
    }
}

impl Default for RateLimit {
    fn default() -> Self {
        Self::of(100, 200)
    }
}

impl FromStr for RateLimit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WANTED: &str = "is not a rate limit; use one like '100/s,burst=200', or 'off'";
        let (rate, burst) = text
            .split_once(',')
            .map_or((text, None), |(rate, burst)| (rate, Some(burst)));
        let per_second = rate.trim().strip_suffix("/s").ok_or(WANTED)?;
        let per_second: NonZeroU32 = per_second.parse().map_err(|_| WANTED)?;
        let burst = match burst {
            Some(burst) => {
                let burst = burst.trim().strip_prefix("burst=").ok_or(WANTED)?;
                burst.parse().map_err(|_| WANTED)?
            }
            None => per_second,
        };
        Ok(Self { per_second, burst })
    }
}

/// Wrong keys from one address: enough for somebody's mistakes, too few for guessing.
const WRONG_KEYS: RateLimit = RateLimit::of(50, 200);

type ByKeyAndRoute = RateLimiter<
    (Uuid, usize),
    DefaultKeyedStateStore<(Uuid, usize)>,
    DefaultClock,
    StateInformationMiddleware,
>;
type ByAddress = RateLimiter<IpAddr, DefaultKeyedStateStore<IpAddr>, DefaultClock>;

/// Counts requests.
pub(crate) struct Limiter {
    limit: Option<(RateLimit, ByKeyAndRoute)>,
    wrong_keys: Option<ByAddress>,
}

/// How much of a limit is left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    limit: RateLimit,
    requests: u32,
    full_in_secs: u64,
}

impl Limiter {
    pub(crate) fn new(limit: Option<RateLimit>) -> Self {
        let keyed = |limit: RateLimit| {
            let quota = Quota::per_second(limit.per_second).allow_burst(limit.burst);
            (limit, RateLimiter::keyed(quota).with_middleware())
        };
        let addresses = |_| {
            let quota = Quota::per_second(WRONG_KEYS.per_second).allow_burst(WRONG_KEYS.burst);
            RateLimiter::keyed(quota)
        };
        Self {
            limit: limit.map(keyed),
            wrong_keys: limit.map(addresses),
        }
    }

    /// Counts a request of a key to a route; what is left, unless there is no limit.
    pub(crate) fn count(&self, key: Uuid, route: usize) -> (Option<Left>, Result<(), ApiError>) {
        let Some((limit, limiter)) = &self.limit else {
            return (None, Ok(()));
        };
        let left = |requests, full_in_secs| {
            Some(Left {
                limit: *limit,
                requests,
                full_in_secs,
            })
        };
        match limiter.check_key(&(key, route)) {
            Ok(state) => {
                let requests = state.remaining_burst_capacity();
                let used = limit.burst.get().saturating_sub(requests);
                (
                    left(requests, u64::from(used.div_ceil(limit.per_second.get()))),
                    Ok(()),
                )
            }
            Err(until) => {
                let wait = until.wait_time_from(DefaultClock::default().now());
                let retry_after_secs = whole_secs(wait);
                (
                    left(0, retry_after_secs),
                    Err(ApiError::RateLimited { retry_after_secs }),
                )
            }
        }
    }

    /// Counts a wrong key from an address: an error once there were too many.
    pub(crate) fn count_wrong_key(&self, address: IpAddr) -> Result<(), ApiError> {
        let Some(limiter) = &self.wrong_keys else {
            return Ok(());
        };
        limiter.check_key(&address).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            ApiError::RateLimited {
                retry_after_secs: whole_secs(wait),
            }
        })
    }

    /// Forgets keys and addresses that have not been seen for long enough.
    pub(crate) fn forget_idle(&self) {
        if let Some((_, limiter)) = &self.limit {
            limiter.retain_recent();
        }
        if let Some(limiter) = &self.wrong_keys {
            limiter.retain_recent();
        }
    }
}

impl Left {
    /// Says so in the answer's headers (draft-ietf-httpapi-ratelimit-headers).
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let (burst, rate) = (self.limit.burst.get(), self.limit.per_second.get());
        let policy = format!("\"default\";q={burst};w={}", burst.div_ceil(rate));
        let left = format!("\"default\";r={};t={}", self.requests, self.full_in_secs);
        let values = [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, left)];
        for (name, value) in values {
            headers.insert(name, value.parse().expect("digits and names"));
        }
    }
}

fn whole_secs(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_limit_is_read_as_it_is_documented() {
        for (text, expected) in [
            ("100/s,burst=200", Ok(RateLimit::of(100, 200))),
            ("5/s", Ok(RateLimit::of(5, 5))),
            ("5/s, burst=7", Ok(RateLimit::of(5, 7))),
        ] {
            assert_eq!(text.parse::<RateLimit>(), expected);
        }
        for wrong in [
            "",
            "100",
            "0/s",
            "100/m",
            "100/s,200",
            "100/s,burst=0",
            "-1/s",
        ] {
            assert!(wrong.parse::<RateLimit>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_key_that_sent_too_much_to_one_route_may_still_use_another() {
        let limiter = Limiter::new(Some(RateLimit::of(1, 2)));
        let key = Uuid::nil();

        let sent: Vec<bool> = (0..3).map(|_| limiter.count(key, 1).1.is_ok()).collect();

        assert_eq!(sent, [true, true, false]);
        assert!(limiter.count(key, 2).1.is_ok());
        assert!(limiter.count(Uuid::max(), 1).1.is_ok());
    }
}
