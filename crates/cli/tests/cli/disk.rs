//! A disk that is full, and one that fails. Faults are made by the kernel (a limit on file sizes) and by strace.

use std::time::Duration;

use rustix::process::{Resource, Rlimit, prlimit};
use serde_json::{Value, json};

use crate::audit::audit;
use crate::support::{Answer, Client, Place, Server};

const BULK_LEN: usize = 50;

/// The accounts that were acknowledged.
#[derive(Default)]
struct Acknowledged(Vec<String>);

impl Acknowledged {
    fn note(&mut self, answer: &Answer) {
        let records = match answer.data() {
            Value::Array(records) => records.as_slice(),
            record => std::slice::from_ref(record),
        };
        let ids = records.iter().map(|record| record["id"].as_str());
        self.0.extend(ids.map(|id| id.expect("an id").to_owned()));
    }

    fn assert_stored(&self, place: &Place) {
        let stored = audit(&place.database);
        let lost: Vec<_> = self.0.iter().filter(|id| !stored.has(id)).collect();
        assert!(lost.is_empty(), "lost: {lost:?} of {}", self.0.len());
    }
}

async fn create_many(client: &Client, name: &str) -> Answer {
    let items = (0..BULK_LEN).map(|item| json!({"domain": format!("{name}-{item}.com")}));
    let body = Value::Array(items.collect());
    client.post("/v1/accounts/bulk", &body).await
}

/// Creates until the answer is another than 201, which it is; what was acknowledged is noted.
async fn fill(client: &Client, name: &str, noted: &mut Acknowledged) -> Answer {
    for turn in 0..2_000 {
        let answer = create_many(client, &format!("{name}{turn}")).await;
        if answer.status != 201 {
            return answer;
        }
        noted.note(&answer);
    }
    panic!("the disk is never full");
}

fn assert_full(answer: &Answer) {
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (503, &json!("storage_full"))
    );
    assert!(!answer.header("retry-after").is_empty());
}

#[tokio::test]
async fn a_full_disk_refuses_writes_serves_reads_and_recovers_without_a_restart() {
    let place = Place::new();
    let init = place.init();
    let server = Server::start(&place).await;
    let client = server.client(&init.api_key);
    let mut noted = Acknowledged::default();
    noted.note(&create_many(&client, "before").await);
    let limit = |bytes| {
        let size = Rlimit {
            current: bytes,
            maximum: None,
        };
        prlimit(Some(server.pid()), Resource::Fsize, size).expect("a limit is set");
    };

    limit(Some(512 * 1024));
    let full = fill(&client, "fill", &mut noted).await;
    // A checkpoint may have made room in the log, until the file itself may not grow either.
    let still_full = fill(&client, "more", &mut noted).await;
    let read = client.get(&format!("/v1/accounts/{}", noted.0[0])).await;
    let pipelines = client.get("/v1/pipelines").await;
    limit(None);
    let freed = create_many(&client, "after").await;

    assert_full(&full);
    assert_full(&still_full);
    assert_eq!((read.status, pipelines.status), (200, 200));
    assert_eq!(freed.status, 201, "{}", freed.body);
    noted.note(&freed);
    server.stop().await;
    noted.assert_stored(&place);
}

/// strace makes way for the program, so that it is our child, and fails some of its calls.
async fn start_with_fault(place: &Place, fault: &str) -> Server {
    let inject = format!("inject={fault}");
    let trace = format!("trace={}", fault.split_once(':').expect("a call").0);
    let tracer = [
        "strace",
        "-D",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        &trace,
        "-e",
        &inject,
    ];
    Server::start_under(place, &tracer, &[]).await
}

#[tokio::test]
async fn no_space_left_is_said_so_and_harms_nothing() {
    let place = Place::new();
    let init = place.init();
    // Counted for each thread: the writer's calls from the 100th on.
    let server = start_with_fault(&place, "pwrite64:error=ENOSPC:when=100..400").await;
    let client = server.client(&init.api_key);
    let mut noted = Acknowledged::default();

    let full = fill(&client, "fill", &mut noted).await;
    let read = client.get(&format!("/v1/accounts/{}", noted.0[0])).await;
    let mut answer = create_many(&client, "more0").await;
    for turn in 1..400 {
        if answer.status == 201 {
            break;
        }
        assert_full(&answer);
        answer = create_many(&client, &format!("more{turn}")).await;
    }

    assert_full(&full);
    assert_eq!(read.status, 200);
    assert_eq!(answer.status, 201, "there is space again");
    noted.note(&answer);
    server.stop().await;
    noted.assert_stored(&place);
}

