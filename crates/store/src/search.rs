//! Lists and searches: a query of the core as SQL of both databases. What is searched and by which way is said once; a
//! [`Dialect`] has what the databases write differently. Nothing is read here: that is for the backends.

mod access;
mod bind;
mod choice;
mod condition;
mod dialect;
mod expression;
mod index;
mod order;
mod range;
mod referred;
mod render;
mod source;
mod text;

pub(crate) use bind::Bind;
pub(crate) use choice::{Choice, Way};
pub(crate) use dialect::Dialect;
pub(crate) use order::Edge;
pub(crate) use render::Statement;

use std::time::Duration;

use lanekeeper_core::custom::FieldDefinition;
use lanekeeper_core::query::{Draft, Found, Query, Selection, Sign};
use lanekeeper_core::{Facts, Faults};

use crate::{Org, ReadError};

/// How long a search may look for its records.
pub(crate) const TIME_MAX: Duration = Duration::from_secs(2);
/// A page ends early when its records are larger than this together.
const PAGE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Records that are read at once: a page whose records are large ends before all of them are read.
pub(crate) const RECORDS_AT_ONCE: usize = 100;

/// The records of a page as they are read, until they are too large together.
#[derive(Default)]
pub(crate) struct Filling {
    pub(crate) records: Vec<Found>,
    bytes: usize,
}

impl Filling {
    /// Takes records as long as there is room. Whether it took all.
    pub(crate) fn take(&mut self, records: Vec<Found>) -> bool {
        for record in records {
            if self.bytes > PAGE_BYTES_MAX {
                return false;
            }
            self.bytes += record.record().bytes();
            self.records.push(record);
        }
        true
    }
}

/// A page of a list or search.
#[derive(Clone, Debug)]
pub struct SearchPage {
    /// The records, in order.
    pub found: Vec<Found>,
    /// Where to go on; none on the last page.
    pub next_cursor: Option<String>,
    /// The most records that a page has.
    pub limit: usize,
    /// The members to answer with.
    pub selection: Selection,
    /// The custom fields that the records may have.
    pub definitions: Vec<FieldDefinition>,
}

/// A query as it is put to a database.
#[derive(Clone, Copy)]
pub(crate) struct Search<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) org: Org,
    pub(crate) query: &'a Query,
}

impl SearchPage {
    /// What was found, with what belongs to its answer.
    pub(crate) fn new(
        search: Search,
        (found, has_more): (Vec<Found>, bool),
        definitions: Vec<&FieldDefinition>,
        sign: Sign,
    ) -> Self {
        let (query, org) = (search.query, search.org);
        let last = found.last().filter(|_| has_more);
        Self {
            next_cursor: last.map(|last| query.cursor_behind(last, org.id(), sign)),
            found,
            limit: query.limit,
            selection: query.selection.clone(),
            definitions: definitions.into_iter().cloned().collect(),
        }
    }
}

/// What the draft asks for, from its cursor on.
pub(crate) fn resolve(
    draft: &Draft,
    facts: &Facts,
    org: Org,
    sign: Sign,
) -> Result<Result<Query, Faults>, ReadError> {
    let query = Query::resolve(draft, facts)?;
    Ok(query.and_then(|query| match &draft.cursor {
        Some(cursor) => query.from_cursor(cursor, org.id(), sign),
        None => Ok(query),
    }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lanekeeper_core::value::{CustomValues, Values};
    use lanekeeper_core::{Object, Record, Timestamp, Value};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_page_of_large_records_ends_early() {
        let content = Value::Text("a".repeat(PAGE_BYTES_MAX / 2 + 1));
        let note = Found::Record(Arc::new(Record {
            object: Object::Note,
            id: Uuid::nil(),
            created_at: Timestamp::from_micros(0),
            updated_at: Timestamp::from_micros(0),
            deleted_at: None,
            merged_into: None,
            values: Values::from([("content", content)]),
            custom: CustomValues::new(),
        }));
        let mut page = Filling::default();
        assert!(page.take(vec![note.clone()]));
        assert!(!page.take(vec![note.clone(), note.clone()]));
        assert!(!page.take(vec![note]));
        assert_eq!(page.records.len(), 2);
    }
}
