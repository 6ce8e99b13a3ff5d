//! What Lanekeeper decides, and nothing else: [`plan`](plan::plan) turns a command and the facts it needs into
//! the changes to make. This crate knows no clock, no randomness, no I/O, no SQL, no HTTP and no JSON.
#![warn(missing_docs)]

pub mod activity;
pub mod change;
pub mod command;
pub mod custom;
pub mod domain_name;
pub mod email;
pub mod facts;
pub mod fair;
pub mod faults;
pub mod json;
pub mod key;
pub mod link;
pub mod mail_provider;
#[cfg(any(test, feature = "model"))]
pub mod model;
pub mod nearest;
pub mod object;
pub mod outcome;
pub mod pipeline;
pub mod plan;
pub mod query;
pub mod record;
pub mod summary;
pub mod text;
pub mod timestamp;
pub mod value;

pub use change::Change;
pub use command::Command;
pub use domain_name::DomainName;
pub use email::Email;
pub use facts::{Facts, Needs};
pub use faults::Faults;
pub use json::Json;
pub use object::Object;
pub use outcome::Outcome;
pub use record::Record;
pub use timestamp::Timestamp;
pub use value::Value;
