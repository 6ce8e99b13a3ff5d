//! A link to the database that fails: whoever asks is told at once to come again, and coming again doubles nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lanekeeper_testing::{Link, State};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::Told;
use crate::audit::audit;
use crate::support::{Answer, Client, Init, Place, Server};

const TOLD_WITHIN: Duration = Duration::from_secs(1);
const WELL_WITHIN: Duration = Duration::from_secs(2);

/// A server whose way to the database is in our hands.
struct Linked {
    place: Place,
    init: Init,
    link: Link,
    server: Server,
}

impl Linked {
    async fn new() -> Self {
        let place = Place::on_postgres();
        let init = place.init();
        let link = Link::new().await;
        let mut command =
            place.command(&["serve", "--listen", "127.0.0.1:0", "--rate-limit", "off"]);
        command.env("LANEKEEPER_DATABASE", link.url(&place.database));
        let server = Server::spawn(&mut command).await;
        Self {
            place,
            init,
            link,
            server,
        }
    }

    fn client(&self) -> Client {
        self.server.client(&self.init.api_key)
    }

    /// Creates the opportunity of a name, for which its key is that name.
    async fn create(&self, name: &str) -> Answer {
        let answer = create(&self.client(), &self.init, name).await;
        answer.expect("an answer")
    }
}

async fn create(client: &Client, init: &Init, name: &str) -> reqwest::Result<Answer> {
    let domain = format!("{name}.com");
    let body = init.opportunity(name, &domain, &format!("jane@{domain}"));
    client.try_post_once("/v1/opportunities", &body, name).await
}

fn assert_come_again(answer: &Answer, asked: Instant) {
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(!answer.header("retry-after").is_empty());
    assert!(
        asked.elapsed() < TOLD_WITHIN,
        "{:?}: {}",
        asked.elapsed(),
        answer.body
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_database_everybody_is_told_at_once_and_with_it_again_served_at_once() {
    let linked = Linked::new().await;
    let client = linked.client();
    let states = [
        State::Cut,
        State::Silent,
        State::Slow(Duration::from_secs(3)),
    ];

    for (round, state) in states
        .into_iter()
        .cycle()
        .take(2 * states.len())
        .enumerate()
    {
        let before = linked.create(&format!("before{round}")).await;
        assert_eq!(before.status, 201, "{}", before.body);

        linked.link.set(state);
        let failing = Instant::now();
        let mut names = vec![];
        while failing.elapsed() < Duration::from_millis(2_500) {
            let name = format!("during{round}-{}", names.len());
            let asked = Instant::now();
            let (written, read) = tokio::join!(linked.create(&name), client.get("/v1/pipelines"));
            assert_come_again(&written, asked);
            assert_come_again(&read, asked);
            names.push(name);
            sleep(Duration::from_millis(100)).await;
        }
        let ready = client.get("/readyz").await;
        assert_eq!(ready.status, 503, "{state:?}");

        linked.link.set(State::Open);
        let back = Instant::now();
        let after = format!("after{round}");
        while linked.create(&after).await.status != 201 {
            assert!(back.elapsed() < WELL_WITHIN, "not well after {state:?}");
        }
        let read = client.get("/v1/pipelines").await;
        assert_eq!(read.status, 200);
        for name in names {
            let again = linked.create(&name).await;
            assert_eq!(again.status, 201, "{}", again.body);
            let more = linked.create(&name).await;
            assert_eq!(more.body, again.body);
        }
    }

    linked.server.stop().await;
    assert_eq!(opportunities_twice(&linked.place), Vec::<String>::new());
    audit(&linked.place.database);
}

#[tokio::test]
async fn over_a_slow_link_everything_is_done_slowly() {
    let linked = Linked::new().await;

    linked.link.set(State::Slow(Duration::from_millis(20)));
    let created = linked.create("slow").await;
    let read = linked.client().get("/v1/pipelines").await;

    assert_eq!(
        (created.status, read.status),
        (201, 200),
        "{}",
        created.body
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_of_the_database_that_break_off_lose_nothing_and_double_nothing() {
    const CLIENTS: usize = 8;
    const RESETS: usize = 40;
    let linked = Linked::new().await;
    let is_over = Arc::new(AtomicBool::new(false));

    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let (client, init) = (linked.client(), linked.init.clone());
        let is_over = Arc::clone(&is_over);
        clients.spawn(async move { create_until(&client, &init, number, &is_over).await });
    }
    for _ in 0..RESETS {
        linked.link.reset_after(fastrand::usize(1..3_000));
        sleep(Duration::from_millis(fastrand::u64(20..150))).await;
    }
    is_over.store(true, Ordering::Relaxed);
    let (mut told, mut retries) = (Told::default(), 0);
    for (of_client, retried) in clients.join_all().await {
        told.add(of_client);
        retries += retried;
    }

    linked.server.stop().await;
    assert!(retries > 0, "nothing broke off");
    let stored = audit(&linked.place.database);
    let ids: Vec<&String> = told.0.values().collect();
    assert!(ids.len() > CLIENTS, "only {} were created", ids.len());
    assert_eq!(stored.opportunities.len(), ids.len());
    assert!(ids.iter().all(|id| stored.has(id)), "something is lost");
    assert_eq!(opportunities_twice(&linked.place), Vec::<String>::new());
}

/// Creates one after the other, each as often as it takes; how often that was more than once.
async fn create_until(
    client: &Client,
    init: &Init,
    number: usize,
    is_over: &AtomicBool,
) -> (Told, usize) {
    let (mut told, mut retries) = (Told::default(), 0);
    for turn in 0.. {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let name = format!("reset{number}-{turn}");
        loop {
            let answer = create(client, init, &name).await.expect("an answer");
            if answer.status == 201 {
                told.note(&name, &answer.data()["id"]);
                break;
            }
            assert!(matches!(answer.status, 409 | 503), "{}", answer.body);
            assert!(!answer.header("retry-after").is_empty());
            retries += 1;
            sleep(Duration::from_millis(20)).await;
        }
    }
    (told, retries)
}

/// The names of opportunities that are there more than once.
fn opportunities_twice(place: &Place) -> Vec<String> {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for name in place.database.texts("select name from opportunity") {
        *times.entry(name).or_default() += 1;
    }
    let twice = times.into_iter().filter(|(_, times)| *times > 1);
    twice.map(|(name, _)| name).collect()
}
