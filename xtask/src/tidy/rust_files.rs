//! Rust files are short enough to be read, and named so that a tab tells which one it is.

use super::files::File;

const LINES_MAX: usize = 500;

/// Files that may be longer, each with the reason. Keep it short.
const MAY_BE_LONG: [(&str, &str); 0] = [];

pub(crate) fn are_not_long(files: &[File]) -> Vec<String> {
    too_long(files, &MAY_BE_LONG)
}

pub(crate) fn are_not_called_mod(files: &[File]) -> Vec<String> {
    let wrong = files.iter().filter(|file| file.name() == "mod.rs");
    wrong
        .map(|file| {
            format!(
                "{}: call it after its folder and put it beside it (plan.rs and plan/).",
                file.path
            )
        })
        .collect()
}

fn too_long(files: &[File], exceptions: &[(&str, &str)]) -> Vec<String> {
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| file.has_extension(&["rs"])) {
        let lines = file.lines().count();
        let excepted = exceptions.iter().any(|(path, _)| *path == file.path);
        if lines > LINES_MAX && !excepted {
            problems.push(format!(
                "{}: {lines} lines, at most {LINES_MAX}. Look for the pure part, or the second subject, and lift it out.",
                file.path
            ));
        }
        if lines <= LINES_MAX && excepted {
            problems.push(format!(
                "{}: is short now. Take it off the list in xtask/src/tidy/rust_files.rs.",
                file.path
            ));
        }
    }
    let gone = exceptions
        .iter()
        .filter(|(path, _)| !files.iter().any(|file| file.path == *path));
    problems.extend(gone.map(|(path, _)| {
        format!("{path}: is gone. Take it off the list in xtask/src/tidy/rust_files.rs.")
    }));
    problems
}

#[cfg(test)]
mod tests {
    use super::super::files::text_file;
    use super::*;

    #[test]
    fn a_rust_file_has_at_most_500_lines_and_others_as_many_as_they_like() {
        let lines = |count: usize| "line\n".repeat(count);

        assert!(
            too_long(
                &[
                    text_file("a.rs", &lines(500)),
                    text_file("a.md", &lines(900))
                ],
                &[]
            )
            .is_empty()
        );
        assert_eq!(too_long(&[text_file("a.rs", &lines(501))], &[]).len(), 1);
    }

    #[test]
    fn an_exception_holds_only_while_it_is_needed() {
        let exceptions = [
            ("long.rs", "a table"),
            ("short.rs", "was a table"),
            ("gone.rs", "was here"),
        ];
        let files = [
            text_file("long.rs", &"line\n".repeat(501)),
            text_file("short.rs", "line\n"),
        ];

        let problems = too_long(&files, &exceptions);

        assert_eq!(problems.len(), 2);
        assert!(problems[0].starts_with("short.rs: is short now"));
        assert!(problems[1].starts_with("gone.rs: is gone"));
    }

    #[test]
    fn a_module_is_named_after_its_folder() {
        let files = [
            text_file("crates/core/src/plan/mod.rs", ""),
            text_file("crates/core/src/plan.rs", ""),
        ];

        assert_eq!(are_not_called_mod(&files).len(), 1);
    }
}