/// The program is told once, or from then on always, that a sync failed.
async fn assert_a_failed_sync_ends_it(when: &str) {
    let place = Place::new();
    let init = place.init();
    let fault = format!("fsync,fdatasync:error=EIO:when={when}");
    let mut server = start_with_fault(&place, &fault).await;
    let client = server.client(&init.api_key);
    let mut noted = Acknowledged::default();
    let mut failed = None;

    for turn in 0..200 {
        let body = json!({"domain": format!("sync{turn}.com")});
        match client.try_post("/v1/accounts", &body).await {
            Ok(answer) if answer.status == 201 => {
                assert!(failed.is_none(), "written after a failed sync");
                noted.note(&answer);
            }
            Ok(answer) => failed = failed.or(Some(answer)),
            Err(_) => break,
        }
        if failed.is_some() {
            match client.try_get("/readyz").await {
                Ok(ready) => assert_eq!(ready.status, 503),
                Err(_) => break,
            }
        }
    }
    let status = server.ended(Duration::from_secs(10)).await;

    let failed = failed.expect("a sync failed");
    assert_eq!(
        (failed.status, &failed.body["code"]),
        (503, &json!("storage_failed"))
    );
    assert_eq!(status.code(), Some(1), "{}", server.stderr.text());
    assert!(
        server
            .stderr
            .text()
            .contains("the disk failed under a commit")
    );
    let server = Server::start(&place).await;
    let client = server.client(&init.api_key);
    for id in &noted.0 {
        assert_eq!(client.get(&format!("/v1/accounts/{id}")).await.status, 200);
    }
    let again = client
        .post("/v1/accounts", &json!({"domain": "again.com"}))
        .await;
    assert_eq!(again.status, 201);
    server.stop().await;
    noted.assert_stored(&place);
}

#[tokio::test]
async fn one_failed_sync_is_not_answered_as_written_and_ends_the_server() {
    for when in ["8", "23"] {
        assert_a_failed_sync_ends_it(when).await;
    }
}

/// What a failed sync leaves in the log may be there after a restart: nobody may be told that it was not written.
#[tokio::test]
async fn what_shared_a_failed_sync_is_not_said_to_be_unwritten() {
    let place = Place::new();
    let init = place.init();
    let mut server = start_with_fault(&place, "fsync,fdatasync:error=EIO:when=9+").await;

    let clients = (0..16).map(|number| {
        let client = server.client(&init.api_key);
        tokio::spawn(async move {
            let mut refused = vec![];
            for turn in 0.. {
                let domain = format!("group{number}-{turn}.com");
                let sent = client
                    .try_post("/v1/accounts", &json!({"domain": domain}))
                    .await;
                match sent {
                    Ok(answer) if answer.status == 201 => {}
                    Ok(answer) if answer.body["code"] == "storage_failed" => {}
                    Ok(answer) => refused.push((domain, answer)),
                    Err(_) => break,
                }
            }
            refused
        })
    });
    let mut refused = vec![];
    for client in clients.collect::<Vec<_>>() {
        refused.extend(client.await.unwrap());
    }
    server.ended(Duration::from_secs(10)).await;

    Server::start(&place).await.stop().await;
    let stored = place.database.texts("select domain from account");
    for (domain, answer) in refused {
        assert_eq!(answer.body["code"], "unavailable");
        assert!(
            !stored.contains(&domain),
            "{domain} was refused and is stored"
        );
    }
}

/// The syncs of the database file itself are those of checkpoints.
#[tokio::test]
async fn a_failed_sync_of_a_checkpoint_ends_the_server() {
    let place = Place::new();
    let init = place.init();
    let database = place.database.file().display().to_string();
    let tracer = [
        "strace",
        "-D",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-P",
        &database,
    ];
    let inject = ["-e", "inject=fsync,fdatasync:error=EIO:when=1"];
    let mut server = Server::start_under(&place, &[&tracer[..], &inject].concat(), &[]).await;
    let client = server.client(&init.api_key);
    let mut noted = Acknowledged::default();

    noted.note(&create_many(&client, "before").await);
    let status = server.ended(Duration::from_secs(10)).await;

    assert_eq!(status.code(), Some(1), "{}", server.stderr.text());
    Server::start(&place).await.stop().await;
    noted.assert_stored(&place);
}

#[tokio::test]
async fn a_disk_that_fails_for_good_ends_the_server() {
    assert_a_failed_sync_ends_it("12+").await;
}
