//! Accounts, contacts and opportunities: the same verbs for each.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::{Extension, http::Uri};
use lanekeeper_core::Object;
use lanekeeper_store::Org;
use lanekeeper_wire::opportunity::Opportunity;
use lanekeeper_wire::record::Record;
use uuid::Uuid;

use super::search;
use crate::answer::ok;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::query::Query;
use crate::write::{self, Input};

/// The handlers of one object.
macro_rules! handlers {
    ($name:ident, $object:expr) => {
        pub(super) mod $name {
            use super::*;

            pub(crate) async fn create(
                State(app): State<Arc<App>>,
                input: Input,
            ) -> Result<Response, ApiError> {
                write::create(&app, $object, input).await
            }

            pub(crate) async fn create_bulk(
                State(app): State<Arc<App>>,
                input: Input,
            ) -> Result<Response, ApiError> {
                write::create_bulk(&app, $object, input).await
            }

            pub(crate) async fn list(
                State(app): State<Arc<App>>,
                Extension(caller): Extension<Caller>,
                uri: Uri,
            ) -> Result<Response, ApiError> {
                search::list(&app, caller.org, $object, &uri).await
            }

            pub(crate) async fn search(
                State(app): State<Arc<App>>,
                input: search::Input,
            ) -> Result<Response, ApiError> {
                search::search(&app, $object, input).await
            }

            pub(crate) async fn show(
                State(app): State<Arc<App>>,
                Extension(caller): Extension<Caller>,
                uri: Uri,
                Path(id): Path<String>,
            ) -> Result<Response, ApiError> {
                super::show(&app, &caller.org, $object, &uri, &id)
            }
        }
    };
}

handlers!(accounts, Object::Account);
handlers!(contacts, Object::Contact);
handlers!(opportunities, Object::Opportunity);

fn show(app: &App, org: &Org, object: Object, uri: &Uri, id: &str) -> Result<Response, ApiError> {
    Query::of(uri, &[]).finish()?;
    let not_found = || {
        ApiError::NotFound(match object {
            Object::Account => "There is no account with this id",
            Object::Contact => "There is no contact with this id",
            Object::Opportunity => "There is no opportunity with this id",
        })
    };
    let id = path_id(id).ok_or_else(not_found)?;
    match object {
        Object::Opportunity => {
            let view = app.store.opportunity(org, id)?.ok_or_else(not_found)?;
            Ok(ok("Opportunity found", Opportunity::from(&view)))
        }
        Object::Account | Object::Contact => {
            let record = app.store.record(org, object, id)?.ok_or_else(not_found)?;
            let message = match object {
                Object::Account => "Account found",
                _ => "Contact found",
            };
            Ok(ok(message, Record(&record)))
        }
    }
}

/// The id in a path; what is no UUID names nothing.
pub(super) fn path_id(text: &str) -> Option<Uuid> {
    const USUAL_LEN: usize = 36;
    Some(text)
        .filter(|text| text.len() == USUAL_LEN)?
        .parse()
        .ok()
}
