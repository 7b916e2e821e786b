//! One request: kept within the rate of its service, repeated while the reason passes by itself, counted.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_cloudformation::config::http::HttpResponse;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use tokio::time::Instant;

use super::actions::Action;
use super::{Cloud, clock};

/// How long a request is repeated while AWS throttles, fails or does not answer.
const PATIENCE: Duration = Duration::from_mins(15);
/// The same for a service that has not answered a single request yet: the address or the network is wrong.
const NO_ANSWER: Duration = Duration::from_secs(10);
/// How long a request is repeated before people are told why.
const QUIET: Duration = Duration::from_secs(30);
/// First pause before a request is repeated, doubled up to [`MAX_PAUSE`]. Throttling starts at [`THROTTLED_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const THROTTLED_PAUSE: Duration = Duration::from_millis(500);
const MAX_PAUSE: Duration = Duration::from_secs(20);

/// Requests a second that Route 53 takes from an account.
///
/// Source: <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests> (read
/// 2026-11-25).
const ROUTE53_RATE: u32 = 5;
/// Requests a second to any other service. AWS publishes no number for CloudFormation; this is ours, and throttling
/// lowers it.
const RATE: u32 = 20;

/// What AWS answers to credentials that are not valid any more: with others, the same request may succeed.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html> (from memory).
const OF_CREDENTIALS: [&str; 4] = ["ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId"];

/// Why a request failed for good.
#[derive(Debug, thiserror::Error)]
#[error("{action}: {message}")]
pub(crate) struct Failure {
    /// The action, such as `cloudformation:DescribeStacks`.
    pub(crate) action: &'static str,
    /// The error code, if AWS answered.
    pub(crate) code: String,
    /// What AWS or the connection said.
    pub(crate) message: String,
    /// Whether it may succeed later as it is: the network, the load or the credentials were at fault.
    pub(crate) passing: bool,
}

impl Failure {
    /// Whether the code is one of these.
    pub(crate) fn is(&self, codes: &[&str]) -> bool {
        codes.contains(&self.code.as_str())
    }

    /// A failure that is found without a request.
    pub(crate) fn of(action: Action, message: impl Into<String>) -> Self {
        Self { action: action.as_str(), code: String::new(), message: message.into(), passing: false }
    }

    /// A failure of ours.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self { action: "internal", code: String::new(), message: message.into(), passing: false }
    }
}

/// What is known of all requests: how many, and when the next may go.
pub(super) struct Calls {
    counts: Mutex<BTreeMap<&'static str, u64>>,
    answered: AtomicBool,
    route53: Limiter,
    others: Limiter,
}

/// Lets requests go at a rate; throttling halves it for a while.
struct Limiter {
    interval: Option<Duration>,
    state: Mutex<Pace>,
}

/// When the next request may go, and by how much throttling stretches the interval.
struct Pace {
    next: Instant,
    stretch: u32,
}

impl Limiter {
    fn new(per_second: Option<u32>) -> Self {
        let interval = per_second.map(|rate| Duration::from_secs(1) / rate);
        Self { interval, state: Mutex::new(Pace { next: Instant::now(), stretch: 1 }) }
    }

    /// Waits for a turn.
    async fn turn(&self) {
        let now = Instant::now();
        if let Some(at) = self.reserve(now) {
            tokio::time::sleep_until(at).await;
        }
    }

    /// When the request that asks now may go. A second's worth of requests may go at once.
    fn reserve(&self, now: Instant) -> Option<Instant> {
        let interval = self.interval?;
        let mut pace = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let earliest = now.checked_sub(Duration::from_secs(1)).unwrap_or(now);
        pace.next = pace.next.max(earliest) + interval * pace.stretch;
        Some(pace.next)
    }

    fn throttled(&self, throttled: bool) {
        let mut pace = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        pace.stretch = if throttled { (pace.stretch * 2).min(16) } else { (pace.stretch / 2).max(1) };
    }
}

