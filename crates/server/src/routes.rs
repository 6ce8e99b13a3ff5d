//! The whole route table.

mod changes;
mod docs;
mod fields;
mod health;
mod keys;
mod pipelines;
mod records;
mod search;
mod stages;
mod users;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, patch, post};
use lanekeeper_core::key::KeyScope;

use crate::app::App;
use crate::auth::{Caller, authenticate};
use crate::error::ApiError;
use crate::extract::accepts_json;
use crate::gate::Work;
use crate::telemetry::observe;

/// Largest body of one item, and of a hundred.
const SINGLE_BYTES_MAX: usize = 1024 * 1024;
const BULK_BYTES_MAX: usize = 8 * 1024 * 1024;

type Handler = MethodRouter<Arc<App>>;

/// Every route that needs a key.
fn table() -> Vec<(Guarded, Handler)> {
    use records::{accounts, activities, contacts, notes, opportunities};
    let routes = [
        list("GET /v1/opportunities", get(opportunities::list)),
        write("POST /v1/opportunities", post(opportunities::create)),
        search("POST /v1/opportunities/search", post(opportunities::search)),
        bulk_write(
            "POST /v1/opportunities/bulk",
            post(opportunities::create_bulk),
        ),
        read(
            "GET /v1/opportunities/{opportunity_id}",
            get(opportunities::show),
        ),
        write(
            "PATCH /v1/opportunities/{opportunity_id}",
            patch(opportunities::update),
        ),
        bodiless(
            "DELETE /v1/opportunities/{opportunity_id}",
            delete(opportunities::remove),
        ),
        bodiless(
            "POST /v1/opportunities/{opportunity_id}/restore",
            post(opportunities::restore),
        ),
        bulk_write(
            "PATCH /v1/opportunities/bulk",
            patch(records::opportunity_updates::update_bulk),
        ),
        list("GET /v1/accounts", get(accounts::list)),
        write("POST /v1/accounts", post(accounts::create)),
        search("POST /v1/accounts/search", post(accounts::search)),
        bulk_write("POST /v1/accounts/bulk", post(accounts::create_bulk)),
        read("GET /v1/accounts/{account_id}", get(accounts::show)),
        write("PATCH /v1/accounts/{account_id}", patch(accounts::update)),
        bodiless("DELETE /v1/accounts/{account_id}", delete(accounts::remove)),
        bodiless(
            "POST /v1/accounts/{account_id}/restore",
            post(accounts::restore),
        ),
        write(
            "POST /v1/accounts/{account_id}/merge",
            post(records::account_merges::merge),
        ),
        bulk_write(
            "PATCH /v1/accounts/bulk",
            patch(records::account_updates::update_bulk),
        ),
        list("GET /v1/contacts", get(contacts::list)),
        write("POST /v1/contacts", post(contacts::create)),
        search("POST /v1/contacts/search", post(contacts::search)),
        bulk_write("POST /v1/contacts/bulk", post(contacts::create_bulk)),
        read("GET /v1/contacts/{contact_id}", get(contacts::show)),
        write("PATCH /v1/contacts/{contact_id}", patch(contacts::update)),
        bodiless("DELETE /v1/contacts/{contact_id}", delete(contacts::remove)),
        bodiless(
            "POST /v1/contacts/{contact_id}/restore",
            post(contacts::restore),
        ),
        write(
            "POST /v1/contacts/{contact_id}/merge",
            post(records::contact_merges::merge),
        ),
        bulk_write(
            "PATCH /v1/contacts/bulk",
            patch(records::contact_updates::update_bulk),
        ),
        list("GET /v1/notes", get(notes::list)),
        write("POST /v1/notes", post(notes::create)),
        search("POST /v1/notes/search", post(notes::search)),
        bulk_write("POST /v1/notes/bulk", post(notes::create_bulk)),
        read("GET /v1/notes/{note_id}", get(notes::show)),
        write("PATCH /v1/notes/{note_id}", patch(notes::update)),
        bodiless("DELETE /v1/notes/{note_id}", delete(notes::remove)),
        bodiless("POST /v1/notes/{note_id}/restore", post(notes::restore)),
        list("GET /v1/activities", get(activities::list)),
        write("POST /v1/activities", post(activities::create)),
        search("POST /v1/activities/search", post(activities::search)),
        bulk_write("POST /v1/activities/bulk", post(activities::create_bulk)),
        read("GET /v1/activities/{activity_id}", get(activities::show)),
        write(
            "PATCH /v1/activities/{activity_id}",
            patch(activities::update),
        ),
        bodiless(
            "DELETE /v1/activities/{activity_id}",
            delete(activities::remove),
        ),
        bodiless(
            "POST /v1/activities/{activity_id}/restore",
            post(activities::restore),
        ),
        read("GET /v1/pipelines", get(pipelines::list)),
        admin("POST /v1/pipelines", post(pipelines::create)),
        read("GET /v1/pipelines/{pipeline_id}", get(pipelines::show)),
        admin(
            "PATCH /v1/pipelines/{pipeline_id}",
            patch(pipelines::update),
        ),
        list(
            "GET /v1/pipelines/{pipeline_id}/summary",
            get(pipelines::summary),
        ),
        read(
            "GET /v1/pipelines/{pipeline_id}/stages",
            get(pipelines::stages),
        ),
        bulk_write(
            "POST /v1/pipelines/{pipeline_id}/stages/bulk",
            post(stages::create_bulk),
        ),
        admin(
            "PATCH /v1/pipelines/{pipeline_id}/stages/{stage_id}",
            patch(stages::update),
        ),
        admin_delete(
            "DELETE /v1/pipelines/{pipeline_id}/stages/{stage_id}",
            delete(stages::delete),
        ),
        read("GET /v1/users", get(users::list)),
        admin("POST /v1/users", post(users::create)),
        read("GET /v1/users/{user_id}", get(users::show)),
        admin("PATCH /v1/users/{user_id}", patch(users::update)),
        admin_read("GET /v1/keys", get(keys::list)),
        admin("POST /v1/keys", post(keys::create)),
        admin_delete("DELETE /v1/keys/{key_id}", delete(keys::revoke)),
        read("GET /v1/accounts/fields", get(fields::accounts::list)),
        bulk_write(
            "POST /v1/accounts/fields/bulk",
            post(fields::accounts::create_bulk),
        ),
        bulk_write(
            "POST /v1/accounts/fields/bulk/update",
            post(fields::accounts::update_bulk),
        ),
        read("GET /v1/contacts/fields", get(fields::contacts::list)),
        bulk_write(
            "POST /v1/contacts/fields/bulk",
            post(fields::contacts::create_bulk),
        ),
        bulk_write(
            "POST /v1/contacts/fields/bulk/update",
            post(fields::contacts::update_bulk),
        ),
        read(
            "GET /v1/pipelines/{pipeline_id}/fields",
            get(fields::of_pipeline::list),
        ),
        bulk_write(
            "POST /v1/pipelines/{pipeline_id}/fields/bulk",
            post(fields::of_pipeline::create_bulk),
        ),
        bulk_write(
            "POST /v1/pipelines/{pipeline_id}/fields/bulk/update",
            post(fields::of_pipeline::update_bulk),
        ),
        follow("GET /v1/changes", get(changes::list)),
        // Addresses of older clients.
        write(
            "POST /v1/inbound/opportunities",
            post(opportunities::create),
        ),
        write("POST /v1/inbound/accounts", post(accounts::create)),
        write("POST /v1/inbound/contacts", post(contacts::create)),
        write("POST /v1/inbound/notes", post(notes::create)),
        list("GET /v2/inbound/opportunities", get(opportunities::list)),
        search(
            "POST /v2/inbound/opportunities/search",
            post(opportunities::search),
        ),
        list("GET /v2/inbound/accounts", get(accounts::list)),
        search("POST /v2/inbound/accounts/search", post(accounts::search)),
        list("GET /v2/inbound/contacts", get(contacts::list)),
        search("POST /v2/inbound/contacts/search", post(contacts::search)),
    ];
    let numbered = routes.into_iter().enumerate();
    numbered
        .map(|(number, (route, handler))| (Guarded { number, ..route }, handler))
        .collect()
}

