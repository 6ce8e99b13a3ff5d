//! `cargo xtask client`: a client in TypeScript, generated from the API's document, compiles and does its work.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::run::target_folder;
use crate::served::Program;
use crate::tools::Tool;

const PROJECT: &str = "clients/typescript";

/// # Errors
/// When the generated client does not compile, or when its tests fail against a server of their own.
pub(crate) fn client(root: &Path) -> Result<()> {
    Tool::Node.require()?;
    let npm = |args: &[&str]| {
        let mut npm = Command::new("npm");
        npm.args(args)
            .args(["--no-audit", "--no-fund", "--no-update-notifier"])
            .current_dir(root.join(PROJECT));
        npm
    };
    succeed(&mut npm(&["ci"]))?;

    let program = Program::build(root, &target_folder(root)?.join("client"))?;
    let init = program.json(&["init", "--json"])?;
    let text = |name: &str| init[name].as_str().context("init said something else");
    let server = program.serve()?;
    let tests = succeed(
        npm(&["test"])
            .env("LANEKEEPER_URL", &server.address)
            .env("LANEKEEPER_KEY", text("api_key")?)
            .env("LANEKEEPER_PIPELINE_ID", text("pipeline_id")?),
    );
    server.finish()?;
    tests
}

fn succeed(npm: &mut Command) -> Result<()> {
    let status = npm.status().context("cannot start npm")?;
    let words: Vec<_> = npm.get_args().map(|word| word.to_string_lossy()).collect();
    ensure!(
        status.success(),
        "`npm {}` failed in {PROJECT}: see above",
        words.join(" ")
    );
    Ok(())
}
