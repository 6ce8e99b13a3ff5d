//! A plan in the making: the changes so far, seen by every step after them, and the faults so far.

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use crate::facts::{NotLoaded, company_domain};
use crate::outcome::{AccountBrief, ContactBrief, How, OpportunityView, OwnerBrief};
use crate::query::Found;
use crate::value::{CustomValues, Value, Values};
use crate::{Change, DomainName, Email, Facts, Faults, Object, Outcome, Record, Timestamp};

pub(super) struct Draft<'a> {
    pub(super) facts: &'a mut Facts,
    pub(super) faults: Faults,
    pub(super) now: Timestamp,
    mint: &'a mut dyn FnMut() -> Uuid,
    changes: Vec<Change>,
    /// The records among them that are new.
    created: BTreeSet<Uuid>,
}

/// A record that a step found or made.
pub(super) struct Resolved {
    pub(super) record: Arc<Record>,
    pub(super) how: How,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        facts: &'a mut Facts,
        now: Timestamp,
        mint: &'a mut dyn FnMut() -> Uuid,
        faults: Faults,
    ) -> Self {
        let changes = vec![];
        Self {
            facts,
            faults,
            now,
            mint,
            changes,
            created: BTreeSet::new(),
        }
    }

    /// The changes and the outcome, unless something was wrong.
    pub(super) fn finish(self, outcome: Option<Outcome>) -> Result<(Vec<Change>, Outcome), Faults> {
        self.faults.or(())?;
        let outcome = outcome.expect("a command without faults has an outcome");
        Ok((self.changes, outcome))
    }

    pub(super) fn id(&mut self) -> Uuid {
        (self.mint)()
    }

    pub(super) fn change(&mut self, change: Change) {
        self.facts.absorb(&change);
        self.changes.push(change);
    }

    pub(super) fn create(
        &mut self,
        object: Object,
        values: Values,
        custom: CustomValues,
    ) -> Arc<Record> {
        self.create_at(self.now, object, values, custom)
    }

    /// A record of something that happened at another time than now.
    pub(super) fn create_at(
        &mut self,
        created_at: Timestamp,
        object: Object,
        values: Values,
        custom: CustomValues,
    ) -> Arc<Record> {
        let record = Arc::new(Record {
            object,
            id: self.id(),
            created_at,
            updated_at: self.now,
            deleted_at: None,
            merged_into: None,
            values,
            custom,
        });
        self.created.insert(record.id);
        self.change(Change::CreateRecord(Arc::clone(&record)));
        record
    }

    /// How a record came to be here: by this plan, or before.
    pub(super) fn how(&self, record: &Record) -> How {
        match self.created.contains(&record.id) {
            true => How::Created,
            false => How::Matched,
        }
    }

    /// The account of a domain, made if there is none.
    pub(super) fn account(&mut self, domain: &DomainName) -> Result<Resolved, NotLoaded> {
        if let Some(found) = self.facts.account(domain)? {
            let record = Arc::clone(found);
            return Ok(Resolved {
                record,
                how: How::Matched,
            });
        }
        let values = Values::from([
            ("domain", Value::Text(domain.to_string())),
            ("name", Value::Text(domain.company_name())),
        ]);
        let record = self.create(Object::Account, values, CustomValues::new());
        Ok(Resolved {
            record,
            how: How::Created,
        })
    }

    /// The contact of an address, made if there is none. One without an account gets the one given, else that of its
    /// address's domain.
    pub(super) fn contact(
        &mut self,
        email: &Email,
        account_id: Option<Uuid>,
    ) -> Result<Resolved, NotLoaded> {
        let found = self.facts.contact(email)?.cloned();
        if let Some(record) = &found
            && self.account_of(record)?.is_some()
        {
            let record = Arc::clone(record);
            return Ok(Resolved {
                record,
                how: How::Matched,
            });
        }
        let account_id = match account_id {
            Some(id) => Some(id),
            None => self.company_of(email)?,
        };
        let account = account_id.map(|id| ("account_id", Value::Id(id)));
        Ok(match found {
            Some(before) => {
                let values = account.into_iter().collect();
                let record = self.update(&before, values, CustomValues::new());
                Resolved {
                    record,
                    how: How::Matched,
                }
            }
            None => {
                let email = ("email", Value::Text(email.to_string()));
                let values = account.into_iter().chain([email]).collect();
                let record = self.create(Object::Contact, values, CustomValues::new());
                Resolved {
                    record,
                    how: How::Created,
                }
            }
        })
    }

    /// What a record refers to by this field, in the trash or not.
    pub(super) fn referred(
        &self,
        record: &Record,
        object: Object,
        field: &str,
    ) -> Result<Option<Arc<Record>>, NotLoaded> {
        let Some(id) = record.reference(field) else {
            return Ok(None);
        };
        Ok(self.facts.record_as_it_is(object, id)?.cloned())
    }

    /// The record as a reader sees it.
    pub(super) fn view(&self, record: &Arc<Record>) -> Result<Found, NotLoaded> {
        if record.object != Object::Opportunity {
            return Ok(Found::Record(Arc::clone(record)));
        }
        let account = self.referred(record, Object::Account, "account_id")?;
        let contact = self.referred(record, Object::Contact, "contact_id")?;
        let mut additional_contacts = vec![];
        for id in record.references("additional_contact_ids") {
            let contact = self.facts.record_as_it_is(Object::Contact, *id)?;
            additional_contacts.extend(contact.map(|contact| ContactBrief::of(contact)));
        }
        let pipeline_id = record.reference("pipeline_id").unwrap_or_default();
        let stage_id = record.reference("stage_id");
        let pipeline = self.facts.pipeline(pipeline_id)?;
        let mut stages = pipeline.iter().flat_map(|pipeline| &pipeline.stages);
        let stage = stages.find(|stage| Some(stage.id) == stage_id);
        let owner = match record.reference("owner_id") {
            Some(id) => self.facts.user(id)?,
            None => None,
        };
        Ok(Found::Opportunity(Box::new(OpportunityView {
            record: Arc::clone(record),
            stage_name: stage.map(|stage| stage.label.clone()).unwrap_or_default(),
            account: account.as_deref().map(AccountBrief::of),
            contact: contact.as_deref().map(ContactBrief::of),
            additional_contacts,
            owner: owner.map(|owner| OwnerBrief {
                id: owner.id,
                email: owner.email.to_string(),
            }),
        })))
    }

    /// The account of a contact or opportunity; none if it has none, or one in the trash.
    pub(super) fn account_of(&self, record: &Record) -> Result<Option<&Arc<Record>>, NotLoaded> {
        let id = record.reference("account_id");
        id.map_or(Ok(None), |id| self.facts.record(Object::Account, id))
    }

    /// The account of an address's domain, made if there is none; none at a public mail provider.
    pub(super) fn company_of(&mut self, email: &Email) -> Result<Option<Uuid>, NotLoaded> {
        let Some(domain) = company_domain(email) else {
            return Ok(None);
        };
        Ok(Some(self.account(&domain)?.record.id))
    }

    /// The record with these values set; untouched if there are none.
    pub(super) fn update(
        &mut self,
        before: &Arc<Record>,
        values: Values,
        custom: CustomValues,
    ) -> Arc<Record> {
        if values.is_empty() && custom.is_empty() {
            return Arc::clone(before);
        }
        let mut after = Record::clone(before);
        after.values.extend(values);
        after.custom.extend(custom);
        self.replace(before, after)
    }

    /// The record as it is to be, dated now; untouched if nothing about it changes.
    pub(super) fn replace(&mut self, before: &Arc<Record>, mut after: Record) -> Arc<Record> {
        if after == **before {
            return Arc::clone(before);
        }
        after.updated_at = self.now;
        let after = Arc::new(after);
        self.change(Change::UpdateRecord {
            before: Arc::clone(before),
            after: Arc::clone(&after),
        });
        after
    }
}
