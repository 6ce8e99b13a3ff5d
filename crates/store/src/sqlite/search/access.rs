//! By which way a search comes to its rows.
//!
//! SQLite without statistics takes the index of the sort and walks it, however rare what it looks for. So the index is chosen
//! here, by what is most selective, and the statement says so.

use lanekeeper_core::Object;
use lanekeeper_core::query::{Condition, Place, Query, TextSearch};

/// Fewest characters that the index of texts finds.
const INDEXED_CHARS_MIN: usize = 3;

/// A way to the rows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// From the index of texts: every row with what this expression of FTS5 says.
    Text(String),
    /// Along this index.
    Index(&'static str),
    /// By a unique key, which SQLite sees by itself.
    Key,
}

struct Index {
    name: &'static str,
    /// The field that has to have one value, besides the pipeline.
    equal: Option<&'static str>,
    /// Whether the index is of use only for this order.
    only_for: Option<Place>,
}

const fn index(name: &'static str, equal: Option<&'static str>) -> Index {
    let only_for = None;
    Index {
        name,
        equal,
        only_for,
    }
}

const fn by_creation(name: &'static str) -> Index {
    Index {
        name,
        equal: None,
        only_for: Some(Place::CreatedAt),
    }
}

/// The indexes of an object, the one with the fewest rows for a value first; the last is always of use.
const fn indexes(object: Object) -> &'static [Index] {
    const ACCOUNT: &[Index] = &[
        by_creation("account_by_creation"),
        index("account_by_update", None),
    ];
    const CONTACT: &[Index] = &[
        index("contact_by_account", Some("account_id")),
        by_creation("contact_by_creation"),
        index("contact_by_update", None),
    ];
    const OPPORTUNITY: &[Index] = &[
        index("opportunity_by_account", Some("account_id")),
        index("opportunity_by_contact", Some("contact_id")),
        index("opportunity_by_owner", Some("owner_id")),
        index("opportunity_by_stage", Some("stage_id")),
        by_creation("opportunity_by_creation"),
        index("opportunity_by_update", None),
    ];
    match object {
        Object::Account => ACCOUNT,
        Object::Contact => CONTACT,
        Object::Opportunity => OPPORTUNITY,
    }
}

/// The way to take.
pub(super) fn choose(query: &Query, org_token: &str) -> Access {
    if names_unique_key(query) || query.sort[0].field.place == Place::Id {
        return Access::Key;
    }
    if let Some(text) = &query.text
        && let Some(word) = indexed_word(text)
    {
        return Access::Text(expression(word, text, org_token));
    }
    let first_sort = &query.sort[0].field.place;
    let is_of_use = |index: &&Index| {
        index.equal.is_none_or(|field| has_one_value(query, field))
            && index
                .only_for
                .as_ref()
                .is_none_or(|place| place == first_sort)
    };
    let all = indexes(query.object);
    let best = all.iter().find(is_of_use);
    Access::Index(best.expect("the last is always of use").name)
}

/// Whether the filters name the record, or a few.
fn names_unique_key(query: &Query) -> bool {
    let unique = match query.object {
        Object::Account => Place::System("domain"),
        Object::Contact => Place::System("email"),
        Object::Opportunity => Place::Id,
    };
    query.filters.iter().any(|filter| {
        let is_key = filter.field.place == Place::Id || filter.field.place == unique;
        is_key && !filter.negated && matches!(filter.condition, Condition::IsOneOf(_))
    })
}

fn has_one_value(query: &Query, field: &'static str) -> bool {
    if field == "stage_id" && query.stage_id.is_some() {
        return true;
    }
    query.filters.iter().any(|filter| {
        let is_it = filter.field.place == Place::System(field) && !filter.negated;
        is_it && matches!(&filter.condition, Condition::IsOneOf(values) if values.len() == 1)
    })
}

/// The longest word, if the index finds words of that length.
fn indexed_word(text: &TextSearch) -> Option<&str> {
    let chars = |word: &&String| word.chars().count();
    let longest = text.words.iter().max_by_key(chars)?;
    (chars(&longest) >= INDEXED_CHARS_MIN).then_some(longest)
}

fn expression(word: &str, text: &TextSearch, org_token: &str) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let body = match &text.digits {
        None => quoted(word),
        Some(digits) => format!("({} OR {})", quoted(word), quoted(digits)),
    };
    format!("org : {} AND body : {body}", quoted(org_token))
}
