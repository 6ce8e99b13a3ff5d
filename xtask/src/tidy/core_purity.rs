//! `lanekeeper-core` decides; it has no clock, no I/O, no randomness. Its dependencies must not either.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::cargo::cargo;

const IMPURE: [&str; 13] = [
    "axum",
    "deadpool-postgres",
    "getrandom",
    "hyper",
    "libsqlite3-sys",
    "mio",
    "rand",
    "rand_core",
    "reqwest",
    "rusqlite",
    "socket2",
    "tokio",
    "tokio-postgres",
];

/// What core is built from when it is built alone, one `name version` per line.
///
/// Not from `cargo metadata`: that resolves the features of the whole workspace together, where the store's
/// wish for `uuid/v7` gives core's uuid a random number generator. `cargo tree --package` resolves for core
/// alone, which is what core itself asked for. Macros run in the compiler and are left out, development
/// dependencies too; every platform is looked at.
pub(crate) fn dependency_tree(root: &Path) -> Result<String> {
    let mut tree = cargo();
    tree.args([
        "tree",
        "--locked",
        "--package",
        "lanekeeper-core",
        "--edges",
        "normal,no-proc-macro",
    ])
    .args(["--target", "all", "--prefix", "none", "--no-dedupe"])
    .current_dir(root);
    let output = tree.output().context("cannot start cargo")?;
    if !output.status.success() {
        bail!(
            "`cargo tree` failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8(output.stdout)?)
}

pub(crate) fn core_stays_pure(tree: &str) -> Vec<String> {
    let names: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let found = IMPURE.iter().filter(|impure| names.contains(*impure));
    found.map(|name| explain(name)).collect()
}

fn explain(name: &str) -> String {
    format!(
        "crates/core/Cargo.toml: lanekeeper-core reaches `{name}`. Core takes times, ids and facts as arguments: \
         move what needs it into another crate, or drop the feature that brings it. \
         `cargo tree --package lanekeeper-core --edges normal --invert {name}` shows the way."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_impure_package_in_the_tree_is_named() {
        let tree =
            "lanekeeper-core v0.1.0 (crates/core)\nuuid v1.29.3\ngetrandom v0.4.3\nrand v0.10.0\n";

        let problems = core_stays_pure(tree);

        assert_eq!(problems.len(), 2);
        assert!(problems[0].contains("`getrandom`"));
        assert!(problems[1].contains("`rand`"));
    }

    #[test]
    fn a_package_that_only_sounds_alike_is_no_problem() {
        assert!(
            core_stays_pure("lanekeeper-core v0.1.0\nrandomize v1.0.0\ntokio-like v0.1.0\n")
                .is_empty()
        );
    }
}
