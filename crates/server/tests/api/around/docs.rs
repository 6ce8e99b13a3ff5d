//! The document and the page that shows it.

use std::io::Read as _;

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::openapi::document;
use crate::support::TestApp;

#[tokio::test]
async fn the_document_is_served_as_it_is() {
    let app = TestApp::new().await;

    let served = app
        .call("GET", "/openapi.json")
        .without_header("x-api-key")
        .send()
        .await;

    assert_eq!((served.status, &served.body), (200, document()));
    assert_eq!(served.header("content-type"), "application/json");
}

#[tokio::test]
async fn the_page_loads_only_its_own_scripts_and_may_load_nothing_else() {
    let app = TestApp::new().await;

    let page = app
        .call("GET", "/docs")
        .without_header("x-api-key")
        .send()
        .await;

    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'self'"), "{policy}");
    assert!(
        !policy.contains("://") && !policy.contains('*') && !policy.contains("script-src"),
        "{policy}"
    );
    let html = page.body.as_str().unwrap();
    assert!(!html.contains("://") && !html.contains("\"//"), "{html}");
    let scripts = sources(html);
    assert!(!scripts.is_empty());
    for source in scripts {
        let script = script(&app, source).await;
        assert!(!script.is_empty(), "{source}");
        if source.ends_with("start.js") {
            assert!(!script.contains("://"), "{script}");
        }
    }
}

/// What the page's scripts are loaded from.
fn sources(html: &str) -> Vec<&str> {
    let tags = html.split("<script").skip(1);
    let sources = tags.filter_map(|tag| tag.split_once("src=\"")?.1.split('"').next());
    sources.collect()
}

/// A script of the page, at an address that is not in the document.
async fn script(app: &TestApp, source: &str) -> String {
    let answer = app
        .call("GET", &format!("/{source}"))
        .without_header("x-api-key")
        .send_unchecked()
        .await;
    assert_eq!(answer.status(), 200, "{source}");
    assert_eq!(
        answer.headers()["content-type"],
        "text/javascript; charset=utf-8"
    );
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let bytes = answer.bytes().await.expect("a whole answer");
    let mut text = String::new();
    GzDecoder::new(bytes.as_ref())
        .read_to_string(&mut text)
        .expect("gzip");
    text
}

#[tokio::test]
async fn the_document_says_what_the_server_is() {
    let app = TestApp::new().await;

    let served = app.get("/openapi.json").await;

    assert_eq!(served.body["openapi"], "3.1.0");
    assert_eq!(
        served.body["info"]["version"],
        Value::from(env!("CARGO_PKG_VERSION"))
    );
}
