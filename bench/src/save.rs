//! What a run leaves in the repository: one of everything the table in `bench/README.md`, and the picture beside it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::picture;
use crate::report::Report;
use crate::table::Style;

const BEGIN: &str = "<!-- The table begins: a full run of `cargo xtask bench` writes it. -->\n";
const END: &str = "<!-- The table ends. -->\n";

/// The picture, where there is more than one size.
pub(crate) fn picture(report: &Report, folder: &Path) -> Result<()> {
    if report.curve.len() > 1 {
        fs::write(folder.join("latency.svg"), picture::draw(&report.curve)?)?;
    }
    Ok(())
}

pub(crate) fn table(report: &Report, folder: &Path) -> Result<()> {
    let readme = folder.join("README.md");
    let text = fs::read_to_string(&readme)?;
    let text = replaced(&text, &report.text(Style::Markdown));
    fs::write(
        &readme,
        text.context("README.md has no place for the table")?,
    )?;
    Ok(())
}

/// With the table in its place; none if there is no such place.
fn replaced(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_put_where_the_last_one_was() {
        let text = format!("before\n{BEGIN}old\n{END}after\n");

        let once = replaced(&text, "new\n").unwrap();

        assert_eq!(once, format!("before\n{BEGIN}\nnew\n\n{END}after\n"));
        assert_eq!(replaced(&once, "new\n").unwrap(), once);
        assert_eq!(replaced("before\n", "new\n"), None);
    }
}
