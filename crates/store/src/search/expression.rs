//! A field of the core as an expression of SQL. The searched table is `r`; what it refers to is `a`, `c`, `s` and `m`.

mod postgres;
mod sqlite;

use lanekeeper_core::Object;
use lanekeeper_core::query::{Atom, Field, Holds, Place, TEXT_KEY_CHARS_MAX};

use super::dialect::{Dialect, ID, Stored};
use super::index::{SORT_NAME, is_name};
use super::{Bind, Search};
use crate::Org;

/// A statement in the making.
#[derive(Debug)]
pub(super) struct Builder {
    pub(super) dialect: Dialect,
    org: Org,
    values: Vec<Bind>,
    joined: Vec<&'static str>,
}

/// What an opportunity refers to.
const ACCOUNT: &str = "left join account a on a.org = r.org and a.id = r.account_id";
const CONTACT: &str = "left join contact c on c.org = r.org and c.id = r.contact_id";
const STAGE: &str = "left join stage s on s.org = r.org and s.id = r.stage_id";
const MEMBER: &str = "left join member m on m.org = r.org and m.id = r.owner_id";

impl Builder {
    pub(super) const fn new(search: Search) -> Self {
        Self {
            dialect: search.dialect,
            org: search.org,
            values: vec![],
            joined: vec![],
        }
    }

    /// The place of a bound value.
    pub(super) fn bind(&mut self, value: impl Into<Bind>) -> String {
        self.values.push(value.into());
        self.dialect.place(self.values.len())
    }

    /// The place of the organisation.
    pub(super) fn bind_org(&mut self) -> String {
        self.bind(self.dialect.org(self.org))
    }

    /// The place of a bound value that is compared with a column.
    pub(super) fn bind_stored(&mut self, atom: &Atom, stored: Stored) -> String {
        self.bind(self.dialect.stored(atom, stored))
    }

    /// That a value is one of these, of which there is one at least.
    pub(super) fn is_one_of(&mut self, value: &str, atoms: &[Atom], stored: Stored) -> String {
        let dialect = self.dialect;
        let mut binds = atoms.iter().map(|atom| dialect.stored(atom, stored));
        match (atoms, dialect) {
            ([one], _) => format!("{value} = {}", self.bind_stored(one, stored)),
            (_, Dialect::Sqlite) => {
                let places: Vec<String> = binds.map(|bind| self.bind(bind)).collect();
                format!("{value} in ({})", places.join(", "))
            }
            (_, Dialect::Postgres) => {
                let list = Bind::List(binds.by_ref().collect());
                format!("{value} = any({})", self.bind(list))
            }
        }
    }

    /// The place of the value that is bound next.
    pub(super) fn next_place(&self) -> String {
        self.dialect.place(self.values.len() + 1)
    }

    /// Joins a table, once.
    pub(super) fn join(&mut self, join: &'static str) {
        if !self.joined.contains(&join) {
            self.joined.push(join);
        }
    }

    /// The joins so far.
    pub(super) fn joins(&self) -> String {
        self.joined.join(" ")
    }

    /// The values so far, in the order of their places.
    pub(super) fn into_values(self) -> Vec<Bind> {
        self.values
    }

    /// The value of a field as it is stored; of a list, its JSON.
    fn stored(&mut self, object: Object, place: &Place) -> String {
        match place {
            Place::Id => ID.to_owned(),
            Place::CreatedAt => "r.created_at".to_owned(),
            Place::UpdatedAt => "r.updated_at".to_owned(),
            Place::System(name) => format!("r.{name}"),
            Place::Custom(slug) => match self.dialect {
                Dialect::Sqlite => sqlite::custom(slug, self),
                Dialect::Postgres => postgres::custom(slug, self),
            },
            Place::ContactName => {
                let table = self.contact(object);
                match self.dialect {
                    Dialect::Sqlite => sqlite::contact_name(table),
                    Dialect::Postgres => postgres::contact_name(table),
                }
            }
            Place::ContactEmail => self.joined(CONTACT, "c.email"),
            Place::StageName => self.joined(STAGE, "nullif(s.label, '')"),
            Place::AccountName => self.joined(ACCOUNT, "nullif(a.name, '')"),
            Place::AccountDomain => self.joined(ACCOUNT, "a.domain"),
            Place::OwnerEmail => self.joined(MEMBER, "m.email"),
        }
    }

    /// The table of the contact whose name is meant.
    fn contact(&mut self, object: Object) -> &'static str {
        if object == Object::Contact {
            return "r";
        }
        self.join(CONTACT);
        "c"
    }

    fn joined(&mut self, join: &'static str, column: &str) -> String {
        self.join(join);
        column.to_owned()
    }

    /// The single value of a field as it compares.
    pub(super) fn value(&mut self, object: Object, field: &Field) -> String {
        match (field.holds, self.dialect) {
            (Holds::Seconds, _) => format!("{} * 1000000", self.stored(object, &field.place)),
            (_, Dialect::Sqlite) => sqlite::value(object, field, self),
            (_, Dialect::Postgres) => postgres::value(object, field, self),
        }
    }

    /// What a record is sorted by, as it is stored.
    pub(super) fn sort_key(&mut self, object: Object, field: &Field) -> String {
        if self.dialect == Dialect::Postgres && is_name(object, &field.place) {
            return format!("r.{SORT_NAME}");
        }
        let is_short = matches!(field.place, Place::System("domain" | "email"));
        if is_short || field.holds == Holds::Seconds {
            return self.stored(object, &field.place);
        }
        let value = self.value(object, field);
        match field.holds {
            Holds::Text | Holds::Lower | Holds::Exact => {
                format!("substr({value}, 1, {TEXT_KEY_CHARS_MAX})")
            }
            _ => value,
        }
    }

    /// Whether a field has a value.
    pub(super) fn has_value(&mut self, object: Object, field: &Field) -> String {
        match field.holds {
            Holds::Ids => format!("exists (select 1 from {})", self.entries(field).0),
            _ => format!("{} is not null", self.stored(object, &field.place)),
        }
    }

    /// The entries of a list: where they are from, and each as it compares.
    pub(super) fn entries(&mut self, field: &Field) -> (String, &'static str) {
        match (&field.place, self.dialect) {
            (Place::System(ADDITIONAL_CONTACTS), _) => (LINKS.to_owned(), "entry.contact_id"),
            (_, Dialect::Sqlite) => sqlite::entries(field, self),
            (_, Dialect::Postgres) => postgres::entries(field, self),
        }
    }
}

/// The additional contacts of an opportunity, which have a table of their own.
pub(super) const ADDITIONAL_CONTACTS: &str = "additional_contact_ids";
const LINKS: &str =
    "opportunity_contact entry where entry.org = r.org and entry.opportunity_id = r.id";
