//! An environment is taken away: with its name, in reverse order, without what is to stay.

use serde_json::json;

use super::site::{QUEUE, READER, Site, ZONE};

/// What must be agreed to for the queue's data.
const CONFIRMED: [&str; 5] = ["destroy", "--confirm", "dev", "--approve", "data-loss"];

/// A table that is protected, and that goes with its stack.
const TABLE: &str = "
raw:
  t:
    type: AWS::DynamoDB::Table
    deletion: delete
    properties:
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      BillingMode: PAY_PER_REQUEST
      DeletionProtectionEnabled: true
";

#[test]
fn nothing_is_destroyed_without_the_name_of_the_environment() {
    let site = Site::shop(&[("main", QUEUE), ("reader", READER)]);
    site.run(0, &["apply", "--yes"]);
    site.aws.forget_calls();
    let run = site.run(3, &["destroy"]);
    assert!(run.stderr.contains("add --approve data-loss\n"), "{}", run.stderr);
    let run = site.run(3, &["destroy", "--approve", "data-loss"]);
    assert!(run.stderr.contains("nobody can be asked here; add --confirm dev"), "{}", run.stderr);
    let run = site.run(3, &["destroy", "--yes", "--approve", "data-loss"]);
    assert!(run.stderr.contains("add --confirm dev"), "{}", run.stderr);
    let run = site.run(3, &["destroy", "--approve", "data-loss", "--confirm", "prod"]);
    assert!(run.stderr.contains("nothing was changed: `prod` is not dev"), "{}", run.stderr);
    assert_eq!(site.writes(), [""; 0]);
    assert_eq!(site.stacks("eu-west-1").len(), 2);
}

#[test]
fn stacks_with_termination_protection_are_destroyed_only_when_somebody_agrees() {
    let site = Site::shop(&[("main", QUEUE)]);
    site.settings("    protected: true\n");
    site.run(0, &["apply", "--yes", "--approve", "protected-environment"]);
    site.aws.forget_calls();
    let approve = ["destroy", "--confirm", "dev", "--approve", "data-loss", "protected-environment"];
    let run = site.run(3, &approve);
    let asks = "termination-protection: stack shop-dev-main@eu-west-1 is deleted, and is protected from that";
    assert!(run.stdout.contains(asks), "{}", run.stdout);
    assert!(run.stderr.contains("--approve termination-protection"), "{}", run.stderr);
    assert_eq!(site.writes(), [""; 0]);
    // A change of the project that takes the protection off asks as well: somebody may have put it on by hand.
    site.settings("");
    site.run(3, &["apply", "--yes"]);
    site.settings("    protected: true\n");
    site.run(64, &[&approve[..], &["termination-protection:shop-dev-other"]].concat());
    site.run(0, &[&approve[..], &["termination-protection:shop-dev-main"]].concat());
    assert!(site.stacks("eu-west-1").is_empty(), "{:?}", site.stacks("eu-west-1"));
}

#[test]
fn everything_goes_in_reverse_order_what_is_retained_stays_and_a_second_time_there_is_nothing() {
    let site = Site::shop(&[("main", QUEUE), ("reader", READER), ("dns", ZONE)]);
    site.run(0, &["apply", "--yes"]);
    let zone = site.zone();
    site.change_record(&zone, "CREATE", ("other.dev.example.com.", "A", "198.51.100.1"));
    site.aws.forget_calls();
    // As long as the consumer is there, its producer is.
    site.aws.faults(&json!([
        { "action": "DeleteStack", "contains": "shop-dev-reader", "kind": "error", "status": 403, "code": "AccessDenied" }
    ]));
    let run = site.run(1, &CONFIRMED);
    assert!(run.stderr.contains("stack shop-dev-main@eu-west-1: skipped: "), "{}", run.stderr);
    assert_eq!(
        (site.status("shop-dev-main").as_str(), site.status("shop-dev-reader").as_str()),
        ("CREATE_COMPLETE", "CREATE_COMPLETE")
    );

    site.run(0, &CONFIRMED);
    assert!(site.stacks("eu-west-1").is_empty(), "{:?}", site.stacks("eu-west-1"));
    let writes = site.writes();
    assert_eq!(
        writes.first().map(String::as_str),
        Some("route53:ChangeResourceRecordSets"),
        "records go first: {writes:?}"
    );
    let records: Vec<String> = site
        .records(&zone)
        .into_iter()
        .filter(|record| !record.contains(" NS ") && !record.contains(" SOA "))
        .collect();
    assert_eq!(records, ["other.dev.example.com. A 198.51.100.1"], "the zone is retained, with what is not ours");
    let again = site.run(0, &CONFIRMED);
    assert!(again.stdout.starts_with("no changes\n"), "{}", again.stdout);
}

