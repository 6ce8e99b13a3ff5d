//! What is in a pipeline: counted and summed along one index, without a look at the records, unless nothing has changed since
//! that was last done.

use std::sync::Arc;

use lanekeeper_core::pipeline::Pipeline;
use lanekeeper_core::summary::{Counted, Summary};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::search::{aside, with_deadline};
use super::{Sqlite, load};
use crate::{Org, ReadError};

/// The live opportunities of a stage. One statement for all stages would compare the stage of each row with that of the one
/// before, which is a fifth of the time.
const COUNT: &str = "
    select count(*), total(deal_size)
    from opportunity indexed by opportunity_of_stage
    where org = ?1 and pipeline_id = ?2 and stage_id = ?3 and deleted_at is null";
const LAST_SEQUENCE: &str = "select ifnull(max(last_sequence), 0) from changeset where org = ?1";

impl Sqlite {
    /// The summary of a pipeline; none if there is no such pipeline.
    pub(crate) async fn summary(
        sqlite: Arc<Self>,
        org: Org,
        pipeline_id: Uuid,
    ) -> Result<Option<Summary>, ReadError> {
        aside(move || sqlite.summary_now(org, pipeline_id)).await
    }

    pub(crate) fn summary_now(
        &self,
        org: Org,
        pipeline_id: Uuid,
    ) -> Result<Option<Summary>, ReadError> {
        self.read(|connection| {
            with_deadline(connection, |connection| {
                // One state of the database for the stages and what is in them.
                let snapshot = connection.unchecked_transaction()?;
                let Some(pipeline) = load::pipeline(&snapshot, org, pipeline_id)? else {
                    return Ok(None);
                };
                let counted = self.counted(&snapshot, org, &pipeline)?;
                Ok(Some(Summary::new(&pipeline, &counted)))
            })
        })
    }

    fn counted(
        &self,
        snapshot: &Connection,
        org: Org,
        pipeline: &Pipeline,
    ) -> Result<Arc<[Counted]>, ReadError> {
        let mut last_sequence = snapshot.prepare_cached(LAST_SEQUENCE)?;
        let last_sequence = last_sequence.query_row([org.number], |row| row.get(0))?;
        if let Some(counted) = self.boards.at(org, pipeline.id, last_sequence) {
            return Ok(counted);
        }
        let counted: Arc<[Counted]> = count(snapshot, org, pipeline)?.into();
        let kept = Arc::clone(&counted);
        self.boards.keep(org, pipeline.id, last_sequence, kept);
        Ok(counted)
    }
}

fn count(
    connection: &Connection,
    org: Org,
    pipeline: &Pipeline,
) -> Result<Vec<Counted>, ReadError> {
    let mut statement = connection.prepare_cached(COUNT)?;
    let counted = pipeline.stages.iter().map(|stage| {
        statement.query_row(params![org.number, pipeline.id, stage.id], |row| {
            // SQLite has null for what is no number: infinite in both directions.
            let deal_size_sum: Option<f64> = row.get(1)?;
            Ok(Counted {
                stage_id: stage.id,
                count: row.get(0)?,
                deal_size_sum: deal_size_sum.unwrap_or(f64::NAN),
            })
        })
    });
    Ok(counted.collect::<Result<_, _>>()?)
}
