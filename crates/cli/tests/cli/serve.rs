//! `lanekeeper serve`: its options, its screen, its log, and what it refuses to start on.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Ended, Place, Server};

#[tokio::test]
async fn options_come_from_the_environment() {
    let place = Place::new();
    let init = place.init();
    let serve = |rate_limit: &str| {
        let mut command = place.command(&["serve"]);
        command
            .env("LANEKEEPER_LISTEN", "127.0.0.1:0")
            .env("LANEKEEPER_RATE_LIMIT", rate_limit);
        command
    };

    let unlimited = Server::spawn(&mut serve("off")).await;
    let off = unlimited.client(&init.api_key).get("/v1/pipelines").await;
    unlimited.stop().await;
    let limited = Server::spawn(&mut serve("1/s,burst=7")).await;
    let client = limited.client(&init.api_key);
    let mut statuses = vec![];
    for _ in 0..8 {
        statuses.push(client.get("/v1/pipelines").await.status);
    }
    let over = client.get("/v1/pipelines").await;
    let wrong = Ended::of(&mut serve("5 per second"));

    assert_eq!((off.status, off.header("ratelimit-policy")), (200, ""));
    assert_eq!(statuses[..7], [200; 7]);
    assert!(
        over.header("ratelimit-policy").contains('7'),
        "{:?}",
        over.headers
    );
    assert_eq!(over.status, 429, "{statuses:?}");
    assert!(!over.header("retry-after").is_empty());
    assert_eq!(wrong.status, Some(2));
}

#[tokio::test]
async fn an_init_from_the_environment_sets_the_database_up_once() {
    let place = Place::new();
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"]);
    command
        .env("LANEKEEPER_INIT", "true")
        .env("LANEKEEPER_ORGANIZATION", "Acme Inc")
        .env("LANEKEEPER_OWNER_EMAIL", "jane@acme.com");

    let first = Server::spawn(&mut command).await;
    let screen = first.stdout.text();
    first.stop().await;
    let second = Server::spawn(&mut command).await;

    assert!(
        screen.contains("Acme Inc") && screen.contains("jane@acme.com"),
        "{screen}"
    );
    assert!(screen.contains("lk_live_"), "{screen}");
    let screen = second.stdout.text();
    assert!(
        !screen.contains("lk_live_"),
        "the key is shown once: {screen}"
    );
    assert!(screen.contains("lanekeeper key create --name NAME` makes another"));
}

#[tokio::test]
async fn the_screen_shows_all_that_a_newcomer_needs_and_its_line_works_as_pasted() {
    let place = Place::new();

    let server = Server::start_with(&place, &["--init"]).await;

    let screen = server.stdout.text();
    let database = place.database.shown();
    for part in [
        server.address.as_str(),
        "My organisation",
        "Sales (",
        "Lead 10 % → Qualified 25 % → Proposal 50 % → Negotiation 75 % → Won or Lost",
        "owner@example.com",
        &database,
        "API key        lk_live_",
        "This is the only time it is shown",
    ] {
        assert!(screen.contains(part), "{part} is not in {screen}");
    }
    let line = screen.lines().find(|line| line.starts_with("curl "));
    let pasted = Ended::of(Command::new("bash").args(["-c", line.unwrap()]));
    assert_eq!(pasted.status, Some(0), "{}", pasted.stderr);
    let answer: Value = serde_json::from_str(&pasted.stdout).unwrap();
    assert_eq!(answer["statusCode"], 201, "{answer}");
    assert_eq!(answer["data"]["account_domain"], "acme.com");
    assert_eq!(answer["data"]["contact_email"], "jane@acme.com");
    assert_eq!(answer["data"]["stage_name"], "Qualified");
}

