//! A database remembers a migration by its number, so numbers have no gaps, and both databases have the same.

use std::collections::{BTreeMap, BTreeSet};

use super::files::File;

const FOLDER: &str = "crates/store/migrations/";

pub(crate) fn are_numbered_without_gaps(files: &[File]) -> Vec<String> {
    let folders = names_by_folder(files);
    let mut problems: Vec<String> = folders
        .iter()
        .flat_map(|(folder, names)| misnumbered(folder, names))
        .collect();
    if let (Some(sqlite), Some(postgres)) = (folders.get("sqlite"), folders.get("postgres")) {
        problems.extend(missing("postgres", sqlite, postgres));
        problems.extend(missing("sqlite", postgres, sqlite));
    }
    problems
}

/// The SQL files under `crates/store/migrations`; the folder is empty for those directly in it.
fn names_by_folder(files: &[File]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut folders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let migrations = files.iter().filter(|file| file.has_extension(&["sql"]));
    for path in migrations.filter_map(|file| file.path.strip_prefix(FOLDER)) {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        folders.entry(folder).or_default().insert(name);
    }
    folders
}

fn misnumbered(folder: &str, names: &BTreeSet<&str>) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, expected) in names.iter().zip(1..) {
        let expected = format!("{expected:04}_");
        if !name.starts_with(&expected) {
            problems.push(format!(
                "{FOLDER}{folder}: expected a name that begins with {expected} where `{name}` is. \
                 Number migrations 0001_, 0002_, … without gaps or repetitions."
            ));
            break; // every later one is off by the same amount
        }
    }
    problems
}

fn missing(database: &str, there: &BTreeSet<&str>, here: &BTreeSet<&str>) -> Vec<String> {
    let absent = there.difference(here);
    absent
        .map(|name| {
            format!("{FOLDER}{database}/{name}: is missing. Both databases have the same migrations, even if one is empty.")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::files::text_file;
    use super::*;

    fn problems_of(names: &[&str]) -> Vec<String> {
        let files: Vec<File> = names
            .iter()
            .map(|name| text_file(&format!("{FOLDER}{name}"), ""))
            .collect();
        are_numbered_without_gaps(&files)
    }

    #[test]
    fn numbers_from_0001_without_gaps_are_right() {
        assert!(problems_of(&[]).is_empty());
        assert!(problems_of(&["0001_start.sql", "0002_feed.sql"]).is_empty());
        assert!(problems_of(&["sqlite/0001_start.sql", "postgres/0001_start.sql"]).is_empty());
    }

    #[test]
    fn a_gap_a_repetition_and_a_late_start_are_reported() {
        assert_eq!(
            problems_of(&["0001_start.sql", "0003_feed.sql", "0004_log.sql"]).len(),
            1
        );
        assert_eq!(problems_of(&["0001_start.sql", "0001_feed.sql"]).len(), 1);
        assert_eq!(problems_of(&["sqlite/0000_start.sql"]).len(), 1);
    }

    #[test]
    fn both_databases_have_the_same_migrations() {
        let problems = problems_of(&[
            "sqlite/0001_start.sql",
            "sqlite/0002_feed.sql",
            "postgres/0001_start.sql",
        ]);

        assert_eq!(problems.len(), 1);
        assert!(problems[0].contains("postgres/0002_feed.sql: is missing"));
    }
}
