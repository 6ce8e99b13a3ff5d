//! How the commands look: colours on a terminal, plain lines in a pipe or with `NO_COLOR` set.

use std::env;
use std::io::{self, IsTerminal};
use std::time::Duration;

#[derive(Clone, Copy)]
pub(crate) struct Screen {
    colours: bool,
}

impl Screen {
    #[cfg(test)]
    pub(crate) const PLAIN: Self = Self { colours: false };

    /// Follows <https://no-color.org>: any value but an empty one switches colours off.
    pub(crate) fn of_stdout() -> Self {
        let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            colours: io::stdout().is_terminal() && !unwanted,
        }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(crate) fn green(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(crate) fn red(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    pub(crate) fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colours {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// A duration as a person reads it: `0.4 s`, `59.9 s`, `2 min 05 s`.
pub(crate) fn spoken(time: Duration) -> String {
    let tenths = (time.as_millis() + 50) / 100;
    if tenths < 600 {
        return format!("{}.{} s", tenths / 10, tenths % 10);
    }
    let secs = (time.as_millis() + 500) / 1000;
    format!("{} min {:02} s", secs / 60, secs % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spoken_in_seconds_up_to_a_minute_and_in_minutes_from_there() {
        let spoken_ms = |ms| spoken(Duration::from_millis(ms));

        assert_eq!(spoken_ms(0), "0.0 s");
        assert_eq!(spoken_ms(449), "0.4 s");
        assert_eq!(spoken_ms(59_949), "59.9 s");
        assert_eq!(spoken_ms(59_950), "1 min 00 s");
        assert_eq!(spoken_ms(125_000), "2 min 05 s");
    }

    #[test]
    fn without_colours_text_stays_as_it_is() {
        assert_eq!(Screen::PLAIN.red("FAILED"), "FAILED");
        assert_eq!(Screen { colours: true }.green("ok"), "\x1b[32mok\x1b[0m");
    }
}
