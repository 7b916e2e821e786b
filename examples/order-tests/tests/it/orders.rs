//! Orders on their whole way: gateway, service, outbox, topic, queues, workers, providers.

use std::collections::BTreeSet;
use std::time::Duration;

use order_tests::log::Line;
use order_tests::providers::Fault;
use reqwest::Method;
use serde_json::{Value, json};

use crate::shop::{PLENTY, Placed, SOON, Shop, order, placed, text};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const OTHER_TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// The lines about an order, but for those of requests that looked at it.
fn about(shop: &Shop, id: &str) -> Vec<Line> {
    let looks = |line: &Line| line.get("message").is_some_and(|message| message.starts_with("GET "));
    let lines = shop.world.log.lines().into_iter();
    lines.filter(|line| line.get("orderId") == Some(id) && !looks(line)).collect()
}

/// That every line about an order has the request id, and that all of these programs said something.
fn assert_one_request(shop: &Shop, id: &str, request: &str, programs: &[&str]) {
    let lines = about(shop, id);
    let strangers: Vec<&Line> = lines.iter().filter(|line| line.get("requestId") != Some(request)).collect();
    assert!(strangers.is_empty(), "lines of {id} without {request}: {strangers:?}");
    let spoke: BTreeSet<&str> = lines.iter().map(|line| line.program.as_str()).collect();
    assert_eq!(spoke, programs.iter().copied().collect(), "programs that speak of {id}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_confirmed_under_one_request_id_and_in_one_trace() {
    let mut shop = Shop::closed().await;
    shop.quick();
    for (name, value) in shop.world.traced() {
        shop.set(name, &value);
    }
    shop.start_all().await;
    shop.world.set_stock("sku-1", 10).await;
    let ann = shop.customer("ann");

    let request = shop.world.request(Method::POST, "/v1/orders").bearer_auth(&ann.token);
    let request = request.header("idempotency-key", "key-1").header("x-request-id", "request-1");
    let request = request.header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"));
    let answer = request.json(&order("sku-1", 3)).send().await.expect("the gateway answers");
    assert_eq!(answer.headers()["x-request-id"], "request-1");
    let Placed { status, id, state } = placed(answer).await;
    assert_eq!((status, state.as_str()), (202, "PENDING"));
    let confirmed = shop.until(&ann, &id, "CONFIRMED").await;
    assert_eq!((text(&confirmed["requestId"]), &confirmed["lines"][0]), ("request-1".to_owned(), &order("sku-1", 3)));
    shop.until_mailed(&id, "order-confirmed").await;

    // Through the queue: the key in the header is the order's, however often it is sent.
    let mut queued = String::new();
    for time in 0..3 {
        let request = shop.world.request(Method::POST, "/v1/orders/async").bearer_auth(&ann.token);
        let request = request.header("idempotency-key", "key-2").header("x-request-id", "request-2");
        let request = request.header("traceparent", format!("00-{OTHER_TRACE}-00f067aa0ba902b7-01"));
        let answer = request.json(&order("sku-1", 2)).send().await.expect("the gateway answers");
        assert_eq!(answer.headers()["x-request-id"], "request-2");
        let Placed { status, id, state } = placed(answer).await;
        assert_eq!((status, state.as_str()), (202, "PENDING"));
        assert!(time == 0 || id == queued, "{id} is not {queued}");
        queued = id;
    }
    let found = async || {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let page = shop.world.get(&ann, "/v1/orders?idempotencyKey=key-2").await.expect("the gateway answers");
        page.json::<Value>().await.expect("JSON")["orders"][0].clone()
    };
    let there = async || found().await["orderId"] == queued;
    shop.world.until("the order of the queue is there", SOON, there).await;
    for (status, body) in [(400, "not json".to_owned()), (422, order("sku-1", 0).to_string())] {
        let request = shop.world.request(Method::POST, "/v1/orders/async").bearer_auth(&ann.token);
        let request = request.header("idempotency-key", "key-3").header("content-type", "application/json");
        assert_eq!(request.body(body).send().await.expect("the gateway answers").status(), status);
    }
    let by_client = "request-2".to_owned();
    let confirmed = shop.until(&ann, &queued, "CONFIRMED").await;
    assert_eq!(text(&confirmed["requestId"]), by_client);
    shop.until_mailed(&queued, "order-confirmed").await;

    shop.until_quiet(SOON).await;
    let tally = shop.world.providers.tally();
    for id in [&id, &queued] {
        let tally = &tally[id.as_str()];
        assert_eq!((tally.charges, tally.refunds, tally.repeated), (1, 0, 0), "{tally:?}");
        assert_eq!(tally.mails.values().sum::<u64>(), 1);
    }
    assert_eq!(shop.world.stock("sku-1").await, 5);
    let providers = &shop.world.providers;
    assert_eq!((providers.unauthorized(), providers.malformed()), (0, Vec::new()));

    shop.close().await;
    assert_one_request(&shop, &id, "request-1", &["email", "inventory", "order-service", "payment"]);
    let all = ["email", "intake", "inventory", "order-service", "payment"];
    assert_one_request(&shop, &queued, &by_client, &all);
    let published = shop.world.log.of("order-service");
    let published: Vec<&Line> = published.iter().filter(|line| line.get("message") == Some("published")).collect();
    for (id, request) in [(&id, "request-1"), (&queued, by_client.as_str())] {
        let events = published.iter().filter(|line| line.get("orderId") == Some(id));
        let events: Vec<_> = events.map(|line| (line.get("eventType"), line.get("requestId"))).collect();
        let expected = ["OrderCreated", "OrderConfirmed"].map(|kind| (Some(kind), Some(request)));
        assert_eq!(events, expected, "in this order");
    }
    let spans = shop.world.collector.of_trace(TRACE);
    let services: BTreeSet<&str> = spans.iter().map(|span| span.service.as_str()).collect();
    assert_eq!(services, BTreeSet::from(["email", "inventory", "order-service", "payment"]), "{spans:#?}");
    let others = shop.world.collector.of_trace(OTHER_TRACE);
    let services: BTreeSet<&str> = others.iter().map(|span| span.service.as_str()).collect();
    assert_eq!(services, BTreeSet::from(["email", "intake", "inventory", "order-service", "payment"]), "{others:#?}");
    let first = spans.iter().find(|span| span.parent == "00f067aa0ba902b7").expect("a span of the client's");
    assert_eq!(first.name, "POST /v1/orders");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_delivered_or_paid_is_undone_and_what_is_large_goes_through() {
    let mut shop = Shop::open().await;
    for (product, number) in [("sku-1", PLENTY), ("rare", 1)] {
        shop.world.set_stock(product, number).await;
    }
    let (ann, poor, late) = (shop.customer("ann"), shop.customer("poor"), shop.customer("late"));
    shop.world.providers.decline_user("poor", false);
    shop.world.providers.decline_user("late", true);

    // The topic does not take the event that asks for the next attempt before the card works.
    let refuse =
        json!([{ "service": "sns", "contains": "PaymentRetryRequested", "kind": "throttling", "times": 1000 }]);
    shop.world.emulator.faults(&refuse).await;
    let again = shop.place(&late, "again", &order("sku-1", 5)).await;
    let declined = async || shop.world.providers.declined().len() == 1 && shop.outbox().await == 1;
    shop.world.until("the payment is to be tried again", SOON, declined).await;
    assert_eq!(shop.state(&late, &again.id).await, "PENDING");
    shop.world.providers.accept_user("late");
    shop.world.emulator.clear_faults().await;
    shop.until(&late, &again.id, "CONFIRMED").await;
    let charged = shop.world.providers.charges();
    assert_eq!((charged.len(), charged[0].request.attempt), (1, 2));

    // It is charged before anybody looks for the goods.
    shop.terminate("inventory").await;
    let missing = shop.place(&ann, "missing", &order("rare", 2)).await;
    let charged = async || shop.world.providers.tally().contains_key(&missing.id);
    shop.world.until("what is missing is charged", SOON, charged).await;
    shop.start("inventory").await;
    // And here the goods are reserved before the card is declined.
    shop.until(&ann, &missing.id, "CANCELLED").await;
    shop.until_quiet(SOON).await;
    shop.world.providers.faults([Fault::Waits(Duration::from_secs(2))]);
    let declined = shop.place(&poor, "declined", &order("sku-1", 4)).await;
    let reserved = async || shop.world.stock("sku-1").await == PLENTY - 9;
    shop.world.until("what will be declined is reserved", SOON, reserved).await;

    let lines: Vec<Value> = (0..9_000).map(|number| order(&format!("sku-{:04}", number % 500), 1)).collect();
    for number in 0..500 {
        shop.world.set_stock(&format!("sku-{number:04}"), PLENTY).await;
    }
    let large = shop.place(&ann, "large", &json!({ "lines": lines })).await;

    let cancelled = shop.until(&ann, &missing.id, "CANCELLED").await;
    assert_eq!(cancelled["reason"], "out-of-stock");
    let cancelled = shop.until(&poor, &declined.id, "CANCELLED").await;
    assert_eq!(cancelled["reason"], "card-declined");
    shop.until(&ann, &large.id, "CONFIRMED").await;
    for (id, template) in
        [(&missing.id, "order-cancelled"), (&declined.id, "order-cancelled"), (&large.id, "order-confirmed")]
    {
        shop.until_mailed(id, template).await;
    }
    shop.until_quiet(SOON).await;

    let tally = shop.world.providers.tally();
    let of = |placed: &Placed| tally.get(&placed.id).cloned().unwrap_or_default();
    let of_missing = of(&missing);
    assert_eq!((of_missing.charges, of_missing.refunds), (1, 1), "what was charged is given back");
    assert_eq!(of(&declined).charges, 0);
    assert_eq!(of(&large).charges, 1);
    assert_eq!(shop.world.stock("rare").await, 1);
    assert_eq!((of(&again).charges, of(&again).refunds), (1, 0));
    assert_eq!(shop.world.stock("sku-1").await, PLENTY - 5, "what was declined is there again");
    assert_eq!(shop.world.stock("sku-0499").await, PLENTY - 18);
    assert_eq!(shop.world.emulator.count("s3:PutObject").await, 1);
    shop.close().await;
}