impl Calls {
    /// An emulator has no rates, so that a test sees what we do and not how we wait.
    pub(super) fn new(local: bool) -> Self {
        let rate = |rate| (!local).then_some(rate);
        Self {
            counts: Mutex::default(),
            answered: AtomicBool::new(false),
            route53: Limiter::new(rate(ROUTE53_RATE)),
            others: Limiter::new(rate(RATE)),
        }
    }

    pub(super) fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn limiter(&self, action: &str) -> &Limiter {
        if action.starts_with("route53:") { &self.route53 } else { &self.others }
    }

    fn count(&self, action: &'static str) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(action).or_default() += 1;
    }
}

impl Cloud {
    fn failure<E>(&self, action: &'static str, error: &SdkError<E, HttpResponse>, passing: bool) -> Failure
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        failure(action, error, passing, &self.whom)
    }

    /// Sends a request, again and again while the reason that it fails for passes by itself.
    ///
    /// A request whose answer was lost may have been carried out: whoever changes something through this must take the
    /// refusal of a repetition for what it is.
    pub(super) async fn call<T, E, F>(&self, action: Action, send: impl Fn() -> F) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let action = action.as_str();
        let started = Instant::now();
        let limiter = self.calls.limiter(action);
        let mut pause = FIRST_PAUSE;
        let mut learned = false;
        let mut told = started;
        loop {
            limiter.turn().await;
            self.calls.count(action);
            crate::output::trace(|| {
                format!(
                    "asks {}{action}",
                    self.whom.url.as_deref().map(|url| format!("{url} for ")).unwrap_or_default()
                )
            });
            let error = match send().await {
                Ok(answer) => {
                    limiter.throttled(false);
                    self.calls.answered.store(true, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let (mut passing, throttled) = passes(&error);
            if let SdkError::ServiceError(service) = &error {
                self.calls.answered.store(true, Ordering::Relaxed);
                let off = clock::is_off(service.err().code().unwrap_or_default(), service.raw());
                // The SDK has learned the time from this very answer; a second refusal is about something else.
                passing |= off && !std::mem::replace(&mut learned, true);
            }
            if throttled {
                limiter.throttled(true);
                pause = pause.max(THROTTLED_PAUSE);
            }
            let answered = self.calls.answered.load(Ordering::Relaxed);
            let patience = if answered { PATIENCE } else { self.patience(NO_ANSWER) };
            if !passing || started.elapsed() > patience {
                return Err(self.failure(action, &error, passing));
            }
            if told.elapsed() > self.patience(QUIET) {
                told = Instant::now();
                let seconds = started.elapsed().as_secs();
                let why = self.failure(action, &error, false).message;
                (self.say)(&format!("{action}: {why}; asked again for {seconds} s now\n"));
            }
            tokio::time::sleep(self.patience(pause)).await;
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }
}

/// Whether a failure passes by itself, and whether it is throttling.
///
/// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html> (read 2026-11-25); Route 53:
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html> (read 2026-11-25).
fn passes<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> (bool, bool) {
    const THROTTLED: [&str; 11] = [
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottledException",
        "RequestThrottled",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "SlowDown",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
    ];
    const PASSING: [&str; 5] =
        ["RequestTimeout", "RequestTimeoutException", "InternalError", "InternalFailure", "ServiceUnavailable"];
    match error {
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => (true, false),
        SdkError::DispatchFailure(failure) => (failure.is_io() || failure.is_timeout(), false),
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or_default();
            let status = service.raw().status().as_u16();
            let throttled = status == 429 || THROTTLED.contains(&code);
            // What a service does not have (501) does not come by waiting.
            (throttled || (status >= 500 && status != 501) || PASSING.contains(&code), throttled)
        }
        SdkError::ConstructionFailure(_) | _ => (false, false),
    }
}

fn failure<E>(action: &'static str, error: &SdkError<E, HttpResponse>, passing: bool, whom: &Whom) -> Failure
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let (code, message) = match error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or_default();
            let message = service.err().message().unwrap_or_default();
            let both = match (message.is_empty(), code.is_empty()) {
                (true, true) => "the answer is none of AWS: it cannot be read".to_owned(),
                (true, false) => code.to_owned(),
                (false, _) => format!("{message} ({code})"),
            };
            (code.to_owned(), both)
        }
        SdkError::DispatchFailure(_) => (String::new(), unsent(error, whom)),
        SdkError::TimeoutError(_) => (String::new(), "no answer in time".to_owned()),
        _ => (String::new(), causes(error).join(": ")),
    };
    let message = if passing { format!("{message}, again and again") } else { message };
    let later = passing || matches!(error, SdkError::DispatchFailure(_)) || OF_CREDENTIALS.contains(&code.as_str());
    Failure { action, code, message, passing: later }
}

