//! `cargo xtask bench`: build the server and the benchmark as for a release, then run the benchmark on it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::postgres::{Cluster, program};
use crate::run::target_folder;
use crate::tools::Tool;

/// Two builds, because they want different things of the store: what is measured is built without what the benchmark
/// needs to look inside.
pub(crate) fn bench(root: &Path, args: &[String]) -> Result<()> {
    Tool::CCompiler.require()?;
    for package in ["lanekeeper", "lanekeeper-bench"] {
        succeed(
            Command::new("cargo")
                .args(["build", "--release", "--locked", "--package", package])
                .current_dir(root),
        )?;
    }
    let folder = target_folder(root)?.join("release");
    let mut bench = Command::new(folder.join("lanekeeper-bench"));
    bench.arg("--server").arg(folder.join("lanekeeper"));
    let cluster = needs_postgres(args).then(Cluster::start).transpose()?;
    if let Some(cluster) = &cluster {
        bench.args(["--postgres", &cluster.url]);
        bench.arg("--postgres-folder").arg(&cluster.folder);
        bench.arg("--pgbench").arg(program("pgbench"));
    }
    succeed(bench.args(args))
}

/// Creates are measured on both databases, unless one is named.
fn needs_postgres(args: &[String]) -> bool {
    let named = args.windows(2).find(|pair| pair[0] == "--on");
    match named {
        Some(pair) => pair[1] == "postgres",
        None => !args.iter().any(|arg| arg == "search"),
    }
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
