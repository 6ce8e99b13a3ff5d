//! The members that say what a record refers to: by id, by domain or address, or null for nothing any more.

use std::collections::BTreeMap;

use lanekeeper_core::command::{Link, Sent};
use lanekeeper_core::text::is_blank;
use lanekeeper_core::{DomainName, Email, Faults, Object};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::read::{Members, id, join, text};
use crate::value::{emails, entries};

pub(super) fn account_of_contact(
    members: &mut Members,
    faults: &mut Faults,
) -> Option<Sent<Link<DomainName>>> {
    one(members, &["account_id"], &[], faults)
}

pub(super) fn account(
    members: &mut Members,
    faults: &mut Faults,
) -> Option<Sent<Link<DomainName>>> {
    let by_id = &["opportunity_account", "account_id"];
    one(members, by_id, &["account_domain"], faults)
}

pub(super) fn contact(members: &mut Members, faults: &mut Faults) -> Option<Sent<Link<Email>>> {
    let by_id = &["opportunity_contact", "contact_id"];
    let by_email = &["primary_contact_email", "contact_email"];
    one(members, by_id, by_email, faults)
}

/// All other contacts: ids, or addresses.
pub(super) fn others(members: &mut Members, faults: &mut Faults) -> Option<Sent<Vec<Link<Email>>>> {
    let mut sent: Vec<Sent<Vec<Link<Email>>>> = vec![];
    for path in [
        "opportunity_other_stakeholders",
        "additional_contacts",
        "additional_contact_emails",
    ] {
        let value = match members.present(path) {
            None => continue,
            Some(Json::Null) => vec![],
            Some(json) if path == "additional_contact_emails" => {
                let emails = emails(json, path, faults).unwrap_or_default();
                emails.into_iter().map(Link::Key).collect()
            }
            Some(json) => {
                let wanted = "an array of the ids of contacts";
                let entries = entries(json, path, wanted, faults).unwrap_or_default();
                let ids = entries.into_iter().map(contact_id).enumerate();
                let ids = ids.filter_map(|(index, entry)| id(entry, &join(path, index), faults));
                ids.map(Link::Id).collect()
            }
        };
        sent.push(Sent { path, value });
    }
    only_one(sent, faults)
}

/// The id of a contact, also as it stands in the answers: `{"contact_id": …}`.
fn contact_id(entry: Json) -> Json {
    match entry {
        Json::Object(mut members) => members.remove("contact_id").unwrap_or_default(),
        other => other,
    }
}

/// What a note or an activity is about: each member is a list of ids in place of the one there was.
pub(super) fn about(
    object: Object,
    members: &mut Members,
    faults: &mut Faults,
) -> BTreeMap<&'static str, Vec<Uuid>> {
    let mut links = BTreeMap::new();
    for (field, _) in object.references() {
        let ids = match members.present(field) {
            None => continue,
            Some(Json::Null) => vec![],
            Some(json) => {
                let entries = entries(json, field, "an array of UUIDs", faults).unwrap_or_default();
                let ids = entries.into_iter().enumerate();
                let ids = ids.filter_map(|(index, entry)| id(entry, &join(field, index), faults));
                ids.collect()
            }
        };
        links.insert(*field, ids);
    }
    links
}

/// A text in its normal form, if it is not blank; a fault if it has none.
pub(super) fn parsed<T>(json: Json, path: &str, faults: &mut Faults) -> Option<T>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let parsed = text(json, path, faults)?.parse();
    parsed.map_err(|error| faults.add(path, error)).ok()
}

/// Null, and what reads like it.
fn is_nothing(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::String(text) => is_blank(text),
        _ => false,
    }
}

/// What one of the members says, by an id or by a key.
fn one<Key>(
    members: &mut Members,
    by_id: &[&'static str],
    by_key: &[&'static str],
    faults: &mut Faults,
) -> Option<Sent<Link<Key>>>
where
    Key: std::str::FromStr<Err: std::fmt::Display>,
{
    let mut sent = vec![];
    for path in by_id.iter().copied() {
        let value = match members.present(path) {
            None => continue,
            Some(json) if is_nothing(&json) => Some(Link::Nothing),
            Some(json) => id(json, path, faults).map(Link::Id),
        };
        sent.extend(value.map(|value| Sent { path, value }));
    }
    for path in by_key.iter().copied() {
        let value = match members.present(path) {
            None => continue,
            Some(json) if is_nothing(&json) => Some(Link::Nothing),
            Some(json) => parsed(json, path, faults).map(Link::Key),
        };
        sent.extend(value.map(|value| Sent { path, value }));
    }
    only_one(sent, faults)
}

/// Several members that say the same thing may disagree, so only one of them is taken.
fn only_one<T>(sent: Vec<Sent<T>>, faults: &mut Faults) -> Option<Sent<T>> {
    let mut sent = sent.into_iter();
    let first = sent.next()?;
    for other in sent {
        let message = format!("sets what '{}' sets too; send one of them", first.path);
        faults.add(other.path, message);
    }
    Some(first)
}
