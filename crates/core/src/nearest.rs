//! The name that somebody probably meant.

use crate::text::quote;

/// How alike two names have to be, from 0 to 1.
const LIKENESS_MIN: f64 = 0.6;

/// `; did you mean 'seats'?`, where some name is near; else nothing.
#[must_use]
pub fn hint<'a>(sent: &str, names: impl Iterator<Item = &'a str>) -> String {
    let likeness = |name: &str| strsim::normalized_damerau_levenshtein(sent, name);
    let best = names.map(|name| (likeness(name), name));
    match best.max_by(|one, other| one.0.total_cmp(&other.0)) {
        Some((likeness, name)) if likeness >= LIKENESS_MIN => {
            format!("; did you mean {}?", quote(name))
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_pointed_out_and_a_stranger_is_not() {
        let names = || ["seats", "lead_source"].into_iter();

        assert_eq!(hint("seat", names()), "; did you mean 'seats'?");
        assert_eq!(hint("colour", names()), "");
    }
}
