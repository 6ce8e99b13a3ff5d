//! Fields in SQLite, which calls the core's functions to compare texts.

use lanekeeper_core::Object;
use lanekeeper_core::query::{Field, Holds, Place};

use super::Builder;

pub(super) fn custom(slug: &str, sql: &mut Builder) -> String {
    let path = sql.bind(format!("$.{slug}"));
    format!("json_extract(r.custom, {path})")
}

pub(super) fn contact_name(table: &str) -> String {
    let parts = ["full_name", "first_name", "last_name", "email"];
    let parts = parts.map(|part| format!("{table}.{part}"));
    format!("contact_name({})", parts.join(", "))
}

pub(super) fn value(object: Object, field: &Field, sql: &mut Builder) -> String {
    let stored = sql.stored(object, &field.place);
    match field.holds {
        Holds::Text => format!("fold({stored})"),
        _ => stored,
    }
}

pub(super) fn entries(field: &Field, sql: &mut Builder) -> (String, &'static str) {
    match (&field.place, field.holds) {
        (Place::System(name), Holds::Ids) => (
            format!("json_each(r.{name}) entry where true"),
            "unhex(entry.value, '-')",
        ),
        (Place::Custom(slug), holds) => {
            let path = sql.bind(format!("$.{slug}"));
            let from = format!("json_each(r.custom, {path}) entry where true");
            let entry = match holds {
                Holds::Choices | Holds::Days => "entry.value",
                _ => "fold(entry.value)",
            };
            (from, entry)
        }
        (place, _) => {
            let stored = sql.stored(Object::Account, place);
            (
                format!("json_each({stored}) entry where true"),
                "fold(entry.value)",
            )
        }
    }
}
