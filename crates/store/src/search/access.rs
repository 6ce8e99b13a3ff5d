//! The ways by which a search may come to its rows.

use lanekeeper_core::Object;
use lanekeeper_core::query::{Atom, Condition, Field, Filter, Holds, Place, TextSearch};
use uuid::Uuid;

use super::dialect::{Dialect, Stored};
use super::expression::ADDITIONAL_CONTACTS;
use super::index::{self, Index};
use super::range::Range;
use super::{Search, text};

/// A way to the rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Access {
    /// From the index of texts: every row with these words, or with the digits in its telephone number.
    Text {
        words: Vec<String>,
        digits: Option<String>,
    },
    /// Along an index of the table, within a range of its column.
    Index(&'static Index, Option<Range>),
    /// Along a table of values, within a range of them.
    Values(Values, Range),
    /// By a unique key, which the database sees by itself.
    Key,
}

/// A table of values with the rows that have them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values {
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
    pub(super) fn of(dialect: Dialect, object: Object, field: &Field) -> Option<Self> {
        match (&field.place, object) {
            (Place::Custom(slug), _) => Some(Self::Custom {
                slug: slug.clone(),
                holds: field.holds,
            }),
            (place, _) if index::is_name(object, place) => {
                (dialect == Dialect::Sqlite).then_some(Self::Name)
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

    /// How the values are stored: PostgreSQL has those of all custom fields in one column.
    pub(super) fn stored(&self, dialect: Dialect) -> Stored {
        match (self, dialect) {
            (Self::Custom { .. }, Dialect::Postgres) => Stored::Bytes,
            _ => Stored::of(self.holds()),
        }
    }

    /// Whether the order begins with these.
    pub(super) fn are_first(&self, search: Search) -> bool {
        let field = &search.query.sort[0].field;
        let first = Self::of(search.dialect, search.query.object, field);
        field.holds.is_ordered() && first.as_ref() == Some(self)
    }
}

impl Access {
    /// To the opportunities that refer to one of these by that column.
    pub(super) fn by_reference(dialect: Dialect, column: &'static str, ids: Vec<Uuid>) -> Self {
        let index = Index::of(dialect, Object::Opportunity, &Place::System(column));
        let ids = ids.into_iter().map(Atom::Id).collect();
        Self::Index(
            index.expect("every reference has an index"),
            Some(Range::OneOf(ids)),
        )
    }

    /// Whether its rows come in the order that was asked for, as far as the first sort key goes.
    pub(super) fn is_in_order(&self, search: Search) -> bool {
        let place = &search.query.sort[0].field.place;
        match self {
            Self::Index(index, range) => {
                let one_value = range.as_ref().is_some_and(Range::is_one_value);
                let by_update = index.by_update && one_value && *place == Place::UpdatedAt;
                let of_sort = Index::of(search.dialect, search.query.object, place);
                by_update || of_sort == Some(index)
            }
            Self::Values(values, range) => {
                let within_value = match values {
                    Values::Custom { .. } => *place == Place::UpdatedAt,
                    Values::Links => *place == Place::CreatedAt,
                    Values::Name | Values::AdditionalContacts => false,
                };
                values.are_first(search) || within_value && range.is_one_value()
            }
            Self::Text { .. } | Self::Key => false,
        }
    }
}

impl Search<'_> {
    /// Straight to the rows of each filter that an index knows.
    pub(super) fn ways(self) -> Vec<Access> {
        let query = self.query;
        let texts = query.text.iter();
        let texts = texts.flat_map(|search| by_words(search, self.dialect));
        let stage = query.stage_id.and_then(|id| {
            let index = Index::of(self.dialect, query.object, &Place::System("stage_id"))?;
            let stages = Range::OneOf(vec![Atom::Id(id)]);
            Some(Access::Index(index, Some(stages)))
        });
        let filters = query.filters.iter();
        let filters = filters.filter_map(|filter| self.way(filter));
        texts.chain(stage).chain(filters).collect()
    }

    fn way(self, filter: &Filter) -> Option<Access> {
        let range = Range::of(filter)?;
        let (dialect, object) = (self.dialect, self.query.object);
        if let Some(values) = Values::of(dialect, object, &filter.field) {
            return Some(Access::Values(values, range));
        }
        let index = Index::of(dialect, object, &filter.field.place)?;
        Some(Access::Index(index, Some(range)))
    }

    /// Along what the order begins with, within what is asked of that.
    pub(super) fn along_sort(self) -> Option<Access> {
        let (dialect, query) = (self.dialect, self.query);
        let field = &query.sort[0].field;
        let filters = query.filters.iter();
        let mut filters = filters.filter(|filter| filter.field.place == field.place);
        let range = filters.find_map(Range::of);
        if let Some(values) = Values::of(dialect, query.object, field)
            && field.holds.is_ordered()
        {
            let all = Range::Between(None, None);
            return Some(Access::Values(values, range.unwrap_or(all)));
        }
        let index = Index::of(dialect, query.object, &field.place)?;
        Some(Access::Index(index, range))
    }

    /// All rows, in the order of their ids.
    pub(super) fn whole(self) -> Access {
        let index = Index::of(self.dialect, self.query.object, &Place::Id);
        Access::Index(index.expect("every table has ids"), None)
    }

    /// Whether the filters name the record, or a few.
    pub(super) fn names_unique_key(self) -> bool {
        let unique = match self.query.object {
            Object::Account => Place::System("domain"),
            Object::Contact => Place::System("email"),
            Object::Opportunity | Object::Note | Object::Activity => Place::Id,
        };
        self.query.filters.iter().any(|filter| {
            let is_key = filter.field.place == Place::Id || filter.field.place == unique;
            is_key && !filter.negated && matches!(filter.condition, Condition::IsOneOf(_))
        })
    }
}

/// By the words that the index of texts finds: in SQLite together, in PostgreSQL, where each may be in another record's texts,
/// one by one.
fn by_words(search: &TextSearch, dialect: Dialect) -> Vec<Access> {
    let words = search.words.iter().filter(|word| text::is_indexed(word));
    let words: Vec<String> = words.cloned().collect();
    let at_once = match dialect {
        Dialect::Sqlite => words.len().max(1),
        Dialect::Postgres => 1,
    };
    let ways = words.chunks(at_once).map(|words| Access::Text {
        words: words.to_vec(),
        digits: search.digits.clone(),
    });
    ways.collect()
}
