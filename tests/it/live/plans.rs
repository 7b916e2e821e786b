//! Plans that were saved: executed exactly, once, and only while everything is as it was.

use std::fs;

use serde_json::json;

use super::site::{QUEUE, READER, REGION, SLOWER, Site, ZONE};

/// Refuses the plan in `a.plan`, for a reason, without a word to AWS that changes something.
fn refused(site: &Site, why: &str) {
    site.aws.forget_calls();
    let run = site.run(3, &["apply", "a.plan", "--yes"]);
    assert!(run.stderr.contains(why), "no {why:?} in {}", run.stderr);
    assert_eq!(site.writes(), [""; 0], "{why}");
}

fn saved(site: &Site) -> Vec<u8> {
    site.run(2, &["diff", "--out", "a.plan"]);
    fs::read(site.project.path().join("a.plan")).expect("the plan was saved")
}

#[test]
fn the_plan_of_a_first_deployment_is_applied_once() {
    let site = Site::shop(&[("main", QUEUE), ("reader", READER), ("dns", ZONE)]);
    saved(&site);
    let run = site.run(0, &["apply", "a.plan"]);
    assert!(run.stderr.contains(": 6 done; "), "{}", run.stderr);
    assert_eq!(site.read(), site.outputs(REGION, "shop-dev-main")["QueueJobsArn"]);
    assert!(site.records(&site.zone()).contains(&"one.dev.example.com. A 192.0.2.1".to_owned()));
    refused(
        &site,
        "stack shop-dev-main@eu-west-1 was not there when the plan was made, and is there now (CREATE_COMPLETE)",
    );
    assert_eq!(site.runs().len(), 1);
    site.run(0, &["diff"]);
}

#[test]
fn the_plan_of_an_update_does_what_it_says_and_nothing_that_came_later_and_only_once() {
    let site = Site::shop(&[("main", QUEUE), ("reader", READER)]);
    site.run(0, &["apply", "--yes"]);
    site.stack("main", SLOWER);
    saved(&site);
    site.aws.forget_calls();
    site.run(0, &["apply", "a.plan"]);
    assert_eq!(site.writes(), ["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"]);
    assert_eq!(site.queue("VisibilityTimeout"), "90");
    refused(&site, "stack shop-dev-main@eu-west-1 was changed after the plan was made");
    assert_eq!(site.operations("shop-dev-main"), ["CREATE", "UPDATE"]);
}

#[test]
fn a_plan_of_records_is_applied_once() {
    let site = Site::shop(&[("dns", ZONE)]);
    site.run(0, &["apply", "--yes"]);
    let zone = site.zone();
    site.stack("dns", &ZONE.replace("192.0.2.1", "192.0.2.9"));
    saved(&site);
    site.aws.forget_calls();
    site.run(0, &["apply", "a.plan"]);
    assert_eq!(site.writes(), ["route53:ChangeResourceRecordSets"]);
    assert!(site.records(&zone).contains(&"one.dev.example.com. A 192.0.2.9".to_owned()));
    refused(&site, &format!("hosted zone {zone} was changed after the plan was made"));
}

/// Numbers that look random and are the same every time.
struct Seed(u64);

impl Seed {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits fit") % limit
    }
}

#[test]
fn a_plan_of_which_any_byte_was_changed_added_or_taken_is_refused_without_a_call() {
    let site = Site::shop(&[("main", QUEUE), ("dns", ZONE)]);
    let plan = saved(&site);
    site.aws.forget_calls();
    let mut seed = Seed(20_261_125);
    let try_it = |what: &str, bytes: &[u8]| {
        site.project.write("a.plan", bytes);
        let run = site.project.run(&["apply", "a.plan", "--yes"]);
        assert!(matches!(run.code, 3 | 64), "{what}: {} {}", run.code, run.stderr);
        assert!(run.stderr.contains("a.plan is refused: "), "{what}: {}", run.stderr);
    };
    for _ in 0..40 {
        let at = seed.below(plan.len());
        let mut bytes = plan.clone();
        // Of a letter the next one, so that most of these are JSON.
        bytes[at] = if bytes[at].is_ascii_alphanumeric() { bytes[at] ^ 1 } else { bytes[at] ^ 0x20 };
        try_it(&format!("byte {at} changed"), &bytes);
    }
    for _ in 0..10 {
        let at = seed.below(plan.len());
        try_it(&format!("space at {at}"), &[&plan[..at], b" ", &plan[at..]].concat());
        let spaces: Vec<usize> = (0..plan.len()).filter(|at| plan[*at] == b' ').collect();
        let at = spaces[seed.below(spaces.len())];
        try_it(&format!("space {at} taken"), &[&plan[..at], &plan[at + 1..]].concat());
    }
    try_it("a line at the end", &[&plan[..], b"\n"].concat());
    try_it("without the last line's end", &plan[..plan.len() - 1]);
    try_it("half", &plan[..plan.len() / 2]);
    try_it("nothing", b"");
    assert_eq!(site.aws.calls().len(), 0);
    site.project.write("a.plan", &plan);
    site.run(0, &["apply", "a.plan"]);
}

