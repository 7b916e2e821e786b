//! Money is where it should be, whatever a provider answers and whatever becomes of messages.

use std::time::Duration;

use order_tests::providers::Fault;
use serde_json::Value;

use crate::shop::{PLENTY, SOON, Shop, order, text};

async fn payment(shop: &Shop, id: &str) -> String {
    let id: uuid::Uuid = id.parse().expect("an id");
    let asked = sqlx::query_scalar("SELECT payment FROM orders WHERE id = $1").bind(id).fetch_one(&shop.world.db).await;
    asked.expect("the order is there")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_money_is_held_on_a_cancelled_order_whose_messages_are_gone() {
    let mut shop = Shop::closed().await;
    shop.quick();
    shop.set("PAYMENT_LOOK_SECONDS", "1");
    shop.start_all().await;
    for (product, number) in [("sku-1", PLENTY), ("rare", 1)] {
        shop.world.set_stock(product, number).await;
    }
    let ann = shop.customer("ann");
    let providers = shop.world.clone();
    let providers = &providers.providers;

    // It is charged and answered with 500: the charge is found, and not asked for again.
    providers.faults([Fault::DoesAndFails]);
    let found = shop.place(&ann, "found", &order("sku-1", 1)).await;
    shop.until(&ann, &found.id, "CONFIRMED").await;
    shop.until_mailed(&found.id, "order-confirmed").await;
    let tally = &providers.tally()[&found.id];
    assert_eq!((tally.charges, tally.repeated, tally.refunds), (1, 0, 0), "{tally:?}");
    assert_eq!(providers.looks(), 1);

    // It is charged, no answer ever comes, there are no goods, and every message about it is gone, as one is that failed
    // too often.
    shop.terminate("inventory").await;
    providers.silence(true);
    let lost = shop.place(&ann, "lost", &order("rare", 2)).await;
    let charged = async || providers.tally().contains_key(&lost.id);
    shop.world.until("it is charged", SOON, charged).await;
    shop.kill("payment");
    shop.start("inventory").await;
    shop.until(&ann, &lost.id, "CANCELLED").await;
    let published = async || shop.outbox().await == 0;
    shop.world.until("that is published", SOON, published).await;
    let queue = shop.world.platform.queue_url("payment");
    shop.world.aws().sqs().purge_queue().queue_url(queue).send().await.expect("the queue can be emptied");
    assert_eq!(shop.world.aws().queue_depth(queue).await, (0, 0));
    assert_eq!(payment(&shop, &lost.id).await, "CHARGING");
    providers.silence(false);
    shop.start("payment").await;
    let refunded = async || providers.tally()[&lost.id].refunds == 1;
    shop.world.until("it is given back", SOON, refunded).await;
    let stored = async || payment(&shop, &lost.id).await == "REFUNDED";
    shop.world.until("that is known", SOON, stored).await;

    // Nothing was charged, and after a time that is certain.
    shop.terminate("inventory").await;
    providers.faults(std::iter::repeat_n(Fault::Refuses, 1_000));
    let never = shop.place(&ann, "never", &order("rare", 2)).await;
    let asked = async || payment(&shop, &never.id).await == "CHARGING";
    shop.world.until("it is asked for", SOON, asked).await;
    shop.start("inventory").await;
    shop.until(&ann, &never.id, "CANCELLED").await;
    providers.clear_faults();
    let certain = async || payment(&shop, &never.id).await == "OPEN";
    shop.world.until("it is known that nothing was charged", SOON, certain).await;
    shop.until_quiet(SOON * 3).await;
    assert!(providers.tally().get(&never.id).is_none_or(|tally| tally.charges == 0));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_is_declined_for_now_is_asked_for_again_after_a_pause() {
    let mut shop = Shop::closed().await;
    shop.quick();
    shop.set("PAYMENT_RETRY_SECONDS", "2");
    shop.start_all().await;
    shop.world.set_stock("sku-1", PLENTY).await;
    let poor = shop.customer("poor");
    shop.world.providers.decline_user("poor", true);
    let declined = shop.place(&poor, "key", &order("sku-1", 1)).await;
    let times = || shop.world.providers.declined().len();
    shop.world.until("it is declined", SOON, async || times() == 1).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(times(), 1, "nobody asks at once");
    shop.world.until("it is declined again", SOON, async || times() == 2).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(times(), 2, "the next pause is longer");
    let cancelled: Value = shop.until(&poor, &declined.id, "CANCELLED").await;
    assert_eq!((times(), text(&cancelled["reason"]).as_str()), (3, "card-declined"));
    shop.until_quiet(SOON).await;
    shop.close().await;
}
