//! What the gateway says itself.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request};
use axum::response::Response;
use serde_json::json;

use super::api::Cors;

/// An answer that no integration gave.
pub(super) fn message(status: StatusCode, message: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    if !message.is_empty() {
        set(response.headers_mut(), "content-type", "application/json");
        *response.body_mut() = Body::from(json!({ "message": message }).to_string());
    }
    response
}

/// Sets a header.
pub(super) fn set(headers: &mut HeaderMap, name: &str, value: &str) {
    let name: HeaderName = name.parse().expect("a name of a header");
    headers.insert(name, HeaderValue::from_str(value).expect("a value of a header"));
}

/// Says what browsers may do, and nothing that a backend says about it.
pub(super) fn apply_cors(cors: &Cors, request: &request::Parts, headers: &mut HeaderMap) {
    let theirs: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with("access-control-")).cloned().collect();
    for name in theirs {
        headers.remove(name);
    }
    let origin = request.headers.get(header::ORIGIN).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(allowed) = cors.allow_origins.iter().find(|allowed| *allowed == "*" || *allowed == origin) else { return };
    set(headers, "access-control-allow-origin", allowed);
    if cors.allow_credentials {
        set(headers, "access-control-allow-credentials", "true");
    }
    if request.method == axum::http::Method::OPTIONS {
        set(headers, "access-control-allow-methods", &cors.allow_methods.join(","));
        set(headers, "access-control-allow-headers", &cors.allow_headers.join(","));
        if let Some(age) = cors.max_age {
            set(headers, "access-control-max-age", &age.to_string());
        }
    }
    if !cors.expose_headers.is_empty() {
        set(headers, "access-control-expose-headers", &cors.expose_headers.join(","));
    }
}
