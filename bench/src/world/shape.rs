//! What a database is full of: always the same for a number of opportunities, and skewed as such data is. Few accounts have most
//! of the opportunities, few stages and sources most of the rest; a quarter of the opportunities have a note, half of them an
//! activity, and those of few have most of both.

use serde_json::{Value, json};
use uuid::Uuid;

/// Which version of this made a database.
pub(crate) const GENERATOR: u32 = 1;

const FIRST: [&str; 16] = [
    "Nordwind", "Blue", "Silver", "Alpine", "Delta", "Harbour", "Maple", "Orion", "Quantum",
    "Rhein", "Summit", "Terra", "Union", "Vertex", "Zenith", "Crescent",
];
const SECOND: [&str; 16] = [
    "Logistics",
    "Foods",
    "Robotics",
    "Textiles",
    "Energy",
    "Software",
    "Pharma",
    "Steel",
    "Media",
    "Travel",
    "Optics",
    "Paper",
    "Motors",
    "Glass",
    "Farms",
    "Insurance",
];
const PEOPLE: [&str; 12] = [
    "Jane", "Zoë", "Amir", "Ines", "Jürgen", "Chen", "Olga", "Pablo", "Rita", "Samuel", "Tove",
    "Yuki",
];
const FAMILIES: [&str; 12] = [
    "Doe", "Čapek", "Haddad", "García", "Müller", "Wei", "Ivanova", "Ruiz", "Rossi", "Okafor",
    "Larsen", "Tanaka",
];
const DEALS: [&str; 5] = ["Renewal", "New business", "Expansion", "Pilot", "Support"];
/// What is in the name of very few opportunities.
pub(crate) const RARE_WORD: &str = "Zeppelin";
/// What many opportunities have in their name.
pub(crate) const COMMON_WORD: &str = "Renewal";
/// One opportunity in so many is rare.
const RARE_ONE_IN: u64 = 9_973;
pub(crate) const COMMON_SOURCE: &str = "website";
pub(crate) const RARE_SOURCE: &str = "air show";
const CAMPAIGNS: u64 = 10_000;
const PER_ACCOUNT: usize = 5;
const CONTACTS_PER_ACCOUNT: usize = 2;
const PER_NOTE: usize = 4;
const PER_ACTIVITY: usize = 2;
/// Which percent of the opportunities are in which pipeline.
const PIPELINES: [(u64, u64); 3] = [(0, 80), (80, 95), (95, 100)];
/// Of the pipelines beside the one that is there.
pub(crate) const FURTHER_PIPELINES: [&str; 2] = ["Renewals", "Partners"];
/// A type of activity, the first ones much more often.
const ACTIVITIES: [&str; 4] = ["EMAIL", "CALL", "MEETING", "TEXT_MESSAGE"];
const TALKS: [&str; 4] = [
    "Asked for the offer again, and for a discount on seats",
    "Will decide after the board meets",
    "Sent the contract; legal is looking at it",
    "No budget before spring, call again in March",
];

/// The data of one organisation with a number of opportunities.
pub(crate) struct Shape {
    pub(crate) opportunities: usize,
    /// The first, and the further ones in their order.
    pub(crate) pipeline_ids: [Uuid; 3],
    pub(crate) owner_email: String,
    pub(crate) stages: Vec<String>,
}

/// What chance decides; each for itself.
#[derive(Clone, Copy)]
enum Chance {
    Account,
    Contact,
    Stage,
    Deal,
    Size,
    Close,
    NextAction,
    Owner,
    Source,
    Seats,
    Campaign,
    Phone,
    Pipeline,
    Note,
    Activity,
    Talk,
}

impl Shape {
    pub(crate) fn accounts(&self) -> usize {
        self.opportunities.div_ceil(PER_ACCOUNT)
    }

    pub(crate) fn contacts(&self) -> usize {
        self.accounts() * CONTACTS_PER_ACCOUNT
    }

    pub(crate) fn notes(&self) -> usize {
        self.opportunities / PER_NOTE
    }

    pub(crate) fn activities(&self) -> usize {
        self.opportunities / PER_ACTIVITY
    }

    /// Of everything together.
    pub(crate) fn records(&self) -> usize {
        let about = self.notes() + self.activities();
        self.accounts() + self.contacts() + self.opportunities + about
    }

    pub(crate) fn account(&self, number: usize) -> Value {
        json!({"domain": domain(number), "name": company(number), "industry": SECOND[number / 16 % 16]})
    }

    pub(crate) fn contact(&self, number: usize) -> Value {
        let (first, last) = (PEOPLE[number % 12], FAMILIES[number / 12 % 12]);
        json!({
            "email": email(number),
            "first_name": first,
            "last_name": last,
            "full_name": format!("{first} {last}"),
            "phone": phone(number),
        })
    }

