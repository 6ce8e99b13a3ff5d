//! Where a page ends, in a form that callers cannot read into or change: signed, and bound to its search.

use uuid::Uuid;

use super::{Atom, Found, Query};
use crate::Faults;

/// A record's place in the order of a search. It is by value, so that nothing is skipped or repeated because others come in.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// The value of each sort key.
    pub keys: Vec<Option<Atom>>,
    /// The record's id, which tells apart what the keys do not.
    pub id: Uuid,
}

/// A keyed hash of some bytes, with a key that only the server knows.
pub type Sign<'a> = &'a dyn Fn(&[u8]) -> [u8; 32];

/// How much of the hash a cursor carries.
const SIGNATURE_LEN_BYTES: usize = 16;
const ID_LEN_BYTES: usize = 16;

impl Query {
    /// The cursor behind this record.
    #[must_use]
    pub fn cursor_behind(&self, last: &Found, org_id: Uuid, sign: Sign) -> String {
        let position = Position {
            keys: self.sort.iter().map(|sort| sort.key(last)).collect(),
            id: last.record().id,
        };
        let payload = position.to_bytes();
        let mut bytes = self.signature(org_id, &payload, sign).to_vec();
        bytes.extend(payload);
        data_encoding::BASE64URL_NOPAD.encode(&bytes)
    }

    /// The same search from behind a cursor on.
    ///
    /// # Errors
    /// Faults, if it is no cursor of this search.
    pub fn from_cursor(mut self, cursor: &str, org_id: Uuid, sign: Sign) -> Result<Self, Faults> {
        let position = self.read_cursor(cursor, org_id, sign);
        let position = position.ok_or_else(|| {
            Faults::one(
                "cursor",
                "is no cursor of this search; start again without one, and change nothing but fields between pages",
            )
        })?;
        self.after = Some(position);
        Ok(self)
    }

    fn read_cursor(&self, cursor: &str, org_id: Uuid, sign: Sign) -> Option<Position> {
        let bytes = data_encoding::BASE64URL_NOPAD.decode(cursor.as_bytes());
        let bytes = bytes.ok()?;
        let (signature, payload) = bytes.split_at_checked(SIGNATURE_LEN_BYTES)?;
        // A comparison that takes longer the more is right would tell, byte by byte, what is right.
        let expected = self.signature(org_id, payload, sign);
        let pairs = signature.iter().zip(expected);
        let differences = pairs.fold(0, |all, (one, other)| all | (one ^ other));
        let position = Position::from_bytes(payload);
        position.filter(|position| differences == 0 && position.keys.len() == self.sort.len())
    }

    fn signature(&self, org_id: Uuid, payload: &[u8], sign: Sign) -> [u8; SIGNATURE_LEN_BYTES] {
        let mut signed = self.binding(org_id).into_bytes();
        signed.push(0);
        signed.extend(payload);
        let hash = sign(&signed);
        hash[..SIGNATURE_LEN_BYTES]
            .try_into()
            .expect("a hash is longer")
    }

    /// Everything that a cursor is good for only together with: all of the query but the members it answers with. Different
    /// queries have different texts, because strings are quoted in them.
    fn binding(&self, org_id: Uuid) -> String {
        let within = (self.object, org_id, self.pipeline_id, self.stage_id);
        format!(
            "{:?}",
            (within, &self.text, &self.filters, &self.sort, self.limit)
        )
    }
}

impl Position {
    /// The id, then each key: a tag, and behind a text's its length.
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.id.as_bytes().to_vec();
        for key in &self.keys {
            match key {
                None => bytes.push(b'-'),
                Some(Atom::Text(text)) => {
                    let len = u16::try_from(text.len()).expect("a sort key is short");
                    bytes.push(b't');
                    bytes.extend(len.to_be_bytes());
                    bytes.extend(text.as_bytes());
                }
                Some(Atom::Number(number)) => {
                    bytes.push(b'n');
                    bytes.extend(number.to_be_bytes());
                }
                Some(Atom::Whole(whole)) => {
                    bytes.push(b'w');
                    bytes.extend(whole.to_be_bytes());
                }
                Some(Atom::Id(id)) => {
                    bytes.push(b'i');
                    bytes.extend(id.as_bytes());
                }
            }
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (id, mut rest) = bytes.split_at_checked(ID_LEN_BYTES)?;
        let mut keys = vec![];
        while let Some((tag, behind)) = rest.split_first() {
            let (key, behind) = read_key(*tag, behind)?;
            keys.push(key);
            rest = behind;
        }
        let id = Uuid::from_slice(id).ok()?;
        Some(Self { keys, id })
    }
}

fn read_key(tag: u8, bytes: &[u8]) -> Option<(Option<Atom>, &[u8])> {
    let (atom, rest) = match tag {
        b'-' => return Some((None, bytes)),
        b't' => {
            let (len, rest) = bytes.split_first_chunk()?;
            let (text, rest) = rest.split_at_checked(u16::from_be_bytes(*len).into())?;
            (Atom::Text(str::from_utf8(text).ok()?.to_owned()), rest)
        }
        b'n' => {
            let (number, rest) = bytes.split_first_chunk()?;
            (Atom::Number(f64::from_be_bytes(*number)), rest)
        }
        b'w' => {
            let (whole, rest) = bytes.split_first_chunk()?;
            (Atom::Whole(i64::from_be_bytes(*whole)), rest)
        }
        b'i' => {
            let (id, rest) = bytes.split_first_chunk()?;
            (Atom::Id(Uuid::from_bytes(*id)), rest)
        }
        _ => return None,
    };
    Some((Some(atom), rest))
}
