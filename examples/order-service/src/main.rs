//! The order service.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use order_runtime::settings::Reader;
use order_runtime::{health, telemetry};
use order_service::settings::Settings;
use order_service::{api, contract, migrate, outbox, run};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `EX_CONFIG` of `sysexits.h`: the settings are wrong, and starting again does not help.
const BAD_SETTINGS: u8 = 78;

/// Takes orders over HTTP and publishes what happens to them.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until SIGTERM; settings come from the environment, see `contract`. This is what happens without a command.
    Serve,
    /// Prints the `OpenAPI` document.
    Openapi,
    /// Makes the tables and the users of the programs, as the master user of the database; it is safe to do it again.
    Migrate,
    /// Prints what the program needs of whoever deploys it.
    Contract {
        /// For what.
        #[arg(default_value = "serve")]
        command: contract::Of,
    },
    /// Looks at events that could not be published, and lets them be published again.
    #[command(subcommand)]
    Outbox(outbox::Outbox),
}

fn main() -> ExitCode {
    match Arguments::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => serve(),
        Command::Openapi => print(&api::openapi::document()),
        Command::Migrate => migrate(),
        Command::Contract { command } => print(&contract::contract(command)),
        Command::Outbox(command) => match outbox::run(command) {
            Ok(text) => say(&text),
            Err(outbox::Failed::Settings(wrong)) => fail(&wrong, BAD_SETTINGS),
            Err(outbox::Failed::Other(why)) => fail(&why, 1),
        },
    }
}

fn serve() -> ExitCode {
    let settings = match Reader::environment(Settings::read) {
        Ok(settings) => settings,
        Err(wrong) => return fail(&wrong, BAD_SETTINGS),
    };
    // Its exporter has a runtime of its own, which must neither start nor end within another.
    let telemetry = match telemetry::start(&settings.telemetry) {
        Ok(telemetry) => telemetry,
        Err(error) => return fail(&error, BAD_SETTINGS),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ended = runtime.and_then(|runtime| {
        let ended = runtime.block_on(async { run::run(settings, health::stop_signal()?).await });
        // Whatever still blocks a thread must not keep the process.
        runtime.shutdown_timeout(std::time::Duration::from_millis(500));
        ended
    });
    telemetry.shut_down();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, 1),
    }
}

fn migrate() -> ExitCode {
    let settings = match Reader::environment(migrate::Settings::read) {
        Ok(settings) => settings,
        Err(wrong) => return fail(&wrong, BAD_SETTINGS),
    };
    if let Err(error) = telemetry::start_logs("order-service", settings.level()) {
        return fail(&error, 1);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(migrate::run(&settings))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, 1),
    }
}

fn print(value: &impl serde::Serialize) -> ExitCode {
    match serde_json::to_string_pretty(value) {
        Ok(text) => say(&text),
        Err(error) => fail(&error, 1),
    }
}

fn say(text: &str) -> ExitCode {
    match writeln!(std::io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, 1),
    }
}

fn fail(why: &impl std::fmt::Display, code: u8) -> ExitCode {
    // If standard error is closed there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "order-service: {why}");
    ExitCode::from(code)
}
