//! The platform with its programs running, and what tests look at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_sqs::types::{Message, MessageAttributeValue, MessageSystemAttributeName};
use order_tests::World;
use order_tests::log::Line;
use order_tests::program::{Ended, Program};
use order_tests::world::Customer;
use reqwest::Response;
use serde_json::{Value, json};

/// The worker's queues, which are its roles.
pub(crate) const ROLES: [&str; 5] = ["email", "intake", "inventory", "payment", "replay"];
/// How long anything may take that should happen soon; no measure of how fast it is.
pub(crate) const SOON: Duration = Duration::from_mins(1);
/// How much there is of what nobody runs out of.
pub(crate) const PLENTY: i64 = 1_000_000;

/// The platform with its programs.
pub(crate) struct Shop {
    /// Everything around them.
    pub(crate) world: Arc<World>,
    programs: BTreeMap<String, Program>,
    variables: Vec<(String, String)>,
    /// What must not be in any line.
    secrets: BTreeSet<String>,
}

/// What became of a request that placed an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    /// Status of HTTP.
    pub(crate) status: u16,
    /// The id of the order.
    pub(crate) id: String,
    /// Where the order stands.
    pub(crate) state: String,
}

impl Shop {
    /// Starts the platform with no program.
    pub(crate) async fn closed() -> Self {
        let world = World::start().await;
        world.gateway.unlimited();
        // The user's name is no secret, and is in other words.
        let secrets = world.secrets.all().filter(|text| text.len() > 12).map(str::to_owned);
        let secrets: BTreeSet<String> = secrets.collect();
        assert!(secrets.len() >= 3, "the database and both providers have secrets");
        Self { world: Arc::new(world), programs: BTreeMap::new(), variables: Vec::new(), secrets }
    }

    /// Starts the platform and all programs.
    pub(crate) async fn open() -> Self {
        let mut shop = Self::closed().await;
        shop.quick();
        shop.start_all().await;
        shop
    }

    /// Programs that are started from now on poll for a short time, so that they end soon when a test is over, and try
    /// payments again soon.
    pub(crate) fn quick(&mut self) {
        self.set("RECEIVE_WAIT_SECONDS", "1");
        self.set("PAYMENT_RETRY_SECONDS", "1");
    }

    /// Programs that are started from now on have this variable.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Starts the service and then the workers, and waits until orders can be looked at.
    pub(crate) async fn start_all(&mut self) {
        for name in ["order-service"].into_iter().chain(ROLES) {
            self.start(name).await;
        }
        self.tables().await;
    }

    /// Waits until the service has made its tables.
    pub(crate) async fn tables(&self) {
        let customer = self.customer("nobody");
        let there = async || self.world.get(&customer, "/v1/orders").await.is_ok_and(|answer| answer.status() == 200);
        self.world.until("orders can be looked at", SOON, there).await;
    }

    /// Starts a program.
    pub(crate) async fn start(&mut self, name: &str) {
        self.start_with(name, &[]).await;
    }