#[test]
fn the_whole_platform_goes_and_can_be_made_again() {
    let site = Site::platform();
    site.run(0, &["apply", "--env", "local", "--yes"]);
    let table = site.physical("orders-local-data", "TableIdempotency");
    let run =
        site.run(0, &["destroy", "--env", "local", "--confirm", "local", "--approve", "data-loss", "dns-threshold"]);
    let order = |step: &str, word: &str| {
        let line = format!("stack {step}: {word}");
        run.stderr.find(&line).unwrap_or_else(|| panic!("no {line} in {}", run.stderr))
    };
    for (consumer, producer) in [
        ("orders-local-monitoring-us-east-1@us-east-1", "orders-local-oncall@us-east-1"),
        ("orders-local-edge@eu-west-1", "orders-local-edge-us-east-1@us-east-1"),
        ("orders-local-workloads@eu-west-1", "orders-local-cluster@eu-west-1"),
        ("orders-local-api@eu-west-1", "orders-local-network@eu-west-1"),
        ("orders-local-edge-us-east-1@us-east-1", "orders-local-dns@eu-west-1"),
    ] {
        assert!(order(consumer, "done") < order(producer, "begins"), "{producer} goes before {consumer}");
    }
    assert!(site.stacks("eu-west-1").is_empty() && site.stacks("us-east-1").is_empty());
    let description = site.json("dynamodb", "DynamoDB_20120810.DescribeTable", &json!({ "TableName": table }));
    assert_eq!(description["Table"]["TableStatus"], "ACTIVE", "a table stays: {description}");
    // Its zone stays, too, so that the next one is a second of the name.
    site.run(3, &["apply", "--env", "local", "--yes"]);
    site.run(0, &["apply", "--env", "local", "--yes", "--approve", "second-zone"]);
    site.run(0, &["status", "--env", "local"]);
}

#[test]
fn what_is_kept_is_named_and_no_second_zone_is_made_beside_it_unasked() {
    let site = Site::shop(&[("dns", ZONE)]);
    site.run(0, &["apply", "--yes"]);
    let zone = site.zone();
    let run = site.run(0, &CONFIRMED);
    assert!(run.stderr.contains("kept of stack shop-dev-dns@eu-west-1, and no longer managed"), "{}", run.stderr);
    assert!(run.stderr.contains(&format!("AWS::Route53::HostedZone ZoneMain {zone}")), "{}", run.stderr);
    let asks = format!("second-zone: shop-dev-dns@eu-west-1/ZoneMain: dev.example.com has the zone {zone} already");
    assert!(site.run(2, &["diff"]).stdout.contains(&asks));
    site.aws.forget_calls();
    assert!(site.run(3, &["apply", "--yes"]).stderr.contains("--approve second-zone"));
    assert_eq!(site.writes(), [""; 0]);
    site.run(0, &["apply", "--yes", "--approve", "second-zone:dev.example.com"]);
    site.run(0, &["diff"]);
}

#[test]
fn what_is_kept_is_named_after_a_resumption_too() {
    let site = Site::shop(&[("dns", ZONE)]);
    site.run(0, &["apply", "--yes"]);
    let zone = site.zone();
    site.aws.settings(&serde_json::json!({ "stack-time": 3000 }));
    let run = site.begin(&CONFIRMED);
    site.until("the stack goes", |site| site.status("shop-dev-dns") == "DELETE_IN_PROGRESS");
    run.signal("KILL");
    run.end();
    site.aws.settings(&serde_json::json!({ "stack-time": 0 }));
    site.until("the stack is gone", |site| site.status("shop-dev-dns").is_empty());
    let resumed = site.run(0, &["apply", "--resume", "--confirm", "dev"]);
    assert!(resumed.stderr.contains(&format!("AWS::Route53::HostedZone ZoneMain {zone}")), "{}", resumed.stderr);
}

#[test]
fn resources_that_are_protected_go_only_when_somebody_agrees_and_are_opened_first() {
    let site = Site::shop(&[("main", TABLE)]);
    site.run(0, &["apply", "--yes"]);
    site.aws.forget_calls();
    let run = site.run(3, &CONFIRMED);
    let asks = "deletion-protection: shop-dev-main@eu-west-1/RawT is deleted, and is protected from that";
    assert!(run.stdout.contains(asks), "{}", run.stdout);
    assert!(run.stderr.contains("--approve deletion-protection"), "{}", run.stderr);
    assert_eq!(site.writes(), [""; 0]);
    site.run(0, &[&CONFIRMED[..], &["deletion-protection:shop-dev-main"]].concat());
    assert_eq!(
        site.writes(),
        ["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet", "cloudformation:DeleteStack"]
    );
    assert!(site.stacks("eu-west-1").is_empty(), "{:?}", site.stacks("eu-west-1"));
}

#[test]
fn a_protected_resource_does_not_go_with_an_update() {
    let site = Site::shop(&[("main", &[QUEUE, TABLE].concat())]);
    site.run(0, &["apply", "--yes"]);
    site.stack("main", QUEUE);
    site.aws.forget_calls();
    let run = site.run(3, &["apply", "--yes", "--approve", "data-loss"]);
    assert!(run.stdout.contains("its deletion protection is on: AWS keeps it"), "{}", run.stdout);
    assert_eq!(site.writes(), [""; 0]);
}
