//! Lists and searches: what is asked for, checked against the objects' tables and the custom fields.
//!
//! A [`Draft`] is what a caller sent, a [`Query`] is what a database is asked. It knows no SQL: how a field is read from a
//! table is a backend's business, what it means is decided here.

mod cursor;
mod field;
mod filter;
mod member;
mod operand;
mod read;
mod selection;
mod sort;
#[cfg(test)]
mod tests;
mod text_search;

pub use cursor::{Position, Sign};
pub use field::{Field, Fields, Holds, Place};
pub use filter::{Bound, Condition, Filter, FilterDraft, Operator};
pub use operand::{Atom, Input};
pub use read::{Found, index_name, index_values};
pub use selection::Selection;
pub use sort::{Sort, SortDraft, TEXT_KEY_CHARS_MAX};
pub use text_search::{TextSearch, index_text, phone_digits};

use uuid::Uuid;

use crate::command::Reference;
use crate::custom::{FieldDefinition, Scope};
use crate::facts::NotLoaded;
use crate::{Facts, Faults, Needs, Object};

/// Records of one page when nothing else is said.
pub const LIMIT_DEFAULT: usize = 100;
/// Most records of one page.
pub const LIMIT_MAX: usize = 500;
/// Most filters of one search.
pub const FILTERS_MAX: usize = 50;
/// Most sort keys of one search.
pub const SORTS_MAX: usize = 5;
/// Most names in a selection of fields.
pub const FIELDS_MAX: usize = 100;
/// Longest text to search for, in characters.
pub const TEXT_CHARS_MAX: usize = 500;

/// A list or search as it was sent: well formed, but not yet held against the fields there are.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// What is searched.
    pub object: Object,
    /// The pipeline, which opportunities need.
    pub pipeline_id: Option<Uuid>,
    /// A stage of it.
    pub stage_id: Option<Uuid>,
    /// What notes and activities have to be about.
    pub about: Vec<Reference>,
    /// Words that a record has to have.
    pub text: Option<String>,
    /// What else a record has to fulfil.
    pub filters: Vec<FilterDraft>,
    /// The order; the latest first if there is none.
    pub sort: Vec<SortDraft>,
    /// The members to answer with, each with its path; all of them if there is none.
    pub fields: Vec<(String, String)>,
    /// Records of one page.
    pub limit: usize,
    /// Where to go on.
    pub cursor: Option<String>,
}

impl Draft {
    /// All records of an object.
    #[must_use]
    pub const fn of(object: Object) -> Self {
        Self {
            object,
            pipeline_id: None,
            stage_id: None,
            about: vec![],
            text: None,
            filters: vec![],
            sort: vec![],
            fields: vec![],
            limit: LIMIT_DEFAULT,
            cursor: None,
        }
    }

    /// Whose custom fields may be named, if it has any.
    #[must_use]
    pub fn scope(&self) -> Option<Scope> {
        Some(match self.object {
            Object::Account => Scope::Accounts,
            Object::Contact => Scope::Contacts,
            Object::Opportunity => Scope::Opportunities(self.pipeline_id.unwrap_or_default()),
            Object::Note | Object::Activity => return None,
        })
    }

    /// The custom fields that may be named.
    ///
    /// # Errors
    /// [`NotLoaded`] is a bug: the facts are not those that the draft needs.
    pub fn definitions<'a>(&self, facts: &'a Facts) -> Result<Vec<&'a FieldDefinition>, NotLoaded> {
        self.scope().map_or(Ok(vec![]), |scope| facts.fields(scope))
    }

    /// The facts that [`Query::resolve`] asks for.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        needs.fields.extend(self.scope());
        needs.pipelines.extend(self.pipeline_id);
        let addresses = member::addresses(self).map(|(_, email)| email);
        needs.user_emails.extend(addresses);
        let about = self.about.iter();
        needs
            .records
            .extend(about.map(|named| (named.object, named.id)));
        needs
    }
}

/// A list or search that makes sense.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What is searched.
    pub object: Object,
    /// The pipeline, for opportunities.
    pub pipeline_id: Option<Uuid>,
    /// A stage of it.
    pub stage_id: Option<Uuid>,
    /// Words that a record has to have.
    pub text: Option<TextSearch>,
    /// What else a record has to fulfil: all of them.
    pub filters: Vec<Filter>,
    /// The order. Behind the last key come the ids, in its direction.
    pub sort: Vec<Sort>,
    /// The members to answer with.
    pub selection: Selection,
    /// Records of one page.
    pub limit: usize,
    /// The record behind which the page begins.
    pub after: Option<Position>,
}

impl Query {
    /// What the draft asks for, from its first page on.
    ///
    /// # Errors
    /// [`NotLoaded`] is a bug: the facts are not those that the draft needs. [`Faults`] has everything that is wrong.
    pub fn resolve(draft: &Draft, facts: &Facts) -> Result<Result<Self, Faults>, NotLoaded> {
        let fields = Fields::new(draft.object, draft.definitions(facts)?);
        let fields = fields.with_members(member::named(draft, facts)?);
        let mut faults = Faults::default();
        check_pipeline(draft, facts, &mut faults)?;
        let mut filters = filter::resolve(&draft.filters, &fields, &mut faults);
        for named in &draft.about {
            filters.extend(about(named, &fields, facts, &mut faults)?);
        }
        let query = Self {
            object: draft.object,
            pipeline_id: draft.pipeline_id,
            stage_id: draft.stage_id,
            text: text_search::resolve(draft.text.as_deref(), &mut faults),
            filters,
            sort: sort::resolve(&draft.sort, &fields, &mut faults),
            selection: selection::resolve(&draft.fields, &fields, &mut faults),
            limit: draft.limit,
            after: None,
        };
        Ok(faults.or(query))
    }

    /// Whether the order ends with the highest id instead of the lowest.
    #[must_use]
    pub fn ids_descend(&self) -> bool {
        self.sort.last().is_some_and(|sort| sort.descending)
    }
}

/// What is about a record, or about the one that it was merged into.
fn about(
    named: &Reference,
    fields: &Fields,
    facts: &Facts,
    faults: &mut Faults,
) -> Result<Option<Filter>, NotLoaded> {
    let answering = facts.record(named.object, named.id)?;
    let id = answering.map_or(named.id, |record| record.id);
    let field = fields.named(&named.path);
    let field = field.map_err(|message| faults.add(&named.path, message));
    Ok(field.ok().map(|field| Filter {
        field,
        negated: false,
        condition: Condition::IsOneOf(vec![Atom::Id(id)]),
    }))
}

fn check_pipeline(draft: &Draft, facts: &Facts, faults: &mut Faults) -> Result<(), NotLoaded> {
    let Some(id) = draft.pipeline_id else {
        if draft.object == Object::Opportunity {
            faults.add("pipeline_id", "is required");
        }
        return Ok(());
    };
    let Some(pipeline) = facts.pipeline(id)? else {
        faults.add("pipeline_id", format!("names no pipeline: '{id}'"));
        return Ok(());
    };
    if let Some(stage_id) = draft.stage_id
        && !pipeline.stages.iter().any(|stage| stage.id == stage_id)
    {
        faults.add(
            "stage_id",
            format!("names no stage of this pipeline: '{stage_id}'"),
        );
    }
    Ok(())
}
