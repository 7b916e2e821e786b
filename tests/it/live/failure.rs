//! What fails: the cause is told, what hangs on it waits, the rest goes on, and there is a way back.

use super::site::{BROKEN, QUEUE, READER, SLOWER, Site};

/// The cause, with the place where we wrote it.
const CAUSE: &str =
    "RawBad (AWS::Route53::RecordSet): No hosted zone with id 'Z0000000000000000000'\n  at stacks/main.yaml:5:3";

#[test]
fn an_update_that_fails_rolls_back_tells_the_cause_and_its_line_and_can_be_corrected() {
    let site = Site::shop(&[("main", QUEUE)]);
    site.run(0, &["apply", "--yes"]);
    site.stack("main", BROKEN);
    let run = site.run(1, &["apply", "--yes"]);
    let end = format!(
        "failed: stack shop-dev-main@eu-west-1\n  {CAUSE}\n  shop-dev-main@eu-west-1 is UPDATE_ROLLBACK_COMPLETE\n"
    );
    assert!(run.stderr.contains(&end), "{}", run.stderr);
    assert!(!run.stderr.to_lowercase().contains("cancelled"), "{}", run.stderr);
    assert_eq!(site.status("shop-dev-main"), "UPDATE_ROLLBACK_COMPLETE");
    assert!(site.change_sets("shop-dev-main").is_empty());

    site.run(0, &["status"]);
    site.run(0, &["recover"]);
    site.stack("main", SLOWER);
    site.run(0, &["apply", "--yes"]);
    assert_eq!(site.status("shop-dev-main"), "UPDATE_COMPLETE");
    assert_eq!(site.queue("VisibilityTimeout"), "90");
    site.run(0, &["diff"]);
}

#[test]
fn a_first_creation_that_fails_is_recovered_only_by_a_deletion_that_was_agreed_to() {
    let site = Site::shop(&[("main", BROKEN)]);
    let run = site.run(1, &["apply", "--yes"]);
    assert!(run.stderr.contains(CAUSE) && run.stderr.contains("is ROLLBACK_COMPLETE"), "{}", run.stderr);
    assert!(run.stderr.contains("help: `infra recover`"), "{}", run.stderr);
    assert_eq!(site.status("shop-dev-main"), "ROLLBACK_COMPLETE");

    let status = site.run(1, &["status"]);
    assert!(status.stdout.contains("ROLLBACK_COMPLETE"), "{}", status.stdout);
    site.stack("main", QUEUE);
    site.aws.forget_calls();
    let run = site.run(3, &["apply", "--yes"]);
    assert!(format!("{}{}", run.stdout, run.stderr).contains("infra recover"), "{}\n{}", run.stdout, run.stderr);
    let diff = site.run(3, &["diff"]);
    assert!(diff.stdout.contains("infra recover"), "{}", diff.stdout);

    let proposal = site.run(1, &["recover"]);
    let lines = "shop-dev-main@eu-west-1 is ROLLBACK_COMPLETE";
    assert!(proposal.stdout.starts_with(lines), "{}", proposal.stdout);
    assert!(proposal.stdout.contains("  RawBad: No hosted zone"), "{}", proposal.stdout);
    let command = "infra recover --env dev --do shop-dev-main --delete";
    assert!(proposal.stdout.contains(command), "{}", proposal.stdout);
    let refused = site.run(3, &["recover", "--do", "shop-dev-main"]);
    assert!(refused.stderr.contains("add --delete to agree"), "{}", refused.stderr);
    site.run(64, &["recover", "--do", "shop-dev-other", "--delete"]);
    assert_eq!(site.writes(), [""; 0], "until now nothing was done");

    site.run(0, &["recover", "--env", "dev", "--do", "shop-dev-main", "--delete"]);
    assert_eq!(
        (site.status("shop-dev-main"), site.writes()),
        (String::new(), vec!["cloudformation:DeleteStack".to_owned()])
    );
    assert_eq!(site.run(0, &["recover"]).stdout, "no stack is stuck\n");
    site.run(0, &["apply", "--yes"]);
    assert_eq!(site.status("shop-dev-main"), "CREATE_COMPLETE");
    site.run(0, &["status"]);
}

#[test]
fn a_stack_that_never_came_to_be_is_not_up_to_date_with_the_very_template_that_failed() {
    let site = Site::shop(&[("main", BROKEN), ("other", &QUEUE.replace("jobs", "others"))]);
    site.run(1, &["apply", "--yes"]);
    site.run(3, &["diff"]);
    let run = site.run(3, &["apply", "--yes"]);
    assert!(run.stdout.contains("is ROLLBACK_COMPLETE: it was never created"), "{}", run.stdout);
    // What was not asked for is in nobody's way.
    site.run(0, &["diff", "--stack", "other"]);
}

#[test]
fn what_does_not_hang_on_a_failure_goes_on_and_what_does_is_skipped_and_says_why() {
    let other = "queues:\n  others: { dead-letter: { enabled: false } }\n";
    let site = Site::shop(&[("main", QUEUE), ("reader", READER), ("other", other)]);
    site.run(0, &["apply", "--yes"]);
    let before = site.read();
    // The queue is replaced, so that its consumer changes, too; and a stack of others changes on its own.
    let broken = BROKEN.replace("false } }", "false }, fifo: true }");
    site.stack("main", &broken);
    site.stack("other", "queues:\n  others: { dead-letter: { enabled: false }, visibility-timeout: 90 }\n");
    let approved = ["apply", "--yes", "--approve", "stateful-replacement", "data-loss"];
    let run = site.run(1, &approved);
    assert!(run.stderr.contains(": 1 done, 1 failed, 1 skipped; "), "{}", run.stderr);
    let skipped = "stack shop-dev-reader@eu-west-1: skipped: stack shop-dev-main@eu-west-1 was not done\n";
    assert!(run.stderr.contains(skipped), "{}", run.stderr);
    assert_eq!(site.status("shop-dev-main"), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(site.status("shop-dev-other"), "UPDATE_COMPLETE");
    assert_eq!((site.status("shop-dev-reader").as_str(), site.read()), ("CREATE_COMPLETE", before));

    site.stack("main", "queues:\n  jobs: { dead-letter: { enabled: false }, fifo: true }\n");
    let diff = site.run(2, &["diff"]);
    assert!(!diff.stdout.contains("shop-dev-other"), "what went on is done: {}", diff.stdout);
    site.run(0, &approved);
    assert!(site.read().contains(".fifo"), "{}", site.read());
    site.run(0, &["diff"]);
}

#[test]
fn a_first_deployment_that_fails_in_part_is_completed_by_the_next_apply() {
    let other = "queues:\n  others: { dead-letter: { enabled: false } }\n";
    let site = Site::shop(&[("main", BROKEN), ("reader", READER), ("other", other)]);
    let run = site.run(1, &["apply", "--yes"]);
    assert!(run.stderr.contains(": 1 done, 1 failed, 1 skipped; "), "{}", run.stderr);
    assert_eq!(site.status("shop-dev-other"), "CREATE_COMPLETE");
    assert_eq!(site.status("shop-dev-reader"), "", "it was not begun");
    site.stack("main", QUEUE);
    site.run(0, &["recover", "--do", "shop-dev-main", "--delete"]);
    let run = site.run(0, &["apply", "--yes"]);
    assert!(run.stderr.contains(": 2 done; "), "{}", run.stderr);
    assert_eq!(site.operations("shop-dev-other"), ["CREATE"]);
    assert!(site.read().contains("jobs") || site.read().starts_with("arn:aws:sqs:"), "{}", site.read());
    site.run(0, &["diff"]);
}
