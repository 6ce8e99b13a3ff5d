//! Pipelines and their stages.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
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
    let not_found = || ApiError::NotFound("There is no pipeline with this id");
    let id = path_id(&id).ok_or_else(not_found)?;
    let pipeline = app.store.pipeline(&caller.org, id)?.ok_or_else(not_found)?;
    Ok(ok("Stages found", Stages::new(&pipeline)))
}
