//! Pipelines: what they are, their stages, and what is in them.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use lanekeeper_core::Faults;
use lanekeeper_core::pipeline::Pipeline;
use lanekeeper_core::text::quote;
use lanekeeper_store::Org;
use lanekeeper_wire::pipeline::{self, Pipelines, Shown, Stages};
use lanekeeper_wire::summary::Summary;

use super::records::path_id;
use crate::answer::{Noun, ok};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::query::Query;
use crate::write::{self, Input};

pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, ApiError> {
    Query::of(&uri, &[]).finish()?;
    let pipelines = app.store.pipelines(&caller.org).await?;
    Ok(ok("Pipelines found", Pipelines::new(&pipelines)))
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let shown = shown(&uri)?;
    let pipeline = pipeline(&app, &caller.org, &id).await?;
    let data = pipeline::Pipeline::new(&pipeline, shown);
    Ok(ok("Pipeline found", data))
}

pub(super) async fn create(
    State(app): State<Arc<App>>,
    mut input: Input,
) -> Result<Response, ApiError> {
    let item = pipeline::read_create(input.take_body());
    write::one(&app, Noun::PIPELINE, item, input).await
}

pub(super) async fn update(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    mut input: Input,
) -> Result<Response, ApiError> {
    let id = path_id(&id).ok_or(NOT_FOUND)?;
    let item = pipeline::read_update(id, input.take_body());
    write::one(&app, Noun::PIPELINE, item, input).await
}

pub(super) async fn stages(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let shown = shown(&uri)?;
    let pipeline = pipeline(&app, &caller.org, &id).await?;
    Ok(ok("Stages found", Stages::new(&pipeline, shown)))
}

pub(super) async fn summary(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    Query::of(&uri, &[]).finish()?;
    let id = path_id(&id).ok_or(NOT_FOUND)?;
    let summary = app.store.summary(caller.org, id).await?;
    let summary = summary.ok_or(NOT_FOUND)?;
    Ok(ok("Pipeline summed up", Summary::from(&summary)))
}

pub(super) const NOT_FOUND: ApiError = ApiError::NotFound("There is no pipeline with this id");

/// The pipeline that a path names.
pub(super) async fn pipeline(app: &App, org: &Org, id: &str) -> Result<Pipeline, ApiError> {
    let id = path_id(id).ok_or(NOT_FOUND)?;
    app.store.pipeline(org, id).await?.ok_or(NOT_FOUND)
}

/// Which stages the parameter `include` asks for.
fn shown(uri: &Uri) -> Result<Shown, ApiError> {
    const NAME: &str = "include";
    let mut query = Query::of(uri, &[NAME]);
    let include = query.value(NAME);
    query.finish()?;
    match include.as_deref() {
        None => Ok(Shown::Active),
        Some("inactive") => Ok(Shown::All),
        Some(other) => {
            let message = format!("is {}; send inactive, or leave it out", quote(other));
            Err(ApiError::Invalid(Faults::one(NAME, message)))
        }
    }
}
