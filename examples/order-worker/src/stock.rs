//! How many there are of each product: `order-worker stock`.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Subcommand;
use order_runtime::database;
use order_runtime::settings::Reader;
use order_runtime::store::{Error, Store};
use sqlx::Row as _;

use crate::cli::{failed, misconfigured, printed};

/// What is done with stock. The variables `DB_*` say where.
#[derive(Debug, Subcommand)]
pub enum Stock {
    /// Say how many there are of a product.
    Set {
        /// Which product.
        product: String,
        /// How many.
        quantity: u32,
    },
    /// Print how many there are of each.
    Show,
}

/// Runs the command, and returns how it ends.
pub fn run(command: Stock) -> ExitCode {
    let settings = match Reader::environment(database::Settings::read) {
        Ok(settings) => settings,
        Err(wrong) => return misconfigured(&wrong.to_string()),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.to_string()),
    };
    let done = runtime.block_on(async {
        let store = Store::new(settings.connections("order-worker/stock"));
        store.migrate().await.map_err(|error| error.to_string())?;
        let text = match command {
            Stock::Set { product, quantity } => {
                let set = store.set_stock(&product, quantity).await;
                set.map(|()| format!("{product}\t{quantity}"))
            }
            Stock::Show => show(&store).await,
        };
        text.map_err(|error| error.to_string())
    });
    match done {
        Ok(text) => printed(&text),
        Err(error) => failed(&error),
    }
}

async fn show(store: &Store) -> Result<String, Error> {
    let rows = sqlx::query("SELECT product_id, available FROM stock ORDER BY product_id")
        .fetch_all(&mut *store.connection().await?)
        .await?;
    let mut text = String::from("PRODUCT\tAVAILABLE");
    for row in rows {
        let (product, available): (String, i64) = (row.try_get("product_id")?, row.try_get("available")?);
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{product}\t{available}");
    }
    Ok(text)
}
