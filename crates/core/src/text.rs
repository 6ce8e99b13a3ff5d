//! Text as people send it: checked on the way in, folded for comparing, quoted in messages.
//!
//! Knows nothing about fields: how long a name may be is its caller's business.

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

/// Most combining marks accepted in a row; more is "Zalgo" that paints over its neighbours.
pub const MARKS_IN_A_ROW_MAX: usize = 32;

/// Most characters of a caller's text that [`quote`] repeats.
pub const QUOTED_CHARS_MAX: usize = 100;

/// Why a text is refused. The message follows the name of the field: "`name` has 501 characters; …".
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidText {
    /// More code points than the field takes.
    #[error("has {chars} characters; at most {chars_max} are allowed")]
    TooLong {
        /// Code points sent.
        chars: usize,
        /// Code points allowed.
        chars_max: usize,
    },
    /// U+0000, which PostgreSQL cannot store.
    #[error("contains a NUL character")]
    Nul,
    /// A C0 or C1 control character, or DEL.
    #[error("contains the control character {}", code_point(*.0))]
    Control(char),
    /// A pile of combining marks.
    #[error("has more than {MARKS_IN_A_ROW_MAX} combining marks in a row")]
    Marks,
}

/// Checks a text of one line, such as a name, and returns it exactly as sent.
///
/// # Errors
/// [`InvalidText`] if it has more than `chars_max` code points, a control character (tab and line ends too),
/// or more than [`MARKS_IN_A_ROW_MAX`] combining marks in a row.
///
/// ```
/// use lanekeeper_core::text::{InvalidText, one_line};
///
/// assert_eq!(one_line("Acme, Inc.", 500), Ok("Acme, Inc.".to_owned()));
/// assert_eq!(one_line("Acme\u{7}", 500), Err(InvalidText::Control('\u{7}')));
/// ```
pub fn one_line(text: &str, chars_max: usize) -> Result<String, InvalidText> {
    check(text, chars_max, char::is_control)
}

/// Checks a text of any number of lines, such as a note, and returns it exactly as sent.
///
/// # Errors
/// As [`one_line`], but tab, newline and carriage return are allowed.
///
/// ```
/// use lanekeeper_core::text::{InvalidText, multi_line};
///
/// assert_eq!(multi_line("one\r\n\ttwo", 20), Ok("one\r\n\ttwo".to_owned()));
/// assert_eq!(multi_line("a\0b", 20), Err(InvalidText::Nul));
/// ```
pub fn multi_line(text: &str, chars_max: usize) -> Result<String, InvalidText> {
    check(text, chars_max, |character| {
        character.is_control() && !matches!(character, '\t' | '\n' | '\r')
    })
}

/// The form in which texts are compared and searched: lower case, without accents, and without what nobody
/// sees, so that `Straße`, `STRASSE` and `strasse` are one text, and so are both spellings of `é`.
///
/// Accents, Hebrew points and Arabic vowel marks go. Marks that make another letter stay, such as the vowel
/// signs of Indic and Thai script or the voicing marks of Japanese. Idempotent.
///
/// ```
/// use lanekeeper_core::text::fold;
///
/// assert_eq!(fold("Škoda Łódź & Søn"), "skoda lodz & son");
/// assert_ne!(fold("がき"), fold("かき"));
/// ```
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    text.nfkd()
        .filter(|character| !is_accent(*character) && !is_invisible(*character))
        .flat_map(char::to_lowercase)
        .for_each(|letter| push_base_letters(&mut folded, letter));
    folded.nfc().collect()
}

/// True if there is nothing to see: no characters, or only white space, controls and invisible characters.
///
/// ```
/// use lanekeeper_core::text::is_blank;
///
/// assert!(is_blank(" \u{200b}\u{feff}"));
/// assert!(!is_blank("0"));
/// ```
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|character| {
        character.is_whitespace() || character.is_control() || is_invisible(character)
    })
}

/// A caller's text for a message: in single quotes, at most [`QUOTED_CHARS_MAX`] characters of it and then
/// `…`, with control, bidirectional and invisible characters escaped.
///
/// ```
/// use lanekeeper_core::text::quote;
///
/// assert_eq!(quote("a\u{202e}b\n"), r"'a\u{202e}b\n'");
/// ```
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len().min(QUOTED_CHARS_MAX) + 2);
    let mut characters = text.chars();
    quoted.push('\'');
    for character in characters.by_ref().take(QUOTED_CHARS_MAX) {
        push_visibly(&mut quoted, character);
    }
    if characters.next().is_some() {
        quoted.push('…');
    }
    quoted.push('\'');
    quoted
}

