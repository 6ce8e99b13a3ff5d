//! The stages of a pipeline: writes.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use lanekeeper_wire::stage;
use uuid::Uuid;

use super::pipelines::{self, pipeline};
use super::records::path_id;
use crate::answer::Noun;
use crate::app::App;
use crate::error::ApiError;
use crate::write::{self, Input};

pub(super) async fn create_bulk(
    State(app): State<Arc<App>>,
    Path(pipeline_id): Path<String>,
    input: Input,
) -> Result<Response, ApiError> {
    let id = pipeline(&app, &input.org(), &pipeline_id).await?.id;
    write::bulk(&app, Noun::STAGE, |item| stage::read(id, item), input).await
}

pub(super) async fn update(
    State(app): State<Arc<App>>,
    Path(path): Path<(String, String)>,
    mut input: Input,
) -> Result<Response, ApiError> {
    let (pipeline_id, stage_id) = ids(&path)?;
    let item = stage::read_update(pipeline_id, stage_id, input.take_body());
    write::one(&app, Noun::STAGE, item, input).await
}

pub(super) async fn delete(
    State(app): State<Arc<App>>,
    Path(path): Path<(String, String)>,
    input: Input,
) -> Result<Response, ApiError> {
    let (pipeline_id, stage_id) = ids(&path)?;
    let item = stage::delete(pipeline_id, stage_id);
    write::one(&app, Noun::STAGE, item, input).await
}

/// The ids of pipeline and stage.
fn ids((pipeline_id, stage_id): &(String, String)) -> Result<(Uuid, Uuid), ApiError> {
    let not_found = ApiError::NotFound("There is no stage with this id in the pipeline");
    let pipeline_id = path_id(pipeline_id).ok_or(pipelines::NOT_FOUND)?;
    let stage_id = path_id(stage_id).ok_or(not_found)?;
    Ok((pipeline_id, stage_id))
}
