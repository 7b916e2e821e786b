//! When a program is ready whose tables are made by somebody else.

use std::time::{Duration, Instant};

use crate::health::Health;
use crate::store::{Store, Tables};

/// How long a program is not ready while the database does not answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Pauses between attempts to see the tables grow from the first to the second.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// Waits until the tables are there; then the program is ready.
///
/// While the database says that they are not there, the program is not ready: a rollout stands still, and the programs
/// that were there before go on. A database that does not answer says nothing of that, and the program is ready after a
/// while: it can do without the database, or waits for it as it does later.
pub async fn with_tables(store: &Store, health: &Health) {
    let started = Instant::now();
    let mut pause = BACK_OFF.0;
    loop {
        match store.tables().await {
            Ok(Tables::There) => return health.ready(),
            Ok(Tables::Missing(cause)) => tracing::warn!(cause, "the tables are not there yet"),
            Err(error) => {
                tracing::warn!(cause = %error, "it is not known yet whether the tables are there");
                if started.elapsed() >= PATIENCE {
                    health.ready();
                }
            }
        }
        tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
        pause = (pause * 2).min(BACK_OFF.1);
    }
}
