//! Dead-letter queues, for operators: `order-worker dlq`.
//!
//! It is run with the operator's own credentials. What it looks at it gives back at the end; if it is stopped before, the
//! messages are hidden for a minute and then there again.

mod redrive;
mod shelf;
mod view;

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use order_runtime::aws;
use order_runtime::settings::Reader;

use self::redrive::Order;
use self::shelf::Shelf;
use crate::cli::{failed, misused, printed, say};
use crate::role::Role;

/// What is done with a dead-letter queue.
#[derive(Debug, Args)]
pub struct Dlq {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List messages: when they came, what they are, and why they are there.
    List {
        #[command(flatten)]
        source: Source,
        /// Look at no more messages than this.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
        /// How it is printed.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Print a message with its attributes, as JSON.
    Show {
        #[command(flatten)]
        source: Source,
        /// Its id, as `list` prints it.
        id: String,
    },
    /// Send messages back to the queue that they came from.
    Redrive {
        #[command(flatten)]
        source: Source,
        /// Which messages, by their ids.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        ids: Vec<String>,
        /// All that are there now.
        #[arg(long)]
        all: bool,
        /// Send no more than this each second.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=500))]
        max_per_second: Option<u32>,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// Which queue: the one that the worker takes messages from. Its dead-letter queue is in its redrive policy.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Source {
    /// The address of the queue whose dead-letter queue is meant.
    #[arg(long)]
    queue_url: Option<String>,
    /// The role whose queue it is; the variable `<ROLE>_QUEUE_URL` says which.
    #[arg(long)]
    queue: Option<Role>,
}

/// How a list is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// Runs the command, and returns how it ends.
pub fn run(Dlq { command }: Dlq) -> ExitCode {
    let source = match &command {
        Command::List { source, .. } | Command::Show { source, .. } | Command::Redrive { source, .. } => source,
    };
    let read = Reader::environment(|env| {
        let region = env.required::<String>("AWS_REGION", "region of the queue");
        let url = match (&source.queue_url, source.queue) {
            (Some(url), _) => Some(url.clone()),
            (None, Some(role)) => env.required(role.queue_variable(), "address of the queue"),
            (None, None) => {
                env.refuse("internal error: no queue was named".to_owned());
                None
            }
        };
        Some((region?, url?))
    });
    let (region, url) = match read {
        Ok(read) => read,
        Err(wrong) => return misused(&wrong.to_string()),
    };
    if let Command::Redrive { yes: false, .. } = command
        && !redrive::can_ask()
    {
        return misused("this is no terminal, so nobody can be asked; say --yes to send the messages back");
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.to_string()),
    };
    let done = runtime.block_on(async {
        let config = aws::config(region).await;
        let shelf = Shelf::find(&config, &url).await?;
        carry_out(&shelf, command).await
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&format!("{error:#}")),
    }
}

async fn carry_out(shelf: &Shelf, command: Command) -> Result<()> {
    match command {
        Command::List { limit, format, .. } => {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let found = shelf.peek(limit, |_| true).await?;
            let text = match format {
                Format::Table => view::table(&found),
                Format::Json => view::json(&found)?,
            };
            printed(&text);
            if found.len() == limit {
                say(&format!("there may be more than {limit}; --limit shows up to 1000"));
            }
        }
        Command::Show { id, .. } => {
            let found = shelf.peek(usize::MAX, |message| message.id == id).await?;
            let Some(message) = found.first() else {
                bail!(
                    "the dead-letter queue has no message {id}, or somebody else is looking at it; try again in a minute"
                )
            };
            printed(&view::whole(message)?);
        }
        Command::Redrive { ids, all, max_per_second, yes, .. } => {
            let order = Order { ids, all, max_per_second, yes };
            redrive::redrive(shelf, order).await.context("not everything was sent back")?;
        }
    }
    Ok(())
}
