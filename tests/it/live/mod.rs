//! What needs AWS, on the emulator of `tests/emulator`: each test has one of its own.

mod concurrency;
mod consent;
mod corners;
mod destroy;
mod dns;
mod drift;
mod emulator;
mod failure;
mod kills;
mod plans;
mod platform;
mod progress;
mod reports;
mod site;
mod update;
