//! What came of a command: enough to answer without reading anything again.

use std::sync::Arc;

use uuid::Uuid;

use crate::custom::FieldDefinition;
use crate::key::Key;
use crate::pipeline::{Pipeline, Stage, User};
use crate::query::Found;
use crate::record::{Record, contact_name};

/// What came of one command.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// An opportunity was created.
    Opportunity(Box<OpportunityCreated>),
    /// An account was created or found.
    Account(Box<Resolution>),
    /// A contact was created or found.
    Contact(Box<Resolution>),
    /// A record was changed, deleted, restored or merged with others.
    Record(Box<RecordWritten>),
    /// A note or an activity was created.
    Entry(Box<EntryCreated>),
    /// A custom field was created or changed.
    Field(Box<FieldWritten>),
    /// A pipeline was created or changed.
    Pipeline(Box<PipelineWritten>),
    /// A stage was created.
    Stage(Box<StageCreated>),
    /// A stage was changed.
    StageUpdated(Box<StageUpdated>),
    /// A stage is gone.
    StageDeleted(Box<StageDeleted>),
    /// A member was created or changed.
    User(Box<UserWritten>),
    /// A key was created.
    Key(Box<KeyCreated>),
    /// A key was ended, now or before.
    KeyRevoked(Arc<Key>),
}

impl Outcome {
    /// Whether what was asked for is new.
    #[must_use]
    pub fn is_created(&self) -> bool {
        match self {
            Self::Opportunity(_) | Self::Entry(_) | Self::Stage(_) | Self::Key(_) => true,
            Self::Account(found) | Self::Contact(found) => found.how == How::Created,
            Self::Field(written) => written.how == How::Created,
            Self::Pipeline(written) => written.how == How::Created,
            Self::User(written) => written.how == How::Created,
            Self::Record(_)
            | Self::StageUpdated(_)
            | Self::StageDeleted(_)
            | Self::KeyRevoked(_) => false,
        }
    }
}

/// How something was resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It is new.
    Created,
    /// It was there.
    Matched,
    /// Nothing was said, so it is the default.
    Default,
}

impl How {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Matched => "matched",
            Self::Default => "default",
        }
    }
}

/// An account or contact that was created or found.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolution {
    /// As it is now.
    pub record: Arc<Record>,
    /// Created or matched.
    pub how: How,
    /// Fields that were empty and now hold what was sent.
    pub filled: Vec<String>,
    /// Fields that hold something else than was sent, and kept it.
    pub kept: Vec<String>,
    /// Paths of the body that were ignored.
    pub ignored: Vec<String>,
}

/// A record that was there, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordWritten {
    /// As it is now.
    pub found: Found,
    /// What was done.
    pub done: Done,
}

/// What was done to a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// It has new values.
    Updated,
    /// It is in the trash.
    Deleted,
    /// It is out of the trash.
    Restored,
    /// It answers for others.
    Merged {
        /// Those that it answers for now.
        from: Vec<Uuid>,
        /// How many records referred to them, and refer to it now.
        moved: usize,
    },
}

/// A note or an activity that was created, with what it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct EntryCreated {
    /// The note or activity.
    pub record: Arc<Record>,
    /// Its accounts, and how each was resolved.
    pub accounts: Vec<(AccountBrief, How)>,
    /// Its contacts, and how each was resolved.
    pub contacts: Vec<(ContactBrief, How)>,
    /// Its opportunities.
    pub opportunities: Vec<Arc<Record>>,
    /// Paths of the body that were ignored.
    pub ignored: Vec<String>,
}

/// A custom field that was created or changed.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldWritten {
    /// As it is now.
    pub field: Arc<FieldDefinition>,
    /// Created, or matched and changed.
    pub how: How,
    /// Paths of the body that were ignored.
    pub ignored: Vec<String>,
}

/// A stage that was created.
#[derive(Clone, Debug, PartialEq)]
pub struct StageCreated {
    /// Where.
    pub pipeline_id: Uuid,
    /// The stage.
    pub stage: Stage,
    /// Paths of the body that were ignored.
    pub ignored: Vec<String>,
}

