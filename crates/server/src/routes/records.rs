//! Accounts, contacts, opportunities, notes and activities: the same verbs for each.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::ETAG;
use axum::response::Response;
use axum::{Extension, http::Uri};
use lanekeeper_core::command::{DeleteRecord, RestoreRecord, Target};
use lanekeeper_core::plan::Item;
use lanekeeper_core::{Command, Faults, Object};
use lanekeeper_store::Org;
use lanekeeper_wire::record::Whole;
use lanekeeper_wire::{merge, update};
use serde_json::Value;
use uuid::Uuid;

use super::search;
use crate::answer::{Noun, etag, ok};
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

            pub(crate) async fn update(
                State(app): State<Arc<App>>,
                Path(id): Path<String>,
                input: Input,
            ) -> Result<Response, ApiError> {
                super::change(&app, $object, &id, input, update::read).await
            }

            pub(crate) async fn remove(
                State(app): State<Arc<App>>,
                Path(id): Path<String>,
                input: Input,
            ) -> Result<Response, ApiError> {
                super::change(&app, $object, &id, input, super::delete).await
            }

            pub(crate) async fn restore(
                State(app): State<Arc<App>>,
                Path(id): Path<String>,
                input: Input,
            ) -> Result<Response, ApiError> {
                super::change(&app, $object, &id, input, super::restore).await
            }

            pub(crate) async fn show(
                State(app): State<Arc<App>>,
                Extension(caller): Extension<Caller>,
                uri: Uri,
                Path(id): Path<String>,
            ) -> Result<Response, ApiError> {
                super::show(&app, &caller.org, $object, &uri, &id).await
            }
        }
    };
}

/// What only the published bulk update takes.
macro_rules! updating_in_bulk {
    ($name:ident, $object:expr) => {
        pub(super) mod $name {
            use super::*;

            pub(crate) async fn update_bulk(
                State(app): State<Arc<App>>,
                input: Input,
            ) -> Result<Response, ApiError> {
                write::update_bulk(&app, $object, input).await
            }
        }
    };
}

/// What only records with a natural key have.
macro_rules! merging {
    ($name:ident, $object:expr) => {
        pub(super) mod $name {
            use super::*;

            pub(crate) async fn merge(
                State(app): State<Arc<App>>,
                Path(id): Path<String>,
                input: Input,
            ) -> Result<Response, ApiError> {
                super::change(&app, $object, &id, input, merge::read).await
            }
        }
    };
}

handlers!(accounts, Object::Account);
handlers!(contacts, Object::Contact);
handlers!(opportunities, Object::Opportunity);
handlers!(notes, Object::Note);
handlers!(activities, Object::Activity);
updating_in_bulk!(account_updates, Object::Account);
updating_in_bulk!(contact_updates, Object::Contact);
updating_in_bulk!(opportunity_updates, Object::Opportunity);
merging!(account_merges, Object::Account);
merging!(contact_merges, Object::Contact);

/// Writes to the record that a path names.
async fn change(
    app: &App,
    object: Object,
    id: &str,
    mut input: Input,
    read: impl FnOnce(Target, Value) -> Item,
) -> Result<Response, ApiError> {
    let id = path_id(id).ok_or_else(|| not_found(object))?;
    let target = input.target(object, id);
    let item = read(target, input.take_body());
    write::one(app, Noun::of(object), item, input).await
}

fn delete(target: Target, _: Value) -> Item {
    Item::from(Command::DeleteRecord(Box::new(DeleteRecord { target })))
}

fn restore(target: Target, _: Value) -> Item {
    Item::from(Command::RestoreRecord(Box::new(RestoreRecord { target })))
}

fn not_found(object: Object) -> ApiError {
    Faults::not_found(format!("There is no {} with this id", object.name())).into()
}

async fn show(
    app: &App,
    org: &Org,
    object: Object,
    uri: &Uri,
    id: &str,
) -> Result<Response, ApiError> {
    Query::of(uri, &[]).finish()?;
    let not_found = || not_found(object);
    let id = path_id(id).ok_or_else(not_found)?;
    let found = app.store.record(org, object, id).await?;
    let found = found.ok_or_else(not_found)?;
    let message = match object {
        Object::Account => "Account found",
        Object::Contact => "Contact found",
        Object::Opportunity => "Opportunity found",
        Object::Note => "Note found",
        Object::Activity => "Activity found",
    };
    let mut response = ok(message, Whole(&found));
    let version = found.record().version();
    response.headers_mut().insert(ETAG, etag(&version));
    Ok(response)
}

/// The id in a path; what is no UUID names nothing.
pub(super) fn path_id(text: &str) -> Option<Uuid> {
    const USUAL_LEN: usize = 36;
    Some(text)
        .filter(|text| text.len() == USUAL_LEN)?
        .parse()
        .ok()
}
