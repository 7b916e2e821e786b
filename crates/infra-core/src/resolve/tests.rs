use insta::assert_snapshot;

use crate::kinds::testing::{compile_stacks, findings, report, report_stacks, resolved};
use crate::kinds::{Queue, Topic};
use crate::model::{Edge, Regional};

fn topic(queue: &str) -> String {
    format!("topics: {{ t: {{ subscriptions: {{ s: {{ queue: {queue} }} }} }} }}\n")
}

#[test]
fn a_slip_in_a_name_is_suggested() {
    let yaml = topic("job") + "queues: { jobs: {} }\n";
    assert_snapshot!(report(&yaml), @"resolve/unknown-reference: there is no queue `job` in stack `example` <- `job` not found");
    assert_eq!(findings(&yaml)[0].help, ["did you mean `jobs`?"]);
}

#[test]
fn a_name_of_another_stack_is_found_there() {
    let found = report_stacks(&[("core", "queues: { jobs: {} }\n"), ("events", &topic("jobs"))]);
    assert_snapshot!(found, @"resolve/unknown-reference: there is no queue `jobs` in stack `events` <- `jobs` of stacks/events.yaml not found");
}

#[test]
fn an_unknown_stack_is_reported() {
    assert_snapshot!(report(&topic("cor.jobs")), @"resolve/unknown-stack: there is no stack `cor` <- `cor.jobs` refers to a queue of it");
    assert_eq!(findings(&topic("exampel.jobs"))[0].help, ["did you mean `example`?"]);
}

#[test]
fn an_entry_of_another_kind_is_reported_as_that() {
    assert_snapshot!(report(&(topic("jobs") + "buckets: { jobs: {} }\n")), @"resolve/wrong-kind: `jobs` is a bucket, not a queue <- `jobs` a queue is wanted here");
}

#[test]
fn an_entry_without_likeness_gives_those_that_are_there() {
    let yaml = topic("payments") + "queues: { a: {}, b: {} }\n";
    assert_eq!(findings(&yaml)[0].help, ["`queues` of this stack has `a`, `b`"]);
}

#[test]
fn what_refers_to_an_entry_that_could_not_be_read_is_not_wrong() {
    let yaml = topic("jobs") + "queues: { jobs: { delays: 5 } }\n";
    assert_eq!(findings(&yaml).iter().map(|finding| finding.id).collect::<Vec<_>>(), ["source/unknown-key"]);
}

#[test]
fn what_refers_to_an_unread_entry_of_another_stack_is_not_wrong() {
    let found = report_stacks(&[("core", "queues: { jobs: { delays: 5 } }\n"), ("events", &topic("core.jobs"))]);
    assert!(found.starts_with("source/unknown-key") && found.lines().count() == 1, "{found}");
}

#[test]
fn an_entry_that_its_kind_refuses_hides_no_rule_about_others() {
    let yaml = "
queues:
  refused: { delay: 901, wait-time: 0 }
  beside: { wait-time: 0 }
  free: { wait-time: 0 }
  accepted: { wait-time: 0, allow: [{ rule: sqs/short-polling, reason: rarely asked }] }
topics:
  t: { subscriptions: { a: { queue: refused }, b: { queue: beside } } }
";
    let found: Vec<String> =
        findings(yaml).iter().map(|it| format!("{} {}", it.id, it.subject.as_deref().unwrap_or_default())).collect();
    // What is found of the entry itself, and of those that it speaks with, may follow from the mistake.
    assert_eq!(
        found,
        [
            "kinds/out-of-range ",
            "sqs/short-polling shop-dev-example/QueueBeside",
            "sqs/short-polling shop-dev-example/QueueFree"
        ]
    );
}

#[test]
fn a_loose_entry_hides_only_what_hangs_together_with_it() {
    let yaml = "
topics:
  loose: { subscriptions: { a: { queue: missing }, b: { queue: connected } } }
queues:
  connected: { delay: 901 }
  free: { delay: 902 }
";
    assert_snapshot!(report(yaml), @"
    resolve/unknown-reference: there is no queue `missing` in stack `example` <- `missing` not found
    kinds/out-of-range: `delay` must be from 0 to 900 <- `902` 902 is outside
    ");
}

#[test]
fn entries_after_a_dropped_one_are_still_followed_rightly() {
    let yaml = "
topics:
  a: { subscriptions: { s: { queue: missing } } }
  b: { subscriptions: { s: { queue: z } } }
queues:
  a: { delay: 901 }
  z: { fifo: true }
";
    assert_snapshot!(report(yaml), @"
    resolve/unknown-reference: there is no queue `missing` in stack `example` <- `missing` not found
    topics/fifo-mismatch: a FIFO queue cannot subscribe to a standard topic <- `z` this queue is a FIFO one
    kinds/out-of-range: `delay` must be from 0 to 900 <- `901` 901 is outside
    ");
}

#[test]
fn an_entry_connected_in_the_other_direction_is_dropped_too() {
    let yaml = "
hosted-zones: { main: { domain: example.com, existing: Z0123456789EXAMPLE0 } }
records:
  loose: { zone: main, name: a.example.com, values: { a: [192.0.2.1] }, health-check: missing }
  wrong: { zone: main, name: a.example.net, values: { a: [192.0.2.1] } }
";
    assert_snapshot!(report(yaml), @"resolve/unknown-reference: there is no health check `missing` in stack `example` <- `missing` not found");
}

#[test]
fn who_refers_is_known_once_and_how_is_known_each_time() {
    let world = resolved(
        "
topics: { t: { subscriptions: { a: { queue: jobs }, b: { queue: jobs } } } }
queues: { jobs: {}, other: {} }
",
    );
    let queues: Vec<_> = world.all::<Queue>().collect();
    assert_eq!(queues[0].referrers::<Topic>().len(), 1);
    assert_eq!(queues[0].referrals().len(), 2);
    assert!(queues[1].referrals().is_empty());
}

#[test]
fn a_demand_is_that_of_the_field_that_refers() {
    let world = resolved(<crate::kinds::WebSite as crate::kinds::Kind>::EXAMPLE);
    let certificate = world.all::<crate::kinds::Certificate>().next().unwrap();
    let edge = <Edge as crate::model::Mark>::WORD;
    assert!(certificate.demanded(edge) && !certificate.demanded(<Regional as crate::model::Mark>::WORD));
}

#[test]
fn stacks_have_regions_and_names_of_their_own() {
    let assembly = compile_stacks(&[("a", "queues: { q: {} }\n"), ("b", "region: eu-central-1\nqueues: { q: {} }\n")]);
    let paths: Vec<&String> = assembly.files.keys().filter(|path| path.starts_with("stacks/")).collect();
    assert_eq!(paths, ["stacks/a.eu-west-1.template.json", "stacks/b.eu-central-1.template.json"]);
}

#[test]
fn words_are_listed_for_people() {
    assert_eq!(super::list(["a", "b"]), "`a`, `b`");
    assert_eq!(super::list([]), "none");
}
