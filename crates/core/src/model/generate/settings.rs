//! Random fields, pipelines, stages, members and keys.

use proptest::option;
use proptest::prelude::*;

use uuid::Uuid;

use crate::command::{
    CreateField, CreateKey, CreatePipeline, CreateStage, CreateUser, DeleteStage, FieldKey,
    NewStage, RevokeKey, UpdateField, UpdatePipeline, UpdateStage, UpdateUser,
};
use crate::custom::metadata::{Choice, Metadata};
use crate::custom::{AttributeType, Scope};
use crate::key::KeyScope;
use crate::pipeline::{Role, StageType};
use crate::plan::setup::Setup;
use crate::value::Value;
use crate::{Command, Email, Timestamp};

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

/// A command of an administrator, about what is there from the start or about nothing.
pub(super) fn administration(setup: &Setup) -> impl Strategy<Value = Command> + use<> {
    prop_oneof![
        2 => create_stage(setup).prop_map(|create| Command::CreateStage(Box::new(create))),
        3 => update_stage(setup).prop_map(|update| Command::UpdateStage(Box::new(update))),
        1 => delete_stage(setup).prop_map(Command::DeleteStage),
        1 => create_pipeline().prop_map(|create| Command::CreatePipeline(Box::new(create))),
        1 => update_pipeline(setup).prop_map(|update| Command::UpdatePipeline(Box::new(update))),
        2 => create_user(setup).prop_map(|create| Command::CreateUser(Box::new(create))),
        2 => update_user(setup).prop_map(|update| Command::UpdateUser(Box::new(update))),
        1 => create_key().prop_map(|create| Command::CreateKey(Box::new(create))),
        1 => known_or_not(setup.key.id).prop_map(|id| Command::RevokeKey(RevokeKey { id })),
    ]
}

fn create_stage(setup: &Setup) -> impl Strategy<Value = CreateStage> + use<> {
    let pipeline_id = setup.pipeline.id;
    new_stage().prop_map(move |stage| CreateStage {
        pipeline_id,
        stage,
        ignored: vec![],
    })
}

fn new_stage() -> impl Strategy<Value = NewStage> {
    let label = prop::sample::select(&["Demo", "Trial", "won"]);
    let parts = (label, option::of(1_i64..9), any::<bool>());
    parts.prop_map(|(label, order, is_default)| NewStage {
        label: label.to_owned(),
        color: None,
        order,
        is_default,
        probability: Some(20.0),
        stage_type: StageType::Default,
    })
}

fn stage_id(setup: &Setup) -> impl Strategy<Value = Uuid> + use<> {
    let stages: Vec<Uuid> = setup.pipeline.stages.iter().map(|stage| stage.id).collect();
    prop_oneof![12 => prop::sample::select(stages), 1 => Just(Uuid::max())]
}

fn update_stage(setup: &Setup) -> impl Strategy<Value = UpdateStage> + use<> {
    let label = option::of(prop::sample::select(&["Demo", "Lead", "Trial"]));
    let parts = (
        known_or_not(setup.pipeline.id),
        stage_id(setup),
        label,
        option::of(1_i64..9),
        option::of(any::<bool>()),
        option::of(any::<bool>()),
        option::of(stage_id(setup)),
    );
    parts.prop_map(
        |(pipeline_id, stage_id, label, order, is_default, is_active, move_to_stage_id)| {
            UpdateStage {
                pipeline_id,
                stage_id,
                label: label.map(str::to_owned),
                color: Some(None),
                order,
                is_default,
                probability: None,
                stage_type: None,
                is_active,
                move_to_stage_id,
                ignored: vec![],
            }
        },
    )
}

fn delete_stage(setup: &Setup) -> impl Strategy<Value = DeleteStage> + use<> {
    let pipeline_id = setup.pipeline.id;
    stage_id(setup).prop_map(move |stage_id| DeleteStage {
        pipeline_id,
        stage_id,
    })
}

fn create_pipeline() -> impl Strategy<Value = CreatePipeline> {
    let name = prop::sample::select(&["SALES", "Renewals", "Partners"]);
    let stages = option::of(prop::collection::vec(new_stage(), 1..4));
    (name, any::<bool>(), stages).prop_map(|(name, is_default, stages)| CreatePipeline {
        name: name.to_owned(),
        is_default,
        stages,
        ignored: vec![],
    })
}

fn update_pipeline(setup: &Setup) -> impl Strategy<Value = UpdatePipeline> + use<> {
    let name = option::of(prop::sample::select(&["Sales", "renewals"]));
    let parts = (
        known_or_not(setup.pipeline.id),
        name,
        option::of(any::<bool>()),
    );
    parts.prop_map(|(id, name, is_default)| UpdatePipeline {
        id,
        name: name.map(str::to_owned),
        is_default,
        ignored: vec![],
    })
}

fn role() -> impl Strategy<Value = Role> {
    prop::sample::select(&[Role::Admin, Role::Member])
}

fn address(setup: &Setup) -> impl Strategy<Value = Email> + use<> {
    let own = setup.owner.email.clone();
    prop_oneof![3 => super::email(), 1 => Just(own)]
}

fn create_user(setup: &Setup) -> impl Strategy<Value = CreateUser> + use<> {
    (address(setup), role()).prop_map(|(email, role)| CreateUser {
        email,
        name: None,
        role,
        ignored: vec![],
    })
}

fn update_user(setup: &Setup) -> impl Strategy<Value = UpdateUser> + use<> {
    let parts = (
        known_or_not(setup.owner.id),
        option::of(address(setup)),
        option::of(role()),
        option::of(any::<bool>()),
    );
    parts.prop_map(|(id, email, role, is_active)| UpdateUser {
        id,
        email,
        name: None,
        role,
        is_active,
        ignored: vec![],
    })
}

fn create_key() -> impl Strategy<Value = CreateKey> {
    let scope = prop::sample::select(&KeyScope::ALL);
    let route = || {
        let routes = &["GET /v1/users", "GET /v1/keys"];
        option::of(prop::sample::select(routes)).prop_map(|route| {
            let routes = route.into_iter().map(str::to_owned);
            routes.collect::<Vec<String>>()
        })
    };
    let expires_at = option::of(prop::sample::select(&[0, 9_000_000_000_000_000]));
    let parts = (scope, route(), route(), expires_at, any::<[u8; 32]>());
    parts.prop_map(
        |(scope, routes, routes_of_asker, expires_at, hash)| CreateKey {
            name: "Website".to_owned(),
            scope,
            routes,
            routes_of_asker,
            end_of_asker: None,
            expires_at: expires_at.map(Timestamp::from_micros),
            hash,
            hint: "…".to_owned(),
            ignored: vec![],
        },
    )
}

fn known_or_not(id: Uuid) -> impl Strategy<Value = Uuid> {
    prop_oneof![8 => Just(id), 1 => Just(Uuid::max())]
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
