//! What was changed by hand is found and named.

use super::site::{QUEUE, READER, Site, ZONE};

#[test]
fn a_queue_that_was_changed_by_hand_is_named_with_its_property() {
    let site = Site::shop(&[("main", QUEUE), ("reader", READER)]);
    site.run(0, &["apply", "--yes"]);
    let clean = site.run(0, &["drift"]);
    assert_eq!(clean.stdout, "0 resources, 0 stacks, 0 records, 0 objects differ; 0 resources could not be checked\n");
    site.change_queue("VisibilityTimeout", "33");
    let run = site.run(2, &["drift"]);
    let expected = "MODIFIED shop-dev-main@eu-west-1 QueueJobs AWS::SQS::Queue\n    /VisibilityTimeout: 60 -> 33\n";
    assert!(run.stdout.starts_with(expected), "{}", run.stdout);
    // The template is as it was: only with `--drift` does diff look at the resources.
    site.run(0, &["diff"]);
    let diff = site.run(2, &["diff", "--drift"]);
    assert!(diff.stdout.contains("was changed by hand: /VisibilityTimeout: 60 ->"), "{}", diff.stdout);
    assert_eq!(site.queue("VisibilityTimeout"), "33", "drift changes nothing");
    site.change_queue("VisibilityTimeout", "60");
    site.run(0, &["drift"]);
    site.aws.delete_stack("eu-west-1", "shop-dev-reader");
    let run = site.run(2, &["drift"]);
    assert!(run.stdout.starts_with("STACK shop-dev-reader@eu-west-1\n    it is not there\n"), "{}", run.stdout);
}

#[test]
fn a_record_that_was_changed_by_hand_is_named_and_applied_again() {
    let site = Site::shop(&[("dns", ZONE)]);
    site.run(0, &["apply", "--yes"]);
    let zone = site.zone();
    site.run(0, &["drift"]);
    // What is not ours is no drift.
    site.change_record(&zone, "CREATE", ("other.dev.example.com.", "A", "198.51.100.1"));
    site.run(0, &["drift"]);
    site.change_record(&zone, "UPSERT", ("one.dev.example.com.", "A", "198.51.100.7"));
    let run = site.run(2, &["drift"]);
    assert!(run.stdout.starts_with("RECORD one.dev.example.com. A\n"), "{}", run.stdout);
    assert!(run.stdout.contains("192.0.2.1") && run.stdout.contains("198.51.100.7"), "{}", run.stdout);
    site.run(0, &["apply", "--yes"]);
    assert!(site.records(&zone).contains(&"one.dev.example.com. A 192.0.2.1".to_owned()));
    site.run(0, &["drift"]);
}
