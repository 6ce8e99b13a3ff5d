use super::*;
use jiff::SignedDuration;
use proptest::prelude::*;

fn read_text(text: &str) -> Result<String, InvalidTimestamp> {
    text.parse::<Timestamp>().map(|time| time.to_string())
}

#[test]
fn date_times_are_read_to_utc_and_microseconds() {
    let cases = [
        ("2026-05-25T09:30:03.285099Z", "2026-05-25T09:30:03.285099Z"),
        ("2026-05-25T09:30:03Z", "2026-05-25T09:30:03.000000Z"),
        ("2026-05-25t09:30:03z", "2026-05-25T09:30:03.000000Z"),
        ("2026-05-25 09:30:03Z", "2026-05-25T09:30:03.000000Z"),
        ("2026-05-25T09:30Z", "2026-05-25T09:30:00.000000Z"),
        ("2026-05-25T09:30:03.5Z", "2026-05-25T09:30:03.500000Z"),
        ("2026-05-25T09:30:03,25Z", "2026-05-25T09:30:03.250000Z"),
        ("2026-05-25T11:30:03+02:00", "2026-05-25T09:30:03.000000Z"),
        ("2026-05-25T11:30:03+0200", "2026-05-25T09:30:03.000000Z"),
        ("2026-05-25T11:30:03+02", "2026-05-25T09:30:03.000000Z"),
        ("2026-01-01T00:00:00-09:30", "2026-01-01T09:30:00.000000Z"),
        ("2026-01-01T00:00:00+23:59", "2025-12-31T00:01:00.000000Z"),
        ("2026-01-01T00:00:00-00:00", "2026-01-01T00:00:00.000000Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
    ];
    for (text, expected) in cases {
        assert_eq!(read_text(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn more_than_six_fractional_digits_are_cut_off() {
    let cases = [
        (
            "2026-01-01T00:00:00.123456999Z",
            "2026-01-01T00:00:00.123456Z",
        ),
        (
            "1969-12-31T23:59:59.123456999Z",
            "1969-12-31T23:59:59.123456Z",
        ),
        (
            "2026-01-01T00:00:00.99999999999999999999999Z",
            "2026-01-01T00:00:00.999999Z",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(read_text(text).as_deref(), Ok(expected));
    }
}

#[test]
fn a_leap_second_is_the_second_before_it() {
    for text in ["2016-12-31T23:59:60Z", "2017-01-01T01:59:60+02:00"] {
        assert_eq!(
            read_text(text).as_deref(),
            Ok("2016-12-31T23:59:59.000000Z")
        );
    }
    for text in [
        "2016-12-31T12:00:60Z",
        "2016-12-31T23:59:60+01:00",
        "2016-12-31T23:59:61Z",
    ] {
        assert_eq!(
            read_text(text),
            Err(InvalidTimestamp::NoSuchTime(quote(text)))
        );
    }
}

#[test]
fn times_that_do_not_exist_are_refused() {
    let texts = [
        "2026-02-30T00:00:00Z",
        "2025-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-01T25:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:99Z",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00-99:00",
        "2026-01-01T00:00:00+01:60",
    ];
    for text in texts {
        assert_eq!(
            read_text(text),
            Err(InvalidTimestamp::NoSuchTime(quote(text)))
        );
    }
}

#[test]
fn years_outside_0001_to_9999_are_refused() {
    let texts = [
        "-0001-01-01T00:00:00Z",
        "+12026-01-01T00:00:00Z",
        "+002026-01-01T00:00:00Z",
        "0000-12-31T23:30:00-01:00",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
    ];
    for text in texts {
        assert_eq!(read_text(text), Err(InvalidTimestamp::Year(quote(text))));
    }
}

#[test]
fn a_date_or_a_time_without_zone_is_refused_as_such() {
    assert_eq!(
        read_text("2026-01-01"),
        Err(InvalidTimestamp::NoTime("'2026-01-01'".to_owned()))
    );
    for text in [
        "2026-01-01T00:00:00",
        "2026-01-01T00:00",
        "2026-01-01T00:00:00.5",
    ] {
        assert_eq!(read_text(text), Err(InvalidTimestamp::NoZone(quote(text))));
    }
}

#[test]
fn words_and_other_forms_are_refused() {
    let texts = [
        "",
        "yesterday",
        "now",
        "1700000000",
        "12026-01-01T00:00:00Z",
        "2026-1-1T00:00:00Z",
        "20260101T000000Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00 Z",
        "2026-01-01T00:00:00Zulu",
        "2026-01-01T00:00:00Z[UTC]",
        "2026-01-01T00:00:00+1",
        "2026-01-01T00:00:00+02:",
        "2026-01-01T00:00:00+02:00:00",
        "2026-01-01T",
        "2026-01-01X00:00:00Z",
        " 2026-01-01T00:00:00Z",
        "２０２６-01-01T00:00:00Z",
        "2026-W01-1T00:00:00Z",
        "+",
    ];
    for text in texts {
        assert_eq!(
            read_text(text),
            Err(InvalidTimestamp::Form(quote(text))),
            "{text}"
        );
    }
}

#[test]
fn seconds_that_look_like_milliseconds_are_refused() {
    for seconds in [0, -1, 1_771_286_400, 100_000_000_000, -100_000_000_000] {
        assert_eq!(unix_seconds(seconds), Ok(seconds));
    }
    for seconds in [
        1_700_000_000_000,
        100_000_000_001,
        -100_000_000_001,
        253_402_300_800,
        i64::MAX,
        i64::MIN,
    ] {
        let refused = unix_seconds(seconds).unwrap_err();
        assert_eq!(refused.to_string(), "looks like milliseconds; send seconds");
        assert_eq!(Timestamp::from_unix_seconds(seconds), Err(refused));
    }
}

#[test]
fn unix_seconds_before_year_0001_are_no_timestamp() {
    assert_eq!(
        Timestamp::from_unix_seconds(-62_135_596_800),
        Ok(Timestamp::MIN)
    );
    assert_eq!(
        Timestamp::from_unix_seconds(-62_135_596_801)
            .unwrap_err()
            .to_string(),
        "is outside the years 0001 to 9999: '-62135596801'",
    );
}

#[test]
fn micros_beyond_the_calendar_stop_at_its_ends() {
    assert_eq!(
        Timestamp::from_micros(i64::MIN).to_string(),
        "0001-01-01T00:00:00.000000Z"
    );
    assert_eq!(
        Timestamp::from_micros(i64::MAX).to_string(),
        "9999-12-31T23:59:59.999999Z"
    );
    assert_eq!(Timestamp::from_micros(-1).as_micros(), -1);
}

#[test]
fn every_day_of_the_calendar_is_the_one_that_jiff_knows() {
    let mut date = jiff::civil::Date::constant(1, 1, 1);
    for day in -719_162..=2_932_896 {
        let expected = (date.year().into(), date.month().into(), date.day().into());
        assert_eq!(civil_from_days(day), expected);
        date = date.tomorrow().unwrap_or(date);
    }
    assert_eq!(date, jiff::civil::Date::MAX);
}

/// What serde makes of a value, as a text.
struct Wire(Timestamp);

impl fmt::Display for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(f)
    }
}

#[test]
fn a_timestamp_is_serialized_as_its_text() {
    let time = Timestamp::from_micros(1_779_701_403_285_099);

    assert_eq!(Wire(time).to_string(), "2026-05-25T09:30:03.285099Z");
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    (Timestamp::MIN.0..=Timestamp::MAX.0).prop_map(Timestamp::from_micros)
}

proptest! {
    #[test]
    fn a_timestamp_is_displayed_as_jiff_does(time in timestamp()) {
        let civil = EPOCH.checked_add(SignedDuration::from_micros(time.as_micros())).unwrap();
        prop_assert_eq!(time.to_string(), format!("{civil:.6}Z"));
    }

    #[test]
    fn what_is_displayed_is_read_back(time in timestamp()) {
        prop_assert_eq!(time.to_string().parse::<Timestamp>(), Ok(time));
    }

    #[test]
    fn texts_sort_as_times_do(left in timestamp(), right in timestamp()) {
        prop_assert_eq!(left.to_string().cmp(&right.to_string()), left.cmp(&right));
    }

    /// jiff reads more forms, and knows nothing of the last day of year 9999.
    #[test]
    fn what_is_read_is_what_jiff_reads(
        date in "[12][09][0-9]{2}-[01][0-9]-[0-3][0-9]",
        time in "[0-2][0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,9})?)?",
        zone in "Z|[+-][01][0-9]:[0-5][0-9]",
    ) {
        let text = format!("{date}T{time}{zone}");
        let ours = text.parse::<Timestamp>().ok().map(Timestamp::as_micros);
        let theirs = text.parse::<jiff::Timestamp>().ok().map(|time| time.as_nanosecond().div_euclid(1_000));
        prop_assert_eq!(ours.map(i128::from), theirs);
    }

    #[test]
    fn any_text_is_answered_without_panic(text in any::<String>(), nearly in "[0-9TZ:.,+\\- é]{0,40}") {
        let _ = (text.parse::<Timestamp>(), nearly.parse::<Timestamp>());
    }
}
