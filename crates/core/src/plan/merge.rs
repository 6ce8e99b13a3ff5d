//! Several records become one: what it lacks it takes from the others, what referred to them refers to it, and it answers
//! for them from then on.

use std::sync::Arc;

use super::draft::Draft;
use super::update::target;
use crate::command::MergeRecords;
use crate::facts::{HELD_BYTES_MAX, HOLDERS_MAX, NotLoaded};
use crate::outcome::{Done, RecordWritten};
use crate::value::Value;
use crate::{Object, Outcome, Record};

pub(super) fn merge(
    command: &MergeRecords,
    draft: &mut Draft,
) -> Result<Option<Outcome>, NotLoaded> {
    let Some(before) = target(&command.target, draft)? else {
        return Ok(None);
    };
    let from = those_to_merge(command, &before, draft)?;
    let mut after = Record::clone(&before);
    let mut moved = 0;
    for gone in &from {
        moved += move_relations(gone, &before, HOLDERS_MAX - moved, draft)?;
        take_in(&mut after, gone);
        let trashed = Record {
            deleted_at: Some(draft.now),
            merged_into: Some(before.id),
            ..Record::clone(gone)
        };
        draft.replace(gone, trashed);
    }
    let record = draft.replace(&before, after);
    let from = from.iter().map(|gone| gone.id).collect();
    let (found, done) = (draft.view(&record)?, Done::Merged { from, moved });
    let written = RecordWritten { found, done };
    Ok(Some(Outcome::Record(Box::new(written))))
}

/// The records that go, each once; those that have gone into this one before are left out.
fn those_to_merge(
    command: &MergeRecords,
    survivor: &Record,
    draft: &mut Draft,
) -> Result<Vec<Arc<Record>>, NotLoaded> {
    let (object, name) = (survivor.object, survivor.object.name());
    let mut from: Vec<Arc<Record>> = vec![];
    for (index, id) in command.from.iter().enumerate() {
        let path = format!("from.{index}");
        let found = draft.facts.record(object, *id)?.cloned();
        match found {
            None => draft.faults.add(path, format!("names no {name}: '{id}'")),
            Some(found) if found.id == survivor.id && *id == survivor.id => {
                let message = format!("is the {name} itself, which the others are merged into");
                draft.faults.add(path, message);
            }
            Some(found) if found.id == survivor.id => {}
            Some(found) if found.id != *id => {
                let message = format!("was merged into the {name} {}; name that one", found.id);
                draft.faults.add(path, message);
            }
            Some(found) => {
                if !from.iter().any(|known| known.id == found.id) {
                    from.push(found);
                }
            }
        }
    }
    Ok(from)
}

/// What referred to the one refers to the other; how many records did.
fn move_relations(
    gone: &Record,
    survivor: &Record,
    most: usize,
    draft: &mut Draft,
) -> Result<usize, NotLoaded> {
    let relations = draft.facts.relations(gone.object, gone.id)?;
    let Some(relations) = relations.filter(|relations| relations.len() <= most) else {
        let message = format!(
            "cannot be merged at once: more than {HOLDERS_MAX} records refer to them, or more than {} MiB of texts",
            HELD_BYTES_MAX / 1024 / 1024
        );
        draft.faults.add("from", message);
        return Ok(0);
    };
    for before in &relations {
        let after = repointed(before, gone, survivor);
        draft.replace(before, after);
    }
    Ok(relations.len())
}

/// The record with every reference to the one made a reference to the other, each once.
fn repointed(record: &Record, from: &Record, to: &Record) -> Record {
    let mut after = record.clone();
    let fields = record.object.references().iter();
    for (field, _) in fields.filter(|(_, target)| *target == from.object) {
        match after.values.get_mut(field) {
            Some(Value::Id(id)) if *id == from.id => *id = to.id,
            Some(Value::Ids(ids)) => {
                let is_there = ids.contains(&to.id);
                match ids.iter_mut().find(|id| **id == from.id) {
                    Some(id) if !is_there => *id = to.id,
                    _ => ids.retain(|id| *id != from.id),
                }
            }
            _ => {}
        }
    }
    if record.object == Object::Opportunity {
        without_primary(&mut after);
    }
    after
}

/// The primary contact does not count among the others.
fn without_primary(opportunity: &mut Record) {
    const FIELD: &str = "additional_contact_ids";
    let primary = opportunity.reference("contact_id");
    if let Some(Value::Ids(ids)) = opportunity.values.get_mut(FIELD) {
        ids.retain(|id| Some(*id) != primary);
        if ids.is_empty() {
            opportunity.values.remove(FIELD);
        }
    }
}

/// What is empty is filled, lists are joined, and of interactions the first stays first and the last last.
fn take_in(survivor: &mut Record, gone: &Record) {
    for (field, value) in &gone.values {
        let taken = match (survivor.values.get(field), value) {
            (None, value) => value.clone(),
            (Some(Value::Texts(has)), Value::Texts(more)) => {
                let news = more.iter().filter(|text| !has.contains(text));
                Value::Texts(has.iter().chain(news).cloned().collect())
            }
            (Some(Value::Time(has)), Value::Time(other)) if field.starts_with("first_") => {
                Value::Time(*has.min(other))
            }
            (Some(Value::Time(has)), Value::Time(other)) if field.starts_with("last_") => {
                Value::Time(*has.max(other))
            }
            (Some(has), _) => has.clone(),
        };
        survivor.values.insert(field, taken);
    }
    for (slug, value) in &gone.custom {
        let has = survivor.custom.entry(slug.clone());
        has.or_insert_with(|| value.clone());
    }
    if survivor.object == Object::Contact {
        take_in_addresses(survivor, gone);
    }
}

/// Whoever writes to an address of the one that is gone finds the one that stays.
fn take_in_addresses(survivor: &mut Record, gone: &Record) {
    let own = survivor.text("email").to_owned();
    let mut others = survivor.texts("other_emails").to_vec();
    let address = gone.text("email").to_owned();
    if !others.contains(&address) {
        others.push(address);
    }
    others.retain(|other| *other != own);
    let others = Value::Texts(others);
    survivor.values.insert("other_emails", others);
}
