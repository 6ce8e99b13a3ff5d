//! `GET /v1/pipelines/{pipeline_id}/summary`.

use lanekeeper_core::Value;
use lanekeeper_core::summary::{StageSummary, Summary as CoreSummary, Totals as CoreTotals};
use serde::Serialize;
use uuid::Uuid;

/// What is in a pipeline.
#[derive(Serialize)]
pub struct Summary<'a> {
    pipeline_id: Uuid,
    stages: Vec<Stage<'a>>,
    totals: Totals,
}

#[derive(Serialize)]
struct Stage<'a> {
    stage_id: Uuid,
    label: &'a str,
    stage_type: &'static str,
    is_active: bool,
    probability: Option<Value>,
    #[serde(flatten)]
    totals: Totals,
}

/// A sum that is no number any more is null.
#[derive(Serialize)]
struct Totals {
    count: i64,
    deal_size_sum: Option<Value>,
    deal_size_weighted_sum: Option<Value>,
}

impl<'a> From<&'a CoreSummary> for Summary<'a> {
    fn from(summary: &'a CoreSummary) -> Self {
        Self {
            pipeline_id: summary.pipeline_id,
            stages: summary.stages.iter().map(Stage::from).collect(),
            totals: Totals::from(summary.totals),
        }
    }
}

impl<'a> From<&'a StageSummary> for Stage<'a> {
    fn from(summary: &'a StageSummary) -> Self {
        let stage = &summary.stage;
        Self {
            stage_id: stage.id,
            label: &stage.label,
            stage_type: stage.stage_type.name(),
            is_active: stage.is_active,
            probability: stage.probability.map(Value::number),
            totals: Totals::from(summary.totals),
        }
    }
}

impl From<CoreTotals> for Totals {
    fn from(totals: CoreTotals) -> Self {
        let shown = |sum: f64| sum.is_finite().then(|| Value::number(sum));
        Self {
            count: totals.count,
            deal_size_sum: shown(totals.deal_size_sum),
            deal_size_weighted_sum: shown(totals.deal_size_weighted_sum),
        }
    }
}
