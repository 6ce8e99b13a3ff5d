//! `kill -9` in the middle of concurrent creates, again and again, on one database: what was acknowledged is there.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::audit::{audit, created_by_feed};
use crate::support::{Client, Init, Place, Server};

const ROUNDS: usize = 10;
const CLIENTS: usize = 16;
const READY_WITHIN: Duration = Duration::from_secs(2);
/// Domains that every client wants.
const SHARED: usize = 20;

/// A request with its idempotency key.
#[derive(Clone)]
struct Keyed {
    key: String,
    body: Value,
    /// What was answered, if anything was.
    answer: Option<Value>,
}

/// What one client knows of a round.
#[derive(Default)]
struct History {
    /// The address and the answer's data of each record that was acknowledged; those of this client alone whole.
    acknowledged: Vec<(String, Value)>,
    keyed: Vec<Keyed>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_kills_lose_nothing_acknowledged_and_double_nothing() {
    let place = Place::new();
    let init = Arc::new(place.init());
    let mut all: BTreeSet<String> = BTreeSet::new();
    let mut keys: BTreeSet<String> = BTreeSet::new();
    let mut unanswered = 0;
    let mut server = start(&place).await;

    for round in 0..ROUNDS {
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let (client, init) = (server.client(&init.api_key), Arc::clone(&init));
            clients.spawn(async move { create_until_killed(&client, &init, round, number).await });
        }
        sleep(Duration::from_millis(fastrand::u64(200..700))).await;
        server.kill();
        let histories = clients.join_all().await;

        server = start(&place).await;
        let client = server.client(&init.api_key);
        for history in &histories {
            assert_readable(&client, &history.acknowledged).await;
            assert_one_effect(&client, &history.keyed).await;
            unanswered += history
                .keyed
                .iter()
                .filter(|keyed| keyed.answer.is_none())
                .count();
            keys.extend(history.keyed.iter().map(|keyed| keyed.key.clone()));
            all.extend(history.acknowledged.iter().map(|(_, data)| id(data)));
        }
    }

    let fed = created_by_feed(&server.client(&init.api_key)).await;
    server.stop().await;
    let stored = audit(&place.database);
    let lost: Vec<_> = all.iter().filter(|id| !stored.has(id)).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    assert!(
        all.len() > ROUNDS * CLIENTS,
        "only {} were acknowledged",
        all.len()
    );
    assert!(unanswered > 0, "no keyed request was cut off");
    let rows = stored.accounts.len() + stored.contacts.len() + stored.opportunities.len();
    assert_eq!(fed.len(), rows);
    let named = "select name from opportunity where name like 'once-%' order by name";
    let named = place.database.texts(named);
    assert_eq!(
        named,
        keys.into_iter().collect::<Vec<_>>(),
        "one effect for each key"
    );
}

/// As after a kill while a reader had kept the log from beginning anew.
#[tokio::test]
async fn a_long_log_is_read_and_copied_in_time() {
    const LOG_MIB: u64 = 256;
    let place = Place::new();
    place.init();
    let writer = place.open();
    writer
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .unwrap();
    let filler = "
        pragma wal_autocheckpoint = 0;
        create table filler (bytes blob);";
    writer.execute_batch(filler).unwrap();
    for _ in 0..LOG_MIB {
        let fill = "insert into filler values (zeroblob(1048576))";
        writer.execute(fill, []).unwrap();
    }
    drop(writer);
    let log = std::fs::metadata(place.folder().join("crm.db-wal")).unwrap();
    assert!(log.len() > LOG_MIB * 1024 * 1024);

    let begun = Instant::now();
    let server = Server::start(&place).await;
    server.ready().await;
    let took = begun.elapsed();

    assert!(took <= Duration::from_secs(5), "ready after {took:?}");
    server.stop().await;
    let kept = "select count(*) from filler";
    assert_eq!(place.database.number(kept), 256);
}

/// A server that is ready in time.
async fn start(place: &Place) -> Server {
    let begun = Instant::now();
    let server = Server::start(place).await;
    server.ready().await;
    let took = begun.elapsed();
    assert!(took <= READY_WITHIN, "ready after {took:?}");
    server
}

