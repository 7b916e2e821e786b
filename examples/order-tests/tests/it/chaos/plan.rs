//! Who orders what, and when.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// Everything that runs. What may have several pods has.
pub(super) const PROGRAMS: [&str; 9] = [
    "order-service#1",
    "order-service#2",
    "payment#1",
    "payment#2",
    "inventory#1",
    "inventory#2",
    "email",
    "intake",
    "replay",
];
/// What there is, and how many. There is no `sold-out`, and not enough of what is rare.
pub(super) const STOCK: [(&str, i64); 4] = [("sku-1", 10_000), ("sku-2", 10_000), ("sku-3", 10_000), ("rare", 9)];
/// Whose card is declined for good.
pub(super) const POOR: &str = "poor";
/// Whose card might work the next time, and never does.
pub(super) const HOPEFUL: &str = "hopeful";
const CUSTOMERS: [&str; 6] = ["ann", "bob", "cat", "dan", POOR, HOPEFUL];
const ORDERS: usize = 60;
/// Longest pause of a customer between two orders. Unit: milliseconds.
const PAUSE: u64 = 3_600;

/// The way an order takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// `POST /v1/orders`.
    Service,
    /// `POST /v1/orders/async`.
    Queue,
}

/// An order that is to be placed.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) sub: &'static str,
    pub(super) key: String,
    pub(super) product: &'static str,
    pub(super) qty: u32,
    pub(super) way: Way,
    /// How long the customer thinks first.
    pub(super) after: Duration,
}

/// All orders.
pub(super) struct Plan {
    pub(super) orders: Vec<Order>,
}

impl Plan {
    /// Draws one.
    pub(super) fn draw(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let orders = (0..ORDERS).map(|number| {
            let sub = CUSTOMERS[number % CUSTOMERS.len()];
            let product = match random.random_range(0..10) {
                0 => "sold-out",
                1 | 2 => "rare",
                other => STOCK[other % 3].0,
            };
            Order {
                sub,
                key: format!("{sub}-{number}"),
                product,
                qty: random.random_range(1..4),
                way: if random.random_bool(0.25) { Way::Queue } else { Way::Service },
                after: Duration::from_millis(random.random_range(0..PAUSE)),
            }
        });
        Self { orders: orders.collect() }
    }

    /// The orders of each customer.
    pub(super) fn customers(&self) -> impl Iterator<Item = (&'static str, Vec<Order>)> {
        let mut all = BTreeMap::<&str, Vec<Order>>::new();
        for order in &self.orders {
            all.entry(order.sub).or_default().push(order.clone());
        }
        all.into_iter()
    }
}
