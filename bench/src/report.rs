//! The figures, as a table and as JSON.

use std::fmt::Write as _;

use serde::Serialize;

/// All that was measured.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
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
    pub(crate) clients: usize,
    pub(crate) http_per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Processor time of the server for each.
    pub(crate) cpu_micros: f64,
    pub(crate) group_len: f64,
    pub(crate) raw_group_len: usize,
    pub(crate) raw_per_second: f64,
    /// HTTP ÷ raw, within one round.
    pub(crate) ratio: f64,
    /// Resident memory of the server afterwards.
    pub(crate) memory_mib: f64,
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
    Creates {
        clients: rounds[0].clients,
        http_per_second: of(|round| round.http_per_second),
        p50_ms: of(|round| round.p50_ms),
        p99_ms: of(|round| round.p99_ms),
        cpu_micros: of(|round| round.cpu_micros),
        group_len: of(|round| round.group_len),
        raw_group_len: of(|round| round.raw_group_len as f64) as usize,
        raw_per_second: of(|round| round.raw_per_second),
        ratio: of(|round| round.ratio),
        memory_mib: of(|round| round.memory_mib),
    }
}

/// The one in the middle; of two, the upper one.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

type Figure = fn(&Creates) -> String;

const ROWS: [(&str, Figure); 9] = [
    ("over HTTP, creates/s", |it| thousands(it.http_per_second)),
    ("p50, ms", |it| format!("{:.2}", it.p50_ms)),
    ("p99, ms", |it| format!("{:.1}", it.p99_ms)),
    ("server CPU for each, µs", |it| {
        format!("{:.0}", it.cpu_micros)
    }),
    ("mean group, creates", |it| format!("{:.1}", it.group_len)),
    ("raw SQLite, creates/s", |it| thousands(it.raw_per_second)),
    ("its group, creates", |it| it.raw_group_len.to_string()),
    ("HTTP ÷ raw", |it| format!("{:.2}", it.ratio)),
    ("memory afterwards, MiB", |it| {
        format!("{:.0}", it.memory_mib)
    }),
];

impl Report {
    /// For people.
    pub(crate) fn table(&self) -> String {
        let mut table = String::new();
        let mut line = |name: &str, figures: &[String]| {
            let figures = figures.iter().map(|figure| format!("{figure:>12}"));
            let figures: String = figures.collect();
            writeln!(table, "{name:<32}{figures}").expect("a String takes every text");
        };
        let clients = self.creates.iter().map(|it| match it.clients {
            1 => "1 client".to_owned(),
            clients => format!("{clients} clients"),
        });
        line("", &clients.collect::<Vec<_>>());
        for (name, figure) in ROWS {
            let figures: Vec<String> = self.creates.iter().map(figure).collect();
            line(name, &figures);
        }
        line("", &[]);
        let it = &self.footprint;
        line("memory idle, MiB", &[format!("{:.0}", it.idle_mib)]);
        line("start to ready, ms", &[format!("{:.0}", it.ready_ms)]);
        line(
            "  on a database of, MiB",
            &[format!("{:.0}", it.database_mib)],
        );
        line("binary, MiB", &[format!("{:.1}", it.binary_mib)]);
        let hello = thousands(it.hello_per_second);
        line("GET /healthz, 64 clients, /s", &[hello]);
        line("", &[]);
        let it = &self.machine;
        line("cores", &[it.cores.to_string()]);
        line("file system", std::slice::from_ref(&it.file_system));
        line(
            "busy with others, cores",
            &[format!("{:.1}", it.others_cores)],
        );
        line("seconds in all", &[format!("{:.0}", it.seconds)]);
        table
            .lines()
            .fold(String::new(), |text, line| text + line.trim_end() + "\n")
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
