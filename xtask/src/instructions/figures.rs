//! The committed figures, and what they say of new ones. Nothing is run here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, Result};
use serde_json::{Value, json};

use crate::screen::Screen;

/// Instructions, by the name of the work.
pub(super) type Counts = BTreeMap<String, u64>;

/// The committed figures.
pub(super) struct Figures {
    /// What they were taken with.
    pub(super) machine: String,
    /// By how much a count may differ.
    tolerance_percent: f64,
    instructions: Counts,
}

/// New counts beside the committed ones.
pub(super) struct Comparison {
    lines: Vec<Line>,
    tolerance_percent: f64,
}

struct Line {
    name: String,
    committed: Option<u64>,
    now: Option<u64>,
    verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Same,
    Dearer,
    Cheaper,
    /// Nothing is committed for it.
    New,
    /// It is committed, but not counted any more.
    Gone,
}

impl Figures {
    pub(super) fn compare(&self, counts: &Counts) -> Comparison {
        let names: BTreeSet<&String> = self.instructions.keys().chain(counts.keys()).collect();
        let lines = names.into_iter().map(|name| {
            let (committed, now) = (self.instructions.get(name), counts.get(name));
            Line {
                name: name.clone(),
                committed: committed.copied(),
                now: now.copied(),
                verdict: self.verdict(committed.copied(), now.copied()),
            }
        });
        Comparison {
            lines: lines.collect(),
            tolerance_percent: self.tolerance_percent,
        }
    }

    fn verdict(&self, committed: Option<u64>, now: Option<u64>) -> Verdict {
        let (committed, now) = match (committed, now) {
            (Some(committed), Some(now)) => (committed, now),
            (None, _) => return Verdict::New,
            (_, None) => return Verdict::Gone,
        };
        match change_percent(committed, now) {
            change if change > self.tolerance_percent => Verdict::Dearer,
            change if change < -self.tolerance_percent => Verdict::Cheaper,
            _ => Verdict::Same,
        }
    }

    /// The new counts, with the tolerance of before.
    pub(super) fn accepting(&self, instructions: Counts, machine: String) -> Self {
        Self {
            machine,
            tolerance_percent: self.tolerance_percent,
            instructions,
        }
    }
}

impl FromStr for Figures {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let read: Value = serde_json::from_str(text)?;
        let counts = read["instructions"].as_object();
        let counts = counts.context("`instructions` is no object")?.iter();
        let counts = counts.map(|(name, count)| {
            let count = count.as_u64();
            let count = count.with_context(|| format!("`{name}` is no whole number"))?;
            Ok((name.clone(), count))
        });
        Ok(Self {
            machine: read["machine"]
                .as_str()
                .context("`machine` is no text")?
                .to_owned(),
            tolerance_percent: read["tolerance_percent"]
                .as_f64()
                .context("`tolerance_percent` is no number")?,
            instructions: counts.collect::<Result<_>>()?,
        })
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figures = json!({
            "instructions": self.instructions,
            "machine": self.machine,
            "tolerance_percent": self.tolerance_percent,
        });
        writeln!(out, "{figures:#}")
    }
}

impl Comparison {
    /// A line for each piece of work.
    pub(super) fn table(&self, screen: Screen) -> String {
        let mut table = format!(
            "{:<34}{:>13}{:>13}{:>10}\n",
            "instructions", "committed", "now", "change"
        );
        for line in &self.lines {
            let figure = |count: Option<u64>| count.map_or_else(|| "none".to_owned(), thousands);
            let change = match (line.committed, line.now) {
                (Some(committed), Some(now)) => format!("{:+.1} %", change_percent(committed, now)),
                _ => String::new(),
            };
            let (name, committed, now) = (&line.name, figure(line.committed), figure(line.now));
            let verdict = match line.verdict {
                Verdict::Same => screen.green("ok"),
                Verdict::Dearer => screen.red("MORE"),
                Verdict::Cheaper => screen.red("LESS"),
                Verdict::New => screen.red("NEW"),
                Verdict::Gone => screen.red("GONE"),
            };
            table += &format!("{name:<34}{committed:>13}{now:>13}{change:>10}  {verdict}\n");
        }
        table
    }

