//! The benchmark: `cargo xtask bench`. What it measures, and how, is in `bench/README.md`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program prints"
)]

mod creates;
mod footprint;
mod http;
mod literals;
mod load;
mod over_http;
mod postgres;
mod process;
mod raw;
mod recording;
mod report;
mod searches;
mod server;
mod stopwatch;
#[cfg_attr(
    not(test),
    expect(dead_code, unused_imports, reason = "rows come next")
)]
mod table;
#[cfg_attr(not(test), expect(dead_code, reason = "rows come next"))]
mod times;
mod work;

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, Subcommand, ValueEnum};

use report::{Machine, OnSqlite, Report};
use stopwatch::Stopwatch;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures Lanekeeper against raw SQLite and PostgreSQL, in one run on this machine.
#[derive(Parser)]
struct Args {
    /// The server's program, built for release
    #[arg(long)]
    server: PathBuf,
    /// A tenth of the work, once: shows that it runs, not how fast
    #[arg(long)]
    quick: bool,
    /// Print JSON in place of the table
    #[arg(long, global = true)]
    json: bool,
    /// Measure only this database
    #[arg(long, global = true)]
    on: Option<On>,
    /// The address of a PostgreSQL cluster, which `cargo xtask bench` brings
    #[arg(long, requires = "postgres_folder", requires = "pgbench")]
    postgres: Option<String>,
    /// The folder of that cluster
    #[arg(long)]
    postgres_folder: Option<PathBuf>,
    /// The program pgbench
    #[arg(long)]
    pgbench: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum On {
    Sqlite,
    Postgres,
}

#[derive(Subcommand)]
enum Command {
    /// Measures lists and searches on a database that it makes, or finds from an earlier run
    Search {
        /// Opportunities in the database
        #[arg(long, default_value_t = 1_000_000)]
        opportunities: usize,
    },
}

/// How much is measured.
struct Effort {
    rounds: usize,
    /// Creates that are measured with one client, and with several.
    creates_alone: usize,
    creates: usize,
    /// Creates before those.
    warm_up: usize,
    postgres_rounds: usize,
    pgbench_creates: usize,
    /// Creates that are in a PostgreSQL database before any is measured.
    creates_before: usize,
    hellos: usize,
    starts: usize,
}

const FULL: Effort = Effort {
    rounds: 5,
    creates_alone: 3_000,
    creates: 20_000,
    warm_up: 500,
    postgres_rounds: 3,
    pgbench_creates: 4_800,
    creates_before: 20_000,
    hellos: 100_000,
    starts: 9,
};
const QUICK: Effort = Effort {
    rounds: 1,
    creates_alone: 500,
    creates: 2_000,
    warm_up: 100,
    postgres_rounds: 1,
    pgbench_creates: 960,
    creates_before: 3_000,
    hellos: 10_000,
    starts: 3,
};

fn main() -> Result<()> {
    let args = Args::parse();
    if let Some(Command::Search { opportunities }) = args.command {
        anyhow::ensure!(
            args.on.is_none(),
            "searches are measured on SQLite only; leave --on out"
        );
        let report = searches::measure(&args.server, opportunities)?;
        match args.json {
            true => println!("{}", serde_json::to_string_pretty(&report)?),
            false => print!("{}", report.table()),
        }
        return Ok(());
    }
    let report = measure(&args)?;
    match args.json {
        true => println!("{}", serde_json::to_string_pretty(&report)?),
        false => print!("{}", report.table()),
    }
    Ok(())
}

fn measure(args: &Args) -> Result<Report> {
    let effort = if args.quick { QUICK } else { FULL };
    let beside = args.server.parent().context("the server has no folder")?;
    let folder = tempfile::tempdir_in(beside)?;
    let file_system = process::file_system(folder.path())?;
    ensure!(
        file_system != "tmpfs",
        "the databases would be in memory; put the target folder on a disk"
    );
    let watch = Stopwatch::start();
    let cpu_before = (process::machine_cpu_seconds()?, our_cpu_seconds()?);

    let mut sqlite = None;
    if args.on != Some(On::Postgres) {
        let bench = creates::Bench::prepare(&args.server, folder.path(), &effort)?;
        let creates = bench.run()?;
        let footprint = footprint::measure(&bench)?;
        sqlite = Some(OnSqlite { creates, footprint });
    }
    let (mut postgres, mut postgres_cpu) = (None, 0.0);
    if args.on != Some(On::Sqlite) {
        let place = args.place()?;
        let bench = postgres::Bench::prepare(&args.server, &place, folder.path(), &effort)?;
        postgres = Some(bench.run()?);
        postgres_cpu = bench.cpu_seconds()?;
    }

    let elapsed = watch.elapsed().as_secs_f64();
    let machine_cpu = process::machine_cpu_seconds()? - cpu_before.0;
    let our_cpu = our_cpu_seconds()? - cpu_before.1 + postgres_cpu;
    let machine = Machine {
        cores: std::thread::available_parallelism()?.get(),
        file_system,
        others_cores: (machine_cpu - our_cpu).max(0.0) / elapsed,
        seconds: elapsed,
    };
    Ok(Report {
        machine,
        sqlite,
        postgres,
    })
}

impl Args {
    fn place(&self) -> Result<postgres::Place> {
        let missing = "where PostgreSQL is: use `cargo xtask bench`, or `--on sqlite`";
        Ok(postgres::Place {
            url: self.postgres.clone().context(missing)?,
            folder: self.postgres_folder.clone().context(missing)?,
            pgbench: self.pgbench.clone().context(missing)?,
        })
    }
}

/// Servers and pgbench are our children.
fn our_cpu_seconds() -> Result<f64> {
    process::family_cpu_seconds(std::process::id())
}

/// Says what is being done, to the person who waits.
fn progress(text: &str) {
    eprintln!("{text}");
}
