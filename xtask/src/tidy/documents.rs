//! Documents that name a path are believed, so the path has to be there.

use std::collections::BTreeSet;

use super::files::File;

const ARCHITECTURE_LINES_MAX: usize = 180;

/// Made by a build and ignored by git, yet worth naming.
const GENERATED: [&str; 3] = ["target", "ui/dist", "ui/node_modules"];

/// A slash is missing, but these endings are only ever files of ours.
const ALWAYS_OURS: [&str; 2] = [".md", ".rs"];

/// In README.md, ARCHITECTURE.md, CONTRIBUTING.md and `docs/`: words in backticks or code blocks that begin
/// like a path of this repository, and links to files.
pub(crate) fn name_only_what_exists(files: &[File]) -> Vec<String> {
    let repository = Repository::of(files);
    let documents = files.iter().filter(|file| is_checked(&file.path));
    documents
        .flat_map(|document| missing_paths(document, &repository))
        .collect()
}

/// Three printed pages: more is not read.
pub(crate) fn architecture_is_short(files: &[File]) -> Vec<String> {
    let Some(file) = files.iter().find(|file| file.path == "ARCHITECTURE.md") else {
        return vec!["ARCHITECTURE.md: is missing. Write it: three pages that let a stranger find their way.".to_owned()];
    };
    let lines = file.lines().count();
    if lines <= ARCHITECTURE_LINES_MAX {
        return vec![];
    }
    vec![format!(
        "ARCHITECTURE.md: {lines} lines, at most {ARCHITECTURE_LINES_MAX}. Move detail next to the code it is about."
    )]
}

fn is_checked(path: &str) -> bool {
    let top = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].contains(&path);
    top || (path.starts_with("docs/") && path.ends_with(".md"))
}

/// Every path of the repository, folders included.
struct Repository<'a> {
    paths: BTreeSet<&'a str>,
    names: BTreeSet<&'a str>,
}

impl<'a> Repository<'a> {
    fn of(files: &'a [File]) -> Self {
        let folders = |path: &'a str| path.match_indices('/').map(move |(at, _)| &path[..at]);
        let mut paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
        paths.extend(files.iter().flat_map(|file| folders(&file.path)));
        Self {
            paths,
            names: files.iter().map(File::name).collect(),
        }
    }

    fn has(&self, path: &str) -> bool {
        path.is_empty()
            || self.paths.contains(path)
            || GENERATED.iter().any(|folder| is_within(path, folder))
    }

    /// Does the word claim to be one of our paths, and is it none?
    fn misses(&self, word: &str) -> bool {
        match word.split_once('/') {
            Some(("", _)) => false,
            Some((top, _)) => self.paths.contains(top) && !self.has(without_placeholders(word)),
            None => {
                ALWAYS_OURS
                    .iter()
                    .any(|ending| word.ends_with(ending) && word != *ending)
                    && !self.names.contains(word)
            }
        }
    }
}

fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn missing_paths(document: &File, repository: &Repository) -> Vec<String> {
    let mut problems = Vec::new();
    let mut in_block = false;
    for (number, line) in document.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
            continue;
        }
        let code = code_of(line, in_block)
            .flat_map(words)
            .filter(|word| repository.misses(word));
        let links = links_of(line, in_block).filter_map(|link| link_path(&document.path, link));
        let links = links.filter(|path| !repository.has(path));
        for path in code.map(str::to_owned).chain(links) {
            problems.push(format!(
                "{}:{number}: names `{path}`, which does not exist. Write the path as it is now.",
                document.path
            ));
        }
    }
    problems
}

/// What stands between backticks; in a code block, all of it.
fn code_of(line: &str, in_block: bool) -> impl Iterator<Item = &str> {
    line.split('`')
        .enumerate()
        .filter(move |(index, _)| in_block || index % 2 == 1)
        .map(|(_, part)| part)
}

