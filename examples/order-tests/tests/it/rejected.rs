//! Messages that nobody can work on, and what an operator does about them; and a ledger in PostgreSQL.

use std::time::Duration;

use aws_sdk_sns::types::MessageAttributeValue;
use order_events::{Change, Event};
use serde_json::Value;
use uuid::Uuid;

use crate::shop::{PLENTY, SOON, Shop, order, reason, text};

/// An event of an order that there is not.
fn event(change: Change) -> Event {
    Event {
        id: Uuid::new_v4(),
        order_id: Uuid::new_v4().into(),
        user_id: "nobody".parse().expect("it is a user"),
        request_id: "request-of-the-test".to_owned(),
        traceparent: None,
        created_at: jiff::Timestamp::UNIX_EPOCH,
        change,
    }
}

/// An attribute of a message to the topic.
fn published(value: &str) -> MessageAttributeValue {
    let built = MessageAttributeValue::builder().data_type("String").string_value(value).build();
    built.expect("an attribute has a type")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_read_is_put_aside_with_the_reason_and_sent_back_by_an_operator() {
    let mut shop = Shop::open().await;
    shop.world.set_stock("sku-1", PLENTY).await;
    let ann = shop.customer("ann");
    let placed = shop.place(&ann, "key", &order("sku-1", 1)).await;
    shop.until(&ann, &placed.id, "CONFIRMED").await;
    shop.until_mailed(&placed.id, "order-confirmed").await;

    // By the topic: another version comes to all who take the event.
    let newer = event(Change::OrderCancelled { reason: "because".to_owned() }).text();
    let newer = newer.replace("\"version\":1", "\"version\":9");
    let topic = shop.world.platform.output("messaging", "TopicOrderEventsRef");
    let publish = shop.world.aws().sns().publish().topic_arn(topic).message(&newer);
    let publish = publish.message_attributes("eventType", published("OrderCancelled"));
    publish.message_attributes("x-request-id", published("request-of-the-test")).send().await.expect("published");
    let eaten = event(Change::OrderConfirmed).text().replace("OrderConfirmed", "OrderEaten");
    shop.send("payment", &eaten, &[]).await;
    shop.send("inventory", "{\"payloadKey\":\"events/none\",\"sha256\":\"0\"}", &[]).await;
    shop.send("email", "nonsense", &[("reason", "a reason of somebody else's")]).await;
    shop.send("intake", "{\"productId\":\"sku-1\"}", &[("x-request-id", "r"), ("sub", "ann")]).await;
    shop.send("intake", "{\"productId\":\"sku-1\",\"qty\":1,\"idempotencyKey\":\"key\"}", &[("x-request-id", "r")])
        .await;
    shop.send("replay", "{}", &[]).await;
    let expected = [
        ("payment", ["unknown event type `OrderEaten`", "unknown version 9 of OrderCancelled"].as_slice()),
        ("inventory", &["not an event: ", "unknown version 9 of OrderCancelled"]),
        ("email", &["not an event: ", "unknown version 9 of OrderCancelled"]),
        ("intake", &["not a submission: ", "not an order: /qty is missing"]),
        ("replay", &["not a submission: "]),
    ];
    for (queue, reasons) in expected {
        let letters = shop.until_dead_letters(queue, reasons.len(), |_| true).await;
        let mut said: Vec<&str> = letters.iter().map(|letter| reason(letter).unwrap_or("none")).collect();
        said.sort_unstable();
        for (said, expected) in said.iter().zip(reasons) {
            assert!(said.starts_with(expected), "{queue}: {said} is not {expected}");
        }
    }
    shop.until_quiet(SOON).await;
    operate(&shop).await;
    shop.close().await;
}

/// An operator lists, shows and sends back. The emulator does not know `StartMessageMoveTask`, so one by one.
async fn operate(shop: &Shop) {
    // Looked at a moment ago, messages are hidden for a second.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let url = shop.world.platform.queue_url("payment").to_owned();
    let (code, listed) = shop.operate(&["dlq", "list", "--queue-url", &url, "--format", "json"]);
    assert_eq!(code, 0, "{listed}");
    let rows: Value = serde_json::from_str(&listed).unwrap_or_else(|problem| panic!("{problem}: {listed}"));
    let rows = rows.as_array().expect("a list");
    assert_eq!(rows.len(), 2, "{listed}");
    assert!(rows.iter().all(|row| row["requestId"] == "request-of-the-test"), "{listed}");
    assert!(rows.iter().all(|row| row["reason"].is_string()), "{listed}");
    let eaten = rows.iter().find(|row| row["eventType"] == "OrderEaten").expect("it is listed");
    let id = text(&eaten["messageId"]);
    let (code, shown) = shop.operate(&["dlq", "show", "--queue-url", &url, &id]);
    assert_eq!(code, 0, "{shown}");
    let shown: Value = serde_json::from_str(&shown).unwrap_or_else(|problem| panic!("{problem}: {shown}"));
    assert_eq!(shown["body"]["eventType"], "OrderEaten");
    assert_eq!(text(&shown["attributes"]["reason"]), "unknown event type `OrderEaten`");
    let (code, missing) = shop.operate(&["dlq", "show", "--queue-url", &url, &Uuid::nil().to_string()]);
    assert_eq!(code, 1, "{missing}");
    let (code, refused) = shop.operate(&["dlq", "redrive", "--queue-url", &url, "--all"]);
    assert_ne!(code, 0, "nobody can be asked: {refused}");

    // One goes back and is put aside again, under another id.
    let (code, sent) = shop.operate(&["dlq", "redrive", "--queue-url", &url, &id, "--yes"]);
    assert_eq!(code, 0, "{sent}");
    assert!(sent.contains("1 sent back"), "{sent}");
    shop.until_dead_letters("payment", 2, |letter| letter.message_id() != Some(id.as_str())).await;

    // All of them, which is no other way here: the emulator does not know `StartMessageMoveTask`.
    let url = shop.world.platform.queue_url("email").to_owned();
    let before = shop.until_dead_letters("email", 2, |_| true).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let (code, sent) = shop.operate(&["dlq", "redrive", "--queue-url", &url, "--all", "--yes"]);
    assert_eq!(code, 0, "{sent}");
    assert!(sent.contains("one by one") && sent.contains("2 sent back"), "{sent}");
    let old: Vec<Option<&str>> = before.iter().map(|letter| letter.message_id()).collect();
    let after = shop.until_dead_letters("email", 2, |letter| !old.contains(&letter.message_id())).await;
    assert!(after.iter().all(|letter| reason(letter).is_some_and(|reason| !reason.contains("somebody"))), "{after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_come_again_have_no_other_effect_wherever_the_ledger_is() {
    let mut shop = Shop::closed().await;
    shop.quick();
    // An event that comes twice at once is looked at again when its hold is over, which is half of this.
    shop.set("VISIBILITY_SECONDS", "4");
    shop.start("order-service").await;
    // Mail needs no database unless its ledger is there.
    let payment = shop.world.environment("payment", &[]).await;
    let database = payment.variables.iter().filter(|(name, _)| name.starts_with("DB_"));
    let mut of_email: Vec<(&str, &str)> = database.map(|(name, value)| (name.as_str(), value.as_str())).collect();
    of_email.push(("IDEMPOTENCY_STORE", "postgresql"));
    for (name, more) in [
        ("payment", &[("IDEMPOTENCY_STORE", "postgresql")][..]),
        ("inventory", &[("IDEMPOTENCY_STORE", "postgresql")]),
        ("email", &of_email),
    ] {
        shop.start_with(name, more).await;
    }
    shop.tables().await;
    again(&shop, "in PostgreSQL").await;
    assert_eq!(shop.world.emulator.count("dynamodb:UpdateItem").await, 0);
    let done: i64 = sqlx::query_scalar("SELECT count(*) FROM idempotency WHERE done")
        .fetch_one(&shop.world.db)
        .await
        .expect("there is a table");
    assert_eq!(done, 6, "what each of the workers did for each of the orders");
    for name in ["payment", "inventory", "email"] {
        shop.terminate(name).await;
        shop.start(name).await;
    }
    again(&shop, "in DynamoDB").await;
    assert!(shop.world.emulator.count("dynamodb:UpdateItem").await > 0);
    shop.close().await;
}

/// Sends the events of a confirmed order and a cancelled one again.
async fn again(shop: &Shop, place: &str) {
    let key = |name: &str| format!("{name}-{}", place.len());
    shop.world.set_stock("sku-1", 10).await;
    let ann = shop.customer("ann");
    let confirmed = shop.place(&ann, &key("confirmed"), &order("sku-1", 2)).await;
    shop.until(&ann, &confirmed.id, "CONFIRMED").await;
    shop.until_mailed(&confirmed.id, "order-confirmed").await;
    shop.until_quiet(SOON).await;
    let before = shop.world.providers.tally();
    assert_eq!((before[&confirmed.id].charges, before[&confirmed.id].repeated), (1, 0), "{place}");

    let lines = vec![order_events::Line { product_id: "sku-1".to_owned(), qty: 2 }];
    let id: Uuid = confirmed.id.parse().expect("an id");
    let mut created = event(Change::OrderCreated { lines });
    created.order_id = id.into();
    created.user_id = "ann".parse().expect("a user");
    let mut mailed = event(Change::OrderConfirmed);
    (mailed.order_id, mailed.user_id) = (created.order_id, created.user_id.clone());
    // The first time they are events that nobody knows, about an order that is settled.
    for _ in 0..3 {
        shop.send("payment", &created.text(), &[]).await;
        shop.send("inventory", &created.text(), &[]).await;
        shop.send("email", &mailed.text(), &[]).await;
    }
    shop.until_quiet(SOON).await;
    let after = shop.world.providers.tally();
    assert_eq!((after[&confirmed.id].charges, after[&confirmed.id].repeated), (1, 0), "{place}");
    assert_eq!(after[&confirmed.id].mails["order-confirmed"], 2, "{place}: one for each event");
    assert_eq!(shop.world.stock("sku-1").await, 8, "{place}");
    assert_eq!(shop.state(&ann, &confirmed.id).await, "CONFIRMED");
}
