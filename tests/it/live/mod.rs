//! What needs AWS, on the emulator of `tests/emulator`: each test has one of its own.

#![expect(clippy::print_stdout, reason = "tallies of kills and faults")]

mod bootstrap;
#[cfg(feature = "k8s")]
mod cluster;
mod emulator;
mod faults;
mod iam;
mod kills;
#[cfg(feature = "k8s")]
mod objects;
mod world;
