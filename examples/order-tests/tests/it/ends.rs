//! Programs that are told to end, and programs that cannot begin.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use order_tests::providers::Fault;

use crate::shop::{PLENTY, SOON, Shop, order, placed};

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_told_to_end_answers_what_it_took() {
    let mut shop = Shop::closed().await;
    shop.quick();
    shop.set("RATE_LIMIT", "10000");
    shop.start_all().await;
    shop.world.set_stock("sku-1", PLENTY).await;
    let over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..4)
        .map(|client| {
            let (world, over) = (shop.world.clone(), over.clone());
            tokio::spawn(async move {
                let customer = world.customer(&format!("customer-{client}"));
                let mut answers = Vec::new();
                for number in 0.. {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let key = format!("key-{number}");
                    let answer = world.place(&customer, &key, &order("sku-1", 1)).await.expect("the gateway answers");
                    answers.push((customer.sub.clone(), key, placed(answer).await));
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                answers
            })
        })
        .collect();
    // A pod is replaced, taken out and told to end, as in a rollout, while no order can be stored for a while: so there
    // are some that it took and did not answer yet. The gateway answers 503 if a pod breaks a connection.
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let old = shop.start_beside("order-service").await;
        let mut holds = shop.world.db.begin().await.expect("the database is there");
        sqlx::query("LOCK TABLE orders IN EXCLUSIVE MODE").execute(&mut *holds).await.expect("it is locked");
        let held = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            holds.rollback().await
        });
        shop.end(old).await;
        held.await.expect("nothing panics").expect("the database is there");
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    over.store(true, Ordering::Relaxed);
    let mut ids = Vec::new();
    for client in clients {
        for (customer, key, answer) in client.await.expect("nothing panics") {
            assert_eq!(answer.status, 202, "{customer} {key} {}", shop.said());
            ids.push(answer.id);
        }
    }
    assert!(ids.len() > 20, "there were {} orders", ids.len());
    let settled = async || unsettled(&shop).await == 0;
    shop.world.until("all orders are settled", SOON * 2, settled).await;
    let stored: i64 = count(&shop, "SELECT count(*) FROM orders WHERE status = 'CONFIRMED'").await;
    assert_eq!(usize::try_from(stored), Ok(ids.len()));
    shop.close().await;
}

async fn count(shop: &Shop, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(&shop.world.db).await.expect("there are tables")
}

async fn unsettled(shop: &Shop) -> i64 {
    count(shop, "SELECT count(*) FROM orders WHERE status = 'PENDING'").await
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_are_told_to_end_finish_what_they_began() {
    // With the settings of the platform, so that the grace period is long enough for the long poll.
    let mut shop = Shop::closed().await;
    shop.start_all().await;
    shop.world.set_stock("sku-1", PLENTY).await;
    // Both providers are slow, though not too slow.
    let slow = [Fault::Waits(Duration::from_millis(1_500))].into_iter().cycle().take(12);
    shop.world.providers.faults(slow);
    let ann = shop.customer("ann");
    let mut orders = Vec::new();
    for number in 0..6 {
        orders.push(shop.place(&ann, &format!("key-{number}"), &order("sku-1", 1)).await);
    }
    let begun = async || {
        let (_, busy) = shop.world.aws().queue_depth(shop.world.platform.queue_url("payment")).await;
        busy > 0
    };
    shop.world.until("payments are worked on", SOON, begun).await;
    shop.close().await;
    // What was begun is done: nothing is hidden that nobody works on.
    for queue in crate::shop::ROLES {
        let (_, busy) = shop.world.aws().queue_depth(shop.world.platform.queue_url(queue)).await;
        assert_eq!(busy, 0, "{queue}");
    }
    shop.quick();
    shop.start_all().await;
    for placed in &orders {
        shop.until(&ann, &placed.id, "CONFIRMED").await;
        shop.until_mailed(&placed.id, "order-confirmed").await;
    }
    shop.until_quiet(SOON).await;
    let tally = shop.world.providers.tally();
    assert_eq!(tally.len(), 6);
    for tally in tally.values() {
        assert_eq!((tally.charges, tally.refunds, tally.repeated), (1, 0, 0), "nothing was asked twice: {tally:?}");
        assert_eq!(tally.mails, BTreeMap::from([("order-confirmed".to_owned(), 1)]));
    }
    assert_eq!(shop.world.stock("sku-1").await, PLENTY - 6);
    shop.close().await;
}
