//! `cargo xtask bench instructions`: counts what fixed pieces of work cost in instructions, and holds the counts against the
//! committed ones. Unlike times they are the same on a busy machine.

mod figures;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::cargo::cargo;
use crate::run::target_folder;
use crate::screen::Screen;
use crate::tools::Tool;
use figures::{Comparison, Counts, Figures};

/// The committed figures, in the repository.
const FIGURES: &str = "bench/instructions/figures.json";
const PROGRAM: &str = "instructions";
/// The function within which the program's instructions count.
const COUNTED: &str = "*instructions*counted*";

/// What is compiled as for a release, though without the long link. Everything else is there from the tests.
const OPTIMISED: [&str; 5] = [
    "lanekeeper-core",
    "lanekeeper-wire",
    "lanekeeper-store",
    "lanekeeper-wal",
    "lanekeeper-instructions",
];
const AS_FOR_A_RELEASE: [&str; 5] = [
    "opt-level=3",
    "codegen-units=1",
    "debug=0",
    "debug-assertions=false",
    "overflow-checks=false",
];

/// Counts, prints the table, and fails if it differs from the committed one; with `--accept`, commits to the new one.
///
/// # Errors
/// What differs, and what to do about it.
pub(crate) fn instructions(root: &Path, args: &[String]) -> Result<()> {
    let is_accepted = match args {
        [] => false,
        [accept] if accept == "--accept" => true,
        _ => bail!("`{}`: send --accept or nothing", args.join(" ")),
    };
    let path = root.join(FIGURES);
    let committed = fs::read_to_string(&path).with_context(|| format!("cannot read {FIGURES}"))?;
    let committed: Figures = committed.parse().context(FIGURES)?;
    let (counts, machine) = (count(root)?, machine()?);

    let comparison = committed.compare(&counts);
    println!("{}", comparison.table(Screen::of_stdout()));
    if is_accepted {
        let accepted = committed.accepting(counts, machine);
        fs::write(&path, accepted.to_string())
            .with_context(|| format!("cannot write {FIGURES}"))?;
        println!("{FIGURES} has the new figures.");
        return Ok(());
    }
    judge(&comparison, &committed.machine, &machine)
}

fn judge(comparison: &Comparison, then: &str, now: &str) -> Result<()> {
    let Some(complaint) = comparison.complaint() else {
        return Ok(());
    };
    if architecture(then) != architecture(now) {
        println!(
            "NOT COMPARED: the committed figures are of {then}, and this is {now}, whose instructions are others."
        );
        return Ok(());
    }
    let other = match then == now {
        true => String::new(),
        false => format!(
            "\nThe committed figures are of {then}, and this is {now}: that alone can make a difference."
        ),
    };
    bail!("{complaint}{other}");
}

/// How many instructions each piece of work takes.
fn count(root: &Path) -> Result<Counts> {
    Tool::CCompiler.require()?;
    Tool::Valgrind.require()?;
    let program = build(root)?;
    let folder = target_folder(root)?.join("instructions");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let list = Command::new(&program)
        .output()
        .context("cannot start what is to be counted")?;
    let list = String::from_utf8(list.stdout)?;
    let work = list.lines().map(|line| {
        let (times, name) = line.split_once('\t').context("a line without a name")?;
        let total = count_one(&program, name, &folder)?;
        Ok((name.to_owned(), total / times.parse::<u64>()?))
    });
    let counts: Counts = work.collect::<Result<_>>()?;
    println!(
        "Where they are spent: callgrind_annotate \"{}/NAME.out\"",
        folder.display()
    );
    ensure!(!counts.is_empty(), "there is nothing to count");
    Ok(counts)
}

/// The program, compiled beside that of the tests and with the same dependencies.
fn build(root: &Path) -> Result<PathBuf> {
    let mut cargo = cargo();
    cargo
        .args(["build", "--locked", "--workspace", "--bench", PROGRAM])
        .args(["--message-format", "json-render-diagnostics"])
        .env("CARGO_INCREMENTAL", "0")
        .current_dir(root);
    for package in OPTIMISED {
        for setting in AS_FOR_A_RELEASE {
            cargo.arg("--config");
            cargo.arg(format!("profile.dev.package.{package}.{setting}"));
        }
    }
    let built = cargo.stderr(std::process::Stdio::inherit()).output();
    let built = built.context("cannot start cargo")?;
    ensure!(built.status.success(), "`{cargo:?}` failed: see above");
    let messages = String::from_utf8(built.stdout)?;
    let mut artifacts = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let artifact = artifacts.find(|message| message["target"]["name"] == PROGRAM);
    let executable = artifact.and_then(|message| Some(message["executable"].as_str()?.into()));
    executable.context("cargo does not say where the program is")
}

fn count_one(program: &Path, name: &str, folder: &Path) -> Result<u64> {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let file = folder.join(words.join("-")).with_extension("out");
    let mut out_file = std::ffi::OsString::from("--callgrind-out-file=");
    out_file.push(&file);
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(out_file)
        .arg(program)
        .arg(name)
        .output()
        .context("cannot start valgrind")?;
    let said = String::from_utf8_lossy(&run.stderr);
    ensure!(run.status.success(), "counting `{name}` failed: {said}");
    let written = fs::read_to_string(&file).context("valgrind has written nothing")?;
    let total = figures::total(&written);
    total.with_context(|| format!("valgrind counted nothing of `{name}`: {said}"))
}

/// What the figures depend on besides the code: such as `x86_64 linux, rustc 1.95.0`.
fn machine() -> Result<String> {
    let version = Command::new("rustc").arg("--version").output();
    let version = version.context("cannot start rustc")?.stdout;
    let version = String::from_utf8(version)?;
    let number = version.split(' ').nth(1).context("rustc has no version")?;
    let (architecture, system) = (std::env::consts::ARCH, std::env::consts::OS);
    Ok(format!("{architecture} {system}, rustc {number}"))
}

fn architecture(machine: &str) -> &str {
    machine.split(',').next().unwrap_or_default()
}
