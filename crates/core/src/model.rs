//! The data of one organisation in memory: what the changes say, and nothing more. Tests hold the databases against it.

pub mod generate;
mod search;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;

use crate::custom::FieldDefinition;
use crate::facts::NotLoaded;
use crate::key::Key;
use crate::pipeline::{Pipeline, Stage, UnknownAttributes, User};
use crate::plan::setup::Setup;
use crate::plan::{Item, Mode, Plan, plan};
use crate::value::{CustomValues, Value};
use crate::{Change, Facts, Faults, Needs, Object, Outcome, Record, Timestamp};

/// An organisation's data.
#[derive(Clone, Debug, Default)]
pub struct Model {
    unknown_attributes: UnknownAttributes,
    records: BTreeMap<Uuid, Arc<Record>>,
    pipelines: BTreeMap<Uuid, Pipeline>,
    users: BTreeMap<Uuid, User>,
    fields: Vec<FieldDefinition>,
    keys: BTreeMap<Uuid, Key>,
}

impl Model {
    /// A fresh organisation.
    #[must_use]
    pub fn new(setup: &Setup) -> Self {
        let mut model = Self::default();
        setup
            .changes()
            .iter()
            .for_each(|change| model.apply(change));
        model
    }

    /// What a database would load.
    #[must_use]
    pub fn facts(&self, needs: &Needs) -> Facts {
        let mut facts = Facts::absent(needs, self.unknown_attributes);
        self.add_settings(needs, &mut facts);
        self.add_known(needs, &mut facts);
        for (scope, slug) in facts.holders_needed(needs) {
            let field = self
                .fields
                .iter()
                .find(|field| (field.scope, &field.slug) == (scope, &slug));
            let records = self.records.values();
            let holders =
                records.filter(|record| field.is_some_and(|field| field.is_held_by(record)));
            holders.for_each(|record| facts.add_record(Arc::clone(record)));
        }
        loop {
            let further = facts.further_needs();
            if further.is_empty() {
                return facts;
            }
            facts.expect(&further);
            self.add_known(&further, &mut facts);
        }
    }

    /// What is known whole, and what is in stages.
    fn add_settings(&self, needs: &Needs, facts: &mut Facts) {
        let pipelines = self.pipelines.values().filter(|_| needs.all_pipelines);
        pipelines.for_each(|pipeline| facts.add_pipeline(pipeline.clone()));
        let users = self.users.values().filter(|_| needs.all_users);
        users.for_each(|user| facts.add_user(user.clone()));
        let keys = self.keys.values();
        let keys = keys.filter(|key| {
            (needs.live_keys && key.revoked_at.is_none()) || needs.keys.contains(&key.id)
        });
        keys.for_each(|key| facts.add_key(key.clone()));
        for (_, stage_id) in &needs.stages {
            let records = self.records.values();
            let is_in = |record: &&Arc<Record>| record.reference("stage_id") == Some(*stage_id);
            facts.add_occupants(*stage_id, records.filter(is_in).cloned().collect());
        }
    }

    /// Whatever the needs name, and is there.
    fn add_known(&self, needs: &Needs, facts: &mut Facts) {
        let is_needed = |record: &&Arc<Record>| {
            let keys = natural_keys(record);
            let is_key = |key: &str| keys.contains(&key);
            let mut relations = needs.relations.iter();
            needs.domains.iter().any(|domain| is_key(domain.as_str()))
                || needs.emails.iter().any(|email| is_key(email.as_str()))
                || needs.records.contains(&(record.object, record.id))
                || relations.any(|(object, id)| record.refers_to(*object, *id))
        };
        let records = self.records.values().filter(is_needed);
        records.for_each(|record| facts.add_record(Arc::clone(record)));
        let pipelines = needs.pipelines.iter();
        let pipelines = pipelines.filter_map(|id| self.pipelines.get(id));
        pipelines.for_each(|pipeline| facts.add_pipeline(pipeline.clone()));
        let users = self.users.values();
        let users = users.filter(|user| {
            needs.users.contains(&user.id) || needs.user_emails.contains(&user.email)
        });
        users.for_each(|user| facts.add_user(user.clone()));
        let fields = self.fields.iter();
        let fields = fields.filter(|field| needs.fields.contains(&field.scope));
        fields.for_each(|field| facts.add_field(field.clone()));
    }

