//! A field of the core as an expression of SQL. The searched table is `r`; what it refers to is `a`, `c`, `s` and `m`.

use lanekeeper_core::Object;
use lanekeeper_core::query::{Atom, Field, Holds, Place, TEXT_KEY_CHARS_MAX};
use rusqlite::types::Value as Sql;

use crate::sqlite::columns::atom_sql;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// A statement in the making.
#[derive(Debug, Default)]
pub(super) struct Builder {
    values: Vec<Sql>,
    joined: Vec<&'static str>,
}

/// What an opportunity refers to.
const ACCOUNT: &str = "left join account a on a.org = r.org and a.id = r.account_id";
const CONTACT: &str = "left join contact c on c.org = r.org and c.id = r.contact_id";
const STAGE: &str = "left join stage s on s.org = r.org and s.id = r.stage_id";
const MEMBER: &str = "left join member m on m.org = r.org and m.id = r.owner_id";

impl Builder {
    /// The place of a bound value.
    pub(super) fn bind(&mut self, value: impl Into<Sql>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    pub(super) fn bind_atom(&mut self, atom: &Atom) -> String {
        self.bind(atom_sql(atom))
    }

    /// The place of a bound value that is compared with a column, as the column has it: of a moment, the second in which it
    /// is. Whole seconds are below a moment exactly when they are at or below its second.
    pub(super) fn bind_stored(&mut self, atom: &Atom, holds: Holds) -> String {
        match (holds, atom) {
            (Holds::Seconds, Atom::Whole(micros)) => {
                self.bind(micros.div_euclid(MICROS_PER_SECOND))
            }
            _ => self.bind_atom(atom),
        }
    }

    /// The place of the value that is bound next.
    pub(super) fn next_place(&self) -> String {
        format!("?{}", self.values.len() + 1)
    }

    /// Joins a table, once.
    fn join(&mut self, join: &'static str) {
        if !self.joined.contains(&join) {
            self.joined.push(join);
        }
    }

    /// The joins so far.
    pub(super) fn joins(&self) -> String {
        self.joined.join(" ")
    }

    /// The values so far, in the order of their places.
    pub(super) fn into_values(self) -> Vec<Sql> {
        self.values
    }

    /// The value of a field as it is stored; of a list, its JSON.
    fn stored(&mut self, object: Object, place: &Place) -> String {
        let mut of = |join, column: &str| {
            self.join(join);
            column.to_owned()
        };
        match place {
            Place::Id => "r.id".to_owned(),
            Place::CreatedAt => "r.created_at".to_owned(),
            Place::UpdatedAt => "r.updated_at".to_owned(),
            Place::System(name) => format!("r.{name}"),
            Place::Custom(slug) => {
                let path = self.bind(format!("$.{slug}"));
                format!("json_extract(r.custom, {path})")
            }
            Place::ContactName if object == Object::Contact => contact_name("r"),
            Place::ContactName => of(CONTACT, &contact_name("c")),
            Place::ContactEmail => of(CONTACT, "c.email"),
            Place::StageName => of(STAGE, "nullif(s.label, '')"),
            Place::AccountName => of(ACCOUNT, "nullif(a.name, '')"),
            Place::AccountDomain => of(ACCOUNT, "a.domain"),
            Place::OwnerEmail => of(MEMBER, "m.email"),
        }
    }

    /// The single value of a field as it compares.
    pub(super) fn value(&mut self, object: Object, field: &Field) -> String {
        let stored = self.stored(object, &field.place);
        match field.holds {
            Holds::Text => format!("fold({stored})"),
            Holds::Seconds => format!("{stored} * 1000000"),
            _ => stored,
        }
    }

    /// What a record is sorted by, as it is stored.
    pub(super) fn sort_key(&mut self, object: Object, field: &Field) -> String {
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
        match (&field.place, field.holds) {
            (Place::System(ADDITIONAL_CONTACTS), _) => (LINKS.to_owned(), "entry.contact_id"),
            (Place::System(name), Holds::Ids) => (
                format!("json_each(r.{name}) entry where true"),
                "unhex(entry.value, '-')",
            ),
            (Place::Custom(slug), holds) => {
                let path = self.bind(format!("$.{slug}"));
                let from = format!("json_each(r.custom, {path}) entry where true");
                let entry = match holds {
                    Holds::Choices | Holds::Days => "entry.value",
                    _ => "fold(entry.value)",
                };
                (from, entry)
            }
            (place, _) => {
                let stored = self.stored(Object::Account, place);
                (
                    format!("json_each({stored}) entry where true"),
                    "fold(entry.value)",
                )
            }
        }
    }

    /// The texts that words are looked for in, folded.
    pub(super) fn texts(&mut self, object: Object) -> String {
        let parts: &[&str] = match object {
            Object::Account => &["r.name", "r.domain"],
            Object::Contact => &["r.full_name", "r.first_name", "r.last_name", "r.email"],
            Object::Note => &["r.title", "r.content"],
            Object::Activity => &["r.title", "r.description"],
            Object::Opportunity => {
                self.join(ACCOUNT);
                self.join(CONTACT);
                &[
                    "r.name",
                    "a.name",
                    "a.domain",
                    "c.full_name",
                    "c.first_name",
                    "c.last_name",
                    "c.email",
                ]
            }
        };
        let parts: Vec<String> = parts
            .iter()
            .map(|part| format!("ifnull({part}, '')"))
            .collect();
        format!("fold({})", parts.join(" || char(10) || "))
    }
}

/// The additional contacts of an opportunity, which have a table of their own.
pub(super) const ADDITIONAL_CONTACTS: &str = "additional_contact_ids";
const LINKS: &str =
    "opportunity_contact entry where entry.org = r.org and entry.opportunity_id = r.id";

fn contact_name(table: &str) -> String {
    let parts = ["full_name", "first_name", "last_name", "email"];
    let parts = parts.map(|part| format!("{table}.{part}"));
    format!("contact_name({})", parts.join(", "))
}
