//! Events that could not be published: `order-service outbox`, for operators.

use std::fmt::Write as _;

use clap::{Subcommand, ValueEnum};
use order_runtime::database;
use order_runtime::settings::{Reader, Wrong};
use order_runtime::store::{Held, Store};
use uuid::Uuid;

/// What is done about events that could not be published. The variables `DB_*` say where they are.
#[derive(Debug, Subcommand)]
pub enum Outbox {
    /// List events that failed: what they are, why, and when they are tried again.
    List {
        /// Only those that are parked: the topic refused them too often, and they are not tried any more.
        #[arg(long)]
        parked: bool,
        /// Print no more than this.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        /// How it is printed.
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Let parked events be published again.
    PutBack {
        /// Which events, by their ids.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        ids: Vec<Uuid>,
        /// All that are parked.
        #[arg(long)]
        all: bool,
    },
}

/// How a list is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// Why a command failed.
#[derive(Debug)]
pub enum Failed {
    /// The settings are wrong.
    Settings(Wrong),
    /// Anything else.
    Other(String),
}

/// Runs a command, and returns what it prints.
///
/// # Errors
///
/// Both.
pub fn run(command: Outbox) -> Result<String, Failed> {
    let settings = Reader::environment(database::Settings::read).map_err(Failed::Settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failed::Other(error.to_string()))?;
    runtime.block_on(async {
        let store = Store::new(settings.connections("order-service/outbox"));
        match command {
            Outbox::List { parked, limit, format } => {
                let found = store.held_events(parked, limit).await.map_err(|error| Failed::Other(error.to_string()))?;
                match format {
                    Format::Table => Ok(table(&found)),
                    Format::Json => {
                        serde_json::to_string_pretty(&found).map_err(|error| Failed::Other(error.to_string()))
                    }
                }
            }
            Outbox::PutBack { ids, all } => {
                let wanted = ids.len();
                let back = store.put_back(if all { None } else { Some(&ids) }).await;
                let back = back.map_err(|error| Failed::Other(error.to_string()))?;
                if !all && usize::try_from(back).ok() != Some(wanted) {
                    return Err(Failed::Other(format!(
                        "{back} of {wanted} events are parked; only those were put back"
                    )));
                }
                Ok(format!("{back} put back"))
            }
        }
    })
}

fn table(found: &[Held]) -> String {
    let mut text = String::from("EVENT\tTYPE\tORDER\tBYTES\tWRITTEN\tATTEMPTS\tNEXT\tREASON");
    for held in found {
        let Held { event_id, event_type, order_id, bytes, written_at, attempts, reason, due_at, .. } = held;
        let next = due_at.map_or_else(|| "parked".to_owned(), |due| due.to_string());
        let reason = reason.replace(['\t', '\n'], " ");
        // Writing to a string cannot fail.
        let _ =
            write!(text, "\n{event_id}\t{event_type}\t{order_id}\t{bytes}\t{written_at}\t{attempts}\t{next}\t{reason}");
    }
    text
}
