//! By which way a search comes to its rows.
//!
//! SQLite without statistics takes the index of the sort and walks it, however rare what it looks for. So the way is chosen
//! here: straight to the rows of a filter if they are few, which is counted; else along an index in the order that was asked
//! for, until there are rows enough. What walks in order soon finds what is not rare.

use lanekeeper_core::Object;
use lanekeeper_core::query::{Atom, Condition, Field, Filter, Holds, Place, Query, TextSearch};
use uuid::Uuid;

use super::expression::ADDITIONAL_CONTACTS;
use super::range::Range;
use crate::ReadError;

/// Fewest characters that the index of texts finds.
const INDEXED_CHARS_MIN: usize = 3;

/// Rows that are so few that all of them may be read and sorted. Tests have few rows, and want to go every way.
const FEW_MAX: i64 = if cfg!(test) { 4 } else { 10_000 };

/// A way to the rows.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Access {
    /// From the index of texts: every row with what this expression of FTS5 says.
    Text(String),
    /// Along an index of the table, within a range of its column.
    Index(&'static Index, Option<Range>),
    /// Along a table of values, within a range of them.
    Values(Values, Range),
    /// By a unique key, which SQLite sees by itself.
    Key,
}

/// A table of values with the rows that have them.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values {
    /// Those of a custom field.
    Custom { slug: String, holds: Holds },
    /// The names of accounts or contacts.
    Name,
    /// What notes or activities are about: the timelines.
    Links,
    /// The additional contacts of opportunities.
    AdditionalContacts,
}

impl Values {
    /// The values of a field, if there is a table for them.
    fn of(object: Object, field: &Field) -> Option<Self> {
        match (&field.place, object) {
            (Place::Custom(slug), _) => Some(Self::Custom {
                slug: slug.clone(),
                holds: field.holds,
            }),
            (Place::System("name"), Object::Account) | (Place::ContactName, Object::Contact) => {
                Some(Self::Name)
            }
            (_, Object::Note | Object::Activity) if field.holds == Holds::Ids => Some(Self::Links),
            (Place::System(ADDITIONAL_CONTACTS), _) => Some(Self::AdditionalContacts),
            _ => None,
        }
    }

    pub(super) const fn holds(&self) -> Holds {
        match self {
            Self::Custom { holds, .. } => *holds,
            Self::Name => Holds::Text,
            Self::Links | Self::AdditionalContacts => Holds::Ids,
        }
    }

    /// Whether the order begins with these.
    pub(super) fn are_first(&self, query: &Query) -> bool {
        let field = &query.sort[0].field;
        field.holds.is_ordered() && Self::of(query.object, field).as_ref() == Some(self)
    }
}

/// An index of an object's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Index {
    pub(super) name: &'static str,
    /// The column behind organisation and pipeline.
    pub(super) column: &'static str,
    /// What that holds.
    pub(super) holds: Holds,
    /// Whether the pipeline comes before it.
    pub(super) in_pipeline: bool,
    /// Whether the rows of one value are in the order of their updates.
    by_update: bool,
}

impl Index {
    const fn new(name: &'static str, column: &'static str, holds: Holds) -> Self {
        Self {
            name,
            column,
            holds,
            in_pipeline: false,
            by_update: false,
        }
    }

    const fn in_pipeline(mut self) -> Self {
        self.in_pipeline = true;
        self
    }

    const fn then_by_update(mut self) -> Self {
        self.by_update = true;
        self
    }

    /// The index that has a field's values in order.
    fn of(object: Object, place: &Place) -> Option<&'static Self> {
        let column = match place {
            Place::Id => "id",
            Place::CreatedAt => "created_at",
            Place::UpdatedAt => "updated_at",
            Place::System(name) => name,
            _ => return None,
        };
        let mut indexes = indexes(object).iter();
        indexes.find(|index| index.column == column)
    }
}

