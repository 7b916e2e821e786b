//! What the Rust builder must refuse at compile time.

#[test]
fn wrong_combinations_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
