//! What an activity says of when people were in touch.

use crate::value::{Value, Values};
use crate::{Record, Timestamp};

/// Every type of activity.
pub const TYPES: &[&str] = &[
    "EMAIL",
    "MEETING",
    "EMAIL_OPEN",
    "LINK_CLICK",
    "CALL",
    "COMMENT",
    "IN_PERSON_MEETING",
    "LINKEDIN_CONNECTION",
    "LINKEDIN_MESSAGE",
    "X_ACTIVITY",
    "TEXT_MESSAGE",
    "WHATSAPP_MESSAGE",
    "CONTACT_ADDED",
    "OTHER",
];

/// Which of two moments a date keeps.
#[derive(Clone, Copy)]
enum Keeps {
    Earliest,
    Latest,
}

use Keeps::{Earliest, Latest};

/// The dates that an activity of the past moves.
const BY_EMAIL: &[(&str, Keeps)] = &[
    ("first_email_interaction", Earliest),
    ("last_email_interaction", Latest),
    ("last_interaction", Latest),
];
const BY_MEETING: &[(&str, Keeps)] = &[
    ("first_meeting_interaction", Earliest),
    ("last_meeting_interaction", Latest),
    ("last_interaction", Latest),
];
const BY_OTHERS: &[(&str, Keeps)] = &[("last_interaction", Latest)];

/// The interaction dates of an account or a contact that an activity at `at` moves, with their new values. In whatever order
/// activities are recorded, the dates end up the same.
///
/// A meeting after `now` is the next one, if it is the earliest of those; anything else after `now` has not happened and moves
/// nothing.
#[must_use]
pub fn moved_dates(record: &Record, activity_type: &str, at: Timestamp, now: Timestamp) -> Values {
    let is_meeting = matches!(activity_type, "MEETING" | "IN_PERSON_MEETING");
    if at > now {
        let next = time(record, "next_meeting").filter(|next| *next > now);
        let is_next = is_meeting && next.is_none_or(|next| at < next);
        return is_next
            .then_some(("next_meeting", Value::Time(at)))
            .into_iter()
            .collect();
    }
    let dates = match activity_type {
        "EMAIL" => BY_EMAIL,
        _ if is_meeting => BY_MEETING,
        _ => BY_OTHERS,
    };
    let moved = dates.iter().filter(|(field, keeps)| {
        time(record, field).is_none_or(|is| match keeps {
            Earliest => at < is,
            Latest => at > is,
        })
    });
    moved.map(|(field, _)| (*field, Value::Time(at))).collect()
}

fn time(record: &Record, field: &str) -> Option<Timestamp> {
    match record.values.get(field) {
        Some(Value::Time(time)) => Some(*time),
        _ => None,
    }
}
