use super::{ids, now, setup};
use crate::Faults;
use crate::command::{Command, CreateField, FieldKey, UpdateField};
use crate::custom::{AttributeType, FIELDS_MAX, Metadata, Scope};
use crate::facts::HOLDERS_MAX;
use crate::model::Model;
use crate::object::Object;
use crate::outcome::Outcome;
use crate::plan::{Item, Mode};
use crate::value::{CustomValues, Value, Values};
use crate::{Change, Record};

fn create(name: &str) -> Command {
    Command::CreateField(Box::new(CreateField {
        scope: Scope::Accounts,
        name: name.to_owned(),
        attribute_type: AttributeType::String,
        slug: None,
        metadata: Metadata::default(),
        order: None,
        is_hidden: false,
        ignored: vec![],
    }))
}

fn change_type(slug: &str, attribute_type: AttributeType) -> Command {
    Command::UpdateField(Box::new(UpdateField {
        scope: Scope::Accounts,
        key: FieldKey::Slug(slug.to_owned()),
        key_path: "property_name",
        slug: None,
        name: None,
        attribute_type: Some(attribute_type),
        metadata: None,
        order: None,
        is_hidden: None,
        ignored: vec![],
    }))
}

fn write(model: &mut Model, command: Command) -> Result<Outcome, Faults> {
    let faults = Faults::default();
    let command = Some(command);
    let items = [Item { command, faults }];
    let mut fresh = ids();
    // Ids that no earlier write gave.
    let mut mint = || uuid::Uuid::from_u128(fresh().as_u128() << 40);
    let results = model.write(&items, Mode::Whole, now(), &mut mint);
    results.unwrap().pop().unwrap()
}

/// A model in which so many accounts hold a text in `seats`.
fn with_holders(count: usize) -> Model {
    let mut model = Model::new(&setup());
    write(&mut model, create("Seats")).unwrap();
    let mut ids = ids();
    for number in 0..count {
        let domain = Value::Text(format!("a{number}.com"));
        model.apply(&Change::CreateRecord(std::sync::Arc::new(Record {
            object: Object::Account,
            id: ids(),
            created_at: now(),
            updated_at: now(),
            values: Values::from([("domain", domain)]),
            deleted_at: None,
            merged_into: None,
            custom: CustomValues::from([("seats".to_owned(), Value::Text("12".to_owned()))]),
        })));
    }
    model
}

#[test]
fn values_are_converted_up_to_a_limit() {
    let mut model = with_holders(HOLDERS_MAX);
    let all = write(&mut model, change_type("seats", AttributeType::Number));
    let mut model_of_more = with_holders(HOLDERS_MAX + 1);
    let more = write(
        &mut model_of_more,
        change_type("seats", AttributeType::Number),
    );

    assert!(all.is_ok());
    let twelve = Value::Number(12.0);
    assert!(
        model
            .records()
            .all(|record| record.custom["seats"] == twelve)
    );
    let faults = format!("{:?}", more.unwrap_err());
    assert!(faults.contains("more than 10000 records"), "{faults}");
}

#[test]
fn a_field_becomes_team_members_only_while_nothing_holds_it() {
    let mut empty = with_holders(0);
    let mut held = with_holders(1);

    let becomes = write(&mut empty, change_type("seats", AttributeType::TeamMembers));
    let stays = write(&mut held, change_type("seats", AttributeType::TeamMembers));

    assert!(becomes.is_ok());
    assert!(stays.is_err());
}

#[test]
fn there_are_never_more_fields_than_may_be() {
    let mut model = Model::new(&setup());
    let faults = Faults::default();
    let items = (0..=FIELDS_MAX).map(|number| Item {
        command: Some(create(&format!("Field {number}"))),
        faults: faults.clone(),
    });
    let items: Vec<Item> = items.collect();

    let results = model.write(&items, Mode::Partial, now(), &mut ids());

    let refused = results
        .unwrap()
        .iter()
        .filter(|result| result.is_err())
        .count();
    assert_eq!(refused, 1);
}
