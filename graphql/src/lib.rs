//! The public API of NaaP: GraphQL over what the collector stored, and the page that lives on it.
//!
//! It may read QuestDB as a user who can only read, ask the collector for its health, and serve
//! HTTP; it must never write, change the store's schema, or read a raw table other than through the
//! `public_*` views.

mod answer;
mod clock;
pub mod compat;
pub mod config;
mod coverage;
mod datasets;
mod explorer;
pub mod guard;
pub mod health;
mod heard;
mod http;
mod limits;
mod listen;
mod metrics;
mod negotiate;
pub mod read;
pub mod refusal;
mod request;
mod rest;
pub mod schema;
mod sdl;
mod serve;
mod socket;

pub use datasets::{DatasetError, Only, Summary, build as build_datasets};
pub use serve::{ServeError, serve};
