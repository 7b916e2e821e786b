//! The HTTP API, as its synthesized template says: routes, tokens, scopes, CORS, throttling, integrations.
//!
//! What the template says and this does not understand is a panic at the start, so that nothing is tested that the
//! platform does not say, and nothing that it says goes untested unseen.

mod answer;
mod api;
mod integrations;
mod mapping;
mod routes;
mod throttle;
mod tokens;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, request};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use serde_json::Value;

use crate::aws::Aws;
use crate::issuer::Issuer;
use crate::platform::Platform;
use crate::serve::Server;

use self::answer::message;
use self::api::{Api, IntegrationKind, Route};
use self::mapping::Context;
use self::throttle::Throttle;
use self::tokens::Tokens;

/// The largest body that API Gateway takes.
const BODY: usize = 10 * 1024 * 1024;

/// The HTTP API on loopback.
#[derive(Debug)]
pub struct Gateway {
    server: Server,
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    api: Api,
    throttle: Throttle,
    tokens: Tokens,
    http: reqwest::Client,
    /// Access to AWS as the role of each integration that needs one.
    roles: BTreeMap<String, Aws>,
    backends: Mutex<BTreeMap<String, Vec<SocketAddr>>>,
    turn: AtomicUsize,
}

impl Gateway {
    /// Reads the API of the platform and serves it. Tokens are the issuer's, which stands in for the user pool.
    ///
    /// # Panics
    ///
    /// If the template trusts tokens of anybody but the platform's user pool, or says something that is not understood.
    pub async fn start(platform: &Platform, aws: &Aws, issuer: &Issuer) -> Self {
        let api = Api::read(platform);
        let mut roles = BTreeMap::new();
        for integration in api.integrations.values() {
            if let IntegrationKind::Send(send) = &integration.kind {
                platform.stack("api").assert_trusts(&send.role, "apigateway.amazonaws.com");
                roles.insert(send.role.clone(), aws.assume(&send.role, "apigateway").await);
            }
        }
        let tokens = Tokens::new(&issuer.url(), &api.audience);
        let throttle = Throttle::new(api.rate, api.burst);
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let http = http.build().expect("a client can be made");
        let (backends, turn) = (Mutex::default(), AtomicUsize::new(0));
        let inner = Arc::new(Inner { api, throttle, tokens, http, roles, backends, turn });
        let router = Router::new().fallback(handle).with_state(inner.clone());
        Self { server: Server::start(router).await, inner }
    }

    /// Its address, without a slash at its end.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The applications whose tokens are accepted.
    pub fn audience(&self) -> &[String] {
        &self.inner.api.audience
    }

    /// The origins that browsers may call it from.
    pub fn origins(&self) -> &[String] {
        self.inner.api.cors.as_ref().map_or(&[], |cors| cors.allow_origins.as_slice())
    }

    /// Requests per second and at once to a route before they are refused.
    pub fn limits(&self) -> (f64, f64) {
        (self.inner.api.rate, self.inner.api.burst)
    }

    /// Names of the Kubernetes services that it forwards to.
    pub fn services(&self) -> Vec<String> {
        let forwards = self.inner.api.integrations.values().filter_map(|integration| match &integration.kind {
            IntegrationKind::Forward(forward) => Some(forward.service.clone()),
            IntegrationKind::Send(_) => None,
        });
        forwards.collect()
    }

    /// Adds a pod to those of a service.
    pub fn add_backend(&self, service: &str, address: SocketAddr) {
        let mut backends = self.inner.backends.lock().unwrap_or_else(PoisonError::into_inner);
        backends.entry(service.to_owned()).or_default().push(address);
    }

    /// Takes a pod away.
    pub fn remove_backend(&self, service: &str, address: SocketAddr) {
        let mut backends = self.inner.backends.lock().unwrap_or_else(PoisonError::into_inner);
        backends.entry(service.to_owned()).or_default().retain(|known| *known != address);
    }

    /// Lets no time pass for throttling, so that a burst is used up whatever the machine's speed; or lets it pass again.
    pub fn hold_throttle(&self, hold: bool) {
        self.inner.throttle.hold(hold);
    }

    /// Throttles nothing any more, for a load that is to reach the service.
    pub fn unlimited(&self) {
        self.inner.throttle.unlimited();
    }
}

async fn handle(
    State(inner): State<Arc<Inner>>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let id = request_id();
    let cors = inner.api.cors.as_ref();
    let mut response = match to_bytes(body, BODY).await {
        Err(_) => message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"),
        Ok(_) if head.method == Method::OPTIONS && cors.is_some() && !inner.api.has_options_route() => {
            message(StatusCode::NO_CONTENT, "")
        }
        Ok(body) => inner.answer(&head, body, &id, client).await,
    };
    if let Some(cors) = cors {
        answer::apply_cors(cors, &head, response.headers_mut());
    }
    answer::set(response.headers_mut(), "apigw-requestid", &id);
    response
}

impl Inner {
    async fn answer(&self, head: &request::Parts, body: Bytes, id: &str, client: SocketAddr) -> Response {
        let path = head.uri.path();
        let Some((route, parameters)) = routes::find(&self.api.routes, &head.method, path) else {
            return message(StatusCode::NOT_FOUND, "Not Found");
        };
        if !self.throttle.admits(&route.key) {
            return message(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests");
        }
        let claims = match self.authorize(route, &head.headers).await {
            Ok(claims) => claims,
            Err(response) => return *response,
        };
        let context = Context { id, head, body: &body, client, route: &route.key, parameters, claims };
        let integration = &self.api.integrations[&route.integration];
        match &integration.kind {
            IntegrationKind::Forward(forward) => {
                let backend = self.backend(&forward.service);
                integrations::forward(&self.http, integration, backend, &context).await
            }
            IntegrationKind::Send(send) => {
                integrations::send(&self.roles[&send.role], integration, send, &context).await
            }
        }
    }

    /// The claims of the request's token, if the route wants one.
    async fn authorize(&self, route: &Route, headers: &HeaderMap) -> Result<Value, Box<Response>> {
        let Some(scopes) = &route.scopes else { return Ok(Value::Null) };
        let refused = || {
            let mut response = message(StatusCode::UNAUTHORIZED, "Unauthorized");
            answer::set(response.headers_mut(), "www-authenticate", "Bearer");
            Box::new(response)
        };
        let header = headers.get(&self.api.token_header).and_then(|value| value.to_str().ok());
        let token = header.ok_or_else(refused)?;
        let claims = self.tokens.validate(token).await.ok_or_else(refused)?;
        let granted = claims["scope"].as_str().unwrap_or_default();
        let enough = scopes.is_empty() || granted.split(' ').any(|scope| scopes.iter().any(|wanted| wanted == scope));
        if enough { Ok(claims) } else { Err(Box::new(message(StatusCode::FORBIDDEN, "Forbidden"))) }
    }

    /// The next pod of a service, in turn.
    fn backend(&self, service: &str) -> Option<SocketAddr> {
        let backends = self.backends.lock().unwrap_or_else(PoisonError::into_inner);
        let of_service = backends.get(service).filter(|all| !all.is_empty())?;
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        of_service.get(turn % of_service.len()).copied()
    }
}

/// As API Gateway makes them: 15 letters of Base64 and a padding.
fn request_id() -> String {
    URL_SAFE.encode(rand::random::<[u8; 11]>())
}
