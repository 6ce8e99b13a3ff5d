//! `lanekeeper key` and `lanekeeper organization`, beside a running server; and the help of all commands.

use serde_json::{Value, json};

use crate::support::{Init, Place, Server};

const USAGE: i32 = 2;

#[tokio::test]
async fn a_key_works_at_once_and_is_refused_at_once_when_revoked() {
    let place = Place::new();
    place.init();
    let server = Server::start(&place).await;

    let created = place.json(&["key", "create", "--name", "Website", "--json"]);
    let client = server.client(created["api_key"].as_str().unwrap());
    let before = client.get("/v1/pipelines").await;
    let id = created["id"].as_str().unwrap();
    let revoked = place.json(&["key", "revoke", id, "--json"]);
    let after = client.get("/v1/pipelines").await;

    assert_eq!(before.status, 200);
    assert_eq!(revoked, json!({"id": id, "revoked": true}));
    assert_eq!(
        (after.status, &after.body["code"]),
        (401, &json!("invalid_key"))
    );
    let again = place.run(&["key", "revoke", id]);
    assert_eq!(again.status, Some(1));
    assert!(
        again
            .complaint()
            .contains("there is no live key with the id")
    );
}

#[tokio::test]
async fn a_key_may_do_what_its_scope_and_routes_allow() {
    let place = Place::new();
    place.init();
    let server = Server::start(&place).await;
    let account = json!({"domain": "acme.com"});

    let read = ["key", "create", "--name", "R", "--scope", "read", "--json"];
    let read = place.json(&read);
    let one = "POST /v1/accounts";
    let one = place.json(&["key", "create", "--name", "One", "--route", one, "--json"]);
    let read = server.client(read["api_key"].as_str().unwrap());
    let one = server.client(one["api_key"].as_str().unwrap());

    assert_eq!(read.get("/v1/pipelines").await.status, 200);
    assert_eq!(read.post("/v1/accounts", &account).await.status, 401);
    assert_eq!(one.post("/v1/accounts", &account).await.status, 201);
    assert_eq!(one.get("/v1/pipelines").await.status, 401);
}

#[test]
fn keys_are_listed_without_their_text() {
    let place = Place::new();
    let init = place.init();
    let expiring = [
        "key",
        "create",
        "--name",
        "Form",
        "--expires-in-days",
        "9",
        "--json",
    ];
    let created = place.json(&expiring);
    let secret = created["api_key"].as_str().unwrap();

    let (table, json) = (
        place.succeed(&["key", "list"]),
        place.json(&["key", "list", "--json"]),
    );

    assert!(
        table.starts_with("ID ") && table.contains("First key") && table.contains("good until")
    );
    assert_eq!(json.as_array().map(Vec::len), Some(2));
    assert_eq!(
        (&json[1]["name"], &json[1]["id"]),
        (&json!("Form"), &created["id"])
    );
    assert_eq!(json[1]["scope"], "write");
    for text in [table, json.to_string()] {
        assert!(!text.contains(secret) && !text.contains(&init.api_key));
    }
    let stored = place.database.everything();
    let is_stored = stored
        .windows(secret.len())
        .any(|part| part == secret.as_bytes());
    assert!(!is_stored, "the key's text is in the database");
}

