//! The rows that a run ends with, their targets, and whether these are met. Nothing here measures.
//!
//! Whoever measures makes rows: `Row { per_second: Some(9.0), ..Row::new(Part::Reads, "get one") }`.

mod show;

use clap::ValueEnum;
use serde::{Serialize, Serializer};

pub(crate) use self::show::{Style, shown, summed_up, thousands};
use crate::times::Times;

/// What is measured together, and what `--only` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    /// One create at a time, many at once, in bulk, on an empty and on a full database
    Creates,
    /// One record, a list, a board
    Reads,
    /// Filters, sorts, texts and pages, one client
    Searches,
    /// Memory, start, binary, builds
    Footprint,
    /// One organisation beside another, and more load than there is room for
    Fairness,
    /// What the load generator could send
    Generator,
    /// Latency over table size, as a picture
    Curve,
}

/// One thing that was measured, or not.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) part: Part,
    pub(crate) name: String,
    /// A figure of its own kind, and its unit.
    pub(crate) figure: Option<(f64, &'static str)>,
    pub(crate) per_second: Option<f64>,
    pub(crate) times: Option<Times>,
    /// Processor time of the server for each, PostgreSQL's included where it has one.
    pub(crate) cpu_micros: Option<f64>,
    /// Resident memory of the server afterwards.
    pub(crate) memory_mib: Option<f64>,
    /// Creates that shared a transaction, on average.
    pub(crate) group_len: Option<f64>,
    /// How much of one core the load generator took.
    pub(crate) load_cores: Option<f64>,
    pub(crate) limit: Option<Limit>,
    pub(crate) targets: Vec<Target>,
    /// Why there is no verdict, though there is a target.
    pub(crate) unjudged: Option<String>,
    /// What a request was answered with that was to be measured.
    pub(crate) failure: Option<String>,
}

/// What cannot be exceeded, or what it is compared with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Limit {
    /// Such as `raw SQLite`.
    pub(crate) of: String,
    /// Its figure, and the unit.
    pub(crate) figure: f64,
    pub(crate) unit: &'static str,
    /// The row's figure ÷ this one.
    pub(crate) ratio: f64,
}

/// What a figure of a row should be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Target {
    /// Which figure: `ratio`, `p50`.
    pub(crate) of: &'static str,
    pub(crate) is: f64,
    pub(crate) bound: Bound,
    /// Of a ratio, nothing.
    pub(crate) unit: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// What came of a row's targets.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// It has none.
    NoTarget,
    Met,
    /// Which of them, and by what part of the target.
    Missed(Vec<(&'static str, f64)>),
    /// And why not.
    NotJudged(String),
    /// A request failed: the run goes on, and ends as failed.
    Failed(String),
}

impl Row {
    pub(crate) fn new(part: Part, name: impl Into<String>) -> Self {
        Self {
            part,
            name: name.into(),
            figure: None,
            per_second: None,
            times: None,
            cpu_micros: None,
            memory_mib: None,
            group_len: None,
            load_cores: None,
            limit: None,
            targets: vec![],
            unjudged: None,
            failure: None,
        }
    }

    /// What should have been measured, and was not.
    pub(crate) fn missing(part: Part, name: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            unjudged: Some(why.into()),
            ..Self::new(part, name)
        }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        if let Some(failure) = &self.failure {
            return Verdict::Failed(failure.clone());
        }
        if let Some(why) = &self.unjudged {
            return Verdict::NotJudged(why.clone());
        }
        if self.targets.is_empty() {
            return Verdict::NoTarget;
        }
        let short = |target: &Target| Some((target.of, target.short_by()?));
        let missed: Vec<_> = self.targets.iter().filter_map(short).collect();
        match missed.is_empty() {
            true => Verdict::Met,
            false => Verdict::Missed(missed),
        }
    }
}

impl Limit {
    /// What is compared in requests, records or creates per second.
    pub(crate) fn per_second(of: impl Into<String>, limit: f64, is: f64) -> Self {
        Self {
            of: of.into(),
            figure: limit,
            unit: "/s",
            ratio: is / limit,
        }
    }
}

impl Target {
    /// A ratio should not be less.
    pub(crate) const fn ratio(of: &'static str, is: f64, least: f64) -> Self {
        Self {
            of,
            is,
            bound: Bound::AtLeast(least),
            unit: "",
        }
    }

    /// What is used up should not be more.
    pub(crate) const fn at_most(of: &'static str, is: f64, most: f64, unit: &'static str) -> Self {
        Self {
            of,
            is,
            bound: Bound::AtMost(most),
            unit,
        }
    }

    /// What part of the target is missing; none if it is met. A figure that is no number meets nothing.
    fn short_by(&self) -> Option<f64> {
        let (is_met, short) = match self.bound {
            Bound::AtLeast(least) => (self.is >= least, (least - self.is) / least),
            Bound::AtMost(most) => (self.is <= most, (self.is - most) / most),
        };
        (!is_met).then_some(short)
    }
}

/// As it is, with its verdict.
impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let row = serde_json::json!({
            "part": self.part,
            "name": self.name,
            "figure": self.figure.map(|(figure, _)| figure),
            "unit": self.figure.map(|(_, unit)| unit),
            "per_second": self.per_second,
            "times": self.times,
            "cpu_micros": self.cpu_micros,
            "memory_mib": self.memory_mib,
            "group_len": self.group_len,
            "load_cores": self.load_cores,
            "limit": self.limit,
            "targets": self.targets,
            "verdict": self.verdict(),
        });
        row.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(targets: &[Target]) -> Row {
        Row {
            targets: targets.to_vec(),
            ..Row::new(Part::Creates, "create")
        }
    }

    #[test]
    fn a_target_is_met_on_its_bound_and_missed_beyond_it() {
        let ratio = |is| Target::ratio("ratio", is, 0.75);
        let cpu = |is| Target::at_most("CPU", is, 150.0, "µs");

        assert_eq!(row(&[ratio(0.75), cpu(150.0)]).verdict(), Verdict::Met);
        let missed = row(&[ratio(0.6), cpu(180.0)]).verdict();
        assert_eq!(
            missed,
            Verdict::Missed(vec![("ratio", (0.75 - 0.6) / 0.75), ("CPU", 0.2)])
        );
        let missed = row(&[ratio(0.8), cpu(f64::NAN)]).verdict();
        assert!(matches!(missed, Verdict::Missed(of) if of.len() == 1));
    }

    #[test]
    fn what_was_not_measured_has_a_reason_and_is_not_met() {
        let row = Row::missing(Part::Creates, "import", "not built");

        assert_eq!(row.verdict(), Verdict::NotJudged("not built".to_owned()));
        let met = Target::at_most("ready", 1.0, 100.0, "ms");
        let row = Row {
            targets: vec![met],
            ..row
        };
        assert_eq!(row.verdict(), Verdict::NotJudged("not built".to_owned()));
        assert_eq!(Row::new(Part::Creates, "").verdict(), Verdict::NoTarget);
        let failure = Some("503".to_owned());
        let failed = Row { failure, ..row };
        assert_eq!(failed.verdict(), Verdict::Failed("503".to_owned()));
    }
}
