//! Values of custom fields as bytes, in the order of the values: how `custom_value` has them.

use lanekeeper_core::query::Atom;

/// The bytes of a value. Of two of one kind the greater has the greater bytes.
pub(crate) fn of(atom: &Atom) -> Vec<u8> {
    match atom {
        Atom::Text(text) => text.as_bytes().to_vec(),
        Atom::Number(number) => in_order(*number).to_be_bytes().to_vec(),
        Atom::Whole(whole) => (whole.cast_unsigned() ^ SIGN).to_be_bytes().to_vec(),
        Atom::Id(id) => id.as_bytes().to_vec(),
    }
}

const SIGN: u64 = 1 << 63;

/// The bits of a number, made to sort: those of a negative one are greater the further it is from zero.
fn in_order(number: f64) -> u64 {
    let bits = number.to_bits();
    match bits & SIGN {
        0 => bits | SIGN,
        _ => !bits,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    /// Two values of one kind.
    fn pair() -> impl Strategy<Value = [Atom; 2]> {
        let number = prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::POSITIVE;
        let number = number.prop_map(|number| Atom::Number(number + 0.0));
        let whole = prop_oneof![any::<i64>(), -3..3_i64];
        prop_oneof![
            prop::array::uniform2(any::<String>().prop_map(Atom::Text)),
            prop::array::uniform2(number),
            prop::array::uniform2(whole.prop_map(Atom::Whole)),
            prop::array::uniform2(any::<u128>().prop_map(|id| Atom::Id(Uuid::from_u128(id)))),
        ]
    }

    proptest! {
        #[test]
        fn bytes_are_in_the_order_of_the_values([one, other] in pair()) {
            prop_assert_eq!(of(&one).cmp(&of(&other)), one.cmp(&other));
        }
    }

    #[test]
    fn zero_is_between_what_is_below_and_what_is_above() {
        let bytes = [
            -1e300,
            -1.0,
            -f64::MIN_POSITIVE,
            0.0,
            f64::MIN_POSITIVE,
            1.0,
            1e300,
        ];
        let bytes = bytes.map(|number| of(&Atom::Number(number)));

        assert!(bytes.is_sorted());
    }
}
