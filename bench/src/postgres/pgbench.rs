//! pgbench: the recorded statements on any number of connections, and nothing else.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use lanekeeper_store::recording::postgres_options;

use super::script::{Recording, Statements};

/// Runs the script on a database that has its values: transactions per second.
///
/// # Errors
/// If pgbench met any error, or did not run every transaction.
pub(crate) fn run(
    program: &Path,
    url: &str,
    recording: &Recording,
    statements: Statements,
    (clients, each): (usize, usize),
) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("create.sql");
    fs::write(&file, recording.script(statements))?;
    let threads = std::thread::available_parallelism()?.get().min(clients);
    let mut pgbench = Command::new(program);
    pgbench
        // Those who wait for the lock may wait as long as it takes.
        .env("PGOPTIONS", postgres_options() + " -c statement_timeout=0")
        .args(["--no-vacuum", "--protocol=prepared"])
        .arg(format!("--client={clients}"))
        .arg(format!("--jobs={threads}"))
        .arg(format!("--transactions={each}"))
        .arg(format!("--define=each={each}"))
        .arg("--define=turn=0");
    for (name, value) in &recording.constants {
        pgbench.arg(format!("--define={name}={value}"));
    }
    let output = pgbench.arg("--file").arg(&file).arg(url).output();
    let output = output.with_context(|| format!("cannot start {}", program.display()))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "pgbench failed:\n{said}{complaint}"
    );
    let (ran, per_second) = figures(&said).with_context(|| said.clone())?;
    ensure!(
        ran == clients * each,
        "pgbench ran {ran} of {} transactions:\n{said}{complaint}",
        clients * each
    );
    Ok(per_second)
}

/// How many transactions ran without an error, and how many of them in a second.
fn figures(said: &str) -> Option<(usize, f64)> {
    let behind = |name: &str| said.lines().find_map(|line| line.strip_prefix(name));
    let ran = behind("number of transactions actually processed: ")?;
    let ran = ran.split('/').next()?.parse().ok()?;
    let failed = behind("number of failed transactions: ");
    if failed.is_some_and(|failed| !failed.starts_with("0 ")) {
        return None;
    }
    let per_second = behind("tps = ")?.split(' ').next()?.parse().ok()?;
    Some((ran, per_second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_unless_a_transaction_failed() {
        let said = |failed: &str| {
            format!(
                "number of transactions actually processed: 480/480\n\
                 number of failed transactions: {failed} (0.000%)\n\
                 latency average = 1.250 ms\n\
                 tps = 799.500000 (without initial connection time)\n"
            )
        };

        assert_eq!(figures(&said("0")), Some((480, 799.5)));
        assert_eq!(figures(&said("1")), None);
    }
}
