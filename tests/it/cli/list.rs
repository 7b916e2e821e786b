//! `infra list` and `infra completions`.

use serde_json::Value;

use crate::project::{Project, Run, infra};

const STACK: &str = "queues: { jobs: {} }\ntopics: { news: { display-name: News } }\n";

#[test]
fn what_the_project_makes_is_listed_with_the_place_where_it_is_written() {
    let project = Project::of_stack(STACK);
    let run = project.run(&["list"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.contains("  QueueJobs "), "{}", run.stdout);
    let line = run.stdout.lines().find(|line| line.contains("  TopicNews ")).unwrap();
    assert!(line.contains("AWS::SNS::Topic") && line.contains("stacks/main.yaml:2:"), "{line}");
    let of = |names: &[&str]| {
        let run = project.run(&[&["list", "--format", "json"], names].concat());
        let Value::Array(rows) = serde_json::from_str(&run.stdout).unwrap() else { panic!("{}", run.stdout) };
        rows.into_iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of(&["Topic*"]), ["TopicNews", "TopicNewsPolicy"]);
    assert_eq!(of(&["AWS::SQS::Queue"]), ["QueueJobsDeadLetter", "QueueJobs"]);
    assert_eq!(of(&["main"]), of(&[]));
    let run = project.run(&["list", "TopicNew"]);
    assert!(run.code == 64 && run.stderr.contains("did you mean `TopicNews`?"), "{}", run.stderr);
}

#[test]
fn stacks_are_chosen_by_pattern() {
    let files =
        [("infra.yaml", crate::project::ENVIRONMENT), ("stacks/a-one.yaml", STACK), ("stacks/a-two.yaml", STACK)];
    let project = Project::new(&[&files[..], &[("stacks/b.yaml", STACK)]].concat());
    assert_eq!(project.run(&["synth", "-s", "a-*"]).code, 0);
    let written =
        |name: &str| project.path().join(format!("infra.out/dev/stacks/{name}.eu-west-1.template.json")).exists();
    assert_eq!([written("a-one"), written("a-two"), written("b")], [true, true, false]);
    let run = project.run(&["synth", "-s", "c-*"]);
    assert!(run.code == 1 && run.stderr.contains("there is no stack `c-*`"), "{}", run.stderr);
}

#[test]
fn shells_get_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell", "nushell"] {
        let run = Run::of(infra().args(["completions", shell]));
        assert!(run.code == 0 && run.stdout.contains("destroy"), "{shell}: {}", run.stderr);
    }
}
