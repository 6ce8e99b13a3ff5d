//! What a caller asks for, with every value already checked: the references are the plan's to resolve.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::value::{Value, Values};
use crate::{DomainName, Email};

/// One write.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Creates an opportunity and resolves what surrounds it.
    CreateOpportunity(Box<CreateOpportunity>),
    /// Creates an account, or finds it by its domain.
    ResolveAccount(Box<ResolveAccount>),
    /// Creates a contact, or finds it by its e-mail address.
    ResolveContact(Box<ResolveContact>),
}

/// An opportunity to create.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateOpportunity {
    /// Where it goes.
    pub pipeline_id: Uuid,
    /// `name`, `deal_size`, `close_date`, `next_action_date`, `next_steps`, as far as they were sent.
    pub values: Values,
    /// The stage by id: wins over the name.
    pub stage_id: Option<Uuid>,
    /// The stage by its label.
    pub stage_name: Option<String>,
    /// The account.
    pub account_domain: Option<DomainName>,
    /// The person it is about.
    pub primary_contact_email: Option<Email>,
    /// Others on the buyer's side.
    pub additional_contact_emails: Vec<Email>,
    /// The member who owns it, by id.
    pub owner_id: Option<Uuid>,
    /// The member who owns it, by e-mail address.
    pub owner_email: Option<Email>,
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
