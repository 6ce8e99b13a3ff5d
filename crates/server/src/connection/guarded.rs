//! The socket as hyper sees it.
//!
//! On the way in, a [`Tap`] follows the bytes; where they go wrong hyper gets a byte it refuses
//! instead of the rest. So every refusal, ours and hyper's, happens in one way: hyper answers the
//! requests before, writes an answer without a body, and closes. On the way out that bare answer
//! is replaced by one that says why.
//!
//! All waiting for the client is bounded here, too: for a request to begin, for its head to be
//! complete, and for an answer to be taken. Waiting for a body is bounded by [`super::read_body`],
//! which can still answer; waiting for the service is not this module's business.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::Limits;
use super::alarm::Alarm;
use super::answer::BareHead;
use super::fault::Fault;
use super::head::Rules;
use super::progress::Progress;
use super::tap::{Cause, Stop, Tap};

/// What hyper gets when a head must be refused. A NUL may stand nowhere in a head. The empty line
/// is for hyper's short cut: it parses the rest of a split head only when it has seen one.
const POISON: &[u8] = b"\0\r\n\r\n";

/// A TCP connection that refuses what hyper would let pass.
pub(super) struct GuardedIo {
    tcp: TcpStream,
    limits: Limits,
    progress: Arc<Progress>,
    tap: Tap,
    alarm: Alarm,
    /// Why the head was refused that hyper is about to refuse.
    fault: Option<Fault>,
    /// What hyper gets before it gets anything else.
    for_hyper: &'static [u8],
    /// What the client gets before it gets anything else.
    for_client: Bytes,
    /// How often the service had been called when hyper last had nothing left to write. If it was
    /// not called since, then what hyper writes next is its own. `None` from a write to the end of
    /// the answer.
    called_when_flushed: Option<u64>,
    client_is_done: bool,
    write_is_shut: bool,
    waits: Waits,
}

/// Since when the client is being waited for, if it is.
#[derive(Default)]
struct Waits {
    for_request: Option<Instant>,
    for_head: Option<Instant>,
    for_write: Option<Instant>,
    for_end: Option<Instant>,
}

impl GuardedIo {
    pub(super) fn new(tcp: TcpStream, limits: Limits, progress: Arc<Progress>) -> Self {
        let now = Instant::now();
        let rules = Rules {
            head_bytes_max: limits.head_bytes_max,
            query_bytes_max: limits.query_bytes_max,
            body_max_bytes: limits.body_max_bytes,
        };
        Self {
            tcp,
            limits,
            progress,
            tap: Tap::new(rules),
            alarm: Alarm::new(now + limits.first_byte_within),
            fault: None,
            for_hyper: &[],
            for_client: Bytes::new(),
            called_when_flushed: Some(0),
            client_is_done: false,
            write_is_shut: false,
            waits: Waits {
                for_request: Some(now),
                ..Waits::default()
            },
        }
    }

    /// Follows what was just read into `buf` after `before`, and cuts it off where it goes wrong.
    fn follow(&mut self, buf: &mut ReadBuf<'_>, before: usize) {
        let fresh = &buf.filled()[before..];
        if fresh.is_empty() {
            self.client_is_done = true;
            return;
        }
        let heads = self.tap.heads();
        if let Some(Stop { pass, cause }) = self.tap.feed(fresh) {
            buf.set_filled(before + pass);
            self.refuse(cause);
            self.feed_hyper(buf);
        }
        self.progress
            .received(self.tap.heads(), self.tap.is_in_body());
        if self.tap.heads() > heads {
            self.waits.for_head = None;
        }
    }

    fn refuse(&mut self, cause: Cause) {
        match cause {
            Cause::Head(fault) => {
                self.fault = Some(fault);
                self.for_hyper = POISON;
            }
            Cause::Body => self.for_hyper = POISON,
            Cause::Seen => {}
        }
    }

    fn feed_hyper(&mut self, buf: &mut ReadBuf<'_>) {
        let (now, later) = self
            .for_hyper
            .split_at(self.for_hyper.len().min(buf.remaining()));
        buf.put_slice(now);
        self.for_hyper = later;
    }

