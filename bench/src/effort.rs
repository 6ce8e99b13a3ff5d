//! How much is measured, and where.

use std::path::Path;
use std::time::Duration;

/// How much is measured.
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    /// Creates that are measured with one client, and with several.
    pub(crate) creates_alone: usize,
    pub(crate) creates: usize,
    /// Creates before those.
    pub(crate) warm_up: usize,
    pub(crate) pgbench_creates: usize,
    /// Creates that are in a PostgreSQL database before any is measured.
    pub(crate) creates_before: usize,
    /// Requests for next to nothing, and for one record.
    pub(crate) hellos: usize,
    pub(crate) lists: usize,
    /// Requests of one client for the same: so many, or those that there is time for.
    pub(crate) alone: (usize, Duration),
    /// For how long a load is on, in each round.
    pub(crate) pressure: Duration,
    pub(crate) starts: usize,
    /// Opportunities in the full database, unless the command line says otherwise.
    pub(crate) opportunities: usize,
}

pub(crate) const FULL: Effort = Effort {
    rounds: 3,
    creates_alone: 3_000,
    creates: 20_000,
    warm_up: 500,
    pgbench_creates: 4_800,
    creates_before: 20_000,
    hellos: 100_000,
    lists: 10_000,
    alone: (1_000, Duration::from_secs(20)),
    pressure: Duration::from_secs(3),
    starts: 9,
    opportunities: 1_000_000,
};
pub(crate) const QUICK: Effort = Effort {
    rounds: 1,
    creates_alone: 500,
    creates: 2_000,
    warm_up: 100,
    pgbench_creates: 960,
    creates_before: 3_000,
    hellos: 10_000,
    lists: 1_000,
    alone: (200, Duration::from_secs(2)),
    pressure: Duration::from_millis(1_500),
    starts: 3,
    opportunities: 10_000,
};

/// What every measurement needs to know.
pub(crate) struct Setting<'a> {
    /// The server's program.
    pub(crate) server: &'a Path,
    pub(crate) effort: &'a Effort,
    /// For databases that are gone afterwards.
    pub(crate) folder: &'a Path,
    /// For databases that are kept for the next run.
    pub(crate) kept: &'a Path,
    /// In the full database.
    pub(crate) opportunities: usize,
    /// What a build takes after one file of the core was touched.
    pub(crate) rebuild_seconds: Option<f64>,
}
