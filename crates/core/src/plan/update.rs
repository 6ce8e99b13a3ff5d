//! New values for a record. What is sent overwrites, null clears, and relations replace.

mod relations;

use std::sync::Arc;

use uuid::Uuid;

use super::contact::without_address;
use super::draft::Draft;
use super::{attributes, opportunity};
use crate::command::{NamedIn, Target, UpdateRecord};
use crate::custom::Scope;
use crate::facts::NotLoaded;
use crate::faults::Reason;
use crate::outcome::{Done, RecordWritten};
use crate::value::Value;
use crate::{DomainName, Email, Object, Outcome, Record};

pub(super) fn update(
    command: &UpdateRecord,
    draft: &mut Draft,
) -> Result<Option<Outcome>, NotLoaded> {
    let Some(before) = target(&command.target, draft)? else {
        return Ok(None);
    };
    let mut after = Record::clone(&before);
    set_values(command, &mut after);
    check_keys(&before, &mut after, draft)?;
    relations::set(command, &mut after, draft)?;
    match scope_of(&before) {
        Some(scope) => attributes::update(scope, &command.custom, &mut after.custom, draft)?,
        None => attributes::refuse(before.object, &command.custom, draft),
    }
    name_anew(&mut after, draft)?;
    let record = draft.replace(&before, after);
    let (found, done) = (draft.view(&record)?, Done::Updated);
    let written = RecordWritten { found, done };
    Ok(Some(Outcome::Record(Box::new(written))))
}

/// The record that a command is about, or the one that it was merged into; a fault if there is none, or if it has changed.
pub(super) fn target(target: &Target, draft: &mut Draft) -> Result<Option<Arc<Record>>, NotLoaded> {
    let found = draft.facts.record(target.object, target.id)?.cloned();
    let Some(found) = found else {
        not_found(target, draft);
        return Ok(None);
    };
    check_version(target, &found, draft);
    Ok(Some(found))
}

pub(super) fn not_found(target: &Target, draft: &mut Draft) {
    let (name, id) = (target.object.name(), target.id);
    match target.named_in {
        NamedIn::Path => {
            let message = format!("There is no {name} with this id");
            draft.faults.add_as(Reason::NotFound, "", message);
        }
        NamedIn::Body => draft.faults.add("", format!("names no {name}: '{id}'")),
    }
}

pub(super) fn check_version(target: &Target, found: &Record, draft: &mut Draft) {
    let version = found.version();
    if let Some(versions) = &target.versions
        && !versions.contains(&version)
    {
        let message = format!("is not the version that is stored, \"{version}\"");
        draft.faults.add_as(Reason::Stale, "If-Match", message);
    }
}

fn set_values(command: &UpdateRecord, record: &mut Record) {
    for (field, value) in &command.values {
        match value {
            Some(value) if !value.is_empty() => drop(record.values.insert(field, value.clone())),
            _ => drop(record.values.remove(field)),
        }
    }
}

/// What a record is known by is its own, and always there.
fn check_keys(before: &Record, after: &mut Record, draft: &mut Draft) -> Result<(), NotLoaded> {
    match before.object {
        Object::Account => check_domain(after, draft),
        Object::Contact => check_emails(after, draft),
        Object::Opportunity => {
            if before.reference("pipeline_id") != after.reference("pipeline_id") {
                let message = "cannot be changed: an opportunity stays in its pipeline";
                draft.faults.add("pipeline_id", message);
                // What else is wrong is told by the pipeline that it is in.
                let pipeline_id = before.values.get("pipeline_id").cloned();
                after
                    .values
                    .extend(pipeline_id.map(|id| ("pipeline_id", id)));
            }
            Ok(())
        }
        Object::Note | Object::Activity => {
            check_required(after, draft);
            Ok(())
        }
    }
}

/// What a note or an activity cannot do without.
fn check_required(entry: &Record, draft: &mut Draft) {
    let required: &[(&str, &str)] = match entry.object {
        Object::Note => &[("content", "a note has a text")],
        _ => &[
            ("activity_type", "an activity is of some type"),
            ("title", "an activity has a title"),
        ],
    };
    for (field, reason) in required {
        if entry.text(field).is_empty() {
            let message = format!("cannot be cleared: {reason}");
            draft.faults.add(*field, message);
        }
    }
}

fn check_domain(account: &Record, draft: &mut Draft) -> Result<(), NotLoaded> {
    let Ok(domain) = account.text("domain").parse::<DomainName>() else {
        let message = "cannot be cleared: an account is known by it";
        draft.faults.add("domain", message);
        return Ok(());
    };
    let owner = draft.facts.account(&domain)?.map(|owner| owner.id);
    clash("domain", "the domain of the account", owner, account, draft);
    Ok(())
}

fn check_emails(contact: &mut Record, draft: &mut Draft) -> Result<(), NotLoaded> {
    let own = contact.text("email").to_owned();
    without_address(&mut contact.values, &own);
    let Ok(email) = own.parse::<Email>() else {
        let message = "cannot be cleared: a contact is known by it";
        draft.faults.add("email", message);
        return Ok(());
    };
    let owner = draft.facts.contact(&email)?.map(|owner| owner.id);
    clash("email", "an address of the contact", owner, contact, draft);
    for (index, other) in contact.texts("other_emails").iter().enumerate() {
        let Ok(email) = other.parse::<Email>() else {
            continue;
        };
        let owner = draft.facts.contact(&email)?.map(|owner| owner.id);
        let path = format!("other_emails.{index}");
        clash(&path, "an address of the contact", owner, contact, draft);
    }
    Ok(())
}

/// A fault if something that one record only may have is another's.
pub(super) fn clash(
    path: &str,
    what: &str,
    owner: Option<Uuid>,
    record: &Record,
    draft: &mut Draft,
) {
    if let Some(owner) = owner
        && owner != record.id
    {
        let message = format!("is already {what} {owner}");
        draft.faults.add_as(Reason::Conflict, path, message);
    }
}

fn scope_of(record: &Record) -> Option<Scope> {
    Some(match record.object {
        Object::Account => Scope::Accounts,
        Object::Contact => Scope::Contacts,
        Object::Opportunity => {
            Scope::Opportunities(record.reference("pipeline_id").unwrap_or_default())
        }
        Object::Note | Object::Activity => return None,
    })
}

/// An account and an opportunity always have a name: one that was cleared is derived again.
fn name_anew(record: &mut Record, draft: &Draft) -> Result<(), NotLoaded> {
    if !record.text("name").is_empty() {
        return Ok(());
    }
    let name = match record.object {
        Object::Contact | Object::Note | Object::Activity => return Ok(()),
        Object::Account => match record.text("domain").parse::<DomainName>() {
            Ok(domain) => domain.company_name(),
            Err(_) => return Ok(()),
        },
        Object::Opportunity => {
            let account = draft.referred(record, Object::Account, "account_id")?;
            let contact = draft.referred(record, Object::Contact, "contact_id")?;
            opportunity::derived_name(account.as_deref(), contact.as_deref())
        }
    };
    record.values.insert("name", Value::Text(name));
    Ok(())
}
