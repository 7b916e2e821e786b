//! What needs AWS, on the emulator of `tests/emulator`: each test has one of its own.

#![expect(clippy::print_stdout, reason = "tallies of kills and faults")]

mod bootstrap;
mod emulator;
mod faults;
mod iam;
mod kills;
mod world;
