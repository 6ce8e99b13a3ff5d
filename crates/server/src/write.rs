//! Every write takes this way: read the request, hand its commands to the store, answer.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use bytes::Bytes;
use lanekeeper_core::command::{NamedIn, Target};
use lanekeeper_core::plan::{Item, Mode, check_size};
use lanekeeper_core::{Faults, Object, Timestamp};
use lanekeeper_store::{Idempotency, Org, Render, Write, Written};
use lanekeeper_wire::{account, activity, contact, note, opportunity, update};
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use crate::answer::{Keys, Noun, Shape, etag, render, render_key, respond, version};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::{Received, parse, receive, receive_nothing};
use crate::query::Query;
use crate::routes::Guarded;
use crate::telemetry::REQUEST_ID;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;

/// A request to write, read up to its JSON.
pub(crate) struct Input {
    caller: Caller,
    body: Value,
    dry_run: bool,
    mode: Mode,
    /// The caller's key, and what tells this request from another.
    idempotency: Option<(String, [u8; 32])>,
    /// Held until the request is answered.
    _turn: Option<OwnedSemaphorePermit>,
    /// The versions of which the record must have one; none: whichever it has.
    versions: Option<Vec<String>>,
}

impl Input {
    /// The record that the request's path names.
    pub(crate) fn target(&mut self, object: Object, id: Uuid) -> Target {
        Target {
            object,
            id,
            named_in: NamedIn::Path,
            versions: self.versions.take(),
        }
    }

    /// The body, which is read once.
    pub(crate) fn take_body(&mut self) -> Value {
        self.body.take()
    }

    /// The organisation that is written to.
    pub(crate) const fn org(&self) -> Org {
        self.caller.org
    }

    /// When the caller's key ends, if ever.
    pub(crate) fn end_of_key(&self) -> Option<Timestamp> {
        self.caller.key().expires_at
    }

    /// What the caller's key is restricted to.
    pub(crate) fn routes_of_key(&self) -> Vec<String> {
        self.caller.key().routes.clone()
    }
}

impl FromRequest<Arc<App>> for Input {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let caller = parts
            .extensions
            .get::<Caller>()
            .cloned()
            .ok_or(ApiError::Internal)?;
        let route = parts
            .extensions
            .get::<Guarded>()
            .copied()
            .ok_or(ApiError::Internal)?;
        let mut query = Query::of(&parts.uri, route.parameters());
        let (dry_run, is_partial) = (query.flag("dry_run"), query.flag("partial"));
        query.finish()?;
        let key = idempotency_key(&parts.headers)?;
        let versions = if_match(&parts.headers);
        let limits = &app.options.limits;
        let received = match route.body_bytes_max {
            0 => receive_nothing(body, limits).await?,
            bytes_max => {
                receive(&parts.headers, body, bytes_max, limits, &app.large_bodies).await?
            }
        };
        let Received { bytes, turn } = received;
        let body = match route.body_bytes_max {
            0 => Value::Null,
            _ => parse(&bytes)?,
        };
        let target = format!("{} {}", parts.method, parts.uri);
        Ok(Self {
            caller,
            dry_run,
            mode: if is_partial {
                Mode::Partial
            } else {
                Mode::Whole
            },
            idempotency: key.map(|key| (key, fingerprint(&target, &bytes))),
            body,
            _turn: turn,
            versions,
        })
    }
}

/// Creates one record, or finds it.
pub(crate) async fn create(
    app: &App,
    object: Object,
    mut input: Input,
) -> Result<Response, ApiError> {
    let item = reader(object)(input.take_body());
    one(app, Noun::of(object), item, input).await
}

/// Creates a key. Its text is in this answer only: neither in the one that is kept for retries, nor in that of a dry run.
pub(crate) async fn create_key(
    app: &App,
    text: &str,
    item: Item,
    input: Input,
) -> Result<Response, ApiError> {
    let (shape, is_dry) = (Shape::Single, input.dry_run);
    match submit(app, Noun::KEY, &shape, vec![item], input).await? {
        Written::Done(results) if !is_dry => Ok(respond(render_key(&results, text)?)),
        written => answer(Noun::KEY, &shape, written),
    }
}

/// Creates up to a hundred records, or finds them.
pub(crate) async fn create_bulk(
    app: &App,
    object: Object,
    input: Input,
) -> Result<Response, ApiError> {
    bulk(app, Noun::of(object), reader(object), input).await
}

/// Writes up to a hundred items, each as it is read.
pub(crate) async fn bulk(
    app: &App,
    noun: Noun,
    read: impl Fn(Value) -> Item,
    mut input: Input,
) -> Result<Response, ApiError> {
    let items = lanekeeper_wire::bulk::read(input.body.take(), read)?;
    let shape = shape(&input, None);
    run(app, noun, shape, items, input).await
}

/// Changes up to fifty records, each under its id.
pub(crate) async fn update_bulk(
    app: &App,
    object: Object,
    mut input: Input,
) -> Result<Response, ApiError> {
    let update::BulkUpdate { keys, items } = update::read_bulk(object, input.take_body())?;
    let shape = shape(&input, Some(keys.into()));
    run(app, Noun::of(object), shape, items, input).await
}

fn shape(input: &Input, keys: Keys) -> Shape {
    match input.mode {
        Mode::Whole => Shape::Bulk(keys),
        Mode::Partial => Shape::PartialBulk(keys),
    }
}

