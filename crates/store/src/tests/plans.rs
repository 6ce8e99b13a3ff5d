//! Records and searches by which the plans of the databases are judged.

use std::sync::Arc;

use lanekeeper_core::model::generate::search::fields;
use lanekeeper_core::query::{Draft, FilterDraft, Input, SortDraft};
use lanekeeper_core::value::{CustomValues, Values};
use lanekeeper_core::{Change, Object, Record, Timestamp, Value};
use uuid::Uuid;

use super::setup;

/// More than what tests take for few.
pub(crate) const MORE_THAN_FEW: u128 = 6;

/// Some records of each object that are alike, but for the last, which has what nobody else has.
pub(crate) fn filled(count: u128) -> Vec<Change> {
    let objects = [Object::Account, Object::Contact, Object::Opportunity];
    let made = objects.into_iter().flat_map(|object| {
        let definitions = fields(&setup(), object).into_iter();
        let definitions = definitions.map(|field| Change::CreateField(Arc::new(field)));
        let records = (0..count).map(move |number| record(object, number, number == count - 1));
        let records = records.map(|record| Change::CreateRecord(record.into()));
        definitions.chain(records)
    });
    made.collect()
}

/// A record like others, or one that has what nobody else has.
pub(crate) fn record(object: Object, number: u128, is_rare: bool) -> Record {
    let setup = setup();
    let text = |text: &str| Value::Text(text.to_owned());
    let word = if is_rare { "Zeppelin" } else { "Acme" };
    let at = Timestamp::from_micros(i64::try_from(number).unwrap());
    let own: Values = match object {
        Object::Account => [
            ("domain", text(&format!("d{number}.example.com"))),
            ("name", text(word)),
        ]
        .into(),
        Object::Contact => [
            ("email", text(&format!("p{number}@example.com"))),
            ("full_name", text(word)),
        ]
        .into(),
        _ => [
            ("name", text(word)),
            ("pipeline_id", Value::Id(setup.pipeline.id)),
            ("stage_id", Value::Id(setup.pipeline.stages[0].id)),
            ("owner_id", Value::Id(setup.owner.id)),
            ("deal_size", Value::Number(if is_rare { 1e6 } else { 10.0 })),
            ("close_date", Value::Integer(1_771_286_400)),
            ("next_action_date", Value::Integer(1_771_286_400)),
        ]
        .into(),
    };
    let custom = [
        ("my_string", text(word)),
        ("my_number", Value::Number(if is_rare { 1e6 } else { 10.0 })),
        (
            "my_multi_select",
            Value::Texts(vec!["web".to_owned(), "WEB".to_owned()]),
        ),
    ];
    let custom = custom.map(|(slug, value)| (slug.to_owned(), value));
    Record {
        object,
        id: Uuid::from_u128(1_000_000 * (object as u128 + 1) + number),
        created_at: at,
        updated_at: at,
        deleted_at: None,
        merged_into: None,
        values: own,
        custom: CustomValues::from(custom),
    }
}

pub(crate) fn of(object: Object) -> Draft {
    let is_opportunity = object == Object::Opportunity;
    Draft {
        pipeline_id: is_opportunity.then(|| setup().pipeline.id),
        limit: 2,
        ..Draft::of(object)
    }
}

pub(crate) fn filter(field: &str, operator: &str, value: Input) -> FilterDraft {
    FilterDraft {
        path: "filters.0".to_owned(),
        field: field.to_owned(),
        operator: operator.to_owned(),
        value: Some(value),
    }
}

pub(crate) fn filtered(filters: Vec<FilterDraft>) -> Draft {
    let of_all = of(Object::Opportunity);
    Draft { filters, ..of_all }
}

pub(crate) fn sorted(draft: Draft, field: &str, direction: &str) -> Draft {
    let sort = SortDraft {
        path: "sort.0".to_owned(),
        field: field.to_owned(),
        direction: Some(direction.to_owned()),
    };
    Draft {
        sort: vec![sort],
        ..draft
    }
}

