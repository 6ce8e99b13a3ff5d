use uuid::Uuid;

use super::{ids, now, setup};
use crate::command::{DeleteRecord, MergeRecords, NamedIn, ResolveAccount, RestoreRecord, Target};
use crate::model::{Model, needs_of};
use crate::plan::{Item, Mode, plan};
use crate::{Command, Object, Outcome};

fn account(domain: &str) -> Item {
    Item::from(Command::ResolveAccount(Box::new(ResolveAccount {
        domain: domain.parse().unwrap(),
        values: Default::default(),
        attributes: Default::default(),
    })))
}

fn target(id: Uuid) -> Target {
    Target {
        object: Object::Account,
        id,
        named_in: NamedIn::Path,
        versions: None,
    }
}

fn delete(id: Uuid) -> Item {
    let target = target(id);
    Item::from(Command::DeleteRecord(Box::new(DeleteRecord { target })))
}

fn restore(id: Uuid) -> Item {
    let target = target(id);
    Item::from(Command::RestoreRecord(Box::new(RestoreRecord { target })))
}

fn merge(into: Uuid, from: Uuid) -> Item {
    let (target, from) = (target(into), vec![from]);
    Item::from(Command::MergeRecords(Box::new(MergeRecords {
        target,
        from,
    })))
}

/// Does the items one by one; the id of the account that the last one found or made.
fn write(model: &mut Model, mint: &mut dyn FnMut() -> Uuid, items: &[Item]) -> Option<Uuid> {
    let mut last = None;
    for item in items {
        let item = std::slice::from_ref(item);
        let result = model
            .write(item, Mode::Whole, now(), mint)
            .unwrap()
            .remove(0);
        last = account_of(&result.unwrap());
    }
    last
}

fn account_of(outcome: &Outcome) -> Option<Uuid> {
    match outcome {
        Outcome::Account(resolution) => Some(resolution.record.id),
        _ => None,
    }
}

#[test]
fn a_merged_domain_leads_to_the_survivor_again_once_its_new_holder_is_gone() {
    let (mut model, mut mint) = (Model::new(&setup()), ids());
    let survivor = write(&mut model, &mut mint, &[account("survivor.com")]).unwrap();
    let merged = write(&mut model, &mut mint, &[account("merged.com")]).unwrap();
    let way = [
        merge(survivor, merged),
        delete(survivor),
        account("merged.com"),
    ];
    let holder = write(&mut model, &mut mint, &way).unwrap();
    write(&mut model, &mut mint, &[restore(survivor)]);
    let (gone, asked) = ([delete(holder)], [account("merged.com")]);

    // In one group: the facts are loaded while the new holder is there.
    let mut facts = model.facts(&needs_of(&[gone.clone(), asked.clone()].concat()));
    plan(&gone, Mode::Whole, &mut facts, now(), &mut mint).unwrap();
    let grouped = plan(&asked, Mode::Whole, &mut facts, now(), &mut mint).unwrap();
    write(&mut model, &mut mint, &gone);
    let single = write(&mut model, &mut mint, &asked);

    assert_ne!(holder, survivor);
    assert_eq!(single, Some(survivor));
    assert_eq!(account_of(grouped.results[0].as_ref().unwrap()), single);
}
