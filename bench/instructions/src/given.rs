//! What there is before anything is counted. Always the same, and apart from what the benchmark sends, so that a change there
//! does not change the figures here.

use lanekeeper_core::key::{Key, KeyScope};
use lanekeeper_core::plan::setup::Setup;
use lanekeeper_core::{Faults, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

/// The member who owns every opportunity.
const OWNER: &str = "owner@example.com";

pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_771_286_400_000_000);

/// Fresh ids, always the same.
pub(crate) fn mint() -> impl FnMut() -> Uuid {
    let mut next = 0x0199_0000_0000_7000_8000_0000_0000_0000_u128;
    move || {
        next += 1;
        Uuid::from_u128(next)
    }
}

pub(crate) fn setup() -> Setup {
    let mut mint = mint();
    let key = Key {
        id: mint(),
        name: "First key".to_owned(),
        scope: KeyScope::Admin,
        routes: vec![],
        hash: [7; 32],
        hint: "lk_live_…a1B2".to_owned(),
        created_at: NOW,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    let owner = OWNER.parse().expect("it is an address");
    Setup::new("Example", owner, key, NOW, &mut mint)
}

/// The published create: an account and two contacts that nobody else names, and an opportunity with two custom attributes.
pub(crate) fn create(setup: &Setup, number: usize) -> Value {
    let company = company(number);
    json!({
        "pipeline_id": setup.pipeline.id,
        "opportunity": {
            "name": format!("Deal {number} of company {company}"),
            "stage_name": "Qualified",
            "deal_size": 25_000.5,
            "close_date": 1_771_286_400,
            "next_steps": "Send the offer, then call on Monday",
            "custom_attributes": {"lead_source": "website", "seats": number % 500},
        },
        "related_objects": {
            "account_domain": format!("{company}.com"),
            "primary_contact_email": format!("jane.doe@{company}.com"),
            "additional_contact_emails": [format!("john.smith@{company}.com")],
            "owner_email": OWNER,
        },
    })
}

/// A search with most that there is: a stage, system and custom fields, a reference, words and two orders.
pub(crate) fn search(setup: &Setup) -> Value {
    json!({
        "pipeline_id": setup.pipeline.id,
        "stage_id": setup.pipeline.stages[1].id,
        "query": "acme rockets",
        "filters": [
            {"field": "deal_size", "operator": "gte", "value": 10_000},
            {"field": "close_date", "operator": "lt", "value": 1_771_286_400},
            {"field": "account_domain", "operator": "eq", "value": "acme.com"},
            {"field": "lead_source", "operator": "in", "value": ["website", "fair"]},
            {"field": "seats", "operator": "gt", "value": 25},
            {"field": "next_steps", "operator": "contains", "value": "offer"},
        ],
        "sort": [
            {"field": "seats", "direction": "desc"},
            {"field": "deal_size", "direction": "asc"},
        ],
        "limit": 50,
    })
}

/// A name that no other number has, in no order: companies do not arrive by the alphabet.
fn company(number: usize) -> String {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    format!("c{:016x}", (number as u64).wrapping_mul(ODD))
}

/// What a request's faults say, where there should be none.
pub(crate) fn complaint(faults: Faults) -> anyhow::Error {
    anyhow::anyhow!("the work itself is wrong: {faults:?}")
}
