//! What a search answers.

use lanekeeper_core::custom::FieldDefinition;
use lanekeeper_core::query::{Found, Selection};

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
