//! Follows the bytes a client sends, request after request, without keeping them.
//!
//! Pure: no socket, no clock. Whatever way the bytes are cut into reads, the result is the same.

use super::chunked::{Chunked, Step};
use super::fault::Fault;
use super::head::{Framing, Head, Rules};

/// The reader of one connection's bytes.
#[derive(Debug)]
pub(super) struct Tap {
    rules: Rules,
    state: State,
    heads: u64,
    /// Whether the last complete head was that of a HEAD request.
    last_was_head: bool,
}

#[derive(Debug)]
enum State {
    Head(HeadLines),
    Length(u64),
    Chunked(Chunked),
    Stopped { in_body: bool },
}

/// The bytes end here: hyper gets those before `pass`, then whatever makes it refuse the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    pub(super) pass: usize,
    pub(super) cause: Cause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// A head that is refused.
    Head(Fault),
    /// A body whose next chunk has an absurd size; its head has gone to the service.
    Body,
    /// A body that is malformed in a way hyper sees too, at the last byte it gets.
    Seen,
}

impl Tap {
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            rules,
            state: State::Head(HeadLines::default()),
            heads: 0,
            last_was_head: false,
        }
    }

    /// How many heads were read to their end and not refused.
    pub(super) fn heads(&self) -> u64 {
        self.heads
    }

    /// Whether the client owes nothing: the last request is complete and the next has not begun.
    pub(super) fn is_between_requests(&self) -> bool {
        matches!(&self.state, State::Head(lines) if !lines.have_begun())
    }

    /// Whether a body has begun and has not ended.
    pub(super) fn is_in_body(&self) -> bool {
        match self.state {
            State::Head(_) => false,
            State::Length(_) | State::Chunked(_) => true,
            State::Stopped { in_body } => in_body,
        }
    }

    pub(super) fn is_stopped(&self) -> bool {
        matches!(self.state, State::Stopped { .. })
    }

    /// Whether the newest head is that of a HEAD request, whose answer has no body.
    pub(super) fn is_head_request(&self) -> bool {
        match &self.state {
            State::Head(lines) if lines.have_begun() => lines.head.is_head_request(),
            _ => self.last_was_head,
        }
    }

    /// Follows no further.
    pub(super) fn stop(&mut self) {
        self.last_was_head = self.is_head_request();
        self.state = State::Stopped {
            in_body: self.is_in_body(),
        };
    }

    /// Follows the next bytes; `Some` if they go too far.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Option<Stop> {
        let mut at = 0;
        while at < bytes.len() {
            match self.advance(&bytes[at..]) {
                Ok(0) => return None,
                Ok(count) => at += count,
                Err(stop) => {
                    self.stop();
                    return Some(Stop {
                        pass: at + stop.pass,
                        ..stop
                    });
                }
            }
        }
        None
    }

    /// Reads some of the bytes and says how many; none once it has stopped.
    fn advance(&mut self, bytes: &[u8]) -> Result<usize, Stop> {
        match &mut self.state {
            State::Head(lines) => {
                let (count, end) = lines.read_line(bytes, &self.rules)?;
                if let Some(framing) = end {
                    self.heads += 1;
                    self.last_was_head = lines.head.is_head_request();
                    self.state = State::body(framing);
                }
                Ok(count)
            }
            State::Length(left) => {
                let count = at_most(*left, bytes);
                *left -= count as u64;
                if *left == 0 {
                    self.state = State::Head(HeadLines::default());
                }
                Ok(count)
            }
            State::Chunked(body) => {
                let (count, ended) = read_chunked(body, bytes)?;
                if ended {
                    self.state = State::Head(HeadLines::default());
                }
                Ok(count)
            }
            State::Stopped { .. } => Ok(0),
        }
    }
}

impl State {
    fn body(framing: Framing) -> Self {
        match framing {
            Framing::Length(0) => Self::Head(HeadLines::default()),
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked => Self::Chunked(Chunked::new()),
        }
    }
}

