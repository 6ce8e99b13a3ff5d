//! What a search means, said plainly: look at every record, keep what matches, sort.

use std::cmp::Ordering;
use std::sync::Arc;

use uuid::Uuid;

use super::Model;
use crate::outcome::{AccountBrief, ContactBrief, OpportunityView, OwnerBrief};
use crate::query::{Atom, Bound, Condition, Filter, Found, Query};
use crate::{Object, Record};

impl Model {
    /// Every record that matches, in order; pages and selections aside.
    #[must_use]
    pub fn search(&self, query: &Query) -> Vec<Found> {
        let records = self.records.values();
        let records = records.filter(|record| record.object == query.object && record.is_live());
        let found = records.map(|record| self.found(record));
        let mut found: Vec<Found> = found.filter(|found| matches(query, found)).collect();
        found.sort_by(|one, other| compare(query, one, other));
        found
    }

    fn found(&self, record: &Arc<Record>) -> Found {
        if record.object != Object::Opportunity {
            return Found::Record(Arc::clone(record));
        }
        let referred = |field| self.record(record.reference(field)?);
        let stage_id = record.reference("stage_id");
        let mut stages = self.pipelines().flat_map(|pipeline| &pipeline.stages);
        let stage = stages.find(|stage| Some(stage.id) == stage_id);
        let owner = record
            .reference("owner_id")
            .and_then(|id| self.users.get(&id));
        let additional = record.references("additional_contact_ids").iter();
        Found::Opportunity(Box::new(OpportunityView {
            record: Arc::clone(record),
            stage_name: stage.map(|stage| stage.label.clone()).unwrap_or_default(),
            account: referred("account_id").map(AccountBrief::of),
            contact: referred("contact_id").map(ContactBrief::of),
            additional_contacts: additional
                .filter_map(|id| Some(ContactBrief::of(self.record(*id)?)))
                .collect(),
            owner: owner.map(|user| OwnerBrief {
                id: user.id,
                email: user.email.to_string(),
            }),
        }))
    }

    fn record(&self, id: Uuid) -> Option<&Record> {
        self.records.get(&id).map(AsRef::as_ref)
    }
}

fn matches(query: &Query, found: &Found) -> bool {
    let record = found.record();
    let is_in = |field, id: Option<Uuid>| id.is_none() || record.reference(field) == id;
    is_in("pipeline_id", query.pipeline_id)
        && is_in("stage_id", query.stage_id)
        && query.text.as_ref().is_none_or(|text| text.matches(found))
        && query.filters.iter().all(|filter| fulfils(filter, found))
}

fn fulfils(filter: &Filter, found: &Found) -> bool {
    let values = filter.field.values(found);
    let some = |test: &dyn Fn(&Atom) -> bool| values.iter().any(test);
    let contains = |part: &str| some(&|value| text(value).contains(part));
    let is_so = match &filter.condition {
        Condition::HasValue => !values.is_empty(),
        Condition::IsOneOf(wanted) => some(&|value| wanted.contains(value)),
        Condition::HasAll(wanted) => wanted.iter().all(|wanted| values.contains(wanted)),
        Condition::ContainsAll(parts) => parts.iter().all(|part| contains(part)),
        Condition::ContainsAny(parts) => parts.iter().any(|part| contains(part)),
        Condition::StartsWith(start) => some(&|value| text(value).starts_with(start.as_str())),
        Condition::EndsWith(end) => some(&|value| text(value).ends_with(end.as_str())),
        Condition::Between(least, most) => some(&|value| {
            is_inside(least.as_ref(), value, Ordering::Greater)
                && is_inside(most.as_ref(), value, Ordering::Less)
        }),
    };
    is_so != filter.negated
}

fn is_inside(bound: Option<&Bound>, value: &Atom, side: Ordering) -> bool {
    bound.is_none_or(|bound| match value.cmp(&bound.at) {
        Ordering::Equal => bound.included,
        other => other == side,
    })
}

fn text(value: &Atom) -> &str {
    match value {
        Atom::Text(text) => text,
        other => panic!("texts are compared with texts, not with {other:?}"),
    }
}

fn compare(query: &Query, one: &Found, other: &Found) -> Ordering {
    let towards = |ordering: Ordering, descending: bool| match descending {
        true => ordering.reverse(),
        false => ordering,
    };
    for sort in &query.sort {
        let ordering = match (sort.key(one), sort.key(other)) {
            (Some(one), Some(other)) => towards(one.cmp(&other), sort.descending),
            (one, other) => other.is_some().cmp(&one.is_some()), // without a value: last
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
    let ids = one.record().id.cmp(&other.record().id);
    towards(ids, query.ids_descend())
}
