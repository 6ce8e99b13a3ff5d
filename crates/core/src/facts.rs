//! What a plan knows of the database. Not loaded and absent are different things here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;

use crate::command::{Command, CreateOpportunity, ResolveContact};
use crate::custom::{FieldDefinition, Scope};
use crate::pipeline::{Pipeline, UnknownAttributes, User};
use crate::{Change, DomainName, Email, Object, Record, mail_provider};

/// What commands need to know: every key that their plans may ask for. Loaded as sets, once for many commands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Needs {
    /// Accounts by domain.
    pub domains: BTreeSet<DomainName>,
    /// Contacts by any of their addresses.
    pub emails: BTreeSet<Email>,
    /// Pipelines with their stages.
    pub pipelines: BTreeSet<Uuid>,
    /// Members by id.
    pub users: BTreeSet<Uuid>,
    /// Members by address.
    pub user_emails: BTreeSet<Email>,
    /// The custom fields of these scopes.
    pub fields: BTreeSet<Scope>,
}

impl Needs {
    /// Adds what the plan of this command may ask for.
    pub fn add(&mut self, command: &Command) {
        match command {
            Command::CreateOpportunity(create) => self.add_opportunity(create),
            Command::ResolveAccount(resolve) => {
                self.domains.insert(resolve.domain.clone());
                self.fields.insert(Scope::Accounts);
            }
            Command::ResolveContact(resolve) => self.add_contact(resolve),
        }
    }

    fn add_opportunity(&mut self, create: &CreateOpportunity) {
        self.pipelines.insert(create.pipeline_id);
        self.fields.insert(Scope::Opportunities(create.pipeline_id));
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
        Some(crate::Value::Texts(texts)) => texts.as_slice(),
        _ => &[],
    };
    sent.iter().filter_map(|text| text.parse().ok())
}

/// A plan asked for what its command's [`Needs`] did not name: a bug of ours, which stops the request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the plan asked for {0}, which was not loaded")]
pub struct NotLoaded(String);

/// What is known of one organisation's data, with what the plans so far have changed.
///
/// Changes are first pending: [`keep`](Facts::keep) makes them known, [`forget`](Facts::forget) drops them, so that a
/// refused request leaves no trace in what the next one sees.
#[derive(Clone, Debug)]
pub struct Facts {
    unknown_attributes: UnknownAttributes,
    known: Layer,
    pending: Layer,
}

/// `None` under a key: looked for, and absent.
#[derive(Clone, Debug, Default)]
struct Layer {
    records: BTreeMap<Uuid, Arc<Record>>,
    domains: BTreeMap<DomainName, Option<Uuid>>,
    emails: BTreeMap<Email, Option<Uuid>>,
    pipelines: BTreeMap<Uuid, Option<Arc<Pipeline>>>,
    users: BTreeMap<Uuid, Option<Arc<User>>>,
    user_emails: BTreeMap<Email, Option<Uuid>>,
    fields: BTreeMap<Scope, Vec<Arc<FieldDefinition>>>,
}

impl Facts {
    /// All that `needs` names, absent; the loader then adds what it finds.
    #[must_use]
    pub fn absent(needs: &Needs, unknown_attributes: UnknownAttributes) -> Self {
        let known = Layer {
            records: BTreeMap::new(),
            domains: needs
                .domains
                .iter()
                .map(|key| (key.clone(), None))
                .collect(),
            emails: needs.emails.iter().map(|key| (key.clone(), None)).collect(),
            pipelines: needs.pipelines.iter().map(|key| (*key, None)).collect(),
            users: needs.users.iter().map(|key| (*key, None)).collect(),
            user_emails: needs
                .user_emails
                .iter()
                .map(|key| (key.clone(), None))
                .collect(),
            fields: needs.fields.iter().map(|key| (*key, vec![])).collect(),
        };
        let pending = Layer::default();
        Self {
            unknown_attributes,
            known,
            pending,
        }
    }

    /// Adds an account or a contact that was found.
    pub fn add_record(&mut self, record: Arc<Record>) {
        self.known.learn(record);
    }

    /// Adds a pipeline that was found.
    pub fn add_pipeline(&mut self, pipeline: Pipeline) {
        let id = pipeline.id;
        self.known.pipelines.insert(id, Some(Arc::new(pipeline)));
    }

    /// Adds a member who was found.
    pub fn add_user(&mut self, user: User) {
        let id = user.id;
        self.known.user_emails.insert(user.email.clone(), Some(id));
        self.known.users.insert(id, Some(Arc::new(user)));
    }

