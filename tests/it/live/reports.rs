//! What `infra diff` reports: in every format, against AWS, revisions, folders and change sets.

use std::fs;

use serde_json::{Value, json};

use super::site::{BROKEN, QUEUE, READER, SLOWER, Site, ZONE, git};
use crate::project::{Project, root};

/// A queue that replaces the one of [`QUEUE`].
const FIFO: &str = "queues:\n  jobs: { dead-letter: { enabled: false }, fifo: true }\n";

fn valid(text: &str) -> Value {
    let schema = fs::read(root().join("docs/schema/diff.schema.json")).expect("the schema is there");
    let schema: Value = serde_json::from_slice(&schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let report: Value = serde_json::from_str(text).expect("the report is JSON");
    let mistakes: Vec<String> =
        validator.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(mistakes, [""; 0], "{text}");
    report
}

#[test]
fn changes_are_reported_as_json_markdown_and_annotations() {
    let site = Site::shop(&[("main", QUEUE), ("reader", READER), ("dns", ZONE)]);
    valid(&site.run(2, &["diff", "--format", "json"]).stdout);
    site.run(0, &["apply", "--yes"]);
    valid(&site.run(0, &["diff", "--format", "json"]).stdout);
    site.stack("main", FIFO);
    site.stack("dns", &ZONE.replace("192.0.2.1", "192.0.2.9"));
    let report = valid(&site.run(2, &["diff", "--format", "json"]).stdout);
    assert_eq!((&report["summary"]["replace"], &report["summary"]["records"]), (&json!(1), &json!(1)));

    let markdown = site.run(2, &["diff", "--format", "markdown"]).stdout;
    for text in ["QueueJobs", "stateful-replacement", "one.dev.example.com."] {
        assert!(markdown.contains(text), "no {text} in {markdown}");
    }
    let short = site.run(2, &["diff", "--format", "markdown", "--max-bytes", "1500"]).stdout;
    assert!(short.len() <= 1500, "{}", short.len());
    let github = site.run(2, &["diff", "--format", "github"]).stdout;
    let line = "::error file=stacks/main.yaml,line=2,col=3,title=infra diff::";
    assert!(github.lines().any(|found| found.starts_with(line)), "{github}");
    valid(&site.run(2, &["diff", "--format", "json", "--drift"]).stdout);
}

#[test]
fn a_revision_and_a_folder_are_compared_without_a_call() {
    let site = Site::shop(&[("main", QUEUE), ("reader", READER)]);
    let path = site.project.path();
    site.run(0, &["synth", "--out", "before"]);
    site.project.write(".gitignore", "before\n");
    git(&path, &["init", "--quiet"]);
    git(&path, &["add", "--all"]);
    git(&path, &["commit", "--quiet", "--message", "one"]);
    for against in ["HEAD", "before", "before/dev"] {
        site.run(0, &["diff", "--against", against]);
    }
    site.stack("main", FIFO);
    let texts = ["HEAD", "before"].map(|against| {
        let run = site.run(2, &["diff", "--against", against]);
        assert!(run.stdout.contains("Properties.FifoQueue: true  # replaces"), "{}", run.stdout);
        assert!(run.stdout.contains("~ parameter MainQueueJobsArn"), "{}", run.stdout);
        run.stdout.lines().filter(|line| !line.starts_with("plan ")).map(str::to_owned).collect::<Vec<_>>()
    });
    assert_eq!(texts[0], texts[1]);
    git(&path, &["add", "--all"]);
    git(&path, &["commit", "--quiet", "--message", "two"]);
    site.run(0, &["diff", "--against", "HEAD"]);
    let report = valid(&site.run(2, &["diff", "--against", "HEAD~1", "--format", "json"]).stdout);
    assert_eq!(report["summary"]["replace"], 1);
    let run = site.run(64, &["diff", "--against", "nonsense"]);
    assert!(run.stderr.contains("`nonsense` is neither a folder nor a revision"), "{}", run.stderr);
    assert!(site.aws.calls().is_empty(), "{:?}", site.aws.calls());
}

#[test]
fn templates_of_others_are_compared_without_a_project() {
    let template = |name: &str| json!({ "Resources": { "Q": { "Type": "AWS::SQS::Queue", "Properties": { "QueueName": name } } } });
    let folders = Project::new(&[
        ("a/same.template.json", &template("same").to_string()),
        ("a/queue.template.json", &template("one").to_string()),
        ("a/gone.template.json", &template("gone").to_string()),
        ("b/same.template.json", &template("same").to_string()),
        ("b/queue.template.json", &template("two").to_string()),
        ("b/new.template.json", &template("new").to_string()),
    ]);
    let run = folders.run(&["diff", "--against", "a", "b"]);
    assert_eq!(run.code, 2, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("~ Properties.QueueName: one -> two  # replaces"), "{}", run.stdout);
    for (name, what) in [("gone", "is deleted"), ("new", "is made"), ("queue", "changes")] {
        let line = run.stdout.lines().find(|line| line.starts_with(&format!("stack {name}.template.json")));
        assert!(line.is_some_and(|line| line.contains(what)), "{name} {what}: {}", run.stdout);
    }
    assert!(!run.stdout.contains("same"), "{}", run.stdout);
    let report = folders.run(&["diff", "--against", "a", "b", "--format", "json"]);
    assert_eq!(valid(&report.stdout)["summary"]["replace"], 1);
    let comment = folders.run(&["diff", "--against", "a", "b", "--format", "markdown"]).stdout;
    assert!(comment.starts_with("## infra diff") && comment.contains("<details>"), "{comment}");
    assert_eq!(folders.run(&["diff", "--against", "a", "a"]).code, 0);
    assert_eq!(folders.run(&["diff", "--against", "a/queue.template.json", "b/queue.template.json"]).code, 2);
    assert_eq!(folders.run(&["diff", "--against", "a", "c"]).code, 64);
}

/// Nothing is left of a question to CloudFormation.
fn no_trace(site: &Site) {
    for stack in site.stacks("eu-west-1").keys() {
        assert_eq!(site.change_sets(stack), [""; 0], "{stack}");
    }
    let waiting = site.stacks("eu-west-1").into_iter().find(|(_, status)| status == "REVIEW_IN_PROGRESS");
    assert_eq!(waiting, None);
}

#[test]
fn change_sets_are_asked_for_believed_and_deleted() {
    let site = Site::shop(&[("main", QUEUE)]);
    // Asking about a stack that is not there leaves none behind, whether it is asked or not.
    for (when, asks) in [("auto", false), ("require", true)] {
        site.aws.forget_calls();
        site.run(2, &["diff", "--change-set", when]);
        assert_eq!(site.writes().contains(&"cloudformation:CreateChangeSet".to_owned()), asks, "{when}");
        assert!(site.stacks("eu-west-1").is_empty(), "{when}: {:?}", site.stacks("eu-west-1"));
    }
    site.run(0, &["apply", "--yes"]);
    site.stack("main", SLOWER);
    for when in ["auto", "require"] {
        let report = valid(&site.run(2, &["diff", "--change-set", when, "--format", "json"]).stdout);
        assert_eq!(report["changes"]["stacks"][0]["method"], "change-set", "{report:#}");
        no_trace(&site);
    }
    assert!(
        !site.writes().contains(&"cloudformation:ExecuteChangeSet".to_owned())
            || site.queue("VisibilityTimeout") == "60"
    );
    // A plan that was made with change sets is one like any other.
    site.run(2, &["diff", "--change-set", "require", "--out", "a.plan"]);
    site.run(0, &["apply", "a.plan"]);
    assert_eq!(site.queue("VisibilityTimeout"), "90");
    site.run(0, &["diff", "--change-set", "require"]);
    no_trace(&site);
}

#[test]
fn what_a_change_set_does_not_name_does_not_change() {
    let stack = |first: &str, second: &str| {
        let of = |name: &str, value: &str| {
            format!(
                "  {name}: {{ type: 'AWS::SSM::Parameter', properties: {{ Type: String, Name: /{name}, Value: {value} }} }}\n"
            )
        };
        format!("raw:\n{}{}", of("first", first), of("second", second))
    };
    // What the function gives is known to AWS alone.
    let site = Site::shop(&[("main", &stack("{ Fn::Select: [0, { Fn::GetAZs: '' }] }", "a"))]);
    site.run(0, &["apply", "--yes"]);
    site.stack("main", &stack("eu-west-1a", "b"));
    let changed = |when: &str, code| {
        let report = valid(&site.run(code, &["diff", "--change-set", when, "--format", "json"]).stdout);
        let resources = report["changes"]["stacks"].as_array().expect("a list").iter();
        let resources = resources.flat_map(|stack| stack["resources"].as_array().expect("a list").clone());
        resources.map(|resource| resource["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(changed("never", 2), ["RawFirst", "RawSecond"]);
    assert_eq!(changed("require", 2), ["RawSecond"]);
    site.stack("main", &stack("eu-west-1a", "a"));
    assert_eq!(changed("never", 2), ["RawFirst"]);
    assert_eq!(changed("auto", 0), [""; 0], "nothing is left of it");
    no_trace(&site);
}

#[test]
fn every_stack_that_changes_is_asked_about_on_its_own() {
    let other = QUEUE.replace("jobs", "others");
    let site = Site::shop(&[("main", QUEUE), ("other", &other)]);
    site.run(2, &["diff", "--change-set", "require"]);
    assert!(site.stacks("eu-west-1").is_empty(), "{:?}", site.stacks("eu-west-1"));
    site.run(0, &["apply", "--yes"]);
    site.stack("main", SLOWER);
    site.stack("other", &SLOWER.replace("jobs", "others"));
    let report = valid(&site.run(2, &["diff", "--change-set", "require", "--format", "json"]).stdout);
    let stacks = report["changes"]["stacks"].as_array().expect("a list");
    let methods: Vec<&Value> = stacks.iter().map(|stack| &stack["method"]).collect();
    assert_eq!(methods, ["change-set", "change-set"]);
    no_trace(&site);
}

#[test]
fn a_change_set_that_cannot_be_made_is_told_or_a_failure_and_leaves_nothing() {
    let site = Site::shop(&[("main", QUEUE)]);
    site.run(0, &["apply", "--yes"]);
    site.stack("main", SLOWER);
    let before = site.stacks("eu-west-1");
    for (action, code) in [("CreateChangeSet", "ValidationError"), ("DescribeChangeSet", "AccessDenied")] {
        let fault = json!([{ "action": action, "kind": "error", "status": 400, "code": code, "message": "Template error", "times": 1 }]);
        site.aws.faults(&fault);
        let run = site.run(2, &["diff", "--change-set", "auto"]);
        assert!(run.stdout.contains("what CloudFormation says of shop-dev-main@eu-west-1: "), "{}", run.stdout);
        assert!(run.stdout.contains("Template error"), "{}", run.stdout);
        no_trace(&site);
        site.aws.faults(&fault);
        let run = site.run(1, &["diff", "--change-set", "require"]);
        assert!(run.stderr.contains("no change set for shop-dev-main@eu-west-1"), "{}", run.stderr);
        no_trace(&site);
    }
    // The same of a stack that is not there yet.
    site.stack("other", &QUEUE.replace("jobs", "others"));
    let fault = json!([{ "action": "DescribeChangeSet", "contains": "shop-dev-other", "kind": "error", "status": 400, "code": "AccessDenied" }]);
    site.aws.faults(&fault);
    site.run(1, &["diff", "--change-set", "require"]);
    no_trace(&site);
    assert_eq!(site.stacks("eu-west-1"), before);
    // A value that is not known before its producer is made cannot be asked about.
    site.stack("reader", &READER.replace("main.QueueJobs", "other.QueueOthers"));
    let run = site.run(2, &["diff", "--change-set", "auto"]);
    assert!(!run.stdout.contains("internal"), "{}", run.stdout);
    let run = site.run(1, &["diff", "--change-set", "require"]);
    assert!(run.stderr.contains("which is not known before it is deployed"), "{}", run.stderr);
    assert_eq!(site.stacks("eu-west-1"), before);
}

#[test]
fn a_template_that_aws_refuses_on_execution_is_as_before_and_leaves_no_change_set() {
    let site = Site::shop(&[("main", QUEUE)]);
    site.run(0, &["apply", "--yes"]);
    site.stack("main", BROKEN);
    site.run(2, &["diff", "--change-set", "require"]);
    site.run(1, &["apply", "--yes"]);
    no_trace(&site);
    let refused = json!([{ "action": "CreateChangeSet", "kind": "error", "status": 400, "code": "ValidationError", "message": "Template format error: no" }]);
    site.aws.faults(&refused);
    let run = site.run(1, &["apply", "--yes"]);
    assert!(run.stderr.contains("Template format error: no"), "{}", run.stderr);
    no_trace(&site);
    site.stack("main", SLOWER);
    site.run(0, &["apply", "--yes"]);
    site.run(0, &["diff"]);
}
