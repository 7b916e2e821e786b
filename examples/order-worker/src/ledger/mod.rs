//! Which events are done.
//!
//! Whoever begins an event holds it for a while and says so again while working. When it is done that is remembered for
//! longer than a message can come back; a hold that ran out can be taken over. What is behind the ledger is safe to
//! repeat by itself, so a worker that dies between an effect and this memory repeats nothing that can be seen.

mod dynamodb;
mod postgresql;

use std::pin::Pin;
use std::time::Duration;

use uuid::Uuid;

pub use dynamodb::DynamoDb;
pub use postgresql::PostgreSql;

use crate::outcome::Step;

/// How long an event is remembered that is done: longer than the 4 days in a queue and the 14 days in its dead-letter
/// queue, after which an operator may send it again.
pub const REMEMBERED: Duration = Duration::from_hours(28 * 24);

/// What a ledger answers.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Step<T>> + Send + 'a>>;

/// An event that somebody works on, for a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// `<role>/<eventId>`.
    pub key: String,
    /// Made for this delivery of the event.
    pub owner: String,
    /// How long it is held unless that is said again.
    pub lease: Duration,
}

impl Claim {
    /// Claims an event.
    pub fn new(key: String, lease: Duration) -> Self {
        Self { key, owner: Uuid::new_v4().to_string(), lease }
    }
}

/// What is known of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is ours to work on.
    Fresh,
    /// It is done.
    Done,
    /// Somebody else works on it, for so long at most.
    Busy(Duration),
}

/// Remembers which events are done.
pub trait Ledger: Send + Sync + 'static {
    /// Begins an event, if nobody has it.
    fn begin<'a>(&'a self, claim: &'a Claim) -> Answer<'a, Begun>;
    /// Holds an event for longer. Returns whether it is still ours.
    fn renew<'a>(&'a self, claim: &'a Claim) -> Answer<'a, bool>;
    /// Remembers that an event is done. Returns whether it was still ours.
    fn complete<'a>(&'a self, claim: &'a Claim) -> Answer<'a, bool>;
    /// Lets an event go, so that it can be begun again at once.
    fn release<'a>(&'a self, claim: &'a Claim) -> Answer<'a, ()>;
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::HashMap;
    use std::sync::Mutex;

    use super::*;

    /// A ledger that is in memory. What is held is held for ever.
    #[derive(Default)]
    pub(crate) struct Memory(pub(crate) Mutex<HashMap<String, (bool, String)>>);

    impl Ledger for Memory {
        fn begin<'a>(&'a self, claim: &'a Claim) -> Answer<'a, Begun> {
            Box::pin(async {
                let mut all = self.0.lock().expect("nobody panics");
                Ok(match all.get(&claim.key) {
                    Some((true, _)) => Begun::Done,
                    Some((false, _)) => Begun::Busy(claim.lease),
                    None => {
                        all.insert(claim.key.clone(), (false, claim.owner.clone()));
                        Begun::Fresh
                    }
                })
            })
        }

        fn renew<'a>(&'a self, claim: &'a Claim) -> Answer<'a, bool> {
            Box::pin(async {
                let all = self.0.lock().expect("nobody panics");
                Ok(all.get(&claim.key) == Some(&(false, claim.owner.clone())))
            })
        }

        fn complete<'a>(&'a self, claim: &'a Claim) -> Answer<'a, bool> {
            Box::pin(async {
                let mut all = self.0.lock().expect("nobody panics");
                Ok(all.insert(claim.key.clone(), (true, claim.owner.clone())).is_some())
            })
        }

        fn release<'a>(&'a self, claim: &'a Claim) -> Answer<'a, ()> {
            Box::pin(async {
                self.0.lock().expect("nobody panics").remove(&claim.key);
                Ok(())
            })
        }
    }
}
