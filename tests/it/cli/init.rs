//! `infra init` and `infra new`.

use std::fs;

use crate::project::{Project, Run, infra};

const WHERE: [&str; 6] = ["--account", "123456789012", "--region", "eu-central-1", "--domain", "dev.shop.net"];

/// Makes a project in a folder that was empty.
fn made(template: &str, more: &[&str]) -> (Project, Run) {
    let project = Project::new(&[]);
    let run = project.run(&[&["init", "--template", template, "--name", "shop"], &WHERE[..], more].concat());
    (project, run)
}

#[test]
fn every_template_is_a_project_without_findings() {
    for template in ["minimal", "site", "api", "events", "orders"] {
        let has_zone = !matches!(template, "minimal" | "events");
        for zone in [&[][..], &["--zone", "Z0123456789SHOP"]].into_iter().take(1 + usize::from(has_zone)) {
            let (project, run) = made(template, zone);
            assert_eq!(run.code, 0, "{template}: {}{}", run.stdout, run.stderr);
            assert!(run.stdout.starts_with("no findings in "), "{template}: {}", run.stdout);
            let next: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with("  infra ")).collect();
            assert_eq!(next.len(), 3, "{}", run.stdout);
            let synth = project.run(&["synth"]);
            assert_eq!((synth.code, synth.stderr.as_str()), (0, ""), "{template}");
            let check = project.run(&["check", "--deny-warnings"]);
            assert_eq!(check.stdout, run.stdout.lines().next().unwrap().to_owned() + "\n", "{template}");
            for path in ["infra.yaml", "stacks/dns.yaml"] {
                let Ok(text) = fs::read_to_string(project.path().join(path)) else { continue };
                let schema =
                    text.lines().next().and_then(|line| line.split_once("$schema=")).expect("it names a schema");
                let folder = project.path().join(path).parent().expect("a folder").to_owned();
                assert!(folder.join(schema.1).is_file(), "{template}: {}", schema.1);
                assert_eq!(text.contains("    existing: Z0123456789SHOP\n"), path != "infra.yaml" && !zone.is_empty());
            }
        }
    }
}

#[test]
fn a_zone_is_for_templates_that_have_one() {
    let (project, run) = made("minimal", &["--zone", "Z0123456789SHOP"]);
    assert!(run.code == 64 && run.stderr.contains("this template has no hosted zone"), "{}", run.stderr);
    assert!(!project.path().join("infra.yaml").exists());
}

