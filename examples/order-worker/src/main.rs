//! Entry point of the `order-worker` binary.

use std::process::ExitCode;

/// Messages are small pieces of JSON; this allocator is fast at those and gives memory back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    order_worker::cli::main()
}
