//! Lists and searches of every object.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use lanekeeper_core::query::Draft;
use lanekeeper_core::{Faults, Object};
use lanekeeper_store::{Answer, Org, SearchPage};
use lanekeeper_wire::search::{self, Page, Parameters};
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

use crate::answer::{answer, respond};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::{parse, receive};
use crate::gate::{Place, Turn, Work};
use crate::query::Query;
use crate::routes::Guarded;

/// A page of the records, by parameters.
pub(super) async fn list(
    app: &App,
    org: Org,
    object: Object,
    uri: &Uri,
) -> Result<Response, ApiError> {
    let mut query = Query::with_lists(uri, search::parameters(object), &["fields"]);
    let about = search::ABOUT.into_iter();
    let about = about.filter_map(|(object, name)| Some((object, name, query.value(name)?)));
    let about: Vec<_> = about.collect();
    let parameters = Parameters {
        q: query.text("q"),
        cursor: query.text("cursor"),
        limit: query.value("limit"),
        fields: query.texts("fields"),
        pipeline_id: query.value("pipeline_id"),
        stage_id: query.value("stage_id"),
        about,
    };
    let mut faults = query.into_faults();
    let draft = search::from_parameters(object, parameters);
    let draft = draft.map_err(|wrong| faults.extend(wrong)).ok();
    let draft = require(draft, faults)?;
    page(app, org, draft).await
}

/// A page of the records, by a body.
pub(super) async fn search(
    app: &App,
    object: Object,
    mut input: Input,
) -> Result<Response, ApiError> {
    let draft = search::read(object, input.body.take())?;
    page(app, input.org, draft).await
}

/// The question of a search, read up to its JSON.
pub(super) struct Input {
    org: Org,
    body: Value,
    /// Held until the request is answered.
    _large_body: Option<OwnedSemaphorePermit>,
    _turn: Turn,
}

impl FromRequest<Arc<App>> for Input {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let extensions = &parts.extensions;
        let caller = extensions.get::<Caller>().ok_or(ApiError::Internal)?;
        let route = extensions.get::<Guarded>().ok_or(ApiError::Internal)?;
        Query::of(&parts.uri, &[]).finish()?;
        let (limits, bytes_max) = (&app.options.limits, route.body_bytes_max);
        let received = receive(&parts.headers, body, bytes_max, limits, &app.large_bodies).await?;
        let place = extensions.get::<Arc<Place>>().ok_or(ApiError::Internal)?;
        let turn = place.turn(Work::Long).await?;
        Ok(Self {
            org: caller.org,
            body: parse(&received.bytes)?,
            _large_body: received.turn,
            _turn: turn,
        })
    }
}

async fn page(app: &App, org: Org, draft: Draft) -> Result<Response, ApiError> {
    let object = draft.object;
    let show = move |page| show(object, &page);
    let answer = app.store.search(org, draft, show).await??;
    Ok(respond(answer))
}

fn show(object: Object, page: &SearchPage) -> Answer {
    let message = match object {
        Object::Account => "Accounts found",
        Object::Contact => "Contacts found",
        Object::Opportunity => "Opportunities found",
        Object::Note => "Notes found",
        Object::Activity => "Activities found",
    };
    let data = Page {
        object,
        found: &page.found,
        selection: &page.selection,
        definitions: &page.definitions,
        next_cursor: page.next_cursor.as_deref(),
        limit: page.limit,
    };
    answer(StatusCode::OK, message, data)
}

/// What was read, unless something was wrong.
fn require<T>(value: Option<T>, faults: Faults) -> Result<T, ApiError> {
    faults.or(())?;
    value.ok_or(ApiError::Internal)
}