#[test]
fn a_plan_is_refused_when_the_project_is_not_as_it_was() {
    let site = Site::shop(&[("main", QUEUE)]);
    saved(&site);
    site.stack("main", SLOWER);
    refused(&site, "the project compiles to something else than when the plan was made");
    site.stack("main", QUEUE);
    // A comment changes nothing of what is deployed, and where it was written stays.
    site.stack("main", &format!("{QUEUE}# the end\n"));
    site.run(0, &["apply", "a.plan"]);
}

#[test]
fn a_plan_is_refused_when_a_stack_was_changed_by_hand() {
    let site = Site::shop(&[("main", QUEUE), ("other", &QUEUE.replace("jobs", "others"))]);
    site.run(0, &["apply", "--yes"]);
    site.stack("main", SLOWER);
    saved(&site);
    let tag = |stack: &str| {
        let parameters = [
            ("StackName", stack),
            ("UsePreviousTemplate", "true"),
            ("Tags.member.1.Key", "by"),
            ("Tags.member.1.Value", "hand"),
            ("Tags.member.2.Key", "infra:project"),
            ("Tags.member.2.Value", "shop"),
            ("Tags.member.3.Key", "infra:environment"),
            ("Tags.member.3.Value", "dev"),
        ];
        let answer = site.aws.cloudformation(REGION, "UpdateStack", &parameters).expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.body);
        site.aws.settled(REGION, stack);
    };
    tag("shop-dev-main");
    refused(&site, "stack shop-dev-main@eu-west-1 was changed after the plan was made (UPDATE_COMPLETE)");
    // What the plan does not touch may change.
    saved(&site);
    tag("shop-dev-other");
    site.run(0, &["apply", "a.plan"]);
    assert_eq!(site.queue("VisibilityTimeout"), "90");
}

#[test]
fn a_plan_is_refused_when_a_zone_was_changed_by_hand() {
    let site = Site::shop(&[("dns", ZONE)]);
    site.run(0, &["apply", "--yes"]);
    let zone = site.zone();
    site.stack("dns", &ZONE.replace("192.0.2.1", "192.0.2.9"));
    saved(&site);
    site.change_record(&zone, "CREATE", ("other.dev.example.com.", "A", "198.51.100.1"));
    refused(&site, &format!("hosted zone {zone} was changed after the plan was made (dev.example.com.)"));
    assert!(site.records(&zone).contains(&"one.dev.example.com. A 192.0.2.1".to_owned()));
}

#[test]
fn a_plan_is_refused_in_another_account_environment_region_and_project() {
    let site = Site::shop(&[("main", QUEUE)]);
    saved(&site);
    let settings = fs::read_to_string(site.project.path().join("infra.yaml")).expect("the file is there");
    for (from, to, why) in [
        ("000000000000", "111122223333", "it is for account 000000000000, this is account 111122223333"),
        ("region: eu-west-1", "region: eu-central-1", "it is for region eu-west-1, this is region eu-central-1"),
        ("project: shop", "project: store", "it is for project shop, this is project store"),
    ] {
        site.project.write("infra.yaml", settings.replace(from, to));
        refused(&site, why);
    }
    site.project.write("infra.yaml", settings.replace("  dev:", "  test:"));
    let run = site.run(3, &["apply", "a.plan", "--env", "test", "--yes"]);
    assert!(run.stderr.contains("it is for environment dev, this is environment test"), "{}", run.stderr);
}

/// A plan with a text in the place of another and its hash made anew.
fn forged(plan: &[u8], from: &str, to: &str) -> String {
    let text = String::from_utf8(plan.to_vec()).expect("a plan is text");
    let read: serde_json::Value = serde_json::from_str(&text).expect("a plan is JSON");
    assert!(text.contains(from), "{from}");
    let bare = text.replace(read["hash"].as_str().expect("a text"), "").replace(from, to);
    let hash = infra::assembly::digest(bare.as_bytes());
    bare.replace("\"hash\": \"\"", &format!("\"hash\": \"{hash}\""))
}

