//! What a record refers to, set anew: each relation is replaced, never added to.

use std::fmt::Display;
use std::sync::Arc;

use uuid::Uuid;

use super::super::draft::Draft;
use super::super::opportunity::{choose_owner, named_stage, or_fault};
use crate::command::{Link, Sent, UpdateRecord};
use crate::facts::{NotLoaded, company_domain};
use crate::value::Value;
use crate::{Email, Object, Record};

pub(super) fn set(
    command: &UpdateRecord,
    record: &mut Record,
    draft: &mut Draft,
) -> Result<(), NotLoaded> {
    set_account(command, record, draft)?;
    if record.object == Object::Opportunity {
        set_stage(command, record, draft)?;
        set_owner(command, record, draft)?;
        set_contact(command, record, draft)?;
        set_others(command, record, draft)?;
    }
    set_links(command, record, draft)
}

/// What a note or an activity is about.
fn set_links(
    command: &UpdateRecord,
    record: &mut Record,
    draft: &mut Draft,
) -> Result<(), NotLoaded> {
    let references = record.object.references();
    for (field, object) in references {
        let Some(ids) = command.links.get(field) else {
            continue;
        };
        let mut linked: Vec<Uuid> = vec![];
        for (index, id) in ids.iter().enumerate() {
            let found = existing(*object, *id, format!("{field}.{index}"), draft)?;
            linked.extend(found.filter(|id| !linked.contains(id)));
        }
        match linked.is_empty() {
            true => drop(record.values.remove(field)),
            false => drop(record.values.insert(field, Value::Ids(linked))),
        }
    }
    let is_about_nothing = references
        .iter()
        .all(|(field, _)| record.references(field).is_empty());
    if record.object == Object::Note && is_about_nothing && draft.faults.is_empty() {
        let message = "has to be about something; leave an account, a contact or an opportunity";
        draft.faults.add("", message);
    }
    Ok(())
}

fn set_account(
    command: &UpdateRecord,
    record: &mut Record,
    draft: &mut Draft,
) -> Result<(), NotLoaded> {
    let Some(sent) = &command.account else {
        return Ok(());
    };
    let account = match &sent.value {
        Link::Nothing => None,
        Link::Key(domain) => Some(draft.account(domain)?.record.id),
        Link::Id(id) => match existing(Object::Account, *id, sent.path, draft)? {
            Some(id) => Some(id),
            None => return Ok(()),
        },
    };
    put(record, "account_id", account);
    Ok(())
}

fn set_stage(
    command: &UpdateRecord,
    record: &mut Record,
    draft: &mut Draft,
) -> Result<(), NotLoaded> {
    let pipeline_id = record.reference("pipeline_id").unwrap_or_default();
    let Some(pipeline) = draft.facts.pipeline(pipeline_id)?.cloned() else {
        return Ok(());
    };
    // An opportunity may stay in a stage that is no longer active.
    if command.stage.id.is_some() && command.stage.id == record.reference("stage_id") {
        return Ok(());
    }
    if let Some(named) = named_stage(&pipeline, &command.stage, "") {
        let stage = or_fault(named, draft);
        put(record, "stage_id", stage.map(|stage| stage.id));
    }
    Ok(())
}

fn set_owner(
    command: &UpdateRecord,
    record: &mut Record,
    draft: &mut Draft,
) -> Result<(), NotLoaded> {
    if let Some(key) = &command.owner {
        let owner = choose_owner(key, record.reference("owner_id"), "", draft)?;
        if let Some(owner) = or_fault(owner, draft) {
            put(record, "owner_id", owner.map(|owner| owner.id));
        }
    }
    Ok(())
}

fn set_contact(
    command: &UpdateRecord,
    record: &mut Record,
    draft: &mut Draft,
) -> Result<(), NotLoaded> {
    let Some(sent) = &command.contact else {
        return Ok(());
    };
    if let Link::Key(email) = &sent.value
        && command.account.is_none()
        && draft.account_of(record)?.is_none()
        && let Some(domain) = company_domain(email)
    {
        let account = draft.account(&domain)?.record.id;
        put(record, "account_id", Some(account));
    }
    let account_id = draft.account_of(record)?.map(|account| account.id);
    if let Some(contact) = linked(&sent.value, sent.path, account_id, draft)? {
        put(record, "contact_id", contact);
    }
    Ok(())
}

fn set_others(
    command: &UpdateRecord,
    record: &mut Record,
    draft: &mut Draft,
) -> Result<(), NotLoaded> {
    const FIELD: &str = "additional_contact_ids";
    let account_id = draft.account_of(record)?.map(|account| account.id);
    let mut others = record.references(FIELD).to_vec();
    if let Some(Sent { path, value: links }) = &command.others {
        others.clear();
        for (index, link) in links.iter().enumerate() {
            let path = format!("{path}.{index}");
            let other = linked(link, path, account_id, draft)?.flatten();
            others.extend(other.filter(|other| !others.contains(other)));
        }
    }
    // The primary contact does not count among the others.
    let primary = record.reference("contact_id");
    others.retain(|other| Some(*other) != primary);
    match others.is_empty() {
        true => drop(record.values.remove(FIELD)),
        false => drop(record.values.insert(FIELD, Value::Ids(others))),
    }
    Ok(())
}

/// The contact that a link leads to, if it leads to one; none at all, and a fault, if it leads nowhere.
fn linked(
    link: &Link<Email>,
    path: impl Display,
    account_id: Option<Uuid>,
    draft: &mut Draft,
) -> Result<Option<Option<Uuid>>, NotLoaded> {
    Ok(match link {
        Link::Nothing => Some(None),
        Link::Id(id) => existing(Object::Contact, *id, path, draft)?.map(Some),
        Link::Key(email) => Some(Some(draft.contact(email, account_id)?.record.id)),
    })
}

/// The id of a live record, that of the survivor if it was merged; a fault if there is none.
fn existing(
    object: Object,
    id: Uuid,
    path: impl Display,
    draft: &mut Draft,
) -> Result<Option<Uuid>, NotLoaded> {
    let found = draft.facts.record(object, id)?.map(Arc::clone);
    if found.is_none() {
        let name = object.name();
        let message = format!("names no {name}: '{id}'");
        draft.faults.add(path.to_string(), message);
    }
    Ok(found.map(|found| found.id))
}

fn put(record: &mut Record, field: &'static str, id: Option<Uuid>) {
    match id {
        Some(id) => drop(record.values.insert(field, Value::Id(id))),
        None => drop(record.values.remove(field)),
    }
}
