//! What needs AWS, on the emulator of `tests/emulator`: each test has one of its own.

mod bootstrap;
mod emulator;
mod iam;
