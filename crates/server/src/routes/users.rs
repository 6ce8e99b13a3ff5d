//! The members of an organisation.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use lanekeeper_wire::user::{self, User, Users};

use super::records::path_id;
use crate::answer::{Noun, ok};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::query::Query;
use crate::write::{self, Input};

const NOT_FOUND: ApiError = ApiError::NotFound("There is no member with this id");

pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, ApiError> {
    Query::of(&uri, &[]).finish()?;
    let users = app.store.users(&caller.org).await?;
    Ok(ok("Users found", Users::new(&users)))
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    Query::of(&uri, &[]).finish()?;
    let id = path_id(&id).ok_or(NOT_FOUND)?;
    let user = app.store.user(&caller.org, id).await?.ok_or(NOT_FOUND)?;
    Ok(ok("User found", User::from(&user)))
}

pub(super) async fn create(
    State(app): State<Arc<App>>,
    mut input: Input,
) -> Result<Response, ApiError> {
    let item = user::read_create(input.take_body());
    write::one(&app, Noun::USER, item, input).await
}

pub(super) async fn update(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    mut input: Input,
) -> Result<Response, ApiError> {
    let id = path_id(&id).ok_or(NOT_FOUND)?;
    let item = user::read_update(id, input.take_body());
    write::one(&app, Noun::USER, item, input).await
}
