//! Whose a stack is: one that others made is neither changed nor deleted unasked, whatever its name.

use std::time::Duration;

use super::site::{QUEUE, READER, REGION, SLOWER, Site};

/// A stack that somebody else made, with a queue in it.
const THEIRS: &str = r#"{"Resources": {"Theirs": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "theirs"}}}}"#;
const DESTROY: [&str; 5] = ["destroy", "--confirm", "dev", "--approve", "data-loss"];

#[test]
fn a_stack_without_our_tags_is_taken_over_only_when_somebody_agrees_and_never_destroyed() {
    let site = Site::shop(&[("main", QUEUE), ("other", QUEUE)]);
    site.aws.create_stack(REGION, "shop-dev-main", THEIRS);
    site.aws.settled(REGION, "shop-dev-main");
    site.aws.forget_calls();
    let diff = site.run(2, &["diff"]);
    let asks = "stack-adoption: stack shop-dev-main@eu-west-1 carries no tags of a project";
    assert!(diff.stdout.contains(asks), "{}", diff.stdout);
    assert!(diff.stdout.contains("changes and is not ours yet: it is taken over"), "{}", diff.stdout);
    let refused = site.run(3, &["apply", "--yes", "--approve", "data-loss"]);
    assert!(refused.stderr.contains("--approve stack-adoption"), "{}", refused.stderr);
    assert_eq!(site.writes(), [""; 0]);
    assert!(site.run(1, &["status"]).stdout.contains("is not ours"));
    // What is not ours stays when everything of ours goes.
    site.run(0, &["apply", "--yes", "--stack", "other"]);
    let gone = site.run(0, &DESTROY);
    assert!(gone.stdout.contains("carries no tags of this project, so it is not ours and stays"), "{}", gone.stdout);
    assert_eq!(site.status("shop-dev-main"), "CREATE_COMPLETE");
    assert_eq!(site.status("shop-dev-other"), "");
    // Taken over, it is ours.
    site.run(0, &["apply", "--yes", "--approve", "stack-adoption", "data-loss"]);
    site.run(0, &["diff"]);
    site.run(0, &["status"]);
    site.run(0, &DESTROY);
    assert_eq!(site.status("shop-dev-main"), "");
}

#[test]
fn two_projects_whose_names_meet_in_one_stack_name_are_told_apart() {
    let site = Site::shop(&[("main", QUEUE)]);
    let name = |project: &str, environment: &str| {
        site.project.write(
            "infra.yaml",
            format!(
                "project: {project}\nenvironments:\n  {environment}:\n    account: \"000000000000\"\n    region: {REGION}\n    \
                 domain: dev.example.com\n    endpoint-url: {}\n",
                site.aws.endpoint()
            ),
        );
    };
    name("a-b", "c");
    site.run(0, &["apply", "--yes"]);
    name("a", "b-c");
    site.stack("main", SLOWER);
    site.aws.forget_calls();
    let why = "a-b-c-main@eu-west-1: the stack belongs to environment c of project a-b";
    let diff = site.run(3, &["diff"]);
    assert!(diff.stdout.contains(why), "{}", diff.stdout);
    site.stack("second", READER);
    assert!(site.run(3, &["diff"]).stdout.contains(why));
    site.run(3, &["apply", "--yes", "--approve", "stack-adoption"]);
    site.run(0, &["destroy", "--confirm", "b-c", "--approve", "data-loss"]);
    assert_eq!(site.writes(), [""; 0]);
    assert_eq!(site.status("a-b-c-main"), "CREATE_COMPLETE");
}

#[test]
fn two_runs_in_one_working_copy_are_kept_apart() {
    let site = Site::with(&["--stack-time", "4000"], &[("main", QUEUE)]);
    let run = site.begin(&["apply", "--yes"]);
    site.until("the stack is made", |site| site.status("shop-dev-main") == "CREATE_IN_PROGRESS");
    let status = site.run(1, &["status"]);
    assert!(status.stdout.contains("is under way in this working copy"), "{}", status.stdout);
    let second = site.run(3, &["apply", "--resume"]);
    let why = "nothing was changed: another run of dev is under way in this working copy";
    assert!(second.stderr.contains(why), "{}", second.stderr);
    assert_eq!(run.end().code, 0);
    assert_eq!(site.operations("shop-dev-main"), ["CREATE"]);
    assert!(site.run(0, &["apply", "--resume"]).stderr.contains("no run of dev was cut off"));
}

