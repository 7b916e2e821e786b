//! Those outside who take money and send mail. Both remember everything, and can be told to fail.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::serve::{Connections, Server};

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderLine {
    /// What.
    pub product_id: String,
    /// How many.
    pub qty: u64,
}

/// A request for money.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Charge {
    /// For which order.
    pub order_id: String,
    /// Of whom.
    pub user_id: String,
    /// Which try of the customer's this is.
    pub attempt: u64,
    /// For what.
    pub lines: Vec<OrderLine>,
}

/// A request to give money back.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Refund {
    /// Of which order.
    pub order_id: String,
    /// What is given back.
    pub charge_id: String,
}

/// A request to write to a customer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mail {
    /// To whom.
    pub user_id: String,
    /// About which order.
    pub order_id: String,
    /// `order-confirmed` or `order-cancelled`.
    pub template: String,
    /// Why, of an order that was cancelled.
    #[serde(default)]
    pub reason: Option<String>,
}

/// What was done for a key, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done<T> {
    /// The idempotency key.
    pub key: String,
    /// What was asked for the first time.
    pub request: T,
    /// The id that it was given.
    pub id: String,
    /// How often the same key came again.
    pub repeated: u64,
    /// How often the same key came with another request, which is a mistake.
    pub conflicts: u64,
}

/// What a provider does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Answers 500 and does nothing.
    Refuses,
    /// Does it and answers 500.
    DoesAndFails,
    /// Does it and breaks the connection.
    DoesAndHangsUp,
    /// Breaks the connection and does nothing.
    HangsUp,
    /// Waits first, then goes on as if nothing was.
    Waits(Duration),
}

/// What a provider has done for an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Charges that were made.
    pub charges: u64,
    /// Charges that were given back.
    pub refunds: u64,
    /// Mails by their template.
    pub mails: BTreeMap<String, u64>,
    /// How often any key came again.
    pub repeated: u64,
}

type Client = ConnectInfo<SocketAddr>;

#[derive(Debug, Default)]
struct Memory {
    charges: Vec<Done<Charge>>,
    refunds: Vec<Done<Refund>>,
    mails: Vec<Done<Mail>>,
    declined: Vec<Charge>,
    faults: VecDeque<Fault>,
    /// Whether no answer about charges arrives, whatever is done.
    silent: bool,
    looks: u64,
    poor: BTreeMap<String, bool>,
    refused: BTreeSet<String>,
    unauthorized: u64,
    malformed: Vec<String>,
}

#[derive(Clone, Debug)]
struct Shared {
    payment_token: String,
    mail_token: String,
    memory: Arc<Mutex<Memory>>,
    connections: Connections,
}

/// Both providers on loopback, at one address.
#[derive(Debug)]
pub struct Providers {
    server: Server,
    memory: Arc<Mutex<Memory>>,
}

impl Providers {
    /// Starts them with the tokens that they accept.
    pub async fn start(payment_token: &str, mail_token: &str) -> Self {
        let memory = Arc::new(Mutex::new(Memory::default()));
        let (payment_token, mail_token) = (payment_token.to_owned(), mail_token.to_owned());
        let remembered = memory.clone();
        let server = Server::with_connections(move |connections| {
            let shared = Shared { payment_token, mail_token, memory: remembered, connections };
            Router::new()
                .route("/v1/charges", post(charge).get(look))
                .route("/v1/refunds", post(refund))
                .route("/v1/messages", post(mail))
                .with_state(shared)
        });
        Self { server: server.await, memory }
    }

    /// Their address: `PAYMENT_PROVIDER_URL`, `EMAIL_PROVIDER_URL`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The cards of this customer are declined; `retry` says whether it makes sense to try again.
    pub fn decline_user(&self, user: &str, retry: bool) {
        self.locked().poor.insert(user.to_owned(), retry);
    }

    /// Orders with this product are declined for good.
    pub fn decline_product(&self, product: &str) {
        self.locked().refused.insert(product.to_owned());
    }

    /// The customer's cards work again.
    pub fn accept_user(&self, user: &str) {
        self.locked().poor.remove(user);
    }

