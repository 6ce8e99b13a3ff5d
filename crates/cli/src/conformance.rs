//! `lanekeeper conformance`: what of the published contract holds on a server.

mod case;
mod check;
mod fill;
mod given;
mod http;
mod report;

use serde_json::{Map, Value};

use crate::Failure;
use crate::args::ConformanceOptions;

use case::{Case, Group, Mark, Step};
use check::Expected;
use fill::{Missing, as_text, fill, fill_text};
use given::Given;
use http::Client;
use report::{Judged, Progress, Report, Verdict};

/// Judges every case that is wanted, and prints what came of it.
pub(crate) fn run(options: &ConformanceOptions) -> Result<(), Failure> {
    let groups = wanted(options);
    let count = groups.iter().map(|group| group.cases.len()).sum();
    if count == 0 {
        return Err(anyhow::anyhow!("no case has such a name; leave --filter out").into());
    }
    let client = Client::new(&options.url, &options.key);
    let given = Given::find(&client, options).map_err(Failure::CannotJudge)?;

    let mut progress = Progress::new(&given, &options.url, count);
    let mut judged = Vec::with_capacity(count);
    for group in &groups {
        let before = judged.len();
        judge_group(group, &client, &given, &mut judged, &mut progress);
        progress.group(&group.title, &judged[before..]);
    }
    progress.end();

    let report = Report {
        server: &options.url,
        run: &given.run,
        judged: &judged,
    };
    match options.json {
        true => println!("{}", report.to_json()),
        false => print!("{}", report.to_table()),
    }
    match report.count(Verdict::is_difference) {
        0 => Ok(()),
        _ => Err(Failure::Differs),
    }
}

/// The cases that the options leave, in their groups.
fn wanted(options: &ConformanceOptions) -> Vec<Group> {
    let words = options.filter.iter().map(|word| word.to_lowercase());
    let words: Vec<String> = words.collect();
    let mut groups = case::all();
    for group in &mut groups {
        let title = group.title.clone();
        group.cases.retain(|case| {
            let text = format!("{title} {} {}", case.operation, case.name).to_lowercase();
            let is_published = case.mark != Mark::Ours;
            (is_published || !options.published_only)
                && words.iter().all(|word| text.contains(word))
        });
    }
    groups.retain(|group| !group.cases.is_empty());
    groups
}

/// Makes what the group needs, then judges case by case.
fn judge_group(
    group: &Group,
    client: &Client,
    given: &Given,
    judged: &mut Vec<Judged>,
    progress: &mut Progress,
) {
    let mut values = given.values(judged.len());
    let prepared = take(&group.before, client, &mut values);
    for case in &group.cases {
        progress.case(judged.len(), &case.name);
        let verdict = match &prepared {
            Verdict::Holds => judge(case, client, given, &values, judged.len()),
            failed => failed.clone().in_preparation(),
        };
        judged.push(Judged::of(&group.title, case, verdict));
    }
}

fn judge(
    case: &Case,
    client: &Client,
    given: &Given,
    shared: &Map<String, Value>,
    index: usize,
) -> Verdict {
    let mut values = shared.clone();
    values.extend(given.values(index + 1));
    for (name, value) in &case.values {
        match fill(value, &values) {
            Ok(value) => values.insert(name.clone(), value),
            Err(Missing(name)) => return Verdict::NotJudged(format!("needs {name}")),
        };
    }
    take(&case.steps, client, &mut values)
}

/// Takes the steps until one differs.
fn take(steps: &[Step], client: &Client, values: &mut Map<String, Value>) -> Verdict {
    for step in steps {
        let verdict = match filled(step, values) {
            Ok(request) => request.send(client, step, values),
            Err(Missing(name)) => Verdict::NotJudged(format!("needs {name}")),
        };
        if verdict != Verdict::Holds {
            return verdict;
        }
    }
    Verdict::Holds
}

/// A step with its values.
struct Filled {
    call: String,
    headers: std::collections::BTreeMap<String, Option<String>>,
    body: Option<String>,
    expected: Expected,
}

fn filled(step: &Step, values: &Map<String, Value>) -> Result<Filled, Missing> {
    let text = |text: &str| fill_text(text, values).map(as_text);
    let object = |members: &Map<String, Value>| match fill(&Value::Object(members.clone()), values)?
    {
        Value::Object(members) => Ok(members),
        _ => Ok(Map::new()),
    };
    let headers = step.headers.iter().map(|(name, value)| {
        let value = value.as_deref().map(text).transpose()?;
        Ok((name.clone(), value))
    });
    let body = match (&step.text, &step.body) {
        (Some(sent), _) => Some(text(sent)?),
        (None, Some(body)) => Some(fill(body, values)?.to_string()),
        (None, None) => None,
    };
    Ok(Filled {
        call: text(&step.call)?,
        headers: headers.collect::<Result<_, _>>()?,
        body,
        expected: Expected {
            status: step.status.clone(),
            body: object(&step.answer)?,
            headers: object(&step.answer_headers)?,
        },
    })
}

impl Filled {
    /// Sends it, judges the answer, and keeps of it what later steps need.
    fn send(self, client: &Client, step: &Step, values: &mut Map<String, Value>) -> Verdict {
        let (method, target) = self.call.split_once(' ').unwrap_or(("GET", &self.call));
        let answer = match client.send(method, target, &self.headers, self.body.as_deref()) {
            Ok(answer) => answer,
            Err(error) => return Verdict::Differs(format!("no answer: {error:#}")),
        };
        if let Some(difference) = self.expected.difference(&answer) {
            return Verdict::Differs(format!("{}: {difference}", step.call));
        }
        for (name, pointer) in &step.keep {
            match answer.body.pointer(pointer) {
                Some(value) => values.insert(name.clone(), value.clone()),
                None => return Verdict::Differs(format!("{}: {pointer} is absent", step.call)),
            };
        }
        Verdict::Holds
    }
}
