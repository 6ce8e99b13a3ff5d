//! What is in a pipeline: counted and summed along one index, without a look at the records.

use deadpool_postgres::ClientWrapper as Client;
use lanekeeper_core::summary::{Counted, Summary};
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use super::load::settings::pipelines;
use crate::{Org, ReadError};

/// The live opportunities of a pipeline by stage. PostgreSQL refuses a sum that is more than a double holds, and a product
/// that is less: so parts of deals are summed, and of deals that are worth anything in four decimals.
const COUNT: &str = "
    select stage_id, count(*),
        coalesce(sum(deal_size / 18446744073709551616::float8) filter (where abs(deal_size) > 1e-100), 0)
    from opportunity
    where org = $1 and pipeline_id = $2 and deleted_at is null
    group by stage_id";
/// What deals are divided by in it: a power of two, which changes no digit.
const PARTS: f64 = 18_446_744_073_709_551_616.0;

/// The summary of a pipeline; none if there is no such pipeline.
pub(super) async fn summary(
    client: &Client,
    org: Org,
    pipeline_id: Uuid,
) -> Result<Option<Summary>, ReadError> {
    let pipelines = pipelines(client, org, Some(&[pipeline_id])).await?;
    let Some(pipeline) = pipelines.first() else {
        return Ok(None);
    };
    let values: [(&(dyn ToSql + Sync), Type); 2] =
        [(&org.id(), Type::UUID), (&pipeline_id, Type::UUID)];
    let counted = client.query_typed(COUNT, &values).await?;
    let counted = counted.iter().map(|row| {
        Ok(Counted {
            stage_id: row.try_get(0)?,
            count: row.try_get(1)?,
            deal_size_sum: row.try_get::<_, f64>(2)? * PARTS,
        })
    });
    let counted = counted.collect::<Result<Vec<_>, tokio_postgres::Error>>()?;
    Ok(Some(Summary::new(pipeline, &counted)))
}

/// How PostgreSQL goes about it.
#[cfg(test)]
pub(super) async fn explain(
    client: &Client,
    org: Org,
    pipeline_id: Uuid,
) -> Result<String, ReadError> {
    let values: [(&(dyn ToSql + Sync), Type); 2] =
        [(&org.id(), Type::UUID), (&pipeline_id, Type::UUID)];
    let lines = client
        .query_typed(&format!("explain (costs off) {COUNT}"), &values)
        .await?;
    let lines = lines.iter().map(|line| line.try_get::<_, String>(0));
    Ok(lines.collect::<Result<Vec<_>, _>>()?.join("\n"))
}
