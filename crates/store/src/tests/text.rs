//! Opportunities are found by the texts that what they refer to has now, whenever it came to have them.

use std::sync::Arc;

use lanekeeper_core::model::generate::search::records;
use lanekeeper_core::query::Draft;
use lanekeeper_core::{Change, Object, Record, Value};
use proptest::prelude::*;

use super::search::{ids, modelled, pages, query};
use super::{TestStore, law, setup};

/// Most accounts and contacts get names of their own, some of them twice.
fn renamed(changes: &[Change]) -> Vec<Change> {
    let records = changes.iter().filter_map(|change| match change {
        Change::CreateRecord(record) => Some(record),
        _ => None,
    });
    let named = records.enumerate().filter_map(|(number, record)| {
        let field = match record.object {
            Object::Account => "name",
            Object::Contact => "last_name",
            Object::Opportunity | Object::Note | Object::Activity => return None,
        };
        let names = (0..number % 3).map(move |time| format!("Renamed{number}x{time}"));
        let versions = names.scan(Arc::clone(record), move |before, name| {
            let mut after = Record::clone(before);
            after.values.insert(field, Value::Text(name));
            let after = Arc::new(after);
            let before = std::mem::replace(before, Arc::clone(&after));
            Some(Change::UpdateRecord { before, after })
        });
        Some(versions.collect::<Vec<_>>())
    });
    named.flatten().collect()
}

/// Every other opportunity comes to refer to what the one before it does.
fn moved(changes: &[Change]) -> Vec<Change> {
    let records = changes.iter().filter_map(|change| match change {
        Change::CreateRecord(record) if record.object == Object::Opportunity => Some(record),
        _ => None,
    });
    let records: Vec<&Arc<Record>> = records.collect();
    let moved = records.chunks_exact(2).map(|pair| {
        let mut after = Record::clone(pair[1]);
        for reference in ["account_id", "contact_id"] {
            after.values.remove(reference);
            let other = pair[0].values.get_key_value(reference);
            after
                .values
                .extend(other.map(|(name, id)| (*name, id.clone())));
        }
        Change::UpdateRecord {
            before: Arc::clone(pair[1]),
            after: Arc::new(after),
        }
    });
    moved.collect()
}

fn by(text: String) -> Draft {
    Draft {
        pipeline_id: Some(setup().pipeline.id),
        text: Some(text),
        limit: 2,
        ..Draft::of(Object::Opportunity)
    }
}

#[test]
fn opportunities_are_found_by_what_they_refer_to_is_called_now() {
    let test = TestStore::open();
    law(12, file!(), records(&setup()), |changes| {
        let mut all = changes.clone();
        all.extend(renamed(&changes));
        all.extend(moved(&changes));
        let (org, model) = (test.organization(), modelled(&all));
        org.make(&changes);
        org.make(&all[changes.len()..]);

        for number in 0..16 {
            let now = number % 3 / 2;
            let texts = [
                format!("renamed{number}x{now}"),
                format!("RENAMED{number}x0"),
                format!("renamed{number}x{now} example"),
                format!("acme renamed{number}x{now} d{number}."),
                format!("renamed{number}x{now} renamed{}x{}", number + 7, 1 - now),
                format!("d{number}.example"),
            ];
            for draft in texts.map(by) {
                let query = query(&model, &draft).unwrap();
                let expected = ids(&model.search(&query));
                prop_assert_eq!(ids(&pages(org, &draft, || {})), expected, "{:#?}", draft);
            }
        }
        Ok(())
    });
}

/// Quotes, signs that FTS5 and LIKE have a use for, letters beyond the first plane, controls.
#[test]
fn any_text_may_be_looked_for() {
    let test = TestStore::open();
    let texts = prop_oneof![
        any::<String>(),
        "[\\x01-\\x7f]{0,12}",
        "[\"'%_\\\\*^:~-]{3,9}"
    ];
    let texts = texts.prop_map(|text| text.replace('\0', ""));
    law(100, file!(), texts, |text| {
        let draft = Draft {
            text: Some(text),
            ..Draft::of(Object::Contact)
        };
        let found = test.organization().search(&draft);
        prop_assert!(found.is_ok_and(|page| page.found.is_empty()));
        Ok(())
    });
}
