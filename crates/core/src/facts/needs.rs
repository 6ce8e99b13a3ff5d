//! What the plans of commands may ask for.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::command::{
    Attribute, Attributes, Command, CreateEntry, CreateOpportunity, FieldKey, Link, MergeRecords,
    OwnerKey, ResolveContact, Target, UpdateField, UpdateRecord, UpdateStage,
};
use crate::custom::normal::MemberKey;
use crate::custom::{AttributeType, Scope};
use crate::{DomainName, Email, Object, Record, Value, mail_provider};

/// What commands need to know: every key that their plans may ask for. Loaded as sets, once for many commands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Needs {
    /// Accounts by domain.
    pub domains: BTreeSet<DomainName>,
    /// Contacts by any of their addresses.
    pub emails: BTreeSet<Email>,
    /// Records by id, in the trash or not.
    pub records: BTreeSet<(Object, Uuid)>,
    /// Everything that refers to these records, in the trash or not, unless it is too much.
    pub relations: BTreeSet<(Object, Uuid)>,
    /// Pipelines with their stages.
    pub pipelines: BTreeSet<Uuid>,
    /// Members by id.
    pub users: BTreeSet<Uuid>,
    /// Members by address.
    pub user_emails: BTreeSet<Email>,
    /// The custom fields of these scopes.
    pub fields: BTreeSet<Scope>,
    /// The records with a value of these fields, where that is not of this type already: see
    /// [`Facts::holders_needed`](crate::Facts::holders_needed).
    pub conversions: BTreeSet<(Scope, FieldKey, AttributeType)>,
    /// Every pipeline with its stages.
    pub all_pipelines: bool,
    /// Every member.
    pub all_users: bool,
    /// Every key that is not revoked.
    pub live_keys: bool,
    /// Keys by id, revoked or not.
    pub keys: BTreeSet<Uuid>,
    /// The opportunities in these stages, each by pipeline and stage: up to one more than [`HOLDERS_MAX`] of the live ones,
    /// and of those in the trash.
    pub stages: BTreeSet<(Uuid, Uuid)>,
}

/// The fields that records are known by.
const KEY_FIELDS: [&str; 3] = ["domain", "email", "other_emails"];

/// Most records that one command changes besides those it names: those with a value of a field that changes its type, those
/// that refer to what is merged, those in a stage that is no longer active.
pub const HOLDERS_MAX: usize = 10_000;
/// About how many bytes of texts they have together, at most.
pub const HELD_BYTES_MAX: usize = 32 * 1024 * 1024;

impl Needs {
    /// Adds what the plan of this command may ask for.
    pub fn add(&mut self, command: &Command) {
        match command {
            Command::CreateOpportunity(create) => self.add_opportunity(create),
            Command::ResolveAccount(resolve) => {
                self.domains.insert(resolve.domain.clone());
                self.fields.insert(Scope::Accounts);
                self.add_members(&resolve.attributes);
            }
            Command::ResolveContact(resolve) => self.add_contact(resolve),
            Command::UpdateRecord(update) => self.add_record_update(update),
            Command::DeleteRecord(delete) => self.add_target(&delete.target),
            Command::RestoreRecord(restore) => self.add_target(&restore.target),
            Command::MergeRecords(merge) => self.add_merge(merge),
            Command::CreateEntry(create) => self.add_entry(create),
            Command::CreateField(create) => self.add_fields(create.scope),
            Command::UpdateField(update) => self.add_update(update),
            Command::CreatePipeline(_) | Command::UpdatePipeline(_) => self.all_pipelines = true,
            Command::CreateStage(create) => drop(self.pipelines.insert(create.pipeline_id)),
            Command::UpdateStage(update) => self.add_stage_update(update),
            Command::DeleteStage(delete) => {
                self.pipelines.insert(delete.pipeline_id);
                self.stages.insert((delete.pipeline_id, delete.stage_id));
            }
            Command::CreateUser(_) | Command::UpdateUser(_) => self.all_users = true,
            Command::CreateKey(_) => self.live_keys = true,
            Command::RevokeKey(revoke) => {
                self.live_keys = true;
                self.keys.insert(revoke.id);
            }
        }
    }

