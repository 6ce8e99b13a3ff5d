//! `cargo xtask fuzz`: Schemathesis draws requests from the API's document, good and bad ones, sends them to a server,
//! and holds every answer against the document.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::run::target_folder;
use crate::served::Program;
use crate::tools::Tool;

/// What `cargo xtask test` spends on it.
pub(crate) const MINUTES: u64 = 3;
/// What it needs, in the repository.
const SETTINGS: &str = "spec/schemathesis";

/// Reads `--minutes N` and `--seed N`, and runs.
///
/// # Errors
/// When an answer was not as the document says; what was asked is printed, to be repeated with the same seed.
pub(crate) fn fuzz(root: &Path, args: &[String]) -> Result<()> {
    let (minutes, seed) = options(args)?;
    let folder = target_folder(root)?.join("fuzz");
    let schemathesis = install(root, &folder.join("venv"))?;

    let run = folder.join("run");
    let program = Program::build(root, &run)?;
    let ours = program.json(&["init", "--json"])?;
    let theirs = program.json(&["organization", "create", "Theirs", "--json"])?;
    prepare(root, &run, &ours, &theirs)?;
    let server = program.serve()?;

    let mut command = Command::new(schemathesis);
    command
        .arg("run")
        .arg(format!("{}/openapi.json", server.address))
        .args(["--max-time", &(minutes * 60).to_string()])
        .current_dir(&run);
    if let Some(seed) = seed {
        command.args(["--seed", &seed.to_string()]);
    }
    let status = command.status().context("cannot start Schemathesis")?;
    server.finish()?;
    ensure!(
        status.success(),
        "the server and spec/openapi.yaml differ: see above"
    );
    Ok(())
}

fn options(args: &[String]) -> Result<(u64, Option<u64>)> {
    let (mut minutes, mut seed) = (MINUTES, None);
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let value = words.next().and_then(|value| value.parse().ok());
        match (word.as_str(), value) {
            ("--minutes", Some(value)) if value > 0 => minutes = value,
            ("--seed", Some(value)) => seed = Some(value),
            _ => bail!("`{word}`: send --minutes N, --seed N, each with a whole number"),
        }
    }
    Ok((minutes, seed))
}

/// Schemathesis at the versions written down, in a folder of its own; the program.
fn install(root: &Path, venv: &Path) -> Result<PathBuf> {
    Tool::Python.require()?;
    let wanted = root.join(SETTINGS).join("requirements.txt");
    let installed = venv.join("requirements.txt");
    let program = venv.join("bin/st");
    let is_installed = fs::read(&installed).ok() == Some(fs::read(&wanted)?);
    if is_installed && program.exists() {
        return Ok(program);
    }
    println!(
        "Schemathesis is missing, installing it in {}",
        venv.display()
    );
    let mut create = Command::new("python3");
    create.args(["-m", "venv", "--clear"]).arg(venv);
    let mut fill = Command::new(venv.join("bin/python"));
    fill.args(["-m", "pip", "--quiet", "--disable-pip-version-check"])
        .args(["install", "--requirement"])
        .arg(&wanted);
    for command in [&mut create, &mut fill] {
        let is_done = command.status().is_ok_and(|status| status.success());
        ensure!(
            is_done,
            "Schemathesis is missing and {command:?} failed. It needs Python 3.10 or later and a registry of its packages."
        );
    }
    fs::copy(&wanted, &installed).context("cannot note what was installed")?;
    Ok(program)
}

/// Puts the settings where Schemathesis looks for them, with what only this run knows.
fn prepare(root: &Path, run: &Path, ours: &Value, theirs: &Value) -> Result<()> {
    for name in ["schemathesis.toml", "hooks.py"] {
        let from = root.join(SETTINGS).join(name);
        fs::copy(&from, run.join(name))
            .with_context(|| format!("cannot copy {}", from.display()))?;
    }
    let key = |name: &str, init: &Value| json!({"name": name, "fixedHeaders": [{"name": "x-api-key", "value": init["api_key"]}]});
    let keys = json!({"auth": [key("ours", ours), key("theirs", theirs)]});
    fs::write(run.join("keys.json"), keys.to_string())?;

    let stages = ours["stages"].as_array().context("no stages")?;
    let of_stages = |name: &str| stages.iter().map(|stage| stage[name].to_string()).collect();
    let dictionaries: [(&str, Vec<String>); 5] = [
        ("pipeline_id", vec![ours["pipeline_id"].to_string()]),
        ("stage_id", of_stages("stage_id")),
        ("stage_name", of_stages("label")),
        ("owner_id", vec![ours["owner"]["id"].to_string()]),
        ("owner_email", vec![ours["owner"]["email"].to_string()]),
    ];
    for (name, values) in dictionaries {
        fs::write(run.join(name).with_extension("dict"), values.join("\n"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_and_seed_are_read_and_nothing_else() {
        let read = |line: &str| {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            options(&words).ok()
        };

        assert_eq!(read(""), Some((MINUTES, None)));
        assert_eq!(read("--minutes 30 --seed 7"), Some((30, Some(7))));
        for wrong in ["--minutes", "--minutes 0", "--seed x", "--second 1"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
