//! The stages of a pipeline: writes.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use lanekeeper_wire::stage;

use super::pipelines::pipeline;
use crate::answer::Noun;
use crate::app::App;
use crate::error::ApiError;
use crate::write::{self, Input};

pub(super) async fn create_bulk(
    State(app): State<Arc<App>>,
    Path(pipeline_id): Path<String>,
    input: Input,
) -> Result<Response, ApiError> {
    let id = pipeline(&app, &input.org(), &pipeline_id)?.id;
    write::bulk(&app, Noun::STAGE, |item| stage::read(id, item), input).await
}
