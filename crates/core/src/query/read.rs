//! The values of fields, as they compare.

use std::sync::Arc;

use super::operand::Atom;
use super::{Field, Holds, Place};
use crate::outcome::{ContactBrief, OpportunityView};
use crate::text::fold;
use crate::{Record, Value};

const MICROS_PER_SECOND: i64 = 1_000_000;

/// A record that was found.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// An account or a contact.
    Record(Arc<Record>),
    /// An opportunity with what surrounds it.
    Opportunity(Box<OpportunityView>),
}

impl Found {
    /// The record itself.
    #[must_use]
    pub fn record(&self) -> &Record {
        match self {
            Self::Record(record) => record,
            Self::Opportunity(view) => &view.record,
        }
    }

    fn view(&self) -> Option<&OpportunityView> {
        match self {
            Self::Record(_) => None,
            Self::Opportunity(view) => Some(view),
        }
    }
}

impl Field {
    /// The value of the field, or the entries of its list; none if it has no value.
    #[must_use]
    pub fn values(&self, found: &Found) -> Vec<Atom> {
        let record = found.record();
        let text = |text: Option<String>| text.map(Value::Text);
        let value = match &self.place {
            Place::Id => Some(Value::Id(record.id)),
            Place::CreatedAt => Some(Value::Time(record.created_at)),
            Place::UpdatedAt => Some(Value::Time(record.updated_at)),
            Place::System(name) => record.values.get(name).cloned(),
            Place::Custom(slug) => record.custom.get(slug).cloned(),
            place => text(related(place, found)),
        };
        value.map(|value| self.atoms(value)).unwrap_or_default()
    }

    fn atoms(&self, value: Value) -> Vec<Atom> {
        let text = |text: String| match self.holds {
            Holds::Text | Holds::Texts => Atom::Text(fold(&text)),
            _ => Atom::Text(text),
        };
        match value {
            Value::Text(sent) => vec![text(sent)],
            Value::Number(number) => vec![Atom::number(number)],
            Value::Integer(seconds) => vec![Atom::Whole(seconds * MICROS_PER_SECOND)],
            Value::Boolean(flag) => vec![Atom::Whole(i64::from(flag))],
            Value::Texts(texts) => texts.into_iter().map(text).collect(),
            Value::Time(time) => vec![Atom::Whole(time.as_micros())],
            Value::Id(id) => vec![Atom::Id(id)],
            Value::Ids(ids) => ids.into_iter().map(Atom::Id).collect(),
        }
    }
}

/// A text of what the record refers to; none if it is empty.
fn related(place: &Place, found: &Found) -> Option<String> {
    let view = found.view();
    let contact = view.and_then(|view| view.contact.clone());
    let account = view.and_then(|view| view.account.as_ref());
    let text = match place {
        Place::ContactName => match found {
            Found::Record(record) => Some(ContactBrief::of(record).name()),
            Found::Opportunity(_) => contact.map(|contact| contact.name()),
        },
        Place::ContactEmail => contact.map(|contact| contact.email),
        Place::StageName => view.map(|view| view.stage_name.clone()),
        Place::AccountName => account.map(|account| account.name.clone()),
        Place::AccountDomain => account.map(|account| account.domain.clone()),
        Place::OwnerEmail => view.and_then(|view| Some(view.owner.as_ref()?.email.clone())),
        other => unreachable!("{other:?} is in the record"),
    };
    text.filter(|text| !text.is_empty())
}
