//! What the database counts and sums is what is there.

use lanekeeper_core::model::Model;
use lanekeeper_core::model::generate::search::records;
use lanekeeper_core::pipeline::Pipeline;
use lanekeeper_core::summary::{Counted, Summary, Totals};
use lanekeeper_core::{Change, Object, Record, Value};
use proptest::prelude::*;
use uuid::Uuid;

use super::plans::record;
use super::search::{edits_of, modelled};
use super::{TestStore, law, setup};

/// The database counts and sums what there is, one by one, however often it was asked before.
#[test]
fn a_summary_is_what_looking_at_every_record_gives() {
    let (test, setup) = (TestStore::open(), setup());
    law(24, file!(), records(&setup), |changes| {
        let org = test.organization();
        org.make(&changes);
        org.summary(setup.pipeline.id);
        let edits = edits_of(&changes, Object::Opportunity);
        org.make(&edits);
        let all: Vec<Change> = changes.into_iter().chain(edits).collect();
        let model = modelled(&all);

        let first = org.summary(setup.pipeline.id);
        let summary = org.summary(setup.pipeline.id);
        prop_assert_eq!(&first, &summary);

        let sizes = sizes_by_stage(&model, &setup.pipeline);
        let counted = sizes.iter().map(|(stage_id, sizes)| Counted {
            stage_id: *stage_id,
            count: sizes.len() as i64,
            deal_size_sum: sizes.iter().sum(),
        });
        let counted: Vec<Counted> = counted.collect();
        let magnitude: f64 = sizes
            .iter()
            .flat_map(|(_, sizes)| sizes)
            .map(|size| size.abs())
            .sum();
        let expected = Summary::new(&setup.pipeline, &counted);
        let difference = summary
            .as_ref()
            .map(|summary| differences(summary, &expected));
        prop_assert!(
            difference
                .is_some_and(|difference| difference <= ROUNDED_TO + magnitude * ORDER_OF_ADDING),
            "{:?} and {:?}",
            summary,
            expected
        );
        Ok(())
    });
}

/// By how much two sums may differ that are each rounded to 4 decimals.
const ROUNDED_TO: f64 = 0.0001;
/// By how much of what was added sums may differ that added it in another order: a double has 53 bits, and databases carry
/// what did not fit in them along or do not.
const ORDER_OF_ADDING: f64 = 1e-14;

/// By how much the sums differ at most; infinitely if anything else does.
fn differences(left: &Summary, right: &Summary) -> f64 {
    let totals = |summary: &Summary| {
        let of_stages = summary
            .stages
            .iter()
            .map(|stage| (Some(stage.stage.id), stage.totals));
        let all: Vec<(Option<Uuid>, Totals)> = of_stages.chain([(None, summary.totals)]).collect();
        all
    };
    let (left, right) = (totals(left), totals(right));
    let counts = |all: &[(Option<Uuid>, Totals)]| -> Vec<(Option<Uuid>, i64)> {
        all.iter()
            .map(|(stage, totals)| (*stage, totals.count))
            .collect()
    };
    if counts(&left) != counts(&right) {
        return f64::INFINITY;
    }
    let by_totals = left.iter().zip(&right).flat_map(|((_, left), (_, right))| {
        [
            (left.deal_size_sum - right.deal_size_sum).abs(),
            (left.deal_size_weighted_sum - right.deal_size_weighted_sum).abs(),
        ]
    });
    by_totals.fold(0.0, f64::max)
}

/// The deal sizes of the live opportunities in each stage.
fn sizes_by_stage(model: &Model, pipeline: &Pipeline) -> Vec<(Uuid, Vec<f64>)> {
    let of_stage = |stage: Uuid| {
        let records = model.records().filter(move |record| {
            record.object == Object::Opportunity
                && record.is_live()
                && record.reference("stage_id") == Some(stage)
        });
        records.map(deal_size).collect()
    };
    let stages = pipeline.stages.iter();
    stages.map(|stage| (stage.id, of_stage(stage.id))).collect()
}

fn deal_size(record: &Record) -> f64 {
    match record.values.get("deal_size") {
        Some(Value::Number(number)) => *number,
        _ => 0.0,
    }
}

/// Whatever is stored can be summed, also what together is more than a double holds, or less than it tells apart.
#[test]
fn deals_of_any_size_are_summed() {
    let test = TestStore::open();
    let org = test.organization();
    let sizes = [f64::MAX, f64::MAX, -1.0, f64::MIN_POSITIVE, 5e-324];
    let deals = (0..).zip(sizes).map(|(number, size)| {
        let mut deal = record(Object::Opportunity, number, false);
        deal.values.insert("deal_size", Value::Number(size));
        Change::CreateRecord(deal.into())
    });
    let mut deals: Vec<Change> = deals.collect();

    org.make(&deals.split_off(2));
    let small = org.summary(setup().pipeline.id).unwrap();
    org.make(&deals);
    let large = org.summary(setup().pipeline.id).unwrap();

    assert_eq!((small.totals.count, small.totals.deal_size_sum), (3, -1.0));
    assert_eq!(large.totals.count, 5);
    assert!(!large.totals.deal_size_sum.is_finite());
}
