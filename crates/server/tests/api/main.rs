//! The API over real HTTP, on a real database; every answer is checked against `spec/openapi.yaml`.

mod bad_inputs;
mod creates;
mod document;
mod documented;
mod openapi;
mod redaction;
mod support;
mod tenancy;
