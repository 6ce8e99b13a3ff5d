//! What a run shows: how far it is, and what came of it.

use std::io::{IsTerminal as _, Write as _, stderr};

use serde::Serialize;
use serde_json::json;

use super::case::{Case, Mark};
use super::given::Given;
use crate::screen::table;

/// What came of a case.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    Holds,
    /// What was expected and what came instead.
    Differs(String),
    /// What the run would need to judge it.
    NotJudged(String),
}

impl Verdict {
    pub(super) const fn is_difference(&self) -> bool {
        matches!(self, Self::Differs(_))
    }

    /// The same, said of a case that could not be tried.
    pub(super) fn in_preparation(self) -> Self {
        match self {
            Self::Differs(detail) => Self::Differs(format!("in preparation: {detail}")),
            other => other,
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Differs(_) => "differs",
            Self::NotJudged(_) => "not judged",
        }
    }

    fn detail(&self) -> &str {
        match self {
            Self::Holds => "",
            Self::Differs(detail) | Self::NotJudged(detail) => detail,
        }
    }
}

/// A case with what came of it.
#[derive(Serialize)]
pub(super) struct Judged {
    group: String,
    operation: String,
    name: String,
    mark: Mark,
    verdict: &'static str,
    detail: String,
    #[serde(skip)]
    is: Verdict,
}

impl Judged {
    pub(super) fn of(group: &str, case: &Case, verdict: Verdict) -> Self {
        Self {
            group: group.to_owned(),
            operation: case.operation.clone(),
            name: case.name.clone(),
            mark: case.mark,
            verdict: verdict.name(),
            detail: verdict.detail().to_owned(),
            is: verdict,
        }
    }
}

pub(super) struct Report<'a> {
    pub(super) server: &'a str,
    pub(super) run: &'a str,
    pub(super) judged: &'a [Judged],
}

impl Report<'_> {
    pub(super) fn count(&self, is_meant: fn(&Verdict) -> bool) -> usize {
        self.judged.iter().filter(|one| is_meant(&one.is)).count()
    }

    pub(super) fn to_json(&self) -> String {
        let report = json!({
            "server": self.server,
            "run": self.run,
            "holds": self.count(|verdict| *verdict == Verdict::Holds),
            "differs": self.count(Verdict::is_difference),
            "not_judged": self.count(|verdict| matches!(verdict, Verdict::NotJudged(_))),
            "cases": self.judged,
        });
        report.to_string()
    }

    /// One line a case, by operation, in the order in which the operations first came.
    pub(super) fn to_table(&self) -> String {
        let mut operations: Vec<&str> = Vec::new();
        for one in self.judged {
            if !operations.contains(&one.operation.as_str()) {
                operations.push(&one.operation);
            }
        }
        let mut text = String::new();
        for operation in operations {
            let cases = self.judged.iter().filter(|one| one.operation == operation);
            let rows: Vec<[String; 4]> = cases.map(row).collect();
            text += &format!("{operation}\n");
            text += &table(["  ", "case", "mark", ""], &rows);
            text.push('\n');
        }
        text + &self.summary()
    }

    fn summary(&self) -> String {
        let published = self.judged.iter().filter(|one| one.mark != Mark::Ours);
        let (published, all): (Vec<_>, usize) = (published.collect(), self.judged.len());
        let hold =
            |judged: &[&Judged]| judged.iter().filter(|one| one.is == Verdict::Holds).count();
        let whole: Vec<&Judged> = self.judged.iter().collect();
        format!(
            "{} of {all} cases hold; of those that are published {} of {}. {} differ, {} were not judged.\n",
            hold(&whole),
            hold(&published),
            published.len(),
            self.count(Verdict::is_difference),
            self.count(|verdict| matches!(verdict, Verdict::NotJudged(_))),
        )
    }
}

fn row(one: &Judged) -> [String; 4] {
    [
        format!("  {}", one.verdict),
        one.name.clone(),
        one.mark.name().to_owned(),
        one.detail.clone(),
    ]
}

/// How far the run is: a bar on a terminal, a line a group elsewhere. Both go to standard error.
pub(super) struct Progress {
    count: usize,
    is_bar: bool,
}

impl Progress {
    /// Says what is about to happen.
    pub(super) fn new(given: &Given, server: &str, count: usize) -> Self {
        let progress = Self {
            count,
            is_bar: stderr().is_terminal(),
        };
        progress.say(&format!(
            "Judging {server} by {count} cases. They make records in the organisation of the key, \
             with {} in their domains, and custom fields and stages.\n",
            given.run
        ));
        progress
    }

    pub(super) fn case(&mut self, done: usize, name: &str) {
        const WIDTH: usize = 30;
        if self.is_bar {
            let full = WIDTH * done / self.count;
            let bar = format!("{}{}", "█".repeat(full), "░".repeat(WIDTH - full));
            let name: String = name.chars().take(60).collect();
            self.say(&format!("\r\x1b[K{bar} {done}/{} {name}", self.count));
        }
    }

    pub(super) fn group(&mut self, title: &str, judged: &[Judged]) {
        if !self.is_bar {
            let hold = judged.iter().filter(|one| one.is == Verdict::Holds).count();
            self.say(&format!("{title}: {hold} of {} hold\n", judged.len()));
        }
    }

    pub(super) fn end(&mut self) {
        if self.is_bar {
            self.say("\r\x1b[K");
        }
    }

    fn say(&self, text: &str) {
        // Nothing can be said where there is nowhere to say it.
        drop(stderr().write_all(text.as_bytes()));
    }
}
