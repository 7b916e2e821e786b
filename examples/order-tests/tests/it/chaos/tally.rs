//! What became of it all.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_sqs::types::Message;
use serde_json::Value;
use sqlx::Row as _;

use super::id;
use super::plan::{HOPEFUL, POOR, Plan, STOCK, Way};
use super::storm::Storm;
use crate::shop::{ROLES, Shop, reason, text};

/// What is not as it must be, with the order that it is about.
pub(super) type Problem = (Option<String>, String);

/// An order as it is stored.
struct Stored {
    sub: String,
    key: String,
    status: String,
    reason: Option<String>,
    payment: String,
    stock: String,
}

/// Waits until all is quiet, sends back what failed too often, as an operator would, and says what is not as it must be.
pub(super) async fn settle(shop: &Shop, plan: &Plan, storm: &mut Storm, time: Duration) -> Vec<Problem> {
    shop.until_quiet(time).await;
    send_back(shop, storm);
    shop.until_quiet(time).await;
    shop.until_settled(time).await;
    shop.until_quiet(time).await;
    storm.hang_up(shop).await;
    let mut problems = Vec::new();
    let stored = stored(shop).await;
    orders(plan, &stored, &mut problems);
    effects(shop, &stored, &mut problems);
    stock(shop, plan, &stored, &mut problems).await;
    events(storm, &stored, &mut problems);
    poison(shop, storm, &mut problems).await;
    problems
}

/// A message that failed five times is in the dead-letter queue without a reason; nothing is wrong with it.
fn send_back(shop: &Shop, storm: &mut Storm) {
    for queue in ROLES {
        let url = shop.world.platform.queue_url(queue);
        let (code, listed) = shop.operate(&["dlq", "list", "--queue-url", url, "--format", "json"]);
        assert_eq!(code, 0, "{listed}");
        let rows: Value = serde_json::from_str(&listed).unwrap_or_else(|problem| panic!("{problem}: {listed}"));
        let failed = rows.as_array().expect("a list").iter().filter(|row| row["reason"].is_null());
        let ids: Vec<String> = failed.map(|row| text(&row["messageId"])).collect();
        if !ids.is_empty() {
            let mut command = vec!["dlq", "redrive", "--queue-url", url, "--yes"];
            command.extend(ids.iter().map(String::as_str));
            let (code, said) = shop.operate(&command);
            assert_eq!(code, 0, "{said}");
            *storm.counts.entry("messages that failed five times and were sent back".to_owned()).or_default() +=
                ids.len();
        }
    }
}

async fn stored(shop: &Shop) -> BTreeMap<String, Stored> {
    let query = "SELECT id, user_id, idempotency_key, status, reason, payment, stock FROM orders";
    let rows = sqlx::query(query).fetch_all(&shop.world.db).await.expect("there are orders");
    let order = |row: &sqlx::postgres::PgRow| {
        let stored = Stored {
            sub: row.get("user_id"),
            key: row.get("idempotency_key"),
            status: row.get("status"),
            reason: row.get("reason"),
            payment: row.get("payment"),
            stock: row.get("stock"),
        };
        (row.get::<uuid::Uuid, _>("id").to_string(), stored)
    };
    rows.iter().map(order).collect()
}

/// Every order that was taken is there, once, and no other; and each is settled as it must be.
fn orders(plan: &Plan, stored: &BTreeMap<String, Stored>, problems: &mut Vec<Problem>) {
    let mut known = BTreeSet::new();
    for order in &plan.orders {
        let id = id(order.sub, &order.key);
        known.insert(id.clone());
        let Some(stored) = stored.get(&id) else {
            problems.push((Some(id), format!("{order:?} was taken and is lost")));
            continue;
        };
        if (stored.sub.as_str(), &stored.key) != (order.sub, &order.key) {
            problems.push((Some(id.clone()), format!("{order:?} is stored as one of {} {}", stored.sub, stored.key)));
        }
        let hopeless = [POOR, HOPEFUL].contains(&order.sub) || order.product == "sold-out";
        let expected: &[&str] = match (hopeless, order.product) {
            (true, _) => &["CANCELLED"],
            (false, "rare") => &["CONFIRMED", "CANCELLED"],
            (false, _) => &["CONFIRMED"],
        };
        if !expected.contains(&stored.status.as_str()) {
            problems.push((Some(id), format!("{order:?} is {}, not {expected:?}", stored.status)));
        }
    }
    for (id, stored) in stored {
        if !known.contains(id) {
            problems.push((Some(id.clone()), format!("nobody placed it: {} {}", stored.sub, stored.key)));
        }
    }
}

