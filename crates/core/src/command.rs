//! What a caller asks for, with every value already checked: the references are the plan's to resolve.

mod record;
mod settings;

use std::collections::BTreeMap;

use uuid::Uuid;

pub use record::{
    DeleteRecord, Link, MERGE_LEN_MAX, MergeRecords, NamedIn, OwnerKey, RestoreRecord, Sent,
    StageKey, Target, UpdateRecord,
};
pub use settings::{
    CreateKey, CreatePipeline, CreateStage, CreateUser, DeleteStage, NewStage, RevokeKey,
    UpdatePipeline, UpdateStage, UpdateUser,
};

use crate::custom::{AttributeType, Metadata, Scope};
use crate::value::{Value, Values};
use crate::{DomainName, Email, Object, Timestamp};

/// One write.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Creates an opportunity and resolves what surrounds it.
    CreateOpportunity(Box<CreateOpportunity>),
    /// Creates an account, or finds it by its domain.
    ResolveAccount(Box<ResolveAccount>),
    /// Creates a contact, or finds it by its e-mail address.
    ResolveContact(Box<ResolveContact>),
    /// Changes a record.
    UpdateRecord(Box<UpdateRecord>),
    /// Puts a record into the trash.
    DeleteRecord(Box<DeleteRecord>),
    /// Takes a record out of the trash.
    RestoreRecord(Box<RestoreRecord>),
    /// Merges records into one.
    MergeRecords(Box<MergeRecords>),
    /// Creates a note or an activity and resolves what it is about.
    CreateEntry(Box<CreateEntry>),
    /// Creates a custom field.
    CreateField(Box<CreateField>),
    /// Changes a custom field.
    UpdateField(Box<UpdateField>),
    /// Creates a pipeline with its stages.
    CreatePipeline(Box<CreatePipeline>),
    /// Changes a pipeline.
    UpdatePipeline(Box<UpdatePipeline>),
    /// Creates a stage.
    CreateStage(Box<CreateStage>),
    /// Changes a stage, and moves its opportunities when it is no longer active.
    UpdateStage(Box<UpdateStage>),
    /// Takes away a stage that nothing is in.
    DeleteStage(DeleteStage),
    /// Creates a member.
    CreateUser(Box<CreateUser>),
    /// Changes a member.
    UpdateUser(Box<UpdateUser>),
    /// Creates a key.
    CreateKey(Box<CreateKey>),
    /// Ends a key.
    RevokeKey(RevokeKey),
}

impl Command {
    /// How many records it names: by domain, by address or by id.
    #[must_use]
    pub fn references(&self) -> usize {
        match self {
            Self::CreateOpportunity(create) => 2 + create.additional_contact_emails.len(),
            Self::ResolveContact(resolve) => {
                1 + match resolve.values.get("other_emails") {
                    Some(Value::Texts(others)) => others.len(),
                    _ => 0,
                }
            }
            Self::UpdateRecord(update) => {
                let others = update.others.as_ref().map_or(0, |sent| sent.value.len());
                let links: usize = update.links.values().map(Vec::len).sum();
                1 + others + links
            }
            Self::CreateEntry(create) => {
                let named = create.domains.len() + create.emails.len() + create.participants.len();
                named + create.records.len()
            }
            Self::MergeRecords(merge) => 1 + merge.from.len(),
            _ => 1,
        }
    }
}

/// An opportunity to create.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateOpportunity {
    /// Where it goes.
    pub pipeline_id: Uuid,
    /// `name`, `deal_size`, `close_date`, `next_action_date`, `next_steps`, as far as they were sent.
    pub values: Values,
    /// Its stage.
    pub stage: StageKey,
    /// The account.
    pub account_domain: Option<DomainName>,
    /// The person it is about.
    pub primary_contact_email: Option<Email>,
    /// Others on the buyer's side.
    pub additional_contact_emails: Vec<Email>,
    /// The member who owns it.
    pub owner: OwnerKey,
    /// Custom attributes and other members.
    pub attributes: Attributes,
}

/// An account to create or find.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolveAccount {
    /// What it is known by.
    pub domain: DomainName,
    /// System values as far as they were sent.
    pub values: Values,
    /// Custom attributes and other members.
    pub attributes: Attributes,
}

/// A contact to create or find.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolveContact {
    /// What it is known by.
    pub email: Email,
    /// System values as far as they were sent.
    pub values: Values,
    /// Custom attributes and other members.
    pub attributes: Attributes,
}

/// A note or an activity to create: an entry on the timelines of the records that it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateEntry {
    /// [`Object::Note`] or [`Object::Activity`].
    pub object: Object,
    /// System values as far as they were sent.
    pub values: Values,
    /// When it happened; none: now.
    pub created_at: Option<Timestamp>,
    /// The accounts that it is about, by domain.
    pub domains: Vec<DomainName>,
    /// The contacts that it is about, by address.
    pub emails: Vec<Email>,
    /// Who took part: contacts like the others, unless they are members of the organisation.
    pub participants: Vec<Email>,
    /// The accounts, contacts and opportunities that it is about, by id.
    pub records: Vec<Reference>,
    /// Paths that were ignored.
    pub ignored: Vec<String>,
}

/// An account, a contact or an opportunity that was named by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Where the id was sent.
    pub path: String,
    /// What it has to be.
    pub object: Object,
    /// The id.
    pub id: Uuid,
}

/// What a body holds beside the system fields, by the path it was sent under.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes {
    /// Attributes to keep: one that names no field makes one. By path, so that a fault names its place.
    pub kept: BTreeMap<String, Attribute>,
    /// Members to keep only if they name a field.
    pub extra: BTreeMap<String, Attribute>,
    /// Paths that were left out already.
    pub ignored: Vec<String>,
}

/// A custom value as sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// The key, as sent: a slug, `custom__` and slug, or a display name.
    pub key: String,
    /// The value; none for null, and for what no field can hold ([`Attributes::extra`] only).
    pub value: Option<Value>,
}

/// A custom field to create.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateField {
    /// Whose field.
    pub scope: Scope,
    /// What people call it.
    pub name: String,
    /// What it holds.
    pub attribute_type: AttributeType,
    /// Its slug; none: made from the name.
    pub slug: Option<String>,
    /// What it says about its values.
    pub metadata: Metadata,
    /// Its place, from 1; none: last.
    pub order: Option<i64>,
    /// Whether screens leave it out.
    pub is_hidden: bool,
    /// Paths that were ignored.
    pub ignored: Vec<String>,
}

/// What a field is identified by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldKey {
    /// Its id.
    Id(Uuid),
    /// Its slug.
    Slug(String),
}

/// A custom field to change; what is none stays as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateField {
    /// Whose field.
    pub scope: Scope,
    /// Which.
    pub key: FieldKey,
    /// The member that said so: `id`, `attribute_id` or `property_name`.
    pub key_path: &'static str,
    /// Its slug, if it was sent beside an id: never a new one.
    pub slug: Option<String>,
    /// What people call it.
    pub name: Option<String>,
    /// What it holds.
    pub attribute_type: Option<AttributeType>,
    /// What it says about its values, in place of what it said.
    pub metadata: Option<Metadata>,
    /// Its place, from 1.
    pub order: Option<i64>,
    /// Whether screens leave it out.
    pub is_hidden: Option<bool>,
    /// Paths that were ignored.
    pub ignored: Vec<String>,
}