    /// Makes a change.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::CreateRecord(record) | Change::UpdateRecord { after: record, .. } => {
                self.records.insert(record.id, Arc::clone(record));
            }
            Change::CreateField(field) => self.fields.push(FieldDefinition::clone(field)),
            Change::UpdateField { after, .. } => {
                let field = self.fields.iter_mut().find(|field| field.id == after.id);
                *field.expect("what is updated is there") = FieldDefinition::clone(after);
            }
            Change::CreateStage {
                pipeline_id,
                stage,
                at,
            } => self.edit_pipeline(*pipeline_id, *at, |pipeline| pipeline.put(stage)),
            Change::UpdateStage {
                pipeline_id,
                after,
                at,
                ..
            } => self.edit_pipeline(*pipeline_id, *at, |pipeline| pipeline.put(after)),
            Change::DeleteStage {
                pipeline_id,
                stage,
                at,
            } => self.edit_pipeline(*pipeline_id, *at, |pipeline| pipeline.remove(stage.id)),
            Change::CreateOrganization(organization) => {
                self.unknown_attributes = organization.unknown_attributes;
            }
            Change::UpdateOrganization { after, .. } => self.unknown_attributes = *after,
            Change::CreatePipeline(pipeline) => {
                drop(self.pipelines.insert(pipeline.id, pipeline.clone()));
            }
            Change::UpdatePipeline { after, .. } => {
                let pipeline = self.pipelines.get_mut(&after.id);
                *pipeline.expect("what is updated is there") = Pipeline::clone(after);
            }
            Change::CreateUser(user) => drop(self.users.insert(user.id, user.clone())),
            Change::UpdateUser { after, .. } => {
                drop(self.users.insert(after.id, User::clone(after)));
            }
            Change::CreateKey(key) => drop(self.keys.insert(key.id, key.clone())),
            Change::RevokeKey { id, revoked_at } => {
                let key = self.keys.get_mut(id).expect("what is revoked is there");
                key.revoked_at = Some(*revoked_at);
            }
        }
    }

    fn edit_pipeline(&mut self, id: Uuid, at: Timestamp, edit: impl FnOnce(&mut Pipeline)) {
        let pipeline = self.pipelines.get_mut(&id);
        let pipeline = pipeline.expect("a stage's pipeline is there");
        edit(pipeline);
        pipeline.updated_at = at;
    }

    /// Writes a request.
    ///
    /// # Errors
    /// [`NotLoaded`]: a bug.
    pub fn write(
        &mut self,
        items: &[Item],
        mode: Mode,
        now: Timestamp,
        mint: &mut dyn FnMut() -> Uuid,
    ) -> Result<Vec<Result<Outcome, Faults>>, NotLoaded> {
        let mut facts = self.facts(&needs_of(items));
        let Plan { changes, results } = plan(items, mode, &mut facts, now, mint)?;
        changes.iter().for_each(|change| self.apply(change));
        Ok(results)
    }

    /// Every record.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.records.values().map(AsRef::as_ref)
    }

    /// Every pipeline with its stages.
    pub fn pipelines(&self) -> impl Iterator<Item = &Pipeline> {
        self.pipelines.values()
    }

    /// Every member.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// Every key.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.keys.values()
    }

    /// All of it but ids and times, in an order of its own.
    #[must_use]
    pub fn dump(&self) -> Dump {
        let mut dump = dump(self.records(), &self.fields, self.pipelines.values());
        dump.extend(dump_of_people(self.users.values(), self.keys.values()));
        dump
    }
}

/// What commands need to know.
#[must_use]
pub fn needs_of(items: &[Item]) -> Needs {
    let mut needs = Needs::default();
    let commands = items.iter().filter_map(|item| item.command.as_ref());
    commands.for_each(|command| needs.add(command));
    needs
}

/// Data in a form that two stores can be compared by: a line for each record, field and stage, references by natural keys.
pub type Dump = Vec<String>;

