//! Two servers on one database, of which one is killed with -9 again and again, while sixty-four clients want the same.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Told;
use crate::audit::audit;
use crate::support::{Answer, Client, Init, Place, Server};

const ROUNDS: usize = 10;
const CLIENTS: usize = 64;
/// What each client does in a round.
const TURNS: usize = 8;
/// Domains and addresses that all clients want in a round.
const SHARED: usize = 20;
/// Idempotency keys that are sent in a round, each by a dozen clients to both servers.
const KEYS: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_kills_of_one_of_two_servers_lose_nothing_double_nothing_and_leave_no_gap() {
    let place = Place::on_postgres();
    let init = Arc::new(place.init());
    let steady = Server::start(&place).await;
    let mut mortal = Server::start(&place).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let follower = follow(steady.client(&init.api_key), Arc::clone(&is_over));
    let follower = tokio::spawn(follower);
    let (mut told, mut cut_off) = (Told::default(), 0);

    for round in 0..ROUNDS {
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let client = Pair {
                clients: [mortal.client(&init.api_key), steady.client(&init.api_key)],
                number,
                prefers: number % 2,
                cut_off: 0,
            };
            let init = Arc::clone(&init);
            clients.spawn(async move { client.create_all(&init, round).await });
        }
        sleep(Duration::from_millis(fastrand::u64(100..900))).await;
        mortal.kill();
        for (of_client, times) in clients.join_all().await {
            told.add(of_client);
            cut_off += times;
        }
        mortal = Server::start(&place).await;
    }

    is_over.store(true, Ordering::Relaxed);
    let followed = follower.await.expect("the follower saw no gap");
    mortal.stop().await;
    steady.stop().await;
    assert!(cut_off > 0, "nobody was cut off");
    let stored = audit(&place.database);
    let lost: Vec<_> = told.0.iter().filter(|(_, id)| !stored.has(id)).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    let rows = [&stored.accounts, &stored.contacts, &stored.opportunities];
    let rows: BTreeSet<String> = rows.into_iter().flatten().cloned().collect();
    assert_eq!(followed, rows, "the follower saw what is there");
    assert_eq!(
        names_of_opportunities(&place),
        keys(),
        "one effect for each key"
    );
}

fn names_of_opportunities(place: &Place) -> Vec<String> {
    let mut names = place.database.texts("select name from opportunity");
    names.sort();
    names
}

fn keys() -> Vec<String> {
    let rounds = (0..ROUNDS).flat_map(|round| (0..KEYS).map(move |number| key(round, number)));
    let mut keys: Vec<String> = rounds.collect();
    keys.sort();
    keys
}

fn key(round: usize, number: usize) -> String {
    format!("key{round}-{number}")
}

/// Reads the feed at one server until it is over and the last change is there; the ids of the records that it says were
/// created. Each change comes once, right behind the one before.
async fn follow(client: Client, is_over: Arc<AtomicBool>) -> BTreeSet<String> {
    let (mut created, mut after, mut at) = (BTreeSet::new(), 0, String::new());
    loop {
        let is_last = is_over.load(Ordering::Relaxed);
        let target = format!("/v1/changes?limit=500&wait=1&after={after}");
        let page = client.get(&target).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let changes = page.data()["changes"].as_array().expect("changes");
        for change in changes {
            after += 1;
            assert_eq!(change["sequence"], after, "a gap in the feed");
            let text = |name: &str| change[name].as_str().expect("a text").to_owned();
            assert!(text("occurred_at") >= at, "out of order at {after}");
            at = text("occurred_at");
            let is_record = ["account", "contact", "opportunity"].contains(&&*text("object"));
            if is_record && change["action"] == "created" {
                assert!(created.insert(text("object_id")), "created twice");
            }
        }
        if is_last && changes.is_empty() {
            return created;
        }
    }
}

/// Somebody who knows both servers.
struct Pair {
    number: usize,
    clients: [Client; 2],
    prefers: usize,
    /// How often there was no answer.
    cut_off: usize,
}

impl Pair {
    async fn create_all(mut self, init: &Init, round: usize) -> (Told, usize) {
        let mut told = Told::default();
        for turn in 0..TURNS {
            self.create_shared(round, &mut told).await;
            let number = (self.number * TURNS + turn) % KEYS;
            self.create_once(init, round, number, &mut told).await;
        }
        (told, self.cut_off)
    }

    /// An account or a contact that all want, at the server that it prefers, or at the other.
    async fn create_shared(&mut self, round: usize, told: &mut Told) {
        let domain = format!("shared{round}-{}.com", fastrand::usize(0..SHARED));
        let (path, body, thing) = match fastrand::bool() {
            true => ("/v1/accounts", json!({"domain": domain}), domain),
            false => {
                let email = format!("Jane@{domain}");
                ("/v1/contacts", json!({"email": email}), email)
            }
        };
        loop {
            let sent = self.clients[self.prefers].try_post(path, &body).await;
            if let Some(answer) = self.done(sent) {
                told.note(&thing, &answer.data()["id"]);
                return;
            }
        }
    }

    /// An opportunity that is sent to both servers at once, with the same key.
    async fn create_once(&mut self, init: &Init, round: usize, number: usize, told: &mut Told) {
        let key = key(round, number);
        let domain = format!("shared{round}-{}.com", number % SHARED);
        let body: Value = init.opportunity(&key, &domain, &format!("jane@{domain}"));
        let mut is_done = false;
        while !is_done {
            let [one, other] = &self.clients;
            let (one, other) = tokio::join!(
                one.try_post_once("/v1/opportunities", &body, &key),
                other.try_post_once("/v1/opportunities", &body, &key),
            );
            for sent in [one, other] {
                if let Some(answer) = self.done(sent) {
                    told.note(&key, &answer.data()["id"]);
                    is_done = true;
                }
            }
        }
    }

    /// The answer, if it was done; otherwise it is to be tried again, elsewhere if nobody was there.
    fn done(&mut self, sent: reqwest::Result<Answer>) -> Option<Answer> {
        let Ok(answer) = sent else {
            self.cut_off += 1;
            // The other one is never killed.
            self.prefers = 1;
            return None;
        };
        let is_in_flight = answer.status == 409 && !answer.header("retry-after").is_empty();
        assert!(
            matches!(answer.status, 200 | 201) || is_in_flight,
            "{}",
            answer.body
        );
        (!is_in_flight).then_some(answer)
    }
}
