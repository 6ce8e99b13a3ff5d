use lanekeeper_core::model::Model;
use lanekeeper_core::model::generate::search::records;
use lanekeeper_core::summary::{Counted, Summary};
use lanekeeper_core::{Object, Record, Value};
use proptest::prelude::*;

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

        let crate::Store::Sqlite(sqlite) = &test.store;
        let summary = sqlite.summary_now(test.org, setup.pipeline.id).unwrap();

        let counted = setup.pipeline.stages.iter().map(|stage| {
            let records = model.records().filter(|record| {
                record.object == Object::Opportunity
                    && record.is_live()
                    && record.reference("stage_id") == Some(stage.id)
            });
            let sizes: Vec<f64> = records.map(deal_size).collect();
            Counted {
                stage_id: stage.id,
                count: sizes.len() as i64,
                deal_size_sum: sizes.iter().sum(),
            }
        });
        let counted: Vec<Counted> = counted.collect();
        prop_assert_eq!(summary, Some(Summary::new(&setup.pipeline, &counted)));
    }
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
    let crate::Store::Sqlite(sqlite) = &test.store;

    let plan = sqlite.explain_summary().unwrap();

    let expected =
        "SEARCH opportunity USING COVERING INDEX opportunity_of_stage (org=? AND pipeline_id=?)";
    assert_eq!(plan, expected);
}
