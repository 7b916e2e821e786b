//! Reserves goods, and gives them back.

use std::sync::Arc;

use order_events::{Change, Event, Kind};
use order_runtime::store::{Cause, Reserved};

use super::Effect;
use crate::database::Database;
use crate::outcome::Step;

/// The goods of orders.
pub struct Inventory {
    database: Arc<Database>,
}

impl Inventory {
    /// Of a database.
    pub fn new(database: Arc<Database>) -> Self {
        Self { database }
    }
}

impl Effect for Inventory {
    fn wants(kind: Kind) -> bool {
        match kind {
            Kind::OrderCreated | Kind::OrderCancelled => true,
            Kind::OrderConfirmed | Kind::PaymentRetryRequested => false,
        }
    }

    async fn apply(&self, event: &Event, cause: &Cause) -> Step<&'static str> {
        let (store, id) = (self.database.store(), event.order_id);
        match event.change {
            Change::OrderCreated { .. } => {
                let reserved = self.database.ask(|| store.reserve(id, cause)).await?;
                Ok(match reserved {
                    Reserved::Reserved => "StockReserved",
                    Reserved::OutOfStock => "OutOfStock",
                    Reserved::Settled => "StockSettled",
                })
            }
            Change::OrderCancelled { .. } => {
                let released = self.database.ask(|| store.release(id)).await?;
                Ok(if released { "StockReleased" } else { "StockSettled" })
            }
            Change::OrderConfirmed | Change::PaymentRetryRequested { .. } => Ok("Ignored"),
        }
    }
}
