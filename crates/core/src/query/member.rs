//! Members of the organisation that filters name by their addresses, as writes do.

use super::filter::VALUES_MAX;
use super::{Draft, FILTERS_MAX, Fields, Input};
use crate::custom::metadata::Choice;
use crate::custom::normal::MemberKey;
use crate::facts::NotLoaded;
use crate::{Email, Facts};

/// Every address that a filter on what may be a custom field is about, with how it is written.
pub(super) fn addresses(draft: &Draft) -> impl Iterator<Item = (&str, Email)> {
    let records = Fields::new(draft.object, vec![]);
    // What goes beyond the limits is refused, whoever it names.
    let filters = draft.filters.iter().take(FILTERS_MAX);
    let filters = filters.filter(move |filter| !records.has_member(&filter.field));
    let values = filters.filter_map(|filter| filter.value.as_ref());
    let texts = values.flat_map(|value| match value {
        Input::List(entries) => &entries[..entries.len().min(VALUES_MAX)],
        one => std::slice::from_ref(one),
    });
    texts.filter_map(|value| match value {
        Input::Text(text) => match MemberKey::of(text.trim()) {
            Some(MemberKey::Email(email)) => Some((text.as_str(), email)),
            Some(MemberKey::Id(_)) | None => None,
        },
        _ => None,
    })
}

/// The members of these addresses, as options: an id that is called by its address.
pub(super) fn named(draft: &Draft, facts: &Facts) -> Result<Vec<Choice>, NotLoaded> {
    let mut options = vec![];
    for (text, email) in addresses(draft) {
        if let Some(member) = facts.user_by_email(&email)? {
            options.push(Choice {
                label: text.to_owned(),
                value: member.id.to_string(),
                color: None,
            });
        }
    }
    Ok(options)
}
