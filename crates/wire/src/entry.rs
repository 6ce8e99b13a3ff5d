//! Notes and activities: what they are about, and the answer to a create.

use std::fmt::Display;
use std::str::FromStr;

use lanekeeper_core::command::Reference;
use lanekeeper_core::object::Kind;
use lanekeeper_core::outcome::{EntryCreated, How};
use lanekeeper_core::{DomainName, Email, Faults, Object, Timestamp, Value};
use serde::Serialize;
use uuid::Uuid;

use crate::read::{Members, id, join};
use crate::record::Record;
use crate::value::{entries, normal_forms, read};

/// What a note or an activity is about, as it was sent.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct About {
    pub(crate) domains: Vec<DomainName>,
    pub(crate) emails: Vec<Email>,
    pub(crate) records: Vec<Reference>,
}

/// The members that name records by id: one of them, and several.
const IDS: [(Object, &str, &str); 3] = [
    (Object::Account, "account_id", "account_ids"),
    (Object::Contact, "contact_id", "contact_ids"),
    (Object::Opportunity, "opportunity_id", "opportunity_ids"),
];

impl About {
    /// Whatever is there.
    pub(crate) fn read(members: &mut Members, faults: &mut Faults) -> Self {
        let mut records = vec![];
        for (object, one, several) in IDS {
            let path = members.path_of(one);
            let id = members.id(one, faults);
            records.extend(id.map(|id| Reference { path, object, id }));
            records.extend(ids(object, several, members, faults));
        }
        Self {
            domains: named(
                "account_domain",
                "account_domains",
                "domains",
                members,
                faults,
            ),
            emails: named(
                "contact_email",
                "contact_emails",
                "e-mail addresses",
                members,
                faults,
            ),
            records,
        }
    }

    /// Whatever is there; a fault if that is nothing.
    pub(crate) fn read_some(members: &mut Members, faults: &mut Faults) -> Self {
        let mut wrong = Faults::default();
        let about = Self::read(members, &mut wrong);
        if wrong.is_empty() && about == Self::default() {
            let message = "names nothing that it is about; send account_domain, contact_email, account_id, contact_id or opportunity_id";
            faults.add("", message);
        }
        faults.extend(wrong);
        about
    }
}

fn ids(object: Object, name: &str, members: &mut Members, faults: &mut Faults) -> Vec<Reference> {
    let path = members.path_of(name);
    let sent = members.optional(name);
    let sent = sent.and_then(|json| entries(json, &path, "an array of UUIDs", faults));
    let numbered = sent.unwrap_or_default().into_iter().enumerate();
    let references = numbered.filter_map(|(index, json)| {
        let path = join(&path, index);
        let id = id(json, &path, faults)?;
        Some(Reference { path, object, id })
    });
    references.collect()
}

/// What one member and a list beside it name.
fn named<T>(
    one: &str,
    several: &str,
    wanted: &str,
    members: &mut Members,
    faults: &mut Faults,
) -> Vec<T>
where
    T: FromStr<Err: Display> + PartialEq,
{
    let mut all: Vec<T> = members.parsed(one, faults).into_iter().collect();
    let path = members.path_of(several);
    let sent = members.optional(several);
    let sent = sent.and_then(|json| normal_forms(json, &path, wanted, faults));
    all.extend(sent.unwrap_or_default());
    all
}

/// When it happened, if that was sent.
pub(crate) fn created_at(members: &mut Members, faults: &mut Faults) -> Option<Timestamp> {
    let path = members.path_of("created_at");
    match read(Kind::Time, members.optional("created_at")?, &path, faults)? {
        Value::Time(time) => Some(time),
        other => unreachable!("{other:?} was read as a time"),
    }
}

/// The answer to a create.
#[derive(Serialize)]
pub struct Created<'a> {
    #[serde(flatten)]
    record: Record<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    activity_id: Option<Uuid>,
    resolved: Resolved<'a>,
    ignored: &'a [String],
}

#[derive(Serialize)]
struct Resolved<'a> {
    accounts: Vec<Account<'a>>,
    contacts: Vec<Contact<'a>>,
    opportunities: Vec<Opportunity<'a>>,
}

#[derive(Serialize)]
struct Account<'a> {
    id: Uuid,
    domain: &'a str,
    outcome: &'static str,
}

#[derive(Serialize)]
struct Contact<'a> {
    id: Uuid,
    email: &'a str,
    outcome: &'static str,
}

#[derive(Serialize)]
struct Opportunity<'a> {
    id: Uuid,
    name: &'a str,
    outcome: &'static str,
}

impl<'a> From<&'a EntryCreated> for Created<'a> {
    fn from(created: &'a EntryCreated) -> Self {
        let record = created.record.as_ref();
        let id_of = |object: Object| (record.object == object).then_some(record.id);
        Self {
            record: Record(record),
            note_id: id_of(Object::Note),
            activity_id: id_of(Object::Activity),
            resolved: created.into(),
            ignored: &created.ignored,
        }
    }
}

impl<'a> From<&'a EntryCreated> for Resolved<'a> {
    fn from(created: &'a EntryCreated) -> Self {
        let accounts = created.accounts.iter().map(|(account, how)| Account {
            id: account.id,
            domain: &account.domain,
            outcome: how.name(),
        });
        let contacts = created.contacts.iter().map(|(contact, how)| Contact {
            id: contact.id,
            email: &contact.email,
            outcome: how.name(),
        });
        let opportunities = created.opportunities.iter().map(|opportunity| Opportunity {
            id: opportunity.id,
            name: opportunity.text("name"),
            outcome: How::Matched.name(), // nothing makes one on the way
        });
        Self {
            accounts: accounts.collect(),
            contacts: contacts.collect(),
            opportunities: opportunities.collect(),
        }
    }
}
