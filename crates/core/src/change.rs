//! What a write does: a list of changes, made whole or not at all.

use std::sync::Arc;

use uuid::Uuid;

use crate::custom::FieldDefinition;
use crate::key::Key;
use crate::pipeline::{Organization, Pipeline, Stage, UnknownAttributes, User};
use crate::value::Value;
use crate::{Record, Timestamp};

/// One thing that a write does. The set is closed: what is not here cannot happen to the data.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A new account, contact or opportunity.
    CreateRecord(Arc<Record>),
    /// New values in a record: as it was, and as it is now.
    UpdateRecord {
        /// As it was.
        before: Arc<Record>,
        /// As it is now.
        after: Arc<Record>,
    },
    /// A new custom field.
    CreateField(Arc<FieldDefinition>),
    /// A custom field changed: as it was, and as it is now.
    UpdateField {
        /// As it was.
        before: Arc<FieldDefinition>,
        /// As it is now.
        after: Arc<FieldDefinition>,
    },
    /// The organisation itself.
    CreateOrganization(Organization),
    /// What the organisation does with attributes that name no field.
    UpdateOrganization {
        /// Which.
        id: Uuid,
        /// As it was.
        before: UnknownAttributes,
        /// As it is now.
        after: UnknownAttributes,
    },
    /// A new pipeline with its stages.
    CreatePipeline(Pipeline),
    /// A pipeline changed; its stages stay as they are.
    UpdatePipeline {
        /// As it was.
        before: Arc<Pipeline>,
        /// As it is now.
        after: Arc<Pipeline>,
    },
    /// A new stage.
    CreateStage {
        /// Where.
        pipeline_id: Uuid,
        /// What.
        stage: Stage,
        /// When: the pipeline changed then too.
        at: Timestamp,
    },
    /// A stage changed.
    UpdateStage {
        /// Where.
        pipeline_id: Uuid,
        /// As it was.
        before: Stage,
        /// As it is now.
        after: Stage,
        /// When: the pipeline changed then too.
        at: Timestamp,
    },
    /// A stage that is gone.
    DeleteStage {
        /// Where.
        pipeline_id: Uuid,
        /// As it was.
        stage: Stage,
        /// When: the pipeline changed then too.
        at: Timestamp,
    },
    /// A new member.
    CreateUser(User),
    /// A member changed.
    UpdateUser {
        /// As they were.
        before: Arc<User>,
        /// As they are now.
        after: Arc<User>,
    },
    /// A new key.
    CreateKey(Key),
    /// A key that is no longer good.
    RevokeKey {
        /// Which.
        id: Uuid,
        /// Since when.
        revoked_at: Timestamp,
    },
}

/// Who asked for a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// By what they came in.
    pub kind: ActorKind,
    /// The key's id, where it was a key.
    pub id: Option<Uuid>,
    /// The key's name.
    pub name: Option<String>,
}

/// By what somebody came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// A program with a key.
    ApiKey,
    /// The command line, on the server itself.
    Cli,
}

impl ActorKind {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ApiKey => "api_key",
            Self::Cli => "cli",
        }
    }
}

impl Actor {
    /// The command line.
    #[must_use]
    pub const fn cli() -> Self {
        let kind = ActorKind::Cli;
        let (id, name) = (None, None);
        Self { kind, id, name }
    }
}

/// The values of one field before and after an update, by the field's name (`custom__` before a slug).
#[derive(Clone, Debug, PartialEq)]
pub struct Edit<'a> {
    /// The field.
    pub field: std::borrow::Cow<'a, str>,
    /// What it was.
    pub before: Option<&'a Value>,
    /// What it is now.
    pub after: Option<&'a Value>,
}

/// The fields in which two versions of a record differ, system fields in the order of their table, then custom ones.
#[must_use]
pub fn edits<'a>(before: &'a Record, after: &'a Record) -> Vec<Edit<'a>> {
    let system = before.object.fields().iter().map(|field| Edit {
        field: field.name.into(),
        before: before.values.get(field.name),
        after: after.values.get(field.name),
    });
    let gone = before
        .custom
        .keys()
        .filter(|key| !after.custom.contains_key(*key));
    let slugs = after.custom.keys().chain(gone);
    let custom = slugs.map(|slug| Edit {
        field: format!("custom__{slug}").into(),
        before: before.custom.get(slug),
        after: after.custom.get(slug),
    });
    let all = system.chain(custom);
    all.filter(|edit| edit.before != edit.after).collect()
}
