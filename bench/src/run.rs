//! One run: every part that is asked for, one after the other.

use anyhow::{Context as _, Result, ensure};

use crate::effort::Setting;
use crate::report::{Machine, Report};
use crate::stopwatch::Stopwatch;
use crate::table::{Part, Row};
use crate::{
    On, creates, curve, fairness, footprint, postgres, process, progress, reads, searches,
};

/// What is measured.
pub(crate) struct Plan {
    /// All, if there is none.
    pub(crate) only: Vec<Part>,
    pub(crate) on: Option<On>,
    /// Where PostgreSQL is.
    pub(crate) place: Option<postgres::Place>,
    /// Whether latency over table size is.
    pub(crate) curve: bool,
}

impl Plan {
    fn has(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    fn place(&self) -> Result<&postgres::Place> {
        let missing = "where PostgreSQL is: use `cargo xtask bench`, or `--on sqlite`";
        self.place.as_ref().context(missing)
    }

    fn is_on(&self, on: On) -> bool {
        self.on.is_none_or(|only| only == on)
    }
}

/// # Errors
/// Where nothing can be measured. A part that fails is a row that failed.
pub(crate) fn run(setting: &Setting, plan: &Plan) -> Result<Report> {
    let file_system = process::file_system(setting.folder)?;
    ensure!(
        file_system != "tmpfs",
        "the databases would be in memory; put the target folder on a disk"
    );
    let watch = Stopwatch::start();
    let cpu_before = (process::machine_cpu_seconds()?, our_cpu_seconds()?);
    let mut rows = vec![];
    if plan.is_on(On::Sqlite) {
        rows.extend(on_sqlite(setting, plan));
    }
    if plan.is_on(On::Postgres) && plan.has(Part::Fairness) {
        let measured = plan.place();
        let measured = measured.and_then(|place| postgres::fair::measure(setting, place));
        rows.extend(or_failed(
            Part::Fairness,
            "PostgreSQL, all the rest",
            measured,
        ));
    }
    let mut on_postgres = OnPostgres::default();
    if plan.is_on(On::Postgres) && plan.has(Part::Creates) {
        let measured = measure_postgres(setting, plan, &mut on_postgres);
        rows.extend(or_failed(
            Part::Creates,
            "PostgreSQL, all the rest",
            measured,
        ));
    }
    let OnPostgres { about, cpu_seconds } = on_postgres;
    let curve = match plan.curve {
        true => curve::measure(setting).unwrap_or_else(|error| {
            rows.extend(or_failed(
                Part::Reads,
                "latency over table size",
                Err(error),
            ));
            vec![]
        }),
        false => vec![],
    };

    let seconds = watch.elapsed().as_secs_f64();
    let machine_cpu = process::machine_cpu_seconds()? - cpu_before.0;
    let our_cpu = our_cpu_seconds()? - cpu_before.1 + cpu_seconds;
    let machine = Machine {
        cores: std::thread::available_parallelism()?.get(),
        file_system,
        postgres: about,
        others_cores: (machine_cpu - our_cpu).max(0.0) / seconds,
        seconds,
    };
    Ok(Report {
        machine,
        opportunities: setting.opportunities,
        rows,
        curve,
    })
}

fn on_sqlite(setting: &Setting, plan: &Plan) -> Vec<Row> {
    /// A part, and what measures it.
    type Measured = (Part, fn(&Setting) -> Result<Vec<Row>>);
    const PARTS: [Measured; 6] = [
        (Part::Creates, creates::measure),
        (Part::Reads, reads::measure),
        (Part::Searches, searches::measure),
        (Part::Footprint, footprint::measure),
        (Part::Fairness, fairness::measure),
        (Part::Generator, reads::generator),
    ];
    let parts = PARTS.into_iter().filter(|(part, _)| plan.has(*part));
    let rows =
        parts.map(|(part, measure)| or_failed(part, "SQLite, all the rest", measure(setting)));
    rows.flatten().collect()
}

/// What a run tells of PostgreSQL besides.
#[derive(Default)]
struct OnPostgres {
    about: Option<String>,
    /// Its own processor time.
    cpu_seconds: f64,
}

fn measure_postgres(setting: &Setting, plan: &Plan, told: &mut OnPostgres) -> Result<Vec<Row>> {
    let bench = postgres::Bench::prepare(setting, plan.place()?)?;
    told.about = Some(bench.about()?);
    let rows = bench.run();
    told.cpu_seconds = bench.cpu_seconds()?;
    rows
}

/// A part that fails is a row that says so: a long run keeps what else it has measured, and ends as failed.
fn or_failed(part: Part, name: &str, measured: Result<Vec<Row>>) -> Vec<Row> {
    measured.unwrap_or_else(|error| {
        progress(&format!("{error:#}"));
        let failure = Some(error.root_cause().to_string());
        vec![Row {
            failure,
            ..Row::new(part, name)
        }]
    })
}

/// Servers and pgbench are our children.
fn our_cpu_seconds() -> Result<f64> {
    process::family_cpu_seconds(std::process::id())
}
