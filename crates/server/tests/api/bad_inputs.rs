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

/// What cannot be tried, or not all of it, and why. A row with the same id tries the rest.
const NOT_YET: [(&str, &str); 14] = [
    ("B12", "no key has a time before which it is not valid"),
    ("B13", "no webhooks yet"),
    (
        "B14",
        "no operation deletes or suspends an organisation yet",
    ),
    ("D04", "no operation sums yet"),
    (
        "D17",
        "no operation takes this yet: stages are not created over the API",
    ),
    (
        "D18",
        "no activities yet; an account's last_interaction is tried",
    ),
    (
        "E02",
        "no filters and cursors yet; the other places are tried",
    ),
    ("E03", "no notes yet; an opportunity's next_steps are tried"),
    (
        "E09",
        "no operation searches yet; that both are kept is tried",
    ),
    ("E10", "no operation searches yet"),
    (
        "E12",
        "no page shows names yet; that they are kept is tried",
    ),
    ("E13", "no operation takes this yet: no notes"),
    (
        "E17",
        "no notes yet; the longest text there is, a description, is tried",
    ),
    ("E20", "no operation takes this yet: no activities"),
];

/// A story of several requests, where a row does not do.
type Story = (&'static str, fn() -> BoxFuture<'static, ()>);

/// Tells the stories at once; says which went wrong.
async fn tell(stories: Vec<Story>) {
    let told = stories
        .into_iter()
        .map(|(id, story)| (id, tokio::spawn(story())));
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
        keys::rows(&app),
        json::rows(),
        numbers::rows(),
        text::rows(),
        domains_and_emails::rows(),
        idempotency::rows(),
    ];
    let tried = rows.iter().flatten().map(|row| row.id);
    let raw = [http::rows(), keys::raw_rows(&app)];
    let tried = tried.chain(raw.iter().flatten().map(|row| row.id));
    let stories = [http::stories(), keys::stories(), idempotency::stories()];
    let tried = tried.chain(stories.iter().flatten().map(|(id, _)| *id));
    let excused = NOT_YET.iter().map(|(id, _)| *id);
    let there: BTreeSet<String> = tried.chain(excused).map(str::to_owned).collect();

    let wanted = PARTS
        .iter()
        .flat_map(|(part, len)| (1..=*len).map(move |number| format!("{part}{number:02}")));
    let wanted: BTreeSet<String> = wanted.collect();

    assert_eq!(there, wanted);
}