#[test]
fn what_is_no_route_scope_or_key_is_a_usage_error() {
    let place = Place::new();
    place.init();
    let bad: [&[&str]; 6] = [
        &[
            "key",
            "create",
            "--name",
            "X",
            "--route",
            "POST /v1/nothing",
        ],
        &["key", "create", "--name", "X", "--route", "/v1/accounts"],
        &["key", "create", "--name", "X", "--scope", "everything"],
        &["key", "create"],
        &["key", "revoke", "not-an-id"],
        &["organization", "update", "--unknown-attributes", "maybe"],
    ];

    for command in bad {
        let ended = place.run(command);
        assert_eq!(ended.status, Some(USAGE), "{command:?}");
        assert!(ended.stderr.starts_with("error: "), "{}", ended.stderr);
    }

    assert_eq!(
        place
            .json(&["key", "list", "--json"])
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[test]
fn a_command_on_an_empty_database_says_what_sets_it_up() {
    let place = Place::new();

    let ended = place.run(&["key", "list"]);

    assert_eq!(ended.status, Some(1));
    assert!(ended.complaint().contains("lanekeeper init` sets it up"));
}

#[tokio::test]
async fn organisations_are_apart_and_named_where_there_are_several() {
    let place = Place::new();
    let first = place.init();
    let server = Server::start(&place).await;

    let create = [
        "organization",
        "create",
        "Other Inc",
        "--owner-email",
        "o@other.com",
        "--json",
    ];
    let second = Init::of(&place.json(&create));
    let listed = place.json(&["organization", "list", "--json"]);
    let unnamed = place.run(&["key", "list"]);
    let id = &second.organization_id;
    let named = place.json(&["key", "list", "--json", "--organization-id", id]);

    assert_eq!(
        listed,
        json!([{"id": first.organization_id, "name": "My organisation"}, {"id": id, "name": "Other Inc"}])
    );
    assert_eq!(unnamed.status, Some(1));
    assert!(
        unnamed.stderr.contains("choose one with --organization-id") && unnamed.stderr.contains(id)
    );
    assert_eq!(named.as_array().map(Vec::len), Some(1));
    let (ours, theirs) = (
        server.client(&first.api_key),
        server.client(&second.api_key),
    );
    let account = ours
        .post("/v1/accounts", &json!({"domain": "acme.com"}))
        .await;
    let target = format!("/v1/accounts/{}", account.data()["id"].as_str().unwrap());
    assert_eq!(ours.get(&target).await.status, 200);
    assert_eq!(theirs.get(&target).await.status, 404);
}

#[tokio::test]
async fn a_strict_organisation_refuses_unknown_attributes_from_the_next_request_on() {
    let place = Place::new();
    let init = place.init();
    let server = Server::start(&place).await;
    let client = server.client(&init.api_key);
    let with = |name: &str| {
        let mut body = init.opportunity("Deal", "acme.com", "jane@acme.com");
        body["opportunity"]["custom_attributes"] = json!({name: "web"});
        body
    };

    let before = client.post("/v1/opportunities", &with("lead_source")).await;
    let update = ["organization", "update", "--unknown-attributes"];
    let updated = place.json(&[&update[..], &["strict", "--json"]].concat());
    let known = client.post("/v1/opportunities", &with("lead_source")).await;
    let unknown = client.post("/v1/opportunities", &with("lead_sauce")).await;
    place.succeed(&[&update[..], &["create"]].concat());
    let after = client.post("/v1/opportunities", &with("lead_sauce")).await;

    assert_eq!(
        updated,
        json!({"id": init.organization_id, "unknown_attributes": "strict"})
    );
    assert_eq!((before.status, known.status, after.status), (201, 201, 201));
    assert_eq!(unknown.status, 400);
    assert!(
        unknown.body["errors"].to_string().contains("lead_source"),
        "{}",
        unknown.body
    );
}

#[test]
fn the_help_of_every_command_has_an_example() {
    let place = Place::new();
    let mut waiting: Vec<Vec<String>> = vec![vec![]];
    let mut seen = 0;

    while let Some(command) = waiting.pop() {
        let words: Vec<&str> = command
            .iter()
            .map(String::as_str)
            .chain(["--help"])
            .collect();
        let help = place.succeed(&words);
        assert!(help.contains("Example"), "{words:?}");
        seen += 1;
        for name in commands_in(&help) {
            waiting.push([command.as_slice(), &[name.to_owned()]].concat());
        }
    }

    assert_eq!(seen, 13, "itself, four, and two groups of three");
}

/// The names under `Commands:`.
fn commands_in(help: &str) -> Vec<&str> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").collect()
}

#[test]
fn json_is_one_line() {
    let place = Place::new();
    place.init();

    for command in [
        "key list --json",
        "organization list --json",
        "key create --name A --json",
    ] {
        let words: Vec<&str> = command.split(' ').collect();
        let printed = place.succeed(&words);
        assert_eq!(printed.lines().count(), 1, "{command}");
        serde_json::from_str::<Value>(&printed).unwrap();
    }
}
