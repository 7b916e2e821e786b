//! What needs AWS, on the emulator of `tests/emulator`: each test has one of its own.

#![expect(clippy::print_stdout, reason = "tallies of kills and faults")]

mod bootstrap;
mod certificates;
#[cfg(feature = "k8s")]
mod cluster;
mod concurrency;
mod consent;
mod corners;
mod destroy;
mod dns;
mod doctor;
mod drift;
mod emulator;
mod failure;
mod faults;
mod iam;
mod kills;
mod memory;
#[cfg(feature = "k8s")]
mod objects;
mod ownership;
mod plans;
mod platform;
mod progress;
#[cfg(feature = "k8s")]
mod recordings;
mod reports;
mod site;
#[cfg(feature = "k8s")]
mod teams;
mod update;
mod world;
