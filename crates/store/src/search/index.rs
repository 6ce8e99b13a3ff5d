//! The indexes of the objects' tables. Both databases have the same, but for what the names are in.

use lanekeeper_core::Object;
use lanekeeper_core::query::{Holds, Place};

use super::Dialect;

/// An index of an object's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Index {
    pub(super) name: &'static str,
    /// The column behind organisation and pipeline.
    pub(super) column: &'static str,
    /// What that holds.
    pub(super) holds: Holds,
    /// Whether the pipeline comes before it.
    pub(super) in_pipeline: bool,
    /// Whether the rows of one value are in the order of their updates.
    pub(super) by_update: bool,
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
    pub(super) fn of(dialect: Dialect, object: Object, place: &Place) -> Option<&'static Self> {
        let column = match place {
            Place::Id => "id",
            Place::CreatedAt => "created_at",
            Place::UpdatedAt => "updated_at",
            _ if is_name(object, place) => return by_name(dialect, object),
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

/// Whether it is what an account or a contact is called, of which there is an index as far as it is sorted by.
pub(super) fn is_name(object: Object, place: &Place) -> bool {
    matches!(
        (place, object),
        (Place::System("name"), Object::Account) | (Place::ContactName, Object::Contact)
    )
}

/// The index of the names: in SQLite, they have a table.
fn by_name(dialect: Dialect, object: Object) -> Option<&'static Index> {
    const ACCOUNT: Index = Index::new("account_by_name", SORT_NAME, Holds::Text);
    const CONTACT: Index = Index::new("contact_by_name", SORT_NAME, Holds::Text);
    match (dialect, object) {
        (Dialect::Postgres, Object::Account) => Some(&ACCOUNT),
        (Dialect::Postgres, Object::Contact) => Some(&CONTACT),
        _ => None,
    }
}

/// The column that PostgreSQL has the names in.
pub(super) const SORT_NAME: &str = "sort_name";
