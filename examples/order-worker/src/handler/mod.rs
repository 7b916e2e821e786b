//! What a message asks for, by role.

mod email;
mod events;
mod inventory;
mod orders;
mod payment;

use std::sync::Arc;

pub use email::Email;
pub use events::{Effect, Events};
pub use inventory::Inventory;
pub use orders::Orders;
pub use payment::{Pauses, Payment, Records};

use crate::database::Database;
use crate::message::Message;
use crate::outcome::Outcome;
use crate::provider::Provider;

/// Works on messages.
pub trait Handler: Send + Sync + 'static {
    /// Works on a message. It may be dropped at any time, and the message may come again.
    fn handle(&self, message: &Message) -> impl Future<Output = Outcome> + Send;
    /// Whether what it needs answers; otherwise no message is taken.
    fn is_able(&self) -> impl Future<Output = bool> + Send;
    /// Does what no message asks for, for as long as messages are taken.
    fn watch(&self) -> impl Future<Output = ()> + Send {
        std::future::pending()
    }
}

/// What works on the messages of a role.
pub struct RoleHandler {
    work: Work,
    /// The database, if it is needed for that.
    database: Option<Arc<Database>>,
}

/// The work of a role.
pub enum Work {
    /// Charges and refunds.
    Payment(Events<Payment<Arc<Database>, Provider>>),
    /// Reserves and releases goods.
    Inventory(Events<Inventory>),
    /// Writes to customers.
    Email(Events<Email<Provider>>),
    /// Stores orders.
    Orders(Orders),
}

impl RoleHandler {
    /// Does this work, with this database.
    pub fn new(work: Work, database: Option<Arc<Database>>) -> Self {
        Self { work, database }
    }

    /// Returns the database, if it needs one.
    pub fn database(&self) -> Option<Arc<Database>> {
        self.database.clone()
    }
}

impl Handler for RoleHandler {
    async fn handle(&self, message: &Message) -> Outcome {
        match &self.work {
            Work::Payment(events) => events.handle(message).await,
            Work::Inventory(events) => events.handle(message).await,
            Work::Email(events) => events.handle(message).await,
            Work::Orders(orders) => orders.handle(message).await,
        }
    }

    async fn watch(&self) {
        match &self.work {
            Work::Payment(events) => events.effect().watch().await,
            Work::Inventory(_) | Work::Email(_) | Work::Orders(_) => std::future::pending().await,
        }
    }

    async fn is_able(&self) -> bool {
        match &self.database {
            Some(database) => database.answers().await,
            None => true,
        }
    }
}
