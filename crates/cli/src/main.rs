//! The command line: `lanekeeper init`, `serve`, `key`, `organization`, `copy`, `conformance`.
#![expect(clippy::print_stdout, reason = "a command line program prints")]

mod args;
mod conformance;
mod copy;
mod init;
mod key;
mod organization;
mod screen;
mod serve;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use lanekeeper_store::{Access, Clock, Settings, Store};

use args::{Args, Command};

/// Why a command ended without having done what it was asked.
enum Failure {
    /// The database is set up already: nothing was touched.
    AlreadySetUp(String),
    /// A server differs from the contract: the report says where.
    Differs,
    /// A server could not be judged.
    CannotJudge(anyhow::Error),
    /// Anything else.
    Other(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

/// The exit status of `init` on a database that is set up already.
const ALREADY_SET_UP: u8 = 3;
/// The exit status of `conformance` where there is nothing to report.
const CANNOT_JUDGE: u8 = 4;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let result = match args.command {
        Command::Init(ref options) => init::run(&args.database, options).await,
        Command::Serve(options) => serve::run(&args.database, options).await,
        Command::Key(ref command) => key::run(&args.database, command).await,
        Command::Organization(ref command) => organization::run(&args.database, command).await,
        Command::Copy(ref options) => copy::run(options).await,
        Command::Conformance(ref options) => conformance::run(options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::AlreadySetUp(message)) => {
            complain(&message);
            ExitCode::from(ALREADY_SET_UP)
        }
        Err(Failure::Differs) => ExitCode::FAILURE,
        Err(Failure::CannotJudge(error)) => {
            complain(&format!("{error:#}"));
            ExitCode::from(CANNOT_JUDGE)
        }
        Err(Failure::Other(error)) => {
            complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Says what went wrong, to people: standard output is for results.
fn complain(message: &str) {
    // Nothing can be said where there is nowhere to say it.
    drop(writeln!(std::io::stderr(), "lanekeeper: {message}"));
}

/// Opens the database for a short command, beside a server that may be running.
async fn open(database: &lanekeeper_store::Database) -> anyhow::Result<(Store, Clock)> {
    let clock = Clock::default();
    let store = Store::open(
        database,
        Access::Command,
        Settings::default(),
        clock.clone(),
    )
    .await?;
    Ok((store, clock))
}
