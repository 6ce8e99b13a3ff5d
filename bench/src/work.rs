//! The work of one create: a fresh account, two fresh contacts, one opportunity with two custom attributes.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A database that is set up, and what its creates have to name.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Tenant {
    pub(crate) pipeline_id: String,
    pub(crate) owner_email: String,
    pub(crate) api_key: String,
}

impl Tenant {
    /// The body of create `number`; no other names the same company or people.
    pub(crate) fn body(&self, number: usize) -> Value {
        let company = company(number);
        json!({
            "pipeline_id": self.pipeline_id,
            "opportunity": {
                "name": format!("Deal {number} of company {company}"),
                "stage_name": "Qualified",
                "deal_size": 25_000.5 + number as f64,
                "close_date": 1_771_286_400,
                "next_steps": "Send the offer, then call on Monday",
                "custom_attributes": {"lead_source": "website", "seats": number % 500},
            },
            "related_objects": {
                "account_domain": format!("{company}.com"),
                "primary_contact_email": format!("jane.doe@{company}.com"),
                "additional_contact_emails": [format!("john.smith@{company}.com")],
                "owner_email": self.owner_email,
            },
        })
    }

    /// The whole request of create `number`, as it is sent.
    pub(crate) fn request(&self, number: usize) -> Vec<u8> {
        self.post("/v1/opportunities", &self.body(number))
    }

    /// A whole request with a body.
    pub(crate) fn post(&self, target: &str, body: &Value) -> Vec<u8> {
        self.send("POST", target, body)
    }

    pub(crate) fn patch(&self, target: &str, body: &Value) -> Vec<u8> {
        self.send("PATCH", target, body)
    }

    fn send(&self, method: &str, target: &str, body: &Value) -> Vec<u8> {
        let body = body.to_string();
        let (key, len) = (&self.api_key, body.len());
        format!(
            "{method} {target} HTTP/1.1\r\nhost: localhost\r\nx-api-key: {key}\r\n\
             content-type: application/json\r\ncontent-length: {len}\r\n\r\n{body}"
        )
        .into_bytes()
    }
}

/// A name that no other number has, in no order: companies do not arrive by the alphabet.
fn company(number: usize) -> String {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    format!("c{:016x}", (number as u64).wrapping_mul(ODD))
}
