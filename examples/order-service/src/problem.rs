//! What is answered instead of what was asked for: `application/problem+json`, as RFC 9457 has it.
//!
//! A handler returns a [`Failure`]; [`crate::observe`] makes the body of it, because it knows the id of the request.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// How long somebody who was sent away should wait. Unit: seconds.
pub const RETRY_AFTER: u64 = 5;

/// The kinds of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The body is no JSON, or did not arrive.
    Malformed,
    /// A parameter or a header cannot be used.
    Parameter,
    /// There is no idempotency key.
    NoKey,
    /// There are two idempotency keys.
    TwoKeys,
    /// There is no valid token.
    Unauthenticated,
    /// The token does not allow it.
    Forbidden,
    /// There is no such thing, or not for this user.
    NotFound,
    /// The path knows other methods.
    Method,
    /// Something else was ordered under the key.
    Conflict,
    /// The body is too large.
    TooLarge,
    /// The body is no JSON by its own account.
    MediaType,
    /// The order is none.
    Invalid,
    /// Too many requests of one user.
    RateLimit,
    /// A mistake of ours.
    Internal,
    /// Something that is needed does not answer.
    Unavailable,
    /// Too much is going on.
    Overloaded,
    /// It took too long.
    TimedOut,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 17] = [
        Self::Malformed,
        Self::Parameter,
        Self::NoKey,
        Self::TwoKeys,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::Method,
        Self::Conflict,
        Self::TooLarge,
        Self::MediaType,
        Self::Invalid,
        Self::RateLimit,
        Self::Internal,
        Self::Unavailable,
        Self::Overloaded,
        Self::TimedOut,
    ];

    /// Returns status, type and title: the one table of them.
    fn row(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Malformed => (StatusCode::BAD_REQUEST, "urn:orders:problem:malformed", "The body cannot be read"),
            Self::Parameter => (StatusCode::BAD_REQUEST, "urn:orders:problem:parameter", "A parameter cannot be used"),
            Self::NoKey => {
                (StatusCode::BAD_REQUEST, "urn:orders:problem:no-idempotency-key", "There is no idempotency key")
            }
            Self::TwoKeys => {
                (StatusCode::BAD_REQUEST, "urn:orders:problem:two-idempotency-keys", "There are two idempotency keys")
            }
            Self::Unauthenticated => {
                (StatusCode::UNAUTHORIZED, "urn:orders:problem:unauthenticated", "There is no valid token")
            }
            Self::Forbidden => (StatusCode::FORBIDDEN, "urn:orders:problem:forbidden", "The token does not allow it"),
            Self::NotFound => (StatusCode::NOT_FOUND, "urn:orders:problem:not-found", "There is no such thing"),
            Self::Method => {
                (StatusCode::METHOD_NOT_ALLOWED, "urn:orders:problem:method", "The path knows other methods")
            }
            Self::Conflict => {
                (StatusCode::CONFLICT, "urn:orders:problem:conflict", "Something else was ordered under the key")
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "urn:orders:problem:too-large", "The body is too large"),
            Self::MediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "urn:orders:problem:media-type", "The body must be JSON")
            }
            Self::Invalid => {
                (StatusCode::UNPROCESSABLE_ENTITY, "urn:orders:problem:invalid", "The order cannot be taken")
            }
            Self::RateLimit => (StatusCode::TOO_MANY_REQUESTS, "urn:orders:problem:rate-limit", "Too many requests"),
            Self::Internal => {
                (StatusCode::INTERNAL_SERVER_ERROR, "urn:orders:problem:internal", "Something went wrong here")
            }
            Self::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "urn:orders:problem:unavailable", "It cannot be done now")
            }
            Self::Overloaded => {
                (StatusCode::SERVICE_UNAVAILABLE, "urn:orders:problem:overloaded", "Too much is going on")
            }
            Self::TimedOut => (StatusCode::SERVICE_UNAVAILABLE, "urn:orders:problem:timed-out", "It took too long"),
        }
    }

    /// Returns the status.
    pub fn status(self) -> StatusCode {
        self.row().0
    }

    /// Returns the type: what a program decides by.
    pub fn as_str(self) -> &'static str {
        self.row().1
    }

    /// Returns the title: what a person reads first.
    pub fn title(self) -> &'static str {
        self.row().2
    }
}

