use uuid::Uuid;

use super::{ids, now, setup};
use crate::command::{Attributes, Command, CreateOpportunity, OwnerKey, ResolveContact, StageKey};
use crate::facts::{Facts, Needs};
use crate::model::Model;
use crate::outcome::{How, OpportunityCreated, Outcome};
use crate::pipeline::UnknownAttributes;
use crate::plan::{Item, Mode, plan};
use crate::value::{Value, Values};
use crate::{Change, Faults};

fn opportunity() -> CreateOpportunity {
    CreateOpportunity {
        pipeline_id: setup().pipeline.id,
        values: Values::new(),
        stage: Default::default(),
        account_domain: None,
        primary_contact_email: None,
        additional_contact_emails: vec![],
        owner: Default::default(),
        attributes: Attributes::default(),
    }
}

fn item(command: Command) -> Item {
    Item {
        command: Some(command),
        faults: Faults::default(),
    }
}

fn write(model: &mut Model, create: CreateOpportunity) -> Result<OpportunityCreated, Faults> {
    let items = [item(Command::CreateOpportunity(Box::new(create)))];
    // Ids that no earlier write gave.
    let mut next = (model.records().count() as u128 + 1) << 32;
    let mut mint = || {
        next += 1;
        Uuid::from_u128(next)
    };
    let mut results = model.write(&items, Mode::Whole, now(), &mut mint).unwrap();
    match results.pop().unwrap()? {
        Outcome::Opportunity(created) => Ok(*created),
        other => panic!("{other:?}"),
    }
}

fn name_of(created: &OpportunityCreated) -> &str {
    created.view.record.text("name")
}

#[test]
fn an_opportunity_is_named_after_what_is_known_of_it() {
    let mut model = Model::new(&setup());
    let of_domain = CreateOpportunity {
        account_domain: "blue-ocean.co.uk".parse().ok(),
        ..opportunity()
    };
    let of_person = CreateOpportunity {
        primary_contact_email: "jane@gmail.com".parse().ok(),
        ..opportunity()
    };

    let names =
        [of_domain, of_person, opportunity()].map(|create| write(&mut model, create).unwrap());

    assert_eq!(
        names.each_ref().map(name_of),
        ["Blue Ocean", "jane@gmail.com", "New opportunity"]
    );
}

#[test]
fn without_a_domain_the_account_is_that_of_the_primary_contact() {
    let mut model = Model::new(&setup());
    let create = CreateOpportunity {
        primary_contact_email: "jane@acme.com".parse().ok(),
        ..opportunity()
    };

    let created = write(&mut model, create).unwrap();

    assert_eq!(created.view.account.unwrap().domain, "acme.com");
    assert_eq!(created.account, Some(How::Created));
}

#[test]
fn a_contact_at_a_public_mail_provider_gets_the_opportunitys_account() {
    let mut model = Model::new(&setup());
    let create = CreateOpportunity {
        account_domain: "acme.com".parse().ok(),
        primary_contact_email: "jane@gmail.com".parse().ok(),
        ..opportunity()
    };

    let created = write(&mut model, create).unwrap();

    let account = created.view.account.unwrap();
    let jane = model
        .records()
        .find(|record| record.text("email") == "jane@gmail.com")
        .unwrap();
    assert_eq!(jane.reference("account_id"), Some(account.id));
    assert!(
        model
            .records()
            .all(|record| record.text("domain") != "gmail.com")
    );
}

#[test]
fn a_contact_keeps_the_account_it_has() {
    let mut model = Model::new(&setup());
    let at = |domain: &str| CreateOpportunity {
        account_domain: domain.parse().ok(),
        primary_contact_email: "jane@gmail.com".parse().ok(),
        ..opportunity()
    };

    let first = write(&mut model, at("acme.com")).unwrap();
    let second = write(&mut model, at("other.com")).unwrap();

    let jane = model
        .records()
        .find(|record| record.text("email") == "jane@gmail.com")
        .unwrap();
    assert_eq!(
        jane.reference("account_id"),
        first.view.account.map(|account| account.id)
    );
    assert_eq!(second.primary_contact, Some(How::Matched));
}