#[test]
fn a_new_project_has_an_id_and_the_flags_are_in_it() {
    let (project, _) = made("events", &[]);
    let text = fs::read_to_string(project.path().join("infra.yaml")).expect("it is there");
    for part in ["project: shop\n", "account: \"123456789012\"", "region: eu-central-1", "domain: dev.shop.net"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let id = project.run(&["id"]).stdout;
    assert!(text.contains(&format!("\nid: {id}")), "{text}");
    let ignored = fs::read_to_string(project.path().join(".gitignore")).expect("it is there");
    assert_eq!(ignored, "/infra.out/\n/.infra/*\n!/.infra/schema/\n");
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let (project, _) = made("minimal", &[]);
    let again = project.run(&[&["init"], &WHERE[..]].concat());
    assert!(again.code == 64 && again.stderr.contains("has an infra.yaml already"), "{}", again.stderr);
    let project = Project::new(&[("stacks/main.yaml", "topics: {}\n"), (".gitignore", "/target")]);
    let run = project.run(&[&["init", "--name", "shop"], &WHERE[..]].concat());
    assert!(run.code == 64 && run.stderr.contains("main.yaml is there already"), "{}", run.stderr);
    assert!(!project.path().join("infra.yaml").exists());
    let run = project.run(&[&["init", "new/shop"], &WHERE[..]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("infra -C new/shop synth"), "{}", run.stdout);
}

#[test]
fn without_a_terminal_every_flag_that_is_missing_is_named() {
    let run = Run::of(infra().current_dir(Project::new(&[]).path()).args(["init", "shop", "--region", "eu-west-1"]));
    let wanted = "add --account 111122223333 --domain dev.example.com";
    assert!(run.code == 64 && run.stderr.contains(wanted), "{}", run.stderr);
    let run = Run::of(infra().args(["init", "shop", "--account", "12"]));
    assert!(run.code == 64 && run.stderr.contains("twelve digits"), "{}", run.stderr);
}

/// In a project that has all that the kind refers to: its own example.
#[test]
fn an_entry_of_every_kind_is_added_and_the_project_has_no_new_error() {
    let mut wrong = Vec::new();
    for kind in infra::kinds::KINDS {
        let project = Project::of_stack(kind.example);
        let run = project.run(&["new", kind.section, "another"]);
        let text = fs::read_to_string(project.path().join("stacks/main.yaml")).expect("it is there");
        let kept = kind.example.lines().all(|line| text.contains(line));
        // A database has one migration, and the example has it.
        if kind.section == "migrations" {
            assert!(
                run.code == 1 && run.stderr.contains("nothing was written") && text == kind.example,
                "{}",
                run.stderr
            );
            continue;
        }
        let check = project.run(&["check"]);
        if run.code != 0 || !text.contains("  another:") || !kept || check.code != 0 {
            wrong.push(format!("{}: {}{}{text}{}", kind.section, run.stdout, run.stderr, check.stdout));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn an_entry_says_what_each_key_is_for() {
    let project = Project::of_stack("# Ours.\nqueues:\n  jobs: {} # the first\n");
    let run = project.run(&["new", "queue", "invoices"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "stacks/main.yaml:4: queue `invoices`\n"), "{}", run.stderr);
    let text = fs::read_to_string(project.path().join("stacks/main.yaml")).expect("it is there");
    assert!(
        text.starts_with("# Ours.\nqueues:\n  jobs: {} # the first\n  # An SQS queue for one logical consumer"),
        "{text}"
    );
    assert!(text.contains("\n  invoices:\n") && text.contains("\n    # fifo: false  # Strict order"), "{text}");
    assert!(text.contains("    # visibility-timeout: 60  # How long"), "{text}");
}

#[test]
fn an_entry_that_cannot_be_added_is_refused_with_what_to_do() {
    let files = [
        ("infra.yaml", crate::project::ENVIRONMENT),
        ("stacks/one.yaml", "queues: { jobs: {} }\n"),
        ("stacks/two.yaml", "topics: {}\n"),
    ];
    let project = Project::new(&files);
    for (arguments, code, said) in [
        (&["queu", "a"][..], 64, "did you mean `queue`?"),
        (&["lambda", "a"], 64, "`raw` takes any type"),
        (&["queue", "A_b"], 64, "is not a name"),
        (&["queue", "more"], 64, "name the stack with `--stack`: it is one of one, two, or a new one"),
        (&["queue", "more", "--stack", "tow"], 64, "did you mean `two`?"),
        (&["queue", "jobs", "--stack", "stacks/one.yaml"], 64, "has a queue `jobs` already"),
        (
            &["vpc-link", "main", "--stack", "two"],
            64,
            "needs a network, and the project has none: `infra new network main`",
        ),
    ] {
        let run = project.run(&[&["new"], arguments].concat());
        assert!(run.code == code && run.stderr.contains(said), "{arguments:?}: {}{}", run.stdout, run.stderr);
    }
    for (path, text) in files {
        assert_eq!(fs::read_to_string(project.path().join(path)).expect("it is there"), text);
    }
    assert_eq!(project.run(&["new", "queue", "more", "--stack", "three"]).code, 0);
    assert!(fs::read_to_string(project.path().join("stacks/three.yaml")).expect("it is there").contains("  more:\n"));
    // Entries of other stacks are referred to with their stack.
    assert_eq!(project.run(&["new", "network", "main", "--stack", "one"]).code, 0);
    let run = project.run(&["new", "vpc-link", "main", "--stack", "two"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let text = fs::read_to_string(project.path().join("stacks/two.yaml")).expect("it is there");
    assert!(text.contains("    network: one.main\n"), "{text}");
}
