//! The way to the database cut, slowed and reset, as networks do it.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::support::{Answer, Client, Init, Place, Server};

/// How soon a request is answered whose database is out of reach, and how soon all is well again once it is not.
const ANSWERED_WITHIN: Duration = Duration::from_secs(1);
const WELL_WITHIN: Duration = Duration::from_secs(2);
const CLIENTS: usize = 8;

/// What becomes of what is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Weather {
    Fine,
    /// Every packet takes so much longer.
    Slow(Duration),
    /// Nothing arrives, and nobody says so.
    Cut,
    /// Connections are reset, old ones and new ones.
    Reset,
}

/// A way to the database that goes through here.
struct Link {
    address: SocketAddr,
    weather: watch::Sender<Weather>,
}

impl Link {
    async fn to(database: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (weather, seen) = watch::channel(Weather::Fine);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if let Ok(far) = TcpStream::connect(database).await {
                    tokio::spawn(carry(near, far, seen.clone()));
                }
            }
        });
        Self { address, weather }
    }

    fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

/// Carries both ways until an end closes, or the weather resets both.
async fn carry(near: TcpStream, far: TcpStream, mut seen: watch::Receiver<Weather>) {
    // Closed with data on the way, as a reset is.
    near.set_zero_linger().expect("a socket");
    let weather = seen.clone();
    let (mut from_near, mut to_near) = near.into_split();
    let (mut from_far, mut to_far) = far.into_split();
    tokio::select! {
        () = pump(&mut from_near, &mut to_far, weather.clone()) => {}
        () = pump(&mut from_far, &mut to_near, weather) => {}
        _ = seen.wait_for(|weather| *weather == Weather::Reset) => {}
    }
}

async fn pump(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    mut weather: watch::Receiver<Weather>,
) {
    let mut bytes = [0; 4_096];
    while let Ok(len @ 1..) = from.read(&mut bytes).await {
        let now = *weather.borrow();
        if let Weather::Slow(delay) = now {
            sleep(delay).await;
        }
        let passes = weather.wait_for(|weather| *weather != Weather::Cut).await;
        if passes.is_err() || to.write_all(&bytes[..len]).await.is_err() {
            return;
        }
    }
}

/// A server behind a link.
struct Behind {
    server: Server,
    link: Link,
    init: Init,
    place: Place,
}

impl Behind {
    async fn start() -> Self {
        let place = Place::on_postgres();
        let init = place.init();
        let url = place.database.url();
        let (before, rest) = url.split_once('@').expect("a user");
        let (host, path) = rest.split_once('/').expect("a database");
        let link = Link::to(host.parse().expect("an address")).await;
        let url = format!("{before}@{}/{path}", link.address);
        let args = ["serve", "--listen", "127.0.0.1:0", "--rate-limit", "off"];
        let server = Server::spawn(place.command(&args).env("LANEKEEPER_DATABASE", url)).await;
        Self {
            server,
            link,
            init,
            place,
        }
    }

    fn client(&self) -> Client {
        self.server.client(&self.init.api_key)
    }

    fn body(&self, number: usize) -> Value {
        let domain = format!("acme{number}.com");
        let email = format!("jane@{domain}");
        self.init.opportunity(&domain, &domain, &email)
    }

    /// How many of them are stored.
    fn stored(&self, what: &str) -> i64 {
        self.place.database.number(&format!("select count(*) from {what}"))
    }
}