fn read_chunked(body: &mut Chunked, bytes: &[u8]) -> Result<(usize, bool), Stop> {
    let data = at_most(body.data_ahead(), bytes);
    if data > 0 {
        body.skip(data as u64);
        return Ok((data, false));
    }
    match body.read(bytes[0]) {
        Step::More => Ok((1, false)),
        Step::End => Ok((1, true)),
        Step::Malformed => Err(Stop {
            pass: 1,
            cause: Cause::Seen,
        }),
        Step::Absurd => Err(Stop {
            pass: 0,
            cause: Cause::Body,
        }),
    }
}

fn at_most(count: u64, bytes: &[u8]) -> usize {
    usize::try_from(count)
        .unwrap_or(usize::MAX)
        .min(bytes.len())
}

/// A head that is being cut into lines.
#[derive(Debug, Default)]
struct HeadLines {
    head: Head,
    /// The beginning of a line whose end has not come yet. Mostly a head comes in one read, and
    /// then nothing is copied.
    begun: Vec<u8>,
    bytes: usize,
}

impl HeadLines {
    fn have_begun(&self) -> bool {
        self.head.has_begun() || !matches!(*self.begun, [] | [b'\r'])
    }

    /// Reads to the end of the line, or of `bytes`. Says how many were read, and the framing if
    /// the line was the head's last.
    fn read_line(&mut self, bytes: &[u8], rules: &Rules) -> Result<(usize, Option<Framing>), Stop> {
        let newline = bytes.iter().position(|b| *b == b'\n');
        let count = newline.map_or(bytes.len(), |at| at + 1);
        self.count(count, rules)?;
        let Some(newline) = newline else {
            self.begun.extend_from_slice(bytes);
            return Ok((count, None));
        };
        let read = if self.begun.is_empty() {
            self.read_whole(&bytes[..newline], rules)
        } else {
            let mut line = std::mem::take(&mut self.begun);
            line.extend_from_slice(&bytes[..newline]);
            self.read_whole(&line, rules)
        };
        // Without the newline the line is not complete, and hyper cannot act on it.
        let refuse = |fault| Stop {
            pass: newline,
            cause: Cause::Head(fault),
        };
        read.map(|end| (count, end)).map_err(refuse)
    }

    fn read_whole(&mut self, line: &[u8], rules: &Rules) -> Result<Option<Framing>, Fault> {
        let line = line.strip_suffix(b"\r").ok_or(Fault::BareNewline)?;
        self.head.read(line, rules)
    }

