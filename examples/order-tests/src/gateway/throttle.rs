//! Throttling: a bucket of tokens for each route.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The buckets of all routes.
#[derive(Debug)]
pub(super) struct Throttle {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rate: f64,
    burst: f64,
    held: Option<Instant>,
    buckets: BTreeMap<String, Bucket>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Throttle {
    /// Buckets that take `rate` tokens in a second and hold `burst`.
    pub(super) fn new(rate: f64, burst: f64) -> Self {
        Self { state: Mutex::new(State { rate, burst, held: None, buckets: BTreeMap::new() }) }
    }

    /// Takes a token for a route, if there is one.
    pub(super) fn admits(&self, route: &str) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = state.held.unwrap_or_else(Instant::now);
        let (rate, burst) = (state.rate, state.burst);
        let bucket = state.buckets.entry(route.to_owned()).or_insert(Bucket { tokens: burst, at: now });
        bucket.take(now, rate, burst)
    }

    /// Stops the clock, or lets it go on.
    pub(super) fn hold(&self, hold: bool) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).held = hold.then(Instant::now);
    }

    /// Admits everything.
    pub(super) fn unlimited(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.rate, state.burst) = (f64::INFINITY, f64::INFINITY);
        state.buckets.clear();
    }
}

impl Bucket {
    fn take(&mut self, now: Instant, rate: f64, burst: f64) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        // No time at an infinite rate would be no number.
        let gained = if passed > 0.0 { passed * rate } else { 0.0 };
        self.tokens = (self.tokens + gained).min(burst);
        self.at = self.at.max(now);
        let enough = self.tokens >= 1.0;
        if enough {
            self.tokens -= 1.0;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_is_admitted_and_then_what_the_rate_gives() {
        let start = Instant::now();
        let mut bucket = Bucket { tokens: 3.0, at: start };
        let mut count = |now| (0..10).filter(|_| bucket.take(now, 2.0, 3.0)).count();
        assert_eq!(count(start), 3);
        assert_eq!(count(start + Duration::from_secs(1)), 2);
        assert_eq!(count(start + Duration::from_mins(1)), 3, "no more than the burst is saved up");
    }
}