/// The body: what was wrong.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The kind of problem, which does not change.
    #[schema(example = "urn:orders:problem:invalid")]
    pub r#type: String,
    /// The kind of problem, for people.
    pub title: String,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What was wrong this time.
    pub detail: String,
    /// The path of the request.
    pub instance: String,
    /// The id of the request; support asks for it.
    pub request_id: String,
    /// Everything that is wrong with what was sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<Fault>,
}

/// One thing that is wrong with what was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// Where in the body, as a JSON pointer (RFC 6901); empty for the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub pointer: Option<String>,
    /// Which header or parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub parameter: Option<String>,
    /// What it must be.
    pub detail: String,
}

/// A problem on its way out.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Its kind.
    pub kind: Kind,
    /// What was wrong this time.
    pub detail: String,
    /// Everything that is wrong with what was sent.
    pub errors: Vec<Fault>,
    /// What is logged and not answered.
    pub cause: Option<String>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Failure {
    /// Makes one.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let failure = Self { kind, detail: detail.into(), errors: Vec::new(), cause: None, headers: Vec::new() };
        if kind.status() == StatusCode::SERVICE_UNAVAILABLE {
            failure.with_header(header::RETRY_AFTER, &RETRY_AFTER.to_string())
        } else {
            failure
        }
    }

    /// A mistake of ours; what it was is only logged.
    pub fn internal(cause: impl ToString) -> Self {
        Self::new(Kind::Internal, "It was noted under the id of the request.").because(cause)
    }

    /// Something does not answer; what it was is only logged.
    pub fn unavailable(detail: impl Into<String>, cause: impl ToString) -> Self {
        Self::new(Kind::Unavailable, detail).because(cause)
    }

    /// A header or a parameter is wrong.
    pub fn parameter(kind: Kind, parameter: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let mut failure = Self::new(kind, format!("`{parameter}` {detail}."));
        failure.errors.push(Fault { pointer: None, parameter: Some(parameter.to_owned()), detail });
        failure
    }

    /// The body is wrong.
    pub fn body(kind: Kind, invalid: order_events::Invalid) -> Self {
        let mut failure = Self::new(kind, format!("{} of it must be changed.", invalid.0.len()));
        failure.errors = invalid.0.into_iter().map(Fault::from).collect();
        failure
    }

    /// Notes what led to it, for the log.
    pub fn because(mut self, cause: impl ToString) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// Adds a header to the answer.
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        // Ours are visible ASCII.
        self.headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }

    /// Returns the body.
    pub fn problem(&self, instance: &str, request_id: &str) -> Problem {
        Problem {
            r#type: self.kind.as_str().to_owned(),
            title: self.kind.title().to_owned(),
            status: self.kind.status().as_u16(),
            detail: self.detail.clone(),
            instance: instance.to_owned(),
            request_id: request_id.to_owned(),
            errors: self.errors.clone(),
        }
    }
}

impl From<order_events::Problem> for Fault {
    fn from(problem: order_events::Problem) -> Self {
        Self { pointer: Some(problem.pointer), parameter: None, detail: problem.detail }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        response.headers_mut().extend(self.headers.clone());
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_kinds_have_the_same_type() {
        let types: BTreeSet<&str> = Kind::ALL.into_iter().map(Kind::as_str).collect();
        assert_eq!(types.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert!(kind.status().is_client_error() || kind.status().is_server_error(), "{kind:?}");
            assert!(!kind.title().ends_with('.'), "{kind:?}");
        }
    }

    #[test]
    fn the_cause_stays_here() {
        let problem = Failure::internal("the password is wrong").problem("/v1/orders", "r1");
        let text = serde_json::to_string(&problem).expect("it is JSON");
        assert!(!text.contains("password") && text.contains("\"requestId\":\"r1\""), "{text}");
    }
}
