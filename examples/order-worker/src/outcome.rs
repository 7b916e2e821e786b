//! What may become of a message.

use std::time::Duration;

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done: the queue may forget it. The word is what the log says, as `PaymentCaptured`.
    Done(&'static str),
    /// Not now: it stays in the queue and comes back.
    Later(Later),
    /// Never: it goes to the dead-letter queue with this reason.
    Reject(String),
}

/// Why a message has to come back, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Later {
    /// Why.
    pub why: String,
    /// When it can be tried again, if that is known.
    pub after: Option<Duration>,
    /// Something that other messages need, too, did not answer.
    pub outage: bool,
}

impl Outcome {
    /// Something that messages need did not answer.
    pub fn outage(why: impl Into<String>) -> Self {
        Self::Later(Later { why: why.into(), after: None, outage: true })
    }

    /// This very message cannot be worked on now.
    pub fn later(why: impl Into<String>) -> Self {
        Self::Later(Later { why: why.into(), after: None, outage: false })
    }

    /// This very message can be worked on after some time.
    pub fn after(why: impl Into<String>, after: Duration) -> Self {
        Self::Later(Later { why: why.into(), after: Some(after), outage: false })
    }
}

/// A value, or what becomes of the message because there is none.
pub type Step<T> = Result<T, Outcome>;

/// The first pause of a message. Unit: seconds.
const FIRST: u64 = 2;
/// How much longer each next pause is.
const GROWTH: u64 = 4;
/// Longest pause of a message. Unit: seconds.
const LONGEST: u64 = 300;

/// How long a message pauses that was received so many times: half of it and up to as much again by chance, so that
/// messages that failed together do not come back together.
pub fn pause(receives: u32) -> Duration {
    jitter(Duration::from_secs(longest_pause(receives)))
}

/// The longest that [`pause`] may be. Unit: seconds.
fn longest_pause(receives: u32) -> u64 {
    let growth = GROWTH.saturating_pow(receives.saturating_sub(1));
    FIRST.saturating_mul(growth).min(LONGEST)
}

/// Half of a duration, and up to as much again by chance.
pub fn jitter(duration: Duration) -> Duration {
    duration.mul_f64(rand::random_range(0.5..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let longest: Vec<u64> = (0..7).map(longest_pause).collect();
        assert_eq!(longest, [2, 2, 8, 32, 128, 300, 300]);
        assert_eq!(longest_pause(u32::MAX), 300);
    }

    #[test]
    fn a_pause_is_between_half_and_all_of_it() {
        for _ in 0..1_000 {
            let pause = pause(3);
            assert!(pause >= Duration::from_secs(16) && pause <= Duration::from_secs(32), "{pause:?}");
        }
    }
}