/// The dump of all this.
pub fn dump<'a>(
    records: impl Iterator<Item = &'a Record>,
    fields: &[FieldDefinition],
    pipelines: impl Iterator<Item = &'a Pipeline>,
) -> Dump {
    let records: Vec<&Record> = records.collect();
    let pipelines: Vec<&Pipeline> = pipelines.collect();
    let stages = pipelines.iter().flat_map(|pipeline| &pipeline.stages);
    let stages: Vec<&Stage> = stages.collect();
    let mut names: BTreeMap<Uuid, &str> = records
        .iter()
        .map(|record| (record.id, natural_key(record)))
        .collect();
    names.extend(stages.iter().map(|stage| (stage.id, stage.label.as_str())));
    let name = |id: &Uuid| names.get(id).copied().unwrap_or_default().to_owned();
    let lines = records.iter().map(|record| line(record, &name));
    let mut dump: Dump = lines.collect();
    dump.extend(fields.iter().map(field_line));
    dump.extend(stages.into_iter().map(|stage| {
        let id = Uuid::nil();
        format!(
            "{:?}",
            Stage {
                id,
                ..stage.clone()
            }
        )
    }));
    dump.extend(pipelines.iter().map(|pipeline| {
        let Pipeline {
            name,
            is_default,
            stages,
            ..
        } = pipeline;
        format!("pipeline {name:?} {is_default} {}", stages.len())
    }));
    dump.sort();
    dump
}

/// The dump of who may do what: a line for each member and key.
pub fn dump_of_people<'a>(
    users: impl Iterator<Item = &'a User>,
    keys: impl Iterator<Item = &'a Key>,
) -> Dump {
    let users = users.map(|user| {
        let User {
            email,
            name,
            role,
            is_active,
            ..
        } = user;
        format!("user {email} {name:?} {role:?} {is_active}")
    });
    let keys = keys.map(|key| {
        let Key {
            name,
            scope,
            routes,
            hash,
            ..
        } = key;
        let (ends, is_revoked) = (key.expires_at.is_some(), key.revoked_at.is_some());
        format!("key {name:?} {scope:?} {routes:?} {hash:?} {ends} {is_revoked}")
    });
    let mut dump: Dump = users.chain(keys).collect();
    dump.sort();
    dump
}

fn field_line(field: &FieldDefinition) -> String {
    let masked = FieldDefinition {
        id: Uuid::nil(),
        created_at: Timestamp::from_micros(0),
        ..field.clone()
    };
    let object = field.scope.object().name();
    format!("{object} {masked:?}")
}

fn line(record: &Record, name: &impl Fn(&Uuid) -> String) -> String {
    let values = record.values.iter().map(|(field, value)| match value {
        Value::Id(id) => format!("{field}={}", name(id)),
        Value::Ids(ids) => format!("{field}={:?}", ids.iter().map(name).collect::<Vec<_>>()),
        value => format!("{field}={value:?}"),
    });
    let values: BTreeSet<String> = values.collect();
    let custom: &CustomValues = &record.custom;
    let is_live = record.is_live();
    let merged_into = record.merged_into.as_ref().map(name);
    let object = record.object.name();
    format!("{object} {values:?} {custom:?} {is_live} {merged_into:?}")
}

fn natural_key(record: &Record) -> &str {
    match record.object {
        Object::Account => record.text("domain"),
        Object::Contact => record.text("email"),
        Object::Opportunity => record.text("name"),
        Object::Note | Object::Activity => record.text("title"),
    }
}

/// Every key by which a record is found: none while it is in the trash, unless another one answers for it.
#[must_use]
pub fn natural_keys(record: &Record) -> Vec<&str> {
    let is_found = record.is_live() || record.merged_into.is_some();
    if !is_found {
        return vec![];
    }
    let others = record.texts("other_emails").iter().map(String::as_str);
    match record.object {
        Object::Account => vec![record.text("domain")],
        Object::Contact => others.chain([record.text("email")]).collect(),
        Object::Opportunity | Object::Note | Object::Activity => vec![],
    }
}