/// True for characters that leave no ink and are not white space: zero width, directional, soft hyphen,
/// variation selectors, Hangul fillers, tags (Unicode's `Default_Ignorable_Code_Point`, interlinear
/// annotations and the blank Braille pattern).
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// How a message names one character: `'_'`, or `U+202E` where printing it would show nothing or do harm.
pub(crate) fn name_of(character: char) -> String {
    if is_unprintable(character) || character.is_whitespace() || is_combining_mark(character) {
        code_point(character)
    } else {
        format!("'{character}'")
    }
}

fn check(
    text: &str,
    chars_max: usize,
    is_refused: impl Fn(char) -> bool,
) -> Result<String, InvalidText> {
    let chars = text.chars().count();
    if chars > chars_max {
        return Err(InvalidText::TooLong { chars, chars_max });
    }
    match text.chars().find(|character| is_refused(*character)) {
        Some('\0') => Err(InvalidText::Nul),
        Some(control) => Err(InvalidText::Control(control)),
        None if has_pile_of_marks(text) => Err(InvalidText::Marks),
        None => Ok(text.to_owned()),
    }
}

fn has_pile_of_marks(text: &str) -> bool {
    if text.is_ascii() {
        return false;
    }
    let mut in_a_row = 0;
    text.chars().any(|character| {
        in_a_row = if is_combining_mark(character) {
            in_a_row + 1
        } else {
            0
        };
        in_a_row > MARKS_IN_A_ROW_MAX
    })
}

/// By combining class: 1 overlays, 10 to 36 Hebrew, Arabic and Syriac points, 200 and up accents. The other
/// classes (0 vowel signs, 7 nuktas, 8 kana voicing, 9 viramas, 84 to 132 Thai, Lao, Tibetan …) spell letters.
fn is_accent(character: char) -> bool {
    matches!(canonical_combining_class(character), 1 | 10..=36 | 200..)
}

/// What Unicode does not decompose although readers do.
fn push_base_letters(folded: &mut String, lower: char) {
    match lower {
        'ß' => folded.push_str("ss"),
        'æ' => folded.push_str("ae"),
        'œ' => folded.push_str("oe"),
        'þ' => folded.push_str("th"),
        'ø' => folded.push('o'),
        'ł' => folded.push('l'),
        'đ' | 'ð' => folded.push('d'),
        'ħ' => folded.push('h'),
        'ı' => folded.push('i'),
        'ŋ' => folded.push('n'),
        'ŧ' => folded.push('t'),
        'ς' => folded.push('σ'),
        other => folded.push(other),
    }
}

fn push_visibly(quoted: &mut String, character: char) {
    match character {
        '\t' | '\n' | '\r' => quoted.extend(character.escape_default()),
        _ if is_unprintable(character) => quoted.extend(character.escape_unicode()),
        _ => quoted.push(character),
    }
}

fn is_unprintable(character: char) -> bool {
    character.is_control()
        || is_invisible(character)
        || matches!(character, '\u{2028}' | '\u{2029}')
}

