//! Two runs at once, a run that is cut off, and Ctrl-C.

use std::thread::sleep;
use std::time::Duration;

use serde_json::json;

use super::site::{QUEUE, READER, REGION, SLOWER, Site};
use crate::project::Run;

/// So long that a test can do something meanwhile.
const SLOW: [&str; 2] = ["--stack-time", "1500"];

#[test]
fn of_two_first_applies_at_once_one_applies_and_the_other_is_refused() {
    let site = Site::with(&SLOW, &[("main", QUEUE)]);
    let [one, two] = [(); 2].map(|()| site.begin(&["apply", "--yes"]));
    let (one, two) = (one.end(), two.end());
    assert_one_refused(&one, &two);
    assert_eq!(site.operations("shop-dev-main"), ["CREATE"]);
    assert_eq!(site.status("shop-dev-main"), "CREATE_COMPLETE");
    assert!(site.change_sets("shop-dev-main").is_empty(), "{:?}", site.change_sets("shop-dev-main"));
    site.run(0, &["diff"]);
}

/// One applied. The other found its plan out of date, the working copy taken or the stack at work (3), saw its change set
/// fail because of that (1), or came so late that nothing was left to do (0).
fn assert_one_refused(one: &Run, two: &Run) {
    let mut codes = [one.code, two.code];
    codes.sort_unstable();
    let both = format!("{}{}\n---\n{}{}", one.stdout, one.stderr, two.stdout, two.stderr);
    if codes == [0, 0] {
        assert_eq!(both.matches("no changes").count(), 1, "{both}");
        return;
    }
    assert!(matches!(codes, [0, 1 | 3]), "{codes:?}\n{both}");
    assert!(codes != [0, 1] || both.contains("_IN_PROGRESS: an operation is under way"), "{both}");
}

#[test]
fn of_two_updates_at_once_one_applies_and_the_other_is_refused() {
    let site = Site::shop(&[("main", QUEUE), ("reader", READER)]);
    site.run(0, &["apply", "--yes"]);
    site.aws.settings(&json!({ "stack-time": 1500 }));
    site.stack("main", SLOWER);
    let [one, two] = [(); 2].map(|()| site.begin(&["apply", "--yes"]));
    let (one, two) = (one.end(), two.end());
    assert_one_refused(&one, &two);
    assert_eq!(site.operations("shop-dev-main"), ["CREATE", "UPDATE"]);
    assert_eq!(site.queue("VisibilityTimeout"), "90");
    assert!(site.change_sets("shop-dev-main").is_empty(), "{:?}", site.change_sets("shop-dev-main"));
    site.run(0, &["diff"]);
}

#[test]
fn an_apply_that_comes_while_a_stack_is_busy_is_refused_and_sends_nothing() {
    let site = Site::shop(&[("main", QUEUE)]);
    site.run(0, &["apply", "--yes"]);
    site.aws.settings(&json!({ "stack-time": 2000 }));
    site.stack("main", SLOWER);
    let first = site.begin(&["apply", "--yes"]);
    site.until("the update begins", |site| site.status("shop-dev-main") == "UPDATE_IN_PROGRESS");
    let before = site.writes();
    // Also if what is being done is what is wanted: it may still be rolled back.
    let same = site.run(3, &["apply", "--yes"]);
    let says = same.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(says.contains("the stack is UPDATE_IN_PROGRESS: an operation is under way (run 20"), "{says}");
    assert!(says.contains(" of infra, here or on another machine)"), "{says}");
    let status = site.run(1, &["status"]).stdout;
    assert!(status.contains("UPDATE_IN_PROGRESS") && status.contains("\nshop-dev-main@eu-west-1: run 20"), "{status}");
    site.stack("main", &SLOWER.replace("90", "100"));
    let other = site.run(3, &["apply", "--yes"]);
    assert!(other.stdout.contains("the stack is UPDATE_IN_PROGRESS"), "{}", other.stdout);
    assert_eq!(site.writes(), before);
    assert_eq!(first.end().code, 0);
    assert_eq!(site.operations("shop-dev-main"), ["CREATE", "UPDATE"]);
}

