//! What a client of PostgreSQL sends, as far as statements are in it: <https://www.postgresql.org/docs/current/protocol.html>.

const PARSE: u8 = b'P';
const QUERY: u8 = b'Q';
/// A first message with this code asks for something, such as TLS, and is followed by another first message.
const REQUEST_CODE: std::ops::Range<u32> = 80_877_102..80_877_105;

/// The messages of a connection, cut at any place.
#[derive(Default)]
pub(super) struct Messages {
    rest: Vec<u8>,
    /// After that each message begins with its kind.
    has_begun: bool,
}

impl Messages {
    /// The statements whose end is in these bytes.
    pub(super) fn statements_in(&mut self, bytes: &[u8]) -> Vec<String> {
        self.rest.extend_from_slice(bytes);
        let mut statements = vec![];
        while let Some((kind, message)) = self.next() {
            statements.extend(statement(kind, &message));
        }
        statements
    }

    /// The kind of the next message and what is behind its length, once all of it is there.
    fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        let head = usize::from(self.has_begun);
        let len = self.rest.get(head..head + 4)?;
        let len = u32::from_be_bytes(len.try_into().expect("four bytes"));
        let end = head + usize::try_from(len).expect("a length");
        let message = self.rest.get(head + 4..end)?.to_vec();
        let kind = match self.has_begun {
            true => self.rest[0],
            false => 0,
        };
        self.rest.drain(..end);
        if !self.has_begun {
            let code = message.get(..4).and_then(|code| code.try_into().ok());
            let code = u32::from_be_bytes(code.expect("a first message has a code"));
            self.has_begun = !REQUEST_CODE.contains(&code);
        }
        Some((kind, message))
    }
}

/// The statement that is in a message.
fn statement(kind: u8, message: &[u8]) -> Option<String> {
    let mut texts = message.split(|byte| *byte == 0);
    let text = match kind {
        QUERY => texts.next()?,
        // Behind the name that it gets.
        PARSE => texts.nth(1)?,
        _ => return None,
    };
    Some(String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_found_however_the_bytes_are_cut() {
        let begin = [&[0, 0, 0, 9, 0, 3, 0, 0][..], b"\0"].concat();
        let parse = [&b"P\0\0\0\x13"[..], b"s1\0select $1\0\0\0"].concat();
        let query = [&b"Q\0\0\0\x0b"[..], b"commit\0"].concat();
        let bytes = [begin, parse, query].concat();

        for len in 1..bytes.len() {
            let mut messages = Messages::default();
            let cut = bytes.chunks(len);
            let statements: Vec<String> =
                cut.flat_map(|part| messages.statements_in(part)).collect();
            assert_eq!(statements, ["select $1", "commit"], "cut into {len}");
        }
    }
}
