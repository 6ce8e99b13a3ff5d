//! What people leave behind while they work: tests switched off, holes, prints. (The words are split in two
//! so that this file obeys its own rule.)

use super::files::File;

struct Word {
    word: &'static str,
    instead: &'static str,
}

const IN_RUST: [Word; 3] = [
    Word {
        word: concat!("#[ig", "nore"),
        instead: "Make the test run, or delete it",
    },
    Word {
        word: concat!("to", "do!"),
        instead: "Write it, or return an error that says it is not there yet",
    },
    Word {
        word: concat!("db", "g!"),
        instead: "Remove it, or say it with tracing",
    },
];

const IN_SCRIPTS: [Word; 2] = [
    Word {
        word: concat!(".on", "ly("),
        instead: "Run the other tests too",
    },
    Word {
        word: concat!(".sk", "ip("),
        instead: "Make the test run, or delete it",
    },
];

/// Built by Vite from what is checked in `ui`.
const BUILT: &str = "ui/dist/";

pub(crate) fn nothing_is_left_behind(files: &[File]) -> Vec<String> {
    let mut problems = Vec::new();
    for file in files {
        let unwanted = words_for(file);
        for (number, line) in file.lines() {
            for Word { word, instead } in unwanted
                .iter()
                .filter(|unwanted| line.contains(unwanted.word))
            {
                problems.push(format!(
                    "{}:{number}: `{word}` was left behind. {instead}.",
                    file.path
                ));
            }
        }
    }
    problems
}

fn words_for(file: &File) -> &'static [Word] {
    if file.has_extension(&["rs"]) {
        &IN_RUST
    } else if file.has_extension(&["js", "mjs", "ts", "tsx"]) && !file.path.starts_with(BUILT) {
        &IN_SCRIPTS
    } else {
        &[]
    }
}

#[cfg(test)]
mod tests {
    use super::super::files::text_file;
    use super::*;

    #[test]
    fn each_word_is_found_in_its_language_and_only_there() {
        for Word { word, .. } in IN_RUST {
            assert_eq!(
                nothing_is_left_behind(&[text_file("crates/a.rs", &format!("\n{word}"))]).len(),
                1
            );
            assert!(nothing_is_left_behind(&[text_file("docs/a.md", word)]).is_empty());
        }
        for Word { word, .. } in IN_SCRIPTS {
            assert_eq!(
                nothing_is_left_behind(&[text_file("ui/test/a.test.ts", &format!("test{word}"))])
                    .len(),
                1
            );
            assert!(
                nothing_is_left_behind(&[text_file("crates/a.rs", &format!("items{word}1)"))])
                    .is_empty()
            );
            assert!(nothing_is_left_behind(&[text_file("ui/dist/a.js", word)]).is_empty());
        }
    }

    #[test]
    fn all_of_them_are_reported() {
        let text: String = IN_RUST
            .iter()
            .map(|unwanted| format!("{}\n", unwanted.word))
            .collect();

        assert_eq!(
            nothing_is_left_behind(&[text_file("crates/a.rs", &text)]).len(),
            IN_RUST.len()
        );
    }
}
