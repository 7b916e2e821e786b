//! `GET /v1/orders` and `GET /v1/orders/{id}`.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use order_events::{NewOrder, OrderId};
use order_runtime::store::{self, After, Page};
use tracing::Span;
use uuid::Uuid;

use super::{App, types};
use crate::auth::Scope;
use crate::limit::PAGE;
use crate::problem::{Failure, Kind};

/// Most orders of a page.
const MOST: u32 = 100;
/// Orders of a page that does not say how many.
const USUAL: u32 = 20;

/// Finds an order.
///
/// One of somebody else is not found.
#[utoipa::path(
    get,
    path = "/v1/orders/{id}",
    tag = "orders",
    operation_id = "findOrder",
    params(("id" = Uuid, Path, description = "The id of the order.")),
    responses((status = 200, description = "The order.", body = types::Order)),
    security(("token" = ["orders/read"])),
)]
pub(super) async fn order(
    State(app): State<App>,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Failure> {
    let user = app.caller(&headers, Scope::Read).await?;
    let not_found = || Failure::new(Kind::NotFound, "There is no such order.");
    // An id that is none belongs to no order.
    let Path(id) = id.map_err(|_| not_found())?;
    let id: OrderId = id.parse().map_err(|_| not_found())?;
    Span::current().record("orderId", tracing::field::display(id));
    let room = app.limits.answer().await?;
    let order = app.desk.order(&user, id).await?.ok_or_else(not_found)?;
    room.answer(&types::Order::from(order))
}

/// Finds one's orders, the newest first.
///
/// A page ends early when its orders are large: at 1 MiB, with at least one order. `nextCursor` says whether there is
/// another one.
#[utoipa::path(
    get,
    path = "/v1/orders",
    tag = "orders",
    operation_id = "findOrders",
    params(
        ("cursor" = Option<String>, Query, pattern = "^[A-Za-z0-9_-]+$", min_length = 32, max_length = 32,
            description = "Where the page begins: `nextCursor` of the one before."),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Most orders of the page; 20 without."),
        ("idempotencyKey" = Option<String>, Query, pattern = "^[!-~]+$", min_length = 1, max_length = 255,
            description = "Only the order that was placed under this key."),
    ),
    responses((status = 200, description = "A page of orders.", body = types::Orders)),
    security(("token" = ["orders/read"])),
)]
pub(super) async fn orders(
    State(app): State<App>,
    headers: HeaderMap,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Response, Failure> {
    let user = app.caller(&headers, Scope::Read).await?;
    let Query(pairs) = query.map_err(|error| Failure::new(Kind::Parameter, error.body_text()))?;
    let asked = Asked::read(pairs)?;
    let room = app.limits.answer().await?;
    let page = if let Some(key) = &asked.key {
        let one = app.desk.order(&user, OrderId::of(&user, key)).await?.into_iter();
        let orders = one.filter(|order| asked.after.is_none_or(|after| comes_after(order, after))).collect();
        Page { orders, more: false }
    } else {
        app.desk.orders(&user, asked.after, (asked.limit, PAGE)).await?
    };
    let next_cursor = page.orders.last().filter(|_| page.more).map(cursor);
    room.answer(&types::Orders { orders: page.orders.into_iter().map(types::Order::from).collect(), next_cursor })
}

/// What of one's orders is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    after: Option<After>,
    limit: u32,
    key: Option<String>,
}

impl Asked {
    fn read(pairs: Vec<(String, String)>) -> Result<Self, Failure> {
        let (mut after, mut limit, mut key) = (None, None, None);
        for (name, value) in pairs {
            let known = match name.as_str() {
                "cursor" => after.replace(read_cursor(&value)?).is_none(),
                "limit" => limit.replace(read_limit(&value)?).is_none(),
                "idempotencyKey" => key.replace(read_key(value)?).is_none(),
                _ => return Err(wrong(&name, "is none of cursor, limit and idempotencyKey")),
            };
            if !known {
                return Err(wrong(&name, "must be sent once"));
            }
        }
        Ok(Self { after, limit: limit.unwrap_or(USUAL), key })
    }
}

fn wrong(name: &str, detail: &str) -> Failure {
    Failure::parameter(Kind::Parameter, name, detail)
}

fn read_limit(text: &str) -> Result<u32, Failure> {
    let limit = text.parse().ok().filter(|limit| (1..=MOST).contains(limit) && !text.starts_with('+'));
    limit.ok_or_else(|| wrong("limit", "must be 1 to 100"))
}

fn read_key(text: String) -> Result<String, Failure> {
    if NewOrder::is_key(&text) {
        Ok(text)
    } else {
        Err(wrong("idempotencyKey", "must have 1 to 255 visible ASCII characters"))
    }
}

/// A cursor is when an order was placed, in microseconds, and its id.
fn cursor(order: &store::Order) -> String {
    let placed = order.placed_at.as_microsecond().to_be_bytes();
    URL_SAFE_NO_PAD.encode([&placed[..], order.order_id.as_uuid().as_bytes()].concat())
}

/// A cursor that we did not write is a place like any other; a time that the database does not know is its first or last.
fn read_cursor(text: &str) -> Result<After, Failure> {
    let bytes: Option<[u8; 24]> = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    let bytes = bytes.ok_or_else(|| wrong("cursor", "must be `nextCursor` of a page"))?;
    // Big-endian numbers begin with their most significant part, so that both lie in one.
    let (placed, id) =
        bytes.split_first_chunk::<8>().map_or((0, &bytes[..]), |(placed, id)| (i64::from_be_bytes(*placed), id));
    let placed_at = Timestamp::from_microsecond(placed.max(0)).unwrap_or(Timestamp::MAX);
    Ok(After { placed_at, order_id: Uuid::from_slice(id).unwrap_or_default().into() })
}

fn comes_after(order: &store::Order, after: After) -> bool {
    (order.placed_at, order.order_id) < (after.placed_at, after.order_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Result<Asked, String> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Asked::read(pairs.collect()).map_err(|failure| failure.detail)
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let order = store::Order {
            order_id: Uuid::from_u128(7).into(),
            status: store::Status::Pending,
            reason: None,
            lines: Vec::new(),
            request_id: "r1".to_owned(),
            placed_at: "2025-12-06T14:00:00.123456Z".parse().expect("it is a time"),
        };
        let after = read_cursor(&cursor(&order)).expect("it is a cursor");
        assert_eq!(after, After { placed_at: order.placed_at, order_id: order.order_id });
        for text in ["A".repeat(32), "_".repeat(32), "f".repeat(32)] {
            read_cursor(&text).expect(&text);
        }
    }

    #[test]
    fn parameters_are_read_strictly() {
        assert_eq!(asked(&[]), Ok(Asked { after: None, limit: USUAL, key: None }));
        assert_eq!(asked(&[("limit", "100")]).map(|asked| asked.limit), Ok(100));
        for (pairs, said) in [
            (&[("limit", "0")][..], "`limit` must be 1 to 100."),
            (&[("limit", "+1")], "`limit` must be 1 to 100."),
            (&[("limit", "1"), ("limit", "2")], "`limit` must be sent once."),
            (&[("cursor", "x")], "`cursor` must be `nextCursor` of a page."),
            (&[("idempotencyKey", "")], "`idempotencyKey` must have 1 to 255 visible ASCII characters."),
            (&[("page", "2")], "`page` is none of cursor, limit and idempotencyKey."),
        ] {
            assert_eq!(asked(pairs), Err(said.to_owned()));
        }
    }
}
