use lanekeeper_core::model::Model;
use lanekeeper_core::model::generate::search::records;
use lanekeeper_core::pipeline::Pipeline;
use lanekeeper_core::summary::{Counted, Summary, Totals};
use lanekeeper_core::{Object, Record, Value};
use proptest::prelude::*;
use uuid::Uuid;

use super::search::make;
use super::{open, setup};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The database counts and sums what there is, one by one.
    #[test]
    fn a_summary_is_what_looking_at_every_record_gives(changes in records(&setup())) {
        let (test, setup) = (open(), setup());
        let mut model = Model::new(&setup);
        changes.iter().for_each(|change| model.apply(change));
        make(&test, &changes);

        let sqlite = super::sqlite(&test.store);
        let summary = sqlite.summary_now(test.org, setup.pipeline.id).unwrap();

        let sizes = sizes_by_stage(&model, &setup.pipeline);
        let counted = sizes.iter().map(|(stage_id, sizes)| Counted {
            stage_id: *stage_id,
            count: sizes.len() as i64,
            deal_size_sum: sizes.iter().sum(),
        });
        let counted: Vec<Counted> = counted.collect();
        let magnitude: f64 = sizes.iter().flat_map(|(_, sizes)| sizes).map(|size| size.abs()).sum();
        let expected = Summary::new(&setup.pipeline, &counted);
        let difference = summary.as_ref().map(|summary| differences(summary, &expected));
        prop_assert!(
            difference.is_some_and(|difference| difference <= ROUNDED_TO + magnitude * ORDER_OF_ADDING),
            "{:?} and {:?}", summary, expected
        );
    }
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

#[test]
fn a_summary_looks_at_one_index_and_at_no_row() {
    let test = open();
    let sqlite = super::sqlite(&test.store);

    let plan = sqlite.explain_summary().unwrap();

    let expected =
        "SEARCH opportunity USING COVERING INDEX opportunity_of_stage (org=? AND pipeline_id=?)";
    assert_eq!(plan, expected);
}
