//! How the server ends while clients are connected.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_requests_in_flight_are_answered() {
    let server = Server::start(short()).await;
    let mut clients: Vec<Client> = (0..50).map(|_| server.connect()).collect();
    for client in &mut clients {
        client.get("/slow");
    }
    server.called(50).await;

    let address = server.address;
    let served = server.close().await;

    for client in &mut clients {
        let answer = client.answer().unwrap();
        assert_eq!((answer.status, answer.closes()), (200, true));
        client.closed();
    }
    assert_eq!(
        served,
        Served {
            connections: 50,
            requests: 50,
            dropped: 0,
            panicked: 0
        }
    );
    assert!(
        TcpStream::connect(address).is_err(),
        "nobody should listen any more"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_have_just_arrived_are_answered() {
    for _ in 0..20 {
        let server = Server::start(short()).await;
        let mut fresh = server.connect();
        let mut warm = server.connect();
        warm.get("/").answer().unwrap();

        fresh.get("/");
        warm.get("/");
        server.close().await;

        assert_eq!(fresh.answer().unwrap().body, "ok");
        assert_eq!(warm.answer().unwrap().body, "ok");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_in_a_queue_are_answered() {
    let server = Server::start(short()).await;
    let mut client = server.connect();
    client.get("/slow").get("/").get("/");
    server.called(1).await;

    server.close().await;

    let closes: Vec<bool> = std::iter::from_fn(|| client.answer())
        .map(|a| a.closes())
        .collect();
    assert_eq!(closes, [false, false, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_are_closed_at_once() {
    let server = Server::start(Limits::default()).await;
    let mut silent = server.connect();
    let mut warm = server.connect();
    warm.get("/").answer().unwrap();

    let begun = Instant::now();
    server.close().await;

    silent.closed();
    warm.closed();
    assert!(begun.elapsed() < millis(500), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_draining_new_connections_are_served_and_asked_to_close() {
    let server = Server::start(short()).await;
    let mut warm = server.connect();
    assert!(!warm.get("/").answer().unwrap().closes());

    server.shutdown.advance(Phase::Draining);

    for client in [&mut warm, &mut server.connect()] {
        let answer = client.get("/").answer().unwrap();
        assert_eq!((answer.status, answer.closes()), (200, true));
        client.closed();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_at_the_end_is_cut() {
    let server = Server::start(short()).await;
    let mut client = server.connect();
    client.get("/hang");
    server.called(1).await;

    let begun = Instant::now();
    server.shutdown.wind_down(millis(50), millis(200)).await;
    let served = server.served.await.unwrap();

    assert_eq!(
        served,
        Served {
            connections: 1,
            requests: 1,
            dropped: 1,
            panicked: 0
        }
    );
    assert!(begun.elapsed() < millis(1_000), "{:?}", begun.elapsed());
    client.closed();
}
