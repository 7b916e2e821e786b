//! `infra synth`.

use std::fs;

use serde_json::Value;

use crate::project::{ENVIRONMENT, Project, Run, infra};

const STACK: &str = "queues:\n  jobs: {}\n";

#[test]
fn the_output_is_complete_and_the_summary_says_where_it_is() {
    let project = Project::of_stack(STACK);
    let run = project.run(&["synth"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.starts_with("dev: 1 template, 4 resources,"), "{}", run.stdout);
    assert!(run.stdout.contains("written to infra.out/dev"), "{}", run.stdout);
    let manifest = fs::read_to_string(project.path().join("infra.out/dev/manifest.json")).expect("there is a manifest");
    let manifest: Value = serde_json::from_str(&manifest).expect("it is JSON");
    assert_eq!(manifest["provenance"]["shop-dev-main@eu-west-1"]["QueueJobs"], "stacks/main.yaml:2:3");
}

#[test]
fn the_project_is_found_from_a_folder_below() {
    let project = Project::of_stack(STACK);
    let run = Run::of(infra().arg("synth").current_dir(project.path().join("stacks")));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(project.path().join("infra.out/dev/manifest.json").is_file());
}

#[test]
fn without_a_project_the_usage_is_wrong() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let run = Run::of(infra().arg("synth").current_dir(folder.path()));
    assert_eq!(run.code, 64);
    assert!(run.stderr.contains("there is no infra.yaml"), "{}", run.stderr);
}

