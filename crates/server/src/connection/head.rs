//! One request's head, line by line: what must be refused, and how long the body is.
//!
//! hyper parses the same lines again and is the one that decides what they mean to the service.
//! This reader only has to agree with it about where the body ends, and to see what hyper drops.

use super::fault::Fault;

/// How a request's body is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
}

/// What a head may contain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) head_bytes_max: usize,
    pub(super) query_bytes_max: usize,
    pub(super) body_max_bytes: u64,
}

/// The part of a head that has been read.
#[derive(Debug, Default)]
pub(super) struct Head {
    request_line_read: bool,
    http_1_1: bool,
    is_head_request: bool,
    host_read: bool,
    length: Option<u64>,
    chunked: bool,
}

impl Head {
    /// Whether the head has begun. Empty lines before the request line do not count.
    pub(super) fn has_begun(&self) -> bool {
        self.request_line_read
    }

    /// Whether the request's method is HEAD.
    pub(super) fn is_head_request(&self) -> bool {
        self.is_head_request
    }

    /// Reads one line without its line end. `Some` if it was the head's last.
    pub(super) fn read(&mut self, line: &[u8], rules: &Rules) -> Result<Option<Framing>, Fault> {
        match (self.request_line_read, line.is_empty()) {
            // RFC 9112, section 2.2: empty lines before the request line are ignored.
            (false, true) => Ok(None),
            (false, false) => self.read_request_line(line, rules).map(|()| None),
            (true, false) => self.read_field(line, rules).map(|()| None),
            (true, true) => self.end().map(Some),
        }
    }

    fn read_request_line(&mut self, line: &[u8], rules: &Rules) -> Result<(), Fault> {
        let (rest, version) = split_at_last(line, b' ').ok_or(Fault::NotHttp)?;
        self.http_1_1 = match version {
            b"HTTP/1.1" => true,
            b"HTTP/1.0" => false,
            other if other.starts_with(b"HTTP/") => return Err(Fault::OtherVersion),
            _ => return Err(Fault::NotHttp),
        };
        let (method, target) = split_at_first(rest, b' ').ok_or(Fault::NotHttp)?;
        if let Some((_, query)) = split_at_first(target, b'?')
            && query.len() > rules.query_bytes_max
        {
            return Err(Fault::LongQuery);
        }
        self.is_head_request = method == b"HEAD";
        self.request_line_read = true;
        Ok(())
    }

    fn read_field(&mut self, line: &[u8], rules: &Rules) -> Result<(), Fault> {
        // hyper refuses a line without a colon, or with anything but a token before it.
        let Some((name, value)) = split_at_first(line, b':') else {
            return Ok(());
        };
        let value = value.trim_ascii();
        if name.eq_ignore_ascii_case(b"host") {
            self.read_host(value)
        } else if name.eq_ignore_ascii_case(b"content-length") {
            self.read_length(value, rules)
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.read_encoding(value)
        } else {
            Ok(())
        }
    }

    fn read_host(&mut self, value: &[u8]) -> Result<(), Fault> {
        if self.host_read {
            return Err(Fault::SecondHost);
        }
        self.host_read = true;
        if is_host(value) {
            Ok(())
        } else {
            Err(Fault::BadHost)
        }
    }

    fn read_length(&mut self, value: &[u8], rules: &Rules) -> Result<(), Fault> {
        if self.chunked {
            return Err(Fault::LengthAndEncoding);
        }
        if self.length.is_some() {
            return Err(Fault::SecondLength);
        }
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            return Err(Fault::BadLength);
        }
        // More digits than a u64 holds are a number all the same, and a large one.
        let length = std::str::from_utf8(value)
            .ok()
            .and_then(|digits| digits.parse().ok());
        let length = length.unwrap_or(u64::MAX);
        if length > rules.body_max_bytes {
            return Err(Fault::LargeBody);
        }
        self.length = Some(length);
        Ok(())
    }

    fn read_encoding(&mut self, value: &[u8]) -> Result<(), Fault> {
        if self.length.is_some() {
            return Err(Fault::LengthAndEncoding);
        }
        if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
            return Err(Fault::OtherEncoding);
        }
        self.chunked = true;
        Ok(())
    }

    fn end(&self) -> Result<Framing, Fault> {
        if self.http_1_1 && !self.host_read {
            return Err(Fault::NoHost);
        }
        Ok(match (self.chunked, self.length) {
            (true, _) => Framing::Chunked,
            (false, length) => Framing::Length(length.unwrap_or(0)),
        })
    }
}

