//! The order of an answer.

use super::operand::Atom;
use super::{Field, Fields, Found, Holds, Place, SORTS_MAX};
use crate::text::quote;
use crate::{Faults, Object};

/// By how many characters texts are sorted; those that are alike so far are sorted by what comes next. It keeps cursors
/// short, which carry the texts.
pub const TEXT_KEY_CHARS_MAX: usize = 100;

/// A sort key as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortDraft {
    /// Where it stands, such as `sort.0`.
    pub path: String,
    /// The field's name.
    pub field: String,
    /// `asc` or `desc`; none is `asc`.
    pub direction: Option<String>,
}

/// A sort key: records without a value come last in both directions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// What is compared.
    pub field: Field,
    /// Whether the highest comes first.
    pub descending: bool,
}

impl Atom {
    /// As far as it is sorted by: of a text, its beginning.
    #[must_use]
    pub fn into_key(self) -> Self {
        match self {
            Self::Text(text) => Self::Text(text.chars().take(TEXT_KEY_CHARS_MAX).collect()),
            other => other,
        }
    }
}

impl Sort {
    /// What a record is sorted by.
    #[must_use]
    pub fn key(&self, found: &Found) -> Option<Atom> {
        let value = self.field.values(found).into_iter().next()?;
        Some(match self.field.place {
            // Short enough as they are, and so their unique index has the order.
            Place::System("domain" | "email") => value,
            _ => value.into_key(),
        })
    }
}

/// The system fields that records are sorted by.
const fn sortable(object: Object) -> &'static [&'static str] {
    match object {
        Object::Account => &["updated_at", "created_at", "name", "domain", "id"],
        Object::Contact => &[
            "updated_at",
            "created_at",
            "name",
            "first_name",
            "last_name",
            "email",
            "account_id",
            "id",
        ],
        Object::Opportunity => &[
            "updated_at",
            "created_at",
            "name",
            "id",
            "deal_size",
            "close_date",
            "next_action_date",
            "stage_id",
            "owner_id",
        ],
        Object::Note => &["created_at", "updated_at", "title", "id"],
        Object::Activity => &["created_at", "updated_at", "title", "activity_type", "id"],
    }
}

/// The order that was asked for, as far as it makes sense; else the latest first.
pub(super) fn resolve(drafts: &[SortDraft], fields: &Fields, faults: &mut Faults) -> Vec<Sort> {
    if drafts.len() > SORTS_MAX {
        let len = drafts.len();
        faults.add(
            "sort",
            format!("has {len} entries; at most {SORTS_MAX} are allowed"),
        );
        return vec![];
    }
    let mut sorts: Vec<Sort> = vec![];
    for draft in drafts {
        let Some(sort) = one(draft, fields, faults) else {
            continue;
        };
        if sorts
            .iter()
            .any(|other| other.field.place == sort.field.place)
        {
            faults.add(&draft.path, "names a field twice");
            continue;
        }
        sorts.push(sort);
    }
    if drafts.is_empty() {
        sorts.push(latest_first(fields.object()));
    }
    sorts
}

/// What changed last comes first; on a timeline, what happened last.
fn latest_first(object: Object) -> Sort {
    let (name, place) = match object.is_on_timelines() {
        true => ("created_at", Place::CreatedAt),
        false => ("updated_at", Place::UpdatedAt),
    };
    Sort {
        field: Field {
            name: name.to_owned(),
            place,
            holds: Holds::Time,
            options: vec![],
        },
        descending: true,
    }
}

fn one(draft: &SortDraft, fields: &Fields, faults: &mut Faults) -> Option<Sort> {
    let descending = match draft.direction.as_deref() {
        None => Some(false),
        Some(text) if text.eq_ignore_ascii_case("asc") => Some(false),
        Some(text) if text.eq_ignore_ascii_case("desc") => Some(true),
        Some(other) => {
            let message = format!("has the direction {}; send asc or desc", quote(other));
            faults.add(&draft.path, message);
            None
        }
    };
    let field = field(&draft.field, fields);
    let field = field.map_err(|message| faults.add(&draft.path, message));
    Some(Sort {
        field: field.ok()?,
        descending: descending?,
    })
}

fn field(name: &str, fields: &Fields) -> Result<Field, String> {
    let allowed = sortable(fields.object());
    let field = fields.named(name)?;
    let is_sortable = match field.place {
        Place::Custom(_) => field.holds.is_ordered(),
        _ => allowed.contains(&fields.real_name(name)),
    };
    if is_sortable {
        return Ok(field);
    }
    Err(format!(
        "names a field that nothing is sorted by: {}; send one of {}, or a custom field with one value",
        quote(name),
        allowed.join(", ")
    ))
}
