//! An account to create, or to find by its domain and complete.

use std::sync::Arc;

use super::attributes;
use super::draft::Draft;
use crate::command::ResolveAccount;
use crate::custom::Scope;
use crate::facts::NotLoaded;
use crate::outcome::{How, Resolution};
use crate::value::{CustomValues, Value, Values};
use crate::{Object, Outcome, Record};

pub(super) fn resolve(
    command: &ResolveAccount,
    draft: &mut Draft,
) -> Result<Option<Outcome>, NotLoaded> {
    let (custom, ignored) = attributes::resolve(Scope::Accounts, &command.attributes, draft)?;
    let found = draft.facts.account(&command.domain)?.cloned();
    let resolution = match found {
        Some(before) => {
            let found = Found {
                record: &before,
                links: Values::new(),
            };
            fill(found, command.values.clone(), custom, ignored, draft)
        }
        None => {
            let values = with_key(command);
            let record = draft.create(Object::Account, values, custom);
            created(record, ignored)
        }
    };
    Ok(Some(Outcome::Account(Box::new(resolution))))
}

fn with_key(command: &ResolveAccount) -> Values {
    let mut values = command.values.clone();
    values.insert("domain", Value::Text(command.domain.to_string()));
    let name = || Value::Text(command.domain.company_name());
    values.entry("name").or_insert_with(name);
    values
}

/// The answer to a create that created.
pub(super) fn created(record: Arc<Record>, ignored: Vec<String>) -> Resolution {
    Resolution {
        record,
        how: How::Created,
        filled: vec![],
        kept: vec![],
        ignored,
    }
}

/// A record that is there already.
pub(super) struct Found<'a> {
    pub(super) record: &'a Arc<Record>,
    /// What the plan links it to, in place of what is in the trash.
    pub(super) links: Values,
}

/// What was sent fills what is empty, and never overwrites what is there.
pub(super) fn fill(
    found: Found,
    values: Values,
    custom: CustomValues,
    ignored: Vec<String>,
    draft: &mut Draft,
) -> Resolution {
    let before = found.record;
    let links = found.links.keys().map(|name| (*name).to_owned());
    let (mut filled, mut kept): (Vec<String>, _) = (links.collect(), vec![]);
    let mut news = |field: String, has: Option<&Value>, sent: &Value| {
        let is_new = has.is_none_or(Value::is_empty) && !sent.is_empty();
        match has {
            _ if is_new => filled.push(field),
            Some(has) if has != sent => kept.push(field),
            _ => {}
        }
        is_new
    };
    let values = values.into_iter();
    let values =
        values.filter(|(name, sent)| news((*name).to_owned(), before.values.get(name), sent));
    let values = values.chain(found.links).collect();
    let custom = custom.into_iter();
    let custom = custom.filter(|(slug, sent)| news(slug.clone(), before.custom.get(slug), sent));
    let custom = custom.collect();
    Resolution {
        record: draft.update(before, values, custom),
        how: How::Matched,
        filled,
        kept,
        ignored,
    }
}
