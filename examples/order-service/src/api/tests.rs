//! The router in process: no database, no queue, and an issuer of its own.

use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::routing::get;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use order_events::{BODY_LIMIT, OrderId};
use order_runtime::breaker::Breaker;
use order_runtime::store::Store;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use super::{App, Parts, router};
use crate::auth::Tokens;
use crate::desk::Desk;
use crate::limit::Limits;
use crate::metrics::Metrics;
use crate::queue::{Kind, Queue};
use crate::server;
use crate::settings::{self, Answer};

const ORDER: &str = r#"{"productId":"sku-328","qty":2,"idempotencyKey":"k"}"#;

fn signer() -> &'static EncodingKey {
    static KEY: OnceLock<EncodingKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).expect("a key can be made");
        EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).expect("it is a key")
    })
}

async fn listen(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
    let url = format!("http://{}", listener.local_addr().expect("it has an address"));
    tokio::spawn(server::serve(listener, router, std::future::pending(), Duration::ZERO));
    url
}

/// The service, with an issuer, and with a queue that answers with this status.
struct Service {
    router: Router,
    issuer: String,
}

impl Service {
    async fn new(queue: StatusCode) -> Self {
        Self::limited(queue, 1_000).await
    }

    async fn limited(queue: StatusCode, rate: u32) -> Self {
        let mut jwk = Jwk::from_encoding_key(signer(), Algorithm::RS256).expect("it is a key");
        jwk.common.key_id = Some("one".to_owned());
        let set = serde_json::to_string(&JwkSet { keys: vec![jwk] }).expect("it is JSON");
        let issuer = listen(Router::new().route("/.well-known/jwks.json", get(async || set))).await;
        let answer = async move || (queue, r#"{"MessageId":"m","MD5OfMessageBody":""}"#);
        let sqs = listen(Router::new().fallback(answer)).await;
        let audience = ["shop".to_owned()].into();
        let tokens = settings::Tokens::Service { issuer: issuer.clone(), audience };
        Self { router: router(app(&tokens, &sqs, rate)), issuer }
    }

    fn claims(&self) -> Value {
        json!({
            "iss": self.issuer, "sub": "user-999", "client_id": "shop", "token_use": "access",
            "exp": jsonwebtoken::get_current_timestamp() + 600, "scope": "openid orders/read orders/write",
        })
    }

    fn token(&self, change: &Value) -> String {
        let mut claims = self.claims();
        for (name, value) in change.as_object().expect("it is an object") {
            claims[name] = value.clone();
        }
        let head = Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::RS256) };
        encode(&head, &claims, signer()).expect("it can be signed")
    }

    async fn ask(&self, request: Request<Body>) -> (StatusCode, HeaderMap, Value) {
        let answer = self.router.clone().oneshot(request).await.expect("it always answers");
        let (head, body) = answer.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("it has a body");
        (head.status, head.headers, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn post(&self, headers: &[(&str, &str)], body: impl Into<Body>) -> (StatusCode, HeaderMap, Value) {
        self.post_to("/v1/orders", headers, body).await
    }

    async fn post_to(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> (StatusCode, HeaderMap, Value) {
        let token = format!("Bearer {}", self.token(&json!({})));
        let mut request = Request::post(path).header("authorization", token);
        if headers.iter().all(|(name, _)| *name != "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.ask(request.body(body.into()).expect("it is a request")).await
    }

    async fn get(&self, path: &str, authorization: &str) -> (StatusCode, HeaderMap, Value) {
        let request = Request::get(path).header("authorization", authorization);
        self.ask(request.body(Body::empty()).expect("it is a request")).await
    }
}

fn app(tokens: &settings::Tokens, sqs: &str, rate: u32) -> App {
    let breaker = |name| Arc::new(Breaker::new(name, 5, Duration::from_secs(2)));
    let credentials = aws_sdk_sqs::config::Credentials::new("a", "b", None, None, "tests");
    let config = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new("eu-west-1"))
        .endpoint_url(sqs)
        .credentials_provider(aws_sdk_sqs::config::SharedCredentialsProvider::new(credentials))
        .build();
    let queue = |name: &str, kind| Queue::new(&config, (format!("{sqs}/0/{name}"), kind), breaker("the queue"));
    let queues = (queue("replay.fifo", Kind::Fifo), queue("intake", Kind::Standard));
    let pool = PgPoolOptions::new().connect_lazy("postgres://nobody@127.0.0.1:1/none").expect("it is an address");
    App::new(Parts {
        tokens: Tokens::new(tokens).expect("there is a client"),
        limits: Limits::new(NonZeroU32::new(rate).expect("it is not zero")),
        // It is never opened: the database is down.
        desk: Desk::new(Store::new(pool), breaker("the database"), queues, Arc::default()),
        answer: Answer::Created,
        metrics: Metrics::new(&mut Registry::default()),
    })
}

fn kind(body: &Value) -> &str {
    body["type"].as_str().and_then(|kind| kind.strip_prefix("urn:orders:problem:")).unwrap_or_default()
}

#[tokio::test]
async fn while_the_database_is_down_the_queue_takes_orders() {
    let service = Service::new(StatusCode::OK).await;
    let (status, headers, body) = service.post(&[("x-request-id", "r1")], ORDER).await;
    let id = OrderId::of(&"user-999".parse().expect("it is a user"), "k").to_string();
    assert_eq!((status, &body), (StatusCode::ACCEPTED, &json!({"orderId": id, "status": "PENDING"})));
    assert_eq!(headers["x-request-id"], "r1");
    assert_eq!(headers[header::LOCATION], format!("/v1/orders/{id}"));
    let token = format!("Bearer {}", service.token(&json!({})));
    for path in ["/v1/orders", &format!("/v1/orders/{id}"), "/v1/orders?idempotencyKey=k"] {
        let (status, headers, body) = service.get(path, &token).await;
        assert_eq!((status, kind(&body)), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
        assert_eq!(headers[header::RETRY_AFTER], "5");
    }
}

#[tokio::test]
async fn an_order_that_nobody_waits_for_is_checked_and_answered_like_any_other() {
    let service = Service::new(StatusCode::OK).await;
    let order = r#"{"productId":"sku-328","qty":2}"#;
    let key = ("idempotency-key", "k");
    let (status, headers, body) = service.post_to("/v1/orders/async", &[key, ("x-request-id", "r1")], order).await;
    let id = OrderId::of(&"user-999".parse().expect("it is a user"), "k").to_string();
    assert_eq!((status, &body), (StatusCode::ACCEPTED, &json!({"orderId": id, "status": "PENDING"})));
    assert_eq!(
        (&headers["x-request-id"], &headers[header::CONTENT_TYPE]),
        (&"r1".parse().expect("a value"), &"application/json".parse().expect("a value"))
    );
    for (headers, body, said) in [
        (&[key][..], "not json", (StatusCode::BAD_REQUEST, "malformed")),
        (&[key], r#"{"productId":"sku-328","qty":0}"#, (StatusCode::UNPROCESSABLE_ENTITY, "invalid")),
        (&[], order, (StatusCode::BAD_REQUEST, "no-idempotency-key")),
        (
            &[key],
            r#"{"productId":"a","qty":1,"idempotencyKey":"j"}"#,
            (StatusCode::BAD_REQUEST, "two-idempotency-keys"),
        ),
    ] {
        let (status, _, body) = service.post_to("/v1/orders/async", headers, body).await;
        assert_eq!((status, kind(&body)), said);
    }
    let service = Service::new(StatusCode::BAD_REQUEST).await;
    let (status, headers, body) = service.post_to("/v1/orders/async", &[key], order).await;
    assert_eq!((status, kind(&body)), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    assert_eq!(headers[header::RETRY_AFTER], "5");
}

#[tokio::test]
async fn without_the_queue_nothing_is_taken() {
    let service = Service::new(StatusCode::BAD_REQUEST).await;
    let (status, headers, body) = service.post(&[("x-request-id", "r1")], ORDER).await;
    assert_eq!((status, kind(&body)), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(headers[header::RETRY_AFTER], "5");
    assert_eq!((&body["requestId"], &body["instance"]), (&json!("r1"), &json!("/v1/orders")));
    assert!(!body.to_string().contains("queue"), "what is inside stays there: {body}");
}

#[tokio::test]
async fn a_token_must_be_right_in_every_way() {
    let service = Service::new(StatusCode::OK).await;
    let past = jsonwebtoken::get_current_timestamp() - 60;
    let future = jsonwebtoken::get_current_timestamp() + 120;
    for (change, said) in [
        (json!({"exp": past}), "it has expired"),
        (json!({"nbf": future}), "it is not valid yet"),
        (json!({"iss": "https://other.example.com"}), "somebody else issued it"),
        (json!({"client_id": "other"}), "it is for somebody else"),
        (json!({"aud": "other"}), "it is for somebody else"),
        (json!({"token_use": "id"}), "it is no access token"),
        (json!({"sub": ""}), "sub must have 1 to 255 visible characters"),
        (json!({"sub": null}), "it cannot be read, or a claim is missing"),
    ] {
        let (status, headers, body) = service.get("/v1/orders", &format!("Bearer {}", service.token(&change))).await;
        assert_eq!((status, kind(&body)), (StatusCode::UNAUTHORIZED, "unauthenticated"), "{change}");
        assert_eq!(body["detail"], format!("The token is not accepted: {said}."), "{change}");
        let challenge = headers[header::WWW_AUTHENTICATE].to_str().expect("it is text");
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    }
    let (status, headers, body) =
        service.get("/v1/orders", &format!("Bearer {}", service.token(&json!({"scope": "orders/write"})))).await;
    assert_eq!((status, kind(&body)), (StatusCode::FORBIDDEN, "forbidden"));
    let challenge = headers[header::WWW_AUTHENTICATE].to_str().expect("it is text");
    assert!(challenge.contains("error=\"insufficient_scope\", scope=\"orders/read\""), "{challenge}");
}

#[tokio::test]
async fn tokens_of_another_key_or_way_of_signing_are_none() {
    let service = Service::new(StatusCode::OK).await;
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).expect("a key can be made");
    let other = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).expect("it is a key");
    let secret = EncodingKey::from_secret(b"secret");
    let head = |kid: Option<&str>, algorithm| Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
    for (head, key) in [
        (head(Some("one"), Algorithm::RS256), &other),
        (head(Some("two"), Algorithm::RS256), &other),
        (head(None, Algorithm::RS256), signer()),
        (head(Some("one"), Algorithm::HS256), &secret),
        (head(Some("one"), Algorithm::RS384), signer()),
    ] {
        let token = encode(&head, &service.claims(), key).expect("it can be signed");
        let (status, _, body) = service.get("/v1/orders", &format!("Bearer {token}")).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{head:?}: {body}");
    }
    for authorization in ["Bearer", "Bearer nonsense", "Basic dTpw", ""] {
        let (status, headers, _) = service.get("/v1/orders", authorization).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{authorization}");
        assert!(headers.contains_key(header::WWW_AUTHENTICATE));
    }
}

#[tokio::test]
async fn behind_a_gateway_tokens_are_believed() {
    let router = router(app(&settings::Tokens::Gateway, "http://127.0.0.1:1", 9));
    let service = Service { router, issuer: "https://any.example.com".to_owned() };
    let head = Header::new(Algorithm::HS256);
    let token = encode(&head, &service.claims(), &EncodingKey::from_secret(b"any")).expect("it can be signed");
    let (status, _, body) = service.get("/v1/orders/nonsense", &format!("Bearer {token}")).await;
    assert_eq!((status, kind(&body)), (StatusCode::NOT_FOUND, "not-found"));
    assert_eq!(service.get("/v1/orders/nonsense", "Bearer a.b.c").await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_is_wrong_with_an_order_is_said() {
    let service = Service::new(StatusCode::OK).await;
    let keyless = r#"{"productId":"a","qty":1}"#;
    let large = "x".repeat(BODY_LIMIT + 1);
    for (headers, body, status, expected) in [
        (&[][..], "nonsense", StatusCode::BAD_REQUEST, "malformed"),
        (&[], r#"{"productId":"a","qty":1"#, StatusCode::BAD_REQUEST, "malformed"),
        (&[], "", StatusCode::BAD_REQUEST, "malformed"),
        (&[], r#"{"productId":"a"}"#, StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
        (&[], r#"{"productId":"a","qty":0,"idempotencyKey":"k"}"#, StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
        (&[], "[]", StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
        (&[], keyless, StatusCode::BAD_REQUEST, "no-idempotency-key"),
        (&[("idempotency-key", "two words")], keyless, StatusCode::BAD_REQUEST, "parameter"),
        (&[("idempotency-key", "other")], ORDER, StatusCode::BAD_REQUEST, "two-idempotency-keys"),
        (&[("idempotency-key", "k"), ("idempotency-key", "k")], ORDER, StatusCode::BAD_REQUEST, "two-idempotency-keys"),
        (&[("content-type", "text/plain")], ORDER, StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type"),
        (&[("content-encoding", "gzip")], ORDER, StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type"),
        (&[], &large, StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
    ] {
        let (got, headers, answer) = service.post(headers, body.to_owned()).await;
        assert_eq!((got, kind(&answer)), (status, expected), "{answer}");
        assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(answer["status"], status.as_u16());
        assert_eq!(answer["requestId"].as_str(), headers["x-request-id"].to_str().ok());
    }
    let (_, _, body) = service.post(&[], r#"{"lines":[{"productId":"a b","qty":0},{"productId":"b","qty":1}]}"#).await;
    let pointers: Vec<&str> =
        body["errors"].as_array().expect("there are some").iter().filter_map(|one| one["pointer"].as_str()).collect();
    assert_eq!(pointers, ["/lines/0/productId", "/lines/0/qty"]);
    for headers in [&[("idempotency-key", "k")][..], &[("content-type", "application/json; charset=utf-8")]] {
        assert_eq!(service.post(headers, ORDER).await.0, StatusCode::ACCEPTED);
    }
    assert_eq!(service.post(&[("idempotency-key", "k")], keyless).await.0, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn other_methods_and_paths_are_problems_too() {
    let service = Service::new(StatusCode::OK).await;
    let request = Request::delete("/v1/orders").body(Body::empty()).expect("it is a request");
    let (status, headers, body) = service.ask(request).await;
    assert_eq!((status, kind(&body)), (StatusCode::METHOD_NOT_ALLOWED, "method"));
    assert_eq!(headers[header::ALLOW], "POST,GET,HEAD");
    for path in ["/", "/v1", "/v1/orders/", "/v2/orders"] {
        let (status, _, body) = service.get(path, "").await;
        assert_eq!((status, kind(&body)), (StatusCode::NOT_FOUND, "not-found"), "{path}");
    }
}

#[tokio::test]
async fn a_user_who_asks_too_often_is_told_when_to_come_back() {
    let service = Service::limited(StatusCode::OK, 1).await;
    assert_eq!(service.post(&[], ORDER).await.0, StatusCode::ACCEPTED);
    let (status, headers, body) = service.post(&[], ORDER).await;
    assert_eq!((status, kind(&body)), (StatusCode::TOO_MANY_REQUESTS, "rate-limit"));
    assert_eq!(headers[header::RETRY_AFTER], "1");
}

#[tokio::test]
async fn without_the_issuer_nobody_can_be_told() {
    let mut service = Service::new(StatusCode::OK).await;
    let audience = ["shop".to_owned()].into();
    let tokens = settings::Tokens::Service { issuer: "http://127.0.0.1:1".to_owned(), audience };
    service.router = router(app(&tokens, "http://127.0.0.1:1", 9));
    let (status, headers, body) = service.post(&[], ORDER).await;
    assert_eq!((status, kind(&body)), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    assert!(headers.contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn the_document_names_everything_that_is_answered() {
    let service = Service::new(StatusCode::OK).await;
    let (status, _, document) = service.get("/openapi.json", "").await;
    assert_eq!((status, &document["openapi"]), (StatusCode::OK, &json!("3.1.0")));
    let statuses = |path: &str, method: &str| -> Vec<String> {
        let answers = document["paths"][path][method]["responses"].as_object().expect("there are some");
        answers.keys().cloned().collect()
    };
    let place = ["201", "202", "400", "401", "403", "405", "409", "413", "415", "422", "429", "500", "503"];
    assert_eq!(statuses("/v1/orders", "post"), place);
    assert_eq!(statuses("/v1/orders", "get"), ["200", "400", "401", "403", "405", "429", "500", "503"]);
    assert_eq!(statuses("/v1/orders/{id}", "get"), ["200", "401", "403", "404", "405", "429", "500", "503"]);
    assert_eq!(document["paths"].as_object().map(serde_json::Map::len), Some(3));
    assert_eq!(document["components"]["schemas"]["NewOrder"]["oneOf"].as_array().map(Vec::len), Some(2));
    assert_eq!(document["components"]["schemas"]["OneProduct"]["additionalProperties"], false);
}
