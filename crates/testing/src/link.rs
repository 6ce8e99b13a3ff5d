//! A way to PostgreSQL that can be cut, slowed and reset, and that writes down what passes.

mod messages;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use self::messages::Messages;
use crate::TestDatabase;
use crate::server::server_address;

/// How a link is at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// What comes goes on.
    Open,
    /// What comes goes on after a while.
    Slow(Duration),
    /// Nothing passes, and nobody is told.
    Silent,
    /// Every connection is reset, and so is every new one.
    Cut,
}

/// A port that leads to the PostgreSQL of the tests. Dropped, it leads nowhere.
pub struct Link {
    port: u16,
    wires: Arc<Wires>,
    listening: JoinHandle<()>,
}

/// What all connections share.
struct Wires {
    state: watch::Sender<State>,
    /// How many bytes of answers may still pass before their connection is reset.
    resets_after: Mutex<Option<usize>>,
    statements: Mutex<Vec<String>>,
}

impl Link {
    /// An open one.
    pub async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let wires = Arc::new(Wires {
            state: watch::channel(State::Open).0,
            resets_after: Mutex::default(),
            statements: Mutex::default(),
        });
        let listening = tokio::spawn(listen(listener, Arc::clone(&wires)));
        Self {
            port,
            wires,
            listening,
        }
    }

    /// The address of a database through this link.
    #[must_use]
    pub fn url(&self, database: &TestDatabase) -> String {
        let (host, port) = server_address();
        let direct = format!("@{host}:{port}/");
        let url = database.url();
        assert!(url.contains(&direct), "the database is not PostgreSQL's");
        let url = url.replace(&direct, &format!("@127.0.0.1:{}/", self.port));
        // Otherwise nobody could read what passes.
        url + "?sslmode=disable"
    }

    /// Makes it so from now on, for every connection.
    pub fn set(&self, state: State) {
        self.wires.state.send_replace(state);
    }

    /// Resets the connection of whoever gets the so manieth byte of an answer from now on.
    pub fn reset_after(&self, bytes: usize) {
        *lock(&self.wires.resets_after) = Some(bytes);
    }

    /// The texts of the statements that have passed, in their order; of one that was prepared, once for each time.
    #[must_use]
    pub fn statements(&self) -> Vec<String> {
        lock(&self.wires.statements).clone()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.listening.abort();
        self.set(State::Cut);
    }
}

async fn listen(listener: TcpListener, wires: Arc<Wires>) {
    loop {
        let (client, _) = listener.accept().await.expect("the listener is ours");
        tokio::spawn(connect(client, Arc::clone(&wires)));
    }
}

/// Passes on what comes until either end, or the link, ends it.
async fn connect(client: TcpStream, wires: Arc<Wires>) {
    client.set_nodelay(true).expect("a socket");
    client.set_zero_linger().expect("a socket");
    if *wires.state.borrow() == State::Cut {
        return;
    }
    let server = TcpStream::connect(server_address()).await;
    let server = server.expect("PostgreSQL listens");
    server.set_nodelay(true).expect("a socket");
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let mut cut = wires.state.subscribe();
    tokio::select! {
        () = ask(from_client, to_server, &wires) => {}
        () = answer(from_server, to_client, &wires) => {}
        cut = cut.wait_for(|state| *state == State::Cut) => drop(cut),
    }
}

async fn ask(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, wires: &Wires) {
    let mut messages = Messages::default();
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(len @ 1..) = from.read(&mut bytes).await {
        lock(&wires.statements).extend(messages.statements_in(&bytes[..len]));
        wires.pass().await;
        if to.write_all(&bytes[..len]).await.is_err() {
            return;
        }
    }
}

async fn answer(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, wires: &Wires) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(len @ 1..) = from.read(&mut bytes).await {
        wires.pass().await;
        let passing = wires.len_until_reset(len);
        let is_written = to.write_all(&bytes[..passing]).await.is_ok();
        if passing < len {
            // What was written is to arrive before the reset does.
            sleep(Duration::from_millis(5)).await;
            return;
        }
        if !is_written {
            return;
        }
    }
}

impl Wires {
    /// Waits as long as the state of the link makes it.
    async fn pass(&self) {
        let mut state = self.state.subscribe();
        let open = state.wait_for(|state| *state != State::Silent).await;
        let state = *open.expect("the link holds the sender");
        if let State::Slow(delay) = state {
            sleep(delay).await;
        }
    }

    fn len_until_reset(&self, len: usize) -> usize {
        let mut left = lock(&self.resets_after);
        match *left {
            Some(bytes) if bytes < len => {
                *left = None;
                bytes
            }
            Some(bytes) => {
                *left = Some(bytes - len);
                len
            }
            None => len,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
