//! The public API of NaaP: GraphQL over what the collector stored, and the page that lives on it.
//!
//! It may read QuestDB as a user who can only read, ask the collector for its health, and serve
//! HTTP; it must never write, change the store's schema, or read a raw table other than through the
//! `public_*` views.

mod clock;
pub mod config;
mod coverage;
mod datasets;
pub mod guard;
pub mod health;
pub mod http;
mod limits;
pub mod read;
pub mod schema;
mod serve;

pub use datasets::{DatasetError, Only, Summary, build as build_datasets};
pub use serve::{ServeError, serve};
