//! What is rare: stacks and change sets of others, long templates, values that templates read by themselves.

use serde_json::json;

use super::site::{QUEUE, READER, REGION, SLOWER, Site, ZONE};

/// Where a bucket is to be.
const LOCATION: &str = "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>\
                        eu-west-1</LocationConstraint></CreateBucketConfiguration>";

#[test]
fn a_stack_that_somebody_only_reviews_is_made_and_their_change_set_stays_with_diff() {
    let site = Site::shop(&[("main", QUEUE)]);
    let template = json!({ "Resources": { "Q": { "Type": "AWS::SQS::Queue" } } }).to_string();
    let parameters = [
        ("StackName", "shop-dev-main"),
        ("ChangeSetName", "theirs"),
        ("ChangeSetType", "CREATE"),
        ("TemplateBody", &template),
    ];
    let answer = site.aws.cloudformation(REGION, "CreateChangeSet", &parameters).expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.body);
    site.until("it can be seen", |site| site.status("shop-dev-main") == "REVIEW_IN_PROGRESS");
    site.run(2, &["diff", "--change-set", "require"]);
    assert_eq!(site.change_sets("shop-dev-main"), ["theirs"]);
    assert_eq!(site.status("shop-dev-main"), "REVIEW_IN_PROGRESS");
    site.run(0, &["apply", "--yes"]);
    assert_eq!(site.status("shop-dev-main"), "CREATE_COMPLETE");
    assert!(site.queue("QueueArn").contains("QueueJobs"), "{}", site.queue("QueueArn"));
    site.run(0, &["diff"]);
}

#[test]
fn values_that_templates_read_by_themselves_are_there_in_time() {
    let site = Site::shop(&[("main", QUEUE), ("reader", READER)]);
    site.settings("    references: stack-outputs\n");
    site.run(0, &["apply", "--yes"]);
    assert_eq!(site.read(), site.outputs(REGION, "shop-dev-main")["QueueJobsArn"]);
    assert!(site.parameters(REGION, "shop-dev-reader").is_empty());
    site.run(0, &["diff"]);
}

#[test]
fn a_long_template_goes_through_the_bucket_of_the_environment() {
    let mut stack = "queues:\n".to_owned();
    for number in 0..60 {
        stack +=
            &format!("  queue-with-a-name-that-is-rather-long-{number}: {{ dead-letter: {{ enabled: false }} }}\n");
    }
    let site = Site::shop(&[("main", &stack)]);
    let run = site.project.run(&["apply", "--yes"]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(run.stderr.contains("infra bootstrap --env dev"), "{}", run.stderr);
    assert_eq!(site.status("shop-dev-main"), "");

    let answer = site.aws.ask(("s3", REGION), ("PUT", "/shop-templates"), "", LOCATION.as_bytes()).expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.body);
    site.settings("    template-bucket: shop-templates\n");
    site.run(0, &["apply", "--yes"]);
    assert_eq!(site.status("shop-dev-main"), "CREATE_COMPLETE");
    site.run(0, &["diff"]);
    site.stack("main", &stack.replace("enabled: false }", "enabled: false }, visibility-timeout: 90"));
    site.run(2, &["diff", "--change-set", "require"]);
    site.run(0, &["apply", "--yes"]);
    assert_eq!(site.status("shop-dev-main"), "UPDATE_COMPLETE");
}

