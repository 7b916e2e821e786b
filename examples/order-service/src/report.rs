//! What is not where it should be, as numbers on which alarms look.

use std::time::Duration;

use order_runtime::numbers::{Numbers, Unit};
use order_runtime::store::Backlog;
use tokio::sync::watch;

/// How often numbers are reported: the period of the alarms.
const PERIOD: Duration = Duration::from_mins(1);

/// Reports what was counted, again and again. What was not counted lately, because the database does not answer, is not
/// reported; alarms take silence for trouble.
pub async fn run(numbers: Numbers, mut counted: watch::Receiver<Option<Backlog>>) {
    // Whoever counts is gone at the end only.
    while counted.changed().await.is_ok() {
        let Some(backlog) = *counted.borrow_and_update() else { continue };
        if let Err(cause) = numbers.put(&reported(&backlog)).await {
            tracing::warn!(cause, "the numbers for alarms could not be reported");
        }
        tokio::time::sleep(PERIOD).await;
        // The next ones are those that are counted from now on.
        counted.mark_unchanged();
    }
}

#[expect(clippy::cast_precision_loss, reason = "so many events there never are")]
fn reported(backlog: &Backlog) -> [(&'static str, Unit, f64); 4] {
    [
        ("OldestEventAge", Unit::Seconds, backlog.oldest),
        ("ParkedEvents", Unit::Count, backlog.parked as f64),
        ("OldestPendingOrderAge", Unit::Seconds, backlog.pending),
        ("OldestUnsettledPaymentAge", Unit::Seconds, backlog.unsettled),
    ]
}
