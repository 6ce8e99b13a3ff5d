//! Pipelines, their stages, and the members who own opportunities.

use uuid::Uuid;

use crate::{Email, Timestamp};

/// Most pipelines of an organisation.
pub const PIPELINES_MAX: usize = 100;
/// Longest name of a pipeline, in characters.
pub const PIPELINE_NAME_CHARS_MAX: usize = 255;
/// Most members of an organisation, those that are no longer active too.
pub const USERS_MAX: usize = 2_000;
/// Most stages of one pipeline.
pub const STAGES_MAX: usize = 200;
/// Longest label of a stage, in characters.
pub const LABEL_CHARS_MAX: usize = 255;
/// Longest colour, in characters.
pub const COLOR_CHARS_MAX: usize = 32;
/// The highest place in an order that a caller may give.
pub const ORDER_MAX: i64 = 1_000_000;

/// A pipeline with its stages in `stage_order`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    /// UUIDv7.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// Whether it is the organisation's first choice.
    pub is_default: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Its stages, the inactive ones too, by `stage_order`.
    pub stages: Vec<Stage>,
}

/// A step of a pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// UUIDv7.
    pub id: Uuid,
    /// What people call it, at most 255 characters.
    pub label: String,
    /// Its place, from 1.
    pub order: i64,
    /// A colour for boards, such as `#2f80ed`.
    pub color: Option<String>,
    /// Whether opportunities may be put into it.
    pub is_active: bool,
    /// Whether an opportunity starts here when nothing else is said.
    pub is_default: bool,
    /// How likely a deal here is won, 0 to 100.
    pub probability: Option<f64>,
    /// Open, won or lost.
    pub stage_type: StageType,
}

/// What reaching a stage means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageType {
    /// The deal is open.
    Default,
    /// The deal is won.
    Positive,
    /// The deal is lost.
    Negative,
}

impl StageType {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Positive => "positive",
            Self::Negative => "negative",
        }
    }

    /// The type of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Default, Self::Positive, Self::Negative]
            .into_iter()
            .find(|stage_type| stage_type.name() == name)
    }
}

impl Pipeline {
    /// The stages that opportunities may be put into, in order.
    pub fn active_stages(&self) -> impl Iterator<Item = &Stage> {
        self.stages.iter().filter(|stage| stage.is_active)
    }

    /// The stage of that id, active or not.
    #[must_use]
    pub fn stage(&self, id: Uuid) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.id == id)
    }

    /// Takes a stage in, in its place; one that it has already, in place of what that was.
    pub fn put(&mut self, stage: &Stage) {
        match self.stages.iter_mut().find(|had| had.id == stage.id) {
            Some(had) => *had = stage.clone(),
            None => self.stages.push(stage.clone()),
        }
        self.stages.sort_by_key(|stage| (stage.order, stage.id));
    }

    /// Takes a stage out.
    pub fn remove(&mut self, id: Uuid) {
        self.stages.retain(|stage| stage.id != id);
    }
}

/// A member of the organisation, who may own opportunities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// UUIDv7.
    pub id: Uuid,
    /// Unique in the organisation.
    pub email: Email,
    /// What people call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they are still there: who is not keeps what they own, and is given nothing more.
    pub is_active: bool,
    /// When they joined.
    pub created_at: Timestamp,
    /// When they last changed.
    pub updated_at: Timestamp,
}

impl User {
    /// Whether they may administer the organisation.
    #[must_use]
    pub fn is_active_admin(&self) -> bool {
        self.is_active && self.role == Role::Admin
    }
}

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything, keys and members included.
    Admin,
    /// Everything with records.
    Member,
}

impl Role {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Admin, Self::Member]
            .into_iter()
            .find(|role| role.name() == name)
    }
}

/// An organisation: whose data it is. What it may never see is every other organisation's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// UUIDv7.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// What happens to custom attributes that name no field.
    pub unknown_attributes: UnknownAttributes,
    /// When it was created.
    pub created_at: Timestamp,
}

/// What an organisation does with a custom attribute that names no field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownAttributes {
    /// Creates the field, so that nothing sent is lost.
    #[default]
    Create,
    /// Refuses the request.
    Refuse,
}

impl UnknownAttributes {
    /// The name in settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Refuse => "strict",
        }
    }

    /// The rule of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Create, Self::Refuse]
            .into_iter()
            .find(|rule| rule.name() == name)
    }
}
