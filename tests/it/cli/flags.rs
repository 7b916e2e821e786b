//! Options of every command, the variables that stand for them, and the manual.

use std::fs;

use crate::project::{ENVIRONMENT, Project, Run, infra};

const TWO: &str = "\
project: shop
environments:
  dev: { account: \"111122223333\", region: eu-west-1, domain: dev.example.com }
  prod: { account: \"444455556666\", region: eu-west-1, domain: example.com }
";

fn with(variables: &[(&str, &str)], arguments: &[&str]) -> Run {
    Run::of(infra().envs(variables.iter().copied()).args(arguments))
}

#[test]
fn the_version_says_the_commit_and_its_day_and_no_more() {
    let run = with(&[], &["-V"]);
    let version =
        run.stdout.trim_end().strip_prefix(concat!("infra ", env!("CARGO_PKG_VERSION"))).expect("our version");
    assert!(version.is_empty() || (version.starts_with(" (") && version.ends_with(')')), "{version}");
    if let Some((commit, day)) = version.trim_matches([' ', '(', ')']).split_once(' ') {
        assert!(
            commit.chars().all(|c| c.is_ascii_hexdigit()) && day.parse::<infra::names::Date>().is_ok(),
            "{version}"
        );
    }
}

#[test]
fn a_variable_stands_for_each_option_of_every_command() {
    let project = Project::new(&[("infra.yaml", TWO), ("stacks/main.yaml", "queues: { jobs: {} }\n")]);
    let path = project.path();
    let folder = path.to_str().expect("a path is text");
    let check = with(&[("INFRA_PROJECT", folder), ("INFRA_ENV", "prod")], &["check"]);
    assert_eq!((check.code, check.stdout.as_str()), (0, "no findings in 1 stack of prod\n"), "{}", check.stderr);
    let both = with(&[("INFRA_PROJECT", folder), ("INFRA_ENV", "prod,dev")], &["check"]);
    assert_eq!(both.stdout, "no findings in 2 stacks of dev, prod\n");
    // What is written on the command line counts.
    let named = with(&[("INFRA_PROJECT", "/nowhere"), ("INFRA_ENV", "prod")], &["check", "-C", folder, "--env", "dev"]);
    assert_eq!(named.stdout, "no findings in 1 stack of dev\n", "{}", named.stderr);
    let synth = with(&[("INFRA_PROJECT", folder), ("INFRA_ENV", "prod")], &["synth"]);
    assert!(synth.stdout.starts_with("prod: ") && synth.stdout.lines().count() == 1, "{}", synth.stdout);
    let iam = with(&[("INFRA_PROJECT", folder), ("INFRA_ENV", "prod")], &["iam", "--command", "status"]);
    assert!(iam.stdout.contains("shop-prod-status"), "{}{}", iam.stdout, iam.stderr);
    let color = with(&[("INFRA_PROJECT", folder), ("INFRA_COLOR", "always"), ("INFRA_ENV", "x")], &["synth"]);
    assert!(color.stderr.contains('\u{1b}'), "{}", color.stderr);
    // Documents have no environments, whatever the variable says.
    project.write("t.json", "{ \"Resources\": { \"Q\": { \"Type\": \"AWS::SNS::Topic\" } } }");
    let document = path.join("t.json");
    let run = with(&[("INFRA_ENV", "prod")], &["check", document.to_str().expect("a path is text")]);
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn who_asks_is_told_what_is_read_on_stderr() {
    let project = Project::new(&[("infra.yaml", ENVIRONMENT), ("stacks/main.yaml", "queues: { jobs: {} }\n")]);
    let quiet = project.run(&["check"]);
    let run = project.run(&["check", "-v"]);
    assert_eq!((&run.stdout, quiet.stderr.as_str()), (&quiet.stdout, ""));
    assert_eq!(run.stderr, "infra: reads infra.yaml\ninfra: reads stacks/main.yaml\n");
    for (value, says) in [("1", true), ("0", false)] {
        let mut command = infra();
        let run = Run::of(command.current_dir(project.path()).env("INFRA_VERBOSE", value).arg("check"));
        assert_eq!(run.stderr.contains("reads"), says, "{value}: {}", run.stderr);
    }
}

#[test]
fn every_command_has_a_page_of_the_manual() {
    let project = Project::new(&[]);
    let run = project.run(&["man", "--out", "man"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let page = |name: &str| fs::read_to_string(project.path().join(format!("man/{name}.1"))).expect("there is a page");
    assert!(page("infra").contains("Exit codes"));
    assert!(page("infra-diff").contains(".TH infra\\-diff 1") || page("infra-diff").contains(".TH infra-diff 1"));
    for name in ["infra-apply", "infra-dns-undo", "infra-man", "infra-init"] {
        assert!(page(name).contains("\\-\\-color"), "{name}");
    }
    assert_eq!(project.run(&["man", "apply"]).stdout, page("infra-apply"));
    let run = project.run(&["man", "aply"]);
    assert!(run.code == 64 && run.stderr.contains("did you mean `apply`?"), "{}", run.stderr);
}
