//! The routes.

mod find;
pub mod openapi;
mod place;
#[cfg(test)]
mod tests;
pub mod types;

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use order_events::UserId;
use tracing::Span;

use crate::auth::{Scope, Tokens};
use crate::desk::Desk;
use crate::limit::Limits;
use crate::metrics::Metrics;
use crate::observe::observe;
use crate::problem::{Failure, Kind};
use crate::settings::Answer;

/// What every request needs.
#[derive(Debug)]
pub struct Parts {
    /// Says who calls.
    pub tokens: Tokens,
    /// Says how much may go on.
    pub limits: Limits,
    /// Takes orders and finds them.
    pub desk: Desk,
    /// What is answered when an order was stored.
    pub answer: Answer,
    /// What is counted.
    pub metrics: Metrics,
}

/// [`Parts`], shared by all requests.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

impl App {
    /// Shares them.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Returns who calls, if the token allows this and it is not too often.
    async fn caller(&self, headers: &HeaderMap, scope: Scope) -> Result<UserId, Failure> {
        let user = self.tokens.caller(headers, scope).await?;
        Span::current().record("userId", user.as_str());
        self.limits.user(&user)?;
        Ok(user)
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Returns the routes of the API; those of probes are [`order_runtime::health`]'s.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/v1/orders", post(place::place).get(find::orders))
        .route("/v1/orders/async", post(place::later))
        .route("/v1/orders/{id}", get(find::order))
        .route("/openapi.json", get(async || Json(openapi::document())))
        .method_not_allowed_fallback(method)
        .fallback(nothing)
        .layer(middleware::from_fn_with_state(app.clone(), observe))
        .with_state(app)
}

/// Which methods there are is added to it by the router.
async fn method(path: Option<MatchedPath>, request: Request) -> Failure {
    let path = path.as_ref().map_or("The path", MatchedPath::as_str);
    Failure::new(Kind::Method, format!("{path} does not know {}.", request.method()))
}

async fn nothing() -> Failure {
    Failure::new(Kind::NotFound, "There is nothing at this path.")
}
