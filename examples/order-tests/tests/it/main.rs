//! That the harness is what the tests of the order service and the worker take it for.

mod emulator;
mod gateway;
mod issuer;
mod postgres;
mod programs;
mod providers;
