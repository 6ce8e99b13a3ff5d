//! The values of fields, as they compare.

use std::sync::Arc;

use super::operand::Atom;
use super::{Field, Holds, Place, TEXT_KEY_CHARS_MAX};
use crate::custom::AttributeType;
use crate::outcome::{ContactBrief, OpportunityView};
use crate::text::fold;
use crate::{Object, Record, Value};

const MICROS_PER_SECOND: i64 = 1_000_000;

/// A record that was found.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// A record that shows nothing of others.
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
        value
            .map(|value| self.holds.atoms(value))
            .unwrap_or_default()
    }
}

impl Holds {
    /// A value as it compares; of a list, each entry.
    fn atoms(self, value: Value) -> Vec<Atom> {
        let text = |text: String| match self {
            Self::Text | Self::Texts => Atom::Text(fold(&text)),
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
            Value::Object(_) => vec![Atom::Whole(1)], // it is there, and that is all that is asked
        }
    }
}

/// What an index of custom values holds of a value: as it compares, each entry of a list once, texts as far as they are
/// sorted by.
#[must_use]
pub fn index_values(attribute_type: AttributeType, value: &Value) -> Vec<Atom> {
    let atoms = Holds::of_custom(attribute_type).atoms(value.clone());
    let mut atoms: Vec<Atom> = atoms.into_iter().map(Atom::into_key).collect();
    atoms.sort_unstable();
    atoms.dedup();
    atoms
}

/// What an index of names holds of an account or a contact: its name as it compares, as far as it is sorted by.
#[must_use]
pub fn index_name(record: &Record) -> Option<String> {
    let name = match (record.object, record.values.get("name")) {
        (Object::Contact, _) => ContactBrief::of(record).name(),
        (_, Some(Value::Text(name))) => name.clone(),
        _ => return None,
    };
    let letters = fold(&name);
    Some(letters.chars().take(TEXT_KEY_CHARS_MAX).collect())
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
