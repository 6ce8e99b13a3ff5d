//! Clients that take too long, and those that only look like it.

use super::*;

/// Asserts that `took` is about `expected`; the machine may be busy.
#[track_caller]
fn about(took: Duration, expected: Duration) {
    let range = expected.mul_f32(0.8)..expected + millis(1_500);
    assert!(range.contains(&took), "{took:?} is not about {expected:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_connection_is_closed() {
    let server = Server::start(short()).await;
    for sent in ["", "\r\n", "\r\n\r\n\r"] {
        let mut client = server.connect();
        about(client.send(sent).closed(), short().first_byte_within);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_head_is_answered_408() {
    let server = Server::start(short()).await;
    for sent in [
        "G",
        "GET / HTTP/1.1\r",
        "GET / HTTP/1.1\r\nhost: a\r\nx:",
        "GET / HTTP/1.1\r\nhost: a\r\n\r",
    ] {
        for warm in [false, true] {
            let mut client = server.connect();
            if warm {
                client.get("/").answer().unwrap();
            }
            let begun = Instant::now();

            let answer = client.send(sent).answer().unwrap();

            assert_eq!((answer.status, answer.closes()), (408, true));
            assert!(answer.body.contains("head_too_slow"), "{}", answer.body);
            about(begun.elapsed(), short().head_within);
            client.closed();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_drips_is_answered_408_in_the_same_time() {
    let server = Server::start(short()).await;
    let mut client = server.connect();
    let begun = Instant::now();

    let head = "GET / HTTP/1.1\r\nhost: a\r\n";
    for byte in head.as_bytes() {
        client.send([*byte]);
        std::thread::sleep(millis(50));
        if begun.elapsed() > short().head_within + millis(100) {
            break;
        }
    }

    assert_eq!(client.answer().unwrap().status, 408);
    about(begun.elapsed(), short().head_within);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_kept_for_a_while_and_then_closed() {
    let server = Server::start(short()).await;
    let mut client = server.connect();
    for _ in 0..3 {
        client.get("/").answer().unwrap();
        std::thread::sleep(short().idle_for * 7 / 10);
    }

    client.get("/").answer().unwrap();

    about(client.closed(), short().idle_for);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_service_is_not_the_clients_fault() {
    let server = Server::start(short()).await;
    let mut client = server.connect();
    for _ in 0..2 {
        let begun = Instant::now();
        assert_eq!(client.get("/slow").answer().unwrap().status, 200);
        assert!(begun.elapsed() > short().idle_for);
    }

    // Half of the next head waits at the server while this one is answered.
    client.get("/slow").send("GET / HTTP/1.1\r\nho");
    assert_eq!(client.answer().unwrap().status, 200);
    assert_eq!(client.send("st: a\r\n\r\n").answer().unwrap().body, "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_drips_ends_in_time() {
    let server = Server::start(short()).await;
    let mut client = server.connect();
    let begun = Instant::now();

    client.send("POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n");
    while begun.elapsed() < short().body_within + millis(100) {
        client.send("x");
        std::thread::sleep(millis(50));
    }

    assert_eq!(client.answer().unwrap().status, 408);
    about(begun.elapsed(), short().body_within);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_nobody_takes_ends_the_connection() {
    let server = Server::start(short()).await;
    let mut client = server.connect();

    client.get("/big");
    std::thread::sleep(short().write_stall_max * 3);

    let mut read = 0;
    let mut chunk = vec![0; 1024 * 1024];
    while let Ok(count @ 1..) = client.tcp.read(&mut chunk) {
        read += count;
    }
    assert!(read < BIG_BYTES, "{read}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_taken_slowly_comes_whole() {
    let server = Server::start(short()).await;
    let mut client = server.connect();

    client.get("/big");
    let mut read = 0;
    let mut chunk = vec![0; 2 * 1024 * 1024];
    while read < BIG_BYTES {
        read += client.tcp.read(&mut chunk).unwrap();
        // More than the time for idling, in all.
        std::thread::sleep(millis(40));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_silent_connections_are_closed_and_a_normal_one_is_answered() {
    let server = Server::start(short()).await;
    let begun = Instant::now();
    let mut silent: Vec<Client> = (0..200).map(|_| server.connect()).collect();
    for (n, client) in silent.iter_mut().enumerate() {
        client.send(
            [
                "",
                "GET / HT",
                "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\na",
            ][n % 3],
        );
    }

    let asked = Instant::now();
    assert_eq!(server.connect().get("/").answer().unwrap().body, "ok");
    assert!(asked.elapsed() < millis(200), "{:?}", asked.elapsed());

    for client in &mut silent {
        while client.answer().is_some() {}
    }
    about(begun.elapsed(), short().first_byte_within);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_the_cap_a_connection_waits_for_a_seat() {
    let server = Server::start(Limits {
        connections_max: 2,
        ..short()
    })
    .await;
    let _silent = [server.connect(), server.connect()];
    let begun = Instant::now();

    let answer = server.connect().get("/").answer().unwrap();

    assert_eq!(answer.body, "ok");
    about(begun.elapsed(), short().first_byte_within);
}
