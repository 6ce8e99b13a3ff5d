//! Writes SQLite's log in large pieces.
//!
//! SQLite writes each page of a transaction into its log by two calls to the system: the frame's header, and the page. A group
//! of creates is some hundreds of pages, and a call for half a page costs nearly as much as one for many. Here, what is written
//! one behind the other is gathered, and written together when [`PIECE_BYTES`] are there, when it is synced, or when anything
//! else is asked of the log. Everything else goes to SQLite's own file system as it came.
//!
//! [`open`] gives such a connection. It sees to what makes this right:
//! - `synchronous = full`: the log is synced, and so written, before any other connection is told what is in it;
//! - `cache_spill = off`: pages get into the log by a commit only. What a transaction that is taken back had written would
//!   else be written late, over what another process wrote since.

mod file;
mod gathered;
mod vfs;

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

pub use gathered::PIECE_BYTES;

/// Opens a connection that writes its log in large pieces. The caller must leave `synchronous` and `cache_spill` as they are.
///
/// # Errors
/// Those of [`Connection::open_with_flags`].
pub fn open(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    vfs::register()?;
    let connection = Connection::open_with_flags_and_vfs(path, flags, vfs::NAME)?;
    connection.execute_batch("pragma synchronous = full; pragma cache_spill = off;")?;
    Ok(connection)
}

#[cfg(test)]
mod tests;