pub(crate) fn text(text: &str) -> Input {
    Input::Text(text.to_owned())
}

/// What one record has and no other does, by every filter that has an index: by which of SQLite, and by which of PostgreSQL.
pub(crate) fn rare() -> Vec<(Draft, &'static str, &'static str)> {
    let ids = |object: Object| Uuid::from_u128(1_000_000 * (object as u128 + 1)).to_string();
    let one = |object, field: &str, operator: &str, value| Draft {
        filters: vec![filter(field, operator, value)],
        ..of(object)
    };
    let deal =
        |field: &str, operator: &str, value| one(Object::Opportunity, field, operator, value);
    let id = |object| text(&ids(object));
    let nobody = || text("0199c0de-0000-7000-8000-000000000000");
    let words = |object| Draft {
        text: Some("zeppelin".to_owned()),
        ..of(object)
    };
    let late = || Input::Number(1e10);
    let several = |values: [&str; 2]| Input::List(values.map(text).into());
    let mut by_stage_and_size = deal("amount", "gt", Input::Number(10.0));
    let of_stage = filter(
        "stage_id",
        "eq",
        text(&setup().pipeline.stages[0].id.to_string()),
    );
    by_stage_and_size.filters.insert(0, of_stage);
    let mut all = vec![
        (
            one(Object::Account, "domain", "eq", text("d1.example.com")),
            "account_by_domain (org=? AND domain=?",
            "account_by_domain",
        ),
        (
            one(Object::Account, "domain", "starts_with", text("d1.")),
            "account_by_domain (org=? AND domain>?",
            "account_by_domain",
        ),
        (
            one(Object::Account, "name", "eq", text("ZEPPELIN")),
            "SEARCH v USING PRIMARY KEY (org=? AND value=?",
            "account_by_name",
        ),
        (
            one(Object::Account, "name", "starts_with", text("zep")),
            "SEARCH v USING PRIMARY KEY (org=? AND value>?",
            "account_by_name",
        ),
        (
            one(Object::Contact, "email", "eq", text("p1@example.com")),
            "contact_by_email (org=? AND email=?",
            "contact_by_email",
        ),
        (
            one(Object::Contact, "name", "eq", text("zeppelin")),
            "SEARCH v USING PRIMARY KEY (org=? AND value=?",
            "contact_by_name",
        ),
        (
            one(Object::Contact, "account_id", "eq", nobody()),
            "contact_by_account (org=? AND account_id=?",
            "contact_by_account",
        ),
        (
            deal("stage_id", "eq", nobody()),
            "opportunity_by_stage (org=? AND pipeline_id=? AND stage_id=?",
            "opportunity_by_stage",
        ),
        (
            deal("stage_name", "eq", text("Won")),
            "opportunity_by_stage (org=? AND pipeline_id=? AND stage_id=?",
            "opportunity_by_stage",
        ),
        (
            deal("owner_id", "eq", nobody()),
            "opportunity_by_owner (org=? AND pipeline_id=? AND owner_id=?",
            "opportunity_by_owner",
        ),
        (
            deal("deal_size", "gt", Input::Number(10.0)),
            "opportunity_by_deal_size (org=? AND pipeline_id=? AND deal_size>?",
            "opportunity_by_deal_size",
        ),
        (
            deal("close_date", "gt", late()),
            "opportunity_by_close_date (org=? AND pipeline_id=? AND close_date>?",
            "opportunity_by_close_date",
        ),
        (
            deal("next_action_date", "gt", late()),
            "opportunity_by_next_action (org=? AND pipeline_id=? AND next_action_date>?",
            "opportunity_by_next_action",
        ),
        (
            deal("account_id", "eq", nobody()),
            "opportunity_by_account (org=? AND account_id=?",
            "opportunity_by_account",
        ),
        (
            deal("contact_id", "eq", nobody()),
            "opportunity_by_contact (org=? AND contact_id=?",
            "opportunity_by_contact",
        ),
        (
            deal("account_domain", "eq", text("d1.example.com")),
            "opportunity_by_account (org=? AND account_id=?",
            "opportunity_by_account",
        ),
        (
            deal("contact_email", "eq", text("p1@example.com")),
            "opportunity_by_contact (org=? AND contact_id=?",
            "opportunity_by_contact",
        ),
        (
            deal("additional_contacts", "contains", nobody()),
            "opportunities_of_contact (org=? AND contact_id=?",
            "opportunities_of_contact",
        ),
        (
            deal("my_string", "eq", text("zeppelin")),
            "custom_value_by_update (org=? AND field=? AND value=?",
            "custom_value_",
        ),
        (
            deal("my_number", "gt", Input::Number(11.0)),
            "custom_value_by_update (org=? AND field=? AND value>?",
            "custom_value_",
        ),
        (
            deal("my_multi_select", "contains", text("nothing")),
            "custom_value_by_update (org=? AND field=? AND value=?",
            "custom_value_",
        ),
        (
            words(Object::Account),
            "VIRTUAL TABLE INDEX",
            "account_text_by_word",
        ),
        (
            words(Object::Contact),
            "VIRTUAL TABLE INDEX",
            "contact_text_by_word",
        ),
        (
            words(Object::Opportunity),
            "VIRTUAL TABLE INDEX",
            "opportunity_text_by_word",
        ),
    ];
    all.extend([
        (
            by_stage_and_size,
            "opportunity_by_deal_size (org=? AND pipeline_id=? AND deal_size>?",
            "opportunity_by_deal_size",
        ),
        (
            deal("my_string", "starts_with", text("ZEP")),
            "(org=? AND field=? AND value>? AND value<?",
            "custom_value_",
        ),
        (
            deal(
                "my_number",
                "in",
                Input::List(vec![Input::Number(1e6), Input::Number(7.0)]),
            ),
            "(org=? AND field=? AND value=?",
            "custom_value_",
        ),
        (
            deal(
                "contact_email",
                "in",
                several(["P1@example.com", "nobody@example.com"]),
            ),
            "opportunity_by_contact (org=? AND contact_id=?",
            "opportunity_by_contact",
        ),
        (
            sorted(
                deal("account_domain", "eq", text("d2.example.com")),
                "name",
                "asc",
            ),
            "opportunity_by_account (org=? AND account_id=?",
            "opportunity_by_account",
        ),
        (
            one(Object::Account, "id", "eq", id(Object::Account)),
            "sqlite_autoindex_account_1 (org=? AND id=?",
            "account_pkey",
        ),
        (
            one(Object::Contact, "created_at", "gt", late()),
            "contact_by_creation (org=? AND created_at>?",
            "contact_by_creation",
        ),
        (
            one(Object::Contact, "updated_at", "gt", late()),
            "contact_by_update (org=? AND updated_at>?",
            "contact_by_update",
        ),
    ]);
    all
}

/// Every order that an index has, of each object.
pub(crate) fn orders() -> Vec<Draft> {
    let of_all: &[&str] = &["updated_at", "created_at", "id"];
    let objects: [(Object, &[&str]); 5] = [
        (Object::Account, &["name", "domain"]),
        (Object::Contact, &["name", "email", "account_id"]),
        (
            Object::Opportunity,
            &[
                "deal_size",
                "close_date",
                "next_action_date",
                "stage_id",
                "owner_id",
                "my_string",
                "my_number",
            ],
        ),
        (Object::Note, &[]),
        (Object::Activity, &[]),
    ];
    let orders = objects.into_iter().flat_map(|(object, own)| {
        let fields = of_all.iter().chain(own);
        fields.map(move |field| sorted(of(object), field, "desc"))
    });
    orders.collect()
}
