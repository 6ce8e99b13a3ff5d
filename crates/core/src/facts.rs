//! What a plan knows of the database. Not loaded and absent are different things here.

mod needs;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;

pub(crate) use needs::other_emails;
pub use needs::{HELD_BYTES_MAX, HOLDERS_MAX, Needs, company_domain};
use settings::Whole;

use crate::command::FieldKey;
use crate::custom::{FieldDefinition, Scope};
use crate::key::Key;
use crate::pipeline::{Pipeline, UnknownAttributes, User};
use crate::{Change, DomainName, Email, Object, Record};

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
    whole: Whole,
    known: Layer,
    pending: Layer,
}

/// `None` under a key: looked for, and absent.
#[derive(Clone, Debug, Default)]
struct Layer {
    records: BTreeMap<Uuid, Arc<Record>>,
    domains: BTreeMap<DomainName, Option<Uuid>>,
    /// The newest account that had a domain when it was merged: what it was merged into answers, where no live one has it.
    merged: BTreeMap<DomainName, Uuid>,
    emails: BTreeMap<Email, Option<Uuid>>,
    pipelines: BTreeMap<Uuid, Option<Arc<Pipeline>>>,
    users: BTreeMap<Uuid, Option<Arc<User>>>,
    user_emails: BTreeMap<Email, Option<Uuid>>,
    fields: BTreeMap<Scope, Vec<Arc<FieldDefinition>>>,
    keys: BTreeMap<Uuid, Option<Arc<Key>>>,
    /// The records that were looked for by id.
    asked: BTreeSet<(Object, Uuid)>,
    /// The records of which everything that refers to them was looked for.
    relations: BTreeSet<(Object, Uuid)>,
    /// Those of them to which so much refers that not all of it is known.
    overfull: BTreeSet<(Object, Uuid)>,
    /// The fields that may change their type: of each, every record with a value is known, up to one over [`HOLDERS_MAX`].
    conversions: BTreeSet<(Scope, FieldKey)>,
}

impl Facts {
    /// All that `needs` names, absent; the loader then adds what it finds.
    #[must_use]
    pub fn absent(needs: &Needs, unknown_attributes: UnknownAttributes) -> Self {
        let mut facts = Self {
            unknown_attributes,
            whole: Whole::of(needs),
            known: Layer::default(),
            pending: Layer::default(),
        };
        facts.expect(needs);
        facts
    }

    /// All that `needs` names besides, absent; the loader then adds what it finds.
    pub fn expect(&mut self, needs: &Needs) {
        fn absent<K: Clone + Ord, V>(keys: &BTreeSet<K>, map: &mut BTreeMap<K, Option<V>>) {
            for key in keys {
                map.entry(key.clone()).or_insert(None);
            }
        }
        let known = &mut self.known;
        absent(&needs.domains, &mut known.domains);
        absent(&needs.emails, &mut known.emails);
        absent(&needs.pipelines, &mut known.pipelines);
        absent(&needs.users, &mut known.users);
        absent(&needs.user_emails, &mut known.user_emails);
        absent(&needs.keys, &mut known.keys);
        for scope in &needs.fields {
            known.fields.entry(*scope).or_default();
        }
        known.asked.extend(&needs.records);
        known.relations.extend(&needs.relations);
        let conversions = needs.conversions.iter();
        let conversions = conversions.map(|(scope, key, _)| (*scope, key.clone()));
        known.conversions.extend(conversions);
    }

    /// What must be loaded besides, now that this much is known; nothing, once all is known that a plan may ask for.
    #[must_use]
    pub fn further_needs(&self) -> Needs {
        let known = |id: &Uuid| self.known.records.get(id);
        let mut needs = Needs::default();
        let asked = self.known.asked.iter();
        for record in asked.filter_map(|(_, id)| known(id)) {
            needs.add_surroundings(record);
        }
        for account in self.known.merged.values().filter_map(known) {
            needs.add_survivor(account);
        }
        for contact in self.known.emails.values().flatten().filter_map(known) {
            needs.add_references(contact);
        }
        let known = &self.known;
        needs.records.retain(|asked| !known.asked.contains(asked));
        needs.domains.retain(|key| !known.domains.contains_key(key));
        needs.emails.retain(|key| !known.emails.contains_key(key));
        needs
            .pipelines
            .retain(|id| !known.pipelines.contains_key(id));
        needs.users.retain(|id| !known.users.contains_key(id));
        needs.fields.retain(|key| !known.fields.contains_key(key));
        needs
    }

    /// Adds a record that was found.
    pub fn add_record(&mut self, record: Arc<Record>) {
        self.known.learn(record);
    }

