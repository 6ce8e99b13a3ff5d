//! Where a chunked body ends.
//!
//! The same states as hyper's decoder has, so that both agree about the byte at which the next
//! request begins. Where this reader is stricter the body is broken off, and nothing follows it.

/// What a byte did to the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The body goes on.
    More,
    /// The byte was the body's last.
    End,
    /// The byte cannot stand here; hyper refuses it too.
    Malformed,
    /// The chunk claims to be larger than any body. hyper would wait for all of it.
    Absurd,
}

/// A chunked body that is being read.
#[derive(Debug)]
pub(super) struct Chunked {
    state: State,
    size: u64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Start,
    Size,
    SizeSpace,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    LineStart,
    Trailer,
    TrailerLf,
    EndLf,
}

/// No chunk is larger, whatever the limits are.
const CHUNK_BYTES_MAX: u64 = u32::MAX as u64;

impl Chunked {
    pub(super) fn new() -> Self {
        Self {
            state: State::Start,
            size: 0,
        }
    }

    /// How many bytes of data come next, to be passed over with [`Chunked::skip`].
    pub(super) fn data_ahead(&self) -> u64 {
        if matches!(self.state, State::Data) {
            self.size
        } else {
            0
        }
    }

    /// Passes over `count` bytes of data, at most what lies ahead.
    pub(super) fn skip(&mut self, count: u64) {
        self.size -= count;
        if self.size == 0 {
            self.state = State::DataCr;
        }
    }

    /// Reads one byte that is not data.
    pub(super) fn read(&mut self, byte: u8) -> Step {
        use State::*;
        self.state = match (self.state, byte) {
            (Start | Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                return self.read_digit(byte);
            }
            (Size | SizeSpace, b' ' | b'\t') => SizeSpace,
            (Size | SizeSpace, b';') => Extension,
            (Size | SizeSpace | Extension, b'\r') => SizeLf,
            (Extension, b'\n') => return Step::Malformed,
            (Extension, _) => Extension,
            (SizeLf, b'\n') if self.size == 0 => LineStart,
            (SizeLf, b'\n') => Data,
            (DataCr, b'\r') => DataLf,
            (DataLf, b'\n') => Start,
            (LineStart, b'\r') => EndLf,
            (Trailer, b'\r') => TrailerLf,
            (LineStart | Trailer, _) => Trailer,
            (TrailerLf, b'\n') => LineStart,
            (EndLf, b'\n') => return Step::End,
            _ => return Step::Malformed,
        };
        Step::More
    }

    fn read_digit(&mut self, digit: u8) -> Step {
        let value = char::from(digit)
            .to_digit(16)
            .expect("only hexadecimal digits come here");
        // `size` is 0 in `Start`: it has been counted down, or was never set.
        self.size = self.size * 16 + u64::from(value);
        self.state = State::Size;
        if self.size > CHUNK_BYTES_MAX {
            Step::Absurd
        } else {
            Step::More
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last step, and how many bytes it took to get there.
    fn read(body: &[u8]) -> (Step, usize) {
        let (mut chunked, mut at) = (Chunked::new(), 0);
        while at < body.len() {
            let data = chunked.data_ahead().min((body.len() - at) as u64);
            if data > 0 {
                chunked.skip(data);
                at += data as usize;
                continue;
            }
            at += 1;
            match chunked.read(body[at - 1]) {
                Step::More => {}
                step => return (step, at),
            }
        }
        (Step::More, at)
    }

    #[test]
    fn a_body_ends_where_its_last_line_ends() {
        for body in [
            "0\r\n\r\n",
            "5\r\nab\r\n5\r\n0\r\n\r\n",
            "005;a=b;c\r\n12345\r\n00\r\n\r\n",
            "A \t\r\n0123456789\r\n0\r\nx: y\r\nz: w\r\n\r\n",
        ] {
            let followed = format!("{body}GET");
            assert_eq!(
                read(followed.as_bytes()),
                (Step::End, body.len()),
                "{body:?}"
            );
        }
    }

    #[test]
    fn a_byte_in_the_wrong_place_breaks_it_off() {
        for body in [
            "\r",
            "x",
            "5x",
            "5\n",
            "5 6",
            "5;a\n",
            "1\r\nab",
            "1\r\na\rb",
            "0\r\n\rx",
            "0\r\na\rb",
            "0\r\r",
        ] {
            assert_eq!(
                read(body.as_bytes()),
                (Step::Malformed, body.len()),
                "{body:?}"
            );
        }
    }

    #[test]
    fn a_chunk_of_more_than_four_gigabytes_is_absurd_at_its_last_digit() {
        assert_eq!(read(b"FFFFFFFF\r\n").0, Step::More);
        assert_eq!(read(b"0000000000000000000000000001\r\n").0, Step::More);
        assert_eq!(read(b"100000000\r\n"), (Step::Absurd, 9));
        assert_eq!(read(b"FFFFFFFFFFFFFFFF\r\n"), (Step::Absurd, 9));
    }
}
