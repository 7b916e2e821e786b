//! Entry point of the `infra` binary.

fn main() {}
