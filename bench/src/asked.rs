//! A server that is asked with a tenant's key.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::load::{self, Load};
use crate::server::Server;
use crate::work::Tenant;

/// Requests before any is measured.
const WARM_UP: usize = 10;

pub(crate) struct Asked<'a> {
    pub(crate) server: &'a Server,
    pub(crate) tenant: &'a Tenant,
}

impl Asked<'_> {
    pub(crate) fn get(&self, target: &str) -> Vec<u8> {
        let key = &self.tenant.api_key;
        format!("GET {target} HTTP/1.1\r\nhost: localhost\r\nx-api-key: {key}\r\n\r\n").into_bytes()
    }

    pub(crate) fn search(&self, object: &str, mut body: Value) -> Vec<u8> {
        if object == "opportunities" {
            body["pipeline_id"] = json!(self.tenant.pipeline_id);
        }
        self.tenant.post(&format!("/v1/{object}/search"), &body)
    }

    /// The list of the first pipeline's opportunities.
    pub(crate) fn list(&self) -> String {
        format!("/v1/opportunities?pipeline_id={}", self.tenant.pipeline_id)
    }

    /// The data of an answer.
    pub(crate) fn data(&self, request: &[u8]) -> Result<Value> {
        let body = load::exchange(&self.server.address, request)?;
        let mut json: Value = serde_json::from_str(&body)?;
        Ok(json["data"].take())
    }

    /// Sends the requests in turn, and warms up with the first of them.
    pub(crate) fn repeat(
        &self,
        requests: &[Vec<u8>],
        clients: usize,
        amount: (usize, std::time::Duration),
    ) -> Result<Load> {
        let (address, log) = (&self.server.address, || self.server.log());
        let first = &requests[..requests.len().min(WARM_UP)];
        load::repeat(address, first, 1, (WARM_UP, amount.1)).with_context(log)?;
        load::repeat(address, requests, clients, amount).with_context(log)
    }
}