#[test]
fn a_destruction_that_was_cut_off_is_gone_on_with_only_under_the_name_of_the_environment() {
    let site = Site::shop(&[("main", QUEUE), ("reader", READER)]);
    site.run(0, &["apply", "--yes"]);
    site.aws.settings(&serde_json::json!({ "stack-time": 3000 }));
    let run = site.begin(&DESTROY);
    site.until("a stack goes", |site| site.status("shop-dev-reader") == "DELETE_IN_PROGRESS");
    run.signal("KILL");
    run.end();
    site.aws.settings(&serde_json::json!({ "stack-time": 0 }));
    std::thread::sleep(Duration::from_millis(100));
    site.aws.forget_calls();
    let asked = site.run(3, &["apply", "--resume"]);
    assert!(asked.stderr.contains("the destruction of dev, 0 of 2 steps done"), "{}", asked.stderr);
    assert!(asked.stderr.contains("nobody can be asked here; add --confirm dev"), "{}", asked.stderr);
    assert!(asked.stdout.contains("stack shop-dev-main@eu-west-1"), "it is shown: {}", asked.stdout);
    site.run(3, &["apply", "--resume", "--confirm", "prod"]);
    assert_eq!(site.writes(), [""; 0]);
    site.run(0, &["apply", "--resume", "--confirm", "dev"]);
    assert!(site.stacks(REGION).is_empty());
}

/// Gives the project an id, or another one.
fn identify(site: &Site, id: &str) {
    let path = site.project.path().join("infra.yaml");
    let text = std::fs::read_to_string(path).expect("the file is there");
    let lines = text.lines().filter(|line| !line.starts_with("id:"));
    let lines: Vec<String> =
        lines.map(|line| line.replace("project: shop", &format!("project: shop\nid: {id}"))).collect();
    site.project.write("infra.yaml", lines.join("\n"));
}

#[test]
fn a_run_is_gone_on_with_and_taken_back_only_by_the_project_that_began_it() {
    let site = Site::with(&["--stack-time", "2000"], &[("dns", super::site::ZONE), ("main", QUEUE)]);
    identify(&site, "p24gv272vjgkx7d8");
    site.run(0, &["apply", "--yes"]);
    let run = site.runs().remove(0);
    site.stack("main", SLOWER);
    let cut_off = site.begin(&["apply", "--yes"]);
    site.until("the stack changes", |site| site.status("shop-dev-main") == "UPDATE_IN_PROGRESS");
    cut_off.signal("KILL");
    cut_off.end();
    site.until("the stack is changed", |site| site.status("shop-dev-main") == "UPDATE_COMPLETE");
    // As in a copy of the working copy that got an id of its own.
    identify(&site, "j5rbd9gk3hxw7fqz");
    site.aws.forget_calls();
    let why = "it is for the project with the id p24gv272vjgkx7d8, this one has j5rbd9gk3hxw7fqz";
    for refused in [&["apply", "--resume", "--yes"][..], &["dns", "undo", &run, "--yes"]] {
        let refused = site.run(3, refused);
        assert!(refused.stderr.contains(why), "{}", refused.stderr);
    }
    let kept = site.run(0, &DESTROY);
    assert!(kept.stdout.contains("shop-dev-main@eu-west-1: the stack is of"), "{}", kept.stdout);
    assert_eq!(site.writes(), [""; 0]);
    identify(&site, "p24gv272vjgkx7d8");
    site.run(0, &["apply", "--resume", "--yes"]);
    site.run(0, &["diff"]);
    // A journal that cannot be read may be that of a run that was cut off.
    site.project.write(".infra/runs/99990101t000000000z-0.ndjson", "{}\n");
    let unknown = site.run(1, &["apply", "--resume", "--yes"]);
    assert!(unknown.stderr.contains("whether another run of dev was cut off is not known"), "{}", unknown.stderr);
}

#[test]
fn an_environment_that_was_renamed_is_not_taken_away_under_its_new_name_as_if_it_were_nothing() {
    let site = Site::shop(&[("main", QUEUE)]);
    identify(&site, "p24gv272vjgkx7d8");
    site.run(0, &["apply", "--yes"]);
    let path = site.project.path().join("infra.yaml");
    let text = std::fs::read_to_string(path).expect("the file is there");
    site.project.write("infra.yaml", text.replace("  dev:", "  test:"));
    site.aws.forget_calls();
    let refused = site.run(3, &["destroy", "--confirm", "test", "--approve", "data-loss"]);
    assert!(refused.stdout.contains("environment dev of this project is deployed"), "{}", refused.stdout);
    assert_eq!(site.writes(), [""; 0]);
}

