//! The benchmark: `cargo xtask bench`. What it measures, and how, is in `bench/README.md`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program prints"
)]

mod asked;
mod creates;
mod curve;
mod effort;
mod fairness;
mod footprint;
mod hello;
mod http;
mod literals;
mod load;
mod over_http;
mod picture;
mod postgres;
mod pressure;
mod process;
mod raw;
mod reads;
mod recording;
mod report;
mod run;
mod save;
mod searches;
mod server;
mod stopwatch;
mod table;
mod times;
mod work;
mod world;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, Subcommand, ValueEnum};

use effort::{FULL, QUICK, Setting};
use run::Plan;
use table::{Part, Style};

/// Measures Lanekeeper against raw SQLite, PostgreSQL and a server that does nothing, in one run on this machine.
#[derive(Parser)]
#[command(subcommand_negates_reqs = true)]
struct Args {
    /// The server's program, built for release
    #[arg(long, required = true)]
    server: Option<PathBuf>,
    /// A tenth of the work, once: shows that it runs, not how fast
    #[arg(long)]
    quick: bool,
    /// Print JSON in place of the table
    #[arg(long)]
    json: bool,
    /// Print Markdown in place of the table, as it is in README.md
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// Measure only these, such as `creates,searches`
    #[arg(long, value_name = "PARTS", value_delimiter = ',')]
    only: Vec<Part>,
    /// Measure only this database
    #[arg(long)]
    on: Option<On>,
    /// Opportunities in the full database: a million, or ten thousand with --quick
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1_000..=1_000_000))]
    opportunities: Option<u32>,
    /// How often creates are measured; the table has the medians
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=99))]
    rounds: Option<u32>,
    /// Where a run of everything leaves its picture, and its table in README.md
    #[arg(long, value_name = "FOLDER")]
    save: Option<PathBuf>,
    /// What a build takes after one file of the core was touched
    #[arg(long, value_name = "SECONDS")]
    rebuild_seconds: Option<f64>,
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
    /// Serve next to nothing, to be measured
    #[command(hide = true)]
    Hello {
        #[arg(long)]
        listen: SocketAddr,
    },
}

fn main() -> Result<()> {
    let args = Args::parse();
    if let Some(Command::Hello { listen }) = args.command {
        return hello::serve(listen);
    }
    let server = args.server.as_deref().context("no server")?;
    let mut effort = if args.quick { QUICK } else { FULL };
    if let Some(rounds) = args.rounds {
        effort.rounds = rounds as usize;
    }
    let kept = server.parent().context("the server has no folder")?;
    let folder = tempfile::tempdir_in(kept)?;
    let opportunities = args.opportunities.map(|count| count as usize);
    let setting = Setting {
        server,
        effort: &effort,
        folder: folder.path(),
        kept,
        opportunities: opportunities.unwrap_or(effort.opportunities),
        rebuild_seconds: args.rebuild_seconds,
    };
    let is_all = !args.quick && args.only.is_empty() && args.on.is_none();
    let plan = Plan {
        place: args.place(),
        curve: is_all || args.only.contains(&Part::Curve),
        only: args.only,
        on: args.on,
    };
    let report = run::run(&setting, &plan)?;
    match (args.json, args.markdown) {
        (true, _) => println!("{}", serde_json::to_string_pretty(&report)?),
        (_, true) => print!("{}", report.text(Style::Markdown)),
        _ => print!("{}", report.text(Style::Terminal)),
    }
    if let Some(folder) = args.save {
        save::picture(&report, &folder)?;
        if is_all {
            save::table(&report, &folder)?;
        }
    }
    let failed = report.rows.iter().filter(|row| row.failure.is_some());
    let failed = failed.count();
    ensure!(failed == 0, "requests of {failed} rows failed: see above");
    Ok(())
}

impl Args {
    fn place(&self) -> Option<postgres::Place> {
        Some(postgres::Place {
            url: self.postgres.clone()?,
            folder: self.postgres_folder.clone()?,
            pgbench: self.pgbench.clone()?,
        })
    }
}

/// Says what is being done, to the person who waits.
fn progress(text: &str) {
    eprintln!("{text}");
}
