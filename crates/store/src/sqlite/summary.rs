//! What is in a pipeline: counted and summed along one index, without a look at the records.

use std::sync::Arc;

use lanekeeper_core::summary::{Counted, Summary};
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::search::{aside, with_deadline};
use super::{Sqlite, load};
use crate::{Org, ReadError};

/// The live opportunities of a pipeline by stage, in the order of the index.
const COUNT: &str = "
    select stage_id, count(*), total(deal_size)
    from opportunity indexed by opportunity_of_stage
    where org = ?1 and pipeline_id = ?2 and deleted_at is null
    group by stage_id";

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
                let counted = count(&snapshot, org, pipeline_id)?;
                Ok(Some(Summary::new(&pipeline, &counted)))
            })
        })
    }
}

fn count(connection: &Connection, org: Org, pipeline_id: Uuid) -> Result<Vec<Counted>, ReadError> {
    let mut statement = connection.prepare_cached(COUNT)?;
    let counted = statement.query_map(params![org.number, pipeline_id], |row| {
        // SQLite has null for what is no number: infinite in both directions.
        let deal_size_sum: Option<f64> = row.get(2)?;
        Ok(Counted {
            stage_id: row.get(0)?,
            count: row.get(1)?,
            deal_size_sum: deal_size_sum.unwrap_or(f64::NAN),
        })
    })?;
    Ok(counted.collect::<Result<_, _>>()?)
}
