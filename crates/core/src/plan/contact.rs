//! A contact to create, or to find by any of its addresses and complete.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::account::{Found, created, fill};
use super::attributes;
use super::draft::Draft;
use crate::command::ResolveContact;
use crate::custom::Scope;
use crate::facts::{NotLoaded, other_emails};
use crate::faults::Reason;
use crate::value::{Value, Values};
use crate::{Object, Outcome};

pub(super) fn resolve(
    command: &ResolveContact,
    draft: &mut Draft,
) -> Result<Option<Outcome>, NotLoaded> {
    let (custom, ignored) = attributes::resolve(Scope::Contacts, &command.attributes, draft)?;
    let found = draft.facts.contact(&command.email)?.cloned();
    refuse_addresses_of_others(command, found.as_ref().map(|found| found.id), draft)?;
    let is_linked = match &found {
        Some(found) => draft.account_of(found)?.is_some(),
        None => false,
    };
    let account_id = match is_linked {
        true => None,
        false => draft.company_of(&command.email)?,
    };
    let mut values = command.values.clone();
    let account = account_id.map(|id| ("account_id", Value::Id(id)));
    let resolution = match found {
        Some(before) => {
            without_address(&mut values, before.text("email"));
            let found = Found {
                record: &before,
                links: account.into_iter().collect(),
            };
            fill(found, values, custom, ignored, draft)
        }
        None => {
            values.insert("email", Value::Text(command.email.to_string()));
            values.extend(account);
            without_address(&mut values, command.email.as_str());
            let record = draft.create(Object::Contact, values, custom);
            created(record, ignored)
        }
    };
    Ok(Some(Outcome::Contact(Box::new(resolution))))
}

/// An address is one contact's: a second one may not claim it.
fn refuse_addresses_of_others(
    command: &ResolveContact,
    this: Option<Uuid>,
    draft: &mut Draft,
) -> Result<(), NotLoaded> {
    for (index, email) in other_emails(command).enumerate() {
        let owner = draft.facts.contact(&email)?.map(|owner| owner.id);
        if let Some(owner) = owner
            && Some(owner) != this
        {
            let message = format!("is already an address of the contact {owner}");
            let path = format!("other_emails.{index}");
            draft.faults.add_as(Reason::Conflict, path, message);
        }
    }
    Ok(())
}

/// A contact's own address does not count among its others, and each of them counts once.
pub(super) fn without_address(values: &mut Values, own: &str) {
    if let Some(Value::Texts(others)) = values.get_mut("other_emails") {
        let mut seen = BTreeSet::from([own.to_owned()]);
        others.retain(|other| seen.insert(other.clone()));
        if others.is_empty() {
            values.remove("other_emails");
        }
    }
}
