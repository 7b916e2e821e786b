//! How much may go on at once, and how often one user may ask.
//!
//! The address of a client is that of the gateway, so requests are counted by user.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use order_events::{BODY_LIMIT, UserId};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::{Failure, Kind};

/// Most requests at once.
const REQUESTS: usize = 1_000;
/// Most that all bodies together may have. What is made of a body takes several times its length, and a pod has 512 MiB.
/// Unit: KiB.
const BODIES: usize = 32 * 1024;
/// Most that the orders of an answer have, unless there is only one. An order has less, and an HTTP API ends at 10 MB. Unit:
/// bytes.
pub const PAGE: u32 = 1024 * 1024;
/// Most that all answers together have that nobody has read yet. Unit: KiB.
const ANSWERS: usize = 32 * 1024;
/// How long an answer waits until there is room for it.
const ROOM: Duration = Duration::from_secs(2);
/// How often users that were not seen lately are forgotten.
const FORGET: Duration = Duration::from_secs(30);
/// With more users than this, they are forgotten at once.
const MOST_USERS: usize = 100_000;

/// The limits.
#[derive(Debug)]
pub struct Limits {
    requests: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    answers: Arc<Semaphore>,
    users: RateLimiter<UserId, HashMapStateStore<UserId>, DefaultClock>,
    clock: DefaultClock,
}

impl Limits {
    /// Lets one user ask this often. Unit: 1/s.
    pub fn new(rate: NonZeroU32) -> Self {
        Self {
            requests: Arc::new(Semaphore::new(REQUESTS)),
            bodies: Arc::new(Semaphore::new(BODIES)),
            answers: Arc::new(Semaphore::new(ANSWERS)),
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

    /// Waits until there is room for an answer with orders, whose length nobody knows yet.
    ///
    /// # Errors
    ///
    /// 503 if there are too many that nobody has read.
    pub async fn answer(&self) -> Result<Room, Failure> {
        let permits = Arc::clone(&self.answers).acquire_many_owned(PAGE / 1024);
        match tokio::time::timeout(ROOM, permits).await {
            Ok(Ok(permit)) => Ok(Room(permit)),
            Ok(Err(_)) | Err(_) => Err(Failure::new(Kind::Overloaded, "There are too many large answers at once.")),
        }
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

/// Room for an answer.
#[derive(Debug)]
pub struct Room(OwnedSemaphorePermit);

/// A text that has room for as long as it is there: until the last byte of it is sent.
struct Held {
    text: Vec<u8>,
    _room: Room,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.text
    }
}

impl Room {
    /// Answers with JSON, and lets others have what room it does not need.
    ///
    /// # Errors
    ///
    /// 500 if it is no JSON.
    pub fn answer(mut self, value: &impl Serialize) -> Result<Response, Failure> {
        let text = serde_json::to_vec(value).map_err(Failure::internal)?;
        let spare = self.0.num_permits().saturating_sub(text.len().div_ceil(1024));
        drop(self.0.split(spare));
        let body = Body::from(Bytes::from_owner(Held { text, _room: self }));
        let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        Ok((StatusCode::OK, kind, body).into_response())
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

    #[tokio::test(start_paused = true)]
    async fn an_answer_has_room_until_it_is_read() {
        let limits = Limits::new(NonZeroU32::MIN);
        let most = ANSWERS * 1024 / usize::try_from(PAGE).expect("it is small");
        let mut large = Vec::new();
        for _ in 0..most {
            let room = limits.answer().await.expect("there is room");
            large.push(room.answer(&"x".repeat(1024 * 1024 - 2)).expect("it is an answer"));
        }
        assert_eq!(limits.answer().await.expect_err("there is no room").kind, Kind::Overloaded);
        let body = large.pop().expect("there is one").into_body();
        let text = axum::body::to_bytes(body, usize::MAX).await.expect("it can be read");
        assert_eq!((text.len(), limits.answer().await.is_err()), (1024 * 1024, true), "somebody has it still");
        drop(text);
        // A small one needs little.
        large.pop();
        let small = limits.answer().await.expect("there is room").answer(&"x").expect("it is an answer");
        assert!(limits.answer().await.is_ok());
        drop(small);
    }
}
