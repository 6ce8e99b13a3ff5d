//! Words that a record has to have, wherever it has them.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Found, TEXT_CHARS_MAX};
use crate::outcome::ContactBrief;
use crate::text::fold;
use crate::{Faults, Object, Record};

/// What is searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextSearch {
    /// Each has to be in the record's texts, folded.
    pub words: Vec<String>,
    /// The digits, if it may be a telephone number: a contact whose number has them matches too.
    pub digits: Option<String>,
}

/// Fewest digits that are looked for in telephone numbers.
const DIGITS_MIN: usize = 3;

/// What was sent, as words; none if there are none.
pub(super) fn resolve(text: Option<&str>, faults: &mut Faults) -> Option<TextSearch> {
    let text = text?;
    let chars = text.chars().count();
    if chars > TEXT_CHARS_MAX {
        let message = format!("has {chars} characters; at most {TEXT_CHARS_MAX} are allowed");
        faults.add("q", message);
        return None;
    }
    let folded = fold(text);
    let mut words: Vec<String> = vec![];
    for word in folded.split_whitespace() {
        if !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    let may_be_phone = |letter: char| letter.is_ascii_digit() || " +-()./".contains(letter);
    let digits = folded.chars().all(may_be_phone);
    let digits = digits.then(|| phone_digits(&folded));
    let digits = digits.filter(|digits| digits.len() >= DIGITS_MIN);
    (!words.is_empty()).then_some(TextSearch { words, digits })
}

/// The digits of a telephone number, without the zeros that some write for `+`.
#[must_use]
pub fn phone_digits(phone: &str) -> String {
    let digits: String = fold(phone).chars().filter(char::is_ascii_digit).collect();
    match digits.strip_prefix("00") {
        Some(international) => international.to_owned(),
        None => digits,
    }
}

impl TextSearch {
    /// Whether a record has every word, or the telephone number.
    #[must_use]
    pub fn matches(&self, found: &Found) -> bool {
        let text = texts(found);
        let has_words = self.words.iter().all(|word| text.contains(word.as_str()));
        has_words || self.matches_phone(found)
    }

    fn matches_phone(&self, found: &Found) -> bool {
        match (&self.digits, found) {
            (Some(digits), Found::Record(record)) => {
                phone_digits(record.text("phone")).contains(digits)
            }
            _ => false,
        }
    }
}

/// What an index of texts holds of a record itself, folded, and of the texts of what it refers to, as far as those are
/// `related`. A word that is part of another is left out, for it is found there. In a contact's, the last line has the digits
/// of the telephone number.
#[must_use]
pub fn index_text(record: &Record, related: &[String]) -> String {
    let own = own_texts(record);
    let related = related.iter().map(String::as_str);
    let text = joined(own.chain(related));
    let mut words = match record.object.is_on_timelines() {
        true => each_once(&text),
        false => none_in_another(&text),
    };
    if record.object == Object::Contact {
        write!(words, "\n{}", phone_digits(record.text("phone"))).expect("a String takes all");
    }
    words
}

/// Each word once: a long text repeats itself, its index need not, for no word that is looked for goes over a blank.
fn each_once(text: &str) -> String {
    let mut seen = BTreeSet::new();
    let words = text.split_whitespace();
    let words: Vec<&str> = words.filter(|word| seen.insert(*word)).collect();
    words.join("\n")
}

/// Names and addresses repeat each other's words.
fn none_in_another(text: &str) -> String {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.sort_by_key(|word| Reverse(word.len()));
    let mut kept = String::with_capacity(text.len());
    for word in words {
        if !kept.contains(word) {
            kept.push_str(if kept.is_empty() { "" } else { "\n" });
            kept.push_str(word);
        }
    }
    kept
}

/// The texts that words are looked for in, folded: of a contact the names and the address, of an opportunity also those of
/// its account and of its primary contact.
fn texts(found: &Found) -> String {
    match found {
        Found::Record(record) => joined(own_texts(record)),
        Found::Opportunity(view) => {
            let account = view.account.as_ref();
            let account = account.map(|account| [account.name.as_str(), &account.domain]);
            let contact = view.contact.as_ref().map(contact_texts);
            let own = own_texts(&view.record);
            let related = account.into_iter().flatten();
            joined(own.chain(related).chain(contact.into_iter().flatten()))
        }
    }
}

fn own_texts(record: &Record) -> impl Iterator<Item = &str> {
    let fields: &[&str] = match record.object {
        Object::Account => &["name", "domain"],
        Object::Contact => &["full_name", "first_name", "last_name", "email"],
        Object::Opportunity => &["name"],
        Object::Note => &["title", "content"],
        Object::Activity => &["title", "description"],
    };
    fields.iter().map(|field| record.text(field))
}

fn contact_texts(contact: &ContactBrief) -> [&str; 4] {
    [
        contact.full_name.as_deref().unwrap_or_default(),
        contact.first_name.as_deref().unwrap_or_default(),
        contact.last_name.as_deref().unwrap_or_default(),
        &contact.email,
    ]
}

/// No word goes from one text into the next: words have no line ends.
fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let texts: Vec<&str> = texts.collect();
    fold(&texts.join("\n"))
}
