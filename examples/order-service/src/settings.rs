//! The settings of the service. All of them come from the environment.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::str::FromStr;

use order_runtime::settings::Reader;
use order_runtime::{database, telemetry};

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens.
    pub port: u16,
    /// Where probes are answered; the same as `port` unless it must be another.
    pub health_port: u16,
    /// The region of topic, queue and bucket.
    pub region: String,
    /// The database.
    pub database: database::Settings,
    /// The bucket of events that are too large for the topic.
    pub payloads_bucket: String,
    /// The topic of events.
    pub topic_arn: String,
    /// The queue in which orders wait while the database is down.
    pub replay_queue_url: String,
    /// The queue of orders that nobody waits for.
    pub intake_queue_url: String,
    /// The namespace of CloudWatch that gets numbers for alarms; nothing if nobody wants them.
    pub metrics_namespace: Option<String>,
    /// Logs and traces.
    pub telemetry: telemetry::Settings,
    /// How tokens are looked at.
    pub tokens: Tokens,
    /// What is answered when an order was stored.
    pub answer: Answer,
    /// Most requests of one user. Unit: 1/s.
    pub rate_limit: NonZeroU32,
}

/// How tokens are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tokens {
    /// The service validates them itself.
    Service {
        /// Who must have issued them.
        issuer: String,
        /// Whom they must be for: one of these.
        audience: BTreeSet<String>,
    },
    /// A gateway has validated them, and nobody else reaches this pod.
    Gateway,
}

/// What is answered when an order was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 202: the rest happens later.
    Accepted,
    /// 201: the synchronous variant.
    Created,
}

impl FromStr for Answer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "accepted" => Ok(Self::Accepted),
            "created" => Ok(Self::Created),
            _ => Err("known: accepted, created".to_owned()),
        }
    }
}

/// Who validates tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Validation {
    Service,
    Gateway,
}

impl FromStr for Validation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "service" => Ok(Self::Service),
            "gateway" => Ok(Self::Gateway),
            _ => Err("known: service, gateway".to_owned()),
        }
    }
}

/// An address of another side.
struct Url(String);