/// Every route that needs none.
const OPEN: [&str; 5] = [
    "GET /openapi.json",
    "GET /docs",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
];

fn open_routes() -> Router<Arc<App>> {
    Router::new()
        .merge(docs::router())
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
}

/// A route that needs a key, and what it takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guarded {
    /// Method and path, as in the API's document.
    pub(crate) name: &'static str,
    /// What a key must be good for.
    pub(crate) scope: KeyScope,
    pub(crate) body_bytes_max: usize,
    kind: Kind,
    /// Its place in the table, for the rate limit.
    number: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Read,
    /// A read of many records.
    Search,
    /// A read that may wait for what is not there yet: it has a place only while it does not.
    Follow,
    Write,
    BulkWrite,
}

impl Guarded {
    /// The query parameters of a write.
    pub(crate) const fn parameters(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Read | Kind::Search | Kind::Follow => &[],
            Kind::Write => &["dry_run"],
            Kind::BulkWrite => &["dry_run", "partial"],
        }
    }
}

fn read(name: &'static str, handler: Handler) -> (Guarded, Handler) {
    guarded(name, KeyScope::Read, 0, Kind::Read, handler)
}

fn list(name: &'static str, handler: Handler) -> (Guarded, Handler) {
    guarded(name, KeyScope::Read, 0, Kind::Search, handler)
}

