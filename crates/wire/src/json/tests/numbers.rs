//! Numbers that a double changes.

use proptest::prelude::*;

use super::{check, refused, seen};

#[test]
fn a_number_without_fraction_must_be_a_double_exactly() {
    let exact = "0 -0 9007199254740992 -9007199254740992 9007199254740994 10000000000000000
        9223372036854775808 18446744073709549568";
    for exact in exact.split_whitespace() {
        assert_eq!(seen(exact), Ok(()), "{exact}");
    }
    let rounded = "9007199254740993 -9007199254740993 9223372036854775807 18446744073709551615
        100000000000000000000001";
    for rounded in rounded.split_whitespace() {
        assert_eq!(seen(rounded), refused("number_not_exact", ""), "{rounded}");
    }
    assert_eq!(seen("1".repeat(309)), refused("number_not_exact", ""));
    for large in ["2".repeat(309), "1".repeat(310), "9".repeat(4_000)] {
        assert_eq!(seen(&large), refused("number_out_of_range", ""), "{large}");
    }
}

#[test]
fn a_number_with_fraction_or_exponent_may_have_seventeen_significant_digits() {
    let few = "0.30000000000000004 1.1234567890123456 12345678901234567e-3
        0.00000000000000000000012345678901234567 1.50000000000000000000000 1.0000000000000000
        100000000000000000000.0 0.0000000000000000000000 -0.0e0 1e308 2.2250738585072014e-308 5e-324
        1e-400 0e400 0e99999999999999999999 1E+2";
    for few in few.split_whitespace() {
        assert_eq!(seen(few), Ok(()), "{few}");
    }
    let many = "0.300000000000000041 1.12345678901234567 123456789012345678e-3 -1.00000000000000001
        10000000000000000.01";
    for many in many.split_whitespace() {
        assert_eq!(seen(many), refused("number_not_exact", ""), "{many}");
    }
    let large = "1e309 -1e309 1e400 10e308 1.8e308 1e99999999999999999999 0.1e310";
    for large in large.split_whitespace() {
        assert_eq!(seen(large), refused("number_out_of_range", ""), "{large}");
    }
}

#[test]
fn a_whole_number_with_a_fraction_of_zeros_is_judged_like_the_integer() {
    let exact = "1.0 -0.0 9007199254740992.0 9007199254740994.00 18446744073709549568.0
        -1180591620717411303424.0000000000000000000";
    for exact in exact.split_whitespace() {
        assert_eq!(seen(exact), Ok(()), "{exact}");
    }
    let rounded = "9007199254740993.0 -9007199254740993.0 9007199254740993.000000000000000000
        12345678901234567.0 18446744073709551615.0 100000000000000000000000.0";
    for rounded in rounded.split_whitespace() {
        assert_eq!(seen(rounded), refused("number_not_exact", ""), "{rounded}");
    }
    let large = "2".repeat(309) + ".0";
    assert_eq!(seen(&large), refused("number_out_of_range", ""));
}

#[test]
fn an_exponent_makes_a_whole_number_a_double() {
    let doubles = "9007199254740993e0 9007199254740993.0e0 9007199254740993.0E+1 1e23
        12345678901234567.0e1 900719925474099300e-2";
    for double in doubles.split_whitespace() {
        assert_eq!(seen(double), Ok(()), "{double}");
    }
}

/// Integers that a double holds, and such that it rounds, small and beyond its range.
fn integer() -> impl Strategy<Value = String> {
    let spread = (0..1_u64 << 55, 0..64_u32)
        .prop_map(|(mantissa, shift)| (u128::from(mantissa) << shift).to_string());
    prop_oneof![spread, "0|[1-9][0-9]{0,24}", "[1-9][0-9]{290,310}"]
}

proptest! {
    #[test]
    fn zeros_after_the_point_change_no_answer(
        minus in "-?",
        integer in integer(),
        zeros in 1..30_usize,
    ) {
        let integer = minus + &integer;
        let with_fraction = format!("{integer}.{}", "0".repeat(zeros));

        prop_assert_eq!(seen(with_fraction), seen(integer));
    }

    /// An integer with at most 53 bits between its first and its last set bit is a double. Beyond u64 only
    /// one direction is a law: serde_json misses some of those doubles unless built with `float_roundtrip`.
    #[test]
    fn an_integer_is_accepted_only_if_a_double_holds_it(mantissa in 0..1_u64 << 55, shift in 0..64_u32, minus in any::<bool>()) {
        let integer = u128::from(mantissa) << shift;
        let is_double = integer == 0 || 128 - integer.leading_zeros() - integer.trailing_zeros() <= 53;
        let body = if minus { format!("-{integer}") } else { integer.to_string() };

        let accepted = check(body.as_bytes()).is_ok();

        prop_assert!(!accepted || is_double);
        prop_assert!(accepted || !is_double || integer > u128::from(u64::MAX));
    }
}
