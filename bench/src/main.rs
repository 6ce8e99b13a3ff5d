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
mod process;
mod raw;
mod recording;
mod report;
mod searches;
mod server;
mod stopwatch;
mod work;

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, Subcommand};

use report::{Machine, Report};
use stopwatch::Stopwatch;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures Lanekeeper against raw SQLite, in one run on this machine.
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
    #[command(subcommand)]
    command: Option<Command>,
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
    hellos: usize,
    starts: usize,
}

const FULL: Effort = Effort {
    rounds: 5,
    creates_alone: 3_000,
    creates: 20_000,
    warm_up: 500,
    hellos: 100_000,
    starts: 9,
};
const QUICK: Effort = Effort {
    rounds: 1,
    creates_alone: 500,
    creates: 2_000,
    warm_up: 100,
    hellos: 10_000,
    starts: 3,
};

fn main() -> Result<()> {
    let args = Args::parse();
    if let Some(Command::Search { opportunities }) = args.command {
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

    let bench = creates::Bench::prepare(&args.server, folder.path(), &effort)?;
    let creates = bench.run()?;
    let footprint = footprint::measure(&bench)?;

    let elapsed = watch.elapsed().as_secs_f64();
    let machine_cpu = process::machine_cpu_seconds()? - cpu_before.0;
    let our_cpu = our_cpu_seconds()? - cpu_before.1 + bench.server_cpu_seconds();
    let machine = Machine {
        cores: std::thread::available_parallelism()?.get(),
        file_system,
        others_cores: (machine_cpu - our_cpu).max(0.0) / elapsed,
        seconds: elapsed,
    };
    Ok(Report {
        machine,
        creates,
        footprint,
    })
}

fn our_cpu_seconds() -> Result<f64> {
    process::cpu_seconds(std::process::id())
}

/// Says what is being done, to the person who waits.
fn progress(text: &str) {
    eprintln!("{text}");
}
