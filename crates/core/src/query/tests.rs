use uuid::Uuid;

use super::{Atom, Bound, Condition, Draft, FilterDraft, Found, Input, Operator, Query, SortDraft};
use crate::custom::{AttributeType, FieldDefinition, Metadata, Scope};
use crate::pipeline::{Role, UnknownAttributes, User};
use crate::value::{CustomValues, Value, Values};
use crate::{Facts, Faults, Object, Record, Timestamp};

const MEMBER: Uuid = Uuid::from_u128(80);

fn resolve(draft: &Draft) -> Result<Query, Faults> {
    let at = Timestamp::from_micros(0);
    let mut facts = Facts::absent(&draft.needs(), UnknownAttributes::default());
    for (slug, attribute_type) in [
        ("seats", AttributeType::Number),
        ("team", AttributeType::TeamMembers),
        ("term", AttributeType::DateRange),
    ] {
        facts.add_field(FieldDefinition {
            id: Uuid::from_u128(9),
            scope: Scope::Accounts,
            is_system: false,
            slug: slug.to_owned(),
            name: slug.to_owned(),
            attribute_type,
            metadata: Metadata::default(),
            is_hidden: false,
            order: 1,
            created_at: at,
        });
    }
    facts.add_user(User {
        id: MEMBER,
        email: "jane@acme.com".parse().unwrap(),
        name: "Jane".to_owned(),
        role: Role::Member,
        is_active: true,
        created_at: at,
        updated_at: at,
    });
    Query::resolve(draft, &facts).unwrap()
}

fn filter(field: &str, operator: &str, value: Option<Input>) -> FilterDraft {
    FilterDraft {
        path: "filters.0".to_owned(),
        field: field.to_owned(),
        operator: operator.to_owned(),
        value,
    }
}

fn accounts(filters: Vec<FilterDraft>) -> Draft {
    Draft {
        filters,
        ..Draft::of(Object::Account)
    }
}

fn message(draft: &Draft) -> String {
    let faults = resolve(draft).unwrap_err();
    let first = faults.by_path().iter().next();
    first
        .map(|(path, messages)| format!("{path} {}", messages.join("; ")))
        .unwrap()
}

#[test]
fn every_fault_is_reported_with_its_path_and_the_nearest_name() {
    let text = || Some(Input::Text("x".to_owned()));
    let cases = [
        (
            filter("nmae", "eq", text()),
            "filters.0.field names no field: 'nmae'; did you mean 'name'?",
        ),
        (
            filter("name", "equals", text()),
            "filters.0.operator is no operator: 'equals'",
        ),
        (
            filter("name", "contans", text()),
            "filters.0.operator is no operator: 'contans'; did you mean 'contains'?",
        ),
        (
            filter("founded", "eq", text()),
            "filters.0.value is a string; send a number",
        ),
        (
            filter("custom__seats", "between", Some(Input::Number(1.0))),
            "filters.0.value is a number; send an array of two values, the least and the most",
        ),
        (filter("name", "eq", None), "filters.0.value is required"),
        (
            filter("id", "eq", text()),
            "filters.0.value is not a UUID: 'x'",
        ),
    ];
    for (filter, expected) in cases {
        assert_eq!(message(&accounts(vec![filter])), expected);
    }
}

#[test]
fn an_operator_that_does_not_fit_the_field_is_told_those_that_do() {
    let draft = accounts(vec![filter("seats", "contains", Some(Input::Number(1.0)))]);

    assert_eq!(
        message(&draft),
        "filters.0.operator is 'contains', but the field 'seats' holds numbers, which takes \
         eq, neq, in, not_in, gt, gte, lt, lte, between, empty, not_empty"
    );
}

fn condition(wanted: FilterDraft) -> Condition {
    resolve(&accounts(vec![wanted])).unwrap().filters[0]
        .condition
        .clone()
}

fn text(text: &str) -> Atom {
    Atom::Text(text.to_owned())
}

#[test]
fn a_member_is_found_by_id_or_address_and_nobody_by_any_other() {
    let member = MEMBER.to_string();
    let named = ["Jane@ACME.com", &member, "joe@acme.com"];
    let named = named.map(|name| Input::Text(name.to_owned()));

    let one = condition(filter("team", "contains", Some(named[0].clone())));
    let several = condition(filter(
        "custom__team",
        "in",
        Some(Input::List(named.into())),
    ));

    let member = text(&member);
    assert_eq!(one, Condition::IsOneOf(vec![member.clone()]));
    let all = vec![member.clone(), member, text("joe@acme.com")];
    assert_eq!(several, Condition::IsOneOf(all));
}

