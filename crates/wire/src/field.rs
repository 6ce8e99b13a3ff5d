//! `GET …/fields`, `POST …/fields/bulk`, `POST …/fields/bulk/update`.

pub(crate) mod metadata;

use lanekeeper_core::Faults;
use lanekeeper_core::command::{Command, CreateField, FieldKey, UpdateField};
use lanekeeper_core::custom::{AttributeType, FieldDefinition, Scope, slug_of};
use lanekeeper_core::object::Field as SystemField;
use lanekeeper_core::outcome::FieldWritten;
use lanekeeper_core::plan::Item;
use lanekeeper_core::text::quote;
use serde::Serialize;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::read::{self, Members};
use crate::value::{boolean, or_fault};

/// Longest name of a field, in characters.
const NAME_CHARS_MAX: usize = 255;

/// Reads a field to create as far as it can be read, with every fault of its shape and its values.
#[must_use]
pub fn read_create(scope: Scope, item: Json) -> Item {
    let mut faults = Faults::default();
    let command = create_of(scope, item, &mut faults);
    let command = command.map(|create| Command::CreateField(Box::new(create)));
    Item { command, faults }
}

/// Reads a field to change as far as it can be read, with every fault of its shape and its values.
#[must_use]
pub fn read_update(scope: Scope, item: Json) -> Item {
    let mut faults = Faults::default();
    let command = update_of(scope, item, &mut faults);
    let command = command.map(|update| Command::UpdateField(Box::new(update)));
    Item { command, faults }
}

fn create_of(scope: Scope, item: Json, faults: &mut Faults) -> Option<CreateField> {
    let mut members = Members::of(item, "", faults)?;
    let name = members.required_line("name", NAME_CHARS_MAX, faults);
    let attribute_type = members.required("attribute_type", faults);
    let attribute_type = attribute_type.and_then(|json| attribute_type_of(json, faults));
    let slug = slug(&mut members, faults);
    let metadata = metadata::take(&mut members, faults);
    let order = members.order("order", faults);
    let is_hidden = is_hidden(&mut members, faults);
    let (name, attribute_type) = (name?, attribute_type?);
    Some(CreateField {
        scope,
        name,
        attribute_type,
        slug,
        metadata: metadata::fitting(attribute_type, metadata, faults).unwrap_or_default(),
        order,
        is_hidden: is_hidden.unwrap_or(false),
        ignored: members.ignored(),
    })
}

fn update_of(scope: Scope, item: Json, faults: &mut Faults) -> Option<UpdateField> {
    let mut members = Members::of(item, "", faults)?;
    let id = same(("id", "attribute_id"), &mut members, Members::id, faults);
    let slug = slug(&mut members, faults);
    let name = |members: &mut Members, name: &str, faults: &mut Faults| {
        members.line(name, NAME_CHARS_MAX, faults)
    };
    let name = same(("name", "current_name"), &mut members, name, faults);
    let attribute_type = members.optional("attribute_type");
    let attribute_type = attribute_type.and_then(|json| attribute_type_of(json, faults));
    let metadata = metadata::take(&mut members, faults);
    let metadata = match attribute_type {
        Some(attribute_type) => metadata::fitting(attribute_type, metadata, faults),
        None => metadata,
    };
    let order = members.order("order", faults);
    let is_hidden = is_hidden(&mut members, faults);
    let (key, key_path, slug) = match (id, slug) {
        (Some((id, path)), slug) => (FieldKey::Id(id), path, slug),
        (None, Some(slug)) => (FieldKey::Slug(slug), "property_name", None),
        (None, None) => {
            if faults.is_empty() {
                faults.add("id", "is required, or else 'property_name'");
            }
            return None;
        }
    };
    Some(UpdateField {
        scope,
        key,
        key_path,
        slug,
        name: name.map(|(name, _)| name),
        attribute_type,
        metadata,
        order,
        is_hidden,
        ignored: members.ignored(),
    })
}

