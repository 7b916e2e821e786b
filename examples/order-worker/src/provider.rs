//! Providers: others who are asked over HTTP, and know a repeated question by its idempotency key.

use std::time::Duration;

use order_events::{Line, OrderId, UserId};
use order_runtime::breaker::{Breaker, Broken};
use order_runtime::settings::SecretFile;
use order_runtime::telemetry;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::Instrument as _;

use crate::outcome::{Outcome, Step, jitter};
use crate::settings;

/// Longest that one call may take.
const CALL: Duration = Duration::from_secs(4);
/// How often a question is asked before its message has to come back. With five receives that is ten times: layers that
/// ask again multiply. All calls with their pauses fit into every role's processing time.
const CALLS: u32 = 2;
/// The first pause between two calls; each next one is twice as long.
const PAUSE: Duration = Duration::from_millis(200);
/// So many failures in a row, and a provider is not asked for a while.
const THRESHOLD: u32 = 6;
/// How long it is not asked then.
const OPEN: Duration = Duration::from_secs(5);
/// Where charges are made and looked at.
const CHARGES: &str = "/v1/charges";
/// Most that an answer may have. Unit: bytes.
const LARGEST: usize = 64 * 1024;

/// A provider.
#[derive(Debug)]
pub struct Provider {
    client: Client,
    url: settings::Address,
    token: SecretFile,
    breaker: Breaker,
}

/// A question.
#[derive(Clone, Debug)]
pub struct Question {
    /// Where it is asked, as `/v1/charges`.
    pub path: &'static str,
    /// What is asked.
    pub asks: Asks,
    /// The request at the beginning of it all.
    pub request_id: String,
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum Asks {
    /// To do something, once: the same question has the same key.
    ToDo {
        /// The key.
        key: String,
        /// What.
        body: Value,
    },
    /// What was done about an order.
    About(OrderId),
}

/// An answer that is one: the provider understood, and would say the same again.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Reply {
    status: StatusCode,
    body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("{0}")]
    Call(String),
    #[error("it answered {0}")]
    Status(StatusCode),
    #[error("its answer is too large")]
    Large,
    #[error("the token cannot be read: {0}")]
    Token(String),
}

impl Provider {
    /// Makes what asks it. Nothing is asked yet.
    ///
    /// # Errors
    ///
    /// TLS cannot be set up.
    pub fn new(name: &'static str, settings: &settings::Provider) -> reqwest::Result<Self> {
        // Nobody else is to get the token: no redirects, and no proxy but one that the platform would set.
        let client = Client::builder()
            .timeout(CALL)
            .connect_timeout(Duration::from_secs(1))
            .redirect(Policy::none())
            .no_proxy()
            .user_agent(concat!("order-worker/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let breaker = Breaker::new(name, THRESHOLD, OPEN);
        Ok(Self { client, url: settings.url.clone(), token: settings.token.clone(), breaker })
    }

    /// Asks, and asks again while there is no answer; the key makes that safe.
    async fn ask(&self, question: &Question) -> Step<Reply> {
        let mut answer = self.once(question).await;
        for call in 1..CALLS {
            if !answer.as_ref().is_err_and(may_be_asked_again) {
                break;
            }
            pause(call).await;
            answer = self.once(question).await;
        }
        answer.map_err(outage)
    }

    async fn once(&self, question: &Question) -> Result<Reply, Broken<Failed>> {
        self.breaker.call(self.call(question), |_| true).await
    }

    async fn call(&self, question: &Question) -> Result<Reply, Failed> {
        let span = tracing::info_span!("ask", otel.kind = "client", otel.name = question.path);
        async {
            let url = format!("{}{}", self.url.as_str(), question.path);
            let request = match &question.asks {
                Asks::ToDo { body, .. } => self.client.post(url).json(body),
                Asks::About(id) => self.client.get(url).query(&[("orderId", id.to_string())]),
            };
            // Read each time: a token is rotated by writing its file anew.
            let token = self.token.read().map_err(|error| Failed::Token(error.to_string()))?;
            let request = request.headers(headers(question)).bearer_auth(token.reveal());
            let mut response = request.send().await.map_err(|error| Failed::Call(described(&error)))?;
            let status = response.status();
            // 408, 425 and 429 say "not now", as all of 5xx do; 409 says that the same question is being answered.
            let not_now = [408, 409, 425, 429].contains(&status.as_u16());
            // It does not know our token: the next message would fare no better, until the file has the new one.
            let stranger = [401, 403].contains(&status.as_u16());
            if status.is_server_error() || not_now || stranger {
                return Err(Failed::Status(status));
            }
            let mut body = Vec::new();
            while let Some(part) = response.chunk().await.map_err(|error| Failed::Call(described(&error)))? {
                if body.len().saturating_add(part.len()) > LARGEST {
                    return Err(Failed::Large);
                }
                body.extend_from_slice(&part);
            }
            Ok(Reply { status, body })
        }
        .instrument(span)
        .await
    }
}

/// Whether another answer may come at once: not while it is not asked.
fn may_be_asked_again(broken: &Broken<Failed>) -> bool {
    matches!(broken, Broken::Failed(_))
}

fn outage(broken: Broken<Failed>) -> Outcome {
    match broken {
        Broken::Open(name) => Outcome::outage(format!("{name} has not answered lately")),
        Broken::Failed(error) => Outcome::outage(error.to_string()),
    }
}

/// Waits after so many calls.
async fn pause(calls: u32) {
    tracing::debug!(calls, "the provider is asked again");
    tokio::time::sleep(jitter(PAUSE.saturating_mul(2_u32.saturating_pow(calls.saturating_sub(1))))).await;
}

/// An error with what is behind it. Its address is left out: it is known, and long.
fn described(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "no answer in time".to_owned() } else { "no answer".to_owned() };
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn headers(question: &Question) -> HeaderMap {
    let mut all = telemetry::headers();
    if let Asks::ToDo { key, .. } = &question.asks {
        all.insert("idempotency-key".to_owned(), key.clone());
    }
    all.insert("x-request-id".to_owned(), question.request_id.clone());
    // What cannot be in a header is left out; a key always can.
    let pairs = all
        .into_iter()
        .filter_map(|(name, value)| Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_str(&value).ok()?)));
    pairs.collect()
}

