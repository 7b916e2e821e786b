//! What passes by itself fails no run: every kind of fault at every request that a run sends, once and in bursts.

use serde_json::{Value, json};

use super::world::{APPLY, STACKS, World};

/// The requests of a first deployment.
const FIRST: [&str; 11] = [
    "sts:GetCallerIdentity",
    "cloudformation:DescribeStacks",
    "cloudformation:CreateChangeSet",
    "cloudformation:DescribeChangeSet",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:DescribeStackEvents",
    "route53:GetHostedZone",
    "route53:ListHostedZonesByName",
    "route53:ListResourceRecordSets",
    "route53:ChangeResourceRecordSets",
    "route53:GetChange",
];
/// Those that an update sends beside them.
const UPDATE: [&str; 2] = ["cloudformation:GetTemplate", "cloudformation:UpdateTerminationProtection"];
/// Those that taking everything away sends beside them.
const DESTROY: [&str; 1] = ["cloudformation:DeleteStack"];

const DESTROY_ARGUMENTS: [&str; 9] =
    ["destroy", "--confirm", "dev", "--progress", "plain", "--approve", "data-loss", "dns-threshold", "dns-deletion"];

/// Has a fault happen at each request of a whole life, so often; `reads` leaves out what changes something.
fn everywhere(fault: &Value, times: u64, reads: bool) {
    let world = World::new();
    let is_read = |action: &&str| ["Get", "Describe", "List"].iter().any(|verb| action.contains(&format!(":{verb}")));
    let mut happened = 0;
    let mut disturb = |action: &str, arguments: &[&str]| {
        let (service, name) = action.split_once(':').expect("a service and a name");
        let mut rule = fault.clone();
        for (key, value) in [("service", service), ("action", name)] {
            rule[key] = value.into();
        }
        rule["times"] = times.into();
        world.emulator.faults(&json!([rule]));
        let run = world.project.run(arguments);
        let fired = u64::try_from(world.emulator.fired().len()).expect("a small number");
        world.emulator.faults(&json!([]));
        assert_eq!(run.code, 0, "{rule}: {}{}", run.stdout, run.stderr);
        assert!(fired > 0, "{rule} never happened");
        happened += fired;
    };
    for action in FIRST.iter().filter(|action| !reads || is_read(action)) {
        world.anew();
        disturb(action, &APPLY);
        world.is_whole("CREATE_IN_PROGRESS", &format!("{fault} at {action}"));
    }
    for action in UPDATE.iter().filter(|action| !reads || is_read(action)) {
        world
            .project
            .write("stacks/messaging.yaml", STACKS[2].1.replace("jobs: {}", "jobs: { visibility-timeout: 90 }"));
        world.protect(true);
        disturb(action, &[&APPLY[..], &["--approve", "protected-environment"]].concat());
        assert_eq!(world.starts("shop-dev-messaging", "eu-west-1", "UPDATE_IN_PROGRESS"), 1, "{fault} at {action}");
        world.protect(false);
        world.run(&[&APPLY[..], &["--approve", "termination-protection"]].concat());
        world.project.write("stacks/messaging.yaml", STACKS[2].1);
        world.anew();
        world.run(&APPLY);
    }
    for action in DESTROY.iter().filter(|action| !reads || is_read(action)) {
        disturb(action, &DESTROY_ARGUMENTS);
        assert_eq!(world.emulator.stack_status("eu-west-1", "shop-dev-messaging"), None, "{fault} at {action}");
    }
    println!("{happened} faults: {fault}, {times} at a time");
}

/// A fault once, and in a burst.
fn once_and_in_bursts(fault: &Value) {
    everywhere(fault, 1, false);
    everywhere(fault, 5, false);
}

#[test]
fn throttling_fails_nothing() {
    once_and_in_bursts(&json!({ "kind": "throttling" }));
}

#[test]
fn failures_of_aws_fail_nothing() {
    once_and_in_bursts(&json!({ "kind": "error", "status": 500 }));
}

#[test]
fn services_that_are_unavailable_fail_nothing() {
    once_and_in_bursts(&json!({ "kind": "error", "status": 503, "code": "ServiceUnavailable" }));
}

#[test]
fn connections_that_are_reset_fail_nothing() {
    once_and_in_bursts(&json!({ "kind": "reset" }));
}

#[test]
fn requests_whose_answers_are_lost_are_not_done_twice() {
    once_and_in_bursts(&json!({ "kind": "lost-answer" }));
}

#[test]
fn requests_whose_answers_are_lost_are_not_done_twice_where_tokens_are_not_known_again() {
    let world = World::new();
    for action in ["CreateChangeSet", "ExecuteChangeSet", "DeleteStack"] {
        world.anew();
        world.emulator.settings(&json!({ "tokens": "ignored" }));
        let rule = json!([{ "service": "cloudformation", "action": action, "kind": "lost-answer", "times": 3 }]);
        world.emulator.faults(&rule);
        world.run(&APPLY);
        world.is_whole("CREATE_IN_PROGRESS", action);
        world.run(&DESTROY_ARGUMENTS);
        assert_eq!(world.emulator.fired().len(), 3, "{action}");
    }
}

