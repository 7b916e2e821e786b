//! How AWS is called.

use std::error::Error;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

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

/// Says why a call failed: what AWS answered, or why there was no answer. One line, without what a debugger wants.
pub fn why<E, R>(error: &SdkError<E, R>) -> String
where
    E: Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug + 'static,
{
    if let Some(answered) = error.as_service_error()
        && let Some(code) = answered.code()
    {
        let message = answered.message().unwrap_or("no message");
        return format!("{code}: {message}");
    }
    let mut texts: Vec<String> = Vec::new();
    let mut next: Option<&dyn Error> = Some(error);
    while let Some(cause) = next {
        let text = cause.to_string();
        // Some repeat what the next one says.
        if texts.last().is_none_or(|last| !last.ends_with(&text)) {
            texts.push(text);
        }
        next = cause.source();
    }
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::error::ErrorMetadata;
    use aws_sdk_s3::operation::put_object::PutObjectError;

    use super::*;

    #[test]
    fn an_answer_is_said_by_its_code_and_a_failure_by_its_causes() {
        let denied = ErrorMetadata::builder().code("AccessDenied").message("not yours").build();
        let answered = SdkError::service_error(PutObjectError::generic(denied), ());
        assert_eq!(why(&answered), "AccessDenied: not yours");
        let refused: std::io::Error = std::io::ErrorKind::ConnectionRefused.into();
        let silent: SdkError<PutObjectError, ()> = SdkError::timeout_error(refused);
        assert_eq!(why(&silent), "request has timed out: connection refused");
    }
}