    /// Notes that more refers to a record than the loader takes: [`HOLDERS_MAX`] records, or [`HELD_BYTES_MAX`].
    pub fn add_overfull(&mut self, object: Object, id: Uuid) {
        self.known.overfull.insert((object, id));
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

    /// Of which fields, by slug, the loader is to add every record with a value, up to one more than [`HOLDERS_MAX`] of
    /// each. To be asked once the fields are added.
    #[must_use]
    pub fn holders_needed(&self, needs: &Needs) -> BTreeSet<(Scope, String)> {
        let needed = needs.conversions.iter().filter_map(|(scope, key, to)| {
            let fields = self.known.fields.get(scope)?;
            let field = fields.iter().find(|field| field.is_named_by(key))?;
            (field.attribute_type != *to).then(|| (*scope, field.slug.clone()))
        });
        needed.collect()
    }

    /// Notes a change as pending, so that what comes after it sees it.
    pub fn absorb(&mut self, change: &Change) {
        match change {
            Change::CreateRecord(record) => self.pending.learn(Arc::clone(record)),
            Change::UpdateRecord { before, after } => {
                self.pending.unlearn(before);
                self.pending.learn(Arc::clone(after));
            }
            Change::CreateField(field) | Change::UpdateField { after: field, .. } => {
                put(self.pending.fields.entry(field.scope).or_default(), field);
            }
            Change::CreatePipeline(pipeline) => self.absorb_pipeline(Arc::new(pipeline.clone())),
            Change::UpdatePipeline { after, .. } => self.absorb_pipeline(Arc::clone(after)),
            Change::CreateStage {
                pipeline_id,
                stage,
                at,
            } => {
                self.absorb_stage(*pipeline_id, *at, |pipeline| pipeline.put(stage));
            }
            Change::UpdateStage {
                pipeline_id,
                after,
                at,
                ..
            } => {
                self.absorb_stage(*pipeline_id, *at, |pipeline| pipeline.put(after));
            }
            Change::DeleteStage {
                pipeline_id,
                stage,
                at,
            } => {
                self.absorb_stage(*pipeline_id, *at, |pipeline| pipeline.remove(stage.id));
            }
            Change::CreateUser(user) => self.absorb_user(Arc::new(user.clone())),
            Change::UpdateUser { before, after } => {
                self.pending.user_emails.insert(before.email.clone(), None);
                self.absorb_user(Arc::clone(after));
            }
            Change::CreateKey(key) => self.absorb_key(Arc::new(key.clone())),
            Change::RevokeKey { id, revoked_at } => self.absorb_revocation(*id, *revoked_at),
            // No plan makes these.
            Change::CreateOrganization(_) | Change::UpdateOrganization { .. } => {}
        }
    }

    /// Makes what is pending known.
    pub fn keep(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        self.known.pipelines.extend(pending.pipelines);
        self.known.users.extend(pending.users);
        self.known.user_emails.extend(pending.user_emails);
        self.known.keys.extend(pending.keys);
        self.known.records.extend(pending.records);
        self.known.domains.extend(pending.domains);
        for (domain, id) in pending.merged {
            let newest = self.known.merged.entry(domain).or_insert(id);
            *newest = id.max(*newest);
        }
        self.known.emails.extend(pending.emails);
        for (scope, fields) in pending.fields {
            let known = self.known.fields.entry(scope).or_default();
            fields.iter().for_each(|field| put(known, field));
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
        let live = id.and_then(|id| self.answering(*id));
        Ok(live.or_else(|| self.merged_account(domain)))
    }

    fn merged_account(&self, domain: &DomainName) -> Option<&Arc<Record>> {
        let layers = [&self.known, &self.pending].into_iter();
        let newest = layers.filter_map(|layer| layer.merged.get(domain)).max()?;
        self.answering(*newest)
    }

    pub(crate) fn contact(&self, email: &Email) -> Result<Option<&Arc<Record>>, NotLoaded> {
        let id = self.get(|layer| layer.emails.get(email), || "a contact".to_owned())?;
        Ok(id.and_then(|id| self.answering(*id)))
    }

    /// The live record of that id, or the one that it was merged into.
    pub(crate) fn record(
        &self,
        object: Object,
        id: Uuid,
    ) -> Result<Option<&Arc<Record>>, NotLoaded> {
        let found = self.record_as_it_is(object, id)?;
        Ok(found.and_then(|found| self.answering(found.id)))
    }

    /// The record of that id, in the trash or not.
    pub(crate) fn record_as_it_is(
        &self,
        object: Object,
        id: Uuid,
    ) -> Result<Option<&Arc<Record>>, NotLoaded> {
        let found = self.known_record(id);
        let found = found.filter(|found| found.object == object);
        if found.is_none() && !self.known.asked.contains(&(object, id)) {
            return Err(NotLoaded(format!("the {} {id}", object.name())));
        }
        Ok(found)
    }

    /// What refers to a record, in the trash or not; none if it is too much.
    pub(crate) fn relations(
        &self,
        object: Object,
        id: Uuid,
    ) -> Result<Option<Vec<Arc<Record>>>, NotLoaded> {
        if !self.known.relations.contains(&(object, id)) {
            return Err(NotLoaded(format!("what refers to {id}")));
        }
        if self.known.overfull.contains(&(object, id)) {
            return Ok(None);
        }
        let relations = self.all_records();
        let relations = relations.filter(|record| record.refers_to(object, id));
        Ok(Some(relations.cloned().collect()))
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

    /// The custom fields of a scope, in order.
    ///
    /// # Errors
    /// [`NotLoaded`] if the needs did not name it.
    pub fn fields(&self, scope: Scope) -> Result<Vec<&FieldDefinition>, NotLoaded> {
        let mut fields = self.all_fields(scope)?;
        fields.retain(|field| !field.is_system);
        Ok(fields)
    }

    /// The custom fields of a scope and what is said of its system fields, in order.
    pub(crate) fn all_fields(&self, scope: Scope) -> Result<Vec<&FieldDefinition>, NotLoaded> {
        let known = self.known.fields.get(&scope);
        let known = known.ok_or_else(|| NotLoaded(format!("the fields of {scope:?}")))?;
        let mut fields: Vec<&FieldDefinition> = known.iter().map(AsRef::as_ref).collect();
        for field in self.pending.fields.get(&scope).into_iter().flatten() {
            match fields.iter_mut().find(|known| known.id == field.id) {
                Some(known) => *known = field,
                None => fields.push(field),
            }
        }
        // Which of two fields of one name is meant must not depend on the order in which they were loaded.
        fields.sort_by_key(|field| (field.order, field.id));
        Ok(fields)
    }

    /// The records with a value of a field that may change its type.
    pub(crate) fn holders(
        &self,
        key: &FieldKey,
        field: &FieldDefinition,
    ) -> Result<Vec<Arc<Record>>, NotLoaded> {
        let asked = (field.scope, key.clone());
        if !self.known.conversions.contains(&asked) {
            return Err(NotLoaded(format!("the records with {}", field.slug)));
        }
        let records = self.all_records();
        let holders = records.filter(|record| field.is_held_by(record));
        Ok(holders.cloned().collect())
    }

    /// Every record that is known of, as it is now.
    fn all_records(&self) -> impl Iterator<Item = &Arc<Record>> {
        let known = self.known.records.iter();
        let known = known.filter(|(id, _)| !self.pending.records.contains_key(*id));
        known.chain(&self.pending.records).map(|(_, record)| record)
    }

    fn known_record(&self, id: Uuid) -> Option<&Arc<Record>> {
        let pending = self.pending.records.get(&id);
        pending.or_else(|| self.known.records.get(&id))
    }

    /// The record of that id, or the one that it was merged into; none if that is in the trash.
    fn answering(&self, id: Uuid) -> Option<&Arc<Record>> {
        let mut record = self.known_record(id)?;
        while let Some(survivor) = record.merged_into {
            record = self.known_record(survivor)?;
        }
        Some(record).filter(|record| record.is_live())
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

/// Adds a field, or puts it in place of what it was.
fn put(fields: &mut Vec<Arc<FieldDefinition>>, field: &Arc<FieldDefinition>) {
    match fields.iter_mut().find(|known| known.id == field.id) {
        Some(known) => *known = Arc::clone(field),
        None => fields.push(Arc::clone(field)),
    }
}

impl Layer {
    /// Notes a record under its id and, while it is live, under every key it is known by.
    fn learn(&mut self, record: Arc<Record>) {
        if record.is_live() {
            self.claim(&record, Some(record.id));
        } else if record.merged_into.is_some()
            && let Some(domain) = domain_of(&record)
        {
            let newest = self.merged.entry(domain).or_insert(record.id);
            *newest = record.id.max(*newest);
        }
        self.records.insert(record.id, record);
    }

    /// Frees every key of a record that changes.
    fn unlearn(&mut self, record: &Record) {
        if record.is_live() {
            self.claim(record, None);
        }
    }

    /// Notes whose the keys of a record are.
    fn claim(&mut self, record: &Record, id: Option<Uuid>) {
        match record.object {
            Object::Account => {
                self.domains
                    .extend(domain_of(record).map(|domain| (domain, id)));
            }
            Object::Contact => {
                let others = record.texts("other_emails").iter().map(String::as_str);
                let emails = others.chain([record.text("email")]);
                let emails = emails.filter_map(|email| email.parse().ok());
                self.emails.extend(emails.map(|email| (email, id)));
            }
            Object::Opportunity | Object::Note | Object::Activity => {} // known by their ids alone
        }
    }
}

fn domain_of(account: &Record) -> Option<DomainName> {
    account.text("domain").parse().ok()
}
