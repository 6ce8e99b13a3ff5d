//! What a fresh organisation starts with.

use uuid::Uuid;

use crate::key::Key;
use crate::pipeline::{Organization, Pipeline, Role, Stage, StageType, UnknownAttributes, User};
use crate::{Change, Email, Timestamp};

/// Label, probability in per cent, meaning: the stages of the first pipeline, in order, the first the default.
const STAGES: [(&str, f64, StageType, &str); 6] = [
    ("Lead", 10.0, StageType::Default, "#8d99ae"),
    ("Qualified", 25.0, StageType::Default, "#3a86ff"),
    ("Proposal", 50.0, StageType::Default, "#8338ec"),
    ("Negotiation", 75.0, StageType::Default, "#fb8500"),
    ("Won", 100.0, StageType::Positive, "#2a9d8f"),
    ("Lost", 0.0, StageType::Negative, "#e63946"),
];

/// An organisation with its first pipeline, member and key.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// The organisation.
    pub organization: Organization,
    /// Its pipeline, `Sales`.
    pub pipeline: Pipeline,
    /// Its first member, who may do everything.
    pub owner: User,
    /// Its first key.
    pub key: Key,
}

impl Setup {
    /// The organisation `name` with the pipeline `Sales`, a member and a key.
    pub fn new(
        name: &str,
        owner_email: Email,
        key: Key,
        now: Timestamp,
        mint: &mut dyn FnMut() -> Uuid,
    ) -> Self {
        Self {
            organization: Organization {
                id: mint(),
                name: name.to_owned(),
                unknown_attributes: UnknownAttributes::default(),
                created_at: now,
            },
            pipeline: Pipeline {
                id: mint(),
                name: "Sales".to_owned(),
                is_default: true,
                created_at: now,
                updated_at: now,
                stages: stages(mint),
            },
            owner: User {
                id: mint(),
                name: owner_email.as_str().to_owned(),
                email: owner_email,
                role: Role::Admin,
                is_active: true,
                created_at: now,
                updated_at: now,
            },
            key,
        }
    }

    /// The changes that make it.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        vec![
            Change::CreateOrganization(self.organization.clone()),
            Change::CreatePipeline(self.pipeline.clone()),
            Change::CreateUser(self.owner.clone()),
            Change::CreateKey(self.key.clone()),
        ]
    }
}

/// The stages that a pipeline starts with, unless something else is asked for.
pub(super) fn stages(mint: &mut dyn FnMut() -> Uuid) -> Vec<Stage> {
    let numbered = (1..).zip(STAGES);
    let stages = numbered.map(|(order, (label, probability, stage_type, color))| Stage {
        id: mint(),
        label: label.to_owned(),
        order,
        color: Some(color.to_owned()),
        is_active: true,
        is_default: order == 1,
        probability: Some(probability),
        stage_type,
    });
    stages.collect()
}
