//! Orders while the database is down.

use order_tests::postgres::Stop;
use serde_json::Value;

use crate::shop::{PLENTY, SOON, Shop, order, placed, text};

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_taken_while_the_database_is_down_and_stored_in_their_order() {
    let mut shop = Shop::open().await;
    shop.world.set_stock("sku-1", PLENTY).await;
    let (ann, bob) = (shop.customer("ann"), shop.customer("bob"));
    let before = shop.place(&ann, "before", &order("sku-1", 1)).await;
    shop.until(&ann, &before.id, "CONFIRMED").await;
    shop.until_quiet(SOON).await;

    let world = shop.world.clone();
    tokio::task::spawn_blocking(move || world.postgres.stop(Stop::Immediate)).await.expect("it stops");
    let mut all = Vec::new();
    for number in 0..5 {
        for customer in [&ann, &bob] {
            let key = format!("down-{number}");
            let answer = shop.place(customer, &key, &order("sku-1", 1)).await;
            assert_eq!((answer.status, answer.state.as_str()), (202, "PENDING"));
            all.push((customer.clone(), key, answer));
        }
    }
    // So is an order that nobody waits for.
    let eve = shop.customer("eve");
    let later = shop.world.place_async(&eve, "later", &order("sku-1", 1)).await.expect("the gateway answers");
    let later = placed(later).await;
    assert_eq!((later.status, later.state.as_str()), (202, "PENDING"));
    // A repeated request is the same order, also there.
    let (_, key, first) = &all[0];
    assert_eq!(shop.place(&ann, key, &order("sku-1", 1)).await, *first);
    let looked = shop.world.get(&ann, &format!("/v1/orders/{}", before.id)).await.expect("the gateway answers");
    assert_eq!(looked.status(), 503);
    let wait: u32 = looked.headers()["retry-after"].to_str().expect("text").parse().expect("a number of seconds");
    assert!(wait >= 1);
    let (visible, busy) = shop.world.aws().queue_depth(shop.world.platform.queue_url("replay")).await;
    assert_eq!(visible + busy, 10, "the repeated one is no other message");
    assert!(shop.program("order-service").is_alive().await, "nothing is to be restarted");

    let world = shop.world.clone();
    tokio::task::spawn_blocking(move || world.postgres.start_again()).await.expect("it starts");
    for (customer, key, answer) in &all {
        shop.until(customer, &answer.id, "CONFIRMED").await;
        shop.until_mailed(&answer.id, "order-confirmed").await;
        assert_eq!(shop.place(customer, key, &order("sku-1", 1)).await, *answer, "the same answer as then");
    }
    shop.until(&eve, &later.id, "CONFIRMED").await;
    shop.until_quiet(SOON).await;

    for customer in [&ann, &bob] {
        let created = shop.world.log.of("replay").into_iter().filter(|line| {
            line.get("message") == Some("OrderCreated") && line.get("userId") == Some(customer.sub.as_str())
        });
        let stored: Vec<String> = created.map(|line| line.get("orderId").unwrap_or_default().to_owned()).collect();
        let sent: Vec<&str> =
            all.iter().filter(|(by, ..)| by.sub == customer.sub).map(|(_, _, answer)| answer.id.as_str()).collect();
        assert_eq!(stored, sent, "stored in the order in which {} placed them", customer.sub);
        let page = shop.world.get(customer, "/v1/orders?limit=5").await.expect("the gateway answers");
        let page: Value = page.json().await.expect("a page is JSON");
        let listed: Vec<String> =
            page["orders"].as_array().expect("a list").iter().map(|order| text(&order["orderId"])).collect();
        assert_eq!(listed, sent.iter().rev().copied().collect::<Vec<_>>(), "the newest first");
    }
    let tally = shop.world.providers.tally();
    assert_eq!(tally.len(), 12);
    assert!(tally.values().all(|tally| (tally.charges, tally.refunds) == (1, 0)), "{tally:?}");
    assert_eq!(shop.world.stock("sku-1").await, PLENTY - 12);
    shop.close().await;
}
