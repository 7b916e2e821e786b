//! What a role needs of whoever deploys it.

use std::collections::BTreeMap;

use order_runtime::contract::{Action, Contract, variables};
use order_runtime::settings::Reader;

use crate::role::Role;
use crate::settings::{ROLE, Settings};

/// Returns the contract of a role.
pub fn contract(role: Role) -> Contract {
    let asked = Reader::asked(|env| {
        // Without values there is none to return; the name is what counts.
        let _ = env.required::<Role>(ROLE, "what it works on");
        Settings::of(env, role)
    });
    let (required, optional) = variables(asked);
    Contract {
        required,
        optional,
        ports: vec!["HEALTH_PORT"],
        probes: BTreeMap::from([("/livez", "HEALTH_PORT"), ("/readyz", "HEALTH_PORT")]),
        drain_seconds: role.processing().as_secs(),
        actions: actions(role),
        consumes: vec![role.queue_variable()],
    }
}

fn actions(role: Role) -> Vec<Action> {
    let (queue, dead_letters) = (role.queue_variable(), role.dead_letter_variable());
    let mut all = vec![
        Action { action: "sqs:ReceiveMessage", on: queue, why: "takes messages" },
        Action { action: "sqs:GetQueueAttributes", on: queue, why: "learns how long the queue hides messages" },
        Action { action: "sqs:DeleteMessage", on: queue, why: "finishes messages" },
        Action { action: "sqs:ChangeMessageVisibility", on: queue, why: "holds messages, and gives them back" },
        Action { action: "sqs:SendMessage", on: dead_letters, why: "puts away what can never be done" },
    ];
    if role.takes_events() {
        let (bucket, table) = ("EVENT_PAYLOADS_BUCKET", "IDEMPOTENCY_TABLE");
        all.push(Action { action: "s3:GetObject", on: bucket, why: "reads events that are too large for messages" });
        all.push(Action {
            action: "s3:ListBucket",
            on: bucket,
            why: "learns that an object is missing: a 404, no 403",
        });
        all.push(Action { action: "dynamodb:UpdateItem", on: table, why: "remembers which events are done" });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_has_what_the_role_asks_for() {
        let payment = contract(Role::Payment);
        for name in ["WORKER_ROLE", "PAYMENT_QUEUE_URL", "DB_HOST", "IDEMPOTENCY_TABLE", "PAYMENT_PROVIDER_URL"] {
            assert!(payment.required.contains_key(name), "{name}");
        }
        assert!(!payment.required.keys().any(|name| name.starts_with("EMAIL") || name.starts_with("INTAKE")));
        assert_eq!(payment.optional["IDEMPOTENCY_STORE"], "dynamodb");
        assert_eq!((payment.drain_seconds, payment.consumes), (120, vec!["PAYMENT_QUEUE_URL"]));
        let intake = contract(Role::Intake);
        assert!(!intake.required.contains_key("IDEMPOTENCY_TABLE") && intake.required.contains_key("DB_HOST"));
        assert!(!contract(Role::Email).required.contains_key("DB_HOST"));
    }

    #[test]
    fn every_resource_of_an_action_is_a_variable_that_is_asked_for() {
        for role in Role::ALL {
            let contract = contract(role);
            assert!(contract.actions.iter().all(|action| contract.required.contains_key(action.on)), "{role}");
        }
    }
}
