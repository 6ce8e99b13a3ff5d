//! The keys of an organisation.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use lanekeeper_wire::key::{self, Fresh, Keys};

use super::is_route;
use super::records::path_id;
use crate::answer::{Noun, ok};
use crate::app::App;
use crate::auth::{Caller, FreshKey};
use crate::error::ApiError;
use crate::query::Query;
use crate::write::{self, Input};

pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, ApiError> {
    Query::of(&uri, &[]).finish()?;
    let keys = app.store.live_keys(&caller.org).await?;
    Ok(ok("Keys found", Keys::new(&keys)))
}

pub(super) async fn create(
    State(app): State<Arc<App>>,
    mut input: Input,
) -> Result<Response, ApiError> {
    let FreshKey { text, hash, hint } = FreshKey::new().map_err(|error| {
        tracing::error!(%error, "there is no randomness for a key");
        ApiError::Internal
    })?;
    let routes_of_asker = input.routes_of_key();
    let fresh = Fresh {
        hash,
        hint,
        routes_of_asker: &routes_of_asker,
        end_of_asker: input.end_of_key(),
        is_route,
    };
    let item = key::read_create(fresh, input.take_body());
    write::create_key(&app, &text, item, input).await
}

pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    input: Input,
) -> Result<Response, ApiError> {
    let not_found = ApiError::NotFound("There is no key with this id");
    let id = path_id(&id).ok_or(not_found)?;
    write::one(&app, Noun::KEY, key::revoke(id), input).await
}
