//! `PATCH /v1/{object_type}/bulk` and `PATCH` of one record: what is sent overwrites, null clears, relations replace.

mod links;

use std::collections::{BTreeMap, BTreeSet};

use lanekeeper_core::command::{
    Attribute, Attributes, Command, NamedIn, OwnerKey, StageKey, Target, UpdateRecord,
};
use lanekeeper_core::object::{Field, Kind, SetBy};
use lanekeeper_core::plan::Item;
use lanekeeper_core::{DomainName, Email, Faults, Object, Value};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::attributes::{CONTAINERS, keep, take_container};
use crate::json::shown_key;
use crate::read::{Members, id, kind};
use crate::value;

/// Most records of one bulk update.
pub const RECORDS_MAX: usize = 50;

/// The items of a bulk update, each with the key that names its record.
pub struct BulkUpdate {
    /// As they were sent, in their normal form where they are UUIDs.
    pub keys: Vec<String>,
    /// What is to be done, one for each key.
    pub items: Vec<Item>,
}

/// Reads an object of updates by the ids of their records.
///
/// # Errors
/// Faults of the object itself: it is none, or has no members, or too many.
pub fn read_bulk(object: Object, body: Json) -> Result<BulkUpdate, Faults> {
    let allowed = format!("send an object of 1 to {RECORDS_MAX} records by their ids");
    let updates = match body {
        Json::Object(updates) if (1..=RECORDS_MAX).contains(&updates.len()) => updates,
        Json::Object(updates) => {
            let len = updates.len();
            return Err(Faults::one("", format!("has {len} members; {allowed}")));
        }
        other => return Err(Faults::one("", format!("is {}; {allowed}", kind(&other)))),
    };
    Ok(read_each(object, updates))
}

fn read_each(object: Object, updates: Map<String, Json>) -> BulkUpdate {
    let (mut keys, mut items) = (vec![], vec![]);
    let mut seen = BTreeSet::new();
    for (key, update) in updates {
        let mut faults = Faults::default();
        let shown = shown_key(&key).to_string();
        let id = id(Json::String(key), "", &mut faults);
        if let Some(id) = id
            && !seen.insert(id)
        {
            faults.add("", "names a record that another member names too");
        }
        let target = Target {
            object,
            id: id.unwrap_or_default(),
            named_in: NamedIn::Body,
            versions: None,
        };
        let command = read_update(target, update, &mut faults).filter(|_| id.is_some());
        keys.push(id.map_or(shown, |id| id.to_string()));
        items.push(item(command, faults));
    }
    BulkUpdate { keys, items }
}

/// Reads new values for one record.
#[must_use]
pub fn read(target: Target, body: Json) -> Item {
    let mut faults = Faults::default();
    let command = read_update(target, body, &mut faults);
    item(command, faults)
}

fn item(update: Option<UpdateRecord>, faults: Faults) -> Item {
    let command = update.map(|update| Command::UpdateRecord(Box::new(update)));
    Item { command, faults }
}

fn read_update(target: Target, body: Json, faults: &mut Faults) -> Option<UpdateRecord> {
    let mut members = Members::of(body, "", faults)?;
    let object = target.object;
    let mut update = UpdateRecord {
        target,
        values: values(object, &mut members, faults),
        account: None,
        contact: None,
        others: None,
        links: BTreeMap::new(),
        stage: StageKey::default(),
        owner: None,
        custom: BTreeMap::new(),
    };
    match object {
        Object::Account => {}
        Object::Contact => update.account = links::account_of_contact(&mut members, faults),
        Object::Opportunity => read_surroundings(&mut update, &mut members, faults),
        Object::Note | Object::Activity => {
            update.links = links::about(object, &mut members, faults);
        }
    }
    update.custom = custom(object, members, faults);
    Some(update)
}

/// The fields that hold a value of their own.
fn values(
    object: Object,
    members: &mut Members,
    faults: &mut Faults,
) -> BTreeMap<&'static str, Option<Value>> {
    let mut values = BTreeMap::new();
    for field in object.fields().iter().filter(|field| is_value(field)) {
        let path = members.path_of(field.name);
        let value = match members.present(field.name) {
            None => continue,
            Some(Json::Null) => None,
            Some(json) => read_value(field.kind, json, &path, faults),
        };
        values.insert(field.name, value);
    }
    values
}

fn is_value(field: &Field) -> bool {
    let is_key = matches!(field.kind, Kind::Domain | Kind::Email);
    field.set_by == SetBy::Caller || is_key || field.name == "pipeline_id"
}

fn read_value(kind: Kind, json: Json, path: &str, faults: &mut Faults) -> Option<Value> {
    match kind {
        Kind::Domain => {
            let domain = links::parsed::<DomainName>(json, path, faults)?;
            Some(Value::Text(domain.to_string()))
        }
        Kind::Email => {
            let email = links::parsed::<Email>(json, path, faults)?;
            Some(Value::Text(email.to_string()))
        }
        Kind::Id => id(json, path, faults).map(Value::Id),
        kind => value::read(kind, json, path, faults),
    }
}

fn read_surroundings(update: &mut UpdateRecord, members: &mut Members, faults: &mut Faults) {
    update.account = links::account(members, faults);
    update.contact = links::contact(members, faults);
    update.others = links::others(members, faults);
    let stage = ["stage_id", "stage_name"].map(|name| members.present(name));
    for (name, sent) in ["stage_id", "stage_name"].iter().zip(&stage) {
        if sent.as_ref().is_some_and(Json::is_null) {
            faults.add(*name, "cannot be cleared: an opportunity is in a stage");
        }
    }
    let [stage_id, stage_name] = stage.map(|sent| sent.filter(|json| !json.is_null()));
    update.stage = StageKey {
        id: stage_id.and_then(|json| id(json, "stage_id", faults)),
        name: stage_name.and_then(|json| crate::read::text(json, "stage_name", faults)),
    };
    let owner_id = members.present("owner_id");
    let owner_email = members.present("owner_email");
    if owner_id.is_some() || owner_email.is_some() {
        let owner_id: Option<Json> = owner_id.filter(|json| !json.is_null());
        let owner_id: Option<Uuid> = owner_id.and_then(|json| id(json, "owner_id", faults));
        let owner_email = owner_email.filter(|json| !json.is_null());
        let email = owner_email.and_then(|json| links::parsed(json, "owner_email", faults));
        let id = owner_id;
        update.owner = Some(OwnerKey { id, email });
    }
}

/// Everything else: custom fields, also in their containers.
fn custom(
    object: Object,
    mut members: Members,
    faults: &mut Faults,
) -> BTreeMap<String, Attribute> {
    let mut attributes = Attributes::default();
    for name in CONTAINERS {
        take_container(name, &mut members, &mut attributes, faults);
    }
    for member in members.rest() {
        if object.reserves(&member.key) {
            let message = "cannot be set: the server tells it; leave it out";
            faults.add(member.shown_path, message);
        } else {
            keep(member, &mut attributes, faults);
        }
    }
    attributes.kept
}
