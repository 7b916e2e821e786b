//! What breaks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use order_tests::World;
use order_tests::postgres::Stop;
use order_tests::providers::Fault;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::plan::PROGRAMS;
use crate::shop::{ROLES, SOON, Shop, attribute};

/// How long it goes on. A message that fails throughout fails three times, and does not pause for minutes.
const LENGTH: Duration = Duration::from_secs(20);
/// Pause between two things, at most. Unit: milliseconds.
const PAUSE: u64 = 700;
/// Which queues take which events, as the topic's filters say.
const TAKEN: [(&str, &[&str]); 4] = [
    ("OrderCreated", &["payment", "inventory"]),
    ("PaymentRetryRequested", &["payment"]),
    ("OrderConfirmed", &["email"]),
    ("OrderCancelled", &["payment", "inventory", "email"]),
];

/// An event as it came through the topic.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) kind: String,
    pub(super) order: String,
    /// When the topic sent it. Unit: milliseconds.
    sent: u64,
    body: String,
}

/// Everything that breaks.
pub(super) struct Storm {
    random: StdRng,
    begun: Instant,
    /// How often each thing happened.
    pub(super) counts: BTreeMap<String, usize>,
    /// What was put into which queue that nobody can work on.
    pub(super) poison: Vec<(&'static str, String)>,
    heard: Arc<Mutex<Vec<Seen>>>,
    tap: String,
    listener: JoinHandle<()>,
}

impl Storm {
    /// Begins, and listens to the topic.
    pub(super) async fn begin(seed: u64, shop: &Shop) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let tap = tap(&shop.world).await;
        let listener = tokio::spawn(listen(shop.world.clone(), tap.clone(), heard.clone()));
        // Not the numbers that the plan is drawn from.
        let random = StdRng::seed_from_u64(seed ^ 0x5707);
        let (counts, poison) = (BTreeMap::new(), Vec::new());
        Self { random, begun: Instant::now(), counts, poison, heard, tap, listener }
    }

    pub(super) fn is_over(&self) -> bool {
        self.begun.elapsed() > LENGTH
    }

    /// The events that came through the topic until now, in the order in which it sent them.
    pub(super) fn seen(&self) -> Vec<Seen> {
        let mut seen = self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
        seen.sort_by_key(|seen| seen.sent);
        seen
    }

    fn count(&mut self, what: impl Into<String>, times: usize) {
        *self.counts.entry(what.into()).or_default() += times;
    }

    /// Lets something happen, and waits a little.
    pub(super) async fn blow(&mut self, shop: &mut Shop) {
        if self.random.random_bool(0.7) {
            self.break_aws(shop).await;
        }
        match self.random.random_range(0..12) {
            0..4 => self.kill(shop).await,
            4 => self.stop_database(shop).await,
            5 | 6 => self.break_providers(shop),
            7 | 8 => self.send_again(shop, 3, "events sent twice", true).await,
            9 => self.send_again(shop, 6, "old events sent again", false).await,
            _ => {
                let queue = ROLES[self.random.random_range(0..ROLES.len())];
                self.poison(shop, queue).await;
            }
        }
        let pause = self.random.random_range(0..PAUSE);
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }

    /// Lets nothing break any more, and takes care that each queue had something that nobody can work on.
    pub(super) async fn end(&mut self, shop: &mut Shop) {
        for fault in shop.world.emulator.fired().await {
            let part = |key: &str| fault[key].as_str().unwrap_or_default().to_owned();
            self.count(format!("{} {}", part("service"), part("kind")), 1);
        }
        shop.world.emulator.clear_faults().await;
        shop.world.providers.clear_faults();
        for queue in ROLES {
            if !self.poison.iter().any(|(poisoned, _)| *poisoned == queue) {
                self.poison(shop, queue).await;
            }
        }
        self.send_again(shop, 40, "old events sent again", false).await;
    }

    /// Hears the last events.
    pub(super) async fn hang_up(&self, shop: &Shop) {
        let heard = async || shop.world.aws().queue_depth(&self.tap).await == (0, 0);
        shop.world.until("all events are heard", SOON, heard).await;
        self.listener.abort();
    }

    /// Kills up to three programs at once.
    async fn kill(&mut self, shop: &mut Shop) {
        let number = self.random.random_range(1..4);
        let names: Vec<&str> = PROGRAMS.sample(&mut self.random, number).copied().collect();
        for name in &names {
            shop.kill(name);
            let (deployment, _) = name.split_once('#').unwrap_or((name, ""));
            self.count(format!("kill -9 {deployment}"), 1);
        }
        let away = self.random.random_range(0..800);
        tokio::time::sleep(Duration::from_millis(away)).await;
        for name in names {
            shop.start(name).await;
        }
    }

    async fn stop_database(&mut self, shop: &Shop) {
        let (how, name) =
            if self.random.random_bool(0.5) { (Stop::Fast, "fast") } else { (Stop::Immediate, "immediate") };
        self.count(format!("database stopped, {name}"), 1);
        let world = shop.world.clone();
        tokio::task::spawn_blocking(move || world.postgres.stop(how)).await.expect("it stops");
        let away = self.random.random_range(500..3_500);
        tokio::time::sleep(Duration::from_millis(away)).await;
        let world = shop.world.clone();
        tokio::task::spawn_blocking(move || world.postgres.start_again()).await.expect("it starts");
    }

