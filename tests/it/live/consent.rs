//! Who must agree to what, where nobody can be asked; and whose account it is.

use super::site::{QUEUE, SLOWER, Site};
use crate::project::{Run, infra};

/// A queue that is replaced by the next version of the stack.
const FIFO: &str = "queues:\n  jobs: { dead-letter: { enabled: false }, fifo: true }\n";

#[test]
fn without_a_terminal_nothing_is_applied_and_the_flags_are_named() {
    let site = Site::shop(&[("main", QUEUE)]);
    let run = site.run(3, &["apply"]);
    assert!(run.stderr.ends_with("to agree to what is shown above, add --yes\n"), "{}", run.stderr);
    assert!(run.stdout.contains("+ QueueJobs AWS::SQS::Queue"), "what it is about is shown: {}", run.stdout);
    assert_eq!(site.writes(), [""; 0]);
    assert_eq!(site.runs(), [""; 0]);

    site.run(0, &["apply", "--yes"]);
    site.stack("main", FIFO);
    site.aws.forget_calls();
    let run = site.run(3, &["apply"]);
    let flags = "add --yes --approve stateful-replacement data-loss\n";
    assert!(run.stderr.ends_with(flags), "{}", run.stderr);
    // Agreeing to the rules alone is not enough.
    let run = site.run(3, &["apply", "--approve", "stateful-replacement", "data-loss"]);
    assert!(run.stderr.ends_with("add --yes\n"), "{}", run.stderr);
    assert_eq!(site.writes(), [""; 0]);
    site.run(0, &["apply", "--yes", "--approve", "stateful-replacement", "data-loss"]);
    site.run(0, &["diff"]);
}

#[test]
fn an_approval_rule_that_there_is_not_is_refused_with_the_nearest() {
    let site = Site::shop(&[("main", QUEUE)]);
    let run = site.run(64, &["apply", "--yes", "--approve", "data-los"]);
    assert!(run.stderr.contains("there is no approval rule `data-los`; did you mean `data-loss`?"), "{}", run.stderr);
    let run = site.run(64, &["apply", "--yes", "--approve", "everything"]);
    assert!(run.stderr.contains("they are stateful-replacement, data-loss, "), "{}", run.stderr);
    assert_eq!(site.writes(), [""; 0]);
}

#[test]
fn approval_rules_ask_as_the_project_file_says() {
    let site = Site::shop(&[("main", QUEUE)]);
    site.run(0, &["apply", "--yes"]);
    site.stack("main", FIFO);
    site.settings("    approvals: { stateful-replacement: off, data-loss: required }\n");
    let run = site.run(3, &["apply", "--yes"]);
    assert!(run.stderr.ends_with("add --approve data-loss\n"), "{}", run.stderr);
    // In an environment that is not protected, `protected` asks nobody.
    site.settings("    approvals: { stateful-replacement: off, data-loss: protected }\n");
    site.run(0, &["apply", "--yes"]);
    assert!(site.physical("shop-dev-main", "QueueJobs").contains(".fifo"));

    site.settings("    protected: true\n    approvals: { protected-environment: off }\n");
    site.run(0, &["apply", "--yes"]);
    assert!(site.is_protected("shop-dev-main"));
}

#[test]
fn a_plan_file_is_agreed_to_by_naming_it_but_not_what_approval_rules_ask_about() {
    let site = Site::shop(&[("main", QUEUE)]);
    site.run(2, &["diff", "--out", "first.plan"]);
    site.run(0, &["apply", "first.plan"]);
    site.stack("main", FIFO);
    site.run(2, &["diff", "--out", "second.plan"]);
    site.aws.forget_calls();
    let run = site.run(3, &["apply", "second.plan"]);
    assert!(run.stderr.ends_with("add --approve stateful-replacement data-loss\n"), "{}", run.stderr);
    assert_eq!(site.writes(), [""; 0]);
    site.run(0, &["apply", "second.plan", "--approve", "stateful-replacement", "data-loss"]);
}