#[test]
fn silence_and_slow_answers_fail_nothing() {
    everywhere(&json!({ "kind": "hang", "ms": 300 }), 1, false);
    everywhere(&json!({ "kind": "latency", "ms": 300 }), 2, false);
}

#[test]
fn answers_of_a_while_ago_fail_nothing() {
    let world = World::new();
    for action in ["DescribeStacks", "DescribeChangeSet", "DescribeStackEvents"] {
        for skip in [0, 1, 2, 5] {
            world.anew();
            let rule =
                json!([{ "service": "cloudformation", "action": action, "kind": "stale", "times": 4, "skip": skip }]);
            world.emulator.faults(&rule);
            world.run(&APPLY);
            assert!(!world.emulator.fired().is_empty(), "{rule}");
            world.emulator.faults(&json!([]));
            world.is_whole("CREATE_IN_PROGRESS", &rule.to_string());
        }
    }
}

#[test]
fn a_zone_that_is_busy_fails_nothing() {
    let world = World::new();
    let rule = json!([{ "service": "route53", "action": "ChangeResourceRecordSets", "kind": "prior-request-not-complete", "times": 6 }]);
    world.emulator.faults(&rule);
    world.run(&APPLY);
    assert_eq!(world.emulator.fired().len(), 6);
    world.is_whole("CREATE_IN_PROGRESS", "busy zone");
}

/// What does not pass by itself is not repeated.
#[test]
fn a_refusal_is_not_repeated() {
    let world = World::new();
    let rule = json!([{ "service": "cloudformation", "action": "CreateChangeSet", "kind": "error", "status": 403, "code": "AccessDenied", "message": "is not authorized to perform: cloudformation:CreateChangeSet", "times": 99 }]);
    world.emulator.faults(&rule);
    let run = world.project.run(&APPLY);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("is not authorized to perform"), "{}", run.stderr);
    // Once for each stack that needs no other, and that which remembers what is ours.
    assert_eq!(world.emulator.fired().len(), 4, "{}", run.stderr);
}

/// The requests of commands that look, and of those that ask CloudFormation, with the arguments and the exit code.
const LOOKS: [(&str, &[&str], i32); 9] = [
    ("acm:DescribeCertificate", &["status"], 0),
    ("cloudformation:DescribeStacks", &["outputs"], 0),
    ("cloudformation:DetectStackDrift", &["drift"], 0),
    ("cloudformation:DescribeStackDriftDetectionStatus", &["drift"], 0),
    ("cloudformation:DescribeStackResourceDrifts", &["drift"], 0),
    ("cloudformation:CreateChangeSet", &["diff", "--change-set", "require"], 2),
    ("cloudformation:DescribeChangeSet", &["diff", "--change-set", "require"], 2),
    ("cloudformation:DeleteChangeSet", &["diff", "--change-set", "require"], 2),
    ("cloudformation:GetTemplate", &["diff"], 2),
];

#[test]
fn commands_that_look_are_failed_by_nothing_that_passes() {
    let world = World::new();
    world.project.write(
        "stacks/web.yaml",
        "raw: { web: { type: 'AWS::CertificateManager::Certificate', properties: { DomainName: web.dev.example.com, ValidationMethod: DNS } } }\n",
    );
    // Who takes the certificate makes it an output of its stack, by which it is found.
    world.project.write(
        "stacks/user.yaml",
        "raw: { user: { type: 'AWS::SSM::Parameter', properties: { Type: String, Value: { Ref: web.RawWeb } } } }\n",
    );
    world.run(&APPLY);
    let kinds = [
        json!({ "kind": "throttling" }),
        json!({ "kind": "error", "status": 500 }),
        json!({ "kind": "reset" }),
        json!({ "kind": "lost-answer" }),
    ];
    let mut happened = 0;
    for (action, arguments, code) in LOOKS {
        let text = if code == 2 {
            STACKS[2].1.replace("jobs: {}", "jobs: { visibility-timeout: 90 }")
        } else {
            STACKS[2].1.to_owned()
        };
        world.project.write("stacks/messaging.yaml", text);
        for (kind, times) in kinds.iter().flat_map(|kind| [(kind, 1), (kind, 4)]) {
            let (service, name) = action.split_once(':').expect("a service and a name");
            let mut rule = kind.clone();
            for (key, value) in [("service", json!(service)), ("action", json!(name)), ("times", json!(times))] {
                rule[key] = value;
            }
            world.emulator.faults(&json!([rule]));
            let run = world.project.run(arguments);
            let fired = world.emulator.fired().len();
            world.emulator.faults(&json!([]));
            assert_eq!(run.code, code, "{rule}: {}{}", run.stdout, run.stderr);
            assert!(fired > 0, "{rule} never happened");
            happened += fired;
        }
    }
    println!("{happened} faults of commands that look");
}