/// A pipeline that was created or changed.
#[derive(Clone, Debug, PartialEq)]
pub struct PipelineWritten {
    /// As it is now.
    pub pipeline: Arc<Pipeline>,
    /// Created, or matched and changed.
    pub how: How,
    /// Paths of the body that were ignored.
    pub ignored: Vec<String>,
}

/// A stage that was changed.
#[derive(Clone, Debug, PartialEq)]
pub struct StageUpdated {
    /// Where.
    pub pipeline_id: Uuid,
    /// As it is now.
    pub stage: Stage,
    /// How many opportunities moved out of it.
    pub moved: usize,
    /// Paths of the body that were ignored.
    pub ignored: Vec<String>,
}

/// A stage that is gone.
#[derive(Clone, Debug, PartialEq)]
pub struct StageDeleted {
    /// Where it was.
    pub pipeline_id: Uuid,
    /// As it was.
    pub stage: Stage,
}

/// A member who was created or changed.
#[derive(Clone, Debug, PartialEq)]
pub struct UserWritten {
    /// As they are now.
    pub user: Arc<User>,
    /// Created, or matched and changed.
    pub how: How,
    /// Paths of the body that were ignored.
    pub ignored: Vec<String>,
}

/// A key that was created.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyCreated {
    /// What is kept of it.
    pub key: Arc<Key>,
    /// Paths of the body that were ignored.
    pub ignored: Vec<String>,
}

/// An opportunity that was created, with all that was resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct OpportunityCreated {
    /// The opportunity as a reader sees it.
    pub view: OpportunityView,
    /// How the account was resolved; none if it has no account.
    pub account: Option<How>,
    /// How the primary contact was resolved; none if it has none.
    pub primary_contact: Option<How>,
    /// How the additional contacts were resolved, in the order of the view's.
    pub additional_contacts: Vec<How>,
    /// How the stage was resolved.
    pub stage: How,
    /// Paths of the body that were ignored.
    pub ignored: Vec<String>,
}

/// An opportunity with what its answer shows of the records around it.
#[derive(Clone, Debug, PartialEq)]
pub struct OpportunityView {
    /// The opportunity.
    pub record: Arc<Record>,
    /// The label of its stage.
    pub stage_name: String,
    /// Its account.
    pub account: Option<AccountBrief>,
    /// Its primary contact.
    pub contact: Option<ContactBrief>,
    /// Its other contacts, in order.
    pub additional_contacts: Vec<ContactBrief>,
    /// Its owner.
    pub owner: Option<OwnerBrief>,
}

/// What an opportunity shows of its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountBrief {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its domain, normalised.
    pub domain: String,
}

/// What an opportunity shows of a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactBrief {
    /// Its id.
    pub id: Uuid,
    /// Its e-mail address, normalised.
    pub email: String,
    /// First name, if known.
    pub first_name: Option<String>,
    /// Last name, if known.
    pub last_name: Option<String>,
    /// Full name, if known.
    pub full_name: Option<String>,
}

/// What an opportunity shows of its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerBrief {
    /// The member's id.
    pub id: Uuid,
    /// The member's e-mail address.
    pub email: String,
}

impl AccountBrief {
    /// Of an account.
    #[must_use]
    pub fn of(account: &Record) -> Self {
        Self {
            id: account.id,
            name: account.text("name").to_owned(),
            domain: account.text("domain").to_owned(),
        }
    }
}

impl ContactBrief {
    /// Of a contact.
    #[must_use]
    pub fn of(contact: &Record) -> Self {
        let text = |field| Some(contact.text(field).to_owned()).filter(|text| !text.is_empty());
        Self {
            id: contact.id,
            email: contact.text("email").to_owned(),
            first_name: text("first_name"),
            last_name: text("last_name"),
            full_name: text("full_name"),
        }
    }

    /// What people call them.
    #[must_use]
    pub fn name(&self) -> String {
        let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
        contact_name(
            &or_empty(&self.full_name),
            &or_empty(&self.first_name),
            &or_empty(&self.last_name),
            &self.email,
        )
    }
}
