//! A server for one test, and a client that holds every answer against the document.

use std::sync::Arc;
use std::time::Duration;

use lanekeeper_core::Timestamp;
use lanekeeper_core::change::Actor;
use lanekeeper_core::key::{Key, KeyScope};
use lanekeeper_core::plan::setup::Setup;
use lanekeeper_server::connection::{Limits, Phase, Shutdown};
use lanekeeper_server::{App, FreshKey, Options, RateLimit, hash_key};
use lanekeeper_store::{Access, Clock, Database, Org, Settings, Store};
use lanekeeper_testing::TestDatabase;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::openapi::check_answer;

/// A running server with one organisation.
pub(crate) struct TestApp {
    pub(crate) address: String,
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    /// The organisation that is there from the start.
    pub(crate) tenant: Tenant,
    client: reqwest::Client,
    shutdown: Shutdown,
    server: Option<JoinHandle<()>>,
    pub(crate) database: Arc<TestDatabase>,
}

/// An organisation, and an admin's key to it.
#[derive(Clone, Debug)]
pub(crate) struct Tenant {
    pub(crate) organization_id: Uuid,
    pub(crate) pipeline_id: Uuid,
    /// Label and id of each stage, in order.
    pub(crate) stages: Vec<(String, Uuid)>,
    pub(crate) owner_id: Uuid,
    pub(crate) owner_email: String,
    pub(crate) key_id: Uuid,
    pub(crate) key: String,
}

/// What a test may want otherwise.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) limits: Limits,
    pub(crate) settings: Settings,
}

/// An answer that fits the document.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn data(&self) -> &Value {
        &self.body["data"]
    }

    /// The messages about a field.
    pub(crate) fn errors(&self, path: &str) -> String {
        let messages = self.body["errors"][path].as_array();
        let messages = messages.into_iter().flatten().filter_map(Value::as_str);
        messages.collect::<Vec<_>>().join("; ")
    }

    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

impl TestApp {
    pub(crate) async fn new() -> Self {
        Self::with(Wanted::default()).await
    }

    pub(crate) async fn with(wanted: Wanted) -> Self {
        Self::start(Arc::new(TestDatabase::new()), wanted, None).await
    }

    /// On a database that is there, at an address that leads to it.
    pub(crate) async fn on(database: &Arc<TestDatabase>, url: &str) -> Self {
        Self::start_at(url, Arc::clone(database), Wanted::default(), None).await
    }

    /// Stops the server in good order, and starts another on the same database.
    pub(crate) async fn restart(mut self) -> Self {
        self.stop().await;
        let (database, tenant) = (Arc::clone(&self.database), self.tenant.clone());
        drop(self);
        Self::start(database, Wanted::default(), Some(tenant)).await
    }

    /// Another server on what this one has committed by now, as after a `kill -9` of it. Meanwhile nobody may write, and
    /// afterwards this one may have no database.
    pub(crate) async fn after_a_crash(&self) -> Self {
        let database = Arc::new(self.database.after_a_crash());
        Self::start(database, Wanted::default(), Some(self.tenant.clone())).await
    }

    async fn start(database: Arc<TestDatabase>, wanted: Wanted, tenant: Option<Tenant>) -> Self {
        Self::start_at(&database.url(), database, wanted, tenant).await
    }

