//! The figures of searches.

use std::fmt::Write as _;

use serde::Serialize;

use crate::report::thousands;

/// What was measured on one database.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) opportunities: usize,
    pub(crate) generated_seconds: f64,
    pub(crate) database_mib: f64,
    pub(crate) ready_ms: f64,
    pub(crate) rows: Vec<Row>,
}

/// One search, sent again and again by one client.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// Records in its answer.
    pub(crate) records: usize,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

impl Report {
    /// For people.
    pub(crate) fn table(&self) -> String {
        let mut table = format!(
            "{:<36}{:>10}{:>10}{:>10}\n",
            "", "records", "p50, ms", "p99, ms"
        );
        for row in &self.rows {
            let (name, records) = (&row.name, row.records);
            let figures = format!("{:>10.2}{:>10.2}", row.p50_ms, row.p99_ms);
            writeln!(table, "{name:<36}{records:>10}{figures}").expect("a String takes every text");
        }
        let about = [
            ("opportunities", self.opportunities as f64),
            ("database, MiB", self.database_mib),
            ("generated in, s", self.generated_seconds),
            ("start to ready, ms", self.ready_ms),
        ];
        table.push('\n');
        for (name, figure) in about {
            let figure = thousands(figure);
            writeln!(table, "{name:<36}{figure:>10}").expect("a String takes every text");
        }
        table
    }
}