/// An answer that we did not expect: the message comes back, and somebody has to look.
fn unexpected(question: &Question, reply: &Reply) -> Outcome {
    let status = reply.status.as_u16();
    tracing::error!(status, path = question.path, "the provider refused what the worker asked for");
    Outcome::later(format!("{} was answered with {status}", question.path))
}

fn read<'a, T: Deserialize<'a>>(question: &Question, reply: &'a Reply) -> Step<T> {
    serde_json::from_slice(&reply.body).map_err(|_| unexpected(question, reply))
}

/// What is to be paid.
#[derive(Clone, Debug)]
pub struct Charge {
    /// Which order.
    pub order_id: OrderId,
    /// Who pays.
    pub user_id: UserId,
    /// Which attempt.
    pub attempt: u32,
    /// What for.
    pub lines: Vec<Line>,
}

/// What became of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Charged {
    /// It is paid.
    Captured {
        /// The provider's name of it.
        charge_id: String,
    },
    /// It is not.
    Declined {
        /// Why, as `card-declined`.
        code: String,
        /// Whether it may be tried again.
        again: bool,
    },
}

/// Who charges.
pub trait Payments: Send + Sync + 'static {
    /// Looks whether an order was charged, in whatever attempt; returns the provider's name of the charge.
    fn look(&self, id: OrderId, request_id: &str) -> impl Future<Output = Step<Option<String>>> + Send;
    /// Charges. If there is no answer, it looks for the charge before it asks again.
    fn charge(&self, charge: &Charge, request_id: &str) -> impl Future<Output = Step<Charged>> + Send;
    /// Gives back what was charged.
    fn refund(&self, id: OrderId, charge_id: &str, request_id: &str) -> impl Future<Output = Step<()>> + Send;
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Paid {
    charge_id: String,
}

/// All charges of an order.
#[derive(Deserialize)]
struct Known {
    charges: Vec<Paid>,
}

#[derive(Deserialize)]
struct Refused {
    code: String,
    #[serde(default)]
    retry: bool,
}

impl Payments for Provider {
    async fn look(&self, id: OrderId, request_id: &str) -> Step<Option<String>> {
        let question = Question { path: CHARGES, asks: Asks::About(id), request_id: request_id.to_owned() };
        let reply = self.ask(&question).await?;
        if reply.status != StatusCode::OK {
            return Err(unexpected(&question, &reply));
        }
        let Known { charges } = read(&question, &reply)?;
        if charges.len() > 1 {
            tracing::error!(orderId = %id, charges = charges.len(), "the provider charged an order more than once");
        }
        Ok(charges.into_iter().next_back().map(|paid| paid.charge_id))
    }

