//! Random fields and stages.

use proptest::option;
use proptest::prelude::*;

use crate::command::{CreateField, CreateStage, FieldKey, UpdateField};
use crate::custom::metadata::{Choice, Metadata};
use crate::custom::{AttributeType, Scope};
use crate::pipeline::StageType;
use crate::plan::setup::Setup;
use crate::value::Value;

pub(super) fn create_field(setup: &Setup) -> impl Strategy<Value = CreateField> + use<> {
    let names = prop::sample::select(&["Seats", "Lead Source", "Grade", "Team"]);
    let slug = option::of(prop::sample::select(&["grade", "team", "seats", "name"]));
    let order = option::of(1_i64..4);
    let parts = (
        scope(setup),
        names,
        attribute_type(),
        slug,
        metadata(),
        order,
        any::<bool>(),
    );
    parts.prop_map(
        |(scope, name, attribute_type, slug, metadata, order, is_hidden)| CreateField {
            scope,
            name: name.to_owned(),
            attribute_type,
            slug: slug.map(str::to_owned),
            metadata,
            order,
            is_hidden,
            ignored: vec![],
        },
    )
}

pub(super) fn update_field(setup: &Setup) -> impl Strategy<Value = UpdateField> + use<> {
    let slug = prop::sample::select(&["seats", "lead_source", "grade", "team", "name"]);
    let name = option::of(prop::sample::select(&["Seats", "Places"]));
    let attribute_type = option::weighted(0.8, attribute_type());
    let metadata = option::of(metadata());
    let parts = (
        scope(setup),
        slug,
        name,
        attribute_type,
        metadata,
        option::of(any::<bool>()),
    );
    parts.prop_map(
        |(scope, slug, name, attribute_type, metadata, is_hidden)| UpdateField {
            scope,
            key: FieldKey::Slug(slug.to_owned()),
            key_path: "property_name",
            slug: None,
            name: name.map(str::to_owned),
            attribute_type,
            metadata,
            order: None,
            is_hidden,
            ignored: vec![],
        },
    )
}

pub(super) fn create_stage(setup: &Setup) -> impl Strategy<Value = CreateStage> + use<> {
    let pipeline_id = setup.pipeline.id;
    let label = prop::sample::select(&["Demo", "Trial", "won"]);
    let parts = (label, option::of(1_i64..9), any::<bool>());
    parts.prop_map(move |(label, order, is_default)| CreateStage {
        pipeline_id,
        label: label.to_owned(),
        color: None,
        order,
        is_default,
        probability: Some(20.0),
        stage_type: StageType::Default,
        ignored: vec![],
    })
}

fn scope(setup: &Setup) -> impl Strategy<Value = Scope> + use<> {
    let of_pipeline = Scope::Opportunities(setup.pipeline.id);
    prop::sample::select(vec![Scope::Accounts, Scope::Contacts, of_pipeline])
}

fn attribute_type() -> impl Strategy<Value = AttributeType> {
    prop::sample::select(AttributeType::all().collect::<Vec<_>>())
}

fn metadata() -> impl Strategy<Value = Metadata> {
    let options = [("Web", "web"), ("12", "twelve"), ("a", "b")].map(|(label, value)| Choice {
        label: label.to_owned(),
        value: value.to_owned(),
        color: Some("#fff".to_owned()),
    });
    let metadata = Metadata {
        options: options.into(),
        rest: [("max".to_owned(), Value::Number(20.0))].into(),
    };
    prop_oneof![1 => Just(Metadata::default()), 3 => Just(metadata)]
}
