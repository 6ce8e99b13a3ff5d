//! The figures of PostgreSQL.

use serde::Serialize;

use crate::over_http::OverHttp;
use crate::report::{Figure, Table, median, thousands};

/// All that was measured on PostgreSQL.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) version: String,
    pub(crate) file_system: String,
    pub(crate) creates: Vec<Creates>,
    pub(crate) pgbench: Vec<Pgbench>,
    /// Statements of one create.
    pub(crate) statements_len: usize,
    /// What pgbench needs to fetch the values of one create, on one connection.
    pub(crate) fetch_micros: f64,
}

/// Creates by a number of clients, and the best of pgbench.
#[derive(Clone, Serialize)]
pub(crate) struct Creates {
    #[serde(flatten)]
    pub(crate) http: OverHttp,
    /// Processor time of PostgreSQL for each.
    pub(crate) postgres_cpu_micros: f64,
    /// HTTP ÷ the best of pgbench, within one round.
    pub(crate) ratio: f64,
    pub(crate) ratio_unlocked: f64,
}

/// The same statements on a number of connections.
#[derive(Clone, Serialize)]
pub(crate) struct Pgbench {
    pub(crate) clients: usize,
    pub(crate) per_second: f64,
    pub(crate) unlocked_per_second: f64,
    /// Processor time of PostgreSQL for each create, without the lock.
    pub(crate) postgres_cpu_micros: f64,
}

/// What one round measured.
pub(crate) struct Round {
    pub(crate) creates: Vec<Creates>,
    pub(crate) pgbench: Vec<Pgbench>,
    pub(crate) fetch_micros: f64,
}

impl Round {
    /// The best of pgbench, with the lock and without.
    pub(crate) fn best(pgbench: &[Pgbench]) -> (f64, f64) {
        let best = |figure: fn(&Pgbench) -> f64| pgbench.iter().map(figure).fold(0.0, f64::max);
        (best(|it| it.per_second), best(|it| it.unlocked_per_second))
    }
}

/// The median of every figure for itself.
pub(crate) fn medians_of(rounds: &[Round]) -> (Vec<Creates>, Vec<Pgbench>, f64) {
    let creates = (0..rounds[0].creates.len()).map(|place| {
        let of = |figure: fn(&Creates) -> f64| {
            let figures = rounds.iter().map(|round| figure(&round.creates[place]));
            median(figures.collect())
        };
        let http = rounds.iter().map(|round| &round.creates[place].http);
        Creates {
            http: OverHttp::median_of(&http.collect::<Vec<_>>()),
            postgres_cpu_micros: of(|it| it.postgres_cpu_micros),
            ratio: of(|it| it.ratio),
            ratio_unlocked: of(|it| it.ratio_unlocked),
        }
    });
    let pgbench = (0..rounds[0].pgbench.len()).map(|place| {
        let of = |figure: fn(&Pgbench) -> f64| {
            let figures = rounds.iter().map(|round| figure(&round.pgbench[place]));
            median(figures.collect())
        };
        Pgbench {
            clients: rounds[0].pgbench[place].clients,
            per_second: of(|it| it.per_second),
            unlocked_per_second: of(|it| it.unlocked_per_second),
            postgres_cpu_micros: of(|it| it.postgres_cpu_micros),
        }
    });
    let fetch = rounds.iter().map(|round| round.fetch_micros);
    (
        creates.collect(),
        pgbench.collect(),
        median(fetch.collect()),
    )
}

const CREATES: [(&str, Figure<Creates>); 3] = [
    ("PostgreSQL CPU for each, µs", |it| {
        format!("{:.0}", it.postgres_cpu_micros)
    }),
    ("HTTP ÷ pgbench", |it| format!("{:.2}", it.ratio)),
    ("HTTP ÷ pgbench without lock", |it| {
        format!("{:.2}", it.ratio_unlocked)
    }),
];

const PGBENCH: [(&str, Figure<Pgbench>); 3] = [
    ("pgbench, creates/s", |it| thousands(it.per_second)),
    ("  without the lock", |it| thousands(it.unlocked_per_second)),
    ("  its PostgreSQL CPU, µs", |it| {
        format!("{:.0}", it.postgres_cpu_micros)
    }),
];

impl Report {
    pub(crate) fn add_to(&self, table: &mut Table) {
        let http: Vec<OverHttp> = self.creates.iter().map(|it| it.http.clone()).collect();
        table.over_http("PostgreSQL", &http);
        table.rows(&CREATES, &self.creates);
        table.line("", &[]);
        let clients = self.pgbench.iter().map(|it| it.clients.to_string());
        table.line("clients of pgbench", &clients.collect::<Vec<_>>());
        table.rows(&PGBENCH, &self.pgbench);
        table.line("statements of a create", &[self.statements_len.to_string()]);
        let fetch = format!("{:.0}", self.fetch_micros);
        table.line("fetching its values, µs", &[fetch]);
        table.line("version", std::slice::from_ref(&self.version));
        table.line("its file system", std::slice::from_ref(&self.file_system));
        table.line("", &[]);
    }
}
