//! A row of a table: one request, and what is expected of its answer.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use super::expected::Expected;
use crate::support::{Answer, TestApp};

/// One request, and what is expected of its answer.
pub(super) struct Row {
    pub(super) id: &'static str,
    pub(super) request: Request,
    pub(super) expected: Expected,
}

pub(super) fn row(id: &'static str, request: Request, expected: Expected) -> Row {
    Row {
        id,
        request,
        expected,
    }
}

/// A request with the organisation's key. In target and body `{pipeline}` stands for the pipeline's id, `{stage}` for that of its
/// second stage, `{owner}` for the member's, `{organization}` for its own, and `{n}` for a number that no other row has.
#[derive(Clone)]
pub(super) struct Request {
    method: &'static str,
    target: String,
    headers: Vec<(&'static str, Vec<u8>)>,
    has_key: bool,
    body: Vec<u8>,
}

/// `GET`.
pub(super) fn get(target: &str) -> Request {
    Request {
        method: "GET",
        target: target.to_owned(),
        headers: vec![],
        has_key: true,
        body: vec![],
    }
}

/// `POST` of a body as it is, said to be JSON.
pub(super) fn post(target: &str, body: impl AsRef<[u8]>) -> Request {
    Request {
        method: "POST",
        target: target.to_owned(),
        headers: vec![("content-type", b"application/json".to_vec())],
        has_key: true,
        body: body.as_ref().to_vec(),
    }
}

/// A good opportunity with these members more in its `opportunity`.
pub(super) fn opp(members: &str) -> Request {
    opportunity(members, "")
}

/// A good opportunity with these `related_objects`.
pub(super) fn related(members: &str) -> Request {
    opportunity("", members)
}

fn opportunity(members: &str, related: &str) -> Request {
    let body = format!(
        r#"{{"pipeline_id":"{{pipeline}}","opportunity":{{{members}}},"related_objects":{{{related}}}}}"#
    );
    post("/v1/opportunities", body)
}

/// A good account, a new one, with these members more.
pub(super) fn acc(members: &str) -> Request {
    let body = format!(r#"{{"domain":"acme-{{n}}.com",{members}}}"#);
    post("/v1/accounts", body)
}

/// A good contact, a new one, with these members more.
pub(super) fn con(members: &str) -> Request {
    let body = format!(r#"{{"email":"jane-{{n}}@acme.com",{members}}}"#);
    post("/v1/contacts", body)
}

/// A good note with these members more.
pub(super) fn note(members: &str) -> Request {
    let body = format!(r#"{{"account_domain":"acme.com",{members}}}"#);
    post("/v1/notes", body)
}

/// A good activity, but for its type, with these members more.
pub(super) fn activity(members: &str) -> Request {
    let body = format!(r#"{{"title":"Call",{members}}}"#);
    post("/v1/activities", body)
}

impl Request {
    /// With one more header; a key instead of the organisation's.
    pub(super) fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.has_key &= name != "x-api-key";
        self.headers.push((name, value.as_ref().to_vec()));
        self
    }

    pub(super) fn no_key(mut self) -> Self {
        self.has_key = false;
        self
    }

    fn filled(mut self, app: &TestApp, number: usize) -> Self {
        let ids = [
            ("{pipeline}", app.tenant.pipeline_id),
            ("{stage}", app.tenant.stages[1].1),
            ("{owner}", app.tenant.owner_id),
            ("{organization}", app.tenant.organization_id),
        ];
        let fill = |text: &str| {
            let text = text.replace("{n}", &number.to_string());
            ids.iter().fold(text, |text, (place, id)| {
                text.replace(place, &id.to_string())
            })
        };
        self.target = fill(&self.target);
        if let Ok(text) = str::from_utf8(&self.body) {
            self.body = fill(text).into_bytes();
        }
        self
    }

    /// Sends it.
    pub(super) async fn send(&self, app: &TestApp) -> Answer {
        let mut call = app.call(self.method, &self.target);
        if !self.has_key {
            call = call.without_header("x-api-key");
        }
        call = call.body(&self.body);
        for (name, value) in &self.headers {
            call = call.another_header(name, value);
        }
        call.send().await
    }

    /// Everything that the answer may not repeat at length.
    fn text(&self) -> String {
        let values = self.headers.iter().map(|(_, value)| value.as_slice());
        let parts = values.chain([self.target.as_bytes(), &self.body]);
        let parts = parts.map(String::from_utf8_lossy);
        parts.collect::<Vec<_>>().join("\n")
    }

    fn keys(&self, app: &TestApp) -> Vec<String> {
        let sent = self.headers.iter().filter(|(name, _)| *name == "x-api-key");
        let sent = sent.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
        sent.chain([app.tenant.key.clone()]).collect()
    }
}

/// Sends the rows one after the other; says of all which went wrong, and how.
pub(super) async fn run(app: &TestApp, rows: Vec<Row>) {
    let mut wrong = vec![];
    let mut ledger = Ledger::new(app).await;
    for (number, row) in rows.into_iter().enumerate() {
        let request = row.request.filled(app, number);
        let sent = AssertUnwindSafe(request.send(app)).catch_unwind().await;
        let news = ledger.news().await;
        let checked = match sent {
            Ok(answer) => {
                let (text, keys) = (request.text(), request.keys(app));
                row.expected.check(&text, &keys, &answer, news)
            }
            Err(_) => Err("the answer is outside the document, as told above".to_owned()),
        };
        if let Err(fault) = checked {
            let start: String = request.text().chars().take(200).collect();
            wrong.push(format!("{}: {fault}\n    sent: {start}", row.id));
        }
    }
    assert_eq!(app.get("/healthz").await.status, 200);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How far the organisation's changes have come.
pub(super) struct Ledger<'a> {
    app: &'a TestApp,
    last: u64,
}

impl<'a> Ledger<'a> {
    pub(super) async fn new(app: &'a TestApp) -> Self {
        let mut ledger = Self { app, last: 0 };
        while ledger.news().await > 0 {}
        ledger
    }

    /// How many changes there are that were not seen before, up to a page of them.
    pub(super) async fn news(&mut self) -> u64 {
        let target = format!("/v1/changes?after={}&limit=500", self.last);
        let page = self.app.get(&target).await;
        let now = page.data()["next_after"].as_u64().expect("a sequence");
        let news = now - self.last;
        self.last = now;
        news
    }
}
