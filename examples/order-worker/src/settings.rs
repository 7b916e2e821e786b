//! What the worker is told by its environment.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use order_runtime::settings::{Reader, SecretFile};
use order_runtime::{database, telemetry};

use crate::handler::Pauses;
use crate::queue;
use crate::role::Role;

/// How many messages at a time, where no pool of connections says otherwise.
const CONCURRENCY: u32 = 4;

/// The variable with the role.
pub const ROLE: &str = "WORKER_ROLE";

/// Everything that a worker is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The role.
    pub role: Role,
    /// The region of AWS.
    pub region: String,
    /// Where probes are answered.
    pub health_port: u16,
    /// Logs and traces.
    pub telemetry: telemetry::Settings,
    /// The queue.
    pub queue: queue::Settings,
    /// How many messages are worked on at a time.
    pub concurrency: u32,
    /// The database, if the role or its ledger needs it.
    pub database: Option<database::Settings>,
    /// What events need, if the role takes them.
    pub events: Option<Events>,
    /// The provider, if the role has one.
    pub provider: Option<Provider>,
    /// How long payments pause, if the role charges.
    pub payment: Option<Pauses>,
}

/// What a role needs that takes events.
#[derive(Clone, Debug)]
pub struct Events {
    /// The bucket of large ones.
    pub payloads: String,
    /// Where those are known that are done.
    pub ledger: Ledger,
}

/// Where the events are known that are done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ledger {
    /// In a table of DynamoDB.
    DynamoDb {
        /// The table.
        table: String,
    },
    /// In the database, beside the orders.
    PostgreSql,
}

/// Who is asked over HTTP.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Where it is.
    pub url: Address,
    /// What it knows us by.
    pub token: SecretFile,
}

/// An address of HTTP, without the slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url: reqwest::Url = text.parse().map_err(|error| format!("it must be an address of HTTP: {error}"))?;
        if !["http", "https"].contains(&url.scheme()) || url.query().is_some() || url.fragment().is_some() {
            return Err("it must be an address of HTTP, as https://host/path".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it must have no user and no password; the token is in a file".to_owned());
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

/// The names of where the ledger may be.
#[derive(Clone, Copy)]
enum Kind {
    DynamoDb,
    PostgreSql,
}

impl FromStr for Kind {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "dynamodb" => Ok(Self::DynamoDb),
            "postgresql" => Ok(Self::PostgreSql),
            _ => Err("it must be dynamodb or postgresql"),
        }
    }
}

/// Whole seconds of which there are enough and not too many.
struct Seconds<const LEAST: u64, const MOST: u64>(Duration);

impl<const LEAST: u64, const MOST: u64> FromStr for Seconds<LEAST, MOST> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds = text.parse().ok().filter(|seconds| (LEAST..=MOST).contains(seconds));
        let seconds = seconds.ok_or_else(|| format!("it must be {LEAST} to {MOST} seconds"))?;
        Ok(Self(Duration::from_secs(seconds)))
    }
}

impl<const LEAST: u64, const MOST: u64> fmt::Display for Seconds<LEAST, MOST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_secs().fmt(f)
    }
}

impl Settings {
    /// Reads them. Which there are depends on the role, so that without one nothing else can be said to be missing.
    pub fn read(env: &Reader<'_>) -> Option<Self> {
        let role = env.required(ROLE, "what it works on: payment, inventory, email, intake or replay");
        Self::of(env, role?)
    }

    /// Reads those of a role.
    pub fn of(env: &Reader<'_>, role: Role) -> Option<Self> {
        let region = env.required("AWS_REGION", "region of AWS");
        let health_port = env.required("HEALTH_PORT", "port of /livez, /readyz and /metrics");
        let telemetry = telemetry::Settings::read(env);
        let queue = queue(env, role);
        let ledger = if role.takes_events() { ledger(env).map(Some) } else { Some(None) };
        let beside_orders = matches!(ledger, Some(Some(Ledger::PostgreSql)));
        let database =
            if role.needs_database() || beside_orders { database::Settings::read(env).map(Some) } else { Some(None) };
        let events = if role.takes_events() {
            let payloads =
                env.required("EVENT_PAYLOADS_BUCKET", "bucket of the events that are too large for messages");
            let both = payloads.zip(ledger.flatten());
            both.map(|(payloads, ledger)| Some(Events { payloads, ledger }))
        } else {
            Some(None)
        };
        let provider = match role {
            Role::Payment => payment_provider(env).map(Some),
            Role::Email => mail_provider(env).map(Some),
            Role::Inventory | Role::Intake | Role::Replay => Some(None),
        };
        let payment = if role == Role::Payment { pauses(env).map(Some) } else { Some(None) };
        let concurrency = concurrency(env, database.as_ref().and_then(Option::as_ref));
        Some(Self {
            role,
            region: region?,
            health_port: health_port?,
            telemetry: telemetry?,
            queue: queue?,
            concurrency: concurrency?,
            database: database?,
            events: events?,
            provider: provider?,
            payment: payment?,
        })
    }
}

