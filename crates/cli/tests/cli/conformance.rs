//! `lanekeeper conformance` against a server of ours, against none, and against one that is another.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::{Init, Place, Server};

async fn judged(
    place: &Place,
    server: &Server,
    init: &Init,
    args: &[&str],
) -> (Option<i32>, Value) {
    let fixed = [
        "conformance",
        &server.address,
        "--key",
        &init.api_key,
        "--json",
    ];
    let ended = place.run(&[&fixed, args].concat());
    let report = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{}", ended.stderr));
    (ended.status, report)
}

#[tokio::test]
async fn our_own_server_passes_whole_also_a_second_time() {
    let place = Place::new();
    let init = place.init();
    let server = Server::start(&place).await;
    let owner = ["--owner-email", "owner@example.com"];

    for _ in 0..2 {
        let (status, report) = judged(&place, &server, &init, &owner).await;

        let cases = report["cases"].as_array().expect("cases");
        let failed: Vec<_> = cases
            .iter()
            .filter(|case| case["verdict"] != "holds")
            .collect();
        assert!(failed.is_empty(), "{failed:#?}");
        assert_eq!(status, Some(0));
        assert!(cases.len() > 200, "{}", cases.len());
    }
}

#[tokio::test]
async fn cases_are_chosen_by_name_and_by_who_published_them() {
    let place = Place::new();
    let init = place.init();
    let server = Server::start(&place).await;

    let chosen = [
        "--filter",
        "cursor",
        "--filter",
        "searchAccounts",
        "--published-only",
    ];
    let (status, report) = judged(&place, &server, &init, &chosen).await;

    assert_eq!(status, Some(0));
    let cases = report["cases"].as_array().expect("cases");
    assert!(!cases.is_empty());
    for case in cases {
        assert_eq!(case["operation"], "searchAccountsV1Compatibility");
        assert_ne!(case["mark"], "ours");
    }
}

#[tokio::test]
async fn people_read_a_table_and_what_it_will_do_before_it_starts() {
    let place = Place::new();
    let init = place.init();
    let server = Server::start(&place).await;

    let ended = place.run(&[
        "conformance",
        &server.address,
        "--key",
        &init.api_key,
        "--filter",
        "rule 8",
    ]);

    assert_eq!(ended.status, Some(0));
    assert!(
        ended
            .stderr
            .contains("They make records in the organisation of the key")
    );
    assert!(ended.stderr.contains("Opportunities: 1 of 2 hold\n"));
    assert!(ended.stdout.starts_with("createOpportunityV1\n"));
    assert!(ended.stdout.contains("not judged"));
    assert!(ended.stdout.contains("needs owner_email"));
    assert!(ended.stdout.contains("1 of 2 cases hold"));
}

#[test]
fn a_server_that_does_not_answer_cannot_be_judged() {
    let place = Place::new();

    let ended = place.run(&["conformance", "http://127.0.0.1:1", "--key", "k"]);

    assert_eq!(ended.status, Some(4));
    assert!(
        ended
            .complaint()
            .contains("http://127.0.0.1:1/v1/pipelines")
    );
}

#[test]
fn a_server_that_always_says_yes_differs() {
    let place = Place::new();
    let address = says_yes();

    let pipeline = "018f13b3-8239-7ef8-a8f1-93ad10b76110";
    let chosen = [
        "--pipeline",
        pipeline,
        "--json",
        "--filter",
        "listAccountsV1 a limit of",
    ];
    let fixed = ["conformance", &address, "--key", "k"];
    let ended = place.run(&[fixed.as_slice(), &chosen].concat());

    assert_eq!(ended.status, Some(1));
    let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(
        (&report["holds"], &report["differs"]),
        (&json!(0), &json!(3))
    );
    let detail = report["cases"][0]["detail"].as_str().expect("a text");
    assert!(detail.contains("status: expected 400, got 200"), "{detail}");
}

/// Answers every request with 200 and nothing in it; one connection each.
fn says_yes() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let read = stream.read(&mut [0; 65_536]).expect("a request");
            assert!(read > 0);
            let body = r#"{"success":true,"message":"Yes","data":{}}"#;
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n";
            write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len())
                .expect("an answer");
        }
    });
    address
}
