//! The writer's cycle on a connection of its own.

use std::path::Path;

use lanekeeper_core::plan::setup::Setup;
use rusqlite::Connection;

use super::cycle::Cycle;
use super::{Sqlite, connection};
use crate::{Access, Clock, OpenError, Org, Settings, Write, WriteError, Written};

/// What the writer thread does with a group of requests, without the thread.
pub struct BareWriter {
    connection: Connection,
    cycle: Cycle,
    org: Org,
}

impl BareWriter {
    /// Makes a database of this organisation, with the settings of a server.
    ///
    /// # Errors
    /// [`OpenError`] if the file cannot be made.
    ///
    /// # Panics
    /// If the organisation cannot be made in it.
    pub fn set_up(path: &Path, setup: &Setup) -> Result<Self, OpenError> {
        let (settings, clock) = (Settings::default(), Clock::default());
        let sqlite = Sqlite::open(path, Access::Command, settings.clone(), clock.clone())?;
        let made = sqlite.set_up(setup, false);
        made.expect("nothing is in a new file");
        let overview = sqlite.overview().expect("what was written can be read");
        Ok(Self {
            connection: connection::open_server_writer(path, settings.cache_kib)?,
            cycle: Cycle::new(clock, settings.idempotency_keys_max),
            org: overview[0].org,
        })
    }

    /// The organisation.
    #[must_use]
    pub const fn org(&self) -> Org {
        self.org
    }

    /// Loads, plans, applies and commits a group of requests.
    ///
    /// # Errors
    /// [`WriteError`] of the group, or of the first request that was not done.
    pub fn write(&mut self, group: &[&Write]) -> Result<Vec<Written>, WriteError> {
        let group = self.cycle.run(&mut self.connection, group)?;
        group.results.into_iter().collect()
    }
}
