//! The repository's commands, so that nobody has to remember flags: `cargo xtask --help`.
//!
//! Knows nothing about the product: it calls cargo, reads files and talks to the person at the keyboard.

#![expect(clippy::print_stdout, reason = "a command's answer belongs on stdout")]

mod bench;
mod cargo;
mod checks;
mod client;
mod fuzz;
mod instructions;
mod postgres;
mod run;
mod screen;
mod served;
mod tidy;
mod tools;

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
The repository's commands.

Usage: cargo xtask <COMMAND>

Commands:
  run [-- ARGS]   Build Lanekeeper and serve it; ARGS go to `lanekeeper serve`
  test            Every check: format, lints, tidy, tests on SQLite, instructions, tests on PostgreSQL,
                  doc tests, docs, dependencies, client, fuzz
  test NAME...    Only the tests whose names contain one of these (any `cargo nextest run` argument),
                  on both databases
  bench           Measure everything there is a target for; bench/README.md explains the figures
    --quick                   a tenth of the work on a small database, in two minutes
    --only PARTS              of creates, reads, searches, footprint, fairness, generator
    --on sqlite|postgres      creates on one database only
    --opportunities COUNT     the size of the full database (a million)
    --rounds COUNT            how often creates are measured (3; the table has the medians)
    --json, --markdown        for programs, for a page
  bench instructions [--accept]
                  Count the instructions of fixed pieces of work, and compare them with the committed
                  figures; or commit to the new ones
  client          Generate the client in TypeScript, compile it, and run its tests against a server
  fuzz [--minutes N] [--seed N]
                  Hold a running server against spec/openapi.yaml with Schemathesis
  tidy            Only the rules of this repository that no other tool knows
";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&error),
    }
}

fn dispatch(args: &[String]) -> Result<()> {
    let root = repository();
    let (command, rest) = match args.split_first() {
        Some((command, rest)) if !asks_for_help(args) => (command.as_str(), rest),
        _ => ("help", [].as_slice()),
    };
    match (command, rest) {
        ("run", rest) => run::run(&root, after_separator(rest)),
        ("test", []) => checks::run_all(&root),
        ("test", rest) => checks::run_tests(&root, after_separator(rest)),
        ("bench", [what, rest @ ..]) if what == "instructions" => {
            instructions::instructions(&root, rest)
        }
        ("bench", rest) => bench::bench(&root, after_separator(rest)),
        ("client", []) => client::client(&root),
        ("fuzz", rest) => fuzz::fuzz(&root, after_separator(rest)),
        ("tidy", []) => tidy::tidy(&root),
        ("help", []) => {
            print!("{HELP}");
            Ok(())
        }
        _ => bail!("`{}` is no command\n\n{HELP}", args.join(" ")),
    }
}

/// What stands after `--` is for the program that is started, `--help` too.
fn asks_for_help(args: &[String]) -> bool {
    let ours = args.iter().take_while(|arg| *arg != "--");
    ours.into_iter().any(|arg| arg == "--help" || arg == "-h")
}

fn after_separator(args: &[String]) -> &[String] {
    match args.split_first() {
        Some((first, rest)) if first == "--" => rest,
        _ => args,
    }
}

/// The folder that holds the workspace. Cargo says where xtask is when it runs it; the compiled-in place
/// is for who starts the binary by hand.
fn repository() -> PathBuf {
    let xtask =
        env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&xtask)
        .parent()
        .expect("xtask is a folder of the repository")
        .to_path_buf()
}

#[expect(clippy::print_stderr, reason = "an error belongs on stderr")]
fn complain(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn help_after_the_separator_is_for_the_server() {
        assert!(asks_for_help(&args("run --help")));
        assert!(!asks_for_help(&args("run -- --help")));
    }

    #[test]
    fn the_separator_is_optional_and_not_passed_on() {
        assert_eq!(after_separator(&args("-- --port 1")), args("--port 1"));
        assert_eq!(after_separator(&args("--port 1")), args("--port 1"));
        assert!(after_separator(&[]).is_empty());
    }
}