#[test]
fn check_tells_stale_output_with_a_patch_and_writes_nothing() {
    let project = Project::of_stack(STACK);
    assert_eq!(project.run(&["synth"]).code, 0);
    assert_eq!(project.run(&["synth", "--check"]).code, 0);
    project.write("stacks/main.yaml", "queues:\n  jobs: { delay: 7 }\n");
    let run = project.run(&["synth", "--check"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stdout.contains("+++ b/dev/stacks/main.eu-west-1.template.json"), "{}", run.stdout);
    assert!(run.stdout.contains("+    \"DelaySeconds\": 7"), "{}", run.stdout);
    assert_eq!(project.run(&["synth", "--check"]).code, 2);
    project.write("infra.out/dev/stray.txt", "x");
    project.write("stacks/main.yaml", STACK);
    assert_eq!(project.run(&["synth", "--check"]).code, 2, "a stray file is stale too");
}

#[test]
fn an_error_leaves_the_previous_output_whole() {
    let project = Project::of_stack(STACK);
    assert_eq!(project.run(&["synth"]).code, 0);
    let before = infra::files::read_folder(&project.path().join("infra.out")).expect("the output is readable");
    project.write("stacks/main.yaml", "queues:\n  jobs: { dealy: 7 }\n");
    assert_eq!(project.run(&["synth"]).code, 1);
    let after = infra::files::read_folder(&project.path().join("infra.out")).expect("the output is readable");
    assert_eq!(before, after);
}

#[test]
fn a_run_that_is_killed_leaves_one_whole_output() {
    let many: String = (0..20).map(|index| format!("  q{index}: {{}}\n")).collect();
    let project = Project::of_stack("queues: { first: {} }\n");
    assert_eq!(project.run(&["synth"]).code, 0);
    let read = || infra::files::read_folder(&project.path().join("infra.out/dev")).expect("the output is readable");
    let old = read();
    for stack in 0..20 {
        project.write(&format!("stacks/s{stack}.yaml"), format!("queues:\n{many}"));
    }
    for delay in 0..40 {
        let mut child = infra().arg("synth").current_dir(project.path()).spawn().expect("the tool starts");
        std::thread::sleep(std::time::Duration::from_micros(delay * 500));
        let _ = child.kill();
        let _ = child.wait();
        let now = read();
        let whole = now == old || now.len() == old.len() + 20;
        assert!(whole, "{:?}", now.keys());
    }
    assert_eq!(project.run(&["synth"]).code, 0);
    assert_eq!(read().len(), old.len() + 20);
}

#[test]
fn environments_and_stacks_can_be_chosen() {
    let two = format!("{ENVIRONMENT}  prod: {{ account: \"444455556666\", region: us-east-1, domain: example.com }}\n");
    let project = Project::new(&[("infra.yaml", &two), ("stacks/a.yaml", STACK), ("stacks/b.yaml", STACK)]);
    assert_eq!(project.run(&["synth", "--env", "prod", "-s", "b"]).code, 0);
    let out = project.path().join("infra.out");
    assert!(!out.join("dev").exists());
    assert!(out.join("prod/stacks/b.us-east-1.template.json").is_file());
    assert!(!out.join("prod/stacks/a.us-east-1.template.json").exists());
    let run = project.run(&["synth", "--env", "prd"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("did you mean `prod`"), "{}", run.stderr);
    let run = project.run(&["synth", "-s", "c"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("there is no stack `c`"), "{}", run.stderr);
}

#[test]
fn values_cross_stacks_as_parameters_or_as_stack_outputs() {
    let topics = "topics:\n  t: { subscriptions: { x: { queue: b.jobs } } }\n";
    let project = Project::new(&[("infra.yaml", ENVIRONMENT), ("stacks/a.yaml", topics), ("stacks/b.yaml", STACK)]);
    let template = || {
        assert_eq!(project.run(&["synth"]).code, 0);
        fs::read_to_string(project.path().join("infra.out/dev/stacks/b.eu-west-1.template.json"))
            .expect("there is a template")
    };
    assert!(template().contains("\"ATopicTRef\": {\n   \"Type\": \"String\""), "{}", template());
    project.write("infra.yaml", format!("references: stack-outputs\n{ENVIRONMENT}"));
    let by_output = template();
    assert!(by_output.contains("\"Fn::GetStackOutput\": {\n      \"StackName\": \"shop-dev-a\""), "{by_output}");
    assert!(!by_output.contains("\"Parameters\""), "{by_output}");
}

#[test]
fn an_override_changes_the_output_and_needs_a_target_and_a_reason() {
    let stack = |resource: &str, reason: &str| {
        format!(
            "queues:\n  jobs:\n    overrides:\n      - resource: {resource}\n        reason: '{reason}'\n        patch:\n          \
             - add: {{ path: /Properties/QueueName, value: fixed }}\n"
        )
    };
    let project = Project::of_stack(&stack("QueueJobs", "an old client has the name built in"));
    assert_eq!(project.run(&["synth"]).code, 0);
    let path = project.path().join("infra.out/dev/stacks/main.eu-west-1.template.json");
    assert!(fs::read_to_string(path).expect("there is a template").contains("\"QueueName\": \"fixed\""));
    for (stack, id) in
        [(stack("QueueJob", "x"), "overrides/unknown-resource"), (stack("QueueJobs", ""), "overrides/no-reason")]
    {
        project.write("stacks/main.yaml", stack);
        let run = project.run(&["synth"]);
        assert_eq!(run.code, 1);
        assert!(run.stderr.contains(id), "{}", run.stderr);
    }
}

#[test]
fn a_former_name_keeps_the_logical_ids() {
    let project = Project::of_stack("queues:\n  jobs: { renamed-from: tasks }\n");
    assert_eq!(project.run(&["synth"]).code, 0);
    let path = project.path().join("infra.out/dev/stacks/main.eu-west-1.template.json");
    let text = fs::read_to_string(path).expect("there is a template");
    assert!(text.contains("\"QueueTasks\"") && !text.contains("\"QueueJobs\""), "{text}");
}

#[test]
fn two_names_with_one_logical_id_are_refused() {
    let run = Project::of_stack("queues:\n  order-2: {}\n  order2: {}\n").run(&["synth"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("lower/logical-id-clash"), "{}", run.stderr);
}

#[test]
fn stacks_that_need_each_other_are_refused_with_the_way_round() {
    let raw = |target: &str| {
        format!(
            "raw:\n  p: {{ type: 'AWS::SSM::Parameter', properties: {{ Type: String, Value: {{ Ref: {target} }} }} }}\nqueues:\n  q: {{}}\n"
        )
    };
    let (a, b) = (raw("b.QueueQ"), raw("a.QueueQ"));
    let run =
        Project::new(&[("infra.yaml", ENVIRONMENT), ("stacks/a.yaml", &a), ("stacks/b.yaml", &b)]).run(&["synth"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("lower/stack-cycle"), "{}", run.stderr);
    assert!(run.stderr.contains("`shop-dev-a` needs `shop-dev-b` needs `shop-dev-a`"), "{}", run.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_has_an_exit_code_of_its_own_and_is_named() {
    let project = Project::of_stack("queues: { jobs: {} }\n");
    for (out, why) in [("/proc/nope", "cannot write /proc/nope, and nothing was changed: "), ("/dev/full", "/dev/full")]
    {
        let run = project.run(&["synth", "--out", out]);
        assert_eq!(run.code, 74, "{}", run.stderr);
        assert!(run.stderr.contains(why), "{}", run.stderr);
        assert_eq!(run.stderr.matches("(os error").count(), 1, "it is said once: {}", run.stderr);
    }
}