    /// The client has sent nothing: has it the right to?
    fn poll_patience(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<()> {
        let Some(deadline) = self.read_deadline() else {
            return Poll::Pending;
        };
        ready!(self.alarm.poll_until(cx, deadline));
        if self.tap.is_between_requests() {
            // Nothing to answer. hyper takes the end of the bytes for the client's and closes.
            self.client_is_done = true;
        } else {
            self.tap.stop();
            self.refuse(Cause::Head(Fault::SlowHead));
            self.feed_hyper(buf);
        }
        Poll::Ready(())
    }

    /// When the client must have sent something, if it is the client's turn.
    fn read_deadline(&mut self) -> Option<Instant> {
        let writing = self.called_when_flushed.is_none();
        let not_its_turn = writing
            || self.write_is_shut
            || self.tap.is_stopped()
            || self.tap.is_in_body()
            || self.progress.owes_an_answer();
        if not_its_turn {
            self.waits.for_request = None;
            self.waits.for_head = None;
            return None;
        }
        if !self.tap.is_between_requests() {
            self.waits.for_request = None;
            let since = *self.waits.for_head.get_or_insert_with(Instant::now);
            return Some(since + self.limits.head_within);
        }
        let since = *self.waits.for_request.get_or_insert_with(Instant::now);
        let is_first = self.tap.heads() == 0;
        let patience = if is_first {
            self.limits.first_byte_within
        } else {
            self.limits.idle_for
        };
        Some(since + patience)
    }

    /// Sees that the task is woken at the deadline for reading. hyper does not read again after an
    /// answer if it found nothing to read before it, so the end of writing must set the alarm.
    fn arm(&mut self, cx: &mut Context<'_>) {
        if let Some(deadline) = self.read_deadline()
            && self.alarm.poll_until(cx, deadline).is_ready()
        {
            cx.waker().wake_by_ref();
        }
    }

    /// Whether `written` is hyper's own refusal; then the client gets a better one.
    fn replaces(&mut self, written: &[u8]) -> bool {
        if self.called_when_flushed != Some(self.progress.called()) {
            return false;
        }
        let Some(bare) = BareHead::parse(written) else {
            return false;
        };
        let request_id = uuid::Uuid::now_v7().to_string();
        let known = self.fault.map(Fault::refusal);
        tracing::debug!(%request_id, fault = ?self.fault, ?bare, "refused a request");
        self.for_client = bare.replaced(known, &request_id, self.tap.is_head_request());
        self.tap.stop();
        true
    }

    fn poll_write_for_client(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.for_client.is_empty() {
            let written = Pin::new(&mut self.tcp).poll_write(cx, &self.for_client);
            let count = ready!(self.poll_stall(cx, written))?;
            self.for_client.advance(count);
        }
        Poll::Ready(Ok(()))
    }

    /// Passes `written` on, and fails if the client has not taken anything for too long.
    fn poll_stall(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.waits.for_write = None;
            return written;
        }
        let since = *self.waits.for_write.get_or_insert_with(Instant::now);
        ready!(
            self.alarm
                .poll_until(cx, since + self.limits.write_stall_max)
        );
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Whether the client may be in the middle of sending. Closing a socket with unread bytes
    /// resets it, and a reset takes the answer away from a client that has not read it yet.
    fn client_may_be_sending(&self) -> bool {
        let owes = !self.tap.is_between_requests() || self.progress.owes_an_answer();
        owes && !self.client_is_done
    }

    /// Throws away what the client still sends, for a while.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let since = *self.waits.for_end.get_or_insert_with(Instant::now);
        if self
            .alarm
            .poll_until(cx, since + self.limits.linger_for)
            .is_ready()
        {
            return Poll::Ready(());
        }
        let mut scratch = [0; 16 * 1024];
        loop {
            let mut buf = ReadBuf::new(&mut scratch);
            let read = ready!(Pin::new(&mut self.tcp).poll_read(cx, &mut buf));
            if read.is_err() || buf.filled().is_empty() {
                return Poll::Ready(());
            }
        }
    }
}

impl AsyncRead for GuardedIo {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.for_hyper.is_empty() {
            this.feed_hyper(buf);
            return Poll::Ready(Ok(()));
        }
        if this.tap.is_stopped() || this.client_is_done {
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        match Pin::new(&mut this.tcp).poll_read(cx, buf) {
            Poll::Ready(Ok(())) => this.follow(buf, before),
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => ready!(this.poll_patience(cx, buf)),
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for GuardedIo {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_write_for_client(cx))?;
        if this.replaces(buf) {
            return Poll::Ready(Ok(buf.len()));
        }
        this.called_when_flushed = None;
        let written = Pin::new(&mut this.tcp).poll_write(cx, buf);
        this.poll_stall(cx, written)
    }

    /// So that hyper does not copy an answer's body behind its head. It writes its own refusals in one piece.
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [buf] = bufs {
            return self.poll_write(cx, buf);
        }
        let this = self.get_mut();
        ready!(this.poll_write_for_client(cx))?;
        this.called_when_flushed = None;
        let written = Pin::new(&mut this.tcp).poll_write_vectored(cx, bufs);
        this.poll_stall(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    /// hyper flushes when it has nothing left to write.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_write_for_client(cx))?;
        ready!(Pin::new(&mut this.tcp).poll_flush(cx))?;
        let done = !this.progress.is_answering();
        this.called_when_flushed = done.then(|| this.progress.called());
        this.arm(cx);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_write_for_client(cx))?;
        if !this.write_is_shut {
            ready!(Pin::new(&mut this.tcp).poll_shutdown(cx))?;
            this.write_is_shut = true;
        }
        if this.client_may_be_sending() {
            ready!(this.poll_linger(cx));
        }
        Poll::Ready(Ok(()))
    }
}