#[test]
fn the_stage_is_the_default_unless_it_is_named_whatever_its_case() {
    let mut model = Model::new(&setup());
    let named = |name: &str| CreateOpportunity {
        stage: StageKey {
            id: None,
            name: Some(name.to_owned()),
        },
        ..opportunity()
    };

    let default = write(&mut model, opportunity()).unwrap();
    let won = write(&mut model, named("  wON ")).unwrap();
    let nowhere = write(&mut model, named("Nowhere")).unwrap_err();

    assert_eq!(
        (default.view.stage_name.as_str(), default.stage),
        ("Lead", How::Default)
    );
    assert_eq!(
        (won.view.stage_name.as_str(), won.stage),
        ("Won", How::Matched)
    );
    let message = &nowhere.by_path()["opportunity.stage_name"][0];
    assert!(message.contains("'Lead', 'Qualified'"), "{message}");
}

#[test]
fn an_owner_by_id_and_another_by_address_are_refused() {
    let mut model = Model::new(&setup());
    let owner = setup().owner;
    let stranger = || "stranger@example.com".parse().ok();

    let agreed = CreateOpportunity {
        owner: OwnerKey {
            id: Some(owner.id),
            email: Some(owner.email),
        },
        ..opportunity()
    };
    let unknown = CreateOpportunity {
        owner: OwnerKey {
            id: Some(owner.id),
            email: stranger(),
        },
        ..opportunity()
    };

    assert!(write(&mut model, agreed).is_ok());
    let faults = write(&mut model, unknown).unwrap_err();
    assert!(faults.by_path().contains_key("related_objects.owner_email"));
}

#[test]
fn a_strict_organisation_refuses_unknown_attributes_and_names_the_nearest() {
    let mut model = Model::new(&setup());
    let with = |key: &str| {
        let attribute = crate::command::Attribute {
            key: key.to_owned(),
            value: Some(Value::Number(1.0)),
        };
        let kept = [(format!("opportunity.custom_attributes.{key}"), attribute)].into();
        CreateOpportunity {
            attributes: Attributes {
                kept,
                ..Attributes::default()
            },
            ..opportunity()
        }
    };
    write(&mut model, with("seats")).unwrap();
    let (before, after) = (UnknownAttributes::Create, UnknownAttributes::Refuse);
    model.apply(&Change::UpdateOrganization {
        id: setup().organization.id,
        before,
        after,
    });

    assert!(write(&mut model, with("seats")).is_ok());
    let faults = write(&mut model, with("saets")).unwrap_err();

    let message = &faults.by_path()["opportunity.custom_attributes.saets"][0];
    assert_eq!(message, "names no field; did you mean 'seats'?");
}

#[test]
fn another_contacts_address_cannot_be_claimed() {
    let mut model = Model::new(&setup());
    let contact = |email: &str, others: &[&str]| {
        let others = others.iter().map(|other| (*other).to_owned()).collect();
        let values = Values::from([("other_emails", Value::Texts(others))]);
        let (email, attributes) = (email.parse().unwrap(), Attributes::default());
        [item(Command::ResolveContact(Box::new(ResolveContact {
            email,
            values,
            attributes,
        })))]
    };
    let mut ids = ids();
    let mut resolve = |items: [Item; 1]| {
        model
            .write(&items, Mode::Whole, now(), &mut ids)
            .unwrap()
            .pop()
            .unwrap()
    };

    let jane = resolve(contact("jane@acme.com", &["j@acme.com"])).unwrap();
    let same = resolve(contact("j@acme.com", &[])).unwrap();
    let bob = resolve(contact("bob@acme.com", &["bob@acme.com", "j@acme.com"])).unwrap_err();

    let (Outcome::Contact(jane), Outcome::Contact(same)) = (jane, same) else {
        panic!("contacts");
    };
    assert_eq!(jane.record.id, same.record.id);
    assert!(bob.by_path().contains_key("other_emails.1"));
}

#[test]
fn asking_for_what_was_not_loaded_stops_the_request() {
    let items = [item(Command::CreateOpportunity(Box::new(opportunity())))];
    let mut facts = Facts::absent(&Needs::default(), UnknownAttributes::Create);

    let planned = plan(&items, Mode::Whole, &mut facts, now(), &mut ids());

    assert!(planned.unwrap_err().to_string().contains("was not loaded"));
}
