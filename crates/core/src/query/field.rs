//! The fields that filters, sorts and selections name.

use crate::custom::metadata::Choice;
use crate::custom::{AttributeType, FieldDefinition};
use crate::nearest;
use crate::object::{self, Kind, Object};
use crate::text::{fold, quote};

/// A field that can be searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// As the caller named it.
    pub name: String,
    /// Where its value is.
    pub place: Place,
    /// How its values compare.
    pub holds: Holds,
    /// What its values are among, if it is a select; of a field of members, those that the search names by their addresses.
    pub options: Vec<Choice>,
}

/// Where a value is: in the record, or in what the record refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The record's id.
    Id,
    /// When it was created.
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
    /// A system field.
    System(&'static str),
    /// The custom field of this slug.
    Custom(String),
    /// What people call the contact: itself, or an opportunity's primary one.
    ContactName,
    /// The e-mail address of an opportunity's primary contact.
    ContactEmail,
    /// The label of an opportunity's stage.
    StageName,
    /// The name of an opportunity's account.
    AccountName,
    /// The domain of an opportunity's account.
    AccountDomain,
    /// The e-mail address of an opportunity's owner.
    OwnerEmail,
}

/// What a field holds, as far as it matters for comparing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Text, compared without regard to case and accents.
    Text,
    /// Text that is stored in lower case, such as a domain.
    Lower,
    /// Text that is compared as it is, such as the value of a select.
    Exact,
    /// A moment, stored as ISO 8601 in UTC.
    Instant,
    /// A day, stored as ISO 8601.
    Day,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// A moment.
    Time,
    /// Unix seconds, compared as the moment they are.
    Seconds,
    /// An id.
    Id,
    /// Several texts.
    Texts,
    /// Several texts that are compared as they are, such as the values of a multi-select.
    Choices,
    /// Several days, stored as ISO 8601.
    Days,
    /// Several ids.
    Ids,
    /// An object, of which nothing but its being there is asked.
    Object,
}

impl Holds {
    /// Whether there is an order to sort by.
    #[must_use]
    pub const fn is_ordered(self) -> bool {
        !self.is_list() && !matches!(self, Self::Object)
    }

    /// Whether a record has several values of it.
    #[must_use]
    pub const fn is_list(self) -> bool {
        matches!(self, Self::Texts | Self::Choices | Self::Days | Self::Ids)
    }

    /// In words that a caller reads.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text | Self::Lower => "text",
            Self::Exact => "one of its options",
            Self::Number => "numbers",
            Self::Boolean => "true or false",
            Self::Time | Self::Seconds | Self::Instant | Self::Day => "dates",
            Self::Id => "ids",
            Self::Texts => "lists of texts",
            Self::Choices => "lists of options",
            Self::Days => "lists of dates",
            Self::Ids => "lists of ids",
            Self::Object => "objects",
        }
    }
}

/// All fields of an object: the members of its records, and its custom fields.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    object: Object,
    custom: Vec<&'a FieldDefinition>,
    members: Vec<Choice>,
}

/// What all records have.
const COMMON: &[(&str, Place, Holds)] = &[
    ("id", Place::Id, Holds::Id),
    ("created_at", Place::CreatedAt, Holds::Time),
    ("updated_at", Place::UpdatedAt, Holds::Time),
];
const OF_CONTACT: &[(&str, Place, Holds)] = &[("name", Place::ContactName, Holds::Text)];
const OF_OPPORTUNITY: &[(&str, Place, Holds)] = &[
    ("stage_name", Place::StageName, Holds::Text),
    ("account_name", Place::AccountName, Holds::Text),
    ("account_domain", Place::AccountDomain, Holds::Lower),
    ("contact_email", Place::ContactEmail, Holds::Lower),
    ("contact_name", Place::ContactName, Holds::Text),
    (
        "additional_contacts",
        Place::System("additional_contact_ids"),
        Holds::Ids,
    ),
    ("owner_email", Place::OwnerEmail, Holds::Lower),
];
/// Other names of members of an opportunity.
const OPPORTUNITY_ALIASES: &[(&str, &str)] = &[("amount", "deal_size"), ("value", "deal_size")];
/// Other names of members of a note or an activity.
const TIMELINE_ALIASES: &[(&str, &str)] = &[
    ("account_id", "account_ids"),
    ("contact_id", "contact_ids"),
    ("opportunity_id", "opportunity_ids"),
];
/// The member that holds the custom fields.
pub(super) const CUSTOM_FIELDS: &str = "custom_fields";

impl<'a> Fields<'a> {
    /// Those of this object, with these custom ones.
    #[must_use]
    pub const fn new(object: Object, custom: Vec<&'a FieldDefinition>) -> Self {
        Self {
            object,
            custom,
            members: vec![],
        }
    }

    /// Those, with members of the organisation that may be named by their addresses.
    pub(super) fn with_members(self, members: Vec<Choice>) -> Self {
        Self { members, ..self }
    }

    /// Whether a member of the records has that name.
    pub(super) fn has_member(&self, name: &str) -> bool {
        self.member(name).is_some()
    }

    pub(super) const fn object(&self) -> Object {
        self.object
    }

