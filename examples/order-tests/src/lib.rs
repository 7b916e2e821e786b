//! The bundled platform, deployed on loopback, with the order service and the worker as it starts them.
//!
//! [`World`] is everything that an order meets on its way: AWS ([`emulator`]) with the stacks that `infra apply`
//! deployed ([`platform`]), a private PostgreSQL ([`postgres`]), the HTTP API as its template says ([`gateway`]), whoever
//! issues tokens ([`issuer`]), takes money and sends mail ([`providers`]), and the programs, started from the manifests
//! that `infra synth` wrote ([`program`]). Tests, chaos and load use the same one.
//!
//! All of it is on 127.0.0.1 at free ports, in temporary folders, and ends with the process that started it, however
//! that ends.

#![expect(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "test support")]
#![expect(clippy::missing_panics_doc, reason = "what is not as it should be fails the test, everywhere here")]

pub mod aws;
pub mod emulator;
pub mod evaluate;
pub mod gateway;
pub mod issuer;
pub mod log;
pub mod otlp;
pub mod platform;
pub mod postgres;
pub mod process;
pub mod program;
pub mod providers;
pub mod secrets;
pub mod serve;
pub mod tls;
pub mod world;

pub use world::World;
