use proptest::prelude::*;
use uuid::Uuid;

use super::{now, setup};
use crate::activity::TYPES;
use crate::command::{Command, CreateEntry, Reference};
use crate::model::Model;
use crate::outcome::{EntryCreated, How, Outcome};
use crate::plan::{Item, Mode};
use crate::value::{Value, Values};
use crate::{Faults, Object, Record, Timestamp};

fn entry(object: Object) -> CreateEntry {
    CreateEntry {
        object,
        values: Values::new(),
        created_at: None,
        domains: vec![],
        emails: vec![],
        participants: vec![],
        records: vec![],
        ignored: vec![],
    }
}

fn note() -> CreateEntry {
    let content = Value::Text("They like it".to_owned());
    CreateEntry {
        values: [("content", content)].into(),
        ..entry(Object::Note)
    }
}

/// An activity with somebody at `acme.com`, at this many days from now.
fn activity(activity_type: &str, days: i64) -> CreateEntry {
    let activity_type = Value::Text(activity_type.to_owned());
    CreateEntry {
        values: [("activity_type", activity_type)].into(),
        created_at: Some(at(days)),
        participants: vec!["jane@acme.com".parse().unwrap()],
        ..entry(Object::Activity)
    }
}

fn at(days: i64) -> Timestamp {
    Timestamp::from_micros(now().as_micros() + days * 86_400_000_000)
}

fn write(model: &mut Model, create: CreateEntry) -> Result<EntryCreated, Faults> {
    let items = [Item {
        command: Some(Command::CreateEntry(Box::new(create))),
        faults: Faults::default(),
    }];
    // Ids that no earlier write gave.
    let mut next = (model.records().count() as u128 + 1) << 32;
    let mut mint = || {
        next += 1;
        Uuid::from_u128(next)
    };
    let mut results = model.write(&items, Mode::Whole, now(), &mut mint).unwrap();
    match results.pop().unwrap()? {
        Outcome::Entry(created) => Ok(*created),
        other => panic!("{other:?}"),
    }
}

fn of<'a>(model: &'a Model, object: Object, key: &str) -> &'a Record {
    let mut records = model.records();
    let field = match object {
        Object::Account => "domain",
        _ => "email",
    };
    let found = records.find(|record| record.object == object && record.text(field) == key);
    found.unwrap()
}

/// The interaction dates of a record, in days from now.
fn dates(record: &Record) -> Vec<(&'static str, i64)> {
    let values = record.values.iter();
    let dates = values.filter_map(|(field, value)| match value {
        Value::Time(time) => {
            let micros = time.as_micros() - now().as_micros();
            Some((*field, micros / 86_400_000_000))
        }
        _ => None,
    });
    dates.collect()
}

#[test]
fn a_note_makes_the_account_and_the_contact_it_names_once() {
    let mut model = Model::new(&setup());
    let create = || CreateEntry {
        domains: vec!["acme.com".parse().unwrap(), "acme.com".parse().unwrap()],
        emails: vec!["jane@acme.com".parse().unwrap()],
        ..note()
    };

    let first = write(&mut model, create()).unwrap();
    let again = write(&mut model, create()).unwrap();

    let hows = |created: &EntryCreated| {
        let accounts = created.accounts.iter().map(|(_, how)| *how);
        let contacts = created.contacts.iter().map(|(_, how)| *how);
        accounts.chain(contacts).collect::<Vec<_>>()
    };
    assert_eq!(hows(&first), [How::Created, How::Created]);
    assert_eq!(hows(&again), [How::Matched, How::Matched]);
    let jane = of(&model, Object::Contact, "jane@acme.com");
    let acme = of(&model, Object::Account, "acme.com");
    assert_eq!(again.record.references("account_ids"), [acme.id]);
    assert_eq!(again.record.references("contact_ids"), [jane.id]);
    assert_eq!(jane.reference("account_id"), Some(acme.id));
}

#[test]
fn a_note_moves_no_dates_and_is_not_on_the_account_of_its_contact() {
    let mut model = Model::new(&setup());
    let create = CreateEntry {
        emails: vec!["jane@acme.com".parse().unwrap()],
        ..note()
    };

    let created = write(&mut model, create).unwrap();

    assert!(created.accounts.is_empty());
    assert!(dates(of(&model, Object::Contact, "jane@acme.com")).is_empty());
}

#[test]
fn an_id_finds_a_record_of_its_kind_only() {
    let mut model = Model::new(&setup());
    write(&mut model, activity("CALL", -1)).unwrap();
    let jane = of(&model, Object::Contact, "jane@acme.com").id;
    let named = |object: Object, id: Uuid| CreateEntry {
        records: vec![Reference {
            path: "contact_ids.0".to_owned(),
            object,
            id,
        }],
        ..note()
    };

    let good = write(&mut model, named(Object::Contact, jane)).unwrap();
    let of_another_kind = write(&mut model, named(Object::Account, jane)).unwrap_err();
    let nobodys = write(&mut model, named(Object::Opportunity, Uuid::max())).unwrap_err();

    assert_eq!(good.record.references("contact_ids"), [jane]);
    let message = |faults: &Faults| faults.by_path()["contact_ids.0"].join("; ");
    assert_eq!(
        message(&of_another_kind),
        format!("names no account: '{jane}'")
    );
    let id = Uuid::max();
    assert_eq!(message(&nobodys), format!("names no opportunity: '{id}'"));
}

