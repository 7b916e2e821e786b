//! `infra doctor`: what stands in the way, before anything is begun.

use super::emulator::Emulator;
use super::iam::{Site, environment};
use crate::project::{ENVIRONMENT, Project, Run, infra};

const STACK: &str = "queues: { jobs: {} }\n";

#[test]
fn an_environment_that_nothing_stands_in_the_way_of_is_fine_and_nothing_is_changed() {
    let site = Site::new(STACK);
    site.project.write("infra.yaml", format!("id: q8v3kz7mwt4cxn2p\n{}", environment(&site.aws, "")));
    let run = site.run(&["doctor"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    let subjects: Vec<&str> =
        run.stdout.lines().filter_map(|line| line.strip_prefix("ok    ")?.split(' ').next()).collect();
    let wanted = ["project", "id", "run", "templates", "credentials", "clock", "region", "stacks"];
    assert_eq!(subjects, wanted, "{}", run.stdout);
    let looks = |action: &str| ["Get", "List", "Describe"].iter().any(|start| action.starts_with(start));
    assert!(site.aws.calls().iter().all(|call| call["action"].as_str().is_some_and(looks)), "{:?}", site.aws.calls());
}

#[test]
fn what_can_be_said_without_a_connection_is_said() {
    let site = Site::new(STACK);
    let before = site.aws.calls().len();
    site.project.write(".infra/runs/20261201t000000000z-abcdef.ndjson", "{ nonsense }\n");
    let run = site.run(&["doctor", "--offline"]);
    assert_eq!((run.code, site.aws.calls().len()), (0, before), "{}{}", run.stdout, run.stderr);
    for part in ["warn  id ", "run `infra id`", "warn  journal", "not looked at: `--offline`"] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
    site.project.write("stacks/main.yaml", "queus: {}\n");
    let run = site.run(&["doctor", "--offline"]);
    assert!(run.code == 1 && run.stderr.contains("fail  project"), "{}", run.stderr);
}

#[test]
fn credentials_of_another_account_and_none_at_all_stand_in_the_way() {
    let aws = Emulator::start();
    let project = Project::of_stack(STACK);
    project.write("infra.yaml", ENVIRONMENT.replace("111122223333", "999999999999"));
    let mut command = infra();
    command.current_dir(project.path()).arg("doctor").env("AWS_EC2_METADATA_DISABLED", "true");
    let run = Run::of(&mut command);
    assert!(run.code == 1 && run.stdout.contains("fail  credentials"), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("-> sign in"), "{}", run.stdout);
    let run = Run::of(aws.credentials(&mut command));
    assert!(run.code == 1 && run.stdout.contains("environment dev is in 999999999999"), "{}{}", run.stdout, run.stderr);
}

#[test]
fn zones_that_are_not_there_clusters_that_do_not_answer_and_long_templates_are_named() {
    let zone = "hosted-zones: { main: { domain: '${env.domain}', existing: Z0123456789NONE } }\n\
                records: { a: { zone: main, name: 'a.${env.domain}', values: { a: [192.0.2.1] } } }\n";
    let many: String = (0..60).map(|number| format!("  q{number}: {{ visibility-timeout: 30 }}\n")).collect();
    let site = Site::new(&format!("{zone}queues:\n{many}"));
    let run = site.run(&["doctor"]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    for part in [
        "fail  templates",
        "`infra bootstrap --env dev`",
        "fail  zone",
        "Z0123456789NONE of dev.example.com is not there",
    ] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
}
