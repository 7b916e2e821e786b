//! Lists of orders that are as large as orders may be.

use std::time::Instant;

use order_tests::world::Customer;
use serde_json::Value;

use crate::shop::{SOON, Shop, text};

/// What a pod may have, as the platform says.
const MEMORY: u64 = 512 * 1024 * 1024;
/// The longest answer of an HTTP API.
const ANSWER: usize = 10 * 1024 * 1024;

/// Orders of 889 kB each, as one customer may place them.
async fn large(shop: &Shop, customer: &str, number: i32) {
    let place = "INSERT INTO orders (id, user_id, idempotency_key, fingerprint, request_id, lines, placed_at)
        SELECT gen_random_uuid(), $1, 'key-' || o, '', 'request', (
            SELECT jsonb_agg(jsonb_build_object('productId', 'sku-' || md5((o * 20000 + l)::text), 'qty', 1000))
            FROM generate_series(1, 13500) AS l
        ), now() - make_interval(secs => o) FROM generate_series(1, $2) AS o";
    let measure = "UPDATE orders SET bytes = octet_length(lines::text) WHERE user_id = $1";
    let mut db = shop.world.db.acquire().await.expect("a connection");
    sqlx::query("SET statement_timeout = 0").execute(&mut *db).await.expect("it is set");
    sqlx::query(place).bind(customer).bind(number).execute(&mut *db).await.expect("they are stored");
    sqlx::query(measure).bind(customer).execute(&mut *db).await.expect("they are measured");
}

/// The ids of a page, and where the next one begins.
async fn page(shop: &Shop, customer: &Customer, cursor: &str) -> (Vec<String>, Option<String>) {
    let answer = shop.world.get(customer, &format!("/v1/orders?limit=100{cursor}")).await.expect("an answer");
    assert_eq!(answer.status(), 200, "{}", shop.said());
    let body = answer.bytes().await.expect("it comes whole");
    assert!(body.len() <= ANSWER, "{} bytes do not pass the API", body.len());
    let page: Value = serde_json::from_slice(&body).expect("a page is JSON");
    let ids = page["orders"].as_array().expect("a list").iter().map(|order| text(&order["orderId"]));
    (ids.collect(), page["nextCursor"].as_str().map(str::to_owned))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_with_large_orders_can_list_them_and_takes_no_memory_from_others() {
    let mut shop = Shop::closed().await;
    shop.start("order-service").await;
    shop.tables().await;
    large(&shop, "ann", 40).await;
    let ann = shop.customer("ann");
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let (ids, next) = page(&shop, &ann, &cursor).await;
        assert!(!ids.is_empty(), "a page has at least one order");
        all.extend(ids);
        let Some(next) = next else { break };
        cursor = format!("&cursor={next}");
    }
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!((count, all.len()), (40, 40));

    // Many at once, as long as they like.
    let begun = Instant::now();
    let readers: Vec<_> = (0..24)
        .map(|_| {
            let (world, ann) = (shop.world.clone(), ann.clone());
            tokio::spawn(async move {
                let mut seen = [0, 0];
                for _ in 0..5 {
                    let answer = world.get(&ann, "/v1/orders?limit=100").await.expect("an answer");
                    let taken = answer.status() == 200;
                    assert!(taken || answer.status() == 503, "{}", answer.status());
                    seen[usize::from(taken)] += answer.bytes().await.map_or(0, |_| 1);
                }
                seen
            })
        })
        .collect();
    let mut seen = [0, 0];
    for reader in readers {
        let [refused, answered] = reader.await.expect("nothing panics");
        seen = [seen[0] + refused, seen[1] + answered];
    }
    assert!(seen[1] > 60 && begun.elapsed() < SOON * 3, "{seen:?}");
    let most = shop.program("order-service").peak_memory();
    assert!(most < MEMORY / 2, "a pod had {most} bytes");
    shop.close().await;
}
