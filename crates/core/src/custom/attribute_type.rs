//! What a custom field holds.

use crate::object::Kind;
use crate::value::Value;

/// What a custom field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttributeType {
    /// Text.
    String,
    /// A finite number.
    Number,
    /// Yes or no.
    Checkbox,
    /// A day: `2026-05-25`.
    Date,
    /// Two days in order.
    DateRange,
    /// A whole number from 0 to the `max` of its metadata.
    Rating,
    /// A moment, stored as ISO 8601 in UTC.
    Timestamp,
    /// One of its options.
    Select,
    /// Some of its options.
    MultiSelect,
    /// An amount of money.
    Currency,
    /// A number of per cent.
    Percentage,
    /// A place, as people write it.
    Location,
    /// A time of day: `09:30:00`.
    Time,
    /// A moment, as [`Self::Timestamp`].
    Datetime,
    /// An e-mail address in its normal form.
    Email,
    /// A telephone number, as people write it.
    Phone,
    /// A web address.
    Website,
    /// A web address.
    Url,
    /// One of its options.
    Radio,
    /// Members of the organisation, by their ids.
    TeamMembers,
}

use AttributeType as T;

/// Each type, its name on the wire, and what a value for it has to be, in words that a caller reads.
const TABLE: [(AttributeType, &str, &str); 20] = [
    (T::String, "string", "a string"),
    (T::Number, "number", "a number"),
    (T::Checkbox, "checkbox", "a boolean"),
    (T::Date, "date", "a date such as 2026-05-25"),
    (T::DateRange, "date_range", "an array of two dates"),
    (T::Rating, "rating", "a whole number"),
    (T::Timestamp, "timestamp", "an ISO 8601 date-time"),
    (T::Select, "select", "one of its options"),
    (T::MultiSelect, "multi_select", "an array of its options"),
    (T::Currency, "currency", "a number"),
    (T::Percentage, "percentage", "a number"),
    (T::Location, "location", "a string"),
    (T::Time, "time", "a time such as 09:30:00"),
    (T::Datetime, "datetime", "an ISO 8601 date-time"),
    (T::Email, "email", "an e-mail address"),
    (T::Phone, "phone", "a telephone number as a string"),
    (T::Website, "website", "a web address"),
    (T::Url, "url", "a web address"),
    (T::Radio, "radio", "one of its options"),
    (
        T::TeamMembers,
        "team_members",
        "an array of members' ids or e-mail addresses",
    ),
];

impl AttributeType {
    /// Every type.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE
            .into_iter()
            .map(|(attribute_type, _, _)| attribute_type)
    }

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// The type of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|attribute_type| attribute_type.name() == name)
    }

    /// What a value for it has to be, in words that a caller reads.
    #[must_use]
    pub const fn wanted(self) -> &'static str {
        TABLE[self as usize].2
    }

    /// Whether its values are among the options of its metadata.
    #[must_use]
    pub const fn has_options(self) -> bool {
        matches!(self, Self::Select | Self::MultiSelect | Self::Radio)
    }

    /// The type of a field that is made to hold this value; none for lists, which need a field made for them.
    #[must_use]
    pub fn inferred(value: &Value) -> Option<Self> {
        match value {
            Value::Text(_) => Some(Self::String),
            Value::Number(_) => Some(Self::Number),
            Value::Boolean(_) => Some(Self::Checkbox),
            _ => None,
        }
    }

    /// What a system field of this kind holds, in the words of custom fields.
    #[must_use]
    pub const fn of_kind(kind: Kind) -> Self {
        match kind {
            Kind::Line(_) | Kind::Lines(_) | Kind::Id | Kind::Object(_) => Self::String,
            Kind::Link => Self::Url,
            Kind::Domain => Self::Website,
            Kind::Email => Self::Email,
            Kind::Number | Kind::Year => Self::Number,
            Kind::Boolean => Self::Checkbox,
            Kind::OneOf(_) => Self::Select,
            Kind::Tags | Kind::Emails | Kind::Domains | Kind::Ids | Kind::Links => {
                Self::MultiSelect
            }
            Kind::Time | Kind::UnixSeconds => Self::Timestamp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_found_by_its_name() {
        for (place, attribute_type) in AttributeType::all().enumerate() {
            assert_eq!(attribute_type as usize, place);
            assert_eq!(
                AttributeType::named(attribute_type.name()),
                Some(attribute_type)
            );
        }
        assert_eq!(AttributeType::named("String"), None);
    }
}
