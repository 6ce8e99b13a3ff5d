//! Creates over HTTP on SQLite, and the same statements on raw SQLite right after, at the same mean group size.

mod bulk;
mod full;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use tempfile::TempDir;

use crate::effort::Setting;
use crate::over_http::{self, CLIENTS, MANY, OverHttp};
use crate::server::{init, url};
use crate::table::{Limit, Part, Row, Target};
use crate::times::median;
use crate::work::Tenant;
use crate::{progress, raw, recording, world};

const DATABASE: &str = "SQLite";

/// Every row about creates on SQLite.
pub(crate) fn measure(setting: &Setting) -> Result<Vec<Row>> {
    let fresh = Fresh::prepare(setting)?;
    let creates = fresh.run()?;
    let mut rows: Vec<Row> = creates.iter().map(Creates::row).collect();
    let many = creates.iter().find(|it| it.http.clients == MANY);
    let many_per_second = many.map_or(f64::NAN, |it| it.http.per_second);
    rows.push(full::measure(setting, many_per_second)?);
    rows.push(bulk::measure(&fresh, many_per_second)?);
    let import = "import of CSV";
    rows.push(Row::missing(Part::Creates, import, "it is not built"));
    Ok(rows)
}

/// What creates on an empty database share.
struct Fresh<'a> {
    setting: &'a Setting<'a>,
    tenant: Tenant,
    recording: recording::Recording,
}

/// Creates by a number of clients, and the same on raw SQLite.
struct Creates {
    http: OverHttp,
    raw_per_second: f64,
    /// HTTP ÷ raw, within one round.
    ratio: f64,
}

impl<'a> Fresh<'a> {
    /// Sets a database up and records the statements of all creates.
    fn prepare(setting: &'a Setting) -> Result<Self> {
        let tenant = init(setting.server, &url(&setting.folder.join("start.db")))?;
        let count = setting.effort.warm_up + setting.effort.creates;
        progress(&format!("recording the statements of {count} creates"));
        let (_folder, database) = copy(setting)?;
        let recording = recording::record(&database, &tenant, count)?;
        Ok(Self {
            setting,
            tenant,
            recording,
        })
    }

    /// The medians of all rounds, for each number of clients.
    fn run(&self) -> Result<Vec<Creates>> {
        let rounds = self.setting.effort.rounds;
        let mut results: Vec<Vec<Creates>> = CLIENTS.iter().map(|_| vec![]).collect();
        for round in 1..=rounds {
            for (clients, results) in CLIENTS.into_iter().zip(&mut results) {
                let result = self.once(clients)?;
                progress(&format!(
                    "round {round} of {rounds}, {clients:>2} clients: {:>6.0} creates/s over HTTP, {:>6.0} raw",
                    result.http.per_second, result.raw_per_second
                ));
                results.push(result);
            }
        }
        Ok(results.iter().map(|results| median_of(results)).collect())
    }

    fn once(&self, clients: usize) -> Result<Creates> {
        let effort = self.setting.effort;
        let count = match clients {
            1 => effort.creates_alone,
            _ => effort.creates,
        };
        let counts = (effort.warm_up, count);
        let (http_folder, database) = copy(self.setting)?;
        let server = world::start(self.setting.server, &database)?;
        let http = over_http::measure(&server, &self.tenant, clients, 0, counts)?;
        server.stop()?;
        drop(http_folder);

        let group_len = (http.group_len.round() as usize).max(1);
        let (_raw_folder, database) = copy(self.setting)?;
        let raw_per_second = raw::replay(&database, &self.recording, counts, group_len)?;
        Ok(Creates {
            ratio: http.per_second / raw_per_second,
            http,
            raw_per_second,
        })
    }
}

/// A copy of the database that is set up and has no records yet, in a folder of its own: what belongs to one run must
/// not be found by the next.
fn copy(setting: &Setting) -> Result<(TempDir, PathBuf)> {
    let own = tempfile::tempdir_in(setting.folder)?;
    let database: PathBuf = own.path().join("bench.db");
    let start: &Path = &setting.folder.join("start.db");
    fs::copy(start, &database)?;
    Ok((own, database))
}

/// The median of every figure for itself.
fn median_of(rounds: &[Creates]) -> Creates {
    let of = |figure: fn(&Creates) -> f64| median(rounds.iter().map(figure).collect());
    let http: Vec<OverHttp> = rounds.iter().map(|round| round.http.clone()).collect();
    Creates {
        http: OverHttp::median_of(&http),
        raw_per_second: of(|round| round.raw_per_second),
        ratio: of(|round| round.ratio),
    }
}

impl Creates {
    fn row(&self) -> Row {
        let http = &self.http;
        let targets = match http.clients {
            1 => vec![
                Target::ratio("ratio", self.ratio, 0.85),
                Target::at_most("p50", http.times.p50_ms, 1.0, "ms"),
            ],
            MANY => vec![
                Target::ratio("ratio", self.ratio, 0.75),
                Target::at_most("CPU", http.cpu_micros, 150.0, "µs"),
            ],
            _ => vec![],
        };
        let raw = Limit::per_second("raw SQLite", self.raw_per_second, http.per_second);
        Row {
            limit: Some(Limit {
                ratio: self.ratio,
                ..raw
            }),
            targets,
            ..http.row(DATABASE)
        }
    }
}