    /// The next requests meet these faults, one each, in order. `Waits` goes together with the one after it.
    pub fn faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.locked().faults.extend(faults);
    }

    /// From now on charges are made and answered with 500, and so is who asks for them; or no more.
    pub fn silence(&self, silent: bool) {
        self.locked().silent = silent;
    }

    /// How often somebody asked which charges there are.
    pub fn looks(&self) -> u64 {
        self.locked().looks
    }

    /// Takes away the faults that are still to come, and returns how many there were.
    pub fn clear_faults(&self) -> usize {
        self.locked().faults.drain(..).count()
    }

    /// Charges that were made.
    pub fn charges(&self) -> Vec<Done<Charge>> {
        self.locked().charges.clone()
    }

    /// Charges that were declined, as often as they were asked for.
    pub fn declined(&self) -> Vec<Charge> {
        self.locked().declined.clone()
    }

    /// Refunds that were made.
    pub fn refunds(&self) -> Vec<Done<Refund>> {
        self.locked().refunds.clone()
    }

    /// Mails that were sent.
    pub fn mails(&self) -> Vec<Done<Mail>> {
        self.locked().mails.clone()
    }

    /// How many requests had no token or a wrong one.
    pub fn unauthorized(&self) -> u64 {
        self.locked().unauthorized
    }

    /// What was wrong with requests that were not understood.
    pub fn malformed(&self) -> Vec<String> {
        self.locked().malformed.clone()
    }

    /// What was done, by order.
    pub fn tally(&self) -> BTreeMap<String, Tally> {
        let memory = self.locked();
        let mut orders = BTreeMap::<String, Tally>::new();
        for charge in &memory.charges {
            let tally = orders.entry(charge.request.order_id.clone()).or_default();
            tally.charges += 1;
            tally.repeated += charge.repeated;
        }
        for refund in &memory.refunds {
            let tally = orders.entry(refund.request.order_id.clone()).or_default();
            tally.refunds += 1;
            tally.repeated += refund.repeated;
        }
        for mail in &memory.mails {
            let tally = orders.entry(mail.request.order_id.clone()).or_default();
            *tally.mails.entry(mail.request.template.clone()).or_default() += 1;
            tally.repeated += mail.repeated;
        }
        orders
    }

    fn locked(&self) -> MutexGuard<'_, Memory> {
        lock(&self.memory)
    }
}

async fn charge(State(shared): State<Shared>, client: Client, headers: HeaderMap, body: Bytes) -> Response {
    let decide = |memory: &mut Memory, key: &str, request: &Charge| {
        if key != format!("{}/{}", request.order_id, request.attempt) {
            memory.malformed.push(format!("the key {key} is not made of {request:?}"));
            return Some((StatusCode::BAD_REQUEST, json!({ "code": "bad-key" })));
        }
        let refused = request.lines.iter().any(|line| memory.refused.contains(&line.product_id));
        let poor = memory.poor.get(&request.user_id).copied();
        let retry = if refused { Some(false) } else { poor };
        retry.map(|retry| {
            memory.declined.push(request.clone());
            (StatusCode::PAYMENT_REQUIRED, json!({ "code": "card-declined", "retry": retry }))
        })
    };
    let part = Part {
        shared: &shared,
        client: client.0,
        token: &shared.payment_token,
        done: StatusCode::CREATED,
        id: "chargeId",
    };
    let answer = part.answer(&headers, &body, |memory| &mut memory.charges, decide).await;
    if lock(&shared.memory).silent { failure() } else { answer }
}

/// Which order's charges are asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct About {
    order_id: String,
}

/// Says which charges an order has.
async fn look(
    State(shared): State<Shared>,
    ConnectInfo(client): Client,
    headers: HeaderMap,
    Query(About { order_id }): Query<About>,
) -> Response {
    match fault(&shared.memory).await {
        Some(Fault::Refuses | Fault::DoesAndFails) => return failure(),
        Some(Fault::HangsUp | Fault::DoesAndHangsUp) => {
            shared.connections.hang_up(client);
            return failure();
        }
        Some(Fault::Waits(_)) | None => {}
    }
    let mut memory = lock(&shared.memory);
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if token != format!("Bearer {}", shared.payment_token) {
        memory.unauthorized += 1;
        return (StatusCode::UNAUTHORIZED, Json(json!({ "code": "unauthorized" }))).into_response();
    }
    if memory.silent {
        return failure();
    }
    memory.looks += 1;
    let of_order = memory.charges.iter().filter(|charge| charge.request.order_id == order_id);
    let charges: Vec<Value> = of_order.map(|charge| json!({ "chargeId": charge.id })).collect();
    Json(json!({ "charges": charges })).into_response()
}