    /// Whether nothing is needed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What a plan that is about this record may ask for next: what answers for it, what surrounds an opportunity, and the
    /// account of a contact.
    pub(super) fn add_surroundings(&mut self, record: &Record) {
        self.add_survivor(record);
        if !record.is_live() {
            self.add_keys_of(record);
        }
        if matches!(record.object, Object::Opportunity | Object::Contact) {
            self.add_references(record);
        }
        if let Some(id) = record.reference("pipeline_id") {
            self.pipelines.insert(id);
            self.fields.insert(Scope::Opportunities(id));
        }
        self.users.extend(record.reference("owner_id"));
    }

    /// What a record was merged into.
    pub(super) fn add_survivor(&mut self, record: &Record) {
        let survivor = record.merged_into.map(|id| (record.object, id));
        self.records.extend(survivor);
    }

    /// What a record refers to.
    pub(super) fn add_references(&mut self, record: &Record) {
        for (field, object) in record.object.references() {
            let one = record.reference(field).into_iter();
            let ids = one.chain(record.references(field).iter().copied());
            self.records.extend(ids.map(|id| (*object, id)));
        }
    }

    /// The fields of a scope, and the pipeline that it belongs to.
    fn add_fields(&mut self, scope: Scope) {
        self.fields.insert(scope);
        self.pipelines.extend(scope.pipeline_id());
    }

    fn add_update(&mut self, update: &UpdateField) {
        self.add_fields(update.scope);
        let conversion = |to| (update.scope, update.key.clone(), to);
        self.conversions
            .extend(update.attribute_type.map(conversion));
    }

    fn add_stage_update(&mut self, update: &UpdateStage) {
        self.pipelines.insert(update.pipeline_id);
        if update.is_active == Some(false) {
            self.stages.insert((update.pipeline_id, update.stage_id));
        }
    }

    /// Whoever is named by what looks like a member's id or address.
    fn add_members(&mut self, attributes: &Attributes) {
        self.add_members_of(attributes.kept.values().chain(attributes.extra.values()));
    }

