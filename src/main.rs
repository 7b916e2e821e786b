//! Entry point of the `infra` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    infra::cli::main()
}
