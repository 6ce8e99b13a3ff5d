//! The data of one organisation in memory: what the changes say, and nothing more. Tests hold the databases against it.

pub mod generate;
mod search;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;

use crate::custom::FieldDefinition;
use crate::facts::NotLoaded;
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
            Change::CreateStage { pipeline_id, stage }
            | Change::UpdateStage {
                pipeline_id,
                after: stage,
                ..
            } => {
                let pipeline = self.pipelines.get_mut(pipeline_id);
                pipeline.expect("a stage's pipeline is there").put(stage);
            }
            Change::CreateOrganization(organization) => {
                self.unknown_attributes = organization.unknown_attributes;
            }
            Change::UpdateOrganization { after, .. } => self.unknown_attributes = *after,
            Change::CreatePipeline(pipeline) => {
                drop(self.pipelines.insert(pipeline.id, pipeline.clone()));
            }
            Change::CreateUser(user) => drop(self.users.insert(user.id, user.clone())),
            Change::CreateKey(_) | Change::RevokeKey { .. } => {}
        }
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

    /// All of it but ids and times, in an order of its own.
    #[must_use]
    pub fn dump(&self) -> Dump {
        dump(self.records(), &self.fields, self.pipelines.values())
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
    let stages: Vec<&Stage> = pipelines.flat_map(|pipeline| &pipeline.stages).collect();
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