    fn add_members_of<'a>(&mut self, sent: impl Iterator<Item = &'a Attribute>) {
        let texts = sent.flat_map(|attribute| match &attribute.value {
            Some(Value::Text(text)) => std::slice::from_ref(text),
            Some(Value::Texts(texts)) => texts.as_slice(),
            _ => &[],
        });
        for key in texts.filter_map(|text| MemberKey::of(text.trim())) {
            match key {
                MemberKey::Id(id) => drop(self.users.insert(id)),
                MemberKey::Email(email) => drop(self.user_emails.insert(email)),
            }
        }
    }

    fn add_opportunity(&mut self, create: &CreateOpportunity) {
        self.pipelines.insert(create.pipeline_id);
        self.fields.insert(Scope::Opportunities(create.pipeline_id));
        self.add_members(&create.attributes);
        self.add_owner(&create.owner);
        let emails = create.primary_contact_email.iter();
        let emails = emails.chain(&create.additional_contact_emails);
        self.emails.extend(emails.clone().cloned());
        match &create.account_domain {
            Some(domain) => drop(self.domains.insert(domain.clone())),
            None => self.domains.extend(emails.filter_map(company_domain)),
        }
    }

    fn add_owner(&mut self, key: &OwnerKey) {
        self.users.extend(key.id);
        self.user_emails.extend(key.email.clone());
    }

    fn add_target(&mut self, target: &Target) {
        self.records.insert((target.object, target.id));
    }

    fn add_record_update(&mut self, update: &UpdateRecord) {
        self.add_target(&update.target);
        match update.target.object {
            Object::Account => drop(self.fields.insert(Scope::Accounts)),
            Object::Contact => drop(self.fields.insert(Scope::Contacts)),
            Object::Opportunity => {} // its pipeline's, once it is known
            Object::Note | Object::Activity => {}
        }
        for (field, object) in update.target.object.references() {
            let ids = update.links.get(field).into_iter().flatten();
            self.records.extend(ids.map(|id| (*object, *id)));
        }
        for value in KEY_FIELDS.iter().filter_map(|key| update.values.get(key)) {
            value.iter().for_each(|value| self.add_natural_keys(value));
        }
        match update.account.as_ref().map(|sent| &sent.value) {
            Some(Link::Id(id)) => drop(self.records.insert((Object::Account, *id))),
            Some(Link::Key(domain)) => drop(self.domains.insert(domain.clone())),
            Some(Link::Nothing) | None => {}
        }
        let contact = update.contact.iter().map(|sent| &sent.value);
        let others = update.others.iter().flat_map(|sent| &sent.value);
        for link in contact.chain(others) {
            match link {
                Link::Id(id) => drop(self.records.insert((Object::Contact, *id))),
                Link::Key(email) => {
                    self.emails.insert(email.clone());
                    self.domains.extend(company_domain(email));
                }
                Link::Nothing => {}
            }
        }
        update.owner.iter().for_each(|owner| self.add_owner(owner));
        self.add_members_of(update.custom.values());
    }

    /// Whoever is known by a value that may be a domain or an address.
    fn add_natural_keys(&mut self, value: &Value) {
        let texts = match value {
            Value::Text(text) => std::slice::from_ref(text),
            Value::Texts(texts) => texts.as_slice(),
            _ => &[],
        };
        for text in texts {
            if let Ok(email) = text.parse() {
                self.emails.insert(email);
            } else if let Ok(domain) = text.parse() {
                self.domains.insert(domain);
            }
        }
    }

    fn add_merge(&mut self, merge: &MergeRecords) {
        self.add_target(&merge.target);
        for id in &merge.from {
            self.records.insert((merge.target.object, *id));
            self.relations.insert((merge.target.object, *id));
        }
    }

    /// What a record in the trash was known by: it may be somebody else's by now.
    pub(super) fn add_keys_of(&mut self, record: &Record) {
        for value in KEY_FIELDS
            .iter()
            .filter_map(|field| record.values.get(field))
        {
            self.add_natural_keys(value);
        }
    }

    fn add_entry(&mut self, create: &CreateEntry) {
        self.domains.extend(create.domains.iter().cloned());
        let emails = create.emails.iter().chain(&create.participants);
        self.emails.extend(emails.clone().cloned());
        self.domains.extend(emails.filter_map(company_domain));
        self.user_emails.extend(create.participants.iter().cloned());
        let records = create.records.iter();
        self.records
            .extend(records.map(|named| (named.object, named.id)));
    }

    fn add_contact(&mut self, resolve: &ResolveContact) {
        self.add_members(&resolve.attributes);
        self.emails.insert(resolve.email.clone());
        self.emails.extend(other_emails(resolve));
        self.domains.extend(company_domain(&resolve.email));
        self.fields.insert(Scope::Contacts);
    }
}

/// The domain of the account that an address belongs to: none at a public mail provider.
#[must_use]
pub fn company_domain(email: &Email) -> Option<DomainName> {
    email
        .domain()
        .filter(|domain| !mail_provider::is_public(domain.as_str()))
}

/// The other addresses that were sent with a contact.
pub(crate) fn other_emails(resolve: &ResolveContact) -> impl Iterator<Item = Email> {
    let sent = match resolve.values.get("other_emails") {
        Some(Value::Texts(texts)) => texts.as_slice(),
        _ => &[],
    };
    sent.iter().filter_map(|text| text.parse().ok())
}
