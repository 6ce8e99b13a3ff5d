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
        Some(before) => fill(&before, command.values.clone(), custom, ignored, draft),
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

/// What was sent fills what is empty, and never overwrites what is there.
pub(super) fn fill(
    before: &Arc<Record>,
    values: Values,
    custom: CustomValues,
    ignored: Vec<String>,
    draft: &mut Draft,
) -> Resolution {
    let (mut filled, mut kept) = (vec![], vec![]);
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
    let values = values.collect();
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
