//! Whether a program lives, whether it takes work, and how it stops.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// State and metrics of a program.
///
/// The status of `/readyz` says whether this pod takes work, and nothing about what it depends on: a pod that is taken out
/// because the database is down could not even take orders for the replay queue. Its text names what does not answer.
#[derive(Clone, Debug)]
pub struct Health {
    phase: Arc<AtomicU8>,
    metrics: Arc<Registry>,
    others: Arc<Mutex<Vec<Other>>>,
}

/// Something that a program depends on, and whether it answers.
struct Other {
    name: &'static str,
    answers: Box<dyn Fn() -> bool + Send>,
}

impl fmt::Debug for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Other").field("name", &self.name).finish_non_exhaustive()
    }
}

const STARTING: u8 = 0;
const READY: u8 = 1;
const STOPPING: u8 = 2;

impl Health {
    /// A program that starts.
    pub fn new(metrics: Registry) -> Self {
        Self { phase: Arc::new(AtomicU8::new(STARTING)), metrics: Arc::new(metrics), others: Arc::default() }
    }

    /// It depends on something that has this name.
    pub fn depends_on(&self, name: &'static str, answers: impl Fn() -> bool + Send + 'static) {
        self.others.lock().unwrap_or_else(PoisonError::into_inner).push(Other { name, answers: Box::new(answers) });
    }

    /// It takes work from now on, unless it stops already.
    pub fn ready(&self) {
        // A change that comes too late is none.
        let _ = self.phase.compare_exchange(STARTING, READY, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// It takes no more work.
    pub fn stopping(&self) {
        self.phase.store(STOPPING, Ordering::SeqCst);
    }

    fn ready_text(&self) -> String {
        let others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let silent = others.iter().filter(|other| !(other.answers)()).map(|other| other.name);
        silent.fold("ready\n".to_owned(), |text, name| format!("{text}{name} does not answer\n"))
    }

    /// Returns the routes `/livez`, `/readyz` and `/metrics`.
    pub fn routes(&self) -> Router {
        Router::new()
            .route("/livez", get(async || "alive\n"))
            .route("/readyz", get(readyz))
            .route("/metrics", get(metrics))
            .with_state(self.clone())
    }
}

async fn readyz(State(health): State<Health>) -> Response {
    match health.phase.load(Ordering::SeqCst) {
        READY => health.ready_text().into_response(),
        STARTING => (StatusCode::SERVICE_UNAVAILABLE, "starting\n").into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response(),
    }
}

async fn metrics(State(health): State<Health>) -> Response {
    let mut text = String::new();
    match encode(&mut text, &health.metrics) {
        Ok(()) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Becomes `true` at the first SIGTERM or SIGINT; a second one ends the process at once.
///
/// # Errors
///
/// The system does not give us its signals.
pub fn stop_signal() -> std::io::Result<watch::Receiver<bool>> {
    let (sender, receiver) = watch::channel(false);
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        loop {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
            if *sender.borrow() {
                std::process::exit(130);
            }
            // Whoever listened may be gone.
            let _ = sender.send(true);
        }
    });
    Ok(receiver)
}

/// Waits until a program is to stop.
pub async fn stopped(mut stop: watch::Receiver<bool>) {
    // The sender lives as long as the process.
    let _ = stop.wait_for(|stop| *stop).await;
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn a_pod_that_is_ready_says_what_does_not_answer() {
        let health = Health::new(Registry::default());
        let up = Arc::new(AtomicBool::new(false));
        let looked = up.clone();
        health.depends_on("the database", move || looked.load(Ordering::SeqCst));
        health.depends_on("the topic", || true);
        assert_eq!(health.ready_text(), "ready\nthe database does not answer\n");
        up.store(true, Ordering::SeqCst);
        assert_eq!(health.ready_text(), "ready\n");
    }
}
