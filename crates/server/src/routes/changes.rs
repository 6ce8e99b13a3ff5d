//! The change feed.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use lanekeeper_store::{ChangePage, Org};
use lanekeeper_wire::change::{Actor, Change, Changes};
use tokio::time::{Instant, sleep_until};

use crate::answer::ok;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::gate::Work;
use crate::query::Query;

const LIMIT_DEFAULT: i64 = 100;
const LIMIT_MAX: i64 = 500;
const WAIT_SECS_MAX: i64 = 30;

pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let mut query = Query::of(&uri, &["after", "limit", "wait"]);
    let after = query.number("after", 0, 0..=i64::MAX);
    let limit = query.number("limit", LIMIT_DEFAULT, 1..=LIMIT_MAX);
    let wait_secs = query.number("wait", 0, 0..=WAIT_SECS_MAX);
    query.finish()?;
    let wait = Duration::from_secs(wait_secs.unsigned_abs());
    let page = read(&app, caller.org, after, limit.unsigned_abs() as usize, wait).await?;
    Ok(ok("Changes found", data(&page, after)))
}

/// The changes after a sequence; where there are none, those of the next commit, if it comes in time.
async fn read(
    app: &App,
    org: Org,
    after: i64,
    limit: usize,
    wait: Duration,
) -> Result<ChangePage, ApiError> {
    let until = Instant::now() + wait;
    let mut commits = app.store.commits(&org);
    loop {
        commits.mark_unchanged();
        let page = {
            let place = app.gate.enter(org)?;
            let _turn = place.turn(Work::Long).await?;
            app.store.changes(org, after, limit).await?
        };
        if !page.changes.is_empty() || Instant::now() >= until {
            return Ok(page);
        }
        tokio::select! {
            _ = commits.changed() => {}
            () = sleep_until(until) => {}
            () = app.draining() => return Ok(page),
        }
    }
}

fn data(page: &ChangePage, after: i64) -> Changes<'_> {
    let changes = page.changes.iter().map(|entry| {
        let changeset = entry.changeset.as_ref();
        Change {
            sequence: entry.sequence,
            changeset_id: changeset.id,
            request_id: &changeset.request_id,
            actor: Actor {
                kind: &changeset.actor_kind,
                id: changeset.actor_id,
                name: changeset.actor_name.as_deref(),
            },
            occurred_at: changeset.occurred_at,
            object: &entry.change.object,
            object_id: entry.change.object_id,
            action: &entry.change.action,
            changed: &entry.change.changed,
            before: entry.change.before.as_deref(),
            after: entry.change.after.as_deref(),
        }
    });
    Changes {
        changes: changes.collect(),
        has_more: page.has_more,
        next_after: page.changes.last().map_or(after, |entry| entry.sequence),
    }
}
