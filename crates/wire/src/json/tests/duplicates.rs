//! Keys that come twice in one object.

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::{object_of, refused, seen};

#[test]
fn a_duplicate_is_found_in_an_object_of_any_size() {
    for size in 1..100 {
        let members = object_of(size).replace('}', "");
        for n in [0, size / 2, size - 1] {
            let body = format!("{members},\"k{n}\":0}}");
            assert_eq!(seen(body), refused("duplicate_key", &format!("k{n}")));
        }
    }
}

/// Where an object is large enough to be hashed, the objects in it have sets of their own, or none.
#[test]
fn an_inner_object_of_any_size_does_not_disturb_the_names_around_it() {
    for (outer, inner) in (28..40).flat_map(|outer| (28..40).map(move |inner| (outer, inner))) {
        let begin = object_of(outer).replace('}', "");
        let begin = format!("{begin},\"in\":[{0},{0}]", object_of(inner));

        assert_eq!(seen(format!("{begin},\"new\":0}}")), Ok(()));
        assert_eq!(seen(format!("{begin},\"k{outer}\":0}}")), Ok(()));
        assert_eq!(
            seen(format!("{begin},\"k1\":0}}")),
            refused("duplicate_key", "k1")
        );
    }
}

proptest! {
    /// Around the size where comparing gives way to hashing, too, and however the keys are written.
    #[test]
    fn a_key_is_a_duplicate_exactly_if_an_equal_one_came_before(
        keys in vec(("[a-p]{3}", any::<bool>()), 0..80),
    ) {
        let mut set = HashSet::new();
        let repeated = keys.iter().map(|(key, _)| key).find(|key| !set.insert(*key));
        let members: Vec<String> = keys.iter().map(|(key, escape_first)| {
            let source = match escape_first {
                true => format!("\\u{:04x}{}", u32::from(key.as_bytes()[0]), &key[1..]),
                false => key.clone(),
            };
            format!("\"{source}\":{}", if key.ends_with('a') { object_of(40) } else { r#"{"a":1}"#.to_owned() })
        }).collect();

        let answer = seen(format!("{{{}}}", members.join(",")));

        prop_assert_eq!(answer, repeated.map_or(Ok(()), |key| refused("duplicate_key", key)));
    }
}
