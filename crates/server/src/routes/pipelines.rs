//! Pipelines and their stages.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use lanekeeper_core::pipeline::Pipeline;
use lanekeeper_store::Org;
use lanekeeper_wire::pipeline::{Pipelines, Stages};

use super::records::path_id;
use crate::answer::ok;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::query::Query;

pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, ApiError> {
    Query::of(&uri, &[]).finish()?;
    let pipelines = app.store.pipelines(&caller.org)?;
    Ok(ok("Pipelines found", Pipelines::new(&pipelines)))
}

pub(super) async fn stages(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    Query::of(&uri, &[]).finish()?;
    let pipeline = pipeline(&app, &caller.org, &id)?;
    Ok(ok("Stages found", Stages::new(&pipeline)))
}

/// The pipeline that a path names.
pub(super) fn pipeline(app: &App, org: &Org, id: &str) -> Result<Pipeline, ApiError> {
    let not_found = || ApiError::NotFound("There is no pipeline with this id");
    let id = path_id(id).ok_or_else(not_found)?;
    app.store.pipeline(org, id)?.ok_or_else(not_found)
}