#[tokio::test]
async fn a_server_on_an_empty_database_says_what_sets_it_up() {
    let place = Place::new();

    let server = Server::start(&place).await;

    assert!(server.stdout.text().contains("lanekeeper init` sets it up"));
    let init = place.init();
    let answer = server.client(&init.api_key).get("/v1/pipelines").await;
    assert_eq!(answer.status, 200, "no restart is needed");
}

#[tokio::test]
async fn an_address_in_use_is_said_so() {
    let (place, other) = (Place::new(), Place::new());
    let server = Server::start(&place).await;
    let address = server.address.strip_prefix("http://").unwrap();

    let second = other.run(&["serve", "--listen", address]);

    assert_eq!(second.status, Some(1));
    let complaint = second.complaint();
    assert!(
        complaint.contains(&format!("cannot listen at {address}")),
        "{complaint}"
    );
    assert!(complaint.contains("in use"), "{complaint}");
    assert!(other.database.everything().is_empty(), "nothing was made");
}

#[tokio::test]
async fn a_second_server_on_the_same_file_is_refused_and_the_first_unharmed() {
    let place = Place::new();
    let init = place.init();
    let server = Server::start(&place).await;
    let client = server.client(&init.api_key);
    client
        .post("/v1/accounts", &json!({"domain": "before.com"}))
        .await;

    let second = place.run(&["serve", "--listen", "127.0.0.1:0"]);

    assert_eq!(second.status, Some(1));
    assert!(
        second
            .complaint()
            .contains("is in use by another Lanekeeper")
    );
    let after = client
        .post("/v1/accounts", &json!({"domain": "after.com"}))
        .await;
    assert_eq!(after.status, 201);
    server.stop().await;
    Server::start(&place).await.stop().await;
}

#[tokio::test]
async fn logs_are_json_lines_without_contents_of_records_or_keys() {
    const CANARY: &str = "canary7f3a";
    let place = Place::new();
    let init = place.init();
    let args = ["--log", "trace", "--log-format", "json"];
    let mut server = Server::start_with(&place, &args).await;
    let welcome = server.stdout.text().len();
    let client = server.client(&init.api_key);
    let wrong_key = format!("lk_live_{CANARY}");

    let domain = format!("{CANARY}.com");
    let email = format!("{CANARY}@acme.com");
    let mut body = init.opportunity(CANARY, &domain, &email);
    body["opportunity"]["next_steps"] = json!(CANARY);
    body["opportunity"]["custom_attributes"] = json!({CANARY: CANARY});
    let bad = json!({"domain": format!("{CANARY} .."), CANARY: [CANARY]});
    let answers = [
        client.post("/v1/opportunities", &body).await,
        client
            .try_post_once("/v1/opportunities", &body, CANARY)
            .await
            .unwrap(),
        client
            .post(
                "/v1/accounts/bulk",
                &json!([{"domain": domain, "name": CANARY}]),
            )
            .await,
        client
            .post(
                "/v1/contacts",
                &json!({"email": email, "full_name": CANARY}),
            )
            .await,
        client.post("/v1/accounts", &bad).await,
        client.get(&format!("/v1/pipelines?{CANARY}=1")).await,
        server.client(&wrong_key).get("/v1/pipelines").await,
        client.get("/v1/changes").await,
    ];
    let created = place.json(&["key", "create", "--name", CANARY, "--json"]);
    server.signal(rustix::process::Signal::INT);
    server.ended(Duration::from_secs(20)).await;

    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [201, 201, 200, 200, 400, 400, 401, 200]);
    let (stdout, log) = (
        server.stdout.text()[welcome..].to_owned(),
        server.stderr.text(),
    );
    assert!(log.lines().count() > 8, "every request is in it: {log}");
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line).expect(line);
        assert!(
            entry["timestamp"].is_string() && entry["level"].is_string(),
            "{line}"
        );
    }
    let secrets = [CANARY, &init.api_key, created["api_key"].as_str().unwrap()];
    for secret in secrets {
        for text in [&stdout, &log] {
            let line = text.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "{secret} in {line:?}");
        }
    }
}
