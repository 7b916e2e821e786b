//! Arbitrary bytes given as a template never make the reader or the evaluation panic, hang or overflow the stack.
//!
//! Run with `cargo +nightly fuzz run foreign`; `cargo check` needs no nightly toolchain.
#![no_main]

use infra_core::diag::Diagnostics;
use infra_core::foreign::{Input, System};
use infra_core::source::Sources;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut sources = Sources::default();
    let input = Input::new(sources.add("fuzz.yaml", bytes));
    let mut diags = Diagnostics::default();
    match System::read(&[input], &sources, &mut diags) {
        Some(system) => system.variants().list.iter().for_each(|variant| drop(system.evaluate(variant))),
        None => assert!(diags.has_errors(), "no system and no reason"),
    }
});
