//! Reading a request's body into memory, within a size and a time.

use std::error::Error;
use std::io;
use std::pin::pin;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body;
use tokio::time::{Instant, timeout_at};

use super::Limits;

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyFault {
    /// It is larger than the limit, or says so: 413.
    TooLarge,
    /// It, or a part of it, took too long: 408.
    TooSlow,
    /// Its chunks are not well-formed: 400.
    Malformed,
    /// The client went away; nobody will read the answer.
    Gone,
}

/// Reads the whole of `body`, at most `limit_bytes`.
///
/// A `Content-Length` over the limit is refused before anything is read, so that a client which
/// asked with `Expect: 100-continue` sends nothing.
///
/// # Errors
/// See [`BodyFault`]. The connection closes after the answer if a part of the body was not read.
pub(crate) async fn read_body<B>(
    body: B,
    limit_bytes: usize,
    limits: &Limits,
) -> Result<Bytes, BodyFault>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let expected = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if expected > limit_bytes {
        return Err(BodyFault::TooLarge);
    }
    let deadline = Instant::now() + limits.body_within;
    let mut body = pin!(body);
    let mut read = Read::default();
    loop {
        let next = deadline.min(Instant::now() + limits.body_pause_max);
        let frame = timeout_at(next, body.frame()).await;
        let Some(frame) = frame.map_err(|_| BodyFault::TooSlow)? else {
            return Ok(read.into_bytes());
        };
        let frame = frame.map_err(|error| fault_of(&*error.into()))?;
        // What is not data are trailers, which nobody here reads.
        if let Ok(data) = frame.into_data() {
            read.push(data, expected);
        }
        if read.len() > limit_bytes {
            return Err(BodyFault::TooLarge);
        }
    }
}

/// The parts read so far. Most bodies come in one, and that one is not copied.
#[derive(Default)]
struct Read {
    first: Bytes,
    all: BytesMut,
}

impl Read {
    fn push(&mut self, data: Bytes, expected: usize) {
        if self.len() == 0 {
            self.first = data;
            return;
        }
        if self.all.is_empty() {
            // A client that announces much and sends little shall not cost much.
            self.all.reserve(expected.min(RESERVED_BYTES_MAX));
            self.all.extend_from_slice(&self.first);
        }
        self.all.extend_from_slice(&data);
    }

    fn len(&self) -> usize {
        self.first.len().max(self.all.len())
    }

    fn into_bytes(self) -> Bytes {
        if self.all.is_empty() {
            self.first
        } else {
            self.all.freeze()
        }
    }
}

const RESERVED_BYTES_MAX: usize = 64 * 1024;

/// hyper's decoder says what is malformed by an [`io::Error`] of one of two kinds, somewhere in the
/// chain; whatever else goes wrong, goes wrong with the connection.
fn fault_of(error: &(dyn Error + Send + Sync + 'static)) -> BodyFault {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            let malformed = [io::ErrorKind::InvalidData, io::ErrorKind::InvalidInput];
            return if malformed.contains(&error.kind()) {
                BodyFault::Malformed
            } else {
                BodyFault::Gone
            };
        }
        cause = error.source();
    }
    BodyFault::Gone
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use std::time::Duration;

    use http_body_util::{Empty, Full};
    use hyper::body::{Frame, SizeHint};

    use super::*;

    /// A body that gives its parts one by one, then ends, fails, or waits for ever.
    struct Parts(Vec<&'static [u8]>, Then);

    #[derive(Clone, Copy)]
    enum Then {
        End,
        Fail(io::ErrorKind),
        Wait,
    }

    impl Body for Parts {
        type Data = Bytes;
        type Error = io::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
            if !self.0.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(self.0.remove(0))))));
            }
            match self.1 {
                Then::End => Poll::Ready(None),
                Then::Fail(kind) => Poll::Ready(Some(Err(kind.into()))),
                Then::Wait => Poll::Pending,
            }
        }
    }

    async fn read(parts: &[&'static [u8]], then: Then) -> Result<Bytes, BodyFault> {
        let limits = Limits {
            body_pause_max: Duration::from_millis(20),
            ..Limits::default()
        };
        read_body(Parts(parts.to_vec(), then), 5, &limits).await
    }

    #[tokio::test]
    async fn a_body_within_the_limit_is_read_whole() {
        let cases: &[(&[&[u8]], &[u8])] = &[
            (&[], b""),
            (&[b"abcde"], b"abcde"),
            (&[b"", b"ab", b"c", b"", b"de"], b"abcde"),
        ];
        for (parts, whole) in cases {
            assert_eq!(read(parts, Then::End).await.as_deref(), Ok(*whole));
        }
    }

    #[tokio::test]
    async fn each_fault_is_told_apart() {
        use io::ErrorKind::{ConnectionReset, InvalidData, InvalidInput, UnexpectedEof};
        let cases = [
            (&[&b"abc"[..], b"def"][..], Then::Wait, BodyFault::TooLarge),
            (&[b"abc"], Then::Wait, BodyFault::TooSlow),
            (&[b"abc"], Then::Fail(InvalidInput), BodyFault::Malformed),
            (&[b"abc"], Then::Fail(InvalidData), BodyFault::Malformed),
            (&[b"abc"], Then::Fail(UnexpectedEof), BodyFault::Gone),
            (&[b"abc"], Then::Fail(ConnectionReset), BodyFault::Gone),
        ];
        for (parts, then, fault) in cases {
            assert_eq!(read(parts, then).await, Err(fault));
        }
    }

    #[tokio::test]
    async fn a_length_over_the_limit_is_refused_unread() {
        struct Announced(Empty<Bytes>);
        impl Body for Announced {
            type Data = Bytes;
            type Error = io::Error;

            fn poll_frame(
                self: Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
                panic!("nobody should read this");
            }

            fn size_hint(&self) -> SizeHint {
                SizeHint::with_exact(6)
            }
        }

        let refused = read_body(Announced(Empty::new()), 5, &Limits::default()).await;
        let read = read_body(Full::new(Bytes::from("abcde")), 5, &Limits::default()).await;

        assert_eq!(refused, Err(BodyFault::TooLarge));
        assert_eq!(read.as_deref(), Ok(&b"abcde"[..]));
    }

    #[tokio::test]
    async fn a_drip_that_never_pauses_long_ends_at_the_deadline() {
        struct Drip(tokio::time::Interval);
        impl Body for Drip {
            type Data = Bytes;
            type Error = io::Error;

            fn poll_frame(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
                self.0
                    .poll_tick(cx)
                    .map(|_| Some(Ok(Frame::data(Bytes::from("x")))))
            }
        }
        let limits = Limits {
            body_within: Duration::from_millis(60),
            ..Limits::default()
        };

        let drip = Drip(tokio::time::interval(Duration::from_millis(5)));

        assert_eq!(
            read_body(drip, 10_000, &limits).await,
            Err(BodyFault::TooSlow)
        );
    }
}