    /// For a few calls of a service.
    async fn break_aws(&mut self, shop: &Shop) {
        let services = ["sns", "sqs", "sqs", "dynamodb"];
        let kinds = ["throttling", "error", "reset", "lost-answer", "latency", "hang"];
        let service = services.choose(&mut self.random).expect("there is one");
        let kind = *kinds.choose(&mut self.random).expect("there is one");
        let mut rule = json!({ "service": service, "kind": kind, "times": self.random.random_range(1..8) });
        if kind == "latency" || kind == "hang" {
            rule["ms"] = self.random.random_range(200..2_500).into();
        }
        if kind == "error" && self.random.random_bool(0.5) {
            rule["status"] = 503.into();
        }
        shop.world.emulator.add_faults(&json!([rule])).await;
    }

    fn break_providers(&mut self, shop: &Shop) {
        for _ in 0..self.random.random_range(1..5) {
            let time = Duration::from_millis(self.random.random_range(100..5_000));
            let (fault, name) = match self.random.random_range(0..5) {
                0 => (Fault::Refuses, "500 before"),
                1 => (Fault::DoesAndFails, "500 after"),
                2 => (Fault::DoesAndHangsUp, "hang-up after"),
                3 => (Fault::HangsUp, "hang-up before"),
                _ => (Fault::Waits(time), "latency"),
            };
            self.count(format!("provider {name}"), 1);
            shop.world.providers.faults([fault]);
        }
    }

    /// Sends events into their queues again: the newest, or any.
    async fn send_again(&mut self, shop: &Shop, most: usize, what: &str, newest: bool) {
        let seen = self.seen();
        for _ in 0..most.min(seen.len()) {
            let from = if newest { seen.len().saturating_sub(most) } else { 0 };
            let event = &seen[self.random.random_range(from..seen.len())];
            let (_, queues) = TAKEN.iter().find(|(kind, _)| *kind == event.kind).expect("the kind is known");
            let queue = queues.choose(&mut self.random).expect("there is one");
            send(&shop.world, queue, &event.body, Some(&event.kind)).await;
            self.count(what, 1);
        }
    }

    async fn poison(&mut self, shop: &Shop, queue: &'static str) {
        let mark = format!("poison-{}", self.poison.len());
        let body = match (queue, self.random.random_range(0..3)) {
            ("intake", _) => json!({ "productId": mark, "qty": 0 }).to_string(),
            ("replay", _) => json!({ "orderId": mark }).to_string(),
            (_, 0) => mark.clone(),
            (_, 1) => json!({ "eventType": "OrderCreated", "version": 2, "colour": mark }).to_string(),
            _ => json!({ "eventType": mark, "version": 1 }).to_string(),
        };
        send(&shop.world, queue, &body, None).await;
        self.count("poison", 1);
        self.poison.push((queue, mark));
    }
}

/// Puts a message into a queue, as often as it takes.
async fn send(world: &World, queue: &str, body: &str, kind: Option<&str>) {
    let url = world.platform.queue_url(queue);
    let once = uuid::Uuid::new_v4().to_string();
    loop {
        let mut send = world.aws().sqs().send_message().queue_url(url).message_body(body);
        send = match kind {
            Some(kind) => send.message_attributes("eventType", attribute(kind)),
            None => {
                send.message_attributes("x-request-id", attribute("poison")).message_attributes("sub", attribute("x"))
            }
        };
        if queue == "replay" {
            send = send.message_group_id("poison").message_deduplication_id(&once);
        }
        if send.send().await.is_ok() {
            return;
        }
    }
}

/// A queue of our own that gets every event.
async fn tap(world: &World) -> String {
    let (sqs, topic) = (world.aws().sqs(), world.platform.output("messaging", "TopicOrderEventsRef"));
    let url = sqs.create_queue().queue_name("tap").send().await.expect("a queue is made").queue_url;
    let url = url.expect("it has an address");
    let asked = sqs.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::QueueArn).send().await;
    let arn = asked.expect("it has attributes").attributes.expect("it has some")[&QueueAttributeName::QueueArn].clone();
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "sns.amazonaws.com" },
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }],
    });
    let set = sqs.set_queue_attributes().queue_url(&url).attributes(QueueAttributeName::Policy, policy.to_string());
    let set = set.attributes(QueueAttributeName::VisibilityTimeout, "2");
    set.send().await.expect("it takes a policy");
    let subscribe = world.aws().sns().subscribe().topic_arn(topic).protocol("sqs").endpoint(arn);
    subscribe.attributes("RawMessageDelivery", "true").send().await.expect("it may listen");
    url
}

async fn listen(world: Arc<World>, url: String, heard: Arc<Mutex<Vec<Seen>>>) {
    let sqs = world.aws().sqs();
    loop {
        let asked = sqs.receive_message().queue_url(&url).max_number_of_messages(10).wait_time_seconds(1);
        let asked = asked.message_system_attribute_names(MessageSystemAttributeName::SentTimestamp).send().await;
        for message in asked.ok().and_then(|answer| answer.messages).unwrap_or_default() {
            heard.lock().unwrap_or_else(PoisonError::into_inner).extend(read(&message));
            // What cannot be deleted is seen again after a time, as an old event.
            sqs.delete_message().queue_url(&url).set_receipt_handle(message.receipt_handle).send().await.ok();
        }
    }
}

fn read(message: &Message) -> Option<Seen> {
    let body = message.body()?.to_owned();
    let event: Value = serde_json::from_str(&body).ok()?;
    let part = |key: &str| event[key].as_str().map(str::to_owned);
    let sent = message.attributes()?.get(&MessageSystemAttributeName::SentTimestamp)?.parse().ok()?;
    Some(Seen { kind: part("eventType")?, order: part("orderId")?, sent, body })
}
