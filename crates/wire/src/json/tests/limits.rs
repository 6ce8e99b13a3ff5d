//! Depth, members and the length of keys.

use super::{code, object_of, refused, seen};

#[test]
fn thirty_two_levels_are_accepted_and_one_more_is_too_deep() {
    let arrays = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let objects = |depth: usize| "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth);

    for body in [arrays(32), objects(32), format!("[{0},{0}]", arrays(31))] {
        assert_eq!(seen(&body), Ok(()), "{body}");
    }
    for body in [
        arrays(33),
        objects(33),
        format!("[{},{}]", arrays(31), arrays(32)),
    ] {
        assert_eq!(code(&body), "too_deep", "{body}");
    }
}

/// C17: whoever recursed would overflow this stack, which no handler can catch.
#[test]
fn a_hundred_thousand_brackets_fit_a_small_stack() {
    let bodies = ["[", "{\"a\":", "[{\"a\":"].map(|open| open.repeat(100_000));
    let reader = std::thread::Builder::new().stack_size(256 * 1024);

    let codes = reader.spawn(move || bodies.map(|body| code(&body)));

    assert_eq!(codes.unwrap().join().unwrap(), ["too_deep"; 3]);
}

#[test]
fn ten_thousand_members_are_accepted_and_one_more_is_too_many() {
    assert_eq!(seen(object_of(10_000)), Ok(()));
    assert_eq!(seen(object_of(10_001)), refused("too_many_members", ""));
    assert_eq!(
        seen(format!("[0,{}]", object_of(10_001))),
        refused("too_many_members", "1")
    );
    assert_eq!(
        seen(format!("[{0},{0}]", object_of(6_000))),
        Ok(()),
        "the limit is per object"
    );
    assert_eq!(
        seen(format!("[{}0]", "0,".repeat(20_000))),
        Ok(()),
        "an array has no such limit"
    );
}

#[test]
fn a_key_is_measured_in_bytes_after_unescaping() {
    let body = |key: String| format!("{{\"{key}\":1}}");

    for key in ["k".repeat(1_000), "é".repeat(500), "\\u0061".repeat(1_000)] {
        assert_eq!(seen(body(key)), Ok(()));
    }
    for key in ["k".repeat(1_001), "é".repeat(501), "\\u00e9".repeat(501)] {
        assert_eq!(code(body(key)), "key_too_long");
    }
}