#[test]
fn an_activity_is_on_the_account_of_its_contact_even_when_that_is_named_by_id() {
    let mut model = Model::new(&setup());
    write(&mut model, activity("CALL", -3)).unwrap();
    let jane = of(&model, Object::Contact, "jane@acme.com").id;
    let by_id = CreateEntry {
        participants: vec![],
        records: vec![Reference {
            path: "contact_id".to_owned(),
            object: Object::Contact,
            id: jane,
        }],
        ..activity("CALL", -2)
    };

    let created = write(&mut model, by_id).unwrap();

    let acme = of(&model, Object::Account, "acme.com");
    assert_eq!(created.record.references("account_ids"), [acme.id]);
    assert_eq!(dates(acme), [("last_interaction", -2)]);
}

#[test]
fn a_member_who_takes_part_is_our_own_side_and_no_contact() {
    let setup = setup();
    let mut model = Model::new(&setup);
    let mut create = activity("MEETING", -1);
    create.participants.push(setup.owner.email);

    let created = write(&mut model, create).unwrap();

    assert_eq!(created.contacts.len(), 1);
    let contacts = model
        .records()
        .filter(|record| record.object == Object::Contact);
    assert_eq!(contacts.count(), 1);
}

#[test]
fn each_kind_of_activity_moves_its_own_dates() {
    for (activity_type, expected) in [
        (
            "EMAIL",
            &[
                ("first_email_interaction", -4),
                ("last_email_interaction", -4),
                ("last_interaction", -4),
            ][..],
        ),
        (
            "IN_PERSON_MEETING",
            &[
                ("first_meeting_interaction", -4),
                ("last_interaction", -4),
                ("last_meeting_interaction", -4),
            ],
        ),
        ("EMAIL_OPEN", &[("last_interaction", -4)]),
        ("OTHER", &[("last_interaction", -4)]),
    ] {
        let mut model = Model::new(&setup());

        write(&mut model, activity(activity_type, -4)).unwrap();

        let acme = of(&model, Object::Account, "acme.com");
        assert_eq!(dates(acme), expected, "{activity_type}");
        let jane = of(&model, Object::Contact, "jane@acme.com");
        assert_eq!(dates(jane), expected, "{activity_type}");
    }
}

#[test]
fn the_next_meeting_is_the_earliest_to_come_and_nothing_has_happened_yet() {
    let mut model = Model::new(&setup());

    for (activity_type, days) in [("MEETING", 9), ("MEETING", 4), ("MEETING", 7), ("CALL", 2)] {
        write(&mut model, activity(activity_type, days)).unwrap();
    }

    let acme = of(&model, Object::Account, "acme.com");
    assert_eq!(dates(acme), [("next_meeting", 4)]);
}

#[test]
fn a_next_meeting_that_is_over_gives_way() {
    let past = Values::from([("next_meeting", Value::Time(at(-1)))]);
    let account = Record {
        object: Object::Account,
        id: Uuid::nil(),
        created_at: now(),
        updated_at: now(),
        deleted_at: None,
        merged_into: None,
        values: past,
        custom: [].into(),
    };

    let moved = crate::activity::moved_dates(&account, "MEETING", at(5), now());

    assert_eq!(moved, [("next_meeting", Value::Time(at(5)))].into());
}

fn any_activities() -> impl Strategy<Value = Vec<(&'static str, i64)>> {
    prop::collection::vec((prop::sample::select(TYPES), -9..9_i64), 1..8)
}

proptest! {
    /// In whatever order activities are recorded, the dates end up the same.
    #[test]
    fn the_order_of_recording_does_not_matter(
        (one, other) in any_activities().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        let recorded = |activities: &[(&str, i64)]| {
            let mut model = Model::new(&setup());
            for (activity_type, days) in activities {
                write(&mut model, activity(activity_type, *days)).unwrap();
            }
            let acme = dates(of(&model, Object::Account, "acme.com"));
            (acme, dates(of(&model, Object::Contact, "jane@acme.com")))
        };

        prop_assert_eq!(recorded(&one), recorded(&other));
    }

    /// The dates are those of the earliest and the latest activity of each kind that has happened.
    #[test]
    fn the_dates_are_the_first_and_the_last_of_what_happened(activities in any_activities()) {
        let mut model = Model::new(&setup());
        for (activity_type, days) in &activities {
            write(&mut model, activity(activity_type, *days)).unwrap();
        }

        let found = dates(of(&model, Object::Contact, "jane@acme.com"));

        let past = || activities.iter().filter(|(_, days)| *days <= 0);
        let of_kinds = |kinds: &'static [&str]| {
            past().filter(|(kind, _)| kinds.contains(kind)).map(|(_, days)| *days)
        };
        let (emails, meetings) = (|| of_kinds(&["EMAIL"]), || of_kinds(&["MEETING", "IN_PERSON_MEETING"]));
        let to_come = activities.iter().filter(|(kind, days)| kind.contains("MEETING") && *days > 0);
        let expected = [
            ("first_email_interaction", emails().min()),
            ("first_meeting_interaction", meetings().min()),
            ("last_email_interaction", emails().max()),
            ("last_interaction", past().map(|(_, days)| *days).max()),
            ("last_meeting_interaction", meetings().max()),
            ("next_meeting", to_come.map(|(_, days)| *days).min()),
        ];
        let expected: Vec<_> = expected.into_iter().filter_map(|(field, days)| Some((field, days?))).collect();
        prop_assert_eq!(found, expected);
    }
}