#[test]
fn a_range_of_dates_is_asked_for_its_days() {
    let day = || Some(Input::Text("2026-05-25".to_owned()));
    let begins_before = condition(filter("term", "before", day()));
    let draft = accounts(vec![filter("term", "starts_with", day())]);

    let most = Bound {
        at: text("2026-05-25"),
        included: false,
    };
    assert_eq!(begins_before, Condition::Between(None, Some(most)));
    assert_eq!(
        message(&draft),
        "filters.0.operator is 'starts_with', but the field 'term' holds lists of dates, which takes \
         eq, neq, contains, not_contains, in, not_in, gt, gte, lt, lte, between, empty, not_empty, \
         contains_all, contains_none"
    );
}

#[test]
fn every_operator_is_known_by_every_name() {
    for (alias, name) in [
        ("is", "eq"),
        ("is_not", "neq"),
        ("contain", "contains"),
        ("not_contain", "not_contains"),
        ("is_any_of", "in"),
        ("greater_than", "gt"),
        ("after", "gt"),
        ("less_than", "lt"),
        ("before", "lt"),
        ("include_all", "contains_all"),
        ("exclude_all", "contains_none"),
    ] {
        assert_eq!(Operator::named(alias), Operator::named(name));
    }
    assert_eq!(Operator::all().count(), 17);
    for operator in Operator::all() {
        assert_eq!(Operator::named(operator.name()), Some(operator));
    }
}

fn found() -> Found {
    Found::Record(std::sync::Arc::new(Record {
        object: Object::Account,
        id: Uuid::from_u128(7),
        created_at: Timestamp::from_micros(1),
        updated_at: Timestamp::from_micros(2),
        deleted_at: None,
        merged_into: None,
        values: Values::from([("name", Value::Text("Žluť".repeat(200)))]),
        custom: CustomValues::new(),
    }))
}

fn sorted(keys: &[&str]) -> Draft {
    let sort = keys.iter().map(|key| SortDraft {
        path: "sort".to_owned(),
        field: (*key).to_owned(),
        direction: None,
    });
    Draft {
        sort: sort.collect(),
        ..Draft::of(Object::Account)
    }
}

/// Stands for a keyed hash: different for different bytes and keys.
fn sign(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [17_u8; 32];
    for (index, byte) in bytes.iter().enumerate() {
        let place = &mut hash[index % 16];
        *place = place.wrapping_mul(31).wrapping_add(*byte);
    }
    hash
}

#[test]
fn a_cursor_leads_back_to_where_it_was_made() {
    let query = || resolve(&sorted(&["name", "seats", "updated_at", "id"])).unwrap();
    let org = Uuid::from_u128(1);

    let cursor = query().cursor_behind(&found(), org, &sign);
    let resumed = query().from_cursor(&cursor, org, &sign).unwrap();

    let position = resumed.after.unwrap();
    assert_eq!(position.id, found().record().id);
    let keys: Vec<_> = resumed.sort.iter().map(|sort| sort.key(&found())).collect();
    assert_eq!(position.keys, keys);
    assert!(cursor.len() < 1_000);
}

#[test]
fn a_cursor_is_good_for_its_own_search_and_organisation_only() {
    let org = Uuid::from_u128(1);
    let draft = sorted(&["name"]);
    let cursor = resolve(&draft).unwrap().cursor_behind(&found(), org, &sign);
    let is_good = |draft: &Draft, org: Uuid, cursor: &str| {
        let query = resolve(draft).unwrap();
        query.from_cursor(cursor, org, &sign).is_ok()
    };
    let mut others = vec![sorted(&["domain"]), sorted(&["name", "id"])];
    others.push(Draft {
        limit: 7,
        ..draft.clone()
    });
    others.push(Draft {
        text: Some("acme".to_owned()),
        ..draft.clone()
    });
    others.push(Draft {
        filters: vec![filter("name", "not_empty", None)],
        ..draft.clone()
    });
    let fields = Draft {
        fields: vec![("fields.0".to_owned(), "name".to_owned())],
        ..draft.clone()
    };

    assert!(is_good(&draft, org, &cursor));
    assert!(is_good(&fields, org, &cursor));
    assert!(!is_good(&draft, Uuid::from_u128(2), &cursor));
    for other in &others {
        assert!(!is_good(other, org, &cursor));
    }
    for (index, letter) in cursor.char_indices() {
        let mut forged = cursor.clone();
        let other = if letter == 'A' { "B" } else { "A" };
        forged.replace_range(index..=index, other);
        assert!(!is_good(&draft, org, &forged));
    }
    assert!(!is_good(&draft, org, "") && !is_good(&draft, org, "é"));
}
