//! What a copy consists of, in which order, and what makes two entities equal.

use std::fmt;
use std::str::FromStr;

use lanekeeper_core::custom::{FieldDefinition, Metadata};
use lanekeeper_core::key::Key;
use lanekeeper_core::pipeline::{Organization, Pipeline, Stage, User};
use lanekeeper_core::{Object, Record, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::changeset::{Changeset, ChangesetRow};

/// Something that is copied whole.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Entity {
    Organization {
        organization: Organization,
        last_sequence: i64,
    },
    /// With its stages.
    Pipeline(Pipeline),
    User(User),
    Key(Key),
    /// Also what an organisation says of a system field.
    Field(FieldDefinition),
    /// In the trash or not, with its links.
    Record(Box<Record>),
    /// That a record was merged into another, which may have the greater id: told of when all are there.
    Merge {
        object: Object,
        id: Uuid,
        survivor: Uuid,
    },
    Changeset(ChangesetRow),
    Answer(KeptAnswer),
}

/// The answer that is kept for an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptAnswer {
    pub(crate) key: String,
    pub(crate) fingerprint: [u8; 32],
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) created_at: Timestamp,
}

/// Entities of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Organization,
    Pipelines,
    Users,
    Keys,
    Fields,
    Records(Object),
    Merges(Object),
    Changesets,
    Answers,
}

impl Part {
    /// All, each behind what it refers to.
    pub(crate) const ALL: [Self; 14] = [
        Self::Organization,
        Self::Pipelines,
        Self::Users,
        Self::Keys,
        Self::Fields,
        Self::Records(Object::Account),
        Self::Merges(Object::Account),
        Self::Records(Object::Contact),
        Self::Merges(Object::Contact),
        Self::Records(Object::Opportunity),
        Self::Records(Object::Note),
        Self::Records(Object::Activity),
        Self::Changesets,
        Self::Answers,
    ];

    /// The table that its entities are rows of.
    pub(crate) const fn table(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Pipelines => "pipeline",
            Self::Users => "member",
            Self::Keys => "api_key",
            Self::Fields => "field",
            Self::Records(object) | Self::Merges(object) => object.name(),
            Self::Changesets => "changeset",
            Self::Answers => "idempotency",
        }
    }

    /// Whether both sides are compared by it: that a record was merged is said by the record too.
    pub(crate) const fn is_compared(self) -> bool {
        !matches!(self, Self::Merges(_))
    }

    /// Before its first entity.
    const fn start(self) -> Position {
        match self {
            Self::Changesets => Position::Sequence(0),
            Self::Answers => Position::Key(String::new()),
            _ => Position::Id(Uuid::nil()),
        }
    }
}

/// Where an entity stands in its part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Position {
    Id(Uuid),
    /// The last sequence of a changeset.
    Sequence(i64),
    /// An idempotency key, by its bytes.
    Key(String),
}

/// How far a copy has come: everything before it is written. As a text it is kept in the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) organization_id: Uuid,
    pub(crate) part: Part,
    pub(crate) after: Position,
}

impl Place {
    /// Before everything of the organisation.
    pub(crate) fn first(organization_id: Uuid) -> Self {
        Self::of(organization_id, Part::Organization)
    }

    /// Before everything of a part.
    pub(crate) fn of(organization_id: Uuid, part: Part) -> Self {
        Self {
            organization_id,
            part,
            after: part.start(),
        }
    }

    /// Before everything of the next part, or of the first one of the next organisation, in the order of their ids.
    pub(crate) fn next(&self, organizations: &[Uuid]) -> Option<Self> {
        let mut parts = Part::ALL.into_iter().skip_while(|part| *part != self.part);
        if let Some(part) = parts.nth(1) {
            return Some(Self::of(self.organization_id, part));
        }
        let mut organizations = organizations.iter();
        let next = organizations.find(|id| **id > self.organization_id);
        next.map(|id| Self::first(*id))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = Part::ALL.iter().position(|part| *part == self.part);
        let json = json!([self.organization_id, part, self.after]);
        write!(out, "{json}")
    }
}

impl FromStr for Place {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use serde::de::Error as _;
        let (organization_id, part, after): (Uuid, usize, Position) = serde_json::from_str(text)?;
        let unknown = || serde_json::Error::custom("there is no such part");
        Ok(Self {
            organization_id,
            part: *Part::ALL.get(part).ok_or_else(unknown)?,
            after,
        })
    }
}

impl Entity {
    /// Where it stands in its part.
    pub(crate) fn position(&self) -> Position {
        Position::Id(match self {
            Self::Organization { organization, .. } => organization.id,
            Self::Pipeline(pipeline) => pipeline.id,
            Self::User(user) => user.id,
            Self::Key(key) => key.id,
            Self::Field(field) => field.id,
            Self::Record(record) => record.id,
            Self::Merge { id, .. } => *id,
            Self::Changeset(row) => return Position::Sequence(row.last_sequence),
            Self::Answer(answer) => return Position::Key(answer.key.clone()),
        })
    }

