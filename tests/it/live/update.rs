//! Updates: in place, by replacement, of settings that are no resource, and of what leaves the project.

use super::site::{QUEUE, READER, REGION, SLOWER, Site};

#[test]
fn a_replacement_is_announced_with_its_cause_asks_and_reaches_the_consumers() {
    let site = Site::shop(&[("main", QUEUE), ("reader", READER)]);
    site.run(0, &["apply", "--yes"]);
    let before = site.physical("shop-dev-main", "QueueJobs");
    assert!(site.read().ends_with(before.rsplit('/').next().expect("a name")), "{}", site.read());

    site.stack("main", "queues:\n  jobs: { dead-letter: { enabled: false }, fifo: true, visibility-timeout: 70 }\n");
    let diff = site.run(2, &["diff"]);
    for line in [
        "  -/+ QueueJobs AWS::SQS::Queue  stacks/main.yaml:2:3\n",
        "      + Properties.FifoQueue: true  # replaces\n",
        "  ~ parameter MainQueueJobsArn: ",
    ] {
        assert!(diff.stdout.contains(line), "no {line:?} in\n{}", diff.stdout);
    }
    site.aws.forget_calls();
    let refused = site.run(3, &["apply", "--yes"]);
    assert!(refused.stderr.contains("add --approve stateful-replacement data-loss"), "{}", refused.stderr);
    site.run(3, &["apply", "--yes", "--approve", "data-loss"]);
    assert_eq!(site.writes(), [""; 0]);

    site.run(0, &["apply", "--yes", "--approve", "stateful-replacement", "data-loss"]);
    let after = site.physical("shop-dev-main", "QueueJobs");
    assert!(after != before && after.contains(".fifo"), "{before} {after}");
    let arn = &site.outputs(REGION, "shop-dev-main")["QueueJobsArn"];
    assert_eq!(site.parameters(REGION, "shop-dev-reader")["MainQueueJobsArn"], *arn);
    assert_eq!(site.read(), *arn);
    assert_eq!(site.queue("VisibilityTimeout"), "70");
    site.run(0, &["diff"]);
}

#[test]
fn a_change_in_place_touches_its_stack_alone() {
    let site = Site::shop(&[("main", QUEUE), ("reader", READER)]);
    site.run(0, &["apply", "--yes"]);
    let before = site.physical("shop-dev-main", "QueueJobs");
    site.stack("main", SLOWER);
    site.aws.forget_calls();
    site.run(0, &["apply", "--yes"]);
    assert_eq!(site.writes(), ["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"]);
    assert_eq!((site.queue("VisibilityTimeout").as_str(), site.physical("shop-dev-main", "QueueJobs")), ("90", before));
    assert_eq!(site.status("shop-dev-main"), "UPDATE_COMPLETE");
    assert_eq!(site.status("shop-dev-reader"), "CREATE_COMPLETE");
}

#[test]
fn termination_protection_is_set_and_taken_back_without_a_change_set() {
    let site = Site::shop(&[("main", QUEUE)]);
    site.run(0, &["apply", "--yes"]);
    assert!(!site.is_protected("shop-dev-main"));
    site.settings("    protected: true\n");
    let refused = site.run(3, &["apply", "--yes"]);
    assert!(refused.stderr.contains("--approve protected-environment"), "{}", refused.stderr);
    site.aws.forget_calls();
    site.run(0, &["apply", "--yes", "--approve", "protected-environment"]);
    assert_eq!(site.writes(), ["cloudformation:UpdateTerminationProtection"]);
    assert!(site.is_protected("shop-dev-main"));
    site.run(0, &["diff"]);

    // A new stack of a protected environment is protected, too.
    site.stack("other", "queues:\n  others: { dead-letter: { enabled: false } }\n");
    site.run(0, &["apply", "--yes", "--approve", "protected-environment"]);
    assert!(site.is_protected("shop-dev-other"));
    site.settings("");
    site.run(3, &["apply", "--yes"]);
    site.run(0, &["apply", "--yes", "--approve", "termination-protection"]);
    assert!(!site.is_protected("shop-dev-main") && !site.is_protected("shop-dev-other"));
    site.run(0, &["diff"]);
}

#[test]
fn tags_of_a_stack_reach_it_and_its_resources() {
    let site = Site::shop(&[("main", QUEUE)]);
    site.run(0, &["apply", "--yes"]);
    site.settings("    tags: { team: blue }\n");
    let diff = site.run(2, &["diff"]);
    assert!(diff.stdout.contains("team"), "{}", diff.stdout);
    site.run(0, &["apply", "--yes"]);
    let answer = site.aws.cloudformation(REGION, "DescribeStacks", &[("StackName", "shop-dev-main")]);
    let answer = answer.expect("an answer").body;
    assert!(answer.contains("<Key>team</Key>") && answer.contains("<Value>blue</Value>"), "{answer}");
    site.run(0, &["diff"]);
}

#[test]
fn a_stack_that_leaves_the_project_goes_after_its_consumers_were_changed() {
    let site = Site::shop(&[("main", QUEUE), ("reader", READER)]);
    site.run(0, &["apply", "--yes"]);
    site.remove("main");
    site.stack(
        "reader",
        "raw:\n  jobs:\n    type: AWS::SSM::Parameter\n    properties: { Type: String, Name: /shop/jobs, Value: none }\n",
    );
    let refused = site.run(3, &["apply", "--yes"]);
    assert!(refused.stderr.contains("--approve data-loss stack-deletion"), "{}", refused.stderr);
    assert_eq!(site.status("shop-dev-main"), "CREATE_COMPLETE");
    site.aws.forget_calls();
    site.run(0, &["apply", "--yes", "--approve", "data-loss", "stack-deletion"]);
    assert_eq!(
        site.writes(),
        ["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet", "cloudformation:DeleteStack"]
    );
    assert_eq!((site.status("shop-dev-main"), site.read()), (String::new(), "none".to_owned()));
    site.run(0, &["diff"]);
}
