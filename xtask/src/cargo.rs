//! Cargo, called as a person would call it.

use std::env;
use std::process::Command;

/// What cargo tells the programs that it runs, such as this one, about themselves.
const ABOUT_US: [&str; 2] = ["CARGO_MANIFEST_", "CARGO_PKG_"];

/// Cargo, without what is said about this program: some packages are compiled anew whenever that changes, and so would be
/// whenever `cargo build` and `cargo xtask` take turns.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new("cargo");
    for (name, _) in env::vars_os() {
        let is_about_us = |prefix| name.to_str().is_some_and(|name| name.starts_with(prefix));
        if ABOUT_US.into_iter().any(is_about_us) {
            cargo.env_remove(&name);
        }
    }
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_about_us_is_passed_on() {
        let cargo = cargo();

        let removed = cargo.get_envs().filter(|(_, value)| value.is_none());
        let names: Vec<_> = removed.map(|(name, _)| name.to_owned()).collect();
        assert!(names.contains(&"CARGO_PKG_NAME".into()), "{names:?}");
        assert!(names.contains(&"CARGO_MANIFEST_DIR".into()), "{names:?}");
    }
}
