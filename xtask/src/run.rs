//! `cargo xtask run`: build the server so that it is fast and soon there, then become it.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo::cargo;
use crate::tools::Tool;

/// Does not return if all goes well: xtask is replaced by the server, so that Ctrl-C and `kill` reach the
/// server and its exit status is ours. Runs in the repository's folder, where the database file is ignored
/// by git.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<()> {
    Tool::CCompiler.require()?;
    let build = ["build", "--profile", "quick", "--package", "lanekeeper"];
    let status = cargo()
        .args(build)
        .current_dir(root)
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        bail!("`cargo {}` failed: see above", build.join(" "));
    }

    let binary = target_folder(root)?.join("quick/lanekeeper");
    let error = Command::new(&binary)
        .args(["serve", "--init"])
        .args(args)
        .current_dir(root)
        .exec();
    Err(error).with_context(|| format!("cannot start {}", binary.display()))
}

/// Asks cargo, because `CARGO_TARGET_DIR` and configuration files may move it.
pub(crate) fn target_folder(root: &Path) -> Result<PathBuf> {
    let mut metadata = cargo();
    metadata
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(root);
    let output = metadata.output().context("cannot start cargo")?;
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout)
        .context("`cargo metadata` did not answer in JSON")?;
    let folder = answer["target_directory"]
        .as_str()
        .context("`cargo metadata` names no target_directory")?;
    Ok(PathBuf::from(folder))
}
