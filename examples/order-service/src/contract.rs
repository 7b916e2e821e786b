//! What the service needs of whoever deploys it.

use std::time::Duration;

use order_runtime::contract::{Action, Contract, variables};
use order_runtime::settings::Reader;

use crate::migrate;
use crate::run::{DRAIN_EVENTS, DRAIN_REQUESTS, DRAIN_REST, DRAIN_TRACES};
use crate::settings::Settings;

const ACTIONS: [Action; 5] = [
    Action { action: "sns:Publish", on: "ORDER_EVENTS_TOPIC_ARN", why: "events of orders are published" },
    Action {
        action: "sqs:SendMessage",
        on: "REPLAY_QUEUE_URL",
        why: "orders wait in the queue while the database is down",
    },
    Action { action: "sqs:SendMessage", on: "INTAKE_QUEUE_URL", why: "orders that nobody waits for are stored later" },
    Action {
        action: "s3:PutObject",
        on: "EVENT_PAYLOADS_BUCKET",
        why: "events that are too large for the topic are put there",
    },
    Action { action: "cloudwatch:PutMetricData", on: "METRICS_NAMESPACE", why: "alarms look at what waits too long" },
];

/// What the program is called with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Of {
    /// `serve`
    Serve,
    /// `migrate`
    Migrate,
}

/// Returns the contract.
pub fn contract(of: Of) -> Contract {
    match of {
        Of::Serve => serve(),
        Of::Migrate => migrate(),
    }
}

/// It runs once, listens to nobody and calls nobody but the database.
fn migrate() -> Contract {
    let (required, optional) = variables(Reader::asked(migrate::Settings::read));
    let (ports, probes, actions, consumes) = Default::default();
    Contract { required, optional, ports, probes, drain_seconds: 0, actions, consumes }
}

fn serve() -> Contract {
    let (required, optional) = variables(Reader::asked(Settings::read));
    let drain: Duration = [DRAIN_REQUESTS, DRAIN_EVENTS, DRAIN_TRACES, DRAIN_REST].iter().sum();
    Contract {
        required,
        optional,
        ports: vec!["PORT"],
        probes: [("/livez", "PORT"), ("/readyz", "PORT")].into(),
        drain_seconds: drain.as_secs(),
        actions: ACTIONS.to_vec(),
        consumes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_in_it() {
        let contract = contract(Of::Serve);
        for name in ["PORT", "DB_POOL_SIZE", "OIDC_ISSUER", "OIDC_AUDIENCE", "REPLAY_QUEUE_URL"] {
            assert!(contract.required.contains_key(name), "{name}");
        }
        assert_eq!(contract.optional["ORDER_ANSWER"], "accepted");
        for action in &contract.actions {
            let asked = contract.required.contains_key(action.on) || contract.optional.contains_key(action.on);
            assert!(asked, "{action:?}");
        }
        let migration = super::contract(Of::Migrate);
        assert!(migration.required.contains_key("DB_ORDER_WORKER_PASSWORD_FILE"));
        assert!(!migration.required.contains_key("DB_POOL_SIZE"));
        // The platform gives 155 s, of which its `preStop` takes 120.
        assert!(contract.drain_seconds <= 30);
    }
}
