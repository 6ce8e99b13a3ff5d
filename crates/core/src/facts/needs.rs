//! What the plans of commands may ask for.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::command::{
    Attributes, Command, CreateOpportunity, FieldKey, ResolveContact, UpdateField,
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
    /// Everything that refers to these records, in the trash or not, up to one more than [`HOLDERS_MAX`] of each.
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
}

/// Most records of which the values are converted when a field changes its type.
pub const HOLDERS_MAX: usize = 10_000;

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
            Command::CreateField(create) => self.add_fields(create.scope),
            Command::UpdateField(update) => self.add_update(update),
            Command::CreateStage(create) => drop(self.pipelines.insert(create.pipeline_id)),
        }
    }

    /// Whether nothing is needed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What a plan that is about this record may ask for next: what answers for it, and what surrounds an opportunity.
    pub(super) fn add_surroundings(&mut self, record: &Record) {
        self.add_survivor(record);
        if record.object == Object::Opportunity {
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

    /// Whoever is named by what looks like a member's id or address.
    fn add_members(&mut self, attributes: &Attributes) {
        let sent = attributes.kept.values().chain(attributes.extra.values());
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
        self.users.extend(create.owner_id);
        self.user_emails.extend(create.owner_email.clone());
        let emails = create.primary_contact_email.iter();
        let emails = emails.chain(&create.additional_contact_emails);
        self.emails.extend(emails.clone().cloned());
        match &create.account_domain {
            Some(domain) => drop(self.domains.insert(domain.clone())),
            None => self.domains.extend(emails.filter_map(company_domain)),
        }
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
