//! The API's types: what comes over the wire, and its two conversions, to a command of the core and from its outcome.
//! It knows no HTTP and no database.
#![warn(missing_docs)]

pub mod account;
pub mod activity;
pub mod attributes;
pub mod bulk;
pub mod change;
pub mod contact;
pub mod entry;
pub mod envelope;
pub mod field;
pub mod json;
pub mod key;
pub mod merge;
pub mod note;
pub mod opportunity;
pub mod pipeline;
mod read;
pub mod record;
pub mod search;
pub mod stage;
pub mod summary;
mod to_json;
pub mod update;
pub mod user;
mod value;

pub use to_json::to_json;
