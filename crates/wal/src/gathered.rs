//! What was written and is not in the file yet.

/// How much is written at once.
pub const PIECE_BYTES: usize = 64 * 1024;

/// One run of bytes, and the place in the file where it begins.
#[derive(Default)]
pub(crate) struct Gathered {
    place: i64,
    bytes: Vec<u8>,
}

impl Gathered {
    /// Takes bytes that go right behind those it has, if there is room. Nothing is taken otherwise.
    pub(crate) fn take(&mut self, place: i64, bytes: &[u8]) -> bool {
        if self.bytes.is_empty() {
            self.place = place;
        }
        let end = i64::try_from(self.bytes.len()).ok();
        let end = end.and_then(|len| self.place.checked_add(len));
        let has_room = self.bytes.len() + bytes.len() <= PIECE_BYTES;
        if end != Some(place) || !has_room {
            return false;
        }
        self.bytes.extend_from_slice(bytes);
        true
    }

    /// Gives up what it has, to `write` it at its place. Whatever comes of that, it is empty afterwards.
    pub(crate) fn give<E>(
        &mut self,
        write: impl FnOnce(i64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        let written = write(self.place, &self.bytes);
        self.bytes.clear();
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(gathered: &mut Gathered) -> Option<(i64, Vec<u8>)> {
        let mut given = None;
        let all_well: Result<(), ()> = gathered.give(|place, bytes| {
            given = Some((place, bytes.to_vec()));
            Ok(())
        });
        assert_eq!(all_well, Ok(()));
        given
    }

    #[test]
    fn what_is_written_one_behind_the_other_is_given_together() {
        let mut gathered = Gathered::default();
        assert!(gathered.take(100, b"header"));
        assert!(gathered.take(106, b"page"));
        assert_eq!(given(&mut gathered), Some((100, b"headerpage".to_vec())));
        assert_eq!(given(&mut gathered), None);
    }

    #[test]
    fn what_goes_elsewhere_is_not_taken() {
        let mut gathered = Gathered::default();
        assert!(gathered.take(100, b"page"));
        assert!(!gathered.take(100, b"page"));
        assert!(!gathered.take(105, b"page"));
        assert!(!gathered.take(0, b"header"));
        assert_eq!(given(&mut gathered), Some((100, b"page".to_vec())));
        assert!(gathered.take(0, b"header"));
    }

    #[test]
    fn no_more_is_taken_than_a_piece() {
        let mut gathered = Gathered::default();
        assert!(gathered.take(0, &vec![1; PIECE_BYTES]));
        let end = i64::try_from(PIECE_BYTES).expect("a piece is small");
        assert!(!gathered.take(end, b"x"));
        assert!(given(&mut gathered).is_some());
        assert!(!gathered.take(0, &vec![1; PIECE_BYTES + 1]));
    }

    #[test]
    fn what_could_not_be_written_is_not_written_later() {
        let mut gathered = Gathered::default();
        assert!(gathered.take(0, b"page"));
        assert_eq!(
            gathered.give(|_, _| Err("the disk is full")),
            Err("the disk is full")
        );
        assert_eq!(given(&mut gathered), None);
    }
}
