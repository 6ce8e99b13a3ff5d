//! `cargo xtask test`: every check of this repository, one after the other, stopping at the first that fails.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::cargo::cargo;
use crate::client;
use crate::fuzz;
use crate::instructions;
use crate::postgres::Cluster;
use crate::screen::{Screen, spoken};
use crate::tidy;
use crate::tools::Tool;

struct Check {
    name: &'static str,
    tools: &'static [Tool],
    work: Work,
}

enum Work {
    /// A command of this program.
    Ours(&'static str, fn(&Path) -> Result<()>),
    Cargo(&'static [&'static str]),
    /// A cargo command with one more environment variable.
    CargoWith((&'static str, &'static str), &'static [&'static str]),
    /// Likewise, beside a PostgreSQL of its own.
    CargoOnPostgres((&'static str, &'static str), &'static [&'static str]),
}

/// In the order of how soon each one tells something. Packages in two versions are worth knowing, not worth
/// five hundred lines in every run: `cargo deny check` by hand shows them.
const CHECKS: [Check; 11] = [
    Check {
        name: "format",
        tools: &[Tool::Rustfmt],
        work: Work::Cargo(&["fmt", "--all", "--check"]),
    },
    Check {
        name: "lints",
        tools: &[Tool::Clippy, Tool::CCompiler],
        work: Work::Cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]),
    },
    Check {
        name: "tidy",
        tools: &[],
        work: Work::Ours("cargo xtask tidy", tidy::tidy),
    },
    TESTS,
    Check {
        name: "instructions",
        tools: &[Tool::Valgrind, Tool::CCompiler],
        work: Work::Ours("cargo xtask bench instructions", |root| {
            instructions::instructions(root, &[])
        }),
    },
    TESTS_ON_POSTGRES,
    Check {
        name: "doc tests",
        tools: &[],
        work: Work::Cargo(&["test", "--doc", "--workspace", "--locked"]),
    },
    Check {
        name: "docs",
        tools: &[],
        work: Work::CargoWith(
            ("RUSTDOCFLAGS", "-D warnings"),
            &["doc", "--workspace", "--no-deps", "--locked"],
        ),
    },
    Check {
        name: "dependencies",
        tools: &[Tool::Deny],
        work: Work::Cargo(&[
            "deny",
            "--locked",
            "check",
            "--allow",
            "duplicate",
            "bans",
            "licenses",
            "sources",
        ]),
    },
    Check {
        name: "client",
        tools: &[Tool::Node],
        work: Work::Ours("cargo xtask client", client::client),
    },
    Check {
        name: "fuzz",
        tools: &[Tool::Python],
        work: Work::Ours("cargo xtask fuzz", |root| fuzz::fuzz(root, &[])),
    },
];

const TESTS: Check = Check {
    name: "tests",
    tools: &[Tool::Nextest, Tool::CCompiler, Tool::Strace, Tool::Curl],
    work: Work::Cargo(&["nextest", "run", "--workspace", "--locked"]),
};

/// What takes part in storing, once more: `.config/nextest.toml` says which tests are about one database only.
const TESTS_ON_POSTGRES: Check = Check {
    name: "on PostgreSQL",
    tools: &[Tool::Nextest, Tool::CCompiler, Tool::Curl, Tool::Postgres],
    work: Work::CargoOnPostgres(
        ("LANEKEEPER_TEST_DATABASE", "postgres"),
        &[
            "nextest",
            "run",
            "--workspace",
            "--locked",
            "--profile",
            "postgres",
        ],
    ),
};
/// How nextest ends where no test has been selected.
const NO_TESTS: i32 = 4;
/// Where tests find the PostgreSQL.
const POSTGRES_URL: &str = "LANEKEEPER_TEST_POSTGRES";

const NOT_INCLUDED: &str =
    "Not part of this, because it fetches a database of advisories: cargo deny check advisories";

/// Runs every check and ends with a table of them.
///
/// # Errors
/// Names the check that failed and the command that runs it alone.
pub(crate) fn run_all(root: &Path) -> Result<()> {
    for tool in CHECKS.iter().flat_map(|check| check.tools) {
        tool.require()?;
    }

    let screen = Screen::of_stdout();
    let mut times = Vec::new();
    let mut failure = None;
    for check in &CHECKS {
        let (time, result) = timed(screen, check, root, &[]);
        times.push(time);
        if let Err(error) = result {
            failure = Some((check, error));
            break;
        }
    }

    println!("\n{}", screen.bold("== summary"));
    print!("{}", table(screen, &times, failure.is_some()));
    println!("{}\n", screen.faint(NOT_INCLUDED));
    let total = spoken(times.iter().sum());
    match failure {
        None => println!(
            "{}",
            screen.green(&format!("All {} checks passed in {total}.", CHECKS.len()))
        ),
        Some((check, error)) => {
            return Err(error.context(format!("the check `{}` failed after {total}", check.name)));
        }
    }
    Ok(())
}