#[test]
fn credentials_of_another_account_are_refused_before_anything_is_read_or_written() {
    let site = Site::shop(&[("main", SLOWER)]);
    // Without an address in the project, the usual variables say where AWS is and who asks.
    let settings = "project: shop\nenvironments:\n  dev: { account: \"111122223333\", region: eu-west-1, domain: dev.example.com }\n";
    site.project.write("infra.yaml", settings);
    let run = |arguments: &[&str], account: &str| {
        let mut command = infra();
        site.aws.credentials(&mut command).env("AWS_ACCESS_KEY_ID", account);
        Run::of(command.current_dir(site.project.path()).args(arguments))
    };
    for command in [
        &["apply", "--yes"][..],
        &["diff"],
        &["destroy", "--confirm", "dev"],
        &["status"],
        &["drift"],
        &["outputs"],
        &["recover", "--do", "shop-dev-main", "--delete"],
    ] {
        site.aws.forget_calls();
        let refused = run(command, "test");
        assert_eq!(refused.code, 3, "{command:?}\n{}{}", refused.stdout, refused.stderr);
        let why = "the credentials are for account 000000000000, environment dev is in account 111122223333";
        assert!(refused.stderr.contains(why), "{command:?}: {}", refused.stderr);
        let actions: Vec<String> = site.aws.calls().iter().map(|call| call["action"].to_string()).collect();
        assert_eq!(actions, ["\"GetCallerIdentity\""], "{command:?}");
    }
    let applied = run(&["apply", "--yes"], "111122223333");
    assert_eq!(applied.code, 0, "{}", applied.stderr);
    assert_eq!(site.status("shop-dev-main"), "", "it is in the other account");
}

#[test]
fn keys_that_aws_does_not_know_fail_and_name_the_request() {
    let site = Site::platform();
    let mut settings = std::fs::read_to_string(site.project.path().join("infra.yaml")).expect("the file is there");
    settings = settings.lines().filter(|line| !line.contains("endpoint-url")).map(|line| format!("{line}\n")).collect();
    site.project.write("infra.yaml", settings);
    let mut command = infra();
    site.aws.credentials(&mut command).env("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN");
    let run = Run::of(command.current_dir(site.project.path()).args(["apply", "--env", "local", "--yes"]));
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("sts:GetCallerIdentity"), "{}", run.stderr);
    assert_eq!(site.writes(), [""; 0]);
}

#[test]
fn an_aws_that_does_not_answer_is_said_in_words() {
    let site = Site::shop(&[("main", QUEUE)]);
    // Nothing listens on the port of discarded bytes.
    let settings = std::fs::read_to_string(site.project.path().join("infra.yaml")).expect("the file is there");
    site.project.write("infra.yaml", settings.replace(&site.aws.endpoint(), "http://127.0.0.1:9"));
    let run = site.run(1, &["diff"]);
    assert!(run.stderr.starts_with("error: sts:GetCallerIdentity: no connection to http"), "{}", run.stderr);
    assert!(run.stderr.contains("refused") && !run.stderr.contains('{'), "{}", run.stderr);
}

#[test]
fn missing_credentials_are_said_with_what_to_do() {
    let site = Site::shop(&[("main", QUEUE)]);
    let settings = std::fs::read_to_string(site.project.path().join("infra.yaml")).expect("the file is there");
    let settings: String =
        settings.lines().filter(|it| !it.contains("endpoint-url")).map(|it| format!("{it}\n")).collect();
    site.project.write("infra.yaml", settings);
    let mut command = infra();
    for (key, value) in [
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ] {
        command.env(key, value);
    }
    let run = Run::of(command.current_dir(site.project.path()).arg("diff"));
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("no credentials were found") && run.stderr.contains("AWS_PROFILE"), "{}", run.stderr);
    assert!(!run.stderr.contains('{'), "{}", run.stderr);
}