async fn create_until_killed(client: &Client, init: &Init, round: usize, number: usize) -> History {
    let mut random = fastrand::Rng::new();
    let mut history = History::default();
    for turn in 0.. {
        let name = format!("{round}-{number}-{turn}");
        let is_alive = match random.u8(0..4) {
            0 => create_single(client, &name, &mut random, &mut history).await,
            1 => create_bulk(client, &name, &mut random, &mut history).await,
            _ => create_once(client, init, &name, &mut history).await,
        };
        if !is_alive {
            return history;
        }
    }
    history
}

/// An account of this client's own, or one that all want.
async fn create_single(
    client: &Client,
    name: &str,
    random: &mut fastrand::Rng,
    history: &mut History,
) -> bool {
    let domain = match random.bool() {
        true => format!("own-{name}.com"),
        false => format!("Shared{}.com", random.usize(0..SHARED)),
    };
    let body = json!({"domain": domain, "name": name, "employee_range": "1-10"});
    let Ok(answer) = client.try_post("/v1/accounts", &body).await else {
        return false;
    };
    assert!(matches!(answer.status, 200 | 201), "{}", answer.body);
    history.acknowledge("/v1/accounts", answer.data());
    true
}

async fn create_bulk(
    client: &Client,
    name: &str,
    random: &mut fastrand::Rng,
    history: &mut History,
) -> bool {
    let own = (0..10).map(|item| format!("jane{item}@bulk-{name}.com"));
    let shared = (0..5).map(|_| format!("joe@shared{}.com", random.usize(0..SHARED)));
    let items = own.chain(shared).map(|email| json!({"email": email}));
    let body = Value::Array(items.collect());
    let Ok(answer) = client.try_post("/v1/contacts/bulk", &body).await else {
        return false;
    };
    assert!(matches!(answer.status, 200 | 201), "{}", answer.body);
    for record in answer.data().as_array().expect("an array") {
        history.acknowledge("/v1/contacts", record);
    }
    true
}

/// An opportunity, which a retry without a key would double.
async fn create_once(client: &Client, init: &Init, name: &str, history: &mut History) -> bool {
    let key = format!("once-{name}");
    let domain = format!("once-{name}.com");
    let body = init.opportunity(&key, &domain, &format!("jane@{domain}"));
    let answer = client.try_post_once("/v1/opportunities", &body, &key).await;
    let answer = answer.ok().map(|answer| {
        assert_eq!(answer.status, 201, "{}", answer.body);
        history.acknowledge("/v1/opportunities", answer.data());
        answer.body
    });
    let is_alive = answer.is_some();
    history.keyed.push(Keyed { key, body, answer });
    is_alive
}

impl History {
    fn acknowledge(&mut self, path: &str, data: &Value) {
        let address = format!("{path}/{}", id(data));
        self.acknowledged.push((address, data.clone()));
    }
}

fn id(data: &Value) -> String {
    data["id"].as_str().expect("an id").to_owned()
}

/// Every record is there, as it was answered, unless others may have filled it since.
async fn assert_readable(client: &Client, acknowledged: &[(String, Value)]) {
    for (address, data) in acknowledged {
        let read = client.get(address).await;
        assert_eq!(read.status, 200, "{address} was acknowledged and is lost");
        let is_shared = data.to_string().contains("shared");
        for (member, value) in read.data().as_object().expect("a record") {
            assert!(is_shared || value == &data[member], "{address}: {member}");
        }
    }
}

/// Sent again, twice, each has its first answer, and the same one.
async fn assert_one_effect(client: &Client, keyed: &[Keyed]) {
    for Keyed { key, body, answer } in keyed {
        let send = || client.try_post_once("/v1/opportunities", body, key);
        let (first, second) = (send().await, send().await);
        let (first, second) = (first.expect("an answer"), second.expect("an answer"));
        assert_eq!((first.status, second.status), (201, 201));
        assert_eq!(second.header("idempotency-replayed"), "true");
        assert_eq!(first.body, second.body);
        if let Some(answer) = answer {
            assert_eq!(first.header("idempotency-replayed"), "true");
            assert_eq!(&first.body, answer);
        }
    }
}
