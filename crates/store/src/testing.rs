//! What the tests of both databases share.

use std::sync::Arc;

use lanekeeper_core::change::Actor;
use lanekeeper_core::key::{Key, KeyScope};
use lanekeeper_core::model::Model;
use lanekeeper_core::model::generate::record::bind;
use lanekeeper_core::plan::setup::Setup;
use lanekeeper_core::plan::{Item, Mode};
use lanekeeper_core::{Command, DomainName, Faults, Object, Outcome, Timestamp};
use uuid::Uuid;

use crate::{Answer, Idempotency, Org, Write, Written};

/// Always the same ids, so that commands made before the store fit it.
pub(crate) fn setup() -> Setup {
    let now = Timestamp::from_micros(1_771_286_400_000_000);
    let key = Key {
        id: Uuid::from_u128(1),
        name: "Key".to_owned(),
        scope: KeyScope::Admin,
        routes: vec![],
        hash: [7; 32],
        hint: String::new(),
        created_at: now,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    let owner = "owner@example.com".parse().unwrap();
    let mut next = 1_000_u128;
    Setup::new("Test", owner, key, now, &mut || {
        next += 1;
        Uuid::from_u128(next)
    })
}

pub(crate) fn write(org: Org, items: Vec<Item>, mode: Mode) -> Write {
    Write {
        org,
        actor: Actor::cli(),
        request_id: "test".to_owned(),
        items,
        mode,
        dry_run: false,
        idempotency: None,
    }
}

pub(crate) fn account(domain: &str) -> Item {
    let domain: DomainName = domain.parse().unwrap();
    let resolve = lanekeeper_core::command::ResolveAccount {
        domain,
        values: Default::default(),
        attributes: Default::default(),
    };
    Item {
        command: Some(Command::ResolveAccount(Box::new(resolve))),
        faults: Default::default(),
    }
}

/// A write that is done once, however often it is sent.
pub(crate) fn once(org: Org, key: &str) -> Write {
    let body = vec![];
    let answer = Answer { status: 200, body };
    Write {
        idempotency: Some(Idempotency {
            key: key.to_owned(),
            fingerprint: [0; 32],
            render: Arc::new(move |_| Some(answer.clone())),
        }),
        ..write(org, vec![account("once.com")], Mode::Whole)
    }
}

/// The published create, of an account and contacts that nobody else names.
pub(crate) fn opportunity(company: &str) -> Item {
    let email = |name: &str| format!("{name}@{company}.com").parse().unwrap();
    let setup = setup();
    let create = lanekeeper_core::command::CreateOpportunity {
        pipeline_id: setup.pipeline.id,
        values: Default::default(),
        stage: Default::default(),
        account_domain: Some(format!("{company}.com").parse().unwrap()),
        primary_contact_email: Some(email("jane.doe")),
        additional_contact_emails: vec![email("john.smith")],
        owner: lanekeeper_core::command::OwnerKey {
            id: None,
            email: Some(setup.owner.email),
        },
        attributes: Default::default(),
    };
    Command::CreateOpportunity(Box::new(create)).into()
}

pub(crate) type Request = (Vec<Item>, Mode);

/// The requests with the ids of a database in place of numbers.
pub(crate) fn bound(requests: &[Request], ids: &dyn Fn(Object) -> Vec<Uuid>) -> Vec<Request> {
    let mut requests = requests.to_vec();
    for (items, _) in &mut requests {
        bind(items, ids);
    }
    requests
}

pub(crate) fn ids_of(model: &Model, object: Object) -> Vec<Uuid> {
    let records = model.records().filter(|record| record.object == object);
    records.map(|record| record.id).collect()
}

/// What came of a group, with ids and times taken out.
pub(crate) fn masked_results(
    results: impl IntoIterator<Item = Result<Written, crate::WriteError>>,
) -> Vec<String> {
    let results = results.into_iter().map(|result| match result.unwrap() {
        Written::Done(results) => masked(results),
        Written::Replayed(answer) => panic!("{answer:?}"),
    });
    results.collect()
}

/// What came of a request, with ids and times taken out.
pub(crate) fn masked(results: Vec<Result<Outcome, Faults>>) -> String {
    masked_text(&format!("{results:?}"))
}

/// A text with ids and times taken out.
pub(crate) fn masked_text(text: &str) -> String {
    let words =
        text.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
    let mask = |word: &str| {
        let bare = word.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric());
        let is_id = bare.len() == 36 && bare.matches('-').count() == 4;
        let is_time = bare.len() >= 15 && bare.bytes().all(|byte| byte.is_ascii_digit());
        if is_id || is_time {
            "*".to_owned()
        } else {
            word.to_owned()
        }
    };
    words.map(mask).collect()
}