    /// The field of that name: a member of the records, or a custom field by slug or `custom__` and slug.
    ///
    /// # Errors
    /// A message that names the nearest field.
    pub fn named(&self, name: &str) -> Result<Field, String> {
        let found = self.member(name).or_else(|| self.custom(name));
        let (place, holds) = found.ok_or_else(|| self.unknown(name))?;
        Ok(Field {
            name: name.to_owned(),
            options: self.options(&place),
            place,
            holds,
        })
    }

    fn options(&self, place: &Place) -> Vec<Choice> {
        let Place::Custom(slug) = place else {
            return vec![];
        };
        let field = self.custom.iter().find(|field| field.slug == *slug);
        match field {
            Some(field) if field.attribute_type == AttributeType::TeamMembers => {
                self.members.clone()
            }
            Some(field) if field.attribute_type.has_options() => field.metadata.options.clone(),
            Some(_) | None => vec![],
        }
    }

    fn member(&self, name: &str) -> Option<(Place, Holds)> {
        if let Some((_, place, holds)) = self.derived().find(|(known, ..)| *known == name) {
            return Some((place.clone(), *holds));
        }
        let system = self.object.field(self.real_name(name))?;
        let is_link = system.kind == Kind::Ids; // by the name of its member only
        (!is_link).then(|| (Place::System(system.name), holds(system)))
    }

    fn derived(&self) -> impl Iterator<Item = &'static (&'static str, Place, Holds)> {
        let more = match self.object {
            Object::Account | Object::Note | Object::Activity => &[],
            Object::Contact => OF_CONTACT,
            Object::Opportunity => OF_OPPORTUNITY,
        };
        COMMON.iter().chain(more)
    }

    /// The member that a name stands for.
    pub(super) fn real_name<'n>(&self, name: &'n str) -> &'n str {
        let aliases = match self.object {
            Object::Account | Object::Contact => return name,
            Object::Opportunity => OPPORTUNITY_ALIASES,
            Object::Note | Object::Activity => TIMELINE_ALIASES,
        };
        let alias = aliases.iter().find(|(alias, _)| *alias == name);
        // A custom field of that name could have been made before the alias was taken.
        let alias = alias.filter(|_| self.custom(name).is_none());
        alias.map_or(name, |(_, real)| real)
    }

    fn custom(&self, name: &str) -> Option<(Place, Holds)> {
        let slug = name.strip_prefix("custom__").unwrap_or(name);
        let field = self.custom.iter().find(|field| field.slug == slug)?;
        Some((
            Place::Custom(field.slug.clone()),
            Holds::of_custom(field.attribute_type),
        ))
    }

    /// Every member of the records but the custom fields.
    pub(super) fn members(&self) -> impl Iterator<Item = &'static str> {
        let system = self.object.fields().iter();
        let system = system.filter(|field| field.kind != Kind::Ids);
        let derived = self.derived().map(|(name, ..)| *name);
        derived.chain(system.map(|field| field.name))
    }

    fn unknown(&self, name: &str) -> String {
        if name == CUSTOM_FIELDS && !self.object.is_on_timelines() {
            return "names all custom fields; name one by its slug".to_owned();
        }
        let mut names: Vec<&str> = self.members().collect();
        names.extend(self.custom.iter().map(|field| field.slug.as_str()));
        let hint = nearest::hint(name, names.into_iter());
        format!("names no field: {}{hint}", quote(name))
    }
}

fn holds(field: &object::Field) -> Holds {
    match field.kind {
        Kind::Line(_) | Kind::Lines(_) | Kind::Link => Holds::Text,
        Kind::Domain | Kind::Email => Holds::Lower,
        Kind::Number | Kind::Year => Holds::Number,
        Kind::Boolean => Holds::Boolean,
        Kind::OneOf(_) => Holds::Exact,
        Kind::Tags | Kind::Emails | Kind::Domains => Holds::Texts,
        Kind::Time => Holds::Time,
        Kind::UnixSeconds => Holds::Seconds,
        Kind::Id => Holds::Id,
        Kind::Ids | Kind::Links => Holds::Ids,
        Kind::Object(_) => Holds::Object,
    }
}

impl Holds {
    /// What a custom field of this type holds.
    #[must_use]
    pub const fn of_custom(attribute_type: AttributeType) -> Self {
        use AttributeType as T;
        match attribute_type {
            T::Number | T::Rating | T::Currency | T::Percentage => Self::Number,
            T::Checkbox => Self::Boolean,
            T::Select | T::Radio => Self::Exact,
            T::Timestamp | T::Datetime => Self::Instant,
            T::Date => Self::Day,
            T::Email | T::Time => Self::Lower,
            T::MultiSelect | T::TeamMembers => Self::Choices,
            T::DateRange => Self::Days,
            T::String | T::Location | T::Phone | T::Website | T::Url => Self::Text,
        }
    }
}

impl Field {
    /// The value of the option that a text names, by its value or else by its label; any other text as it is.
    pub(super) fn option_named(&self, text: &str) -> String {
        let by_value = self.options.iter().find(|option| option.value == text);
        let is_label = |option: &&Choice| fold(&option.label) == fold(text);
        let option = by_value.or_else(|| self.options.iter().find(is_label));
        option.map_or_else(|| text.to_owned(), |option| option.value.clone())
    }
}
