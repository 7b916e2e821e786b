//! What customers may expect: one order for one key, their own orders and nobody else's, and no entry without a token.

use std::collections::BTreeSet;

use order_tests::issuer::{LIFETIME, Wrong};
use order_tests::world::Customer;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::shop::{PLENTY, Placed, SOON, Shop, order, placed, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_one_order_and_an_order_is_seen_by_its_customer_only() {
    let mut shop = Shop::open().await;
    shop.world.set_stock("sku-1", PLENTY).await;
    let (ann, bob) = (shop.customer("ann"), shop.customer("bob"));

    let first = shop.place(&ann, "key", &order("sku-1", 2)).await;
    assert_eq!((first.status, first.state.as_str()), (202, "PENDING"));
    shop.until(&ann, &first.id, "CONFIRMED").await;
    assert_eq!(shop.place(&ann, "key", &order("sku-1", 2)).await, first, "the same answer");
    let lines = json!({ "lines": [order("sku-1", 2)], "idempotencyKey": "key" });
    assert_eq!(shop.place(&ann, "key", &lines).await, first, "the same order in other words");
    let other = shop.world.place(&ann, "key", &order("sku-1", 3)).await.expect("the gateway answers");
    assert_eq!(other.status(), 409);
    assert_eq!(other.headers()["content-type"], "application/problem+json");
    let problem: Value = other.json().await.expect("a problem is JSON");
    assert_eq!(problem["status"], 409, "{problem}");
    let of_bob = shop.place(&bob, "key", &order("sku-1", 3)).await;
    assert_ne!(of_bob.id, first.id, "a key is the customer's own");

    let both = shop.place(&ann, "one-key", &json!({ "productId": "sku-1", "qty": 1, "idempotencyKey": "two" })).await;
    assert_eq!(both.status, 400);

    assert_eq!(at_once(&shop, &ann, 20).await.len(), 1);
    assert_eq!(shop.world.get(&bob, &format!("/v1/orders/{}", first.id)).await.expect("an answer").status(), 404);
    let of_ann = pages(&shop, &ann).await;
    assert_eq!(of_ann.len(), 2, "{of_ann:?}");
    for number in 0..7 {
        shop.place(&ann, &format!("more-{number}"), &order("sku-1", 1)).await;
    }
    let more = pages(&shop, &ann).await;
    assert_eq!(more.len(), 9, "{more:?}");
    assert_eq!(more[7..], of_ann[..], "the newest come first");
    assert_eq!(more.iter().collect::<BTreeSet<_>>().len(), 9);
    assert_eq!(pages(&shop, &bob).await, [of_bob.id]);

    shop.until_quiet(SOON).await;
    let charges = shop.world.providers.charges();
    assert_eq!(charges.len(), 10, "one for each order");
    in_the_cluster(&mut shop).await;
    shop.close().await;
}

/// Sends an order so often at once, and returns the ids that were answered.
async fn at_once(shop: &Shop, customer: &Customer, times: usize) -> BTreeSet<String> {
    let tasks: Vec<_> = (0..times)
        .map(|_| {
            let (world, customer) = (shop.world.clone(), customer.clone());
            tokio::spawn(async move {
                let answer = world.place(&customer, "at-once", &order("sku-1", 1)).await.expect("the gateway answers");
                placed(answer).await
            })
        })
        .collect();
    let mut ids = BTreeSet::new();
    for task in tasks {
        let Placed { status, id, .. } = task.await.expect("nothing panics");
        assert_eq!(status, 202);
        ids.insert(id);
    }
    ids
}

/// The ids of all orders of a customer, page by page.
async fn pages(shop: &Shop, customer: &Customer) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/orders?limit=2{cursor}");
        let page = shop.world.get(customer, &path).await.expect("the gateway answers");
        assert_eq!(page.status(), 200);
        let page: Value = page.json().await.expect("a page is JSON");
        let orders = page["orders"].as_array().expect("a list");
        assert!((1..=2).contains(&orders.len()), "{page}");
        ids.extend(orders.iter().map(|order| text(&order["orderId"])));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

/// Without the gateway, the service checks tokens itself.
async fn in_the_cluster(shop: &mut Shop) {
    let address = shop.program("order-service").address("http");
    let http = reqwest::Client::builder().no_proxy().build().expect("a client can be made");
    let get = async |token: &str| {
        let request = http.get(format!("http://{address}/v1/orders"));
        let request = if token.is_empty() { request } else { request.bearer_auth(token) };
        request.send().await.expect("the service answers")
    };
    let client = shop.world.gateway.audience()[0].clone();
    assert_eq!(get(&shop.customer("ann").token).await.status(), 200);
    for wrong in Wrong::ALL {
        let token = shop.world.issuer.bad_token(wrong, "ann", &client);
        let answer = get(&token).await;
        let refused = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&answer.status());
        // An ID token says no scopes; every other one says all of them and is still worth nothing.
        let expected = wrong == Wrong::IdToken || answer.status() == 401;
        assert!(refused && expected, "{wrong:?}: {}", answer.status());
        assert!(answer.headers().contains_key("www-authenticate") || wrong == Wrong::IdToken, "{wrong:?}");
    }
    assert_eq!(get("").await.status(), 401);
    let writes = shop.world.issuer.token_for("ann", &client, &["orders/write"], LIFETIME);
    assert_eq!(get(&writes).await.status(), 403);
    let reads = shop.world.issuer.token_for("ann", &client, &["orders/read"], LIFETIME);
    assert_eq!(get(&reads).await.status(), 200);
    let post = http.post(format!("http://{address}/v1/orders")).bearer_auth(&reads).header("idempotency-key", "k");
    assert_eq!(post.json(&order("sku-1", 1)).send().await.expect("the service answers").status(), 403);
}
