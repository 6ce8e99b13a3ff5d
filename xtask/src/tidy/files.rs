//! The files that belong to the repository: tracked, or new and not ignored.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

pub(crate) struct File {
    /// From the repository's folder, with `/`: `crates/core/src/lib.rs`.
    pub(crate) path: String,
    /// Nothing for files that are not text.
    pub(crate) text: Option<String>,
}

impl File {
    /// The lines of a text file with their numbers, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .iter()
            .flat_map(|text| text.lines())
            .zip(1..)
            .map(|(line, number)| (number, line))
    }

    pub(crate) fn has_extension(&self, extensions: &[&str]) -> bool {
        self.path
            .rsplit_once('.')
            .is_some_and(|(_, extension)| extensions.contains(&extension))
    }

    pub(crate) fn name(&self) -> &str {
        self.path
            .rsplit_once('/')
            .map_or(&self.path, |(_, name)| name)
    }
}

pub(crate) fn read_all(root: &Path) -> Result<Vec<File>> {
    let mut paths = match listed_by_git(root) {
        Some(paths) => paths,
        None => found_by_walking(root)?,
    };
    paths.sort();
    paths.dedup();
    // Git still lists what was deleted and not yet committed.
    paths.retain(|path| root.join(path).is_file());
    paths.into_iter().map(|path| read(root, path)).collect()
}

fn read(root: &Path, path: String) -> Result<File> {
    let bytes = fs::read(root.join(&path)).with_context(|| format!("cannot read {path}"))?;
    let text = String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'));
    Ok(File { path, text })
}

/// Nothing where there is no git, or no repository, as in an unpacked archive.
fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let mut git = Command::new("git");
    git.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ])
    .current_dir(root);
    let output = git.output().ok().filter(|output| output.status.success())?;
    let names = String::from_utf8(output.stdout).ok()?;
    let paths: Vec<String> = names.split_terminator('\0').map(str::to_owned).collect();
    (!paths.is_empty()).then_some(paths)
}

fn found_by_walking(root: &Path) -> Result<Vec<String>> {
    const SKIPPED: [&str; 3] = [".git", "node_modules", "target"];

    let mut paths = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in
            fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?
        {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                let path = entry.path();
                paths.push(
                    path.strip_prefix(root)?
                        .to_string_lossy()
                        .replace('\\', "/"),
                );
            } else if entry.file_type()?.is_dir()
                && !SKIPPED.iter().any(|name| entry.file_name() == *name)
            {
                folders.push(entry.path());
            }
        }
    }
    Ok(paths)
}

#[cfg(test)]
pub(crate) fn text_file(path: &str, text: &str) -> File {
    File {
        path: path.to_owned(),
        text: Some(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_and_walking_both_find_this_file() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let this = "xtask/src/tidy/files.rs".to_owned();

        assert!(found_by_walking(root).unwrap().contains(&this));
        assert!(read_all(root).unwrap().iter().any(|file| file.path == this));
    }

    #[test]
    fn lines_are_counted_from_one() {
        let file = text_file("docs/a.md", "one\ntwo");

        assert_eq!(file.lines().collect::<Vec<_>>(), [(1, "one"), (2, "two")]);
        assert!(file.has_extension(&["md"]));
        assert_eq!(file.name(), "a.md");
    }
}
