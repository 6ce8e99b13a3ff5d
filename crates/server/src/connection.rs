//! From the listening socket to a request and back: how many connections, how long each may take,
//! which HTTP is refused, and how all of it ends.
//!
//! hyper reads and writes HTTP/1; what it lacks is here. It waits for ever for a silent client, it
//! is lenient where a proxy in front might read a message differently, and it answers what it
//! refuses with an empty body. So every socket is wrapped in a `GuardedIo`, which
//! follows the bytes in both directions.
//!
//! Knows nothing about routes, keys or the store.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tower::Service;

use attend::{Visit, attend};

pub(crate) use body::{BodyFault, read_body};
pub(crate) use fault::{INTERNAL_MESSAGE, code};
pub use shutdown::{Phase, SHUTDOWN_WITHIN, Shutdown, signals};

mod alarm;
mod answer;
mod attend;
mod body;
mod chunked;
mod fault;
mod guarded;
mod head;
mod progress;
mod shutdown;
mod tap;
#[cfg(test)]
mod tests;

/// How much of everything a client may take. [`Limits::default`] holds the figures we promise.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections open at once; over it new ones wait in the kernel's queue.
    pub connections_max: usize,
    /// From connecting to the first byte.
    pub first_byte_within: Duration,
    /// From the first byte of a request's head to its last.
    pub head_within: Duration,
    /// How long a connection may stay open between two requests.
    pub idle_for: Duration,
    /// From the first read of a request's body to its last byte.
    pub body_within: Duration,
    /// The longest pause between two bytes of a request's body.
    pub body_pause_max: Duration,
    /// How long a client may leave an answer untouched in the socket.
    pub write_stall_max: Duration,
    /// How long the rest of a refused request is read and thrown away, so that the client gets to
    /// see the answer.
    pub linger_for: Duration,
    /// Request line and header fields together.
    pub head_bytes_max: usize,
    /// What follows the `?` of the request line.
    pub query_bytes_max: usize,
    /// The largest `Content-Length` that any route accepts.
    pub body_max_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 4096,
            first_byte_within: Duration::from_secs(10),
            head_within: Duration::from_secs(10),
            idle_for: Duration::from_secs(75),
            body_within: Duration::from_secs(30),
            body_pause_max: Duration::from_secs(10),
            write_stall_max: Duration::from_secs(30),
            linger_for: Duration::from_secs(2),
            head_bytes_max: 64 * 1024,
            query_bytes_max: 8 * 1024,
            body_max_bytes: 8 * 1024 * 1024,
        }
    }
}

/// What [`serve`] did until it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// Connections accepted.
    pub connections: u64,
    /// Requests handed to the service. What is refused before that is not in it.
    pub requests: u64,
    /// Connections that were cut because the shutdown's time was up.
    pub dropped: u64,
    /// Connections that ended because the service panicked.
    pub panicked: u64,
}

/// Serves `service` on `listener` until `shutdown` says otherwise and every connection has ended.
///
/// The service finds the client's address as [`axum::extract::ConnectInfo`] of a
/// [`std::net::SocketAddr`]. Dropping the future cuts every connection.
pub async fn serve<S>(
    listener: TcpListener,
    service: S,
    limits: Limits,
    shutdown: Shutdown,
) -> Served
where
    S: Service<Request<Incoming>, Response = Response<axum::body::Body>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    let mut visits = Visits::new(limits.connections_max);
    let closing = shutdown.settled(Phase::Closing);
    tokio::pin!(closing);
    loop {
        tokio::select! {
            biased;
            () = &mut closing => break,
            Some(ended) = visits.tasks.join_next() => visits.served.count(ended),
            arrival = next(&listener, &visits.seats) => {
                visits.admit(arrival, &service, limits, &shutdown);
            }
        }
    }
    // Whom the kernel has let in already is not turned away; the runtime's budget bounds how many that are.
    while let Some(arrival) = next(&listener, &visits.seats).now_or_never() {
        visits.admit(arrival, &service, limits, &shutdown);
    }
    drop(listener);
    visits.end(&shutdown).await
}

/// The open connections, each on its own task, so that a panic ends one of them and not the
/// process.
struct Visits {
    tasks: JoinSet<()>,
    seats: Arc<Semaphore>,
    requests: Arc<AtomicU64>,
    served: Served,
}

impl Visits {
    fn new(connections_max: usize) -> Self {
        Self {
            tasks: JoinSet::new(),
            seats: Arc::new(Semaphore::new(connections_max)),
            requests: Arc::default(),
            served: Served::default(),
        }
    }

    fn admit<S>(&mut self, arrival: Arrival, service: &S, limits: Limits, shutdown: &Shutdown)
    where
        S: Service<Request<Incoming>, Response = Response<axum::body::Body>, Error = Infallible>,
        S: Clone + Send + 'static,
        S::Future: Send,
    {
        self.served.connections += 1;
        let visit = Visit {
            limits,
            shutdown: shutdown.clone(),
            requests: self.requests.clone(),
        };
        let service = service.clone();
        let Arrival { tcp, peer, seat } = arrival;
        self.tasks.spawn(async move {
            attend(tcp, peer, service, visit).await;
            drop(seat);
        });
    }

    /// Waits for the connections that are left, and cuts them when the time is up.
    async fn end(mut self, shutdown: &Shutdown) -> Served {
        let stopped = shutdown.reached(Phase::Stopped);
        tokio::pin!(stopped);
        loop {
            tokio::select! {
                biased;
                ended = self.tasks.join_next() => match ended {
                    Some(ended) => self.served.count(ended),
                    None => break,
                },
                () = &mut stopped => {
                    self.tasks.abort_all();
                    break;
                }
            }
        }
        while let Some(ended) = self.tasks.join_next().await {
            self.served.count(ended);
        }
        Served {
            requests: self.requests.load(Ordering::Relaxed),
            ..self.served
        }
    }
}

impl Served {
    fn count(&mut self, ended: Result<(), JoinError>) {
        let Err(error) = ended else { return };
        if error.is_panic() {
            // The panic itself was reported by the hook, with its place in the code.
            tracing::error!(%error, "a connection ended because the service panicked");
            self.panicked += 1;
        } else {
            self.dropped += 1;
        }
    }
}

/// A connection that was accepted, and its seat.
struct Arrival {
    tcp: TcpStream,
    peer: SocketAddr,
    seat: OwnedSemaphorePermit,
}

/// The next connection, once there is a seat for it. No error ends the loop: one of a single
/// connection is that connection's, and one of the process (no file handles left) passes when
/// others close.
async fn next(listener: &TcpListener, seats: &Arc<Semaphore>) -> Arrival {
    let seat = seats
        .clone()
        .acquire_owned()
        .await
        .expect("the semaphore is never closed");
    let mut pause = ACCEPT_PAUSE_MIN;
    loop {
        match listener.accept().await {
            Ok((tcp, peer)) => return Arrival { tcp, peer, seat },
            Err(error) if concerns_one_connection(&error) => {
                tracing::debug!(%error, "a connection was gone before it was accepted");
            }
            Err(error) => {
                tracing::warn!(%error, ?pause, "cannot accept connections; trying again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(ACCEPT_PAUSE_MAX);
            }
        }
    }
}

const ACCEPT_PAUSE_MIN: Duration = Duration::from_millis(20);
const ACCEPT_PAUSE_MAX: Duration = Duration::from_secs(1);

fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}