fn queue(env: &Reader<'_>, role: Role) -> Option<queue::Settings> {
    let url = env.required(role.queue_variable(), "address of the queue it works off");
    let dead_letters = env.required(role.dead_letter_variable(), "address of that queue's dead-letter queue");
    let visibility = env.maybe::<Seconds<3, 43_200>>(
        "VISIBILITY_SECONDS",
        "how long a message stays hidden from others if this worker does not extend that; as the queue says without it",
    );
    let wait = env.or::<Seconds<0, 20>>("RECEIVE_WAIT_SECONDS", "how long to wait for messages", "20");
    let (visibility, wait) = (visibility?.map(|seconds| seconds.0), wait?.0);
    Some(queue::Settings { url: url?, dead_letters: dead_letters?, visibility, wait })
}

fn ledger(env: &Reader<'_>) -> Option<Ledger> {
    let what = "where the events are known that are done: dynamodb or postgresql";
    match env.or("IDEMPOTENCY_STORE", what, "dynamodb")? {
        Kind::DynamoDb => {
            let table = env.required("IDEMPOTENCY_TABLE", "table of the events that are done");
            Some(Ledger::DynamoDb { table: table? })
        }
        Kind::PostgreSql => Some(Ledger::PostgreSql),
    }
}

fn payment_provider(env: &Reader<'_>) -> Option<Provider> {
    let url = env.required("PAYMENT_PROVIDER_URL", "address of who charges");
    let token = env.secret("PAYMENT_PROVIDER_API_TOKEN_FILE", "file with the token for who charges");
    Some(Provider { url: url?, token: token? })
}

fn pauses(env: &Reader<'_>) -> Option<Pauses> {
    let retry = env.or::<Seconds<1, 3_600>>(
        "PAYMENT_RETRY_SECONDS",
        "how long a payment pauses that the provider declined for now, the first time; the next time it is four times that",
        "30",
    );
    let look = env.or::<Seconds<1, 3_600>>(
        "PAYMENT_LOOK_SECONDS",
        "how often money is looked for that has not moved; twenty times that after it was asked, a charge that the \
         provider does not know of is none",
        "30",
    );
    Some(Pauses { retry: retry?.0, look: look?.0 })
}

fn mail_provider(env: &Reader<'_>) -> Option<Provider> {
    let url = env.required("EMAIL_PROVIDER_URL", "address of who sends mail");
    let token = env.secret("EMAIL_PROVIDER_API_TOKEN_FILE", "file with the token for who sends mail");
    Some(Provider { url: url?, token: token? })
}

