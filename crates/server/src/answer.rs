//! Answers to what succeeded.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lanekeeper_core::outcome::Done;
use lanekeeper_core::{Faults, Object, Outcome};
use lanekeeper_store::Answer;
use lanekeeper_wire::bulk::ItemResult;
use lanekeeper_wire::envelope::Success;
use lanekeeper_wire::opportunity::Created;
use lanekeeper_wire::record::ResolvedRecord;
use lanekeeper_wire::{entry, field, key, pipeline, record, stage, to_json, user};
use serde::Serialize;

use crate::error::status_of;

/// What a write's answer looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One item.
    Single,
    /// Several, whole or not at all: an array, or an object if they have keys.
    Bulk(Keys),
    /// An array, item by item.
    PartialBulk(Keys),
}

/// What the items of a bulk were sent under, if they were not in an array.
pub(crate) type Keys = Option<Arc<[String]>>;

/// What a write is about, and how many it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Noun {
    one: &'static str,
    many: &'static str,
}

impl Noun {
    pub(crate) const FIELD: Self = Self::new("field", "fields");
    pub(crate) const KEY: Self = Self::new("key", "keys");
    pub(crate) const PIPELINE: Self = Self::new("pipeline", "pipelines");
    pub(crate) const STAGE: Self = Self::new("stage", "stages");
    pub(crate) const USER: Self = Self::new("user", "users");

    const fn new(one: &'static str, many: &'static str) -> Self {
        Self { one, many }
    }

    pub(crate) const fn of(object: Object) -> Self {
        Self::new(
            object.name(),
            match object {
                Object::Account => "accounts",
                Object::Contact => "contacts",
                Object::Opportunity => "opportunities",
                Object::Note => "notes",
                Object::Activity => "activities",
            },
        )
    }

    fn counted(self, count: usize) -> String {
        let name = if count == 1 { self.one } else { self.many };
        format!("{count} {name}")
    }
}

/// The header that tells a record's version.
pub(crate) fn etag(version: &str) -> HeaderValue {
    let tag = format!("\"{version}\"");
    HeaderValue::from_str(&tag).expect("a version is letters and digits")
}

/// The version of the record that an answer to one item shows.
pub(crate) fn version(results: &[Result<Outcome, Faults>]) -> Option<String> {
    let [Ok(outcome)] = results else {
        return None;
    };
    match outcome {
        Outcome::Opportunity(created) => Some(created.view.record.version()),
        Outcome::Account(found) | Outcome::Contact(found) => Some(found.record.version()),
        Outcome::Entry(created) => Some(created.record.version()),
        Outcome::Record(written) if written.done != Done::Deleted => {
            Some(written.found.record().version())
        }
        _ => None,
    }
}

/// The answer to a read.
pub(crate) fn ok(message: &str, data: impl Serialize) -> Response {
    respond(answer(StatusCode::OK, message, data))
}

/// An answer that is made already.
pub(crate) fn respond(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, json)], answer.body).into_response()
}

/// The answer to a write.
///
/// # Errors
/// What was wrong, by path: nothing was written.
pub(crate) fn render(
    noun: Noun,
    shape: &Shape,
    results: &[Result<Outcome, Faults>],
) -> Result<Answer, Faults> {
    match shape {
        Shape::Single => render_single(noun, results),
        Shape::Bulk(keys) => render_bulk(noun, keys, results),
        Shape::PartialBulk(keys) => Ok(render_partial(noun, keys, results)),
    }
}

/// What the item is called in messages and answers.
fn key(keys: &Keys, index: usize) -> Option<&str> {
    keys.as_ref().map(|keys| keys[index].as_str())
}

fn render_single(noun: Noun, results: &[Result<Outcome, Faults>]) -> Result<Answer, Faults> {
    let [result] = results else {
        unreachable!("one result for one item");
    };
    let outcome = result.as_ref().map_err(Clone::clone)?;
    let status = created_or_ok(usize::from(outcome.is_created()));
    let message = capitalised(noun.one) + " " + what_was_done(outcome);
    Ok(answer(status, &message, Data::of(outcome)))
}

fn what_was_done(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Record(written) => match written.done {
            Done::Updated => "updated successfully",
            Done::Deleted => "moved to the trash",
            Done::Restored => "restored successfully",
            Done::Merged { .. } => "merged successfully",
        },
        outcome if outcome.is_created() => "created successfully",
        Outcome::Pipeline(_) | Outcome::StageUpdated(_) | Outcome::User(_) => {
            "updated successfully"
        }
        Outcome::StageDeleted(_) => "deleted successfully",
        Outcome::KeyRevoked(_) => "revoked successfully",
        _ => "already exists",
    }
}