/// The indexes of an object.
const fn indexes(object: Object) -> &'static [Index] {
    const ACCOUNT: &[Index] = &[
        Index::new("account_by_domain", "domain", Holds::Lower),
        Index::new("account_by_creation", "created_at", Holds::Time),
        Index::new("account_by_update", "updated_at", Holds::Time),
        Index::new("sqlite_autoindex_account_1", "id", Holds::Id),
    ];
    const CONTACT: &[Index] = &[
        Index::new("contact_by_email", "email", Holds::Lower),
        Index::new("contact_by_account", "account_id", Holds::Id).then_by_update(),
        Index::new("contact_by_creation", "created_at", Holds::Time),
        Index::new("contact_by_update", "updated_at", Holds::Time),
        Index::new("sqlite_autoindex_contact_1", "id", Holds::Id),
    ];
    const OPPORTUNITY: &[Index] = &[
        Index::new("opportunity_by_account", "account_id", Holds::Id).then_by_update(),
        Index::new("opportunity_by_contact", "contact_id", Holds::Id).then_by_update(),
        of_pipeline("opportunity_by_owner", "owner_id", Holds::Id).then_by_update(),
        of_pipeline("opportunity_by_stage", "stage_id", Holds::Id).then_by_update(),
        of_pipeline("opportunity_by_deal_size", "deal_size", Holds::Number),
        of_pipeline("opportunity_by_close_date", "close_date", Holds::Seconds),
        of_pipeline(
            "opportunity_by_next_action",
            "next_action_date",
            Holds::Seconds,
        ),
        of_pipeline("opportunity_by_creation", "created_at", Holds::Time),
        of_pipeline("opportunity_by_update", "updated_at", Holds::Time),
        Index::new("sqlite_autoindex_opportunity_1", "id", Holds::Id),
    ];
    const NOTE: &[Index] = &[
        Index::new("note_by_creation", "created_at", Holds::Time),
        Index::new("note_by_update", "updated_at", Holds::Time),
        Index::new("sqlite_autoindex_note_1", "id", Holds::Id),
    ];
    const ACTIVITY: &[Index] = &[
        Index::new("activity_by_creation", "created_at", Holds::Time),
        Index::new("activity_by_update", "updated_at", Holds::Time),
        Index::new("sqlite_autoindex_activity_1", "id", Holds::Id),
    ];
    match object {
        Object::Account => ACCOUNT,
        Object::Contact => CONTACT,
        Object::Opportunity => OPPORTUNITY,
        Object::Note => NOTE,
        Object::Activity => ACTIVITY,
    }
}

const fn of_pipeline(name: &'static str, column: &'static str, holds: Holds) -> Index {
    Index::new(name, column, holds).in_pipeline()
}

/// The way to take, one to what is `referred` to among them. `count` tells how many rows there are by a way, up to a limit.
pub(super) fn choose(
    query: &Query,
    org_token: &str,
    referred: Vec<Access>,
    mut count: impl FnMut(&Access, i64) -> Result<i64, ReadError>,
) -> Result<Access, ReadError> {
    if names_unique_key(query) {
        return Ok(Access::Key);
    }
    let mut ways = ways(query, org_token);
    ways.extend(referred);
    let in_order = ways.iter().find(|way| way.is_in_order(query));
    if let (Some(way), 1) = (in_order, ways.len()) {
        return Ok(way.clone());
    }
    let (mut fewest, mut best) = (FEW_MAX, None);
    for way in &ways {
        let rows = count(way, fewest)?;
        if rows < fewest {
            (fewest, best) = (rows, Some(way));
        }
    }
    let walk = || along_sort(query);
    let way = best.or(in_order).cloned().or_else(walk);
    // Nothing but reading all of it is left for an order that no index has.
    let way = way.or_else(|| ways.into_iter().next());
    Ok(way.unwrap_or_else(|| whole(query.object)))
}