async fn refund(State(shared): State<Shared>, client: Client, headers: HeaderMap, body: Bytes) -> Response {
    let decide = |memory: &mut Memory, key: &str, request: &Refund| {
        if key != format!("{}/refund", request.order_id) {
            memory.malformed.push(format!("the key {key} is not made of {request:?}"));
            return Some((StatusCode::BAD_REQUEST, json!({ "code": "bad-key" })));
        }
        let charged = memory
            .charges
            .iter()
            .any(|charge| charge.id == request.charge_id && charge.request.order_id == request.order_id);
        (!charged).then(|| (StatusCode::NOT_FOUND, json!({ "code": "no-such-charge" })))
    };
    let part = Part {
        shared: &shared,
        client: client.0,
        token: &shared.payment_token,
        done: StatusCode::CREATED,
        id: "refundId",
    };
    part.answer(&headers, &body, |memory| &mut memory.refunds, decide).await
}

async fn mail(State(shared): State<Shared>, client: Client, headers: HeaderMap, body: Bytes) -> Response {
    let decide = |memory: &mut Memory, _: &str, request: &Mail| {
        let known = ["order-confirmed", "order-cancelled"].contains(&request.template.as_str());
        (!known).then(|| {
            memory.malformed.push(format!("there is no such template: {request:?}"));
            (StatusCode::BAD_REQUEST, json!({ "code": "no-such-template" }))
        })
    };
    let part = Part {
        shared: &shared,
        client: client.0,
        token: &shared.mail_token,
        done: StatusCode::ACCEPTED,
        id: "messageId",
    };
    part.answer(&headers, &body, |memory| &mut memory.mails, decide).await
}

/// What the three operations differ in.
struct Part<'a> {
    shared: &'a Shared,
    client: SocketAddr,
    token: &'a str,
    done: StatusCode,
    id: &'static str,
}

impl Part<'_> {
    /// Answers a request; `refuse` says why it is not done, if it is not.
    async fn answer<T: for<'de> Deserialize<'de> + Clone + PartialEq>(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        memory_of: impl Fn(&mut Memory) -> &mut Vec<Done<T>>,
        refuse: impl Fn(&mut Memory, &str, &T) -> Option<(StatusCode, Value)>,
    ) -> Response {
        let fault = fault(&self.shared.memory).await;
        match fault {
            Some(Fault::Refuses) => return failure(),
            Some(Fault::HangsUp) => return self.hang_up(),
            Some(Fault::DoesAndFails | Fault::DoesAndHangsUp | Fault::Waits(_)) | None => {}
        }
        let mut memory = lock(&self.shared.memory);
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if text("authorization") != format!("Bearer {}", self.token) {
            memory.unauthorized += 1;
            return (StatusCode::UNAUTHORIZED, Json(json!({ "code": "unauthorized" }))).into_response();
        }
        let key = text("idempotency-key");
        let request: T = match serde_json::from_slice(body) {
            Ok(request) if !key.is_empty() => request,
            problem => {
                let problem = problem.err().map_or("there is no idempotency key".to_owned(), |error| error.to_string());
                memory.malformed.push(format!("{problem}: {}", String::from_utf8_lossy(body)));
                return (StatusCode::BAD_REQUEST, Json(json!({ "code": "malformed" }))).into_response();
            }
        };
        let known = memory_of(&mut memory).iter_mut().find(|done| done.key == key);
        let id = if let Some(known) = known {
            if known.request != request {
                known.conflicts += 1;
                return (StatusCode::CONFLICT, Json(json!({ "code": "key-of-another-request" }))).into_response();
            }
            known.repeated += 1;
            known.id.clone()
        } else {
            if let Some((status, reason)) = refuse(&mut memory, key, &request) {
                return (status, Json(reason)).into_response();
            }
            let id = Uuid::new_v4().to_string();
            let done = Done { key: key.to_owned(), request, id: id.clone(), repeated: 0, conflicts: 0 };
            memory_of(&mut memory).push(done);
            id
        };
        match fault {
            Some(Fault::DoesAndFails) => failure(),
            Some(Fault::DoesAndHangsUp) => self.hang_up(),
            Some(Fault::Refuses | Fault::HangsUp | Fault::Waits(_)) | None => {
                (self.done, Json(json!({ self.id: id }))).into_response()
            }
        }
    }

    /// Ends the connection without an answer: the client cannot know what happened.
    fn hang_up(&self) -> Response {
        self.shared.connections.hang_up(self.client);
        // Nobody gets it.
        failure()
    }
}

/// The fault that this request meets, after its wait.
async fn fault(memory: &Mutex<Memory>) -> Option<Fault> {
    loop {
        let fault = lock(memory).faults.pop_front();
        let Some(Fault::Waits(time)) = fault else { return fault };
        tokio::time::sleep(time).await;
    }
}

fn failure() -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "code": "internal" }))).into_response()
}

fn lock(memory: &Mutex<Memory>) -> MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}