    /// What is to be done; nothing if the counts are the committed ones.
    pub(super) fn complaint(&self) -> Option<String> {
        const ACCEPT: &str = "cargo xtask bench instructions --accept";
        let has = |verdict| self.lines.iter().any(|line| line.verdict == verdict);
        let tolerance = self.tolerance_percent;
        if has(Verdict::Dearer) {
            return Some(format!(
                "something takes over {tolerance} % more instructions than is committed: MORE in the table above. Find out what makes \
                 it dearer, or, if it is worth that, take the new figures with `{ACCEPT}` and say in the commit what for."
            ));
        }
        (has(Verdict::Cheaper) || has(Verdict::New) || has(Verdict::Gone)).then(|| {
            format!(
                "something takes over {tolerance} % fewer instructions than is committed, or is new or gone: see the table above. \
                 Take the new figures with `{ACCEPT}` and commit them, so that what was gained is kept."
            )
        })
    }
}

/// What valgrind has counted, as its file says; nothing if that is nothing.
pub(super) fn total(file: &str) -> Option<u64> {
    let line = file.lines().find_map(|line| line.strip_prefix("totals: "));
    line?.trim().parse().ok().filter(|total| *total > 0)
}

fn change_percent(committed: u64, now: u64) -> f64 {
    (now as f64 / committed as f64 - 1.0) * 100.0
}

/// `1234567` as `1,234,567`.
fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMITTED: &str = r#"{
        "instructions": {"plan": 100000, "read": 1234567},
        "machine": "x86_64 linux, rustc 1.95.0",
        "tolerance_percent": 3
    }"#;

    fn compared(counts: &[(&str, u64)]) -> Comparison {
        let committed: Figures = COMMITTED.parse().unwrap();
        let counts = counts
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count));
        committed.compare(&counts.collect())
    }

    #[test]
    fn counts_within_the_tolerance_are_no_reason_to_complain() {
        assert_eq!(
            compared(&[("plan", 102_900), ("read", 1_200_000)]).complaint(),
            None
        );
    }

    #[test]
    fn work_that_takes_a_tenth_more_than_is_committed_fails_and_is_named() {
        let comparison = compared(&[("plan", 110_000), ("read", 1_234_567)]);

        let (table, complaint) = (
            comparison.table(Screen::PLAIN),
            comparison.complaint().unwrap(),
        );

        assert_eq!(
            table,
            "instructions                          committed          now    change\n\
             plan                                    100,000      110,000   +10.0 %  MORE\n\
             read                                  1,234,567    1,234,567    +0.0 %  ok\n"
        );
        assert!(complaint.contains("over 3 % more"), "{complaint}");
        assert!(complaint.contains("--accept"), "{complaint}");
    }

    #[test]
    fn a_gain_has_to_be_committed() {
        let comparison = compared(&[("plan", 90_000), ("read", 1_234_567)]);

        let complaint = comparison.complaint().unwrap();

        assert!(complaint.contains("over 3 % fewer"), "{complaint}");
    }

    #[test]
    fn work_that_is_not_committed_or_not_counted_any_more_is_a_reason_to_complain() {
        for counts in [
            &[("plan", 100_000)][..],
            &[("plan", 100_000), ("read", 1_234_567), ("new", 1)],
        ] {
            assert!(compared(counts).complaint().is_some(), "{counts:?}");
        }
    }

    #[test]
    fn accepted_counts_are_what_the_next_ones_are_held_against() {
        let committed: Figures = COMMITTED.parse().unwrap();
        let counts: Counts = [("plan".to_owned(), 110_000)].into();

        let accepted = committed.accepting(counts.clone(), "another".to_owned());

        let read: Figures = accepted.to_string().parse().unwrap();
        assert_eq!(read.compare(&counts).complaint(), None);
        assert_eq!(
            (read.machine.as_str(), read.tolerance_percent),
            ("another", 3.0)
        );
    }

    #[test]
    fn what_valgrind_did_not_count_is_no_figure() {
        assert_eq!(total("events: Ir\nsummary: 12\ntotals: 12\n"), Some(12));
        assert_eq!(total("events: Ir\nsummary: 0\ntotals: 0\n"), None);
        assert_eq!(total("events: Ir\n"), None);
    }
}