#[test]
fn a_stack_in_a_region_that_the_project_does_not_name_any_more_is_found() {
    let far = "region: ap-southeast-2\nqueues:\n  far: { dead-letter: { enabled: false } }\n";
    let site = Site::shop(&[("main", QUEUE), ("far", far)]);
    site.run(0, &["apply", "--yes"]);
    site.run(0, &["diff"]);
    assert_eq!(site.stacks("ap-southeast-2").len(), 1);
    let status = |site: &Site| site.run(0, &["status"]).stdout;
    site.remove("far");
    let diff = site.run(2, &["diff"]);
    assert!(diff.stdout.contains("stack shop-dev-far@ap-southeast-2  is deleted"), "{}", diff.stdout);
    assert!(status(&site).contains("not in the project any more"));
    site.run(0, &["apply", "--yes", "--approve", "stack-deletion", "data-loss"]);
    assert!(site.stacks("ap-southeast-2").is_empty());
    site.run(0, &["diff"]);
    // A stack that moves goes where it was.
    site.stack("far", far);
    site.run(0, &["apply", "--yes"]);
    site.stack("far", &far.replace("ap-southeast-2", "us-west-2"));
    site.run(0, &["apply", "--yes", "--approve", "stack-deletion", "data-loss"]);
    assert_eq!((site.stacks("ap-southeast-2").len(), site.stacks("us-west-2").len()), (0, 1));
    // What is forgotten by the definition is not forgotten by the end of it.
    site.remove("far");
    site.run(0, &DESTROY);
    assert!(site.stacks("us-west-2").is_empty() && site.stacks(REGION).is_empty());
}

#[test]
fn an_environment_that_moves_takes_its_old_stacks_away() {
    let edge = "region: us-east-1\ntopics: { edge: {} }\n";
    let site = Site::shop(&[("main", QUEUE), ("edge", edge)]);
    site.run(0, &["apply", "--yes"]);
    let yaml = std::fs::read_to_string(site.project.path().join("infra.yaml")).expect("it is there");
    site.project.write("infra.yaml", yaml.replace(REGION, "eu-central-1"));
    let diff = site.run(2, &["diff"]);
    assert!(diff.stdout.contains("stack shop-dev-main@eu-west-1  is deleted"), "{}", diff.stdout);
    assert!(diff.stdout.contains("data-loss"), "{}", diff.stdout);
    site.run(0, &["apply", "--yes", "--approve", "stack-deletion", "data-loss"]);
    assert_eq!((site.stacks(REGION).len(), site.stacks("eu-central-1").len()), (0, 1));
    site.run(0, &["diff"]);
}

#[test]
fn an_environment_that_moves_is_found_where_no_stack_of_it_says_so() {
    let site = Site::shop(&[("main", QUEUE)]);
    site.run(0, &["apply", "--yes"]);
    let yaml = std::fs::read_to_string(site.project.path().join("infra.yaml")).expect("it is there");
    site.project.write("infra.yaml", yaml.replace(REGION, "eu-central-1"));
    let diff = site.run(2, &["diff"]);
    assert!(diff.stdout.contains("stack shop-dev-main@eu-west-1  is deleted"), "{}", diff.stdout);
    assert!(site.run(1, &["status"]).stdout.contains("not in the project any more"));
    site.run(3, &["apply", "--yes", "--approve", "data-loss"]);
    site.run(0, &["apply", "--yes", "--approve", "stack-deletion", "data-loss"]);
    assert_eq!((site.stacks(REGION).len(), site.stacks("eu-central-1").len()), (0, 1));
    // Once it is there, only the regions that the project names are asked.
    site.aws.forget_calls();
    site.run(0, &["diff"]);
    assert!(site.aws.count("cloudformation:DescribeStacks") <= 3);
}

#[test]
fn an_environment_that_has_nothing_in_its_own_region_by_design_asks_no_others() {
    let edge = "region: us-east-1\ntopics: { edge: {} }\n";
    let site = Site::shop(&[("edge", edge)]);
    site.run(0, &["apply", "--yes"]);
    site.aws.forget_calls();
    site.run(0, &["diff"]);
    assert!(site.aws.count("cloudformation:DescribeStacks") <= 2);
}

/// Says what the project and its environment are called, and the project's id.
fn named(site: &Site, project: &str, id: Option<&str>, environment: &str) {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    let url = site.aws.endpoint();
    let text = format!(
        "project: {project}\n{id}environments:\n  {environment}:\n    account: \"000000000000\"\n    region: {REGION}\n    \
         domain: dev.example.com\n    endpoint-url: {url}\n"
    );
    site.project.write("infra.yaml", text);
}

