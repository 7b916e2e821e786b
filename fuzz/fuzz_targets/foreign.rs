//! Arbitrary bytes given as a document never make the reader, the evaluation, the view, the schema checks or a rule
//! panic, hang or overflow the stack.
//!
//! Run with `cargo +nightly fuzz run foreign`; `cargo check` needs no nightly toolchain.
#![no_main]

use infra_core::foreign::Input;
use infra_core::source::Sources;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut sources = Sources::default();
    let input = Input::new(sources.add("fuzz.yaml", bytes));
    let today = "2026-11-23".parse().ok();
    let (checked, stacks) = infra_core::check_documents(&[input], &sources, today);
    assert!(stacks > 0 || !checked.findings.is_empty() || !bytes.is_empty(), "nothing checked and no reason");
});
