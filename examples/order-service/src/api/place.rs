//! `POST /v1/orders` and `POST /v1/orders/async`.

use axum::body::Bytes;
use axum::extract::{Extension, FromRequest as _, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, RequestExt as _};
use jiff::Timestamp;
use order_events::{BODY_LIMIT, NewOrder, OrderId, Submission};
use order_runtime::store::Placed;
use order_runtime::telemetry;
use serde::de::IgnoredAny;
use tracing::Span;

use super::types::{Taken, TakenStatus};
use super::{App, types};
use crate::auth::Scope;
use crate::desk;
use crate::limit::too_large;
use crate::metrics::Outcome;
use crate::observe::Facts;
use crate::problem::{Failure, Kind};
use crate::settings::Answer;

const KEY: &str = "Idempotency-Key";

/// Places an order.
///
/// The same key with the same order gets the same answer, however often it is sent; with another order it is refused.
/// While the database is down, the order waits in a queue, and the answer is 202.
#[utoipa::path(
    post,
    path = "/v1/orders",
    tag = "orders",
    operation_id = "placeOrder",
    request_body(content = types::NewOrder, description = "At most 921,600 bytes."),
    params(
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]+$", min_length = 1, max_length = 255,
            description = "The key under which it is one and the same order, if the body does not say it."),
    ),
    responses(
        (status = 201, description = "It is stored; so where the service is set to `created`.", body = types::Taken,
            headers(("Location" = String, description = "Where to ask for it."))),
        (status = 202, description = "It is taken.", body = types::Taken,
            headers(("Location" = String, description = "Where to ask for it."))),
    ),
    security(("token" = ["orders/write"])),
)]
pub(super) async fn place(
    State(app): State<App>,
    Extension(facts): Extension<Facts>,
    request: Request,
) -> Result<Response, Failure> {
    let submission = submission(&app, &facts, request).await?;
    let taken = app.desk.take(&submission).await.map_err(|failure| refused(&app, failure))?;
    let outcome = match taken {
        desk::Taken::Stored(Placed::New) => Outcome::Stored,
        desk::Taken::Stored(Placed::Before) => Outcome::Before,
        desk::Taken::Stored(Placed::Conflict) => Outcome::Conflict,
        desk::Taken::Queued => Outcome::Queued,
    };
    app.metrics.order(outcome);
    if outcome == Outcome::Stored {
        let took = u64::try_from(facts.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(durationMs = took, "OrderCreated");
    }
    answer(&app, taken, submission.order_id)
}

/// Places an order that nobody waits for.
///
/// It is checked as that of `placeOrder`, waits in a queue, and is stored when its turn comes, whether the database is up
/// now or not. The same key is the same order; another order under the same key is not stored, and this answer cannot
/// tell.
#[utoipa::path(
    post,
    path = "/v1/orders/async",
    tag = "orders",
    operation_id = "placeOrderLater",
    request_body(content = types::NewOrder, description = "At most 921,600 bytes."),
    params(
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]+$", min_length = 1, max_length = 255,
            description = "The key under which it is one and the same order, if the body does not say it."),
    ),
    responses((status = 202, description = "It is taken.", body = types::Taken,
        headers(("Location" = String, description = "Where to ask for it; it is there when it is stored.")))),
    security(("token" = ["orders/write"])),
)]
pub(super) async fn later(
    State(app): State<App>,
    Extension(facts): Extension<Facts>,
    request: Request,
) -> Result<Response, Failure> {
    let submission = submission(&app, &facts, request).await?;
    app.desk.take_later(&submission).await.map_err(|failure| refused(&app, failure))?;
    app.metrics.order(Outcome::Queued);
    tracing::info!("OrderQueued");
    answer(&app, desk::Taken::Queued, submission.order_id)
}

