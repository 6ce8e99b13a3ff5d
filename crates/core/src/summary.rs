//! What is in a pipeline, stage by stage: how many opportunities, and what they are worth.

use uuid::Uuid;

use crate::pipeline::{Pipeline, Stage, StageType};

/// The live opportunities of one stage, as a database counts them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counted {
    /// The stage.
    pub stage_id: Uuid,
    /// How many there are.
    pub count: i64,
    /// The sum of their deal sizes, as far as they have one.
    pub deal_size_sum: f64,
}

/// A pipeline's summary.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Of which pipeline.
    pub pipeline_id: Uuid,
    /// Its active stages in order, and inactive ones with opportunities.
    pub stages: Vec<StageSummary>,
    /// All stages together.
    pub totals: Totals,
}

/// A stage and what is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct StageSummary {
    /// The stage.
    pub stage: Stage,
    /// What is in it.
    pub totals: Totals,
}

/// A number of opportunities and what they are worth, in sums rounded to 4 decimals. A sum of more than a double holds is
/// infinite, or no number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Totals {
    /// How many there are.
    pub count: i64,
    /// The sum of their deal sizes.
    pub deal_size_sum: f64,
    /// The same, each deal by its stage's [`likelihood`].
    pub deal_size_weighted_sum: f64,
}

impl Summary {
    /// Of a pipeline; a stage that was not counted has nothing in it.
    #[must_use]
    pub fn new(pipeline: &Pipeline, counted: &[Counted]) -> Self {
        let stages = pipeline.stages.iter().map(|stage| {
            let counted = counted.iter().find(|counted| counted.stage_id == stage.id);
            (stage, totals(stage, counted))
        });
        let stages: Vec<(&Stage, Totals)> = stages.collect();
        let totals = stages
            .iter()
            .fold(Totals::default(), |sum, (_, stage)| Totals {
                count: sum.count + stage.count,
                deal_size_sum: sum.deal_size_sum + stage.deal_size_sum,
                deal_size_weighted_sum: sum.deal_size_weighted_sum + stage.deal_size_weighted_sum,
            });
        let shown = stages
            .into_iter()
            .filter(|(stage, totals)| stage.is_active || totals.count > 0);
        let stages = shown.map(|(stage, totals)| StageSummary {
            stage: stage.clone(),
            totals: totals.rounded(),
        });
        Self {
            pipeline_id: pipeline.id,
            stages: stages.collect(),
            totals: totals.rounded(),
        }
    }
}

impl Totals {
    fn rounded(self) -> Self {
        Self {
            count: self.count,
            deal_size_sum: rounded(self.deal_size_sum),
            deal_size_weighted_sum: rounded(self.deal_size_weighted_sum),
        }
    }
}

fn totals(stage: &Stage, counted: Option<&Counted>) -> Totals {
    let sum = counted.map_or(0.0, |counted| counted.deal_size_sum);
    Totals {
        count: counted.map_or(0, |counted| counted.count),
        deal_size_sum: sum,
        deal_size_weighted_sum: sum * likelihood(stage),
    }
}

/// How likely a deal in a stage is won, 0 to 1. Of a stage that says nothing about it: won deals are, others are not.
#[must_use]
pub fn likelihood(stage: &Stage) -> f64 {
    match (stage.probability, stage.stage_type) {
        (Some(percent), _) => percent / 100.0,
        (None, StageType::Positive) => 1.0,
        (None, StageType::Default | StageType::Negative) => 0.0,
    }
}

/// To 4 decimals; a number so large that it has none stays as it is.
fn rounded(sum: f64) -> f64 {
    const PARTS: f64 = 10_000.0;
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0 / PARTS; // 2^53
    match sum.abs() < EXACT_MAX {
        true => (sum * PARTS).round() / PARTS,
        false => sum,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    fn stage(id: u128, probability: Option<f64>, stage_type: StageType) -> Stage {
        Stage {
            id: Uuid::from_u128(id),
            label: "Stage".to_owned(),
            order: 1,
            color: None,
            is_active: true,
            is_default: false,
            probability,
            stage_type,
        }
    }

    fn summary(stages: Vec<Stage>, sums: &[f64]) -> Summary {
        let counted = sums.iter().zip(&stages).map(|(sum, stage)| Counted {
            stage_id: stage.id,
            count: 2,
            deal_size_sum: *sum,
        });
        let counted: Vec<Counted> = counted.collect();
        let now = Timestamp::from_micros(0);
        let pipeline = Pipeline {
            id: Uuid::nil(),
            name: "Sales".to_owned(),
            is_default: true,
            created_at: now,
            updated_at: now,
            stages,
        };
        Summary::new(&pipeline, &counted)
    }

    #[test]
    fn a_stage_that_gives_no_probability_counts_whole_if_it_is_won_and_else_not_at_all() {
        let stages = [
            (Some(12.5), StageType::Default, 25.0),
            (None, StageType::Default, 0.0),
            (None, StageType::Positive, 200.0),
            (None, StageType::Negative, 0.0),
        ];
        for (probability, stage_type, weighted) in stages {
            let summary = summary(vec![stage(1, probability, stage_type)], &[200.0]);
            assert_eq!(summary.totals.deal_size_weighted_sum, weighted);
        }
    }

    #[test]
    fn sums_are_rounded_to_four_decimals_at_the_end_and_not_before() {
        let third = stage(1, Some(50.0), StageType::Default);
        let sixth = Stage {
            id: Uuid::from_u128(2),
            ..third.clone()
        };

        let summary = summary(vec![third, sixth], &[0.00004, 0.00004]);

        assert_eq!(summary.stages[0].totals.deal_size_sum, 0.0);
        assert_eq!(summary.totals.deal_size_sum, 0.0001);
        assert_eq!(summary.totals.count, 4);
    }

    #[test]
    fn an_inactive_stage_is_shown_only_while_something_is_in_it() {
        let inactive = |id| Stage {
            is_active: false,
            ..stage(id, None, StageType::Default)
        };

        let summary = summary(vec![inactive(1), inactive(2)], &[5.0]);

        assert_eq!(summary.stages.len(), 1);
        assert_eq!(summary.stages[0].stage.id, Uuid::from_u128(1));
        assert_eq!(summary.totals.deal_size_sum, 5.0);
    }
}
