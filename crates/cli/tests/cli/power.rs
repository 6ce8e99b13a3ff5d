//! Power cuts. strace notes every write, sync and answer of the real program; then the files are made anew as a disk may
//! hold them at a random moment: what was synced is there, and of the rest each block is as old as it likes.
//!
//! Follows `pwrite64`, `ftruncate`, `unlink` and syncs, which is all that SQLite does to its files here; the shared
//! memory (`-shm`) is made anew by whoever opens the database.

mod disk;
mod trace;

use std::path::Path;

use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{Place, Server};
use disk::Disk;
use trace::{Event, events};

const CREATES: usize = 200;
const CUTS: usize = 300;

#[tokio::test]
async fn a_power_cut_at_any_moment_loses_nothing_acknowledged() {
    let place = Place::new();
    let trace = place.folder().join("trace");
    record(&place, &trace).await;
    let events = events(&std::fs::read_to_string(&trace).expect("the trace is text"));
    let answers = |events: &[Event]| {
        let answers = events.iter().filter(|event| matches!(event, Event::Answer));
        answers.count()
    };
    assert_eq!(answers(&events), CREATES, "each answer is in the trace");
    let first = events
        .iter()
        .position(|event| matches!(event, Event::Answer));
    let first = first.expect("there are answers");

    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut cuts: Vec<usize> = (0..CUTS)
        .map(|_| random.usize(first..events.len()))
        .collect();
    cuts.sort_unstable();
    let (mut disk, mut done) = (Disk::default(), 0);
    for cut in cuts {
        events[done..cut].iter().for_each(|event| disk.note(event));
        done = cut;
        let found = open_after_cut(&disk, &mut random);
        let acknowledged = answers(&events[..cut]);
        let context = format!("cut at {cut} of {}, seed {seed}", events.len());
        assert_eq!(found.integrity, "ok", "{context}");
        assert!(
            found.rows >= acknowledged as i64,
            "{} of {acknowledged} rows, {context}",
            found.rows
        );
    }
}

/// Creates one after the other, so that the answers are in the order of the creates.
async fn record(place: &Place, trace: &Path) {
    let calls = "trace=pwrite64,fsync,fdatasync,ftruncate,unlink,openat,write,writev,sendto";
    let trace = trace.to_str().expect("a text");
    let tracer = [
        "strace", "-D", "-f", "-y", "-xx", "-qq", "-s", "100000", "-e", calls, "-o", trace,
    ];
    let init = place.init();
    // The database is made under the tracer too: the trace must have all that is in the file.
    std::fs::remove_file(place.database.file()).expect("the database is there");
    let server = Server::start_under(place, &tracer, &["--init"]).await;
    let screen = server.stdout.text();
    let key = screen.split_once("API key        ").expect("a key").1;
    let pipeline = screen.split_once("Sales (").expect("a pipeline").1;
    let init = crate::support::Init {
        api_key: key.split_whitespace().next().expect("a key").to_owned(),
        pipeline_id: pipeline.split(')').next().expect("an id").to_owned(),
        ..init
    };
    let client = server.client(&init.api_key);
    for number in 0..CREATES {
        let domain = format!("power{number}.com");
        let body = init.opportunity("Deal", &domain, &format!("jane@{domain}"));
        let answer = client.post("/v1/opportunities", &body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    server.stop().await;
}

struct Found {
    integrity: String,
    /// Opportunities that have their account and contact.
    rows: i64,
}

fn open_after_cut(disk: &Disk, random: &mut fastrand::Rng) -> Found {
    let folder = TempDir::new().expect("a temporary folder");
    for (name, bytes) in disk.after_cut(random) {
        std::fs::write(folder.path().join(name), bytes).expect("a file is written");
    }
    let read = || -> rusqlite::Result<Found> {
        let database = Connection::open(folder.path().join("crm.db"))?;
        let text = |sql: &str| database.query_row(sql, [], |row| row.get(0));
        let rows = "
            select count(*) from opportunity
            join account on account.id = opportunity.account_id
            join contact on contact.id = opportunity.contact_id";
        Ok(Found {
            integrity: text("pragma integrity_check")?,
            rows: database.query_row(rows, [], |row| row.get(0))?,
        })
    };
    read().unwrap_or_else(|error| Found {
        integrity: error.to_string(),
        rows: 0,
    })
}
