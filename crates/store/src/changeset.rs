//! The change feed's rows: what each change says, before and after.

mod settings;

use std::borrow::Cow;
use std::sync::Arc;

use lanekeeper_core::change::{Change, edits};
use lanekeeper_core::{Record, Timestamp};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::ReadError;
use crate::stored::from_json;

/// One change as it is stored, ready for the wire.
#[derive(Debug, Serialize, Deserialize)]
pub struct StoredChange {
    /// What kind of thing changed.
    pub object: String,
    /// Its id.
    pub object_id: Uuid,
    /// `created`, `updated`, `deleted` or `restored`.
    pub action: String,
    /// The names of the fields that changed.
    pub changed: Vec<String>,
    /// Their values before, if it was there.
    pub before: Option<Box<RawValue>>,
    /// Their values after, if it is still there.
    pub after: Option<Box<RawValue>>,
}

/// A part of the change feed.
#[derive(Debug, Default)]
pub struct ChangePage {
    /// The changes with their changesets, in commit order.
    pub changes: Vec<Entry>,
    /// Whether there are more after them.
    pub has_more: bool,
}

/// A change with its place in the feed.
#[derive(Debug)]
pub struct Entry {
    /// Its number, without gaps within the organisation.
    pub sequence: i64,
    /// What it was committed with.
    pub changeset: Arc<Changeset>,
    /// What changed.
    pub change: StoredChange,
}

/// What the changes of one request share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changeset {
    /// UUIDv7.
    pub id: Uuid,
    /// The request's id.
    pub request_id: String,
    /// By what somebody came in: `api_key` or `cli`.
    pub actor_kind: String,
    /// The key's id.
    pub actor_id: Option<Uuid>,
    /// The key's name.
    pub actor_name: Option<String>,
    /// When.
    pub occurred_at: Timestamp,
}

/// A row of the change feed, with its changes as they are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChangesetRow {
    pub(crate) first_sequence: i64,
    pub(crate) last_sequence: i64,
    pub(crate) changeset: Changeset,
    /// JSON, which [`StoredChange`] reads.
    pub(crate) changes: String,
}

/// The columns of such a row behind that of the organisation, in the order in which both backends read them.
pub(crate) const CHANGESET_COLUMNS: &str = "
    first_sequence, changes, id, request_id, actor_kind, actor_id, actor_name, occurred_at, last_sequence";

impl ChangePage {
    /// Adds a row's changes, but for those up to `after`, which were read before. Whether there is no room for more.
    pub(crate) fn add(
        &mut self,
        row: ChangesetRow,
        after: i64,
        limit: usize,
    ) -> Result<bool, ReadError> {
        let changes: Vec<StoredChange> = from_json(row.changes.as_bytes())?;
        let changeset = Arc::new(row.changeset);
        let entries = (row.first_sequence..)
            .zip(changes)
            .map(|(sequence, change)| Entry {
                sequence,
                changeset: Arc::clone(&changeset),
                change,
            });
        self.changes
            .extend(entries.filter(|entry| entry.sequence > after));
        self.has_more = self.changes.len() > limit;
        self.changes.truncate(limit);
        Ok(self.has_more)
    }
}

/// A row holds about so much: SQLite has a limit for one value, and a reader reads a row whole.
const ROW_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The rows of a changeset: how many changes each holds, and their JSON, which [`StoredChange`] reads.
pub(crate) fn to_rows(changes: &[Change]) -> Vec<(usize, String)> {
    let rows: Vec<Row> = changes.iter().map(Row::of).collect();
    let json = serde_json::to_string(&rows).expect("changes are JSON");
    if json.len() <= ROW_BYTES_MAX || changes.len() == 1 {
        return vec![(changes.len(), json)];
    }
    drop(json);
    let (first, second) = changes.split_at(changes.len() / 2);
    [to_rows(first), to_rows(second)].concat()
}

/// New records are almost all that is ever written, so they go to text directly; the rest is built first.
#[derive(Serialize)]
#[serde(untagged)]
enum Row<'a> {
    WholeRecord(WholeRecord<'a>),
    Other(Value),
}

impl<'a> Row<'a> {
    fn of(change: &'a Change) -> Self {
        match change {
            Change::CreateRecord(record) => Self::WholeRecord(WholeRecord::of(record, "created")),
            other => Self::Other(change_json(other)),
        }
    }
}

#[derive(Serialize)]
struct WholeRecord<'a> {
    object: &'static str,
    object_id: Uuid,
    action: &'static str,
    changed: Vec<Cow<'a, str>>,
    before: (),
    #[serde(serialize_with = "as_object")]
    after: Vec<(Cow<'a, str>, &'a lanekeeper_core::Value)>,
}

impl<'a> WholeRecord<'a> {
    fn of(record: &'a Record, action: &'static str) -> Self {
        let after = members(record);
        Self {
            object: record.object.name(),
            object_id: record.id,
            action,
            changed: after.iter().map(|(name, _)| name.clone()).collect(),
            before: (),
            after,
        }
    }
}

