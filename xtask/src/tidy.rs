//! `cargo xtask tidy`: the rules of this repository that no other tool knows.
//!
//! Each rule is a pure function from what is in the repository to the list of what is wrong, each line of
//! which says where, what, and what to do. All rules run and everything they find is shown.

mod core_purity;
mod documents;
mod files;
mod migrations;
mod rust_files;
mod traces;
mod unfinished;

use std::path::Path;

use anyhow::{Result, bail};

use files::File;

/// A rule about files; the one about dependencies is [`core_purity`].
type Rule = fn(&[File]) -> Vec<String>;

const RULES: [Rule; 8] = [
    documents::name_only_what_exists,
    documents::architecture_is_short,
    traces::no_machine_paths,
    traces::no_registry_hosts,
    rust_files::are_not_long,
    rust_files::are_not_called_mod,
    unfinished::nothing_is_left_behind,
    migrations::are_numbered_without_gaps,
];

/// Applies every rule and prints what they find.
///
/// # Errors
/// When something was found, or when the repository cannot be read.
pub(crate) fn tidy(root: &Path) -> Result<()> {
    let files = files::read_all(root)?;
    let tree = core_purity::dependency_tree(root)?;

    let mut problems: Vec<String> = RULES.iter().flat_map(|rule| rule(&files)).collect();
    problems.extend(core_purity::core_stays_pure(&tree));

    for problem in &problems {
        println!("{problem}");
    }
    match problems.len() {
        0 => println!("{} files are tidy", files.len()),
        1 => bail!("tidy found 1 problem"),
        many => bail!("tidy found {many} problems"),
    }
    Ok(())
}