#[test]
fn a_deletion_that_fails_tells_why_and_is_done_again_once_the_cause_is_gone() {
    let bucket = "\
raw:
  files:
    type: AWS::S3::Bucket
    deletion: delete
    properties: { BucketName: shop-files }
";
    let site = Site::shop(&[("main", QUEUE), ("files", bucket)]);
    site.run(0, &["apply", "--yes"]);
    let put = |method| site.aws.ask(("s3", REGION), (method, "/shop-files/a.txt"), "", b"a").expect("an answer");
    assert_eq!(put("PUT").status, 200);
    let destroy = ["destroy", "--confirm", "dev", "--approve", "data-loss"];
    let run = site.run(1, &destroy);
    assert!(run.stderr.contains("shop-dev-files@eu-west-1 is DELETE_FAILED"), "{}", run.stderr);
    assert!(run.stderr.contains("help: empty the bucket, then run this again"), "{}", run.stderr);
    assert_eq!((site.status("shop-dev-files").as_str(), site.status("shop-dev-main").as_str()), ("DELETE_FAILED", ""));
    site.run(1, &["status"]);
    site.run(1, &["diff", "--stack", "files"]);
    let proposal = site.run(1, &["recover"]);
    assert!(proposal.stdout.contains("RawFiles: "), "{}", proposal.stdout);
    site.run(3, &["recover", "--do", "shop-dev-files"]);
    let again = site.run(1, &["recover", "--do", "shop-dev-files", "--delete"]);
    assert!(again.stdout.contains("DELETE_FAILED"), "{}", again.stdout);
    assert_eq!(put("DELETE").status, 204);
    site.run(0, &destroy);
    assert!(site.stacks(REGION).is_empty(), "{:?}", site.stacks(REGION));
}

#[test]
fn an_interrupt_during_the_last_step_leaves_nothing_to_resume() {
    let site = Site::with(&["--stack-time", "1500"], &[("main", QUEUE)]);
    let run = site.begin(&["apply", "--yes"]);
    site.until("the stack is made", |site| site.status("shop-dev-main") == "CREATE_IN_PROGRESS");
    run.signal("INT");
    let run = run.end();
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("1 done;"), "{}", run.stderr);
    assert!(site.run(0, &["apply", "--resume"]).stderr.contains("no run of dev was cut off"));
}

#[test]
fn a_zone_that_the_project_only_names_is_neither_made_nor_deleted() {
    let site = Site::shop(&[]);
    let body = "<CreateHostedZoneRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><Name>dev.example.com\
                </Name><CallerReference>a</CallerReference></CreateHostedZoneRequest>";
    let answer = site.aws.ask(("route53", "us-east-1"), ("POST", "/2013-04-01/hostedzone"), "", body.as_bytes());
    let answer = answer.expect("an answer").body;
    let zone = super::emulator::element(&answer, "Id").expect("a zone").trim_start_matches("/hostedzone/").to_owned();
    site.stack("dns", &ZONE.replace("'${env.domain}' }\nrec", &format!("'${{env.domain}}', existing: {zone} }}\nrec")));
    site.run(2, &["diff", "--out", "a.plan"]);
    site.run(0, &["apply", "a.plan"]);
    let ours =
        |site: &Site| site.records(&zone).into_iter().filter(|it| it.contains("one.") || it.contains("two.")).count();
    assert_eq!(ours(&site), 2);
    let run = site.run(3, &["apply", "a.plan"]);
    assert!(run.stderr.contains("was changed after the plan was made"), "{}", run.stderr);
    site.run(0, &["diff"]);
    // The records of a stack that leaves the project go; the zone is not ours.
    site.remove("dns");
    site.stack("main", QUEUE);
    site.run(0, &["apply", "--yes", "--approve", "stack-deletion"]);
    assert_eq!(ours(&site), 0);
    assert_eq!(site.records(&zone).len(), 2, "NS and SOA");
    site.run(0, &["diff"]);
}

#[test]
fn a_stack_that_was_deleted_by_hand_is_made_again_with_its_consumers_values() {
    let site = Site::shop(&[("main", QUEUE), ("reader", READER)]);
    site.run(0, &["apply", "--yes"]);
    site.aws.cloudformation(REGION, "DeleteStack", &[("StackName", "shop-dev-main")]).expect("an answer");
    site.until("it is gone", |site| site.status("shop-dev-main").is_empty());
    let diff = site.run(2, &["diff"]);
    assert!(diff.stdout.contains("stack shop-dev-main@eu-west-1  is made"), "{}", diff.stdout);
    assert!(diff.stdout.contains("stack shop-dev-reader@eu-west-1  changes"), "{}", diff.stdout);
    site.run(0, &["apply", "--yes"]);
    assert_eq!(site.read(), site.outputs(REGION, "shop-dev-main")["QueueJobsArn"]);
    site.stack("main", SLOWER);
    site.run(0, &["apply", "--yes"]);
    assert_eq!(site.queue("VisibilityTimeout"), "90");
    site.run(0, &["diff"]);
}