/// What has a value, custom fields as `custom__slug`.
fn members(record: &Record) -> Vec<(Cow<'_, str>, &lanekeeper_core::Value)> {
    let (fields, system) = (record.object.fields(), record.filled().into_iter());
    let system = system.map(|(place, value)| (fields[place].name.into(), value));
    let custom = record.custom.iter();
    let custom = custom.map(|(slug, value)| (format!("custom__{slug}").into(), value));
    system.chain(custom).collect()
}

fn as_object<S: Serializer>(
    members: &[(Cow<str>, &lanekeeper_core::Value)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(members.iter().map(|(name, value)| (name, value)))
}

fn change_json(change: &Change) -> Value {
    match change {
        Change::CreateRecord(record) => json!(WholeRecord::of(record, "created")),
        Change::UpdateRecord { before, after } => updated(before, after),
        Change::CreateField(field) => created("field", field.id, settings::field_json(field)),
        Change::UpdateField { before, after } => {
            let (was, is) = (settings::field_json(before), settings::field_json(after));
            settings::updated("field", after.id, was, is)
        }
        Change::CreateOrganization(organization) => created(
            "organization",
            organization.id,
            json!({"name": organization.name}),
        ),
        Change::UpdateOrganization { id, before, after } => json!({
            "object": "organization",
            "object_id": id,
            "action": "updated",
            "changed": ["unknown_attributes"],
            "before": {"unknown_attributes": before.name()},
            "after": {"unknown_attributes": after.name()},
        }),
        Change::CreatePipeline(pipeline) => {
            let stages = pipeline.stages.iter().map(|stage| {
                let mut json = settings::stage_json(pipeline.id, stage);
                json["stage_id"] = json!(stage.id);
                json
            });
            let stages: Vec<Value> = stages.collect();
            let mut after = settings::pipeline_json(pipeline);
            after["stages"] = json!(stages);
            created("pipeline", pipeline.id, after)
        }
        Change::UpdatePipeline { before, after } => {
            let (was, is) = (
                settings::pipeline_json(before),
                settings::pipeline_json(after),
            );
            settings::updated("pipeline", after.id, was, is)
        }
        Change::CreateStage {
            pipeline_id, stage, ..
        } => created("stage", stage.id, settings::stage_json(*pipeline_id, stage)),
        Change::UpdateStage {
            pipeline_id,
            before,
            after,
            ..
        } => {
            let json = |stage| settings::stage_json(*pipeline_id, stage);
            settings::updated("stage", after.id, json(before), json(after))
        }
        Change::DeleteStage {
            pipeline_id, stage, ..
        } => settings::deleted("stage", stage.id, settings::stage_json(*pipeline_id, stage)),
        Change::CreateUser(user) => created("user", user.id, settings::user_json(user)),
        Change::UpdateUser { before, after } => {
            let (was, is) = (settings::user_json(before), settings::user_json(after));
            settings::updated("user", after.id, was, is)
        }
        Change::CreateKey(key) => created("key", key.id, settings::key_json(key)),
        Change::RevokeKey { id, revoked_at } => json!({
            "object": "key",
            "object_id": id,
            "action": "updated",
            "changed": ["revoked_at"],
            "before": {"revoked_at": null},
            "after": {"revoked_at": revoked_at},
        }),
    }
}

/// Of what is new, only what has a value is told.
fn created(object: &str, id: Uuid, mut after: Value) -> Value {
    if let Some(members) = after.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    let changed: Vec<&String> = after.as_object().into_iter().flat_map(Map::keys).collect();
    json!({
        "object": object,
        "object_id": id,
        "action": "created",
        "changed": changed,
        "before": null,
        "after": after,
    })
}

/// A record that goes into the trash or comes out of it is told whole, so that whoever keeps a copy needs nothing else.
fn updated(before: &Record, after: &Record) -> Value {
    match (before.is_live(), after.is_live()) {
        (true, false) => deleted(before, after),
        (false, true) => json!(WholeRecord::of(after, "restored")),
        _ => edited(before, after),
    }
}

fn deleted(before: &Record, after: &Record) -> Value {
    let mut change = json!(WholeRecord::of(before, "deleted"));
    change["before"] = change["after"].take();
    if let Some(survivor) = after.merged_into {
        change["after"] = json!({"merged_into": survivor});
    }
    change
}

fn edited(before: &Record, after: &Record) -> Value {
    let (mut was, mut is) = (Map::new(), Map::new());
    let edits = edits(before, after);
    for edit in &edits {
        was.insert(edit.field.to_string(), json!(edit.before));
        is.insert(edit.field.to_string(), json!(edit.after));
    }
    let changed: Vec<&str> = edits.iter().map(|edit| edit.field.as_ref()).collect();
    json!({
        "object": after.object.name(),
        "object_id": after.id,
        "action": "updated",
        "changed": changed,
        "before": was,
        "after": is,
    })
}