fn follow(name: &'static str, handler: Handler) -> (Guarded, Handler) {
    guarded(name, KeyScope::Read, 0, Kind::Follow, handler)
}

/// A read whose question is a body.
fn search(name: &'static str, handler: Handler) -> (Guarded, Handler) {
    let bytes_max = SINGLE_BYTES_MAX;
    guarded(name, KeyScope::Read, bytes_max, Kind::Search, handler)
}

fn write(name: &'static str, handler: Handler) -> (Guarded, Handler) {
    guarded(
        name,
        KeyScope::Write,
        SINGLE_BYTES_MAX,
        Kind::Write,
        handler,
    )
}

/// A write that its path says all of.
fn bodiless(name: &'static str, handler: Handler) -> (Guarded, Handler) {
    guarded(name, KeyScope::Write, 0, Kind::Write, handler)
}

fn bulk_write(name: &'static str, handler: Handler) -> (Guarded, Handler) {
    guarded(
        name,
        KeyScope::Write,
        BULK_BYTES_MAX,
        Kind::BulkWrite,
        handler,
    )
}

/// A write that changes what the organisation is set to.
fn admin(name: &'static str, handler: Handler) -> (Guarded, Handler) {
    let scope = KeyScope::Admin;
    guarded(name, scope, SINGLE_BYTES_MAX, Kind::Write, handler)
}

/// The same without a body.
fn admin_delete(name: &'static str, handler: Handler) -> (Guarded, Handler) {
    guarded(name, KeyScope::Admin, 0, Kind::Write, handler)
}

fn admin_read(name: &'static str, handler: Handler) -> (Guarded, Handler) {
    guarded(name, KeyScope::Admin, 0, Kind::Read, handler)
}

fn guarded(
    name: &'static str,
    scope: KeyScope,
    body_bytes_max: usize,
    kind: Kind,
    handler: Handler,
) -> (Guarded, Handler) {
    (
        Guarded {
            name,
            scope,
            body_bytes_max,
            kind,
            number: 0,
        },
        handler,
    )
}

/// Every route's method and path, as in the API's document: those that a key may be restricted to first.
#[must_use]
pub fn route_names() -> Vec<&'static str> {
    let guarded = table().into_iter().map(|(route, _)| route.name);
    guarded.chain(OPEN).collect()
}

/// Whether a key may be restricted to a route of this name.
#[must_use]
pub fn is_route(name: &str) -> bool {
    table().iter().any(|(route, _)| route.name == name)
}

/// All routes, with what surrounds each.
pub(crate) fn service(app: Arc<App>) -> Router {
    let mut router = open_routes();
    for (route, handler) in table() {
        let (_, path) = route
            .name
            .split_once(' ')
            .expect("a route is method and path");
        let guard = from_fn_with_state((Arc::clone(&app), route), guard);
        router = router.route(path, handler.route_layer(guard));
    }
    router
        .fallback(async || {
            ApiError::NotFound("There is nothing at this path; /docs shows what there is")
        })
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(from_fn(observe))
        .with_state(app)
}

/// Key, right, rate, a place, then the handler: nothing is read of a body before the caller may send it.
async fn guard(
    State((app, route)): State<(Arc<App>, Guarded)>,
    request: Request,
    next: Next,
) -> Response {
    if !accepts_json(request.headers()) {
        return ApiError::NotAcceptable.into_response();
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let address = peer.map(|ConnectInfo(address)| address.ip());
    let caller = match authenticate(&app, request.headers(), &route, address).await {
        Ok(caller) => caller,
        Err(error) => return error.into_response(),
    };
    let (left, counted) = app.limiter.count(caller.key().id, route.number);
    let mut response = match counted {
        Ok(()) => {
            let admitted = admit(&app, &route, caller, request, next).await;
            admitted.unwrap_or_else(ApiError::into_response)
        }
        Err(error) => error.into_response(),
    };
    if let Some(left) = left {
        left.tell(response.headers_mut());
    }
    response
}

/// Handles a request once there is a place for it; a read that is all there, in its turn.
async fn admit(
    app: &App,
    route: &Guarded,
    caller: Caller,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let org = caller.org;
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(*route);
    if route.kind == Kind::Follow {
        return Ok(next.run(request).await);
    }
    let place = Arc::new(app.gate.enter(org)?);
    let _turn = match route.kind {
        Kind::Read => Some(place.turn(Work::Short).await?),
        Kind::Search if route.body_bytes_max == 0 => Some(place.turn(Work::Long).await?),
        Kind::Search | Kind::Follow | Kind::Write | Kind::BulkWrite => None,
    };
    request.extensions_mut().insert(Arc::clone(&place));
    Ok(next.run(request).await)
}