/// What was charged, given back and written is what the order says.
fn effects(shop: &Shop, stored: &BTreeMap<String, Stored>, problems: &mut Vec<Problem>) {
    let providers = &shop.world.providers;
    let tally = providers.tally();
    for (id, stored) in stored {
        let tally = tally.get(id).cloned().unwrap_or_default();
        let (charges, template) =
            if stored.status == "CONFIRMED" { (1..=1, "order-confirmed") } else { (0..=1, "order-cancelled") };
        let owed = if stored.status == "CONFIRMED" { 0 } else { tally.charges };
        if !charges.contains(&tally.charges) || tally.refunds != owed {
            problems.push((Some(id.clone()), format!("{} is charged and given back: {tally:?}", stored.status)));
        }
        if tally.mails != BTreeMap::from([(template.to_owned(), 1)]) {
            problems.push((Some(id.clone()), format!("{} is written about: {tally:?}", stored.status)));
        }
        let payment: &[&str] =
            if stored.status == "CONFIRMED" { &["CAPTURED"] } else { &["OPEN", "DECLINED", "REFUNDED"] };
        let goods: &[&str] =
            if stored.status == "CONFIRMED" { &["RESERVED"] } else { &["OPEN", "MISSING", "RELEASED"] };
        if !payment.contains(&stored.payment.as_str()) || !goods.contains(&stored.stock.as_str()) {
            let said = format!("{} has payment {} and goods {}", stored.status, stored.payment, stored.stock);
            problems.push((Some(id.clone()), said));
        }
    }
    for id in tally.keys().filter(|id| !stored.contains_key(*id)) {
        problems.push((Some(id.clone()), format!("it is no order: {:?}", tally[id])));
    }
    let conflicts = providers.charges().iter().map(|done| done.conflicts).sum::<u64>()
        + providers.refunds().iter().map(|done| done.conflicts).sum::<u64>()
        + providers.mails().iter().map(|done| done.conflicts).sum::<u64>();
    let wrong = (conflicts, providers.unauthorized(), providers.malformed());
    if wrong != (0, 0, Vec::new()) {
        problems.push((None, format!("providers were asked wrongly: {wrong:?}")));
    }
}

/// What there was is what there is and what was sold.
async fn stock(shop: &Shop, plan: &Plan, stored: &BTreeMap<String, Stored>, problems: &mut Vec<Problem>) {
    for (product, before) in STOCK {
        let sold = plan.orders.iter().filter(|order| {
            let stored = stored.get(&id(order.sub, &order.key));
            order.product == product && stored.is_some_and(|stored| stored.status == "CONFIRMED")
        });
        let sold: i64 = sold.map(|order| i64::from(order.qty)).sum();
        let left = shop.world.stock(product).await;
        if left + sold != before {
            problems.push((None, format!("of {before} {product} {sold} are sold and {left} left")));
        }
    }
}

/// The topic had each event of each order, and the first of them first.
fn events(storm: &Storm, stored: &BTreeMap<String, Stored>, problems: &mut Vec<Problem>) {
    let mut kinds = BTreeMap::<String, Vec<String>>::new();
    for seen in storm.seen() {
        let kinds = kinds.entry(seen.order).or_default();
        if !kinds.contains(&seen.kind) {
            kinds.push(seen.kind);
        }
    }
    for (id, stored) in stored {
        let last = if stored.status == "CONFIRMED" { "OrderConfirmed" } else { "OrderCancelled" };
        let kinds = kinds.remove(id).unwrap_or_default();
        let (first, end) = (kinds.first().map(String::as_str), kinds.last().map(String::as_str));
        let between = kinds.iter().filter(|kind| *kind != "PaymentRetryRequested").count();
        if first != Some("OrderCreated") || end != Some(last) || between != 2 {
            problems.push((Some(id.clone()), format!("{} has the events {kinds:?}", stored.status)));
        }
    }
}