/// Runs only the tests that `args`, arguments of `cargo nextest run`, select; on both databases.
///
/// # Errors
/// Names the command that failed; or says that there are no such tests.
pub(crate) fn run_tests(root: &Path, args: &[String]) -> Result<()> {
    let mut found = false;
    for check in [&TESTS, &TESTS_ON_POSTGRES] {
        for tool in check.tools {
            tool.require()?;
        }
        match timed(Screen::of_stdout(), check, root, args).1 {
            Err(error) if error.is::<NoTests>() => {}
            result => found = result.map(|()| true)?,
        }
    }
    ensure!(found, "there is no such test");
    Ok(())
}

fn timed(screen: Screen, check: &Check, root: &Path, args: &[String]) -> (Duration, Result<()>) {
    let header = format!("== {}: {}", check.name, command_line(&check.work, args));
    println!("\n{}", screen.bold(&header));
    let started = now();
    let result = perform(&check.work, root, args);
    let time = started.elapsed();
    let verdict = match &result {
        Ok(()) => screen.green("ok"),
        Err(error) if error.is::<NoTests>() => screen.faint("has none"),
        Err(_) => screen.red("FAILED"),
    };
    println!("-- {} {verdict}, {}", check.name, spoken(time));
    (time, result)
}

fn perform(work: &Work, root: &Path, args: &[String]) -> Result<()> {
    let mut cargo = cargo();
    let mut cluster = None;
    match work {
        Work::Ours(_, perform) => return perform(root),
        Work::Cargo(words) => cargo.args(*words),
        Work::CargoWith((name, value), words) => cargo.args(*words).env(name, value),
        Work::CargoOnPostgres((name, value), words) => {
            let cluster = cluster.insert(Cluster::start()?);
            cargo
                .args(*words)
                .env(name, value)
                .env(POSTGRES_URL, &cluster.url)
        }
    };
    let status = cargo
        .args(args)
        .current_dir(root)
        .status()
        .context("cannot start cargo")?;
    match status.code() {
        Some(0) => Ok(()),
        Some(NO_TESTS) if is_nextest(work) => Err(NoTests.into()),
        _ => bail!("see above; alone: {}", alone(work, args)),
    }
}

#[derive(Debug)]
struct NoTests;

impl std::fmt::Display for NoTests {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("no test was selected")
    }
}

impl std::error::Error for NoTests {}

fn is_nextest(work: &Work) -> bool {
    match work {
        Work::Cargo(words) | Work::CargoOnPostgres(_, words) => words[0] == "nextest",
        Work::Ours(..) | Work::CargoWith(..) => false,
    }
}

/// What runs it once more. A PostgreSQL comes only with our command.
fn alone(work: &Work, args: &[String]) -> String {
    match work {
        Work::CargoOnPostgres(..) if args.is_empty() => "cargo xtask test NAME".to_owned(),
        Work::CargoOnPostgres(..) => format!("cargo xtask test {}", args.join(" ")),
        _ => command_line(work, args),
    }
}

/// The check as one would type it.
fn command_line(work: &Work, args: &[String]) -> String {
    let words = match work {
        Work::Ours(line, _) => (*line).to_owned(),
        Work::Cargo(words) => format!("cargo {}", words.join(" ")),
        Work::CargoWith((name, value), words) | Work::CargoOnPostgres((name, value), words) => {
            format!("{name}='{value}' cargo {}", words.join(" "))
        }
    };
    [&[words], args].concat().join(" ")
}

/// One line per check. `times` has those that ran; if `failed`, the last of them did.
fn table(screen: Screen, times: &[Duration], failed: bool) -> String {
    let mut lines = String::new();
    for (index, check) in CHECKS.iter().enumerate() {
        let last = index + 1 == times.len();
        let verdict = match times.get(index) {
            None => screen.faint(&format!("{:<8}", "not run")),
            Some(_) if failed && last => screen.red(&format!("{:<8}", "FAILED")),
            Some(_) => screen.green(&format!("{:<8}", "ok")),
        };
        let time = times.get(index).copied().map(spoken).unwrap_or_default();
        lines += &format!("{:<14}{verdict}{time:>12}", check.name);
        lines.truncate(lines.trim_end().len());
        lines.push('\n');
    }
    lines
}

#[expect(
    clippy::disallowed_methods,
    reason = "a stopwatch for the person who waits; nothing depends on it"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_tells_what_passed_what_failed_and_what_was_not_run() {
        let times = [Duration::from_millis(400), Duration::from_secs(75)];

        let table = table(Screen::PLAIN, &times, true);
        let lines: Vec<&str> = table.lines().collect();

        assert_eq!(lines[0], "format        ok             0.4 s");
        assert_eq!(lines[1], "lints         FAILED    1 min 15 s");
        assert_eq!(lines[2], "tidy          not run");
        assert_eq!(lines.len(), CHECKS.len());
    }

    #[test]
    fn a_check_is_shown_as_one_would_type_it() {
        let docs = Work::CargoWith(("RUSTDOCFLAGS", "-D warnings"), &["doc"]);

        assert_eq!(
            command_line(&docs, &[]),
            "RUSTDOCFLAGS='-D warnings' cargo doc"
        );
        assert_eq!(
            command_line(&TESTS.work, &["bulk".to_owned()]),
            "cargo nextest run --workspace --locked bulk"
        );
    }
}