    async fn charge(&self, charge: &Charge, request_id: &str) -> Step<Charged> {
        let Charge { order_id, user_id, attempt, lines } = charge;
        let body = json!({ "orderId": order_id, "userId": user_id, "attempt": attempt, "lines": lines });
        let asks = Asks::ToDo { key: format!("{order_id}/{attempt}"), body };
        let question = Question { path: CHARGES, asks, request_id: request_id.to_owned() };
        let mut answer = self.once(&question).await;
        for call in 1..CALLS {
            if !answer.as_ref().is_err_and(may_be_asked_again) {
                break;
            }
            pause(call).await;
            // It may have charged, and failed after that.
            if let Some(charge_id) = self.look(*order_id, request_id).await? {
                return Ok(Charged::Captured { charge_id });
            }
            answer = self.once(&question).await;
        }
        let reply = answer.map_err(outage)?;
        match reply.status {
            StatusCode::CREATED | StatusCode::OK => {
                let Paid { charge_id } = read(&question, &reply)?;
                Ok(Charged::Captured { charge_id })
            }
            StatusCode::PAYMENT_REQUIRED => {
                let Refused { code, retry } = read(&question, &reply)?;
                Ok(Charged::Declined { code: word(&code), again: retry })
            }
            _ => Err(unexpected(&question, &reply)),
        }
    }

    async fn refund(&self, id: OrderId, charge_id: &str, request_id: &str) -> Step<()> {
        let asks = Asks::ToDo { key: format!("{id}/refund"), body: json!({ "orderId": id, "chargeId": charge_id }) };
        let question = Question { path: "/v1/refunds", asks, request_id: request_id.to_owned() };
        let reply = self.ask(&question).await?;
        if reply.status.is_success() { Ok(()) } else { Err(unexpected(&question, &reply)) }
    }
}

/// What of a code goes into an order's reason: it is shown to the customer.
fn word(code: &str) -> String {
    let sound = (1..=64).contains(&code.len())
        && code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c));
    if sound { code.to_owned() } else { "payment-declined".to_owned() }
}

/// A mail to a customer.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The event that it tells of; the same event is the same mail.
    pub key: String,
    /// To whom.
    pub user_id: UserId,
    /// About which order.
    pub order_id: OrderId,
    /// Which text, as `order-confirmed`.
    pub template: &'static str,
    /// Why, where there is a reason.
    pub reason: Option<String>,
}

/// Who sends mail.
pub trait Mailer: Send + Sync + 'static {
    /// Sends a mail.
    fn send(&self, mail: &Mail, request_id: &str) -> impl Future<Output = Step<()>> + Send;
}