/// A name or an address, and perhaps a port: `crm.acme.com`, `127.0.0.1:8080`, `[::1]:8080`.
/// RFC 3986 allows more in a name; none of it occurs in one that resolves.
fn is_host(value: &[u8]) -> bool {
    let (name, port) = match value
        .strip_prefix(b"[")
        .and_then(|rest| split_at_first(rest, b']'))
    {
        Some((address, port)) if is_ipv6(address) => (&b"ipv6"[..], port),
        Some(_) => return false,
        None => value.split_at(value.iter().position(|b| *b == b':').unwrap_or(value.len())),
    };
    let named = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    !name.is_empty() && name.iter().all(named) && is_port(port)
}

fn is_ipv6(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.parse::<std::net::Ipv6Addr>().is_ok())
}

/// Nothing, or a colon with at most five digits.
fn is_port(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b':', digits @ ..] => digits.len() <= 5 && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

fn split_at_first(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|b| *b == separator)?;
    Some((&text[..at], &text[at + 1..]))
}

fn split_at_last(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().rposition(|b| *b == separator)?;
    Some((&text[..at], &text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        head_bytes_max: 1024,
        query_bytes_max: 10,
        body_max_bytes: 100,
    };

    fn read(lines: &[&str]) -> Result<Option<Framing>, Fault> {
        let mut head = Head::default();
        for line in lines {
            head.read(line.as_bytes(), &RULES)?;
        }
        head.read(b"", &RULES)
    }

    #[test]
    fn the_framing_is_the_length_or_chunked_or_nothing() {
        let get = "GET / HTTP/1.1";
        let cases: &[(&[&str], Framing)] = &[
            (&[get, "Host: a"], Framing::Length(0)),
            (&["GET / HTTP/1.0"], Framing::Length(0)),
            (&["", get, "Host: a"], Framing::Length(0)),
            (
                &["POST /?q HTTP/1.1", "HOST:a:80", "content-LENGTH: \t7 "],
                Framing::Length(7),
            ),
            (
                &["POST / HTTP/1.1", "host: a", "Transfer-Encoding: Chunked"],
                Framing::Chunked,
            ),
        ];
        for (lines, framing) in cases {
            assert_eq!(read(lines), Ok(Some(*framing)), "{lines:?}");
        }
    }

    #[test]
    fn each_fault_has_its_name() {
        let post = "POST / HTTP/1.1";
        let cases: &[(&[&str], Fault)] = &[
            (&["GET / HTTP/2.0"], Fault::OtherVersion),
            (&["GET / SMTP"], Fault::NotHttp),
            (&["GET HTTP/1.1"], Fault::NotHttp),
            (&["quit"], Fault::NotHttp),
            (&["GET /?12345678901 HTTP/1.1"], Fault::LongQuery),
            (&[post], Fault::NoHost),
            (&[post, "Host: a", "Host: a"], Fault::SecondHost),
            (&[post, "Host: a@b"], Fault::BadHost),
            (
                &[
                    post,
                    "Host: a",
                    "Content-Length: 1",
                    "Transfer-Encoding: chunked",
                ],
                Fault::LengthAndEncoding,
            ),
            (
                &[
                    post,
                    "Host: a",
                    "Transfer-Encoding: chunked",
                    "Content-Length: 1",
                ],
                Fault::LengthAndEncoding,
            ),
            (
                &[post, "Host: a", "Content-Length: 1", "Content-Length: 1"],
                Fault::SecondLength,
            ),
            (&[post, "Host: a", "Content-Length: +5"], Fault::BadLength),
            (&[post, "Host: a", "Content-Length: 5,5"], Fault::BadLength),
            (&[post, "Host: a", "Content-Length:"], Fault::BadLength),
            (&[post, "Host: a", "Content-Length: 101"], Fault::LargeBody),
            (
                &[post, "Host: a", "Content-Length: 99999999999999999999999"],
                Fault::LargeBody,
            ),
            (
                &[post, "Host: a", "Transfer-Encoding: xchunked"],
                Fault::OtherEncoding,
            ),
            (
                &[post, "Host: a", "Transfer-Encoding: gzip, chunked"],
                Fault::OtherEncoding,
            ),
        ];
        for (lines, fault) in cases {
            assert_eq!(read(lines), Err(*fault), "{lines:?}");
        }
    }

    #[test]
    fn a_host_is_a_name_or_an_address_with_a_port_or_without() {
        for good in [
            "a",
            "crm.acme.com",
            "a_b-c:8080",
            "127.0.0.1",
            "[::1]",
            "[::1]:80",
            "a:",
        ] {
            assert!(is_host(good.as_bytes()), "{good}");
        }
        for bad in [
            "", ":80", "a@b", "a b", "a/b", "a,b", "[::1", "[x]", "[]", "a:b", "a:123456",
            "[::1]x", "é",
        ] {
            assert!(!is_host(bad.as_bytes()), "{bad}");
        }
    }
}
