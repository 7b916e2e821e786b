//! How much may go on at once, and how often one user may ask.
//!
//! The address of a client is that of the gateway, so requests are counted by user.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header;
use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use order_events::{BODY_LIMIT, UserId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::{Failure, Kind};

/// Most requests at once.
const REQUESTS: usize = 1_000;
/// Most that all bodies together may have. What is made of a body takes several times its length, and a pod has 512 MiB.
/// Unit: KiB.
const BODIES: usize = 32 * 1024;
/// How often users that were not seen lately are forgotten.
const FORGET: Duration = Duration::from_secs(30);
/// With more users than this, they are forgotten at once.
const MOST_USERS: usize = 100_000;

/// The limits.
#[derive(Debug)]
pub struct Limits {
    requests: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    users: RateLimiter<UserId, HashMapStateStore<UserId>, DefaultClock>,
    clock: DefaultClock,
}

impl Limits {
    /// Lets one user ask this often. Unit: 1/s.
    pub fn new(rate: NonZeroU32) -> Self {
        Self {
            requests: Arc::new(Semaphore::new(REQUESTS)),
            bodies: Arc::new(Semaphore::new(BODIES)),
            users: RateLimiter::hashmap(Quota::per_second(rate)),
            clock: DefaultClock::default(),
        }
    }

    /// Lets a request in; it is over when the permit is dropped.
    ///
    /// # Errors
    ///
    /// 503 if there are too many.
    pub fn request(&self) -> Result<OwnedSemaphorePermit, Failure> {
        let permit = Arc::clone(&self.requests).try_acquire_owned();
        permit.map_err(|_| Failure::new(Kind::Overloaded, "There are too many requests at once."))
    }

    /// Lets a body in, whose length may be known; it is over when the permit is dropped. Unit: bytes.
    ///
    /// # Errors
    ///
    /// 413 if it is too large, 503 if there are too many.
    pub fn body(&self, length: Option<usize>) -> Result<OwnedSemaphorePermit, Failure> {
        let length = length.unwrap_or(BODY_LIMIT);
        if length > BODY_LIMIT {
            return Err(too_large());
        }
        let amount = u32::try_from(length.div_ceil(1024)).unwrap_or(u32::MAX).max(1);
        let permit = Arc::clone(&self.bodies).try_acquire_many_owned(amount);
        permit.map_err(|_| Failure::new(Kind::Overloaded, "There are too many large requests at once."))
    }

    /// Counts a request of a user.
    ///
    /// # Errors
    ///
    /// 429 if there were too many.
    pub fn user(&self, user: &UserId) -> Result<(), Failure> {
        if self.users.len() > MOST_USERS {
            self.users.retain_recent();
        }
        self.users.check_key(user).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now()).as_secs().saturating_add(1);
            Failure::new(Kind::RateLimit, "Send requests more slowly.")
                .with_header(header::RETRY_AFTER, &wait.to_string())
        })
    }

    /// Forgets users that were not seen lately, again and again.
    pub async fn forget(&self) {
        loop {
            tokio::time::sleep(FORGET).await;
            self.users.retain_recent();
            self.users.shrink_to_fit();
        }
    }
}

/// The body has more than it may.
pub fn too_large() -> Failure {
    Failure::new(Kind::TooLarge, format!("At most {BODY_LIMIT} bytes are read."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_does_not_use_up_what_another_may() {
        let limits = Limits::new(NonZeroU32::MIN);
        let (one, other) = ("one".parse().expect("a user"), "other".parse().expect("a user"));
        assert!(limits.user(&one).is_ok() && limits.user(&other).is_ok());
        assert_eq!(limits.user(&one).expect_err("it is too often").kind, Kind::RateLimit);
    }

    #[test]
    fn bodies_are_let_in_while_there_is_room() {
        let limits = Limits::new(NonZeroU32::MIN);
        assert_eq!(limits.body(Some(BODY_LIMIT + 1)).expect_err("it is too large").kind, Kind::TooLarge);
        let permits: Vec<_> = std::iter::from_fn(|| limits.body(None).ok()).collect();
        assert_eq!(permits.len(), BODIES * 1024 / BODY_LIMIT);
        assert_eq!(limits.body(None).expect_err("there is no room").kind, Kind::Overloaded);
        drop(permits);
        assert!(limits.body(Some(2)).is_ok());
    }
}
