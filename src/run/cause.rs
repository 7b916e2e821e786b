//! Why an operation failed: the first real cause, not what was cancelled because of it.

use crate::cloud::Event;

/// What CloudFormation says of resources that failed only because another one did.
const CANCELLED: [&str; 4] = [
    "Resource creation cancelled",
    "Resource update cancelled",
    "Resource deletion cancelled",
    "The following resource(s) failed to",
];

/// Finds the first real cause in the events of an operation, oldest first.
pub(super) fn first(events: &[Event]) -> Option<&Event> {
    let failed = |event: &&Event| event.status.ends_with("_FAILED");
    let real = |event: &&Event| failed(event) && !CANCELLED.iter().any(|words| event.reason.starts_with(words));
    let of_resource = events.iter().find(|event| real(event) && !event.of_stack());
    let of_resource = of_resource.or_else(|| events.iter().find(real));
    of_resource.or_else(|| events.iter().find(failed))
}

/// What to do about a cause, where its words tell.
pub(crate) fn remedy(reason: &str) -> Option<&'static str> {
    const PROTECTED: &str =
        "its deletion protection is on: switch it off in its console or with the AWS CLI, then run this again";
    const KNOWN: [(&str, &str); 14] = [
        (
            "already exists",
            "something with this name exists outside the stack: give this one another name, or import or remove the other",
        ),
        (
            "is not authorized to perform",
            "the credentials lack this permission; `infra iam --command apply` prints what a run needs",
        ),
        ("AccessDenied", "the credentials lack a permission; `infra iam --command apply` prints what a run needs"),
        ("LimitExceeded", "a quota of the account is reached: raise it, or remove what is not needed"),
        ("limit exceeded", "a quota of the account is reached: raise it, or remove what is not needed"),
        ("bucket you tried to delete is not empty", "empty the bucket, then run this again"),
        (
            "specified hosted zone contains non-required resource record sets",
            "remove the other records of the zone, then run this again",
        ),
        ("has dependencies", "something outside the stack still uses it; remove that first"),
        // RDS and its kin, DynamoDB, balancers, user pools and clusters, instances; each in its own words (from memory).
        ("protected DB", PROTECTED),
        ("protected Cluster", PROTECTED),
        ("protected against deletion", PROTECTED),
        ("eletion protection", PROTECTED),
        ("disableApiTermination", PROTECTED),
        ("Rate exceeded", "AWS throttled itself; run this again"),
    ];
    KNOWN.iter().find(|(words, _)| reason.contains(words)).map(|(_, help)| *help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, status: &str, reason: &str) -> Event {
        Event {
            id: format!("{id}-{status}"),
            logical_id: id.to_owned(),
            physical_id: String::new(),
            kind: "AWS::SQS::Queue".to_owned(),
            status: status.to_owned(),
            reason: reason.to_owned(),
            token: String::new(),
        }
    }

    #[test]
    fn what_was_cancelled_is_no_cause() {
        let events = [
            event("A", "CREATE_IN_PROGRESS", ""),
            event("B", "CREATE_FAILED", "Resource creation cancelled"),
            event("A", "CREATE_FAILED", "A already exists"),
            event("stack", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [A, B]."),
        ];
        assert_eq!(first(&events).map(|event| event.logical_id.as_str()), Some("A"));
        assert_eq!(first(&events[..2]).map(|event| event.logical_id.as_str()), Some("B"), "better than nothing");
        assert!(first(&events[..1]).is_none());
        assert!(remedy("A already exists").is_some());
        let protected = "Cannot delete protected DB Instance, please disable deletion protection and try again.";
        assert!(remedy(protected).is_some_and(|help| help.starts_with("its deletion protection is on")));
        assert!(remedy("something else").is_none());
    }
}
