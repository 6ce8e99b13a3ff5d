//! Values as bytes that sort as they do.

use lanekeeper_core::query::Atom;

/// Those of a text are its own; of a number or a moment, its bits with the sign turned; of an id, its own.
pub(super) fn of(atom: &Atom) -> Vec<u8> {
    const SIGN: u64 = 1 << 63;
    match atom {
        Atom::Text(text) => text.as_bytes().to_vec(),
        Atom::Number(number) => {
            let bits = number.to_bits();
            let ordered = if bits & SIGN == 0 { bits | SIGN } else { !bits };
            ordered.to_be_bytes().to_vec()
        }
        Atom::Whole(whole) => (whole.cast_unsigned() ^ SIGN).to_be_bytes().to_vec(),
        Atom::Id(id) => id.as_bytes().to_vec(),
    }
}
