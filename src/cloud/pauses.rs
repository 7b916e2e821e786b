//! Pauses between two looks at something that takes its time.

use std::time::Duration;

/// Pauses between two looks: the first, and the longest.
const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

/// Pauses that grow with the time that was waited.
pub(crate) struct Pauses {
    next: Duration,
}

impl Pauses {
    /// Starts with the shortest.
    pub(crate) fn new() -> Self {
        Self { next: FIRST }
    }

    /// Waits; each time half as long again.
    pub(crate) async fn pause(&mut self) {
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 3 / 2).min(LONGEST);
    }

    /// Something happened: look sooner again.
    pub(crate) fn sooner(&mut self) {
        self.next = (self.next / 2).max(FIRST);
    }
}
