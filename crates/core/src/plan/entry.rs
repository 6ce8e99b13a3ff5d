//! A note or an activity to create, with the accounts, contacts and opportunities that it is about.

use std::sync::Arc;

use uuid::Uuid;

use super::draft::Draft;
use crate::activity::moved_dates;
use crate::command::{CreateEntry, Reference};
use crate::facts::NotLoaded;
use crate::outcome::{AccountBrief, ContactBrief, EntryCreated};
use crate::value::{CustomValues, Value, Values};
use crate::{Object, Outcome, Record};

pub(super) fn create(
    command: &CreateEntry,
    draft: &mut Draft,
) -> Result<Option<Outcome>, NotLoaded> {
    let about = About::resolve(command, draft)?;
    if command.object == Object::Activity {
        about.move_dates(command, draft);
    }
    let mut values = command.values.clone();
    values.extend(links("account_ids", &about.accounts));
    values.extend(links("contact_ids", &about.contacts));
    values.extend(links("opportunity_ids", &about.opportunities));
    let created_at = command.created_at.unwrap_or(draft.now);
    let record = draft.create_at(created_at, command.object, values, CustomValues::new());
    let accounts = about.accounts.iter();
    let contacts = about.contacts.iter();
    Ok(Some(Outcome::Entry(Box::new(EntryCreated {
        record,
        accounts: accounts
            .map(|account| (AccountBrief::of(account), draft.how(account)))
            .collect(),
        contacts: contacts
            .map(|contact| (ContactBrief::of(contact), draft.how(contact)))
            .collect(),
        opportunities: about.opportunities,
        ignored: command.ignored.clone(),
    }))))
}

fn links(field: &'static str, records: &[Arc<Record>]) -> Option<(&'static str, Value)> {
    let ids: Vec<Uuid> = records.iter().map(|record| record.id).collect();
    (!ids.is_empty()).then_some((field, Value::Ids(ids)))
}

/// What an entry is about, each record once.
#[derive(Default)]
struct About {
    accounts: Vec<Arc<Record>>,
    contacts: Vec<Arc<Record>>,
    opportunities: Vec<Arc<Record>>,
}

impl About {
    /// What was named by id, then by domain and address; of an activity also the accounts of its contacts.
    fn resolve(command: &CreateEntry, draft: &mut Draft) -> Result<Self, NotLoaded> {
        let mut about = Self::default();
        for named in &command.records {
            if let Some(record) = find(named, draft)? {
                about.add(record);
            }
        }
        for domain in &command.domains {
            about.add(draft.account(domain)?.record);
        }
        for email in &command.emails {
            about.add(draft.contact(email, None)?.record);
        }
        for email in &command.participants {
            // A member of the organisation is our own side.
            if draft.facts.user_by_email(email)?.is_none() {
                about.add(draft.contact(email, None)?.record);
            }
        }
        if command.object == Object::Activity {
            about.add_companies(draft)?;
        }
        Ok(about)
    }

    fn add(&mut self, record: Arc<Record>) {
        let records = match record.object {
            Object::Account => &mut self.accounts,
            Object::Contact => &mut self.contacts,
            _ => &mut self.opportunities,
        };
        match records.iter_mut().find(|known| known.id == record.id) {
            // Named twice, it may have got an account the second time.
            Some(known) => *known = record,
            None => records.push(record),
        }
    }

    /// What happened with a contact happened with its account.
    fn add_companies(&mut self, draft: &Draft) -> Result<(), NotLoaded> {
        for contact in self.contacts.clone() {
            if let Some(account) = draft.account_of(&contact)?.cloned() {
                self.add(account);
            }
        }
        Ok(())
    }

    fn move_dates(&self, command: &CreateEntry, draft: &mut Draft) {
        let at = command.created_at.unwrap_or(draft.now);
        let Some(Value::Text(activity_type)) = command.values.get("activity_type") else {
            return; // which is a fault already
        };
        for record in self.accounts.iter().chain(&self.contacts) {
            let dates: Values = moved_dates(record, activity_type, at, draft.now);
            draft.update(record, dates, CustomValues::new());
        }
    }
}

/// The record of that id; a fault if there is none.
fn find(named: &Reference, draft: &mut Draft) -> Result<Option<Arc<Record>>, NotLoaded> {
    let found = draft.facts.record(named.object, named.id)?.cloned();
    if found.is_none() {
        let (object, id) = (named.object.name(), named.id);
        let message = format!("names no {object}: '{id}'");
        draft.faults.add(&named.path, message);
    }
    Ok(found)
}
