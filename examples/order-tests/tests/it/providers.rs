//! Those who take money and send mail.

use std::time::Duration;

use order_tests::providers::{Fault, Providers};
use reqwest::Client;
use serde_json::{Value, json};

async fn post(
    providers: &Providers,
    path: &str,
    token: &str,
    key: &str,
    body: &Value,
) -> Result<(u16, Value), reqwest::Error> {
    let request = Client::new().post(format!("{}{path}", providers.url())).bearer_auth(token);
    let answer = request.header("idempotency-key", key).json(body).send().await?;
    Ok((answer.status().as_u16(), answer.json().await?))
}

fn charge(order: &str, user: &str) -> Value {
    json!({ "orderId": order, "userId": user, "attempt": 1, "lines": [{ "productId": "sku-1", "qty": 2 }] })
}

#[tokio::test]
async fn a_key_is_charged_once_whatever_happens_to_the_answer() {
    let providers = Providers::start("pay", "mail").await;
    providers.faults([Fault::Refuses, Fault::HangsUp, Fault::DoesAndHangsUp, Fault::DoesAndFails]);
    providers.faults([Fault::Waits(Duration::from_millis(1))]);
    let mut seen = Vec::new();
    for _ in 0..6 {
        let answer = post(&providers, "/v1/charges", "pay", "o-1/1", &charge("o-1", "u-1")).await;
        seen.push(answer.map(|(status, _)| status).ok());
        // Nothing is charged by what was not done.
        assert_eq!(providers.charges().len(), usize::from(seen.len() > 2), "{seen:?}");
    }
    assert_eq!(seen, [Some(500), None, None, Some(500), Some(201), Some(201)]);
    let tally = &providers.tally()["o-1"];
    assert_eq!((tally.charges, tally.repeated), (1, 3));
    assert_eq!(providers.clear_faults(), 0);
    for (order, number) in [("o-1", 1), ("o-2", 0)] {
        let request = Client::new().get(format!("{}/v1/charges", providers.url())).query(&[("orderId", order)]);
        let answer = request.bearer_auth("pay").send().await.expect("an answer");
        let known: Value = answer.json().await.expect("JSON");
        assert_eq!(known["charges"].as_array().map(Vec::len), Some(number), "{known}");
    }

    let other = charge("o-1", "somebody-else");
    let (status, _) = post(&providers, "/v1/charges", "pay", "o-1/1", &other).await.expect("an answer");
    assert_eq!((status, providers.charges()[0].conflicts), (409, 1));
}

#[tokio::test]
async fn declined_refunded_and_written_to() {
    let providers = Providers::start("pay", "mail").await;
    providers.decline_user("poor", true);
    let (status, body) =
        post(&providers, "/v1/charges", "pay", "o-2/1", &charge("o-2", "poor")).await.expect("an answer");
    assert_eq!((status, body), (402, json!({ "code": "card-declined", "retry": true })));
    providers.accept_user("poor");
    let (status, body) =
        post(&providers, "/v1/charges", "pay", "o-2/1", &charge("o-2", "poor")).await.expect("an answer");
    assert_eq!(status, 201);
    providers.decline_product("sku-1");
    let (_, refusal) =
        post(&providers, "/v1/charges", "pay", "o-3/1", &charge("o-3", "rich")).await.expect("an answer");
    assert_eq!(refusal["retry"], false);

    let refund = json!({ "orderId": "o-2", "chargeId": body["chargeId"] });
    for _ in 0..2 {
        let (status, _) = post(&providers, "/v1/refunds", "pay", "o-2/refund", &refund).await.expect("an answer");
        assert_eq!(status, 201);
    }
    let mail = json!({ "userId": "poor", "orderId": "o-2", "template": "order-cancelled", "reason": "no stock" });
    let (status, _) = post(&providers, "/v1/messages", "mail", "event-1", &mail).await.expect("an answer");
    assert_eq!(status, 202);
    let (status, _) = post(&providers, "/v1/messages", "pay", "event-1", &mail).await.expect("an answer");
    assert_eq!((status, providers.unauthorized()), (401, 1), "the other provider's token");
    let (status, _) = post(&providers, "/v1/charges", "pay", "wrong", &charge("o-4", "rich")).await.expect("an answer");
    assert_eq!((status, providers.malformed().len()), (400, 1));
    let tally = &providers.tally()["o-2"];
    assert_eq!((tally.charges, tally.refunds, tally.mails["order-cancelled"]), (1, 1, 1));
}