/// What two members of one meaning say, and which of them said it; a fault if they disagree.
fn same<T: PartialEq>(
    names: (&'static str, &'static str),
    members: &mut Members,
    read: impl Fn(&mut Members, &str, &mut Faults) -> Option<T>,
    faults: &mut Faults,
) -> Option<(T, &'static str)> {
    let one = read(members, names.0, faults);
    let other = read(members, names.1, faults);
    if let (Some(one), Some(other)) = (&one, &other)
        && one != other
    {
        let message = format!("says something else than '{}'; send one of them", names.0);
        faults.add(names.1, message);
    }
    let one = one.map(|value| (value, names.0));
    one.or(other.map(|value| (value, names.1)))
}

fn attribute_type_of(json: Json, faults: &mut Faults) -> Option<AttributeType> {
    const PATH: &str = "attribute_type";
    let text = read::text(json, PATH, faults)?;
    let attribute_type = AttributeType::named(text.trim());
    if attribute_type.is_none() {
        let names: Vec<&str> = AttributeType::all().map(AttributeType::name).collect();
        let (text, names) = (quote(&text), names.join(", "));
        faults.add(
            PATH,
            format!("is no attribute type: {text}; they are {names}"),
        );
    }
    attribute_type
}

/// What programs write is not left out by being blank, as what people write is.
fn slug(members: &mut Members, faults: &mut Faults) -> Option<String> {
    const PATH: &str = "property_name";
    match members.optional(PATH)? {
        Json::String(text) => or_fault(slug_of(&text), PATH, faults),
        other => read::text(other, PATH, faults),
    }
}

fn is_hidden(members: &mut Members, faults: &mut Faults) -> Option<bool> {
    let json = members.optional("is_hidden")?;
    boolean(&json, "is_hidden", faults)
}

/// The data of the list of fields.
#[derive(Serialize)]
pub struct Fields<'a> {
    fields: Vec<Field<'a>>,
}

impl<'a> Fields<'a> {
    /// The system fields of these records and the custom ones, those first of which no place is said.
    #[must_use]
    pub fn new(scope: Scope, known: &'a [FieldDefinition]) -> Self {
        let system = scope.object().fields().iter();
        let system = system.filter(|field| field.is_listed()).map(|field| {
            let mut said = known.iter().filter(|known| known.is_system);
            let said = said.find(|known| known.slug == field.name);
            said.map_or_else(|| Field::from(field), Field::from)
        });
        let custom = known.iter().filter(|field| !field.is_system);
        let mut fields: Vec<Field> = system.chain(custom.map(Field::from)).collect();
        fields.sort_by_key(|field| field.order.unwrap_or(0));
        Self { fields }
    }
}

/// A field in an answer.
#[derive(Serialize)]
struct Field<'a> {
    id: Option<Uuid>,
    property_name: &'a str,
    name: String,
    current_name: String,
    attribute_type: &'static str,
    metadata: metadata::Shown<'a>,
    order: Option<i64>,
    is_hidden: bool,
    is_system: bool,
}

impl<'a> From<&'a FieldDefinition> for Field<'a> {
    fn from(field: &'a FieldDefinition) -> Self {
        let is_select = field.attribute_type.has_options();
        Self {
            id: Some(field.id),
            property_name: &field.slug,
            name: field.name.clone(),
            current_name: field.name.clone(),
            attribute_type: field.attribute_type.name(),
            metadata: metadata::Shown::of(is_select, &field.metadata),
            order: Some(field.order).filter(|order| *order > 0),
            is_hidden: field.is_hidden,
            is_system: field.is_system,
        }
    }
}

/// A system field of which nothing is said has no id, and its place is before every custom one.
impl From<&'static SystemField> for Field<'_> {
    fn from(field: &'static SystemField) -> Self {
        let name = field.display_name();
        Self {
            id: None,
            property_name: field.name,
            current_name: name.clone(),
            name,
            attribute_type: AttributeType::of_kind(field.kind).name(),
            metadata: metadata::Shown::default(),
            order: None,
            is_hidden: false,
            is_system: true,
        }
    }
}

/// The answer to a create or an update.
#[derive(Serialize)]
pub struct Written<'a> {
    #[serde(flatten)]
    field: Field<'a>,
    ignored: &'a [String],
}

impl<'a> From<&'a FieldWritten> for Written<'a> {
    fn from(written: &'a FieldWritten) -> Self {
        Self {
            field: Field::from(written.field.as_ref()),
            ignored: &written.ignored,
        }
    }
}