#[test]
fn a_plan_that_says_what_the_project_does_not_is_refused_whatever_its_hash() {
    let site = Site::shop(&[("dns", ZONE), ("main", QUEUE)]);
    site.run(0, &["apply", "--yes"]);
    let zone = site.zone();
    site.stack("dns", &ZONE.replace("192.0.2.1", "192.0.2.9").replace("two: {", "three: {").replace("'two", "'three"));
    site.stack("main", SLOWER);
    let plan = saved(&site);
    let before = site.records(&zone);
    for (from, to, why) in [
        ("192.0.2.9", "198.51.100.66", "its records of dev.example.com. are not those of the project"),
        ("three.dev", "other.dev", "its records of dev.example.com. are not those of the project"),
        ("\"action\": \"delete\"", "\"action\": \"retain\"", "its records of dev.example.com. are not those"),
        ("\"after\": 90", "\"after\": 91", "its changes of stack shop-dev-main@eu-west-1 are not those of the project"),
        ("\"records dev.example.com.\"", "\"records new.example.com.\"", "its steps are not those"),
    ] {
        site.project.write("a.plan", forged(&plan, from, to));
        refused(&site, why);
        assert_eq!(site.records(&zone), before);
    }
    site.project.write("a.plan", &plan);
    site.run(0, &["apply", "a.plan"]);
    site.run(0, &["diff"]);
}

#[test]
fn a_plan_that_cloudformation_was_asked_about_is_applied() {
    let site = Site::shop(&[("dns", ZONE), ("main", QUEUE)]);
    site.run(0, &["apply", "--yes"]);
    site.stack("dns", &ZONE.replace("192.0.2.1", "192.0.2.9"));
    site.stack("main", SLOWER);
    site.run(2, &["diff", "--change-set", "require", "--out", "a.plan"]);
    site.run(0, &["apply", "a.plan"]);
    site.run(0, &["diff"]);
}

#[test]
fn a_plan_is_refused_after_its_last_hour() {
    let site = Site::shop(&[("main", QUEUE)]);
    let plan = saved(&site);
    let read: serde_json::Value = serde_json::from_slice(&plan).expect("a plan is JSON");
    // The hash keeps from mistakes, not from people who make a plan by hand, as we do here.
    let aged = |expires: &str| forged(&plan, read["expires"].as_str().expect("a text"), expires);
    site.project.write("a.plan", aged("2026-01-01T00:00:00Z"));
    refused(&site, "it was to be applied before 2026-01-01T00:00:00Z");
    site.project.write("a.plan", aged("2999-01-01T00:00:00Z"));
    site.run(0, &["apply", "a.plan"]);
}

#[test]
fn a_plan_whose_stack_changes_between_review_and_execution_is_refused() {
    let site = Site::with(&["--stack-time", "1000"], &[("first", &QUEUE.replace("jobs", "firsts")), ("main", QUEUE)]);
    // The second stack needs the first, so that there is time to make it by hand.
    site.stack(
        "second",
        "raw:\n  x:\n    type: AWS::SSM::Parameter\n    properties: { Type: String, Name: /shop/x, Value: { Fn::GetAtt: [first.QueueFirsts, Arn] } }\n",
    );
    saved(&site);
    let run = site.begin(&["apply", "a.plan"]);
    site.until("the first is made", |site| site.status("shop-dev-first") == "CREATE_IN_PROGRESS");
    let template = json!({ "Resources": { "Q": { "Type": "AWS::SQS::Queue" } } }).to_string();
    site.aws.cloudformation(REGION, "CreateStack", &[("StackName", "shop-dev-second"), ("TemplateBody", &template)]);
    let run = run.end();
    assert_eq!(run.code, 3, "{}", run.stderr);
    let why = "shop-dev-second@eu-west-1 is not any more as it was when the plan was made";
    assert!(run.stderr.contains(why) && run.stderr.contains(": 2 done, 1 refused; "), "{}", run.stderr);
    site.aws.settled(REGION, "shop-dev-second");
    assert_eq!(site.operations("shop-dev-second"), ["CREATE"]);
    assert!(!site.physical("shop-dev-second", "Q").is_empty());
}
