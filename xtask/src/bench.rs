//! `cargo xtask bench`: build the server and the benchmark as for a release, then run the benchmark on it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

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
    succeed(
        Command::new(folder.join("lanekeeper-bench"))
            .arg("--server")
            .arg(folder.join("lanekeeper"))
            .args(args),
    )
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
