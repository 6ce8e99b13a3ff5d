//! The figures, as a table and as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use crate::over_http::OverHttp;
use crate::postgres;

/// All that was measured.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sqlite: Option<OnSqlite>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) postgres: Option<postgres::Report>,
}

/// What was measured on SQLite.
#[derive(Serialize)]
pub(crate) struct OnSqlite {
    pub(crate) creates: Vec<Creates>,
    pub(crate) footprint: Footprint,
}

/// Where, and how quiet it was.
#[derive(Serialize)]
pub(crate) struct Machine {
    pub(crate) cores: usize,
    pub(crate) file_system: String,
    /// Cores that other programs kept busy meanwhile, on average; the kernel's own work for us is among it.
    pub(crate) others_cores: f64,
    pub(crate) seconds: f64,
}

/// Creates by a number of clients, and the same on raw SQLite.
#[derive(Clone, Serialize)]
pub(crate) struct Creates {
    #[serde(flatten)]
    pub(crate) http: OverHttp,
    pub(crate) raw_group_len: usize,
    pub(crate) raw_per_second: f64,
    /// HTTP ÷ raw, within one round.
    pub(crate) ratio: f64,
}

/// What the server needs.
#[derive(Serialize)]
pub(crate) struct Footprint {
    pub(crate) idle_mib: f64,
    pub(crate) ready_ms: f64,
    pub(crate) database_mib: f64,
    pub(crate) binary_mib: f64,
    /// GET /healthz with 64 clients: what the load generator can do at least.
    pub(crate) hello_per_second: f64,
}

/// The median of every figure for itself.
pub(crate) fn median_of(rounds: &[Creates]) -> Creates {
    let of = |figure: fn(&Creates) -> f64| median(rounds.iter().map(figure).collect());
    let http: Vec<&OverHttp> = rounds.iter().map(|round| &round.http).collect();
    Creates {
        http: OverHttp::median_of(&http),
        raw_group_len: of(|round| round.raw_group_len as f64) as usize,
        raw_per_second: of(|round| round.raw_per_second),
        ratio: of(|round| round.ratio),
    }
}

/// The one in the middle; of two, the upper one.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// How one figure of a value is shown.
pub(crate) type Figure<T> = fn(&T) -> String;

/// What is the same on every database.
const OVER_HTTP: [(&str, Figure<OverHttp>); 6] = [
    ("over HTTP, creates/s", |it| thousands(it.http_per_second)),
    ("p50, ms", |it| format!("{:.2}", it.p50_ms)),
    ("p99, ms", |it| format!("{:.1}", it.p99_ms)),
    ("server CPU for each, µs", |it| {
        format!("{:.0}", it.cpu_micros)
    }),
    ("memory afterwards, MiB", |it| {
        format!("{:.0}", it.memory_mib)
    }),
    ("mean group, creates", |it| format!("{:.1}", it.group_len)),
];

const ON_SQLITE: [(&str, Figure<Creates>); 3] = [
    ("raw SQLite, creates/s", |it| thousands(it.raw_per_second)),
    ("its group, creates", |it| it.raw_group_len.to_string()),
    ("HTTP ÷ raw", |it| format!("{:.2}", it.ratio)),
];

/// Lines of a name and figures below each other.
#[derive(Default)]
pub(crate) struct Table(String);

impl Table {
    pub(crate) fn line(&mut self, name: &str, figures: &[String]) {
        let figures = figures.iter().map(|figure| format!("{figure:>12}"));
        let line = format!("{name:<32}{}", figures.collect::<String>());
        writeln!(self.0, "{}", line.trim_end()).expect("a String takes every text");
    }

    /// A line for each figure, with one column for each value.
    pub(crate) fn rows<T>(&mut self, rows: &[(&str, Figure<T>)], values: &[T]) {
        for (name, figure) in rows {
            let figures: Vec<String> = values.iter().map(figure).collect();
            self.line(name, &figures);
        }
    }

    /// What a database did over HTTP, a column for each number of clients.
    pub(crate) fn over_http(&mut self, database: &str, columns: &[OverHttp]) {
        let clients = columns.iter().map(|it| match it.clients {
            1 => "1 client".to_owned(),
            clients => format!("{clients} clients"),
        });
        self.line(database, &clients.collect::<Vec<_>>());
        self.rows(&OVER_HTTP, columns);
    }
}

impl Report {
    /// For people.
    pub(crate) fn table(&self) -> String {
        let mut table = Table::default();
        if let Some(it) = &self.sqlite {
            it.add_to(&mut table);
        }
        if let Some(it) = &self.postgres {
            it.add_to(&mut table);
        }
        let it = &self.machine;
        table.line("cores", &[it.cores.to_string()]);
        table.line("file system", std::slice::from_ref(&it.file_system));
        table.line(
            "busy with others, cores",
            &[format!("{:.1}", it.others_cores)],
        );
        table.line("seconds in all", &[format!("{:.0}", it.seconds)]);
        table.0
    }
}

impl OnSqlite {
    fn add_to(&self, table: &mut Table) {
        let http: Vec<OverHttp> = self.creates.iter().map(|it| it.http.clone()).collect();
        table.over_http("SQLite", &http);
        table.rows(&ON_SQLITE, &self.creates);
        table.line("", &[]);
        let it = &self.footprint;
        table.line("memory idle, MiB", &[format!("{:.0}", it.idle_mib)]);
        table.line("start to ready, ms", &[format!("{:.0}", it.ready_ms)]);
        let database_mib = format!("{:.0}", it.database_mib);
        table.line("  on a database of, MiB", &[database_mib]);
        table.line("binary, MiB", &[format!("{:.1}", it.binary_mib)]);
        let hello = thousands(it.hello_per_second);
        table.line("GET /healthz, 64 clients, /s", &[hello]);
        table.line("", &[]);
    }
}

/// `12,345`.
pub(crate) fn thousands(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_figures_are_grouped_by_thousands() {
        let shown: Vec<String> = [7.4, 999.6, 12_345.0, 1_234_567.0].map(thousands).into();

        assert_eq!(shown, ["7", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }
}
