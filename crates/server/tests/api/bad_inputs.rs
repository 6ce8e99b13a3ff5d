//! Bad inputs, one table for each of their kinds: what is wrong is told in the envelope, by path, and nothing comes of it.
//!
//! The ids are those of the catalogue of bad inputs. Every id of its parts A (HTTP), B (keys), C (JSON), D (numbers
//! and times), E (text), F (domains and e-mails) and J (idempotency keys) is in a table here, or in [`NOT_YET`].

mod domains_and_emails;
mod expected;
mod http;
mod idempotency;
mod json;
mod keys;
mod numbers;
mod raw;
mod row;
mod text;

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use tokio::runtime::Runtime;
use tokio::task::spawn_blocking;

use crate::support::TestApp;

/// How many ids each part has.
const PARTS: [(char, u32); 7] = [
    ('A', 22),
    ('B', 16),
    ('C', 30),
    ('D', 22),
    ('E', 20),
    ('F', 34),
    ('J', 14),
];

/// What cannot be tried, and why.
const NOT_YET: [(&str, &str); 1] = [(
    "B14",
    "no operation deletes or suspends an organisation yet",
)];

/// What is tried as far as it can be, and what is missing.
const PARTLY: [(&str, &str); 3] = [
    ("B12", "no key has a time before which it is not valid"),
    ("B13", "no webhooks yet"),
    ("E12", "no page shows names yet"),
];

/// A story of several requests, where a row does not do.
type Story = (&'static str, fn() -> BoxFuture<'static, ()>);

/// Tells the stories at once, each in a runtime of its own, so that what makes one wait delays no other; says which went
/// wrong.
async fn tell(stories: Vec<Story>) {
    let run = |story: fn() -> BoxFuture<'static, ()>| {
        let runtime = Runtime::new().expect("a runtime");
        runtime.block_on(story());
    };
    let told = stories
        .into_iter()
        .map(|(id, story)| (id, spawn_blocking(move || run(story))));
    let told: Vec<_> = told.collect();
    let mut wrong = vec![];
    for (id, story) in told {
        if story.await.is_err() {
            wrong.push(id);
        }
    }
    assert!(wrong.is_empty(), "went wrong, as told above: {wrong:?}");
}

#[tokio::test]
async fn every_id_is_in_a_table_or_has_a_reason_not_to_be() {
    let app = TestApp::new().await;
    let rows = [
        keys::rows(&app).await,
        json::rows(),
        numbers::rows(),
        text::rows(),
        domains_and_emails::rows(),
        idempotency::rows(),
    ];
    let tried = rows.iter().flatten().map(|row| row.id);
    let raw = [http::rows(), keys::raw_rows(&app)];
    let tried = tried.chain(raw.iter().flatten().map(|row| row.id));
    let stories = [
        http::stories(),
        keys::stories(),
        numbers::stories(),
        text::stories(),
        idempotency::stories(),
    ];
    let tried = tried.chain(stories.iter().flatten().map(|(id, _)| *id));
    let tried: BTreeSet<String> = tried.map(str::to_owned).collect();
    for (id, reason) in NOT_YET {
        assert!(!tried.contains(id), "{id} is tried, but: {reason}");
    }
    for (id, reason) in PARTLY {
        assert!(tried.contains(id), "{id} is not tried, only: {reason}");
    }
    let excused = NOT_YET.map(|(id, _)| id.to_owned());
    let there: BTreeSet<String> = tried.into_iter().chain(excused).collect();

    let wanted = PARTS
        .iter()
        .flat_map(|(part, len)| (1..=*len).map(move |number| format!("{part}{number:02}")));
    let wanted: BTreeSet<String> = wanted.collect();

    assert_eq!(there, wanted);
}
