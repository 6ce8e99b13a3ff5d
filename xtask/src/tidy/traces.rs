//! Nothing in the repository tells on which machine it was written. (The patterns are split in two so that
//! this file obeys its own rules.)

use super::files::File;

const MACHINE_PATHS: [&str; 3] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/fa", "rm/"),
];

const REGISTRY_HOSTS: [&str; 6] = [
    concat!("index.crates", ".io"),
    concat!("static.crates", ".io"),
    concat!("registry.npmjs", ".org"),
    concat!("pypi", ".org"),
    concat!("deb.debian", ".org"),
    concat!("files.pythonhosted", ".org"),
];

const LOCK_FILES: [&str; 4] = [
    "Cargo.lock",
    "package-lock.json",
    "pnpm-lock.yaml",
    "yarn.lock",
];

pub(crate) fn no_machine_paths(files: &[File]) -> Vec<String> {
    find(files, |line| {
        let path = MACHINE_PATHS
            .into_iter()
            .find(|path| contains_absolute(line, path))?;
        Some(format!(
            "a path of one machine, `{path}`. Write a path from the repository's folder, or take it as an argument."
        ))
    })
}

pub(crate) fn no_registry_hosts(files: &[File]) -> Vec<String> {
    let written_by_hand = files
        .iter()
        .filter(|file| !LOCK_FILES.contains(&file.name()));
    find(written_by_hand, |line| {
        let host = REGISTRY_HOSTS
            .into_iter()
            .find(|host| line.contains(host))?;
        Some(format!(
            "a registry's host, `{host}`. Leave the choice of registry to the tool's own configuration."
        ))
    })
}

fn find<'a>(
    files: impl IntoIterator<Item = &'a File>,
    problem: impl Fn(&str) -> Option<String>,
) -> Vec<String> {
    let mut problems = Vec::new();
    for file in files {
        for (number, line) in file.lines() {
            problems
                .extend(problem(line).map(|problem| format!("{}:{number}: {problem}", file.path)));
        }
    }
    problems
}

/// An absolute path begins where no name ends: `a/b/` does not contain `/b/` in this sense.
fn contains_absolute(line: &str, path: &str) -> bool {
    let goes_on = |letter: char| letter.is_alphanumeric() || "._-~})".contains(letter);
    line.match_indices(path)
        .any(|(at, _)| !line[..at].ends_with(goes_on))
}

#[cfg(test)]
mod tests {
    use super::super::files::text_file;
    use super::*;

    #[test]
    fn a_machine_path_is_found_wherever_a_path_may_begin() {
        for path in MACHINE_PATHS {
            let files = [text_file(
                "bench/run.sh",
                &format!("#!/bin/sh\ncd {path}x\nls '{path}' file://{path}\n"),
            )];
            let problems = no_machine_paths(&files);

            assert_eq!(problems.len(), 2, "{path}");
            assert!(problems[0].starts_with("bench/run.sh:2: "));
        }
    }

    #[test]
    fn a_folder_of_that_name_inside_another_is_no_machine_path() {
        for path in MACHINE_PATHS {
            let files = [text_file(
                "README.md",
                &format!("docs{path}a https://example.com{path}a\n"),
            )];

            assert!(no_machine_paths(&files).is_empty(), "{path}");
        }
    }

    #[test]
    fn registry_hosts_are_found_except_in_lock_files() {
        for host in REGISTRY_HOSTS {
            let url = format!("https://{host}/package\n");

            assert_eq!(no_registry_hosts(&[text_file("docs/a.md", &url)]).len(), 1);
            assert!(no_registry_hosts(&[text_file("ui/package-lock.json", &url)]).is_empty());
        }
    }
}
