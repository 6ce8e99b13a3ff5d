//! `GET /v1/changes`.

use lanekeeper_core::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

/// The data of a part of the change feed.
#[derive(Serialize)]
pub struct Changes<'a> {
    /// The changes, in commit order.
    pub changes: Vec<Change<'a>>,
    /// Whether there are more after them.
    pub has_more: bool,
    /// What to send as `after` to go on.
    pub next_after: i64,
}

/// A change in an answer.
#[derive(Serialize)]
pub struct Change<'a> {
    /// Its number, without gaps within the organisation.
    pub sequence: i64,
    /// Shared by all changes of one request.
    pub changeset_id: Uuid,
    /// The request that made it.
    pub request_id: &'a str,
    /// Who asked.
    pub actor: Actor<'a>,
    /// When.
    pub occurred_at: Timestamp,
    /// What kind of thing changed.
    pub object: &'a str,
    /// Its id.
    pub object_id: Uuid,
    /// `created`, `updated` or `deleted`.
    pub action: &'a str,
    /// The names of the fields that changed.
    pub changed: &'a [String],
    /// Their values before, if it was there.
    pub before: Option<&'a RawValue>,
    /// Their values after, if it is still there.
    pub after: Option<&'a RawValue>,
}

/// Who asked for a change.
#[derive(Serialize)]
pub struct Actor<'a> {
    /// `api_key` or `cli`.
    pub kind: &'a str,
    /// The key's id.
    pub id: Option<Uuid>,
    /// The key's name.
    pub name: Option<&'a str>,
}
