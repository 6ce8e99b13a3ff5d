//! Fairness on PostgreSQL.

use anyhow::Result;

use super::cluster::Cluster;
use super::{DATABASE, Place};
use crate::effort::Setting;
use crate::fairness;
use crate::server::{Server, add_organization, init};
use crate::table::Row;

const FAIR: &str = "bench_fair";

/// Every row about fairness on PostgreSQL.
pub(crate) fn measure(setting: &Setting, place: &Place) -> Result<Vec<Row>> {
    let cluster = Cluster::new(&place.url, &place.folder)?;
    cluster.create(FAIR, None)?;
    let url = cluster.url(FAIR)?;
    let one = init(setting.server, &url)?;
    let other = add_organization(setting.server, &url, "Other")?;
    let server = Server::start(setting.server, &url, &setting.folder.join("fair.log"))?;
    let rows = fairness::on(setting, &server, (&one, &other), DATABASE)?;
    server.stop()?;
    cluster.drop(FAIR)?;
    Ok(rows)
}
