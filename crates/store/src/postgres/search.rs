use deadpool_postgres::ClientWrapper as Client;
use lanekeeper_core::Faults;
use lanekeeper_core::query::Draft;
use lanekeeper_core::summary::Summary;
use uuid::Uuid;

use crate::{Org, ReadError, SearchPage};

pub(super) async fn search(
    client: &Client,
    org: Org,
    draft: &Draft,
    cursor_key: &[u8; 32],
) -> Result<Result<SearchPage, Faults>, ReadError> {
    let _ = (client, org, draft, cursor_key);
    Err(ReadError::TooSlow)
}

pub(super) async fn summary(
    client: &Client,
    org: Org,
    pipeline_id: Uuid,
) -> Result<Option<Summary>, ReadError> {
    let _ = (client, org, pipeline_id);
    Err(ReadError::TooSlow)
}