/// What nobody can work on is put aside, with the reason.
async fn poison(shop: &Shop, storm: &Storm, problems: &mut Vec<Problem>) {
    // What the operator looked at is there again.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    for queue in ROLES {
        let letters = shop.dead_letters(queue).await;
        let has = |letter: &Message, mark: &str| letter.body().is_some_and(|body| is_marked(body, mark));
        for (_, mark) in storm.poison.iter().filter(|(poisoned, _)| *poisoned == queue) {
            if !letters.iter().any(|letter| has(letter, mark) && reason(letter).is_some()) {
                problems.push((None, format!("{mark} is not in the dead-letter queue of {queue} with a reason")));
            }
        }
        let all: Vec<&str> = storm.poison.iter().map(|(_, mark)| mark.as_str()).collect();
        for letter in letters.iter().filter(|letter| !all.iter().any(|mark| has(letter, mark))) {
            problems.push((None, format!("{queue} put aside what can be worked on: {letter:?}")));
        }
    }
}

/// Whether a body has this mark, and not one that begins with it.
fn is_marked(body: &str, mark: &str) -> bool {
    body == mark || body.contains(&format!("\"{mark}\""))
}

/// Orders, faults by kind, and what became of it.
pub(super) async fn report(shop: &Shop, plan: &Plan, storm: &Storm) -> Vec<String> {
    let of_queue = plan.orders.iter().filter(|order| order.way == Way::Queue).count();
    let lines = shop.world.log.of("order-service");
    let down = lines.iter().filter(|line| line.get("message").is_some_and(|said| said.contains("goes to the queue")));
    let stored = stored(shop).await;
    let mut states = BTreeMap::<String, usize>::new();
    for stored in stored.values() {
        let reason = stored.reason.as_ref().map(|reason| format!(" {reason}")).unwrap_or_default();
        *states.entry(format!("{}{reason}", stored.status)).or_default() += 1;
    }
    let tally = shop.world.providers.tally();
    let sum = |of: fn(&order_tests::providers::Tally) -> u64| tally.values().map(of).sum::<u64>();
    let list = |counts: &BTreeMap<String, usize>| {
        counts.iter().map(|(what, number)| format!("{what} {number}")).collect::<Vec<_>>().join(", ")
    };
    let down: BTreeSet<Option<&str>> = down.map(|line| line.get("orderId")).collect();
    vec![
        format!(
            "orders: {} of 6 customers, {of_queue} of them by the queue; {} while the database was down",
            plan.orders.len(),
            down.len()
        ),
        format!("faults: {}", list(&storm.counts)),
        format!(
            "tally: {}; charged {}, given back {}, mails {}, questions that came again {}; {} events through the topic",
            list(&states),
            sum(|tally| tally.charges),
            sum(|tally| tally.refunds),
            sum(|tally| tally.mails.values().sum()),
            sum(|tally| tally.repeated),
            storm.seen().len(),
        ),
    ]
}

/// Fails with the seed, what is wrong, and all lines about those orders.
pub(super) fn explain(shop: &Shop, seed: u64, problems: &[Problem]) -> ! {
    let orders: BTreeSet<&str> = problems.iter().filter_map(|(id, _)| id.as_deref()).collect();
    let mut said: Vec<String> =
        problems.iter().map(|(id, what)| format!("{}: {what}", id.as_deref().unwrap_or("all"))).collect();
    let lines = shop.world.log.lines();
    for id in orders.iter().take(5) {
        said.push(format!("\nlines about {id}:"));
        let about = lines.iter().filter(|line| line.text.contains(id));
        said.extend(about.map(|line| format!("{} {}: {}", line.program, line.process, line.text)));
    }
    panic!("with seed {seed}:\n{}", said.join("\n"));
}
