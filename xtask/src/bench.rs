//! `cargo xtask bench`: build the server and the benchmark as for a release, then run the benchmark on it.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::{Instant, SystemTime};

use anyhow::{Context, Result, bail};

use crate::cargo::cargo;
use crate::postgres::{Cluster, program};
use crate::run::target_folder;
use crate::tools::Tool;

/// What a developer touches most.
const TOUCHED: &str = "crates/core/src/plan.rs";

/// Two builds, because they want different things of the store: what is measured is built without what the benchmark
/// needs to look inside.
pub(crate) fn bench(root: &Path, args: &[String]) -> Result<()> {
    Tool::CCompiler.require()?;
    for package in ["lanekeeper", "lanekeeper-bench"] {
        let words = ["build", "--release", "--locked", "--package", package];
        succeed(cargo().args(words).current_dir(root))?;
    }
    let folder = target_folder(root)?.join("release");
    let mut bench = Command::new(folder.join("lanekeeper-bench"));
    bench.arg("--server").arg(folder.join("lanekeeper"));
    bench.arg("--save").arg(root.join("bench"));
    if builds(args) {
        let seconds = rebuild_seconds(root)?;
        bench.args(["--rebuild-seconds", &format!("{seconds:.1}")]);
    }
    let cluster = needs_postgres(args).then(Cluster::start).transpose()?;
    if let Some(cluster) = &cluster {
        bench.args(["--postgres", &cluster.url]);
        bench.arg("--postgres-folder").arg(&cluster.folder);
        bench.arg("--pgbench").arg(program("pgbench"));
    }
    succeed(bench.args(args))
}

/// Creates and fairness are measured on both databases, unless one is named; nothing else needs PostgreSQL.
fn needs_postgres(args: &[String]) -> bool {
    let is_measured = measures(args, "creates") || measures(args, "fairness");
    option(args, "--on").is_none_or(|on| on == "postgres") && is_measured
}

/// A quick run leaves builds alone.
fn builds(args: &[String]) -> bool {
    let is_quick = args.iter().any(|arg| arg == "--quick");
    !is_quick && option(args, "--on") != Some("postgres") && measures(args, "footprint")
}

/// Whether a part is among those that are asked for: all, if none is named.
fn measures(args: &[String], part: &str) -> bool {
    option(args, "--only").is_none_or(|only| only.split(',').any(|named| named == part))
}

/// The value of an option, as `--name value` or `--name=value`.
fn option<'a>(args: &'a [String], name: &str) -> Option<&'a str> {
    let mut args = args.iter();
    let value = args.find_map(|arg| arg.strip_prefix(name).filter(|rest| is_end(rest)))?;
    match value.strip_prefix('=') {
        Some(value) => Some(value),
        None => args.next().map(String::as_str),
    }
}

/// `--only` is not `--on` with something behind it.
fn is_end(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('=')
}

/// What a developer waits for after a change in the core: the build of the program that everything else is in.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn rebuild_seconds(root: &Path) -> Result<f64> {
    let build = || {
        let mut cargo = cargo();
        let words = ["build", "--quiet", "--locked", "--package", "lanekeeper"];
        succeed(cargo.args(words).current_dir(root))
    };
    build()?;
    let touched = File::options().append(true).open(root.join(TOUCHED))?;
    touched.set_modified(SystemTime::now())?;
    let watch = Instant::now();
    build()?;
    Ok(watch.elapsed().as_secs_f64())
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {command:?}"))?;
    if !status.success() {
        bail!("{command:?} failed: see above");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn postgres_is_brought_for_creates_and_fairness_and_for_nothing_else() {
        for line in [
            "",
            "--quick --json",
            "--only reads,creates",
            "--only fairness",
            "--on=postgres",
        ] {
            assert!(needs_postgres(&args(line)), "{line}");
        }
        for line in ["--on sqlite", "--only reads", "--only=searches --quick"] {
            assert!(!needs_postgres(&args(line)), "{line}");
        }
    }

    #[test]
    fn a_quick_run_builds_nothing_besides() {
        assert!(builds(&args("--only footprint")));
        assert!(!builds(&args("--quick --only footprint")));
        assert!(!builds(&args("--only reads")));
    }
}
