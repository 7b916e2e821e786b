//! What AWS says: tables and constants, each with unit, source and the day it was read.
//!
//! Depends on no other room. Nothing here decides anything; `kinds`, `resolve` and `rules` do. Tables are sorted
//! constants, searched in place: nothing is parsed when the program starts.

pub mod attributes;
pub mod cloudfront;
pub mod companions;
pub mod delivery;
pub mod eks;
pub mod geography;
pub mod hosted_zones;
pub mod iam;
pub mod interruptions;
pub mod kubernetes_types;
pub mod limits;
pub mod metrics;
pub mod packaging;
mod packed;
pub mod rds;
pub mod refusals;
pub mod refused_values;
pub mod regions;
pub mod resource_types;
pub mod runtimes;
pub mod secrets;
pub mod service_roles;
pub mod stateful;
pub mod tagging;
pub mod time_zones;
pub mod unique_entries;
pub mod vpc_links;

pub use self::stateful::{passing, snapshottable, stateful};
