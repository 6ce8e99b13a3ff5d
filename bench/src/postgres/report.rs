//! The figures of PostgreSQL, and their rows.

use crate::over_http::{MANY, OverHttp};
use crate::table::{Limit, Part, Row, Target};
use crate::times::median;

/// Creates by a number of clients, and the best of pgbench.
pub(crate) struct Creates {
    pub(crate) http: OverHttp,
    /// Processor time of PostgreSQL for each.
    pub(crate) postgres_cpu_micros: f64,
    /// HTTP ÷ the best of pgbench, within one round.
    pub(crate) ratio: f64,
    pub(crate) ratio_unlocked: f64,
}

/// The same statements on a number of connections.
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
        let http = rounds.iter().map(|round| round.creates[place].http.clone());
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

impl Creates {
    /// Held to the best of pgbench.
    pub(super) fn row(&self, pgbench_per_second: f64) -> Row {
        let cpu_micros = self.cpu_micros();
        let targets = match self.http.clients {
            MANY => vec![
                Target::ratio("ratio", self.ratio, 3.0),
                Target::at_most("CPU", cpu_micros, 250.0, "µs"),
            ],
            _ => vec![],
        };
        let limit = Limit::per_second("pgbench", pgbench_per_second, self.http.per_second);
        Row {
            cpu_micros: Some(cpu_micros),
            limit: Some(Limit {
                ratio: self.ratio,
                ..limit
            }),
            targets,
            ..self.http.row(super::DATABASE)
        }
    }

    /// Of the server and of PostgreSQL.
    pub(super) fn cpu_micros(&self) -> f64 {
        self.http.cpu_micros + self.postgres_cpu_micros
    }
}

/// The best of pgbench, with the lock and without.
pub(super) fn pgbench_rows(pgbench: &[Pgbench], fetch_micros: f64) -> [Row; 2] {
    let row = |name: &str, figure: fn(&Pgbench) -> f64| {
        let best = pgbench
            .iter()
            .max_by(|a, b| figure(a).total_cmp(&figure(b)));
        let (clients, per_second) = best.map_or((0, f64::NAN), |it| (it.clients, figure(it)));
        Row {
            per_second: Some(per_second),
            ..Row::new(
                Part::Creates,
                format!("{name}, best at {clients} connections"),
            )
        }
    };
    let fetching = Some((fetch_micros, "µs to fetch values"));
    [
        Row {
            figure: fetching,
            ..row("pgbench", |it| it.per_second)
        },
        Row {
            figure: fetching,
            ..row("pgbench without the lock", |it| it.unlocked_per_second)
        },
    ]
}