    pub(crate) fn opportunity(&self, number: usize) -> Value {
        let is = |chance, percent: u64| drawn(number, chance) % 100 < percent;
        let account = skewed(number, Chance::Account, self.accounts());
        let person = drawn(number, Chance::Contact) as usize % CONTACTS_PER_ACCOUNT;
        let contact = account * CONTACTS_PER_ACCOUNT + person;
        let stage = &self.stages[skewed(number, Chance::Stage, self.stages.len())];
        let day = drawn(number, Chance::Close) / 100 % 1_000;
        let close_date = 1_750_000_000 + 86_400 * day;
        json!({
            "pipeline_id": self.pipeline_ids[pipeline(number)],
            "opportunity": {
                "name": self.name(number, account),
                "stage_name": stage,
                "deal_size": deal_size(number),
                "close_date": is(Chance::Close, 90).then_some(close_date),
                "next_action_date": is(Chance::NextAction, 15).then_some(close_date - 86_400),
                "custom_attributes": {
                    "lead_source": lead_source(number),
                    "seats": is(Chance::Seats, 80).then(|| drawn(number, Chance::Seats) / 100 % 500),
                    "campaign": is(Chance::Campaign, 30).then(|| campaign(number)),
                },
            },
            "related_objects": {
                "account_domain": domain(account),
                "primary_contact_email": email(contact),
                "owner_email": is(Chance::Owner, 60).then_some(&self.owner_email),
            },
        })
    }

    /// A note about one of the opportunities that were made.
    pub(crate) fn note(&self, number: usize, opportunities: &[Uuid]) -> Value {
        let about = opportunities[skewed(number, Chance::Note, opportunities.len())];
        json!({"opportunity_id": about, "content": talk(number)})
    }

    pub(crate) fn activity(&self, number: usize, opportunities: &[Uuid]) -> Value {
        let about = skewed(number, Chance::Activity, opportunities.len());
        let kind = ACTIVITIES[skewed(number, Chance::Talk, ACTIVITIES.len())];
        json!({
            "activity_type": kind,
            "title": talk(number),
            "opportunity_id": opportunities[about],
        })
    }

    fn name(&self, number: usize, account: usize) -> String {
        let deal = DEALS[skewed(number, Chance::Deal, DEALS.len())];
        let rare = if is_rare(number) { RARE_WORD } else { "" };
        format!("{deal} {rare} {}", company(account))
    }
}

/// The place of its pipeline.
pub(crate) fn pipeline(number: usize) -> usize {
    let drawn = drawn(number, Chance::Pipeline) % 100;
    let has = |(from, to): &(u64, u64)| (*from..*to).contains(&drawn);
    PIPELINES.iter().position(has).unwrap_or(0)
}

fn talk(number: usize) -> &'static str {
    TALKS[drawn(number, Chance::Talk) as usize % TALKS.len()]
}

pub(crate) fn is_rare(number: usize) -> bool {
    number as u64 % RARE_ONE_IN == 17
}

pub(crate) fn lead_source(number: usize) -> Option<&'static str> {
    Some(match drawn(number, Chance::Source) % 100 {
        _ if is_rare(number) => RARE_SOURCE,
        0..45 => COMMON_SOURCE,
        45..65 => "referral",
        65..80 => "outbound",
        80..88 => "event",
        88..92 => "partner",
        _ => return None,
    })
}

pub(crate) fn deal_size(number: usize) -> Option<f64> {
    const LARGEST: f64 = 1_000_000.0;
    let drawn = drawn(number, Chance::Size);
    let share = (drawn / 100 % 1_000_000) as f64 / 1e6;
    (drawn % 100 < 92).then(|| (100.0 * LARGEST.powf(share)).round() / 100.0)
}

/// About a hundred of a million opportunities have the same.
pub(crate) fn campaign(number: usize) -> String {
    format!("c-{:04}", drawn(number, Chance::Campaign) / 100 % CAMPAIGNS)
}

/// The digits are those of no other contact, and in no order.
pub(crate) fn phone(contact: usize) -> String {
    let number = drawn(contact, Chance::Phone) % 100_000_000;
    format!("+49 30 {:04}-{:04}", number / 10_000, number % 10_000)
}

fn company(account: usize) -> String {
    format!(
        "{} {} {account}",
        FIRST[account % 16],
        SECOND[account / 16 % 16]
    )
}

fn domain(account: usize) -> String {
    let (first, second) = (FIRST[account % 16], SECOND[account / 16 % 16]);
    format!("{first}-{second}-{account}.com").to_lowercase()
}

fn email(contact: usize) -> String {
    let account = contact / CONTACTS_PER_ACCOUNT;
    format!("person{contact}@{}", domain(account))
}

/// A number that looks random, and is not.
fn drawn(number: usize, chance: Chance) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    // SplitMix64.
    let mut mixed = (number as u64 * 16 + chance as u64).wrapping_mul(ODD);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// One of so many, the first ones much more often.
fn skewed(number: usize, chance: Chance, count: usize) -> usize {
    let share = (drawn(number, chance) >> 11) as f64 / (1_u64 << 53) as f64;
    (share.powi(3) * count as f64) as usize
}