impl FromStr for Url {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match reqwest::Url::parse(text) {
            Ok(url) if ["http", "https"].contains(&url.scheme()) => Ok(Self(text.to_owned())),
            Ok(_) => Err("must begin with https:// or http://".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Names with commas in between, at least one.
struct Names(BTreeSet<String>);

impl FromStr for Names {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let names: BTreeSet<String> = names.map(str::to_owned).collect();
        if names.is_empty() { Err("must name at least one") } else { Ok(Self(names)) }
    }
}

impl Settings {
    /// Reads them.
    pub fn read(env: &Reader<'_>) -> Option<Self> {
        let port = env.required::<u16>("PORT", "port that takes requests");
        let health_port = env.maybe::<u16>("HEALTH_PORT", "port that answers probes, if it is not PORT");
        let region = env.required("AWS_REGION", "region of the topic, the queue and the bucket");
        let database = database::Settings::read(env).filter(|database| {
            database.pool_size() >= 2
                || env.refuse("DB_POOL_SIZE is less than 2: requests and the relay of events need one each".to_owned())
        });
        let bucket = env.required("EVENT_PAYLOADS_BUCKET", "bucket of events that are too large for the topic");
        let topic = env.required("ORDER_EVENTS_TOPIC_ARN", "topic to which events are published");
        let replay = env.required::<Url>("REPLAY_QUEUE_URL", "queue in which orders wait while the database is down");
        let intake = env.required::<Url>("INTAKE_QUEUE_URL", "queue of orders that nobody waits for");
        let namespace = env.maybe("METRICS_NAMESPACE", "namespace of CloudWatch that gets numbers for alarms");
        let telemetry = telemetry::Settings::read(env);
        let tokens = tokens(env);
        let answer =
            env.or("ORDER_ANSWER", "what is answered to an order: accepted (202) or created (201)", "accepted");
        let rate_limit = env.or("RATE_LIMIT", "most requests of one user in a second", "50");
        let port = port?;
        Some(Self {
            port,
            health_port: health_port?.unwrap_or(port),
            region: region?,
            database: database?,
            payloads_bucket: bucket?,
            topic_arn: topic?,
            replay_queue_url: replay?.0,
            intake_queue_url: intake?.0,
            metrics_namespace: namespace?,
            telemetry: telemetry?,
            tokens: tokens?,
            answer: answer?,
            rate_limit: rate_limit?,
        })
    }
}

fn tokens(env: &Reader<'_>) -> Option<Tokens> {
    let what = "who validates tokens: service, or gateway where nobody else reaches this pod";
    // What is not read yet may be needed, so that a wrong value hides no other problem.
    match env.or("TOKEN_VALIDATION", what, "service") {
        Some(Validation::Gateway) => Some(Tokens::Gateway),
        validation @ (Some(Validation::Service) | None) => {
            let issuer = env.required::<Url>("OIDC_ISSUER", "who issues tokens, as their claim `iss` says");
            let audience = env.required::<Names>("OIDC_AUDIENCE", "ids of the clients whose tokens are taken");
            validation?;
            Some(Tokens::Service { issuer: issuer?.0, audience: audience?.0 })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str) -> Option<String> {
        let value = match name {
            "PORT" => "8080",
            "AWS_REGION" => "eu-west-1",
            "DB_HOST" => "localhost",
            "DB_PORT" => "5432",
            "DB_NAME" => "orders",
            "DB_USERNAME_FILE" | "DB_PASSWORD_FILE" => "/secret",
            "DB_POOL_SIZE" => "8",
            "EVENT_PAYLOADS_BUCKET" => "payloads",
            "ORDER_EVENTS_TOPIC_ARN" => "arn:aws:sns:eu-west-1:000000000000:events",
            "REPLAY_QUEUE_URL" => "https://sqs.eu-west-1.amazonaws.com/000000000000/replay.fifo",
            "INTAKE_QUEUE_URL" => "https://sqs.eu-west-1.amazonaws.com/000000000000/intake",
            "OTEL_SERVICE_NAME" => "order-service",
            "OIDC_ISSUER" => "https://issuer.example.com",
            "OIDC_AUDIENCE" => "one, two",
            _ => return None,
        };
        Some(value.to_owned())
    }

    fn read(change: &dyn Fn(&str) -> Option<Option<&'static str>>) -> Result<Settings, String> {
        let variable = |name: &str| change(name).map_or_else(|| variable(name), |to| to.map(str::to_owned));
        let file = |_: &str| Ok("secret".to_owned());
        let reader = Reader::new(&variable, &file);
        reader.finish(Settings::read).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn the_least_is_enough() {
        let settings = read(&|_| None).expect("all is there");
        let audience = ["one", "two"].map(str::to_owned).into();
        assert_eq!(settings.tokens, Tokens::Service { issuer: "https://issuer.example.com".to_owned(), audience });
        assert_eq!((settings.health_port, settings.rate_limit.get()), (8080, 50));
        assert_eq!(settings.answer, Answer::Accepted);
        assert!(!format!("{settings:?}").contains("\"secret\""));
    }

    #[test]
    fn behind_a_gateway_no_issuer_is_needed() {
        let settings = read(&|name| match name {
            "TOKEN_VALIDATION" => Some(Some("gateway")),
            "OIDC_ISSUER" | "OIDC_AUDIENCE" => Some(None),
            _ => None,
        });
        assert_eq!(settings.expect("all is there").tokens, Tokens::Gateway);
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let said = read(&|name| match name {
            "PORT" | "OIDC_AUDIENCE" => Some(None),
            "DB_POOL_SIZE" => Some(Some("1")),
            "ORDER_ANSWER" | "TOKEN_VALIDATION" => Some(Some("maybe")),
            "RATE_LIMIT" => Some(Some("0")),
            "REPLAY_QUEUE_URL" => Some(Some("replay")),
            _ => None,
        });
        let said = said.expect_err("much is wrong");
        let expected = ["PORT is", "OIDC_AUDIENCE is", "DB_POOL_SIZE is", "ORDER_ANSWER is", "TOKEN_VALIDATION is"];
        for begin in expected.into_iter().chain(["RATE_LIMIT is", "REPLAY_QUEUE_URL is"]) {
            assert!(said.contains(&format!("\n  {begin}")), "{begin}: {said}");
        }
        assert!(said.starts_with("7 of the settings"), "{said}");
    }
}