fn code_point(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CHARS_MAX: usize = 500;

    #[test]
    fn text_is_kept_exactly_as_sent() {
        let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦 \u{2764}\u{fe0f}";
        let composed_and_not = "\u{e9}e\u{301}";
        let odd = "\u{378}\u{e000}\u{ffff}\u{202e}";
        let script = "\"><script>alert(1)</script>'; DROP TABLE accounts;-- {{7*7}} ${7*7} %s%n";
        for text in ["", "  Acme ", family, composed_and_not, odd, script] {
            assert_eq!(one_line(text, CHARS_MAX).as_deref(), Ok(text));
            assert_eq!(multi_line(text, CHARS_MAX).as_deref(), Ok(text));
        }
    }

    #[test]
    fn length_counts_code_points() {
        assert!(one_line(&"é".repeat(500), CHARS_MAX).is_ok());

        let refused = one_line(&"é".repeat(501), CHARS_MAX).unwrap_err();

        assert_eq!(
            refused.to_string(),
            "has 501 characters; at most 500 are allowed"
        );
    }

    #[test]
    fn one_line_takes_no_control_character() {
        let cases = [
            ("a\0b", "contains a NUL character"),
            ("a\tb", "contains the control character U+0009"),
            (
                "a\n{\"level\":\"error\"}",
                "contains the control character U+000A",
            ),
            ("a\u{7f}", "contains the control character U+007F"),
            ("a\u{85}", "contains the control character U+0085"),
        ];
        for (text, message) in cases {
            assert_eq!(one_line(text, CHARS_MAX).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn multi_line_takes_tabs_and_line_ends_and_no_other_control() {
        assert!(multi_line("a\r\n\tb", CHARS_MAX).is_ok());
        for text in ["\0", "\u{b}", "\u{1b}", "\u{7f}", "\u{9f}"] {
            assert!(multi_line(text, CHARS_MAX).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_letter_may_carry_thirty_two_marks_and_not_one_more() {
        let zalgo = |marks: usize| format!("e{}", "\u{301}".repeat(marks));

        assert!(one_line(&zalgo(32), CHARS_MAX).is_ok());
        assert!(one_line(&zalgo(32).repeat(3), CHARS_MAX).is_ok());
        assert_eq!(one_line(&zalgo(33), CHARS_MAX), Err(InvalidText::Marks));
    }

    #[test]
    fn what_reads_the_same_folds_the_same() {
        let cases = [
            ("Straße", "STRASSE"),
            ("STRAẞE", "strasse"),
            ("ÉCOLE", "école"),
            ("\u{e9}", "e\u{301}"),
            ("Łódź", "lodz"),
            ("Ærø", "aero"),
            ("Œuvre", "oeuvre"),
            ("Þór Đặng", "thor dang"),
            ("İSTANBUL ısı", "istanbul isi"),
            ("ＡＣＭＥ", "acme"),
            ("ﬁn", "fin"),
            ("ΟΔΟΣ", "οδος"),
            ("Ёлка", "елка"),
            ("שָׁלוֹם", "שלום"),
            ("مُحَمَّد", "محمد"),
            ("ac\u{ad}me\u{200b}", "acme"),
            ("ｶﾞ", "ガ"),
        ];
        for (left, right) in cases {
            assert_eq!(fold(left), fold(right), "{left} and {right}");
        }
    }

    #[test]
    fn what_reads_differently_folds_differently() {
        for (left, right) in [("がき", "かき"), ("कि", "का"), ("ที", "ทุ"), ("acme", "аcme")]
        {
            assert_ne!(fold(left), fold(right));
        }
    }

    #[test]
    fn folding_any_single_character_twice_changes_nothing() {
        // Beyond, no character has another form.
        for character in '\0'..='\u{2fa1d}' {
            let once = fold(&character.to_string());
            assert_eq!(fold(&once), once, "{character:?}");
        }
    }

    #[test]
    fn invisible_text_is_blank() {
        let blanks = [
            "",
            "   ",
            "\u{a0}\u{3000}\t\n",
            "\u{200b}",
            "\u{feff}\u{2060}",
            "\u{200e}\u{202e}",
            "\u{ad}",
            "\u{3164}\u{ffa0}\u{115f}",
            "\u{2800}",
            "\u{fe0f}\u{e0020}",
            "\0",
        ];
        for text in blanks {
            assert!(is_blank(text), "{text:?}");
        }
        for text in [".", "\u{200b}a", "☃", "가"] {
            assert!(!is_blank(text), "{text:?}");
        }
    }

    #[test]
    fn a_quotation_is_short_and_shows_what_hides() {
        let cases = [
            ("acme", "'acme'".to_owned()),
            ("a\0\r\n\t", r"'a\u{0}\r\n\t'".to_owned()),
            (
                "a\u{202e}\u{feff}\u{2028}",
                r"'a\u{202e}\u{feff}\u{2028}'".to_owned(),
            ),
            (&"é".repeat(100), format!("'{}'", "é".repeat(100))),
            (&"é".repeat(101), format!("'{}…'", "é".repeat(100))),
        ];
        for (text, expected) in cases {
            assert_eq!(quote(text), expected);
        }
    }

    proptest! {
        /// Includes marks, kana, jamo and invisible characters, where recomposition could surprise.
        #[test]
        fn folding_twice_changes_nothing(text in "(\\PC|\\p{M}|\\p{Cf}|\\p{Hangul}|\\p{Katakana}|\\p{Lu}){0,20}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn folding_ignores_case_and_normal_form(text in "[A-Za-zÀ-ÿĀ-ſ ]{0,20}") {
            prop_assert_eq!(fold(&text), fold(&text.to_lowercase()));
            prop_assert_eq!(fold(&text), fold(&text.nfd().collect::<String>()));
        }

        #[test]
        fn any_text_is_answered_without_panic(text in any::<String>(), chars_max in 0..40_usize) {
            let line = one_line(&text, chars_max);
            prop_assert!(line.is_err() || line.as_deref() == Ok(text.as_str()));
            prop_assert!(line.is_err() || multi_line(&text, chars_max) == line);
            prop_assert!(!quote(&text).chars().any(is_unprintable));
            prop_assert!(!is_blank(&text) || fold(&text).chars().all(|c| c.is_whitespace() || c.is_control()));
        }
    }
}