#[test]
fn a_run_that_was_killed_is_resumed_and_does_nothing_twice() {
    let site = Site::with(&SLOW, &[("main", QUEUE), ("reader", READER)]);
    let run = site.begin(&["apply", "--yes"]);
    site.until("the first stack is made", |site| site.status("shop-dev-main") == "CREATE_IN_PROGRESS");
    run.signal("KILL");
    assert_eq!(run.end().code, -1);
    let status = site.run(1, &["status"]);
    assert!(status.stdout.contains("was cut off; `infra apply --resume` goes on with it"), "{}", status.stdout);

    let resumed = site.run(0, &["apply", "--resume"]);
    assert!(resumed.stderr.contains("2 done"), "{}", resumed.stderr);
    assert_eq!(site.operations("shop-dev-main"), ["CREATE"]);
    assert_eq!(site.operations("shop-dev-reader"), ["CREATE"]);
    assert_eq!(site.read(), site.outputs(REGION, "shop-dev-main")["QueueJobsArn"]);
    assert_eq!(site.runs().len(), 1, "the same run");
    let again = site.run(0, &["apply", "--resume"]);
    assert!(again.stderr.contains("no run of dev was cut off"), "{}", again.stderr);
    site.run(0, &["diff"]);
}

#[test]
fn a_run_of_another_definition_is_not_resumed() {
    let site = Site::with(&SLOW, &[("main", QUEUE), ("reader", READER)]);
    let run = site.begin(&["apply", "--yes"]);
    site.until("the first stack is made", |site| site.status("shop-dev-main") == "CREATE_IN_PROGRESS");
    run.signal("KILL");
    run.end();
    site.stack("main", SLOWER);
    site.aws.forget_calls();
    let refused = site.run(3, &["apply", "--resume"]);
    assert!(refused.stderr.contains("is of another definition than the project is now"), "{}", refused.stderr);
    assert_eq!(site.writes(), [""; 0]);
    site.stack("main", QUEUE);
    site.run(0, &["apply", "--resume"]);
    site.run(0, &["diff"]);
}

#[test]
fn one_interrupt_ends_what_is_under_way_and_begins_nothing_new() {
    let site = Site::with(&SLOW, &[("main", QUEUE), ("reader", READER)]);
    let run = site.begin(&["apply", "--yes"]);
    site.until("the first stack is made", |site| site.status("shop-dev-main") == "CREATE_IN_PROGRESS");
    run.signal("INT");
    let run = run.end();
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("nothing new is begun"), "{}", run.stderr);
    assert!(run.stderr.contains("1 done, 1 left"), "{}", run.stderr);
    assert_eq!(
        (site.status("shop-dev-main").as_str(), site.status("shop-dev-reader").as_str()),
        ("CREATE_COMPLETE", "")
    );
    site.run(0, &["apply", "--resume"]);
    assert_eq!(site.operations("shop-dev-main"), ["CREATE"]);
    assert_eq!(site.read(), site.outputs(REGION, "shop-dev-main")["QueueJobsArn"]);
}

#[test]
fn two_interrupts_leave_what_is_under_way_to_itself_and_a_resumption_finds_it() {
    let site = Site::with(&["--stack-time", "4000"], &[("main", QUEUE), ("reader", READER)]);
    let run = site.begin(&["apply", "--yes"]);
    site.until("the first stack is made", |site| site.status("shop-dev-main") == "CREATE_IN_PROGRESS");
    run.signal("INT");
    sleep(Duration::from_millis(200));
    run.signal("INT");
    let run = run.end();
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("`infra apply --resume` looks how it ended"), "{}", run.stderr);
    assert_eq!(site.status("shop-dev-main"), "CREATE_IN_PROGRESS", "it was left at once");
    site.aws.settings(&json!({ "stack-time": 0 }));
    site.run(0, &["apply", "--resume"]);
    assert_eq!(site.operations("shop-dev-main"), ["CREATE"]);
    assert_eq!(site.operations("shop-dev-reader"), ["CREATE"]);
    assert_eq!(site.read(), site.outputs(REGION, "shop-dev-main")["QueueJobsArn"]);
    site.run(0, &["diff"]);
}
