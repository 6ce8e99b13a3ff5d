use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::custom::Scope;
use crate::custom::metadata::{Choice, Metadata};

fn field(attribute_type: AttributeType) -> FieldDefinition {
    let options = [
        ("Hot lead", "hot"),
        ("Größe", "size"),
        ("true", "yes"),
        ("12", "twelve"),
    ];
    let options = options.map(|(label, value)| Choice {
        label: label.to_owned(),
        value: value.to_owned(),
        color: None,
    });
    FieldDefinition {
        id: Uuid::nil(),
        scope: Scope::Accounts,
        is_system: false,
        slug: "it".to_owned(),
        name: "It".to_owned(),
        attribute_type,
        metadata: Metadata {
            options: options.into(),
            rest: Default::default(),
        },
        order: 1,
        is_hidden: false,
        created_at: Timestamp::from_micros(0),
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn texts(texts: &[&str]) -> Value {
    Value::Texts(texts.iter().map(|&text| text.to_owned()).collect())
}

const ID: &str = "018F13B3-8239-7EF8-A8F1-93AD10B76110";

#[test]
fn a_value_is_stored_in_the_one_form_of_its_type() {
    use AttributeType as T;
    let moment = "2026-05-25T09:30:03.000000Z";
    let id = ID.to_lowercase();
    let cases = [
        (T::String, text("As\nsent "), text("As\nsent ")),
        (T::Number, Value::Number(1.5), Value::Number(1.5)),
        (T::Checkbox, Value::Boolean(false), Value::Boolean(false)),
        (T::Date, text(" 2026-05-25"), text("2026-05-25")),
        (
            T::Date,
            text("2026-05-25T23:30:00-05:00"),
            text("2026-05-25"),
        ),
        (T::Date, Value::Number(1_779_701_403.0), text("2026-05-25")),
        (
            T::DateRange,
            texts(&["2026-05-01", "2026-05-31"]),
            texts(&["2026-05-01", "2026-05-31"]),
        ),
        (
            T::DateRange,
            text("2026-05-01/2026-05-01"),
            texts(&["2026-05-01", "2026-05-01"]),
        ),
        (T::Rating, Value::Number(5.0), Value::Number(5.0)),
        (
            T::Timestamp,
            text("2026-05-25T11:30:03+02:00"),
            text(moment),
        ),
        (T::Datetime, Value::Number(1_779_701_403.0), text(moment)),
        (T::Select, text("hot"), text("hot")),
        (T::Select, text("HOT LEAD "), text("hot")),
        (T::Radio, text("grosse"), text("size")),
        (
            T::MultiSelect,
            texts(&["size", "Hot Lead", "hot"]),
            texts(&["size", "hot"]),
        ),
        (T::MultiSelect, text("size"), texts(&["size"])),
        (T::Currency, Value::Number(-9.95), Value::Number(-9.95)),
        (T::Percentage, Value::Number(110.0), Value::Number(110.0)),
        (T::Location, text(" Berlin, DE "), text("Berlin, DE")),
        (T::Time, text("09:30"), text("09:30:00")),
        (T::Email, text(" Jane@ACME.com"), text("jane@acme.com")),
        (
            T::Phone,
            text("+1 (415) 555-0100 ext. 7"),
            text("+1 (415) 555-0100 ext. 7"),
        ),
        (T::Website, text("acme.com"), text("acme.com")),
        (
            T::Url,
            text("https://acme.com/a?b=c#d"),
            text("https://acme.com/a?b=c#d"),
        ),
        (
            T::TeamMembers,
            texts(&[ID, "Jane@ACME.com", ID]),
            texts(&[&id, "jane@acme.com"]),
        ),
        (T::TeamMembers, text(ID), texts(&[&id])),
    ];

    for (attribute_type, sent, stored) in cases {
        let normal = field(attribute_type).normal(&sent);
        assert_eq!(normal, Ok(stored), "{attribute_type:?} {sent:?}");
    }
}

#[test]
fn a_value_that_does_not_fit_is_refused() {
    use AttributeType as T;
    let cases = [
        (
            T::String,
            Value::Number(1.0),
            "is a number, but the field 'it' holds a string",
        ),
        (T::Number, text("1"), "is a string, but"),
        (T::Checkbox, Value::Number(1.0), "is a number, but"),
        (T::Date, text("2026-02-30"), "is not a date: '2026-02-30'"),
        (T::Date, text("2026-05-25 noon"), "is not a date"),
        (T::Date, text("25.05.2026"), "is not a date"),
        (T::Date, Value::Boolean(true), "is a boolean, but"),
        (
            T::DateRange,
            texts(&["2026-05-31", "2026-05-01"]),
            "ends on 2026-05-01, before it begins on 2026-05-31",
        ),
        (T::DateRange, texts(&["2026-05-31"]), "is not two dates"),
        (
            T::Rating,
            Value::Number(6.0),
            "is not a whole number from 0 to 5: 6",
        ),
        (T::Rating, Value::Number(0.5), "is not a whole number"),
        (T::Timestamp, text("2026-05-25"), "is a date without a time"),
        (T::Timestamp, Value::Number(1.5), "is not whole"),
        (T::Timestamp, Value::Number(1e12), "looks like milliseconds"),
        (
            T::Select,
            text("cold"),
            "is none of the options of 'it': 'cold'; they are 'Hot lead'",
        ),
        (T::Radio, texts(&["hot"]), "is a list, but"),
        (
            T::MultiSelect,
            texts(&["hot", "cold"]),
            "is none of the options",
        ),
        (T::MultiSelect, Value::Number(12.0), "is a number, but"),
        (T::Currency, text("9 EUR"), "is a string, but"),
        (T::Percentage, Value::Boolean(true), "is a boolean, but"),
        (T::Location, text("a\nb"), "contains the control character"),
        (T::Time, text("9:30"), "is not a time"),
        (T::Time, text("24:00"), "is not a time"),
        (T::Email, text("jane"), "is not an e-mail address"),
        (T::Phone, text("none"), "is not a telephone number"),
        (T::Website, text("ftp://acme.com"), "is not a web address"),
        (T::Url, text("javascript:alert(1)"), "is not a web address"),
        (
            T::TeamMembers,
            texts(&["Jane"]),
            "is neither a member's id nor an e-mail address",
        ),
    ];

    for (attribute_type, sent, why) in cases {
        let refused = field(attribute_type).normal(&sent).unwrap_err().to_string();
        assert!(refused.starts_with(why), "{attribute_type:?} {refused}");
    }
}

#[test]
fn a_stored_value_converts_only_without_loss() {
    use AttributeType as T;
    let cases = [
        (T::Number, text("12.5"), Some(Value::Number(12.5))),
        (T::Number, text("1e5"), None),
        (T::String, Value::Number(12.0), Some(text("12"))),
        (T::String, Value::Boolean(true), Some(text("true"))),
        (T::Checkbox, text("TRUE"), Some(Value::Boolean(true))),
        (T::MultiSelect, text("Hot lead"), Some(texts(&["hot"]))),
        (T::Select, texts(&["hot"]), Some(text("hot"))),
        (T::Select, texts(&["hot", "size"]), None),
        (T::Select, Value::Number(12.0), Some(text("twelve"))),
        (T::Rating, Value::Number(7.0), None),
        (
            T::Date,
            text("2026-05-25T09:30:03.000000Z"),
            Some(text("2026-05-25")),
        ),
    ];

    for (attribute_type, stored, becomes) in cases {
        let converted = field(attribute_type).converted(&stored).ok();
        assert_eq!(converted, becomes, "{attribute_type:?} {stored:?}");
    }
}

fn value() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        "[0-9]{4}-[01][0-9]-[0-3][0-9]",
        "[0-9]{4}-0[1-9]-0[1-9]T[0-2][0-9]:00:00[+-]0[0-9]:00",
        "0[0-9]:[0-9]{2}(:[0-9]{2})?",
        "[A-Z]{3}@[a-z]{2,3}[.]com",
        "(https?:)?//[a-z]+[.]com ?",
        "hot|Hot Lead|size|GRÖSSE|true|12|018f13b3-8239-7ef8-a8f1-93ad10b76110",
        "\\PC{0,12}",
    ];
    prop_oneof![
        3 => word.clone().prop_map(Value::Text),
        1 => any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::number),
        1 => (-5_i32..2_000_000_000).prop_map(|number| Value::number(f64::from(number))),
        1 => any::<bool>().prop_map(Value::Boolean),
        2 => vec(word, 0..3).prop_map(Value::Texts),
    ]
}

proptest! {
    /// What is stored is in its normal form already, and converts into its own type as it is.
    #[test]
    fn the_normal_form_is_its_own_normal_form(value in value()) {
        for attribute_type in AttributeType::all() {
            let field = field(attribute_type);
            if let Ok(normal) = field.normal(&value) {
                prop_assert_eq!(field.normal(&normal), Ok(normal.clone()));
                prop_assert_eq!(field.converted(&normal), Ok(normal));
            }
        }
    }
}