/// The answer to the one who creates a key, with its text: the only time that it is shown.
///
/// # Errors
/// What was wrong, by path: nothing was written.
pub(crate) fn render_key(
    results: &[Result<Outcome, Faults>],
    text: &str,
) -> Result<Answer, Faults> {
    match results {
        [Ok(Outcome::Key(created))] => {
            let data = key::Created::new(created, Some(text));
            let message = "Key created successfully";
            Ok(answer(StatusCode::CREATED, message, data))
        }
        results => render_single(Noun::KEY, results),
    }
}

fn render_bulk(
    noun: Noun,
    keys: &Keys,
    results: &[Result<Outcome, Faults>],
) -> Result<Answer, Faults> {
    let mut faults = Faults::default();
    let mut outcomes = vec![];
    for (index, result) in results.iter().enumerate() {
        match result {
            Ok(outcome) => outcomes.push(outcome),
            Err(wrong) => match key(keys, index) {
                Some(key) => faults.add_under(key, wrong.clone()),
                None => faults.add_under(index, wrong.clone()),
            },
        }
    }
    let outcomes = faults.or(outcomes)?;
    let created = outcomes
        .iter()
        .filter(|outcome| outcome.is_created())
        .count();
    let counted = noun.counted(outcomes.len());
    let data = outcomes.into_iter().map(Data::of);
    let Some(keys) = keys else {
        let message = format!("{counted} processed, {created} created");
        let data: Vec<Data> = data.collect();
        return Ok(answer(created_or_ok(created), &message, data));
    };
    let data: BTreeMap<&String, Data> = keys.iter().zip(data).collect();
    Ok(answer(StatusCode::OK, &format!("{counted} updated"), data))
}

fn render_partial(noun: Noun, keys: &Keys, results: &[Result<Outcome, Faults>]) -> Answer {
    let items = results.iter().enumerate().map(|(index, result)| {
        let item = match result {
            Ok(outcome) => {
                let status = created_or_ok(usize::from(outcome.is_created()));
                ItemResult::done(index, status.as_u16(), Data::of(outcome))
            }
            Err(faults) => ItemResult::refused(index, status_of(faults).as_u16(), faults),
        };
        item.with_id(key(keys, index))
    });
    let items: Vec<_> = items.collect();
    let failed = results.iter().filter(|result| result.is_err()).count();
    let created = results
        .iter()
        .flatten()
        .filter(|outcome| outcome.is_created())
        .count();
    let status = match failed {
        0 => created_or_ok(created),
        _ => StatusCode::MULTI_STATUS,
    };
    let counted = noun.counted(results.len());
    let message = match keys {
        None => format!("{counted} processed, {created} created, {failed} refused"),
        Some(_) => format!("{counted} processed, {failed} refused"),
    };
    answer(status, &message, items)
}

fn created_or_ok(created: usize) -> StatusCode {
    if created > 0 {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    }
}

fn capitalised(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + rest
}

/// An answer that is still to be sent.
pub(crate) fn answer(status: StatusCode, message: &str, data: impl Serialize) -> Answer {
    Answer {
        status: status.as_u16(),
        body: body(status, message, data),
    }
}

fn body(status: StatusCode, message: &str, data: impl Serialize) -> Vec<u8> {
    let success = Success::new(status.as_u16(), message, data);
    to_json(&success).expect("answers are JSON")
}

/// The data of one outcome.
#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Opportunity(Box<Created<'a>>),
    Resolved(ResolvedRecord<'a>),
    Record(record::Written<'a>),
    Entry(Box<entry::Created<'a>>),
    Field(field::Written<'a>),
    Pipeline(pipeline::Written<'a>),
    Stage(stage::Created<'a>),
    StageUpdated(stage::Updated<'a>),
    StageDeleted(stage::Deleted),
    User(user::Written<'a>),
    Key(key::Created<'a>),
    KeyRevoked(key::Key<'a>),
}

impl<'a> Data<'a> {
    fn of(outcome: &'a Outcome) -> Self {
        match outcome {
            Outcome::Opportunity(created) => Self::Opportunity(Box::new(created.as_ref().into())),
            Outcome::Account(resolution) | Outcome::Contact(resolution) => {
                Self::Resolved(resolution.as_ref().into())
            }
            Outcome::Record(written) => Self::Record(written.as_ref().into()),
            Outcome::Entry(created) => Self::Entry(Box::new(created.as_ref().into())),
            Outcome::Field(written) => Self::Field(written.as_ref().into()),
            Outcome::Pipeline(written) => Self::Pipeline(written.as_ref().into()),
            Outcome::Stage(created) => Self::Stage(created.as_ref().into()),
            Outcome::StageUpdated(updated) => Self::StageUpdated(updated.as_ref().into()),
            Outcome::StageDeleted(deleted) => Self::StageDeleted(deleted.as_ref().into()),
            Outcome::User(written) => Self::User(written.as_ref().into()),
            Outcome::Key(created) => Self::Key(key::Created::new(created, None)),
            Outcome::KeyRevoked(key) => Self::KeyRevoked(key.as_ref().into()),
        }
    }
}
