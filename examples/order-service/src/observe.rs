//! What happens around every request: its id and its place in a trace, its span, its time-out, its log line, the count of
//! it, and the body of a problem.

use std::time::Duration;

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use order_runtime::telemetry::{self, Carrier};
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};
use uuid::Uuid;

use crate::api::App;
use crate::problem::{Failure, Kind};

/// Longest that an answer may take. The gateway waits for 6 s.
pub const TIMEOUT: Duration = Duration::from_secs(5);
/// The header with the id of a request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken from a request.
const LONGEST_ID: usize = 128;
/// Headers that say where a request belongs in a trace.
const TRACE: [&str; 4] = ["traceparent", "tracestate", "baggage", "x-amzn-trace-id"];

/// What handlers know of the request they answer.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Its id.
    pub request_id: String,
    /// When it came.
    pub started: Instant,
}

/// Does what is done around every request.
pub async fn observe(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let facts = Facts { request_id: request_id(request.headers()), started: Instant::now() };
    let method = method(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let uri = request.uri().clone();
    let span = tracing::info_span!(
        "request",
        requestId = facts.request_id,
        traceId = Empty,
        userId = Empty,
        orderId = Empty,
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
    );
    telemetry::adopt(&span, &carrier(request.headers()));
    request.extensions_mut().insert(facts.clone());
    let answer = async {
        let response = match app.limits.request() {
            Ok(_permit) => tokio::time::timeout(TIMEOUT, next.run(request)).await.unwrap_or_else(|_| {
                let failure = Failure::new(Kind::TimedOut, "Ask again; an order with the same key is the same order.");
                failure.because("the time-out of the request").into_response()
            }),
            Err(failure) => failure.into_response(),
        };
        finish(&app, &facts, response, (method, &route, &uri))
    };
    answer.instrument(span).await
}

fn finish(app: &App, facts: &Facts, response: Response, (method, route, uri): (&'static str, &str, &Uri)) -> Response {
    let took = facts.started.elapsed();
    let failure = response.extensions().get::<Failure>().cloned();
    let mut response = match &failure {
        Some(failure) => with_problem(response, failure, uri, &facts.request_id),
        None => response,
    };
    if let Ok(value) = HeaderValue::from_str(&facts.request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let status = response.status();
    app.metrics.answered(method, route, status.as_u16(), took);
    let span = Span::current();
    span.record("http.response.status_code", status.as_u16());
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let cause = failure.as_ref().and_then(|failure| failure.cause.as_deref());
    let (status, line) = (status.as_u16(), format!("{method} {route}"));
    if status >= StatusCode::INTERNAL_SERVER_ERROR.as_u16() {
        span.record("otel.status_code", "ERROR");
        tracing::error!(status, durationMs = millis, cause, "{line}");
    } else {
        tracing::info!(status, durationMs = millis, cause, "{line}");
    }
    response
}

fn with_problem(response: Response, failure: &Failure, uri: &Uri, request_id: &str) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let body = Json(failure.problem(uri.path(), request_id)).into_response().into_body();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    Response::from_parts(parts, body)
}

/// The id that the request brings, if it is one; else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let brought = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let sound = |id: &&str| (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    brought.filter(sound).map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

fn carrier(headers: &HeaderMap) -> Carrier {
    let values = TRACE.into_iter().filter_map(|name| Some((name, headers.get(name)?.to_str().ok()?)));
    values.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Methods are names of metrics, so that others can make no new ones.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_taken_if_it_is_sound() {
        let id = |value: &str| {
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("it is a value");
            request_id(&HeaderMap::from_iter([(REQUEST_ID, value)]))
        };
        assert_eq!(id("d4e8c9f6-1234"), "d4e8c9f6-1234");
        for unsound in ["", "two words", "ümlaut", &"x".repeat(129)] {
            let new: Uuid = id(unsound).parse().expect("it is a new one");
            assert_eq!(new.get_version_num(), 7, "{unsound}");
        }
    }
}
