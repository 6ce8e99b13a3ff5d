//! How long requests took.

use std::time::Duration;

use serde::Serialize;

/// Fewer requests than these have no 99.9th percentile worth its name.
const FOR_P999: usize = 1_000;

/// How long a number of requests took, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Times {
    pub(crate) count: usize,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// None of too few.
    pub(crate) p999_ms: Option<f64>,
    pub(crate) max_ms: f64,
}

impl Times {
    /// Of these, of which there is at least one.
    pub(crate) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let count = times.len();
        let percentile = |thousandths: usize| {
            let place = (count * thousandths / 1_000).min(count - 1);
            times[place].as_secs_f64() * 1e3
        };
        Self {
            count,
            p50_ms: percentile(500),
            p99_ms: percentile(990),
            p999_ms: (count >= FOR_P999).then(|| percentile(999)),
            max_ms: percentile(1_000),
        }
    }

    /// The median of every figure for itself.
    pub(crate) fn median_of(rounds: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(rounds.iter().map(figure).collect());
        let p999 = rounds.iter().map(|round| round.p999_ms);
        Self {
            count: rounds[0].count,
            p50_ms: of(|it| it.p50_ms),
            p99_ms: of(|it| it.p99_ms),
            p999_ms: p999.collect::<Option<Vec<_>>>().map(median),
            max_ms: of(|it| it.max_ms),
        }
    }
}

/// The one in the middle; of two, the upper one.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up_to(millis: u64) -> Times {
        Times::of((1..=millis).rev().map(Duration::from_millis).collect())
    }

    #[test]
    fn percentiles_are_of_all_times_in_order() {
        let times = up_to(1_000);

        let expected = (501.0, 991.0, Some(1_000.0), 1_000.0);
        let (p50, p99, max) = (times.p50_ms, times.p99_ms, times.max_ms);
        assert_eq!((p50, p99, times.p999_ms, max), expected);
    }

    #[test]
    fn of_too_few_there_is_no_p999() {
        assert_eq!(up_to(999).p999_ms, None);
        assert_eq!(Times::median_of(&[up_to(1_000), up_to(9)]).p999_ms, None);
    }

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }
}
