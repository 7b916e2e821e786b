//! The HTTP API as the platform's template says.

use axum::Router;
use axum::http::{HeaderMap, Uri};
use order_tests::issuer::{LIFETIME, Wrong};
use order_tests::serve::Server;
use order_tests::world::{Customer, World};
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// Status and message of an answer of the gateway itself.
async fn said(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.expect("the gateway answers in JSON");
    (status, body["message"].as_str().unwrap_or_default().to_owned())
}

fn expect(status: u16, message: &str) -> (u16, String) {
    (status, message.to_owned())
}

async fn get(world: &World, path: &str, token: Option<&str>) -> Response {
    let mut request = world.request(Method::GET, path);
    if let Some(token) = token {
        request = request.header("authorization", token);
    }
    request.send().await.expect("the gateway answers")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_does_what_its_template_says() {
    let world = World::start().await;
    let customer = world.customer("user-1");
    routes_and_tokens(&world, &customer).await;
    preflight(&world).await;
    forwarding(&world, &customer).await;
    throttling(&world).await;
}

async fn routes_and_tokens(world: &World, customer: &Customer) {
    assert_eq!(said(get(world, "/v2/orders", None).await).await, expect(404, "Not Found"));
    assert_eq!(said(get(world, "/v1/orders", None).await).await, expect(401, "Unauthorized"));
    assert_eq!(said(get(world, "/v1/orders", Some("Bearer x")).await).await, expect(401, "Unauthorized"));
    let client = world.gateway.audience()[0].clone();
    for wrong in Wrong::ALL {
        let token = world.issuer.bad_token(wrong, "user-1", &client);
        let answer = said(get(world, "/v1/orders", Some(&format!("Bearer {token}"))).await).await;
        // API Gateway takes ID tokens; they have no scopes.
        let refusal = if wrong == Wrong::IdToken { expect(403, "Forbidden") } else { expect(401, "Unauthorized") };
        assert_eq!(answer, refusal, "{wrong:?}");
    }
    let writes = world.issuer.token_for("user-1", &client, &["orders/write"], LIFETIME);
    assert_eq!(said(get(world, "/v1/orders", Some(&writes)).await).await, expect(403, "Forbidden"));
    let answer = get(world, "/v1/orders", Some(&customer.token)).await;
    assert_eq!(said(answer).await, expect(503, "Service Unavailable"), "nothing runs");
    world.issuer.rotate();
    let rotated = world.customer("user-1");
    assert_eq!(get(world, "/v1/orders", Some(&rotated.token)).await.status(), 503, "the new key is fetched");
}

async fn preflight(world: &World) {
    let origin = world.gateway.origins()[0].clone();
    let ask = |origin: String| {
        let request = world.request(Method::OPTIONS, "/v1/orders").header("origin", origin);
        request.header("access-control-request-method", "POST").send()
    };
    let answer = ask(origin.clone()).await.expect("the gateway answers");
    assert_eq!(answer.status(), 204);
    let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(header("access-control-allow-origin"), origin);
    assert!(header("access-control-allow-methods").contains("POST"));
    assert!(header("access-control-allow-headers").contains("idempotency-key"));
    let other = ask("https://evil.example.com".to_owned()).await.expect("the gateway answers");
    assert!(!other.headers().contains_key("access-control-allow-origin"));
    let refused = world.request(Method::GET, "/v1/orders").header("origin", &origin).send().await.expect("an answer");
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.headers()["access-control-allow-origin"], origin.as_str(), "browsers may read refusals");
}

/// A service that says what it was sent.
async fn echo(uri: Uri, headers: HeaderMap, body: String) -> ([(&'static str, &'static str); 2], String) {
    if uri.path().ends_with("slow") {
        std::future::pending::<()>().await;
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let seen = json!({
        "uri": uri.to_string(),
        "authorization": text("authorization"),
        "id": text("x-request-id"),
        "traceparent": text("traceparent"),
        "for": text("x-forwarded-for"),
        "body": body,
    });
    ([("access-control-allow-origin", "*"), ("x-request-id", "of-the-service")], seen.to_string())
}

async fn forwarding(world: &World, customer: &Customer) {
    let service = Server::start(Router::new().fallback(echo)).await;
    world.gateway.add_backend("order-service", service.address());
    let request = world.request(Method::GET, "/v1/orders/o-1?cursor=a%2Fb").bearer_auth(&customer.token);
    let request = request.header("x-request-id", "r-1").header("traceparent", "00-1-2-01");
    let answer = request.send().await.expect("the gateway answers");
    assert!(!answer.headers().contains_key("access-control-allow-origin"), "what the service says of CORS is ignored");
    assert_eq!(answer.headers()["x-request-id"], "of-the-service");
    let seen: Value = answer.json().await.expect("JSON");
    assert_eq!(seen["uri"], "/v1/orders/o-1?cursor=a%2Fb");
    assert_eq!(seen["authorization"], format!("Bearer {}", customer.token));
    assert_eq!((&seen["id"], &seen["traceparent"]), (&json!("r-1"), &json!("00-1-2-01")));
    assert_eq!(seen["for"], "127.0.0.1");
    let placed = world.place(customer, "key-1", &json!({ "productId": "sku-1" })).await.expect("an answer");
    let seen: Value = placed.json().await.expect("JSON");
    assert_eq!(seen["body"], "{\"productId\":\"sku-1\"}");

    let slow = get(world, "/v1/orders/slow", Some(&customer.token)).await;
    assert_eq!(said(slow).await, expect(504, "Gateway Timeout"));
    let address = service.address();
    drop(service);
    world.gateway.add_backend("order-service", ([127, 0, 0, 1], 1).into());
    world.gateway.remove_backend("order-service", address);
    let gone = get(world, "/v1/orders/o-1", Some(&customer.token)).await;
    assert_eq!(said(gone).await, expect(503, "Service Unavailable"));
}

async fn throttling(world: &World) {
    let (_, burst) = world.gateway.limits();
    world.gateway.hold_throttle(true);
    let mut admitted = 0.0;
    let refusal = loop {
        let answer = get(world, "/v1/orders/o-1", None).await;
        if answer.status() != 401 {
            break said(answer).await;
        }
        admitted += 1.0;
        assert!(admitted <= burst, "more than a burst is admitted");
    };
    assert_eq!(refusal, expect(429, "Too Many Requests"));
    assert_eq!(get(world, "/v1/orders", None).await.status(), 401, "another route has a bucket of its own");
    world.gateway.hold_throttle(false);
    world.gateway.unlimited();
    assert_eq!(get(world, "/v1/orders/o-1", None).await.status(), 401);
}
