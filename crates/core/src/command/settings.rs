//! What an administrator asks for: pipelines, stages, members and keys. Of an update, what is none stays as it is.

use uuid::Uuid;

use crate::key::KeyScope;
use crate::pipeline::{Role, StageType};
use crate::{Email, Timestamp};

/// A pipeline to create.
#[derive(Clone, Debug, PartialEq)]
pub struct CreatePipeline {
    /// What people call it.
    pub name: String,
    /// Whether it is to be the organisation's first choice, in place of what was.
    pub is_default: bool,
    /// Its stages, at least one; none: those that every organisation starts with.
    pub stages: Option<Vec<NewStage>>,
    /// Paths that were ignored.
    pub ignored: Vec<String>,
}

/// A pipeline to change.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdatePipeline {
    /// Which.
    pub id: Uuid,
    /// What people call it.
    pub name: Option<String>,
    /// Whether it is to be the organisation's first choice.
    pub is_default: Option<bool>,
    /// Paths that were ignored.
    pub ignored: Vec<String>,
}

/// A stage that is not there yet.
#[derive(Clone, Debug, PartialEq)]
pub struct NewStage {
    /// What people call it.
    pub label: String,
    /// A colour for boards.
    pub color: Option<String>,
    /// Its place, from 1; none: last.
    pub order: Option<i64>,
    /// Whether opportunities are to start here, and no longer where they did.
    pub is_default: bool,
    /// How likely a deal here is won, 0 to 100.
    pub probability: Option<f64>,
    /// Open, won or lost.
    pub stage_type: StageType,
}

/// A stage to create.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateStage {
    /// Where.
    pub pipeline_id: Uuid,
    /// What.
    pub stage: NewStage,
    /// Paths that were ignored.
    pub ignored: Vec<String>,
}

/// A stage to change.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateStage {
    /// Where.
    pub pipeline_id: Uuid,
    /// Which.
    pub stage_id: Uuid,
    /// What people call it.
    pub label: Option<String>,
    /// A colour for boards; none within takes it away.
    pub color: Option<Option<String>>,
    /// Its place, from 1.
    pub order: Option<i64>,
    /// Whether opportunities are to start here.
    pub is_default: Option<bool>,
    /// How likely a deal here is won, 0 to 100; none within takes it away.
    pub probability: Option<Option<f64>>,
    /// Open, won or lost.
    pub stage_type: Option<StageType>,
    /// Whether opportunities may be put into it.
    pub is_active: Option<bool>,
    /// Where its opportunities go when it is no longer active.
    pub move_to_stage_id: Option<Uuid>,
    /// Paths that were ignored.
    pub ignored: Vec<String>,
}

/// A stage to take away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteStage {
    /// Where.
    pub pipeline_id: Uuid,
    /// Which.
    pub stage_id: Uuid,
}

/// A member to create.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateUser {
    /// What they are known by.
    pub email: Email,
    /// What people call them; none: their address.
    pub name: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Paths that were ignored.
    pub ignored: Vec<String>,
}

/// A member to change.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateUser {
    /// Who.
    pub id: Uuid,
    /// What they are known by.
    pub email: Option<Email>,
    /// What people call them.
    pub name: Option<String>,
    /// What they may do.
    pub role: Option<Role>,
    /// Whether they are still there.
    pub is_active: Option<bool>,
    /// Paths that were ignored.
    pub ignored: Vec<String>,
}

/// A key to create. Its text is made at the edge and never comes here.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateKey {
    /// What people call it.
    pub name: String,
    /// How much it may do.
    pub scope: KeyScope,
    /// The routes it is restricted to; none: all that its scope allows.
    pub routes: Vec<String>,
    /// The routes that the key which asks is restricted to: it gives away no more than it has.
    pub routes_of_asker: Vec<String>,
    /// When the key which asks ends, if ever.
    pub end_of_asker: Option<Timestamp>,
    /// When it ends, if ever.
    pub expires_at: Option<Timestamp>,
    /// The hash of its text.
    pub hash: [u8; 32],
    /// What may be shown of its text.
    pub hint: String,
    /// Paths that were ignored.
    pub ignored: Vec<String>,
}

/// A key to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokeKey {
    /// Which.
    pub id: Uuid,
}
