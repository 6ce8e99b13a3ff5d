//! Whether somebody has the place for itself.

use crate::Timestamp;

/// For how long somebody is there after it was seen, in microseconds.
const PRESENT_MICROS: i64 = 1_000_000;

/// Remembers the last two who were seen. Who is alone may have all there is; who has company leaves room for it, also
/// between two of its requests.
#[derive(Clone, Copy, Debug)]
pub struct Company<K> {
    last: Option<(K, Timestamp)>,
    other: Option<Timestamp>,
}

impl<K: Copy + PartialEq> Company<K> {
    /// Nobody.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            last: None,
            other: None,
        }
    }

    /// Somebody is there, now.
    pub fn see(&mut self, key: K, now: Timestamp) {
        if let Some((last, at)) = self.last
            && last != key
        {
            self.other = Some(at);
        }
        self.last = Some((key, now));
    }

    /// Whether two were there within the last second.
    #[must_use]
    pub fn is_shared(&self, now: Timestamp) -> bool {
        let is_present = |at: Timestamp| now.as_micros() - at.as_micros() < PRESENT_MICROS;
        self.other.is_some_and(is_present)
    }
}

impl<K: Copy + PartialEq> Default for Company<K> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_company_knows_it_for_a_second() {
        let at = |millis: i64| Timestamp::from_micros(millis * 1_000);
        let mut company = Company::new();

        company.see('a', at(0));
        company.see('a', at(10));
        assert!(!company.is_shared(at(10)));

        company.see('b', at(20));
        assert!(company.is_shared(at(20)));
        company.see('a', at(500));
        company.see('a', at(1_019));
        assert!(company.is_shared(at(1_019)));
        assert!(!company.is_shared(at(1_020)));
    }
}
