use std::sync::Arc;

use futures_util::FutureExt as _;
use lanekeeper_core::Outcome;
use lanekeeper_core::change::{Actor, ActorKind};
use lanekeeper_core::plan::Mode;

use super::{account, open, open_with, write};
use crate::sqlite::connection::open_writer;
use crate::{Answer, Idempotency, Settings, Write, WriteError, Written};

fn created(written: Result<Written, WriteError>) -> uuid::Uuid {
    match written.unwrap() {
        Written::Done(results) => match results.into_iter().next().unwrap().unwrap() {
            Outcome::Account(resolution) => resolution.record.id,
            other => panic!("{other:?}"),
        },
        Written::Replayed(answer) => panic!("{answer:?}"),
    }
}

#[tokio::test]
async fn of_a_group_that_fails_only_the_guilty_request_fails() {
    let test = open();
    let connection = open_writer(&test.path, 0).unwrap();
    let trigger = "
        create trigger boom before insert on account when new.domain = 'boom.com'
        begin select raise(abort, 'boom'); end";
    connection.execute_batch(trigger).unwrap();
    let domains = ["a.com", "boom.com", "b.com", "c.com"];

    // Held, so that all wait and become one group.
    connection.execute_batch("begin immediate").unwrap();
    let writes = domains.map(|domain| {
        let (store, write) = (
            test.store.clone(),
            write(test.org, vec![account(domain)], Mode::Whole),
        );
        tokio::spawn(async move { store.write(write).await })
    });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    connection.execute_batch("commit").unwrap();
    let mut results = vec![];
    for write in writes {
        results.push(write.await.unwrap().is_ok());
    }

    assert_eq!(results, [true, false, true, true]);
    let count = |sql: &str| {
        connection
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!(count("select count(*) from account"), 3);
    let last = count("select last_sequence from organization");
    assert_eq!(count("select max(last_sequence) from changeset"), last);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_alone_is_written_by_the_thread_that_brings_it() {
    let test = open();
    let send = |domain| {
        test.store
            .write(write(test.org, vec![account(domain)], Mode::Whole))
    };

    let written = send("acme.com").now_or_never();
    created(written.expect("it did not wait for another thread"));

    // Another writes: it waits, and whoever comes behind it waits with it.
    let connection = open_writer(&test.path, 0).unwrap();
    connection.execute_batch("begin immediate").unwrap();
    let (store, first) = (
        test.store.clone(),
        write(test.org, vec![account("first.com")], Mode::Whole),
    );
    let first = tokio::spawn(async move { store.write(first).await });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    let mut second = std::pin::pin!(send("second.com"));
    assert!(second.as_mut().now_or_never().is_none());
    connection.execute_batch("commit").unwrap();
    created(first.await.unwrap());
    created(second.await);
}

#[tokio::test]
async fn a_key_that_was_revoked_while_its_request_was_on_its_way_writes_nothing() {
    let test = open();
    let key = test.store.keys(&test.org).await.unwrap().remove(0);
    let with_key = || {
        let actor = Actor {
            kind: ActorKind::ApiKey,
            id: Some(key.id),
            name: None,
        };
        let write = write(test.org, vec![account("acme.com")], Mode::Whole);
        test.store.write(Write { actor, ..write })
    };

    let before = with_key().await;
    test.store
        .revoke_key(&test.org, key.id, &Actor::cli())
        .await
        .unwrap();
    let after = with_key().await;

    assert!(before.is_ok());
    assert!(matches!(after, Err(WriteError::KeyEnded)), "{after:?}");
}

#[tokio::test]
async fn a_full_queue_is_said_at_once() {
    const REQUESTS: i64 = 200;
    let settings = Settings {
        queue_len_max: 8,
        group_len_max: 8,
        ..Settings::default()
    };
    let test = open_with(settings);
    let connection = open_writer(&test.path, 0).unwrap();

    // Held, so that nothing is done before all have been sent.
    connection.execute_batch("begin immediate").unwrap();
    let writes = (0..REQUESTS).map(|number| {
        let items = vec![account(&format!("a{number}.com"))];
        let (store, write) = (test.store.clone(), write(test.org, items, Mode::Whole));
        tokio::spawn(async move { store.write(write).await })
    });
    let writes: Vec<_> = writes.collect();
    tokio::task::yield_now().await;
    connection.execute_batch("commit").unwrap();
    let mut overloaded = 0;
    for write in writes {
        match write.await.unwrap() {
            Ok(_) => {}
            Err(WriteError::Overloaded { .. }) => overloaded += 1,
            Err(other) => panic!("{other}"),
        }
    }

    let stored: i64 = connection
        .query_row("select count(*) from account", [], |row| row.get(0))
        .unwrap();
    assert_eq!(stored + overloaded, REQUESTS);
    assert!(overloaded >= REQUESTS - 16, "{overloaded}");
}

#[tokio::test]
async fn a_closed_store_finishes_what_it_took_and_takes_no_more() {
    let test = open();
    let first = test
        .store
        .write(write(test.org, vec![account("a.com")], Mode::Whole))
        .await;

    test.store.close().await;

    assert!(first.is_ok());
    let after = test
        .store
        .write(write(test.org, vec![account("b.com")], Mode::Whole))
        .await;
    assert!(matches!(after, Err(WriteError::Closed)));
}

#[tokio::test]
async fn too_many_idempotency_keys_refuse_only_the_request_that_brings_one_more() {
    let test = open();
    let with_key = |key: &str| Write {
        idempotency: Some(Idempotency {
            key: key.to_owned(),
            fingerprint: [1; 32],
            render: Arc::new(|_| {
                Some(Answer {
                    status: 201,
                    body: b"{}".to_vec(),
                })
            }),
        }),
        ..write(test.org, vec![account(&format!("{key}.com"))], Mode::Whole)
    };
    let mut cycle = crate::sqlite::cycle::Cycle::new(crate::Clock::default(), 2);
    let mut connection = open_writer(&test.path, 0).unwrap();
    let mut run = |key: &str| {
        let write = with_key(key);
        cycle
            .run(&mut connection, &[&write])
            .and_then(|mut group| group.results.pop().unwrap())
    };

    let (first, second, third, again) = (run("a"), run("b"), run("c"), run("a"));

    created(first);
    created(second);
    assert!(matches!(third, Err(WriteError::TooManyKeys)));
    assert!(matches!(again, Ok(Written::Replayed(_))));
    let stored: i64 = connection
        .query_row("select count(*) from account", [], |row| row.get(0))
        .unwrap();
    assert_eq!(stored, 2);
}