#[test]
fn a_project_of_the_same_name_is_told_apart_by_its_id() {
    let site = Site::shop(&[("main", QUEUE)]);
    named(&site, "shop", Some("k7f2m9qx4tzd"), "dev");
    site.run(0, &["apply", "--yes"]);
    site.run(0, &["diff"]);
    for (id, why) in [
        (Some("another99id"), "the stack belongs to another project called shop (its id is k7f2m9qx4tzd)"),
        (None, "the stack belongs to a project called shop with the id k7f2m9qx4tzd"),
    ] {
        named(&site, "shop", id, "dev");
        site.stack("main", SLOWER);
        site.stack("second", READER);
        site.aws.forget_calls();
        let diff = site.run(3, &["diff"]);
        assert!(diff.stdout.contains(why), "{}", diff.stdout);
        site.run(3, &["apply", "--yes", "--approve", "stack-adoption"]);
        site.run(0, &["destroy", "--confirm", "dev", "--approve", "data-loss"]);
        site.run(1, &["status"]);
        assert_eq!(site.writes(), [""; 0]);
        site.remove("second");
    }
    named(&site, "shop", Some("k7f2m9qx4tzd"), "dev");
    site.run(0, &["apply", "--yes"]);
}

#[test]
fn a_project_gets_an_id_once_and_what_it_made_before_stays_its_own() {
    let site = Site::shop(&[("main", QUEUE)]);
    site.run(0, &["apply", "--yes"]);
    let given = site.run(0, &["id"]);
    let id = given.stdout.trim().to_owned();
    assert!(given.stderr.contains("commit it"), "{}", given.stderr);
    let yaml = || std::fs::read_to_string(site.project.path().join("infra.yaml")).expect("it is there");
    assert!(yaml().starts_with(&format!("project: shop\nid: {id}\nenvironments:\n")), "{}", yaml());
    assert_eq!(site.run(0, &["id"]).stdout.trim(), id, "it is made once");
    assert!(site.run(2, &["diff"]).stdout.contains("infra:id"));
    site.run(0, &["apply", "--yes"]);
    site.run(0, &["diff"]);
    assert_ne!(site.run(0, &["id", "--new"]).stdout.trim(), id);
    site.run(3, &["apply", "--yes", "--approve", "stack-adoption"]);
}

#[test]
fn what_was_renamed_is_not_made_a_second_time() {
    let site = Site::shop(&[("main", QUEUE)]);
    named(&site, "shop", Some("k7f2m9qx4tzd"), "dev");
    site.run(0, &["apply", "--yes"]);
    for (project, environment, why) in [
        (
            "shop",
            "development",
            "environment dev of this project is deployed in this account (shop-dev-main@eu-west-1)",
        ),
        ("store", "dev", "environment dev of project shop, which has the id of this project, is deployed"),
    ] {
        named(&site, project, Some("k7f2m9qx4tzd"), environment);
        site.aws.forget_calls();
        let diff = site.run(3, &["diff"]);
        assert!(diff.stdout.contains(why), "{}", diff.stdout);
        site.run(3, &["apply", "--yes"]);
        assert_eq!(site.writes(), [""; 0]);
    }
    // Beside the old one, a new one is no second copy.
    let yaml = std::fs::read_to_string(site.project.path().join("infra.yaml")).expect("it is there");
    let beside = yaml.replace("project: store", "project: shop").replace(
        "environments:\n",
        "environments:\n  prod: { account: '000000000000', region: eu-west-1, domain: example.com }\n",
    );
    site.project.write("infra.yaml", beside.replace("  prod:", "  staging:"));
    site.run(0, &["diff", "--env", "dev"]);
    // One that nobody knows any more is said, and left alone.
    named(&site, "shop", Some("k7f2m9qx4tzd"), "dev");
    site.project.write(
        "infra.yaml",
        format!(
            "{}  test: {{ account: '000000000000', region: {REGION}, domain: test.example.com, endpoint-url: '{}' }}\n",
            std::fs::read_to_string(site.project.path().join("infra.yaml")).expect("it is there"),
            site.aws.endpoint()
        ),
    );
    site.run(0, &["apply", "--env", "test", "--yes"]);
    named(&site, "shop", Some("k7f2m9qx4tzd"), "dev");
    let diff = site.run(0, &["diff"]);
    assert!(diff.stdout.contains("environment test of this project is deployed"), "{}", diff.stdout);
    assert!(diff.stdout.contains("nothing of it is changed"), "{}", diff.stdout);
}