/// Reads what is ordered, by whom and under which key.
async fn submission(app: &App, facts: &Facts, request: Request) -> Result<Submission, Failure> {
    let user = app.caller(request.headers(), Scope::Write).await?;
    let refused = |failure| refused(app, failure);
    let length = media(request.headers()).map_err(refused)?;
    let _room = app.limits.body(length).map_err(refused)?;
    let in_header = header_key(request.headers()).map_err(refused)?;
    let body = body(request).await.map_err(refused)?;
    let order = read(&body).map_err(refused)?;
    drop(body);
    let key = key(in_header, order.idempotency_key.clone()).map_err(refused)?;
    let request = (facts.request_id.clone(), telemetry::traceparent());
    let submission = Submission::new(order, (user, &key), request, Timestamp::now()).map_err(|_| {
        refused(Failure::parameter(Kind::Parameter, KEY, "must have 1 to 255 visible ASCII characters"))
    })?;
    Span::current().record("orderId", tracing::field::display(submission.order_id));
    Ok(submission)
}

/// Counts an order that is none.
fn refused(app: &App, failure: Failure) -> Failure {
    app.metrics.order(Outcome::Refused);
    failure
}

fn answer(app: &App, taken: desk::Taken, id: OrderId) -> Result<Response, Failure> {
    let (code, status) = match (taken, app.answer) {
        (desk::Taken::Stored(Placed::Conflict), _) => {
            return Err(Failure::new(Kind::Conflict, "Use another key for another order."));
        }
        (desk::Taken::Stored(Placed::New | Placed::Before), Answer::Created) => {
            (StatusCode::CREATED, TakenStatus::Accepted)
        }
        (desk::Taken::Stored(Placed::New | Placed::Before), Answer::Accepted) | (desk::Taken::Queued, _) => {
            (StatusCode::ACCEPTED, TakenStatus::Pending)
        }
    };
    let location = [(header::LOCATION, format!("/v1/orders/{id}"))];
    Ok((code, location, Json(Taken { order_id: id.as_uuid(), status })).into_response())
}

/// Checks what the body is said to be, and returns its length if that is said.
fn media(headers: &HeaderMap) -> Result<Option<usize>, Failure> {
    let value = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    let kind = value(header::CONTENT_TYPE).and_then(|kind| kind.split(';').next()).map(str::trim);
    if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) {
        return Err(Failure::new(Kind::MediaType, "Send `Content-Type: application/json`."));
    }
    if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(Failure::new(Kind::MediaType, "Send the body as it is, without `Content-Encoding`."));
    }
    Ok(value(header::CONTENT_LENGTH).and_then(|length| length.parse().ok()))
}

async fn body(mut request: Request) -> Result<Bytes, Failure> {
    axum::extract::DefaultBodyLimit::apply(axum::extract::DefaultBodyLimit::max(BODY_LIMIT), &mut request);
    Bytes::from_request(request.with_limited_body(), &()).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            too_large()
        } else {
            Failure::new(Kind::Malformed, "The body did not arrive.").because(rejection)
        }
    })
}

/// What is no JSON at all is malformed; what is JSON and no order is invalid.
fn read(body: &[u8]) -> Result<NewOrder, Failure> {
    NewOrder::read(body).map_err(|invalid| match serde_json::from_slice::<IgnoredAny>(body) {
        Ok(IgnoredAny) => Failure::body(Kind::Invalid, invalid),
        Err(_) => Failure::body(Kind::Malformed, invalid),
    })
}

fn header_key(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let mut all = headers.get_all(KEY).iter();
    let Some(first) = all.next() else { return Ok(None) };
    if all.next().is_some() {
        return Err(Failure::parameter(Kind::TwoKeys, KEY, "must be sent once"));
    }
    let key = first.to_str().ok().filter(|key| NewOrder::is_key(key));
    let wrong = || Failure::parameter(Kind::Parameter, KEY, "must have 1 to 255 visible ASCII characters");
    Ok(Some(key.ok_or_else(wrong)?.to_owned()))
}

fn key(in_header: Option<String>, in_body: Option<String>) -> Result<String, Failure> {
    match (in_header, in_body) {
        (Some(header), Some(body)) if header != body => {
            Err(Failure::parameter(Kind::TwoKeys, KEY, "and `idempotencyKey` of the body must be equal"))
        }
        (Some(key), _) | (None, Some(key)) => Ok(key),
        (None, None) => {
            let detail = "or `idempotencyKey` in the body must be sent, so that an order that is sent twice is one";
            Err(Failure::parameter(Kind::NoKey, KEY, detail))
        }
    }
}