/// Each message needs a connection, so there are never more of them than connections.
fn concurrency(env: &Reader<'_>, database: Option<&database::Settings>) -> Option<u32> {
    let most = database.map(database::Settings::pool_size);
    let asked: Option<u32> =
        env.maybe("CONCURRENCY", "how many messages at a time; as many as connections without it")?;
    let number = asked.or(most).unwrap_or(CONCURRENCY);
    let sound = match most {
        _ if number == 0 => env.refuse("CONCURRENCY is `0`: it must be at least 1".to_owned()),
        Some(most) if number > most => {
            env.refuse(format!("CONCURRENCY is `{number}`: DB_POOL_SIZE allows {most} at a time"))
        }
        Some(_) | None => true,
    };
    sound.then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(role: &str) -> Vec<(&'static str, String)> {
        let upper = role.to_ascii_uppercase();
        let queue: &'static str = format!("{upper}_QUEUE_URL").leak();
        let dead: &'static str = format!("{upper}_DEAD_LETTER_QUEUE_URL").leak();
        [
            (ROLE, role),
            ("AWS_REGION", "eu-west-1"),
            ("HEALTH_PORT", "8081"),
            ("OTEL_SERVICE_NAME", "worker"),
            (queue, "http://queue"),
            (dead, "http://dead"),
            ("DB_HOST", "db"),
            ("DB_PORT", "5432"),
            ("DB_NAME", "orders"),
            ("DB_USERNAME_FILE", "/secret"),
            ("DB_PASSWORD_FILE", "/secret"),
            ("DB_POOL_SIZE", "3"),
            ("EVENT_PAYLOADS_BUCKET", "payloads"),
            ("IDEMPOTENCY_TABLE", "table"),
            ("PAYMENT_PROVIDER_URL", "https://pay.example.com/"),
            ("PAYMENT_PROVIDER_API_TOKEN_FILE", "/secret"),
            ("EMAIL_PROVIDER_URL", "https://mail.example.com"),
            ("EMAIL_PROVIDER_API_TOKEN_FILE", "/secret"),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec()
    }

    fn read(variables: &[(&'static str, String)]) -> Result<Settings, String> {
        let variable =
            |name: &str| variables.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        let reader = Reader::new(&variable, &|_| Ok("s3cret".to_owned()));
        reader.finish(Settings::read).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn each_role_reads_what_it_needs() {
        let payment = read(&variables("payment")).expect("all is there");
        assert_eq!((payment.role, payment.concurrency), (Role::Payment, 3));
        assert_eq!(payment.queue.visibility, None);
        assert_eq!(payment.provider.expect("it has one").url.as_str(), "https://pay.example.com");
        assert_eq!(payment.events.expect("it takes them").ledger, Ledger::DynamoDb { table: "table".to_owned() });
        let email = read(&variables("email")).expect("all is there");
        assert!(email.database.is_none());
        assert_eq!(email.concurrency, CONCURRENCY);
        let replay = read(&variables("replay")).expect("all is there");
        assert!(replay.events.is_none() && replay.provider.is_none() && replay.database.is_some());
    }

    #[test]
    fn a_ledger_beside_the_orders_needs_the_database_and_no_table() {
        let mut all = variables("email");
        all.retain(|(name, _)| *name != "IDEMPOTENCY_TABLE");
        all.push(("IDEMPOTENCY_STORE", "postgresql".to_owned()));
        let email = read(&all).expect("all is there");
        assert!(email.database.is_some());
        all.retain(|(name, _)| *name != "DB_HOST");
        assert_eq!(read(&all).expect_err("no host").lines().count(), 2);
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let said = read(&[(ROLE, "payment".to_owned())]).expect_err("nearly all is missing");
        for name in ["AWS_REGION", "HEALTH_PORT", "OTEL_SERVICE_NAME", "PAYMENT_QUEUE_URL", "DB_HOST", "DB_POOL_SIZE"] {
            assert!(said.contains(&format!("\n  {name} is not set")), "{said}");
        }
        for name in ["PAYMENT_DEAD_LETTER_QUEUE_URL", "IDEMPOTENCY_TABLE", "EVENT_PAYLOADS_BUCKET"] {
            assert!(said.contains(&format!("\n  {name} is not set")), "{said}");
        }
        assert!(said.contains("\n  PAYMENT_PROVIDER_API_TOKEN_FILE is not set"), "{said}");
        assert!(!said.contains("EMAIL"), "{said}");
        let said = read(&[(ROLE, "mail".to_owned())]).expect_err("it is no role");
        assert_eq!(
            said.lines().nth(1),
            Some("  WORKER_ROLE is `mail`: it must be payment, inventory, email, intake or replay")
        );
    }

    #[test]
    fn there_are_not_more_messages_at_a_time_than_connections() {
        let wrong = |name: &'static str, value: &str| {
            let mut all = variables("payment");
            all.push((name, value.to_owned()));
            read(&all).expect_err(value)
        };
        assert!(wrong("CONCURRENCY", "4").contains("CONCURRENCY is `4`: DB_POOL_SIZE allows 3 at a time"));
        assert!(wrong("CONCURRENCY", "0").contains("CONCURRENCY is `0`: it must be at least 1"));
        assert!(wrong("VISIBILITY_SECONDS", "2").contains("it must be 3 to 43200 seconds"));
        assert!(wrong("PAYMENT_PROVIDER_URL", "ftp://x").contains("it must be an address of HTTP"));
        assert!(wrong("PAYMENT_PROVIDER_URL", "https://u:p@x").contains("it must have no user"));
        assert!(wrong("IDEMPOTENCY_STORE", "redis").contains("it must be dynamodb or postgresql"));
    }
}
