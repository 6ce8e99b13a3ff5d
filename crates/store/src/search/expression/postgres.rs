//! Fields in PostgreSQL. It cannot compare texts as the core does: where folding changes one, `folded` has it besides.
//!
//! Another pipeline may have a field of the same slug and another type, and nothing says which condition is looked at first:
//! so no custom value is taken for what it may not be.

use lanekeeper_core::Object;
use lanekeeper_core::query::{Field, Holds, Place};

use super::{ACCOUNT, Builder, STAGE};

pub(super) fn custom(slug: &str, sql: &mut Builder) -> String {
    format!("(r.custom->>{})", sql.bind(slug))
}

/// Of every contact `folded` has what people call it.
pub(super) fn contact_name(table: &str) -> String {
    format!("({table}.folded->>'contact_name')")
}

pub(super) fn value(object: Object, field: &Field, sql: &mut Builder) -> String {
    match (&field.place, field.holds) {
        (Place::Custom(slug), holds) => custom_value(slug, holds, sql),
        (Place::StageName, _) => {
            sql.join(STAGE);
            "case when s.label <> '' then s.folded_label end".to_owned()
        }
        (Place::AccountName, _) => {
            sql.join(ACCOUNT);
            folded("a", "name", "nullif(a.name, '')")
        }
        (Place::System(name), Holds::Text) => folded("r", name, &format!("r.{name}")),
        (Place::ContactName, _) => {
            format!("{} collate \"C\"", sql.stored(object, &field.place))
        }
        (place, Holds::Boolean) => format!("{}::int", sql.stored(object, place)),
        (place, _) => sql.stored(object, place),
    }
}

/// A text as it compares.
fn folded(table: &str, name: &str, stored: &str) -> String {
    format!("coalesce({table}.folded->>'{name}', {stored}) collate \"C\"")
}

fn custom_value(slug: &str, holds: Holds, sql: &mut Builder) -> String {
    let place = sql.bind(slug);
    let stored = format!("r.custom->>{place}");
    match holds {
        Holds::Text => {
            let folded = sql.bind(folded_slug(slug));
            format!("coalesce(r.folded->>{folded}, {stored}) collate \"C\"")
        }
        Holds::Number => format!(
            "case jsonb_typeof(r.custom->{place}) when 'number' then ({stored})::float8 end"
        ),
        Holds::Boolean => format!("case {stored} when 'true' then 1 when 'false' then 0 end"),
        _ => format!("({stored}) collate \"C\""),
    }
}

/// The name of a custom field in `folded`.
fn folded_slug(slug: &str) -> String {
    format!("custom__{slug}")
}

pub(super) fn entries(field: &Field, sql: &mut Builder) -> (String, &'static str) {
    let list = match (&field.place, field.holds) {
        (Place::Custom(slug), Holds::Texts) => {
            let (folded, stored) = (sql.bind(folded_slug(slug)), sql.bind(slug.as_str()));
            format!("coalesce(r.folded->{folded}, r.custom->{stored})")
        }
        (Place::Custom(slug), _) => format!("r.custom->{}", sql.bind(slug.as_str())),
        (Place::System(name), Holds::Texts) => format!("coalesce(r.folded->'{name}', r.{name})"),
        (place, _) => sql.stored(Object::Account, place),
    };
    let list = match field.place {
        Place::Custom(_) => format!("case jsonb_typeof({list}) when 'array' then {list} end"),
        _ => list,
    };
    let entry = match field.holds {
        Holds::Ids => "entry.value::uuid",
        _ => "entry.value collate \"C\"",
    };
    (
        format!("jsonb_array_elements_text({list}) entry(value) where true"),
        entry,
    )
}
