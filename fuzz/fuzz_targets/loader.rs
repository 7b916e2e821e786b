//! Arbitrary bytes never make the loader panic, hang or overflow the stack.
//!
//! Run with `cargo +nightly fuzz run loader`; `cargo check` needs no nightly toolchain.
#![no_main]

use infra_core::diag::Diagnostics;
use infra_core::source::{Sources, from_node, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut sources = Sources::default();
    let file = sources.add("fuzz.yaml", bytes);
    let mut diags = Diagnostics::default();
    match parse(file, bytes, &mut diags) {
        Some(node) => drop(from_node::<serde_json::Value>(&node, &mut diags)),
        None => assert!(diags.has_errors(), "no tree and no reason"),
    }
});