impl Mailer for Provider {
    async fn send(&self, mail: &Mail, request_id: &str) -> Step<()> {
        let mut body = json!({ "userId": mail.user_id, "orderId": mail.order_id, "template": mail.template });
        if let (Some(body), Some(reason)) = (body.as_object_mut(), &mail.reason) {
            body.insert("reason".to_owned(), reason.as_str().into());
        }
        let asks = Asks::ToDo { key: mail.key.clone(), body };
        let question = Question { path: "/v1/messages", asks, request_id: request_id.to_owned() };
        let reply = self.ask(&question).await?;
        if reply.status.is_success() { Ok(()) } else { Err(unexpected(&question, &reply)) }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::http::Request;
    use axum::response::IntoResponse as _;

    use super::*;

    type Seen = Arc<Mutex<Vec<String>>>;

    /// A file with a token, which is gone in the end.
    struct Token(PathBuf);

    impl Token {
        fn write(&self, token: &str) {
            std::fs::write(&self.0, token).expect("the file can be written");
        }
    }

    impl Drop for Token {
        fn drop(&mut self) {
            std::fs::remove_file(&self.0).expect("the file is there");
        }
    }

    /// A provider that answers with these, one after the other and then the last.
    async fn provider(answers: &'static [(u16, &'static str)]) -> (Provider, Seen, Token) {
        let seen = Seen::default();
        let noted = seen.clone();
        let answer = move |request: Request<axum::body::Body>| {
            let noted = noted.clone();
            async move {
                let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
                let said = ["authorization", "idempotency-key", "x-request-id"].map(|name| header(name).unwrap_or("-"));
                let mut noted = noted.lock().expect("nobody panics");
                noted.push(format!("{} {}", request.uri(), said.join(" ")));
                let (status, body) = answers[(noted.len() - 1).min(answers.len() - 1)];
                (StatusCode::from_u16(status).expect("it is a status"), body).into_response()
            }
        };
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("there is a port");
        let address = listener.local_addr().expect("it has one");
        let url = format!("http://{address}/base");
        let file = format!("order-worker-token-{}-{}", std::process::id(), address.port());
        let token = Token(std::env::temp_dir().join(file));
        token.write("t0ken\n");
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        let file = SecretFile::new(&token.0);
        let settings = settings::Provider { url: url.parse().expect("it is an address"), token: file };
        (Provider::new("the provider", &settings).expect("it is made"), seen, token)
    }

    fn charge() -> Charge {
        Charge {
            order_id: uuid::Uuid::nil().into(),
            user_id: "user-999".parse().expect("it is a user"),
            attempt: 2,
            lines: Vec::new(),
        }
    }

    #[tokio::test]
    async fn a_charge_is_looked_up_before_it_is_asked_for_again_with_the_same_key() {
        let answers = &[(503, ""), (200, r#"{"charges":[]}"#), (201, r#"{"chargeId":"ch_1"}"#)];
        let (provider, seen, _token) = provider(answers).await;
        let charged = provider.charge(&charge(), "r1").await;
        assert_eq!(charged, Ok(Charged::Captured { charge_id: "ch_1".to_owned() }));
        let (asked, looked) = (
            "/base/v1/charges Bearer t0ken 00000000-0000-0000-0000-000000000000/2 r1",
            "/base/v1/charges?orderId=00000000-0000-0000-0000-000000000000 Bearer t0ken - r1",
        );
        assert_eq!(*seen.lock().expect("nobody panics"), [asked, looked, asked]);
    }

    #[tokio::test]
    async fn a_charge_that_was_made_although_the_answer_was_another_is_not_asked_for_again() {
        let (provider, seen, _token) = provider(&[(500, ""), (200, r#"{"charges":[{"chargeId":"ch_1"}]}"#)]).await;
        let charged = provider.charge(&charge(), "r1").await;
        assert_eq!(charged, Ok(Charged::Captured { charge_id: "ch_1".to_owned() }));
        assert_eq!(seen.lock().expect("nobody panics").len(), 2);
    }

    #[tokio::test]
    async fn a_look_that_is_not_understood_says_nothing() {
        let (provider, _, _token) = provider(&[(404, "no such route"), (200, "{}")]).await;
        let looked = provider.look(uuid::Uuid::nil().into(), "r1").await;
        assert_eq!(looked, Err(Outcome::later("/v1/charges was answered with 404")));
        let looked = provider.look(uuid::Uuid::nil().into(), "r1").await;
        assert_eq!(looked, Err(Outcome::later("/v1/charges was answered with 200")));
    }

    #[tokio::test]
    async fn a_refusal_is_an_answer() {
        let (provider, seen, _token) = provider(&[(402, r#"{"code":"card-declined","retry":true}"#)]).await;
        let declined = Charged::Declined { code: "card-declined".to_owned(), again: true };
        assert_eq!(provider.charge(&charge(), "r1").await, Ok(declined));
        assert_eq!(seen.lock().expect("nobody panics").len(), 1);
    }

    #[tokio::test]
    async fn what_we_did_wrong_comes_back_and_is_not_asked_again_at_once() {
        let (provider, seen, _token) = provider(&[(400, "what?"), (201, "nonsense")]).await;
        let refused = provider.charge(&charge(), "r1").await;
        assert_eq!(refused, Err(Outcome::later("/v1/charges was answered with 400")));
        let nonsense = provider.charge(&charge(), "r1").await;
        assert_eq!(nonsense, Err(Outcome::later("/v1/charges was answered with 201")));
        assert_eq!(seen.lock().expect("nobody panics").len(), 2);
    }

    #[tokio::test]
    async fn a_token_is_read_for_each_call_and_one_that_is_refused_is_no_fault_of_the_message() {
        let (provider, seen, token) = provider(&[(401, ""), (403, ""), (201, "{}")]).await;
        let refund = || provider.refund(uuid::Uuid::nil().into(), "ch_1", "r1");
        let failed = refund().await.expect_err("the token is not known");
        assert!(matches!(failed, Outcome::Later(later) if later.outage && later.why == "it answered 403 Forbidden"));
        token.write("rotated");
        refund().await.expect("the new token is known");
        let tokens: Vec<bool> =
            seen.lock().expect("nobody panics").iter().map(|line| line.contains("Bearer rotated")).collect();
        assert_eq!(tokens, [false, false, true]);
    }

    #[tokio::test]
    async fn who_does_not_answer_is_left_alone_for_a_while() {
        let (provider, seen, _token) = provider(&[(500, "")]).await;
        for _ in 0..4 {
            let failed = provider.refund(uuid::Uuid::nil().into(), "ch_1", "r1").await.expect_err("it fails");
            assert!(matches!(failed, Outcome::Later(later) if later.outage));
        }
        assert_eq!(seen.lock().expect("nobody panics").len(), 6);
    }

    #[test]
    fn a_code_that_is_none_is_not_shown() {
        assert_eq!(word("card-declined"), "card-declined");
        assert_eq!(word("<b>"), "payment-declined");
        assert_eq!(word(""), "payment-declined");
    }
}
