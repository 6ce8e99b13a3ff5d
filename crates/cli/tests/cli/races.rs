//! Many clients who want the same: one account for a domain, one contact for an address, however it is spelled.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::audit::{audit, created_by_feed};
use crate::support::{Client, Init, Place, Server};

const CLIENTS: usize = 64;
const NAMES: usize = 100;
/// Of the requests, those with many items.
const BULK_LEN_MAX: usize = 40;

/// What a client was told: the id of each account's domain and each contact's address, by its number.
#[derive(Default)]
struct Told {
    accounts: Vec<(usize, String)>,
    contacts: Vec<(usize, String)>,
    opportunities: usize,
    worst: u16,
}

#[derive(Clone, Copy)]
enum Kind {
    Account,
    Contact,
    Opportunity,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_clients_make_one_account_for_a_domain_and_one_contact_for_an_address() {
    let place = Place::new();
    let init = place.init();
    let server = Server::start(&place).await;

    let clients = (0..CLIENTS).map(|number| {
        let random = fastrand::Rng::with_seed(number as u64);
        tokio::spawn(create_all(
            server.client(&init.api_key),
            init.clone(),
            random,
        ))
    });
    let mut told = Told::default();
    for client in clients.collect::<Vec<_>>() {
        let one = client.await.unwrap();
        told.accounts.extend(one.accounts);
        told.contacts.extend(one.contacts);
        told.opportunities += one.opportunities;
        told.worst = told.worst.max(one.worst);
    }

    assert!(told.worst < 300, "an answer was {}", told.worst);
    assert_eq!(winners(&told.accounts).len(), NAMES);
    assert_eq!(winners(&told.contacts).len(), NAMES);
    let fed = created_by_feed(&server.client(&init.api_key)).await;
    server.stop().await;
    let stored = audit(&place.database);
    assert_eq!(stored.accounts.len(), NAMES);
    assert_eq!(stored.contacts.len(), NAMES);
    assert_eq!(stored.opportunities.len(), told.opportunities);
    assert_eq!(fed.len(), 2 * NAMES + told.opportunities);
    let orphans = "select count(*) from contact where account_id is null";
    assert_eq!(place.database.number(orphans), 0);
}

/// The one id that everybody was told for each number.
fn winners(told: &[(usize, String)]) -> BTreeMap<usize, &str> {
    let mut winners = BTreeMap::new();
    for (number, id) in told {
        let winner = *winners.entry(*number).or_insert(id.as_str());
        assert_eq!(winner, id, "a loser of {number} was told another id");
    }
    winners
}

/// Creates every account and every contact, in an order of its own, one by one or many at once, alone or with an
/// opportunity.
async fn create_all(client: Client, init: Init, mut random: fastrand::Rng) -> Told {
    let mut wanted: Vec<(Kind, usize)> = (0..NAMES)
        .flat_map(|number| [(Kind::Account, number), (Kind::Contact, number)])
        .collect();
    random.shuffle(&mut wanted);
    let mut told = Told::default();
    while !wanted.is_empty() {
        let kind = match random.u8(0..10) {
            0 => Kind::Opportunity,
            _ => wanted[wanted.len() - 1].0,
        };
        let len = match random.bool() {
            true => 1,
            false => random.usize(2..=BULK_LEN_MAX),
        };
        let numbers = take(&mut wanted, kind, len, &mut random);
        create(&client, &init, kind, &numbers, &mut random, &mut told).await;
    }
    told
}

/// Some that are still wanted of this kind; an opportunity is wanted for any.
fn take(
    wanted: &mut Vec<(Kind, usize)>,
    kind: Kind,
    len: usize,
    random: &mut fastrand::Rng,
) -> Vec<usize> {
    if matches!(kind, Kind::Opportunity) {
        return (0..len.min(5)).map(|_| random.usize(0..NAMES)).collect();
    }
    let is_same = |other: Kind| std::mem::discriminant(&other) == std::mem::discriminant(&kind);
    let mut taken = vec![];
    wanted.retain(|(other, number)| {
        let is_taken = is_same(*other) && taken.len() < len;
        if is_taken {
            taken.push(*number);
        }
        !is_taken
    });
    taken
}

async fn create(
    client: &Client,
    init: &Init,
    kind: Kind,
    numbers: &[usize],
    random: &mut fastrand::Rng,
    told: &mut Told,
) {
    let items = numbers
        .iter()
        .map(|number| item(init, kind, *number, random));
    let items: Vec<Value> = items.collect();
    let path = match kind {
        Kind::Account => "/v1/accounts",
        Kind::Contact => "/v1/contacts",
        Kind::Opportunity => "/v1/opportunities",
    };
    let answer = match items.as_slice() {
        [single] => client.post(path, single).await,
        many => client.post(&format!("{path}/bulk"), &json!(many)).await,
    };
    told.worst = told.worst.max(answer.status);
    assert!(answer.status < 300, "{}: {items:?}", answer.body);
    let data = match items.len() {
        1 => std::slice::from_ref(answer.data()),
        _ => answer.data().as_array().expect("an array"),
    };
    assert_eq!(data.len(), numbers.len());
    for (number, record) in numbers.iter().zip(data) {
        let id = |value: &Value| value.as_str().expect("an id").to_owned();
        match kind {
            Kind::Account => told.accounts.push((*number, id(&record["id"]))),
            Kind::Contact => told.contacts.push((*number, id(&record["id"]))),
            Kind::Opportunity => {
                told.accounts.push((*number, id(&record["account_id"])));
                told.contacts.push((*number, id(&record["contact_id"])));
                told.opportunities += 1;
            }
        }
    }
}

fn item(init: &Init, kind: Kind, number: usize, random: &mut fastrand::Rng) -> Value {
    let (domain, email) = (domain(number, random), email(number, random));
    match kind {
        Kind::Account => json!({"domain": domain, "industry": "Racing"}),
        Kind::Contact => json!({"email": email, "job_title": "Driver"}),
        Kind::Opportunity => init.opportunity("Race", &domain, &email),
    }
}

/// A domain as people write it.
fn domain(number: usize, random: &mut fastrand::Rng) -> String {
    let plain = format!("acme{number}.com");
    match random.u8(0..7) {
        0 => plain,
        1 => format!("ACME{number}.com"),
        2 => format!("{plain}."),
        3 => format!("https://{plain}/"),
        4 => format!("www.{plain}"),
        5 => format!("  Http://WWW.Acme{number}.COM:8080/pricing?a=b "),
        _ => format!("aCmE{number}.CoM"),
    }
}

/// An address of that domain, as people write it.
fn email(number: usize, random: &mut fastrand::Rng) -> String {
    let plain = format!("jane@acme{number}.com");
    match random.u8(0..4) {
        0 => plain,
        1 => plain.to_uppercase(),
        2 => format!(" {plain} "),
        _ => format!("Jane@Acme{number}.COM"),
    }
}
