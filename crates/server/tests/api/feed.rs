//! What the change feed says was written.

use serde_json::Value;

use crate::support::{Tenant, TestApp};

impl TestApp {
    /// All changes of the first organisation that a request made: not those of its set-up.
    pub(crate) async fn changes(&self) -> Vec<Value> {
        let mut changes = self.feed(&self.tenant).await;
        changes.retain(|change| change["actor"]["kind"] != "cli");
        changes
    }

    /// All changes of an organisation.
    pub(crate) async fn feed(&self, tenant: &Tenant) -> Vec<Value> {
        let mut changes = vec![];
        loop {
            let target = format!("/v1/changes?limit=500&after={}", changes.len());
            let page = self.call("GET", &target).key(&tenant.key).send().await;
            assert_eq!(page.status, 200, "{}", page.body);
            changes.extend(
                page.data()["changes"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default(),
            );
            if page.data()["has_more"] == false {
                return changes;
            }
        }
    }

    /// How many records of each kind there are, and fields: `[accounts, contacts, opportunities, fields]`.
    pub(crate) async fn counts(&self) -> [usize; 4] {
        let changes = self.changes().await;
        ["account", "contact", "opportunity", "field"].map(|object| {
            let made =
                |change: &&Value| change["object"] == object && change["action"] == "created";
            changes.iter().filter(made).count()
        })
    }
}
