//! The command line.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use order_runtime::settings::Reader;

use crate::contract::contract;
use crate::role::Role;
use crate::settings::Settings;
use crate::{dlq, run, stock};

/// The code of the exit if the settings cannot be used: `EX_CONFIG` of `sysexits.h`.
const CONFIG: u8 = 78;

/// Does what orders ask for: payment, stock, mail, and the orders of the queues.
#[derive(Debug, Parser)]
#[command(name = "order-worker", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Work off one queue until SIGTERM; the environment says which. This is what happens without a command.
    Run,
    /// Print what a role needs of whoever deploys it, as JSON.
    Contract {
        /// payment, inventory, email, intake or replay.
        role: Role,
    },
    /// Look at the dead-letter queue of a queue, and send messages back.
    Dlq(dlq::Dlq),
    /// Look at how many there are of each product, and say how many there are.
    #[command(subcommand)]
    Stock(stock::Stock),
}

/// Runs the command of this process, and returns how it ends.
pub fn main() -> ExitCode {
    match Cli::parse().command {
        None | Some(Command::Run) => work(),
        Some(Command::Contract { role }) => match serde_json::to_string_pretty(&contract(role)) {
            Ok(text) => printed(&text),
            Err(error) => failed(&error.to_string()),
        },
        Some(Command::Dlq(command)) => dlq::run(command),
        Some(Command::Stock(command)) => stock::run(command),
    }
}

fn work() -> ExitCode {
    match Reader::environment(Settings::read) {
        Err(wrong) => misconfigured(&wrong.to_string()),
        Ok(settings) => match run::run(&settings) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&format!("{error:#}")),
        },
    }
}

/// Writes a line to standard output.
pub(crate) fn printed(text: &str) -> ExitCode {
    match writeln!(io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => failed(&error.to_string()),
    }
}

/// Says on standard error what failed.
pub(crate) fn failed(text: &str) -> ExitCode {
    say(text);
    ExitCode::FAILURE
}

/// Says on standard error that it was called wrongly.
pub(crate) fn misused(text: &str) -> ExitCode {
    say(text);
    ExitCode::from(2)
}

/// Says on standard error that the settings cannot be used.
pub(crate) fn misconfigured(text: &str) -> ExitCode {
    say(text);
    ExitCode::from(CONFIG)
}

/// Writes a line to standard error.
pub(crate) fn say(text: &str) {
    // There is nobody else to tell.
    let _ = writeln!(io::stderr(), "order-worker: {text}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
        assert!(Cli::try_parse_from(["order-worker"]).expect("it is a command").command.is_none());
        assert!(Cli::try_parse_from(["order-worker", "contract", "mail"]).is_err());
    }
}
