//! The roles of the worker, and what differs between them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Which queue a worker works off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Charges and refunds.
    Payment,
    /// Reserves and releases goods.
    Inventory,
    /// Writes to customers.
    Email,
    /// Stores the orders that nobody waits for.
    Intake,
    /// Stores the orders that were placed while the database was down.
    Replay,
}

/// What differs between the roles.
struct Row {
    name: &'static str,
    /// Longest that a message may take, as `processing-time` of the platform's workloads. Unit: seconds.
    processing: u64,
    /// The visibility time-out of the queue, as the platform derives it. Unit: seconds.
    visibility: u64,
    queue: &'static str,
    dead_letters: &'static str,
    /// It has something to do with orders in the database.
    database: bool,
    /// Its messages are events; otherwise they are orders.
    events: bool,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] = [Self::Payment, Self::Inventory, Self::Email, Self::Intake, Self::Replay];

    fn row(self) -> Row {
        match self {
            Self::Payment => Row {
                name: "payment",
                processing: 120,
                visibility: 180,
                queue: "PAYMENT_QUEUE_URL",
                dead_letters: "PAYMENT_DEAD_LETTER_QUEUE_URL",
                database: true,
                events: true,
            },
            Self::Inventory => Row {
                name: "inventory",
                processing: 30,
                visibility: 60,
                queue: "INVENTORY_QUEUE_URL",
                dead_letters: "INVENTORY_DEAD_LETTER_QUEUE_URL",
                database: true,
                events: true,
            },
            Self::Email => Row {
                name: "email",
                processing: 30,
                visibility: 60,
                queue: "EMAIL_QUEUE_URL",
                dead_letters: "EMAIL_DEAD_LETTER_QUEUE_URL",
                database: false,
                events: true,
            },
            Self::Intake => Row {
                name: "intake",
                processing: 30,
                visibility: 60,
                queue: "INTAKE_QUEUE_URL",
                dead_letters: "INTAKE_DEAD_LETTER_QUEUE_URL",
                database: true,
                events: false,
            },
            Self::Replay => Row {
                name: "replay",
                processing: 60,
                visibility: 120,
                queue: "REPLAY_QUEUE_URL",
                dead_letters: "REPLAY_DEAD_LETTER_QUEUE_URL",
                database: true,
                events: false,
            },
        }
    }

    /// Returns the name.
    pub fn as_str(self) -> &'static str {
        self.row().name
    }

    /// Returns the longest that a message may take, from when it is received until it is deleted.
    pub fn processing(self) -> Duration {
        Duration::from_secs(self.row().processing)
    }

    /// Returns how long a message stays hidden from others if nobody extends that, should the queue not say so.
    pub fn visibility(self) -> Duration {
        Duration::from_secs(self.row().visibility)
    }

    /// Returns the variable with the queue.
    pub fn queue_variable(self) -> &'static str {
        self.row().queue
    }

    /// Returns the variable with the queue's dead-letter queue.
    pub fn dead_letter_variable(self) -> &'static str {
        self.row().dead_letters
    }

    /// Whether it has something to do with orders in the database.
    pub fn needs_database(self) -> bool {
        self.row().database
    }

    /// Whether its messages are events.
    pub fn takes_events(self) -> bool {
        self.row().events
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it must be payment, inventory, email, intake or replay")]
pub struct NoRole;

impl FromStr for Role {
    type Err = NoRole;

    fn from_str(text: &str) -> Result<Self, NoRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(NoRole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_as_it_is_written() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        let said = "mail".parse::<Role>().expect_err("it is none").to_string();
        assert_eq!(said, "it must be payment, inventory, email, intake or replay");
    }

    #[test]
    fn a_message_stays_hidden_for_longer_than_it_may_take() {
        assert!(Role::ALL.into_iter().all(|role| role.visibility() > role.processing()));
    }
}
