//! The command line: arguments, exit codes, and what happens when `infra` itself is wrong.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::FalseyValueParser;
use clap::{Parser, Subcommand, ValueEnum};

use crate::{commands, output};

/// How a run ended, as the exit code tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, or no difference.
    Done,
    /// Findings, or a failure.
    Failed,
    /// Differences.
    Different,
    /// Blocked: an approval is missing, a plan is stale, a guard refuses.
    Blocked,
    /// Wrong usage or unreadable input.
    Usage,
    /// A file cannot be written: no space, no permission, a folder that takes none.
    Unwritten,
    /// A bug of ours.
    Bug,
}

impl Exit {
    const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Different => 2,
            Self::Blocked => 3,
            Self::Usage => 64,
            Self::Unwritten => 74,
            Self::Bug => 70,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Typed AWS infrastructure, compiled to CloudFormation, Route 53 change batches and Kubernetes manifests.
#[derive(Debug, Parser)]
#[command(name = "infra", version = env!("INFRA_VERSION"), max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done or no difference, 1 findings or failure, 2 differences, 3 blocked, \
                          64 wrong usage or unreadable input, 70 a bug in infra, 74 a file cannot be written.";

/// Options of every command.
#[derive(Debug, Default, clap::Args)]
pub struct Global {
    /// Folder of `infra.yaml`; without it, this folder or the nearest one above that has the file.
    #[arg(long, short = 'C', global = true, value_name = "DIR", env = "INFRA_PROJECT", hide_env_values = true)]
    pub project: Option<PathBuf>,
    /// When to colour.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        env = "INFRA_COLOR",
        hide_env_values = true
    )]
    pub color: Color,
    /// Say on stderr which files are read and what is asked of AWS and of clusters.
    #[arg(long, short, global = true, env = "INFRA_VERBOSE", hide_env_values = true, value_parser = FalseyValueParser::new())]
    pub verbose: bool,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

// One line a command; its arguments and its work are in `commands/<command>.rs`.
#[derive(Debug, Subcommand)]
enum Command {
    Init(commands::init::Args),
    New(commands::new::Args),
    Synth(commands::synth::Args),
    Check(commands::check::Args),
    List(commands::list::Args),
    Diff(commands::diff::Args),
    Apply(commands::apply::Args),
    Destroy(commands::destroy::Args),
    Doctor(commands::doctor::Args),
    Status(commands::status::Args),
    Outputs(commands::outputs::Args),
    Drift(commands::drift::Args),
    Dns(commands::dns::Args),
    Recover(commands::recover::Args),
    Bootstrap(commands::bootstrap::Args),
    Iam(commands::iam::Args),
    Id(commands::id::Args),
    Explain(commands::explain::Args),
    Rules(commands::rules::Args),
    Schema(commands::schema::Args),
    Completions(commands::completions::Args),
    Man(commands::man::Args),
}

impl Command {
    /// The program that reads what the command prints, if it is one.
    fn program(&self) -> Option<output::Program> {
        match self {
            Self::Apply(args) => args.manner.program(),
            Self::Destroy(args) => args.manner.program(),
            Self::Dns(args) => args.program(),
            Self::Bootstrap(args) => args.manner.program(),
            Self::Diff(args) => args.program(),
            _ => None,
        }
    }
}

/// The command line as it is understood.
pub(crate) fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

/// Runs the command line and returns how it ended.
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        output::bug(&panic.to_string());
        std::process::exit(Exit::Bug.code().into());
    }));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no mistakes; clap prints them to stdout.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            let _ = error.print();
            return exit.into();
        }
    };
    output::set_color(cli.global.color);
    output::set_verbose(cli.global.verbose);
    let run = match &cli.command {
        Command::Init(args) => commands::init::run(&cli.global, args),
        Command::New(args) => commands::new::run(&cli.global, args),
        Command::Synth(args) => commands::synth::run(&cli.global, args),
        Command::Check(args) => commands::check::run(&cli.global, args),
        Command::List(args) => commands::list::run(&cli.global, args),
        Command::Diff(args) => commands::diff::run(&cli.global, args),
        Command::Apply(args) => commands::apply::run(&cli.global, args),
        Command::Destroy(args) => commands::destroy::run(&cli.global, args),
        Command::Doctor(args) => commands::doctor::run(&cli.global, args),
        Command::Status(args) => commands::status::run(&cli.global, args),
        Command::Outputs(args) => commands::outputs::run(&cli.global, args),
        Command::Drift(args) => commands::drift::run(&cli.global, args),
        Command::Dns(args) => commands::dns::run(&cli.global, args),
        Command::Recover(args) => commands::recover::run(&cli.global, args),
        Command::Bootstrap(args) => commands::bootstrap::run(&cli.global, args),
        Command::Iam(args) => commands::iam::run(&cli.global, args),
        Command::Id(args) => commands::id::run(&cli.global, args),
        Command::Explain(args) => commands::explain::run(args),
        Command::Rules(args) => commands::rules::run(args),
        Command::Schema(args) => commands::schema::run(args),
        Command::Completions(args) => commands::completions::run(args),
        Command::Man(args) => commands::man::run(args),
    };
    match run {
        Ok(exit) => exit.into(),
        Err(error) => {
            output::failure(&error);
            if let Some(reads) = cli.command.program() {
                let _ = output::result(&reads.problem(&commands::live::problem(&error)));
            }
            commands::live::Halt::exit(&error).into()
        }
    }
}