    fn count(&mut self, more: usize, rules: &Rules) -> Result<(), Stop> {
        let room = rules.head_bytes_max - self.bytes;
        if more > room {
            let in_first_line = !self.head.has_begun();
            let fault = if in_first_line {
                Fault::LongTarget
            } else {
                Fault::LargeHead
            };
            return Err(Stop {
                pass: room,
                cause: Cause::Head(fault),
            });
        }
        self.bytes += more;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULES: Rules = Rules {
        head_bytes_max: 200,
        query_bytes_max: 20,
        body_max_bytes: 1000,
    };

    fn feed(text: &str) -> (Tap, Option<Stop>) {
        let mut tap = Tap::new(RULES);
        let stop = tap.feed(text.as_bytes());
        (tap, stop)
    }

    fn refused(text: &str) -> (usize, Fault) {
        match feed(text).1 {
            Some(Stop {
                pass,
                cause: Cause::Head(fault),
            }) => (pass, fault),
            other => panic!("{text:?} gave {other:?}"),
        }
    }

    #[test]
    fn requests_are_counted_whatever_their_bodies_contain() {
        let text = "GET / HTTP/1.1\r\nhost: a\r\n\r\n\
            POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n\r\n\r\nx\
            POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nGET\r\n0\r\n\r\n\
            \r\nGET / HTTP/1.0\r\n\r\n";
        let (tap, stop) = feed(text);
        assert_eq!((tap.heads(), stop), (4, None));
        assert!(tap.is_between_requests());
    }

    #[test]
    fn the_state_says_what_the_client_owes() {
        let cases = [
            ("", true, false),
            ("\r\n\r", true, false),
            ("G", false, false),
            ("GET / HTTP/1.1\r\n", false, false),
            ("GET / HTTP/1.1\r\nhost: a\r\n\r\n", true, false),
            (
                "PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n",
                false,
                true,
            ),
            (
                "PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nab",
                true,
                false,
            ),
            (
                "PUT / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n",
                false,
                true,
            ),
        ];
        for (text, between, in_body) in cases {
            let (tap, _) = feed(text);
            assert_eq!(
                (tap.is_between_requests(), tap.is_in_body()),
                (between, in_body),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_refused_head_is_passed_on_without_the_newline_that_would_complete_it() {
        let no_host = "GET / HTTP/1.1\r\nx: y\r\n\r\n";
        let bare = "GET / HTTP/1.1\nhost: a\r\n\r\n";
        let after_a_good_one = format!("GET / HTTP/1.1\r\nhost: a\r\n\r\n{bare}");

        assert_eq!(refused(no_host), (no_host.len() - 1, Fault::NoHost));
        assert_eq!(refused(bare), (14, Fault::BareNewline));
        assert_eq!(refused(&after_a_good_one), (27 + 14, Fault::BareNewline));
    }

    #[test]
    fn a_head_that_is_too_large_is_refused_before_it_ends() {
        let target = format!("GET /{}", "a".repeat(300));
        let field = format!("GET / HTTP/1.1\r\nx: {}", "a".repeat(300));

        assert_eq!(refused(&target), (200, Fault::LongTarget));
        assert_eq!(refused(&field), (200, Fault::LargeHead));
    }

    #[test]
    fn a_broken_body_is_cut_off() {
        let head = "PUT / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
        let (malformed, absurd) = (format!("{head}3\r\nabcX"), format!("{head}FFFFFFFFF"));

        let seen = Stop {
            pass: malformed.len(),
            cause: Cause::Seen,
        };
        assert_eq!(feed(&malformed).1, Some(seen));
        let body = Stop {
            pass: absurd.len() - 1,
            cause: Cause::Body,
        };
        assert_eq!(feed(&absurd).1, Some(body));
    }

    #[test]
    fn a_head_request_is_known_also_when_it_is_refused() {
        assert!(
            feed("HEAD / HTTP/1.1\r\nhost: a\r\n\r\n")
                .0
                .is_head_request()
        );
        assert!(feed("HEAD / HTTP/1.1\r\nhost: a@b\r\n").0.is_head_request());
        assert!(!feed("GET / HTTP/1.1\r\nhost: a@b\r\n").0.is_head_request());
    }

    fn piece() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "GET / HTTP/1.1\r\n",
            "HEAD /?abc HTTP/1.0\r\n",
            "host: a\r\n",
            "Content-Length: 3\r\n",
            "transfer-encoding: chunked\r\n",
            "x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n",
            "\r\n",
            "\n",
            "abc",
            "3\r\nabc\r\n",
            "0\r\n\r\n",
            "FFFFFFFFFF",
        ])
    }

    proptest! {
        /// Bytes that come one by one are followed like bytes that come at once.
        #[test]
        fn the_cuts_between_reads_change_nothing(pieces in prop::collection::vec(piece(), 0..12)) {
            let text = pieces.concat();
            let (whole, stop) = feed(&text);

            let mut single = Tap::new(RULES);
            let mut stopped = None;
            for (at, byte) in text.as_bytes().iter().enumerate() {
                stopped = single.feed(&[*byte]).map(|stop| Stop { pass: at + stop.pass, ..stop });
                if stopped.is_some() {
                    break;
                }
            }

            prop_assert_eq!(stop, stopped);
            prop_assert_eq!(whole.heads(), single.heads());
            prop_assert_eq!(whole.is_between_requests(), single.is_between_requests());
            prop_assert_eq!(whole.is_head_request(), single.is_head_request());
        }
    }
}