/// Told to try again, and told soon.
fn check_refusal(answer: &Answer, took: Duration) {
    assert_eq!(answer.status, 503, "{:?}", answer.body);
    assert_eq!(answer.body["code"], "unavailable");
    assert_eq!(answer.header("retry-after"), "1");
    assert!(took < ANSWERED_WITHIN, "answered after {took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_link_is_cut_everybody_is_told_to_try_again_and_then_all_is_well() {
    let behind = Behind::start().await;
    let (client, body) = (behind.client(), behind.body(1));
    let created = client.post("/v1/opportunities", &body).await;
    assert_eq!(created.status, 201, "{:?}", created.body);

    for round in 2..5 {
        behind.link.set(Weather::Cut);
        let mut asked = JoinSet::new();
        for number in 0..CLIENTS {
            let (client, body) = (client.clone(), behind.body(round * 100 + number));
            asked.spawn(async move {
                let begun = Instant::now();
                let answer = match number % 2 {
                    0 => client.try_get("/v1/pipelines").await,
                    _ => client.try_post_once("/v1/opportunities", &body, &format!("{round}-{number}")).await,
                };
                (answer.expect("an answer"), begun.elapsed())
            });
        }
        for (answer, took) in asked.join_all().await {
            check_refusal(&answer, took);
        }
        // By now it is known, and nobody waits any more.
        let begun = Instant::now();
        let answer = client.get("/v1/pipelines").await;
        check_refusal(&answer, begun.elapsed());
        assert_eq!(client.get("/readyz").await.status, 503);

        behind.link.set(Weather::Fine);
        let returned = Instant::now();
        while client.get("/v1/pipelines").await.status != 200 {
            assert!(returned.elapsed() < WELL_WITHIN, "not well again");
            sleep(Duration::from_millis(10)).await;
        }
        for number in (1..CLIENTS).step_by(2) {
            let key = format!("{round}-{number}");
            let body = behind.body(round * 100 + number);
            let answer = client.try_post_once("/v1/opportunities", &body, &key).await;
            assert_eq!(answer.expect("an answer").status, 201);
        }
    }

    let each = i64::try_from(1 + 3 * CLIENTS / 2).expect("it is small");
    assert_eq!(behind.stored("opportunity"), each);
    assert_eq!(behind.stored("account"), each);
    assert_eq!(behind.stored("idempotency"), each - 1);
    behind.server.stop().await;
}

/// Creates one after the other, each until it is acknowledged; how many were refused before.
async fn create_until(
    client: Client,
    bodies: Vec<(String, Value)>,
) -> usize {
    let mut refused = 0;
    for (key, body) in bodies {
        loop {
            let begun = Instant::now();
            let answer = client.try_post_once("/v1/opportunities", &body, &key).await;
            let answer = answer.expect("an answer");
            match answer.status {
                201 => break,
                // Its first try is still on its way to being answered.
                409 => assert_eq!(answer.body["code"], "idempotency_key_in_flight"),
                _ => check_refusal(&answer, begun.elapsed()),
            }
            refused += 1;
            sleep(Duration::from_millis(50)).await;
        }
    }
    refused
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_link_does_in_mid_answer_a_retry_with_the_same_key_never_doubles() {
    const EACH: usize = 40;
    let behind = Behind::start().await;
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let numbers = (0..EACH).map(|number| client * EACH + number);
        let bodies = numbers.map(|number| (format!("key-{number}"), behind.body(number)));
        clients.spawn(create_until(behind.client(), bodies.collect()));
    }

    let mut random = fastrand::Rng::with_seed(4);
    let bad = [
        Weather::Reset,
        Weather::Slow(Duration::from_millis(30)),
        Weather::Cut,
        Weather::Reset,
    ];
    let mut rounds = 0;
    while !clients.is_empty() && rounds < 60 {
        let weather = bad[rounds % bad.len()];
        behind.link.set(weather);
        sleep(Duration::from_millis(random.u64(5..if weather == Weather::Cut { 900 } else { 60 }))).await;
        behind.link.set(Weather::Fine);
        sleep(Duration::from_millis(random.u64(100..500))).await;
        rounds += 1;
        while let Some(done) = clients.try_join_next() {
            done.expect("all its creates are acknowledged");
        }
    }
    let refused: usize = clients.join_all().await.into_iter().sum();

    let all = i64::try_from(CLIENTS * EACH).expect("it is small");
    assert_eq!(behind.stored("opportunity"), all, "after {refused} refusals");
    assert_eq!(behind.stored("account"), all);
    assert_eq!(behind.stored("contact"), all);
    assert_eq!(behind.stored("idempotency"), all);
    let feed = behind.client().get("/v1/changes?limit=1").await;
    assert_eq!(feed.data()["changes"][0]["sequence"], json!(1));
    behind.server.stop().await;
}