    /// Starts a program with more variables. What follows `#` tells several of one deployment apart.
    pub(crate) async fn start_with(&mut self, name: &str, more: &[(&str, &str)]) {
        let deployment = name.split('#').next().unwrap_or_default();
        let variables = self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let variables: Vec<(&str, &str)> = variables.chain(more.iter().copied()).collect();
        let program = self.world.start_program_with(deployment, &variables).await;
        for secret in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            self.secrets.insert(program.environment().variables[secret].clone());
        }
        let before = self.programs.insert(name.to_owned(), program);
        assert!(before.is_none(), "{name} runs already");
    }

    /// A program that runs.
    pub(crate) fn program(&mut self, name: &str) -> &mut Program {
        self.programs.get_mut(name).unwrap_or_else(|| panic!("{name} does not run"))
    }

    /// Kills a program.
    pub(crate) fn kill(&mut self, name: &str) {
        self.world.kill(self.programs.remove(name).unwrap_or_else(|| panic!("{name} does not run")));
    }

    /// Ends a program as Kubernetes does, which must succeed in time.
    pub(crate) async fn terminate(&mut self, name: &str) {
        let program = self.programs.remove(name).unwrap_or_else(|| panic!("{name} does not run"));
        self.end(program).await;
    }

    /// Starts another program of a deployment, as in a rollout, and returns the one that was there.
    pub(crate) async fn start_beside(&mut self, name: &str) -> Program {
        let before = self.programs.remove(name).unwrap_or_else(|| panic!("{name} does not run"));
        self.start(name).await;
        before
    }

    /// Ends a program as [`Shop::terminate`] does.
    pub(crate) async fn end(&self, program: Program) {
        end(&self.world, program).await;
    }

    /// Ends all programs at once, and looks for what must not be in their lines.
    pub(crate) async fn close(&mut self) {
        let programs = std::mem::take(&mut self.programs).into_values();
        let ends: Vec<_> = programs
            .map(|program| {
                let world = self.world.clone();
                tokio::spawn(async move { end(&world, program).await })
            })
            .collect();
        for end in ends {
            end.await.expect("they end as they should");
        }
        self.check_lines();
    }

    /// Every line is JSON with what every line has, and none has a secret in it.
    pub(crate) fn check_lines(&self) {
        let lines = self.world.log.lines();
        assert!(!lines.is_empty(), "nobody said anything");
        for line in &lines {
            for key in ["time", "level", "service", "message"] {
                assert!(line.get(key).is_some(), "{} says no {key}: {}", line.program, line.text);
            }
            let secret = self.secrets.iter().any(|secret| line.text.contains(secret.as_str()));
            // Every token begins with the Base64 of `{"`.
            let token = line.text.contains("eyJ") || line.text.to_ascii_lowercase().contains("bearer ey");
            assert!(!secret && !token, "{} says a secret: {}", line.program, line.text);
        }
    }

    /// A customer.
    pub(crate) fn customer(&self, sub: &str) -> Customer {
        self.world.customer(sub)
    }

    /// Places an order, which is answered with an id.
    pub(crate) async fn place(&self, customer: &Customer, key: &str, order: &Value) -> Placed {
        let answer = self.world.place(customer, key, order).await.expect("the gateway answers");
        placed(answer).await
    }

    /// What the service says of an order.
    pub(crate) async fn order(&self, customer: &Customer, id: &str) -> Option<Value> {
        let answer = self.world.get(customer, &format!("/v1/orders/{id}")).await.expect("the gateway answers");
        if answer.status() != 200 {
            return None;
        }
        Some(answer.json().await.expect("an order is JSON"))
    }

    /// Where an order stands, or nothing.
    pub(crate) async fn state(&self, customer: &Customer, id: &str) -> String {
        self.order(customer, id).await.map_or_else(String::new, |order| text(&order["status"]))
    }

    /// Waits until an order stands so, and returns it.
    pub(crate) async fn until(&self, customer: &Customer, id: &str, state: &str) -> Value {
        let start = Instant::now();
        loop {
            let order = self.order(customer, id).await;
            if let Some(order) = order.filter(|order| order["status"] == state) {
                return order;
            }
            assert!(start.elapsed() < SOON, "after {SOON:?} the order {id} is not {state}\n{}", self.said());
            // Not so often that the customer asks too much.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the provider has sent so many mails about an order.
    pub(crate) async fn until_mailed(&self, id: &str, template: &str) {
        let mailed = async || {
            self.world.providers.tally().get(id).is_some_and(|tally| tally.mails.get(template).copied() == Some(1))
        };
        self.world.until(&format!("{id} is written about: {template}"), SOON, mailed).await;
    }

    /// Waits until no queue has a message and the outbox is empty.
    pub(crate) async fn until_quiet(&self, time: Duration) {
        let start = Instant::now();
        loop {
            let (mut left, outbox) = (self.world.backlog().await, self.outbox().await);
            left.retain(|name, _| !name.ends_with("DeadLetter"));
            if left.is_empty() && outbox == 0 {
                return;
            }
            let late = start.elapsed() > time;
            assert!(
                !late,
                "after {time:?} there are still {left:?} and {outbox} events in the outbox\n{}",
                self.said()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until the money of every order is where it should be.
    pub(crate) async fn until_settled(&self, time: Duration) {
        let query = "SELECT count(*) FROM orders
                     WHERE payment = 'CHARGING' OR (payment = 'CAPTURED' AND status = 'CANCELLED')";
        let settled = async || {
            let asked: sqlx::Result<i64> = sqlx::query_scalar(query).fetch_one(&self.world.db).await;
            asked.expect("there are orders") == 0
        };
        self.world.until("money is where it should be", time, settled).await;
    }

    /// The last lines of all programs.
    pub(crate) fn said(&self) -> String {
        let names = ["order-service"].into_iter().chain(ROLES);
        names.map(|name| self.world.log.tail(name)).collect::<Vec<_>>().join("\n")
    }

    /// How many events wait to be published.
    pub(crate) async fn outbox(&self) -> i64 {
        let asked = sqlx::query_scalar("SELECT count(*) FROM outbox").fetch_one(&self.world.db).await;
        asked.expect("there is an outbox")
    }

    /// Puts a message into a queue.
    pub(crate) async fn send(&self, queue: &str, body: &str, attributes: &[(&str, &str)]) {
        let send = self.world.aws().sqs().send_message().queue_url(self.world.platform.queue_url(queue));
        let mut send = send.message_body(body);
        if queue == "replay" {
            let once = uuid::Uuid::new_v4().to_string();
            send = send.message_group_id("of-the-test").message_deduplication_id(once);
        }
        for (name, value) in attributes {
            send = send.message_attributes(*name, attribute(value));
        }
        send.send().await.expect("the queue takes messages");
    }

    /// Waits until a dead-letter queue has so many messages, and returns them.
    pub(crate) async fn until_dead_letters(
        &self,
        queue: &str,
        number: usize,
        so: impl Fn(&Message) -> bool,
    ) -> Vec<Message> {
        let start = Instant::now();
        loop {
            // Before it is looked at: whatever somebody looked at is hidden for a second.
            tokio::time::sleep(Duration::from_millis(1_100)).await;
            let letters = self.dead_letters(queue).await;
            if letters.len() == number && letters.iter().all(&so) {
                return letters;
            }
            let late = start.elapsed() > SOON;
            assert!(!late, "{queue} has put aside, and not {number}: {letters:#?}\n{}", self.world.log.tail(queue));
        }
    }

    /// Looks at every message of a dead-letter queue; they are there again a second later.
    pub(crate) async fn dead_letters(&self, queue: &str) -> Vec<Message> {
        let (sqs, url) = (self.world.aws().sqs(), self.world.platform.dead_letter_url(queue));
        let mut all = BTreeMap::new();
        loop {
            let asked = sqs.receive_message().queue_url(url).max_number_of_messages(10).visibility_timeout(1);
            let asked = asked.message_attribute_names("All");
            let asked = asked.message_system_attribute_names(MessageSystemAttributeName::All);
            let messages = asked.send().await.expect("the queue can be received from").messages.unwrap_or_default();
            let before = all.len();
            all.extend(messages.into_iter().map(|message| (message.message_id.clone(), message)));
            if all.len() == before {
                return all.into_values().collect();
            }
        }
    }

    /// Runs the worker's command line as an operator with root's credentials, and returns its code and what it printed.
    pub(crate) fn operate(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = std::process::Command::new(order_tests::process::built("order-worker"));
        command.args(arguments).env_clear().stdin(std::process::Stdio::null());
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test").env("AWS_REGION", "eu-west-1");
        command.env("AWS_ENDPOINT_URL", self.world.emulator.endpoint()).env("SSL_CERT_FILE", self.world.tls.ca());
        let output = command.output().expect("the worker starts");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
    }
}

/// Ends a program, which must succeed in time, and waits for its last line.
async fn end(world: &World, program: Program) {
    let (name, process) = (program.name().to_owned(), program.id());
    let ended = world.terminate(program).await;
    let well = matches!(ended, Ended::InTime(status) if status.success());
    assert!(well, "{name}: {ended:?}\n{}", world.log.tail(&name));
    let is_last = |line: &Line| line.process == process && line.get("message") == Some("stopped");
    let start = Instant::now();
    while !world.log.of(&name).iter().any(is_last) {
        assert!(start.elapsed() < SOON, "{name} does not say that it stopped\n{}", world.log.tail(&name));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// An attribute of a message.
pub(crate) fn attribute(value: &str) -> MessageAttributeValue {
    let built = MessageAttributeValue::builder().data_type("String").string_value(value).build();
    built.expect("an attribute has a type")
}

/// The reason of a message in a dead-letter queue.
pub(crate) fn reason(message: &Message) -> Option<&str> {
    message.message_attributes()?.get("reason")?.string_value()
}

/// An order of one product.
pub(crate) fn order(product: &str, qty: u32) -> Value {
    json!({ "productId": product, "qty": qty })
}

/// The text of a value.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Reads what was answered to an order.
pub(crate) async fn placed(answer: Response) -> Placed {
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap_or_default();
    Placed { status, id: text(&body["orderId"]), state: text(&body["status"]) }
}

/// Prints what somebody may want to know of a test that succeeds.
#[expect(clippy::print_stdout, reason = "it is what the test has to say")]
pub(crate) fn print(said: &str) {
    println!("{said}");
}