/// Straight to the rows of each filter that an index knows.
fn ways(query: &Query, org_token: &str) -> Vec<Access> {
    let texts = query.text.iter().flat_map(|text| {
        let words = text.words.iter().filter(|word| is_indexed(word));
        words.map(|word| Access::Text(expression(word, text, org_token)))
    });
    let stage = query.stage_id.and_then(|id| {
        let index = Index::of(query.object, &Place::System("stage_id"))?;
        let stages = Range::OneOf(vec![Atom::Id(id)]);
        Some(Access::Index(index, Some(stages)))
    });
    let filters = query.filters.iter();
    let filters = filters.filter_map(|filter| way(filter, query.object));
    texts.chain(stage).chain(filters).collect()
}

fn way(filter: &Filter, object: Object) -> Option<Access> {
    let range = Range::of(filter)?;
    if let Some(values) = Values::of(object, &filter.field) {
        return Some(Access::Values(values, range));
    }
    let index = Index::of(object, &filter.field.place)?;
    Some(Access::Index(index, Some(range)))
}

impl Access {
    /// To the opportunities that refer to one of these by that column.
    pub(super) fn by_reference(column: &'static str, ids: Vec<Uuid>) -> Self {
        let index = Index::of(Object::Opportunity, &Place::System(column));
        let ids = ids.into_iter().map(Atom::Id).collect();
        Self::Index(
            index.expect("every reference has an index"),
            Some(Range::OneOf(ids)),
        )
    }

    /// Whether its rows come in the order that was asked for, as far as the first sort key goes.
    pub(super) fn is_in_order(&self, query: &Query) -> bool {
        let place = &query.sort[0].field.place;
        match self {
            Self::Index(index, range) => {
                let one_value = range.as_ref().is_some_and(Range::is_one_value);
                let by_update = index.by_update && one_value && *place == Place::UpdatedAt;
                by_update || Index::of(query.object, place) == Some(index)
            }
            Self::Values(values, range) => {
                let within_value = match values {
                    Values::Custom { .. } => *place == Place::UpdatedAt,
                    Values::Links => *place == Place::CreatedAt,
                    Values::Name | Values::AdditionalContacts => false,
                };
                values.are_first(query) || within_value && range.is_one_value()
            }
            Self::Text(_) | Self::Key => false,
        }
    }
}

/// Along what the order begins with, within what is asked of that.
fn along_sort(query: &Query) -> Option<Access> {
    let field = &query.sort[0].field;
    let filters = query.filters.iter();
    let mut filters = filters.filter(|filter| filter.field.place == field.place);
    let range = filters.find_map(Range::of);
    if let Some(values) = Values::of(query.object, field)
        && field.holds.is_ordered()
    {
        let all = Range::Between(None, None);
        return Some(Access::Values(values, range.unwrap_or(all)));
    }
    let index = Index::of(query.object, &field.place)?;
    Some(Access::Index(index, range))
}

/// All rows, in the order of their ids.
pub(super) fn whole(object: Object) -> Access {
    let index = Index::of(object, &Place::Id).expect("every table has ids");
    Access::Index(index, None)
}

/// Whether the filters name the record, or a few.
fn names_unique_key(query: &Query) -> bool {
    let unique = match query.object {
        Object::Account => Place::System("domain"),
        Object::Contact => Place::System("email"),
        Object::Opportunity | Object::Note | Object::Activity => Place::Id,
    };
    query.filters.iter().any(|filter| {
        let is_key = filter.field.place == Place::Id || filter.field.place == unique;
        is_key && !filter.negated && matches!(filter.condition, Condition::IsOneOf(_))
    })
}

/// Whether the index of texts finds words of that length.
fn is_indexed(word: &str) -> bool {
    word.chars().count() >= INDEXED_CHARS_MIN
}

fn expression(word: &str, text: &TextSearch, org_token: &str) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let body = match &text.digits {
        None => quoted(word),
        Some(digits) => format!("({} OR {})", quoted(word), quoted(digits)),
    };
    format!("org : {} AND body : {body}", quoted(org_token))
}
