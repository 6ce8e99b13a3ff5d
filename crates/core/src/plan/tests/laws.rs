use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::{ids, now, setup};
use crate::Object;
use crate::model::generate::{item, request};
use crate::model::{Model, natural_keys, needs_of};
use crate::outcome::Outcome;
use crate::plan::{Item, Mode, plan};
use crate::value::Value;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Requests planned from facts loaded once do what they do when each loads its own.
    #[test]
    fn grouping_requests_changes_nothing(requests in vec(request(&setup()), 1..6)) {
        let (mut grouped, mut single) = (Model::new(&setup()), Model::new(&setup()));
        let all: Vec<Item> = requests.iter().flat_map(|(items, _)| items.clone()).collect();
        let mut facts = grouped.facts(&needs_of(&all));
        let (mut grouped_ids, mut single_ids) = (ids(), ids());

        for (items, mode) in &requests {
            let planned = plan(items, *mode, &mut facts, now(), &mut grouped_ids).unwrap();
            planned.changes.iter().for_each(|change| grouped.apply(change));
            let results = single.write(items, *mode, now(), &mut single_ids).unwrap();
            prop_assert_eq!(planned.results, results);
        }

        prop_assert_eq!(grouped.dump(), single.dump());
    }

    /// A partial bulk of n items does what n requests of one do.
    #[test]
    fn batching_items_changes_nothing(items in vec(item(&setup()), 1..8)) {
        let (mut whole, mut single) = (Model::new(&setup()), Model::new(&setup()));
        let (mut whole_ids, mut single_ids) = (ids(), ids());

        let batched = whole.write(&items, Mode::Partial, now(), &mut whole_ids).unwrap();
        let one_by_one = items.iter().flat_map(|item| {
            single.write(std::slice::from_ref(item), Mode::Whole, now(), &mut single_ids).unwrap()
        });

        prop_assert_eq!(batched, one_by_one.collect::<Vec<_>>());
        prop_assert_eq!(whole.dump(), single.dump());
    }

    /// One bad item, and nothing is done.
    #[test]
    fn a_bulk_is_done_whole_or_not_at_all(
        before in vec(request(&setup()), 0..3), items in vec(item(&setup()), 1..6),
    ) {
        let mut model = Model::new(&setup());
        let mut ids = ids();
        for (items, mode) in &before {
            model.write(items, *mode, now(), &mut ids).unwrap();
        }
        let was = model.dump();

        let results = model.write(&items, Mode::Whole, now(), &mut ids).unwrap();

        if results.iter().any(Result::is_err) {
            prop_assert_eq!(model.dump(), was);
        } else {
            let created = results.iter().flatten().filter(|outcome| is_record_created(outcome)).count();
            prop_assert!(model.records().count() >= created);
        }
    }

    /// Whatever is sent, a domain is one account's and an address one contact's, and every reference leads somewhere.
    #[test]
    fn nothing_is_ever_duplicated_or_left_hanging(requests in vec(request(&setup()), 1..8)) {
        let setup = setup();
        let mut model = Model::new(&setup);
        let mut ids = ids();
        for (items, mode) in &requests {
            model.write(items, *mode, now(), &mut ids).unwrap();
        }

        let live = model.records().filter(|record| record.is_live());
        let keys: Vec<&str> = live.flat_map(natural_keys).collect();
        let unique: BTreeSet<&str> = keys.iter().copied().collect();
        prop_assert_eq!(keys.len(), unique.len(), "{:?}", keys);
        let mut known: BTreeSet<_> = model.records().map(|record| record.id).collect();
        known.extend(model.pipelines().flat_map(|pipeline| &pipeline.stages).map(|stage| stage.id));
        known.extend(model.users().map(|user| user.id));
        known.extend([setup.pipeline.id]);
        for value in model.records().flat_map(|record| record.values.values()) {
            match value {
                Value::Id(id) => prop_assert!(known.contains(id)),
                Value::Ids(many) => prop_assert!(many.iter().all(|id| known.contains(id))),
                _ => {}
            }
        }
    }

    /// Whatever is sent, opportunities have a place to start and to be, and somebody can administer.
    #[test]
    fn an_organisation_stays_in_working_order(requests in vec(request(&setup()), 1..10)) {
        let mut model = Model::new(&setup());
        let mut ids = ids();
        for (items, mode) in &requests {
            model.write(items, *mode, now(), &mut ids).unwrap();
        }

        let defaults = model.pipelines().filter(|pipeline| pipeline.is_default);
        prop_assert_eq!(defaults.count(), 1);
        for pipeline in model.pipelines() {
            let defaults: Vec<_> = pipeline.stages.iter().filter(|stage| stage.is_default).collect();
            prop_assert!(matches!(defaults.as_slice(), [only] if only.is_active), "{:?}", pipeline);
            let orders: BTreeSet<i64> = pipeline.stages.iter().map(|stage| stage.order).collect();
            prop_assert_eq!(orders.len(), pipeline.stages.len(), "{:?}", pipeline);
        }
        let active = model.pipelines().flat_map(|pipeline| pipeline.active_stages());
        let active: BTreeSet<_> = active.map(|stage| Some(stage.id)).collect();
        let live = model.records().filter(|record| record.is_live());
        for deal in live.filter(|record| record.object == Object::Opportunity) {
            prop_assert!(active.contains(&deal.reference("stage_id")));
        }
        prop_assert!(model.users().any(|user| user.is_active_admin()));
        prop_assert!(model.keys().any(|key| key.is_live_admin(now())));
    }

    /// What a request asks for is in its needs, whatever it is.
    #[test]
    fn a_plan_never_asks_for_what_its_needs_did_not_name(items in vec(item(&setup()), 1..4)) {
        let mut facts = Model::new(&setup()).facts(&needs_of(&items));

        prop_assert!(plan(&items, Mode::Whole, &mut facts, now(), &mut ids()).is_ok());
    }
}

fn is_record_created(outcome: &Outcome) -> bool {
    let is_record = matches!(
        outcome,
        Outcome::Opportunity(_) | Outcome::Account(_) | Outcome::Contact(_)
    );
    is_record && outcome.is_created()
}