    async fn start_at(
        url: &str,
        database: Arc<TestDatabase>,
        wanted: Wanted,
        tenant: Option<Tenant>,
    ) -> Self {
        let clock = Clock::default();
        let url: Database = url.parse().expect("the address of a database");
        let store = Store::open(&url, Access::Serve, wanted.settings, clock.clone()).await;
        let store = store.expect("the database opens");
        let tenant = match tenant {
            Some(tenant) => tenant,
            None => add_tenant(&store, &clock, "First", |_| {}).await,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let shutdown = Shutdown::default();
        let options = Options {
            rate_limit: wanted.rate_limit,
            limits: wanted.limits,
        };
        let app = Arc::new(App::new(
            store.clone(),
            clock.clone(),
            options,
            shutdown.clone(),
        ));
        let serving = lanekeeper_server::serve(listener, app, shutdown.clone());
        let server = tokio::spawn(async {
            serving.await;
        });
        let client = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        Self {
            address,
            clock,
            store,
            tenant,
            client,
            shutdown,
            server: Some(server),
            database,
        }
    }

    /// Answers what was accepted, closes the database.
    pub(crate) async fn stop(&mut self) {
        self.shutdown.advance(Phase::Closing);
        if let Some(server) = self.server.take() {
            server.await.expect("the server ends in good order");
        }
    }

    /// Lets load balancers know that it is about to stop.
    pub(crate) fn drain(&self) {
        self.shutdown.advance(Phase::Draining);
    }

    /// One more organisation.
    pub(crate) async fn another_tenant(&self) -> Tenant {
        self.another_tenant_with(|_| {}).await
    }

    /// One more organisation, set up as a test wants it.
    pub(crate) async fn another_tenant_with(&self, change: impl FnOnce(&mut Setup)) -> Tenant {
        add_tenant(&self.store, &self.clock, "Another", change).await
    }

    /// The first organisation, as the store takes it.
    pub(crate) async fn org(&self) -> Org {
        let entry = self.store.key(&hash_key(&self.tenant.key)).await;
        let entry = entry.expect("the database answers");
        entry.expect("the first key").org
    }

    /// A key to the first organisation, changed as a test wants it.
    pub(crate) async fn another_key(&self, change: impl FnOnce(&mut Key)) -> (Uuid, String) {
        let (mut key, text) = fresh_key(self.clock.now());
        change(&mut key);
        self.store
            .create_key(&self.org().await, &key, &Actor::cli())
            .await
            .expect("a key is kept");
        (key.id, text)
    }

    /// Ends a key of the first organisation.
    pub(crate) async fn revoke_key(&self, id: Uuid) {
        let revoked = self
            .store
            .revoke_key(&self.org().await, id, &Actor::cli())
            .await;
        assert!(
            revoked.expect("the database answers"),
            "there is such a key"
        );
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.call("GET", target).send().await
    }

    pub(crate) async fn post(&self, target: &str, body: Value) -> Answer {
        self.call("POST", target).json(&body).send().await
    }

    pub(crate) async fn patch(&self, target: &str, body: Value) -> Answer {
        self.call("PATCH", target).json(&body).send().await
    }

    pub(crate) async fn delete(&self, target: &str) -> Answer {
        self.call("DELETE", target).send().await
    }

    /// Creates a record, and answers its id.
    pub(crate) async fn made(&self, target: &str, body: Value) -> String {
        let made = self.post(target, body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.data()["id"].as_str().expect("an id").to_owned()
    }

    /// Creates an opportunity in the first organisation's pipeline.
    pub(crate) async fn create(&self, opportunity: Value, related_objects: Value) -> Answer {
        let body = self.tenant.opportunity(opportunity, related_objects);
        self.post("/v1/opportunities", body).await
    }

    /// A request with the first organisation's key.
    pub(crate) fn call(&self, method: &str, target: &str) -> Call<'_> {
        let call = Call {
            app: self,
            method: method.to_owned(),
            target: target.to_owned(),
            headers: HeaderMap::new(),
            body: vec![],
        };
        call.header("x-api-key", &self.tenant.key)
    }
}

/// A request on its way.
pub(crate) struct Call<'a> {
    app: &'a TestApp,
    method: String,
    target: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Call<'_> {
    /// Sets a header, in place of what it was.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header's name");
        self.headers.insert(
            name,
            HeaderValue::from_bytes(value.as_bytes()).expect("a header's value"),
        );
        self
    }

    /// Adds a header beside what is there.
    pub(crate) fn another_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name: HeaderName = name.parse().expect("a header's name");
        self.headers.append(
            name,
            HeaderValue::from_bytes(value.as_ref()).expect("a header's value"),
        );
        self
    }

    pub(crate) fn without_header(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("x-api-key", key)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        let bytes = serde_json::to_vec(body).expect("a value is JSON");
        self.bytes(&bytes)
    }

    /// A body as it is, said to be JSON.
    pub(crate) fn bytes(self, body: &[u8]) -> Self {
        self.body(body).header("content-type", "application/json")
    }

    /// A body as it is, whose headers are told apart.
    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    /// Sends it, for an answer that the document does not have.
    pub(crate) async fn send_unchecked(self) -> reqwest::Response {
        let method = self.method.parse().expect("a method");
        let url = format!("{}{}", self.app.address, self.target);
        let request = self.app.client.request(method, url);
        let request = request.headers(self.headers).body(self.body);
        let response = request.timeout(Duration::from_secs(40)).send().await;
        response.expect("an answer")
    }

    /// Sends it; the answer is held against the document.
    pub(crate) async fn send(self) -> Answer {
        let (method, target) = (self.method.clone(), self.target.clone());
        let response = self.send_unchecked().await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.expect("a whole answer").to_vec();
        let media_type = headers
            .get("content-type")
            .and_then(|value| value.to_str().ok());
        let media_type = media_type
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default();
        let body = match media_type {
            "application/json" => serde_json::from_slice(&bytes).expect("JSON"),
            _ => Value::String(String::from_utf8_lossy(&bytes).into_owned()),
        };
        assert!(
            headers.contains_key("x-request-id"),
            "an answer without a request id"
        );
        check_answer(&method, &target, status, media_type, &body);
        if media_type == "application/json" && body.get("success").is_some() {
            assert_eq!(body["statusCode"], status);
        }
        Answer {
            status,
            headers,
            body,
            bytes,
        }
    }
}

impl Tenant {
    /// The body that creates an opportunity in its pipeline.
    pub(crate) fn opportunity(&self, opportunity: Value, related_objects: Value) -> Value {
        json!({
            "pipeline_id": self.pipeline_id,
            "opportunity": opportunity,
            "related_objects": related_objects,
        })
    }

    pub(crate) fn stage(&self, label: &str) -> Uuid {
        let stage = self.stages.iter().find(|(own, _)| own == label);
        stage.expect("the pipeline has the stage").1
    }
}

async fn add_tenant(
    store: &Store,
    clock: &Clock,
    name: &str,
    change: impl FnOnce(&mut Setup),
) -> Tenant {
    let now = clock.now();
    let (key, text) = fresh_key(now);
    let owner = format!("owner@{}.example.com", name.to_lowercase());
    let owner = owner.parse().expect("an address");
    let mut setup = Setup::new(name, owner, key, now, &mut Uuid::now_v7);
    change(&mut setup);
    store
        .add_organization(&setup)
        .await
        .expect("an organisation is made");
    let stages = setup
        .pipeline
        .stages
        .iter()
        .map(|stage| (stage.label.clone(), stage.id));
    Tenant {
        organization_id: setup.organization.id,
        pipeline_id: setup.pipeline.id,
        stages: stages.collect(),
        owner_id: setup.owner.id,
        owner_email: setup.owner.email.to_string(),
        key_id: setup.key.id,
        key: text,
    }
}

fn fresh_key(now: Timestamp) -> (Key, String) {
    let FreshKey { text, hash, hint } = FreshKey::new().expect("randomness");
    let key = Key {
        id: Uuid::now_v7(),
        name: "Test".to_owned(),
        scope: KeyScope::Admin,
        routes: vec![],
        hash,
        hint,
        created_at: now,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    (key, text)
}
