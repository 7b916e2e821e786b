//! What needs AWS, on the emulator of `tests/emulator`: each test has one of its own.

#[cfg(feature = "k8s")]
mod cluster;
mod emulator;
mod kills;
#[cfg(feature = "k8s")]
mod objects;