    /// Adds a custom field that was found.
    pub fn add_field(&mut self, field: FieldDefinition) {
        self.known
            .fields
            .entry(field.scope)
            .or_default()
            .push(Arc::new(field));
    }

    /// Notes a change as pending, so that what comes after it sees it.
    pub fn absorb(&mut self, change: &Change) {
        match change {
            Change::CreateRecord(record) | Change::UpdateRecord { after: record, .. } => {
                self.pending.learn(Arc::clone(record));
            }
            Change::CreateField(field) => {
                let fields = self.pending.fields.entry(field.scope).or_default();
                fields.push(Arc::clone(field));
            }
            // Settings are not planned from facts yet.
            Change::CreateOrganization(_)
            | Change::UpdateOrganization { .. }
            | Change::CreatePipeline(_)
            | Change::CreateUser(_)
            | Change::CreateKey(_)
            | Change::RevokeKey { .. } => {}
        }
    }

    /// Makes what is pending known.
    pub fn keep(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        self.known.records.extend(pending.records);
        self.known.domains.extend(pending.domains);
        self.known.emails.extend(pending.emails);
        for (scope, fields) in pending.fields {
            self.known.fields.entry(scope).or_default().extend(fields);
        }
    }

    /// Drops what is pending.
    pub fn forget(&mut self) {
        self.pending = Layer::default();
    }

    /// What the organisation does with attributes that name no field.
    #[must_use]
    pub const fn unknown_attributes(&self) -> UnknownAttributes {
        self.unknown_attributes
    }

    pub(crate) fn account(&self, domain: &DomainName) -> Result<Option<&Arc<Record>>, NotLoaded> {
        let id = self.get(
            |layer| layer.domains.get(domain),
            || format!("the account {domain}"),
        )?;
        Ok(id.and_then(|id| self.record(id)))
    }

    pub(crate) fn contact(&self, email: &Email) -> Result<Option<&Arc<Record>>, NotLoaded> {
        let id = self.get(|layer| layer.emails.get(email), || "a contact".to_owned())?;
        Ok(id.and_then(|id| self.record(id)))
    }

    pub(crate) fn pipeline(&self, id: Uuid) -> Result<Option<&Arc<Pipeline>>, NotLoaded> {
        self.get(
            |layer| layer.pipelines.get(&id),
            || format!("the pipeline {id}"),
        )
    }

    pub(crate) fn user(&self, id: Uuid) -> Result<Option<&Arc<User>>, NotLoaded> {
        self.get(|layer| layer.users.get(&id), || format!("the member {id}"))
    }

    pub(crate) fn user_by_email(&self, email: &Email) -> Result<Option<&Arc<User>>, NotLoaded> {
        let id = self.get(
            |layer| layer.user_emails.get(email),
            || "a member".to_owned(),
        )?;
        id.map_or(Ok(None), |id| self.user(*id))
    }

    pub(crate) fn fields(&self, scope: Scope) -> Result<Vec<&FieldDefinition>, NotLoaded> {
        let known = self.known.fields.get(&scope);
        let known = known.ok_or_else(|| NotLoaded(format!("the fields of {scope:?}")))?;
        let pending = self.pending.fields.get(&scope).into_iter().flatten();
        Ok(known.iter().chain(pending).map(AsRef::as_ref).collect())
    }

    fn record(&self, id: &Uuid) -> Option<&Arc<Record>> {
        let pending = self.pending.records.get(id);
        pending.or_else(|| self.known.records.get(id))
    }

    /// What is pending under a key, else what is known.
    fn get<'a, T>(
        &'a self,
        look_up: impl Fn(&'a Layer) -> Option<&'a Option<T>>,
        what: impl FnOnce() -> String,
    ) -> Result<Option<&'a T>, NotLoaded> {
        let found = look_up(&self.pending).or_else(|| look_up(&self.known));
        let found = found.ok_or_else(|| NotLoaded(what()))?;
        Ok(found.as_ref())
    }
}

impl Layer {
    /// Notes a record under its id and under every key it is known by.
    fn learn(&mut self, record: Arc<Record>) {
        match record.object {
            Object::Account => {
                let domain = record.text("domain").parse().ok();
                self.domains
                    .extend(domain.map(|domain| (domain, Some(record.id))));
            }
            Object::Contact => {
                let others = record.texts("other_emails").iter().map(String::as_str);
                let emails = others.chain([record.text("email")]);
                let emails = emails.filter_map(|email| email.parse().ok());
                self.emails
                    .extend(emails.map(|email| (email, Some(record.id))));
            }
            Object::Opportunity => return, // nothing asks for one
        }
        self.records.insert(record.id, record);
    }
}