fn links_of(line: &str, in_block: bool) -> impl Iterator<Item = &str> {
    let prose = if in_block { "" } else { line };
    prose
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', ' ', '#']).next())
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    let words = code.split(|letter: char| letter.is_whitespace() || "\"'(),;=|".contains(letter));
    // `path#anchor`, `path:line` and `path::item` are about `path`.
    words
        .map(|word| word.split(['#', ':']).next().unwrap_or_default())
        .map(|word| {
            let word = word.strip_prefix("./").unwrap_or(word);
            word.trim_end_matches(['.', '/'])
        })
}

/// `docs/decisions/NNNN-name.md` promises only that `docs/decisions` exists.
fn without_placeholders(path: &str) -> &str {
    let is_placeholder = |part: &str| {
        part.contains(['*', '{', '<', '[', '$', '…']) || part.contains("NNNN") || part == ".."
    };
    let mut end = 0;
    for part in path.split('/') {
        if is_placeholder(part) {
            return path[..end].trim_end_matches('/');
        }
        end += part.len() + 1;
    }
    path
}

/// A link's target seen from the repository's folder; nothing for addresses and anchors.
fn link_path(document: &str, link: &str) -> Option<String> {
    if link.is_empty() || link.starts_with('/') || link.contains(':') {
        return None;
    }
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::super::files::text_file;
    use super::*;

    fn problems_of(document: &str) -> Vec<String> {
        let files = [
            text_file("README.md", document),
            text_file("crates/core/src/plan.rs", ""),
            text_file("docs/decisions/0001-one-writer.md", ""),
            text_file(".ci/run", ""),
        ];
        name_only_what_exists(&files)
    }

    #[test]
    fn a_path_that_exists_may_be_named_in_every_usual_way() {
        let document = "`crates/core`, `crates/core/`, `./.ci/run`, `crates/core/src/plan.rs:12`, `plan.rs`, \
                        `cat crates/core/src/plan.rs`, [decision](docs/decisions/0001-one-writer.md#why)";
        assert!(problems_of(document).is_empty());
    }

    #[test]
    fn a_path_that_does_not_exist_is_reported_with_its_line() {
        let problems =
            problems_of("Read\n`crates/core/src/gone.rs`, `gone.rs` and [this](docs/gone.md).");

        assert_eq!(problems.len(), 3);
        assert!(problems[0].starts_with("README.md:2: names `crates/core/src/gone.rs`"));
        assert!(problems[1].contains("`gone.rs`"));
        assert!(problems[2].contains("`docs/gone.md`"));
    }

    #[test]
    fn code_blocks_are_read_too() {
        assert_eq!(
            problems_of("```sh\n.ci/gone --now\n.ci/run\n```\n").len(),
            1
        );
    }

    #[test]
    fn what_is_no_path_of_ours_is_left_alone() {
        let document = "`/v1/accounts`, `text/plain`, `https://example.com/docs/x`, `and/or`, `lanekeeper.db`, \
                        crates/outside/backticks, [site](https://example.com), `target/quick/lanekeeper`";
        assert!(problems_of(document).is_empty());
    }

    #[test]
    fn a_placeholder_promises_the_folder_before_it() {
        assert!(
            problems_of("`docs/decisions/NNNN-….md`, `crates/*/src`, `crates/{core,wire}`")
                .is_empty()
        );
        assert_eq!(problems_of("`docs/choices/NNNN-….md`").len(), 1);
    }

    #[test]
    fn links_are_seen_from_their_document() {
        assert_eq!(
            link_path("docs/decisions/0001.md", "../operating.md").as_deref(),
            Some("docs/operating.md")
        );
        assert_eq!(
            link_path("README.md", "docs/./a.md").as_deref(),
            Some("docs/a.md")
        );
        assert_eq!(link_path("README.md", "mailto:a@example.com"), None);
    }

    #[test]
    fn the_architecture_has_three_pages_at_most() {
        let document = |lines: usize| [text_file("ARCHITECTURE.md", &"line\n".repeat(lines))];

        assert!(architecture_is_short(&document(180)).is_empty());
        assert_eq!(architecture_is_short(&document(181)).len(), 1);
        assert_eq!(architecture_is_short(&[]).len(), 1);
    }
}
