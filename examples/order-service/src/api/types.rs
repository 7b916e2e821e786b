//! What is sent and answered, as the `OpenAPI` document has it.
//!
//! A body is read by [`order_events::NewOrder::read`], which both programs use; the types of bodies here only describe
//! it, and a test holds one against the other.

use jiff::Timestamp;
use order_runtime::store;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// An order as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum NewOrder {
    /// Some of one product.
    One(OneProduct),
    /// Some of each of several products.
    Several(SeveralLines),
}

/// Some of one product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OneProduct {
    /// Which product.
    #[schema(pattern = "^[A-Za-z0-9_.-]+$", min_length = 1, max_length = 64, example = "sku-328")]
    pub product_id: String,
    /// How many.
    #[schema(minimum = 1, maximum = 1000, example = 2)]
    pub qty: u32,
    /// The key under which it is one and the same order however often it is sent. Here or in the header
    /// `Idempotency-Key`; in both if they are equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[!-~]+$", min_length = 1, max_length = 255, example = "order-20251206-abc123")]
    pub idempotency_key: Option<String>,
}

/// Some of each of several products.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeveralLines {
    /// What is ordered.
    #[schema(min_items = 1, max_items = 10000)]
    pub lines: Vec<Line>,
    /// The key under which it is one and the same order however often it is sent. Here or in the header
    /// `Idempotency-Key`; in both if they are equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[!-~]+$", min_length = 1, max_length = 255, example = "order-20251206-abc123")]
    pub idempotency_key: Option<String>,
}

/// Some of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Line {
    /// Which product.
    #[schema(pattern = "^[A-Za-z0-9_.-]+$", min_length = 1, max_length = 64, example = "sku-328")]
    pub product_id: String,
    /// How many.
    #[schema(minimum = 1, maximum = 1000, example = 2)]
    pub qty: u32,
}

/// An order that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Taken {
    /// Its id.
    pub order_id: Uuid,
    /// Where it stands.
    pub status: TakenStatus,
}

/// Where an order stands that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum TakenStatus {
    /// Payment and stock come next.
    Pending,
    /// It is stored; payment and stock come next.
    Accepted,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// Its id.
    pub order_id: Uuid,
    /// Where it stands.
    pub status: Status,
    /// Why it is cancelled, as `out-of-stock`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<String>,
    /// What is ordered.
    pub lines: Vec<Line>,
    /// The request that placed it.
    pub request_id: String,
    /// When it was placed.
    #[schema(value_type = String, format = DateTime)]
    pub placed_at: Timestamp,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Payment or stock are not settled yet.
    Pending,
    /// It is paid, and its goods are reserved.
    Confirmed,
    /// It will not be delivered.
    Cancelled,
}

/// Orders, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Orders {
    /// The orders.
    pub orders: Vec<Order>,
    /// Where the next page begins, if there is one: the parameter `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_cursor: Option<String>,
}

impl From<store::Order> for Order {
    fn from(order: store::Order) -> Self {
        let lines = order.lines.into_iter().map(|line| Line { product_id: line.product_id, qty: line.qty });
        Self {
            order_id: order.order_id.as_uuid(),
            status: match order.status {
                store::Status::Pending => Status::Pending,
                store::Status::Confirmed => Status::Confirmed,
                store::Status::Cancelled => Status::Cancelled,
            },
            reason: order.reason,
            lines: lines.collect(),
            request_id: order.request_id,
            placed_at: order.placed_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_read_as_they_are_described() {
        for body in [
            r#"{"productId":"a","qty":1,"idempotencyKey":"k"}"#,
            r#"{"lines":[{"productId":"a","qty":1}]}"#,
            r#"{"productId":"a","qty":1,"lines":[]}"#,
            r#"{"productId":"a"}"#,
            r#"{"lines":[{"productId":"a","qty":1}],"colour":"red"}"#,
            "{}",
        ] {
            let described = serde_json::from_str::<NewOrder>(body);
            let read = order_events::NewOrder::read(body.as_bytes());
            assert_eq!(described.is_ok(), read.is_ok(), "{body}");
            let Ok(read) = read else { continue };
            let key = match described.expect("it is described") {
                NewOrder::One(one) => one.idempotency_key,
                NewOrder::Several(several) => several.idempotency_key,
            };
            assert_eq!(key, read.idempotency_key);
        }
    }
}
