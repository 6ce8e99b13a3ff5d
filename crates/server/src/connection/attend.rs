//! One connection, from accepting it to closing it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::extract::ConnectInfo;
use bytes::Bytes;
use http::header::{CONNECTION, HeaderValue};
use http::{Request, Response};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::{Service, ServiceExt};

use super::guarded::GuardedIo;
use super::progress::Progress;
use super::{Limits, Phase, Shutdown};

/// hyper's buffer for one head, and for what is read and written ahead.
const BUFFER_BYTES_MAX: usize = 256 * 1024;

/// What a connection knows of the server.
pub(super) struct Visit {
    pub(super) limits: Limits,
    pub(super) shutdown: Shutdown,
    pub(super) requests: Arc<AtomicU64>,
}

/// Answers the requests of one connection until it ends.
pub(super) async fn attend<S>(tcp: TcpStream, peer: SocketAddr, service: S, visit: Visit)
where
    S: Service<Request<Incoming>, Response = Response<axum::body::Body>, Error = Infallible>,
    S: Clone,
{
    if let Err(error) = tcp.set_nodelay(true) {
        tracing::debug!(%peer, %error, "cannot set TCP_NODELAY");
    }
    let progress = Arc::new(Progress::default());
    let io = GuardedIo::new(tcp, visit.limits, progress.clone());
    let (progress, visit) = (&progress, &visit);
    let respond =
        service_fn(move |request| respond(service.clone(), request, peer, progress, visit));
    let connection = http1::Builder::new()
        // hyper's own time limit would need its timer, and counts idle time as reading a head.
        .header_read_timeout(None)
        .max_buf_size(BUFFER_BYTES_MAX)
        .serve_connection(TokioIo::new(io), respond);
    tokio::pin!(connection);
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => ended,
        () = visit.shutdown.settled(Phase::Closing) => {
            // hyper would close after the current answer. The last of the queue closes, too.
            if !progress.has_a_queue() {
                connection.as_mut().graceful_shutdown();
            }
            connection.await
        }
    };
    if let Err(error) = ended {
        // Clients that vanish or send nonsense are everyday; the service logs what it answered.
        tracing::debug!(%peer, %error, "a connection broke off");
    }
}

async fn respond<S>(
    service: S,
    mut request: Request<Incoming>,
    peer: SocketAddr,
    progress: &Arc<Progress>,
    visit: &Visit,
) -> Result<Response<Tracked>, Infallible>
where
    S: Service<Request<Incoming>, Response = Response<axum::body::Body>, Error = Infallible>,
{
    visit.requests.fetch_add(1, Ordering::Relaxed);
    progress.call();
    let finish = Finish(progress.clone());
    request.extensions_mut().insert(ConnectInfo(peer));
    let mut response = service.oneshot(request).await?;
    // hyper closes when a body was not read to its end, but does not say so beforehand.
    let is_ending = visit.shutdown.phase() > Phase::Running && progress.is_at_the_last();
    if is_ending || progress.body_is_coming() {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| Tracked {
        body,
        _finish: finish,
    }))
}

/// An answer's body that tells when hyper has let go of it.
struct Tracked {
    body: axum::body::Body,
    _finish: Finish,
}

struct Finish(Arc<Progress>);

impl Drop for Finish {
    fn drop(&mut self) {
        self.0.finish();
    }
}

impl Body for Tracked {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