    /// As it is written at first: the record that it was merged into may not be there yet.
    pub(crate) fn without_merge(mut self) -> Self {
        if let Self::Record(record) = &mut self {
            record.merged_into = None;
        }
        self
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        const REST: usize = 512;
        REST + match self {
            Self::Record(record) => record.bytes(),
            Self::Changeset(row) => row.changes.len(),
            Self::Answer(answer) => answer.body.len(),
            _ => 0,
        }
    }

    /// All that it says, in one way: two entities are equal exactly when these are. Nothing of it may be left out, so each
    /// member is named.
    pub(crate) fn canonical(&self) -> Value {
        match self {
            Self::Organization {
                organization,
                last_sequence,
            } => {
                let Organization {
                    id,
                    name,
                    unknown_attributes,
                    created_at,
                } = organization;
                json!([
                    id,
                    name,
                    unknown_attributes.name(),
                    created_at.as_micros(),
                    last_sequence
                ])
            }
            Self::Pipeline(pipeline) => pipeline_json(pipeline),
            Self::User(user) => {
                let User {
                    id,
                    email,
                    name,
                    role,
                    is_active,
                    created_at,
                    updated_at,
                } = user;
                let times = [created_at, updated_at].map(|time| time.as_micros());
                json!([id, email.as_str(), name, role.name(), is_active, times])
            }
            Self::Key(key) => key_json(key),
            Self::Field(field) => field_json(field),
            Self::Record(record) => record_json(record),
            Self::Merge {
                object,
                id,
                survivor,
            } => json!([object.name(), id, survivor]),
            Self::Changeset(row) => changeset_json(row),
            Self::Answer(answer) => {
                let KeptAnswer {
                    key,
                    fingerprint,
                    status,
                    body,
                    created_at,
                } = answer;
                let body = blake3::hash(body).to_string();
                json!([key, fingerprint, status, body, created_at.as_micros()])
            }
        }
    }
}

fn pipeline_json(pipeline: &Pipeline) -> Value {
    let Pipeline {
        id,
        name,
        is_default,
        created_at,
        updated_at,
        stages,
    } = pipeline;
    let mut stages: Vec<&Stage> = stages.iter().collect();
    stages.sort_by_key(|stage| stage.id);
    let stages: Vec<Value> = stages.into_iter().map(stage_json).collect();
    let times = [created_at, updated_at].map(|time| time.as_micros());
    json!([id, name, is_default, times, stages])
}

fn stage_json(stage: &Stage) -> Value {
    let Stage {
        id,
        label,
        order,
        color,
        is_active,
        is_default,
        probability,
        stage_type,
    } = stage;
    let rest = [json!(is_active), json!(is_default), json!(probability)];
    json!([id, label, order, color, rest, stage_type.name()])
}

fn key_json(key: &Key) -> Value {
    let Key {
        id,
        name,
        scope,
        routes,
        hash,
        hint,
        created_at,
        expires_at,
        revoked_at,
        last_used_at,
    } = key;
    let times = [Some(*created_at), *expires_at, *revoked_at, *last_used_at];
    let times = times.map(|time| time.map(Timestamp::as_micros));
    json!([id, name, scope.name(), routes, hash, hint, times])
}

fn field_json(field: &FieldDefinition) -> Value {
    let FieldDefinition {
        id,
        scope,
        is_system,
        slug,
        name,
        attribute_type,
        metadata,
        order,
        is_hidden,
        created_at,
    } = field;
    let scope = json!([scope.object().name(), scope.pipeline_id()]);
    let Metadata { options, rest } = metadata;
    let flags = [is_system, is_hidden];
    let names = [slug, name, attribute_type.name()];
    json!([
        id,
        scope,
        names,
        flags,
        options,
        rest,
        order,
        created_at.as_micros()
    ])
}

fn record_json(record: &Record) -> Value {
    let Record {
        object,
        id,
        created_at,
        updated_at,
        deleted_at,
        merged_into,
        values,
        custom,
    } = record;
    let times = [Some(*created_at), Some(*updated_at), *deleted_at];
    let times = times.map(|time| time.map(Timestamp::as_micros));
    json!([object.name(), id, times, merged_into, values, custom])
}

fn changeset_json(row: &ChangesetRow) -> Value {
    let ChangesetRow {
        first_sequence,
        last_sequence,
        changeset,
        changes,
    } = row;
    let Changeset {
        id,
        request_id,
        actor_kind,
        actor_id,
        actor_name,
        occurred_at,
    } = changeset;
    let actor = json!([actor_kind, actor_id, actor_name]);
    let sequences = [first_sequence, last_sequence];
    let occurred_at = occurred_at.as_micros();
    json!([sequences, id, request_id, actor, occurred_at, changes])
}
