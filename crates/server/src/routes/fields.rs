//! Fields of accounts, of contacts and of the opportunities of a pipeline: the same verbs for each.

use std::future::ready;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use lanekeeper_core::custom::Scope;
use lanekeeper_store::Org;
use lanekeeper_wire::field::{self, Fields};

use super::pipelines::pipeline;
use crate::answer::{Noun, ok};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::query::Query;
use crate::write::{self, Input};

/// The handlers of one scope; `path` is what the path of the route names.
macro_rules! handlers {
    ($name:ident, $path:ty, $scope:expr) => {
        pub(super) mod $name {
            use super::*;

            pub(crate) async fn list(
                State(app): State<Arc<App>>,
                Extension(caller): Extension<Caller>,
                uri: Uri,
                Path(path): Path<$path>,
            ) -> Result<Response, ApiError> {
                Query::of(&uri, &[]).finish()?;
                let scope = $scope(&app, &caller.org, path).await?;
                super::list(&app, &caller.org, scope).await
            }

            pub(crate) async fn create_bulk(
                State(app): State<Arc<App>>,
                Path(path): Path<$path>,
                input: Input,
            ) -> Result<Response, ApiError> {
                let scope = $scope(&app, &input.org(), path).await?;
                let read = |item| field::read_create(scope, item);
                write::bulk(&app, Noun::FIELD, read, input).await
            }

            pub(crate) async fn update_bulk(
                State(app): State<Arc<App>>,
                Path(path): Path<$path>,
                input: Input,
            ) -> Result<Response, ApiError> {
                let scope = $scope(&app, &input.org(), path).await?;
                let read = |item| field::read_update(scope, item);
                write::bulk(&app, Noun::FIELD, read, input).await
            }
        }
    };
}

handlers!(accounts, (), |_, _, ()| ready(Ok::<_, ApiError>(
    Scope::Accounts
)));
handlers!(contacts, (), |_, _, ()| ready(Ok::<_, ApiError>(
    Scope::Contacts
)));
handlers!(of_pipeline, String, scope_of);

async fn scope_of(app: &App, org: &Org, pipeline_id: String) -> Result<Scope, ApiError> {
    let pipeline = pipeline(app, org, &pipeline_id).await?;
    Ok(Scope::Opportunities(pipeline.id))
}

async fn list(app: &App, org: &Org, scope: Scope) -> Result<Response, ApiError> {
    let custom = app.store.fields(org, scope).await?;
    Ok(ok("Fields found", Fields::new(scope, &custom)))
}
