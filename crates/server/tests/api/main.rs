//! The API over real HTTP, on a real database; every answer is checked against `spec/openapi.yaml`.

mod around;
mod bad_inputs;
mod changes;
mod creates;
mod document;
mod documented;
mod dry_run;
mod feed;
mod fields;
mod idempotency;
mod keys;
mod keys_and_limits;
mod merges;
mod openapi;
mod pipelines;
mod redaction;
mod search;
mod stage_updates;
mod stages;
mod summary;
mod support;
mod tenancy;
mod timeline;
mod trash;
mod updates;
mod users;