/// Who is asked, and as whom.
#[derive(Clone, Debug, Default)]
pub(super) struct Whom {
    /// Address of an emulator.
    pub(super) url: Option<String>,
    /// The profile that `AWS_PROFILE` names.
    pub(super) profile: Option<String>,
}

/// Why a request was not even sent, and what to do about it.
fn unsent(error: &(dyn StdError + 'static), whom: &Whom) -> String {
    let causes = causes(error);
    let last = causes.last().map(String::as_str).unwrap_or_default();
    if causes.iter().any(|cause| cause.contains("credentials")) {
        if let Some(profile) = &whom.profile {
            return format!(
                "no credentials were found for the profile `{profile}`, which AWS_PROFILE names ({last}); see whether \
                 ~/.aws/config or ~/.aws/credentials has it, and `aws sso login --profile {profile}`"
            );
        }
        return format!(
            "no credentials were found ({last}); name them as for the AWS CLI: with AWS_PROFILE, AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY, or `aws sso login`"
        );
    }
    match &whom.url {
        Some(url) => format!("no connection to {url}, which `endpoint-url` of the environment names: {last}"),
        None => format!("no connection: {last}"),
    }
}

/// An error and what caused it, outermost first, each said once.
fn causes(error: &(dyn StdError + 'static)) -> Vec<String> {
    let chain = std::iter::successors(Some(error), |error: &&(dyn StdError + 'static)| (*error).source());
    let mut texts: Vec<String> = chain.map(ToString::to_string).collect();
    texts.dedup();
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long a number of requests that are asked for at once takes, from a moment on.
    fn time_of(limiter: &Limiter, now: Instant, requests: usize) -> Duration {
        let last = (0..requests).filter_map(|_| limiter.reserve(now)).last();
        last.map_or(Duration::ZERO, |last| last.saturating_duration_since(now))
    }

    #[test]
    fn requests_keep_to_the_rate_and_a_second_of_them_goes_at_once() {
        let limiter = Limiter::new(Some(ROUTE53_RATE));
        let later = Instant::now() + Duration::from_secs(10);
        assert_eq!(time_of(&limiter, later, 5), Duration::ZERO);
        assert_eq!(time_of(&limiter, later, 20), Duration::from_secs(4));
    }

    #[test]
    fn throttling_slows_requests_down_until_they_are_taken_again() {
        let limiter = Limiter::new(Some(ROUTE53_RATE));
        let now = Instant::now() + Duration::from_secs(10);
        time_of(&limiter, now, 5);
        limiter.throttled(true);
        limiter.throttled(true);
        assert_eq!(time_of(&limiter, now, 5), Duration::from_secs(4));
        limiter.throttled(false);
        limiter.throttled(false);
        assert_eq!(time_of(&limiter, now, 5), Duration::from_secs(5));
    }

    #[test]
    fn an_emulator_has_no_rate() {
        assert_eq!(Calls::new(true).route53.reserve(Instant::now()), None);
    }
}
