//! How AWS is called.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};

/// Longest that one attempt may take. Unit: seconds.
const ATTEMPT: Duration = Duration::from_secs(2);
/// Longest that a call with all its attempts may take; the rule of the platform is 5 s between services.
const CALL: Duration = Duration::from_secs(5);

/// Finds credentials and makes what clients are made of. The SDK tries again with exponential back-off and jitter, twice
/// at most, and only what it knows to be safe.
pub async fn config(region: String) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(CALL)
        .build();
    let retries = RetryConfig::standard().with_max_attempts(2).with_initial_backoff(Duration::from_millis(100));
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region))
        .timeout_config(timeouts)
        .retry_config(retries)
        .load()
        .await
}

/// The time-outs of a call that waits for messages: as long as SQS may wait, and a little.
pub fn waiting(wait: Duration) -> TimeoutConfig {
    let longest = wait + ATTEMPT + ATTEMPT;
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .read_timeout(longest)
        .operation_attempt_timeout(longest)
        .operation_timeout(longest)
        .build()
}
