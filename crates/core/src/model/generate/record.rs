//! Random changes to records that may be there: to change, delete, restore, merge.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use super::{domain, email};
use crate::command::{
    Attribute, DeleteRecord, Link, MergeRecords, NamedIn, OwnerKey, RestoreRecord, Sent, StageKey,
    Target, UpdateRecord,
};
use crate::plan::Item;
use crate::plan::setup::Setup;
use crate::value::Value;
use crate::{Command, Object};

/// Ids below this stand for records by their number; those that a plan of the tests mints are among them.
const NUMBERS_MAX: u128 = 24;

pub(super) fn command(setup: &Setup) -> impl Strategy<Value = Command> + use<> {
    prop_oneof![
        4 => update(setup).prop_map(|update| Command::UpdateRecord(Box::new(update))),
        2 => target().prop_map(|target| Command::DeleteRecord(Box::new(DeleteRecord { target }))),
        2 => target().prop_map(|target| Command::RestoreRecord(Box::new(RestoreRecord { target }))),
        2 => merge().prop_map(|merge| Command::MergeRecords(Box::new(merge))),
    ]
}

pub(super) fn number() -> impl Strategy<Value = Uuid> {
    (1..NUMBERS_MAX).prop_map(Uuid::from_u128)
}

fn target() -> impl Strategy<Value = Target> {
    let named_in = select(&[NamedIn::Path, NamedIn::Body]);
    let target = (select(&Object::ALL), number(), named_in);
    target.prop_map(|(object, id, named_in)| Target {
        object,
        id,
        named_in,
        versions: None,
    })
}

fn merge() -> impl Strategy<Value = MergeRecords> {
    let object = select(&[Object::Account, Object::Contact]);
    let merge = (target(), object, vec(number(), 1..3));
    merge.prop_map(|(target, object, from)| MergeRecords {
        target: Target { object, ..target },
        from,
    })
}

fn update(setup: &Setup) -> impl Strategy<Value = UpdateRecord> + use<> {
    let account = option::of(link(domain()));
    let contact = option::of(link(email()));
    let others = option::of(vec(link(email()), 0..3));
    let stage_name = option::of(select(&["won", "WON ", "Qualified", "Nowhere"]));
    let owner = option::of(option::of(Just(setup.owner.id)));
    let values = (name(), domain(), email(), option::of(vec(email(), 1..3)));
    let slugs = select(&["seats", "custom__lead_source", "grade"]);
    let value = option::of(select(&["web", "12", "2026-05-25"]));
    let custom = option::weighted(0.15, (slugs, value));
    let which = any::<[bool; 3]>();
    let about = select(&["account_ids", "contact_ids", "opportunity_ids"]);
    let about = btree_map(about, vec(number(), 0..3), 0..3);
    let links = (account, contact, others, stage_name, owner, about);
    (target(), values, which, links, custom).prop_map(|(target, values, which, links, custom)| {
        let (account, contact, others, stage_name, owner, mut about) = links;
        about.retain(|_, _| target.object.is_on_timelines());
        let is_opportunity = target.object == Object::Opportunity;
        let sent = |path| move |value| Sent { path, value };
        let account = account.map(|link| Sent {
            path: "account_id",
            value: link,
        });
        UpdateRecord {
            values: system_values(target.object, values, which),
            account: account.filter(|_| target.object.field("account_id").is_some()),
            contact: contact
                .filter(|_| is_opportunity)
                .map(sent("opportunity_contact")),
            others: others.filter(|_| is_opportunity).map(|value| Sent {
                path: "opportunity_other_stakeholders",
                value,
            }),
            links: about,
            stage: StageKey {
                id: None,
                name: stage_name.map(str::to_owned),
            },
            owner: owner.map(|id| OwnerKey { id, email: None }),
            custom: custom
                .map(|(key, value)| {
                    let value = value.map(|text| Value::Text(text.to_owned()));
                    let key = key.to_owned();
                    (key.clone(), Attribute { key, value })
                })
                .into_iter()
                .collect(),
            target,
        }
    })
}

type SystemValues = std::collections::BTreeMap<&'static str, Option<Value>>;

/// Values that the object has, as far as `which` says.
fn system_values(
    object: Object,
    (names, domain, email, others): (
        SystemValues,
        crate::DomainName,
        crate::Email,
        Option<Vec<crate::Email>>,
    ),
    which: [bool; 3],
) -> SystemValues {
    let mut values = names;
    values.retain(|name, _| object.field(name).is_some());
    let keys = which[0] && which[1];
    match object {
        Object::Account if keys => {
            values.insert("domain", Some(Value::Text(domain.to_string())));
        }
        Object::Contact => {
            if keys {
                values.insert("email", Some(Value::Text(email.to_string())));
            }
            if which[2] {
                let others = others
                    .map(|emails| Value::Texts(emails.iter().map(ToString::to_string).collect()));
                values.insert("other_emails", others);
            }
        }
        _ => {}
    }
    values
}

fn name() -> impl Strategy<Value = SystemValues> {
    let text = option::of(select(&["One", "Zwölf"]));
    let text = text.prop_map(|text| text.map(|text| Value::Text(text.to_owned())));
    let fields = select(&["name", "full_name", "next_steps", "title", "content"]);
    btree_map(fields, text, 0..3)
}

fn link<Key: Clone + std::fmt::Debug + 'static>(
    key: impl Strategy<Value = Key> + 'static,
) -> impl Strategy<Value = Link<Key>> {
    prop_oneof![
        1 => Just(Link::Nothing),
        2 => number().prop_map(Link::Id),
        2 => key.prop_map(Link::Key),
    ]
}

/// Puts ids in place of numbers: a number stands for the record of that place in `ids`, of its object.
pub fn bind(items: &mut [Item], ids: &dyn Fn(Object) -> Vec<Uuid>) {
    let bound = |object: Object, id: &mut Uuid| {
        let is_number = id.as_u128() < NUMBERS_MAX;
        let known = ids(object);
        let number = usize::try_from(id.as_u128()).unwrap_or(usize::MAX);
        if let Some(known) = known.get(number % (known.len() + 1)).filter(|_| is_number) {
            *id = *known;
        }
    };
    let target = |target: &mut Target| bound(target.object, &mut target.id);
    for command in items.iter_mut().filter_map(|item| item.command.as_mut()) {
        match command {
            Command::UpdateRecord(update) => {
                target(&mut update.target);
                if let Some(Link::Id(id)) = update.account.as_mut().map(|sent| &mut sent.value) {
                    bound(Object::Account, id);
                }
                for (field, object) in update.target.object.references() {
                    let ids = update.links.get_mut(field).into_iter().flatten();
                    ids.for_each(|id| bound(*object, id));
                }
                let contact = update.contact.as_mut().map(|sent| &mut sent.value);
                let others = update.others.as_mut().map(|sent| sent.value.iter_mut());
                for link in contact.into_iter().chain(others.into_iter().flatten()) {
                    if let Link::Id(id) = link {
                        bound(Object::Contact, id);
                    }
                }
            }
            Command::CreateEntry(create) => {
                let named = create.records.iter_mut();
                named.for_each(|named| bound(named.object, &mut named.id));
            }
            Command::DeleteRecord(delete) => target(&mut delete.target),
            Command::RestoreRecord(restore) => target(&mut restore.target),
            Command::MergeRecords(merge) => {
                target(&mut merge.target);
                let object = merge.target.object;
                merge.from.iter_mut().for_each(|id| bound(object, id));
            }
            _ => {}
        }
    }
}
