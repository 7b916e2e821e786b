//! The integration tests of the core, in one binary.
#![expect(clippy::disallowed_methods, reason = "tests read the sources")]
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "test helpers")]

mod agreement;
mod architecture;
mod compare;
mod compile_fail;
mod foreign;
mod properties;
mod registry;
