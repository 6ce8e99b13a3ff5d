//! What a run ends with: for people, for programs, and for `bench/README.md`.

use serde::Serialize;

use crate::curve::Point;
use crate::table::{Row, Style, shown, summed_up, thousands};

/// All that was measured.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) opportunities: usize,
    pub(crate) rows: Vec<Row>,
    /// Latency over table size.
    pub(crate) curve: Vec<Point>,
}

/// Where, and how quiet it was.
#[derive(Serialize)]
pub(crate) struct Machine {
    pub(crate) cores: usize,
    pub(crate) file_system: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) postgres: Option<String>,
    /// Cores that other programs kept busy meanwhile, on average; the kernel's own work for us is among it.
    pub(crate) others_cores: f64,
    pub(crate) seconds: f64,
}

impl Report {
    /// For people.
    pub(crate) fn text(&self, style: Style) -> String {
        let table = shown(&self.rows, style);
        let summary = summed_up(&self.rows);
        format!("{table}\n{summary}.\n{}\n", self.machine.told())
    }
}

impl Machine {
    fn told(&self) -> String {
        let (cores, file_system) = (self.cores, &self.file_system);
        let postgres = self.postgres.as_ref();
        let postgres = postgres.map_or_else(String::new, |it| format!("; PostgreSQL {it}"));
        let (others, seconds) = (self.others_cores, thousands(self.seconds));
        format!(
            "{cores} cores shared by server and load, {file_system}{postgres}; busy with others, cores: {others:.2}; \
             {seconds} s in all."
        )
    }
}