/// Writes one item.
pub(crate) async fn one(
    app: &App,
    noun: Noun,
    item: Item,
    input: Input,
) -> Result<Response, ApiError> {
    run(app, noun, Shape::Single, vec![item], input).await
}

const fn reader(object: Object) -> fn(Value) -> Item {
    match object {
        Object::Account => account::read,
        Object::Contact => contact::read,
        Object::Opportunity => opportunity::read,
        Object::Note => note::read,
        Object::Activity => activity::read,
    }
}

async fn run(
    app: &App,
    noun: Noun,
    shape: Shape,
    items: Vec<Item>,
    input: Input,
) -> Result<Response, ApiError> {
    let written = submit(app, noun, &shape, items, input).await?;
    answer(noun, &shape, written)
}

async fn submit(
    app: &App,
    noun: Noun,
    shape: &Shape,
    items: Vec<Item>,
    input: Input,
) -> Result<Written, ApiError> {
    if input.versions.is_some() {
        let message = "is not taken here: what this changes has no version; leave it out";
        return Err(Faults::one("If-Match", message).into());
    }
    check_size(&items)?;
    let kept = shape.clone();
    let keep: Render = Arc::new(move |results| render(noun, &kept, results).ok());
    let idempotency = input.idempotency.map(|(key, fingerprint)| Idempotency {
        key,
        fingerprint,
        render: keep,
    });
    let write = Write {
        org: input.caller.org,
        actor: input.caller.actor(),
        request_id: REQUEST_ID.with(Clone::clone),
        items,
        mode: input.mode,
        dry_run: input.dry_run,
        idempotency,
    };
    Ok(app.store.write(write).await?)
}

fn answer(noun: Noun, shape: &Shape, written: Written) -> Result<Response, ApiError> {
    match written {
        Written::Done(results) => {
            let mut response = respond(render(noun, shape, &results)?);
            if let Some(version) = version(&results) {
                response.headers_mut().insert(ETAG, etag(&version));
            }
            Ok(response)
        }
        Written::Replayed(answer) => {
            let mut response = respond(answer);
            response
                .headers_mut()
                .insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
            Ok(response)
        }
    }
}

/// The key of a request that must happen once: 1 to 255 printable ASCII characters, also as a quoted structured string.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut sent = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(first) = sent.next() else {
        return Ok(None);
    };
    if sent.next().is_some() {
        return Err(ApiError::IdempotencyKey("is there twice; send it once"));
    }
    let text = first.to_str().unwrap_or_default();
    let unquoted = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    let key = unquoted.unwrap_or(text);
    let is_printable = key
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'"');
    if !is_printable || !(1..=IDEMPOTENCY_KEY_CHARS_MAX).contains(&key.len()) {
        return Err(ApiError::IdempotencyKey(
            "needs 1 to 255 printable ASCII characters without spaces or quotes",
        ));
    }
    Ok(Some(key.to_owned()))
}

/// The versions that `If-Match` names; none if it names every version, or is not there. A weak tag never matches
/// (RFC 9110, section 13.1.1).
fn if_match(headers: &HeaderMap) -> Option<Vec<String>> {
    let sent = headers.get_all(IF_MATCH).iter();
    let texts: Vec<&str> = sent
        .map(|value| value.to_str().unwrap_or_default())
        .collect();
    let tags = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
    let tags: Vec<&str> = tags.collect();
    if tags.is_empty() || tags.contains(&"*") {
        return None;
    }
    let strong = tags.into_iter();
    let strong = strong.filter_map(|tag| tag.strip_prefix('"')?.strip_suffix('"'));
    Some(strong.map(str::to_owned).collect())
}

/// Tells a request from every other: the same key with another method, address or body is a mistake.
fn fingerprint(target: &str, body: &Bytes) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(target.len() as u64).to_le_bytes());
    hasher.update(target.as_bytes());
    hasher.update(body);
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_strong_tags_and_the_star_match() {
        let of = |value: &str| {
            let value = HeaderValue::from_str(value).unwrap();
            if_match(&HeaderMap::from_iter([(IF_MATCH, value)]))
        };

        assert_eq!(if_match(&HeaderMap::new()), None);
        assert_eq!(of("*"), None);
        assert_eq!(
            of("\"a1\", W/\"b2\", \"c3\""),
            Some(vec!["a1".to_owned(), "c3".to_owned()])
        );
        assert_eq!(of("nonsense"), Some(vec![]));
    }

    #[test]
    fn an_idempotency_key_is_printable_and_there_once() {
        let of = |values: &[&str]| {
            let headers = values
                .iter()
                .map(|value| (IDEMPOTENCY_KEY, HeaderValue::from_str(value).unwrap()));
            idempotency_key(&headers.collect())
        };

        assert!(matches!(of(&[]), Ok(None)));
        assert!(matches!(of(&["a-1"]), Ok(Some(key)) if key == "a-1"));
        assert!(matches!(of(&["\"a-1\""]), Ok(Some(key)) if key == "a-1"));
        for bad in [
            &[""][..],
            &["a b"],
            &["a\"b"],
            &["\"\""],
            &["ключ"],
            &["a", "a"],
            &[&"x".repeat(256)],
        ] {
            assert!(of(bad).is_err(), "{bad:?}");
        }
    }
}
