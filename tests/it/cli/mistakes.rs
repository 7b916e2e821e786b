//! Wrong input: each mistake is reported where it is, with what to do, and nothing is written.

use serde_json::Value;

use crate::project::{ENVIRONMENT, Project};

/// A stack file with one mistake and what must be said about it: id, line, column, words of the report.
type Case = (&'static str, &'static [u8], &'static str, u64, u64, &'static [&'static str]);

const CASES: &[Case] = &[
    ("unknown key", b"queues:\n  a: { dealy: 5 }\n", "source/unknown-key", 2, 8, &["dealy", "did you mean `delay`"]),
    ("duplicate key", b"queues:\n  a: {}\n  a: {}\n", "source/duplicate-key", 3, 3, &["a"]),
    ("wrong type", b"queues:\n  a: { delay: soon }\n", "source/wrong-type", 2, 15, &["number"]),
    ("unknown section", b"queus:\n  a: {}\n", "model/unknown-section", 1, 1, &["did you mean `queues`"]),
    (
        "unknown section that is near nothing",
        b"topics: { t: {} }\nlambda-functions:\n  a: {}\n",
        "model/unknown-section",
        2,
        1,
        &["the sections are", "`raw`"],
    ),
    (
        "unknown key of an entry",
        b"queues:\n  a: { colour: red }\n",
        "source/unknown-key",
        2,
        8,
        &["`delay`", "`renamed-from`, `tags`, `overrides`, `allow`"],
    ),
    ("key of every entry", b"queues:\n  a: { tag: { a: b } }\n", "source/unknown-key", 2, 8, &["did you mean `tags`"]),
    (
        "missing key that is misspelt",
        b"vpc-links:\n  a: { netwrok: main }\n",
        "source/unknown-key",
        2,
        8,
        &["`network`"],
    ),
    ("bad name", b"queues:\n  A_b: {}\n", "model/bad-name", 2, 3, &["A_b"]),
    (
        "unknown reference",
        b"queues: { pay: {} }\ntopics:\n  t:\n    subscriptions: { x: { queue: pya } }\n",
        "resolve/unknown-reference",
        4,
        34,
        &["pya", "did you mean `pay`"],
    ),
    (
        "wrong kind of reference",
        b"topics:\n  t:\n    subscriptions: { x: { queue: t } }\n",
        "resolve/wrong-kind",
        3,
        34,
        &["`t` is a topic, not a queue"],
    ),
    (
        "unknown stack",
        b"topics:\n  t:\n    subscriptions: { x: { queue: man.q } }\n",
        "resolve/unknown-stack",
        3,
        34,
        &["`man`", "did you mean `main`"],
    ),
    ("tab", b"queues:\n\ta: {}\n", "source/tab", 2, 1, &["tab", "spaces"]),
    ("not a number", b"queues:\n  a: { delay: .nan }\n", "source/wrong-type", 2, 15, &["number"]),
    ("empty file", b"", "source/empty-file", 0, 0, &["empty"]),
    ("comments only", b"# nothing\n", "source/empty-file", 0, 0, &["empty"]),
    ("not UTF-8", b"queues:\n  a: { delay: \xff }\n", "source/not-utf-8", 2, 15, &["UTF-8"]),
    ("tag", b"raw:\n  a: { type: 'A::B::C', properties: { X: !Ref Y } }\n", "source/tag", 2, 42, &["!Ref"]),
    ("merge key", b"queues:\n  a: &a { delay: 5 }\n  b: { <<: *a }\n", "source/merge-key", 3, 8, &["overlay"]),
    ("second document", b"queues: {}\n---\nqueues: {}\n", "source/second-document", 2, 1, &["one document"]),
    (
        "unknown variable",
        b"hosted-zones:\n  a: { domain: '${env.domian}' }\n",
        "source/unknown-variable",
        2,
        16,
        &["env.domain"],
    ),
    ("out of range", b"queues:\n  a: { visibility-timeout: 50000 }\n", "kinds/out-of-range", 2, 28, &["43200"]),
    ("list instead of mapping", b"- queues\n", "model/not-a-mapping", 1, 3, &["mapping"]),
];

fn report(project: &Project) -> (Value, i32) {
    let run = project.run(&["synth", "--format", "json"]);
    let report =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr));
    (report, run.code)
}

/// A line or column; 0 where the whole file is meant.
fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

fn findings(report: &Value) -> Vec<Value> {
    report["diagnostics"]["diagnostics"].as_array().cloned().unwrap_or_default()
}

#[test]
fn a_stack_has_no_name_that_is_kept_for_what_infra_remembers() {
    for name in ["owned", "owned-2"] {
        let path = format!("stacks/{name}.yaml");
        let project = Project::new(&[("infra.yaml", ENVIRONMENT), (&path, "queues: { jobs: {} }\n")]);
        let (report, code) = report(&project);
        let found = findings(&report);
        assert_eq!((code, found.len()), (1, 1), "{report}");
        assert_eq!(found[0]["id"], "model/stack-file-name", "{report}");
        assert!(
            found[0]["title"].as_str().is_some_and(|title| title.contains("remembers what is its own")),
            "{report}"
        );
    }
}

#[test]
fn each_mistake_is_reported_where_it_is() {
    let mut wrong = Vec::new();
    for (name, stack, id, line, column, words) in CASES {
        let project = Project::new(&[("infra.yaml", ENVIRONMENT)]);
        project.write("stacks/main.yaml", stack);
        let (report, code) = report(&project);
        let found = findings(&report);
        let matches = found.iter().any(|finding| {
            let label = finding["labels"].as_array().into_iter().flatten().find(|label| label["primary"] == true);
            let text = finding.to_string();
            finding["id"] == *id
                && label.is_some_and(|label| number(&label["line"]) == *line && number(&label["column"]) == *column)
                && words.iter().all(|word| text.contains(word))
        });
        if !matches || code != 1 || project.path().join("infra.out").exists() {
            wrong.push(format!("{name} (exit {code}): {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_mistakes_of_a_run_are_reported() {
    let project = Project::new(&[
        ("infra.yaml", ENVIRONMENT),
        ("stacks/a.yaml", "queues:\n  one: { dealy: 5, retention: x }\n  two: { delay: 5000 }\n"),
        ("stacks/b.yaml", "topics:\n  t: { subscriptions: { x: { queue: nowhere } } }\n  u: { displayname: x }\n"),
    ]);
    let (report, code) = report(&project);
    let mut ids: Vec<String> = findings(&report).iter().map(|finding| finding["id"].to_string()).collect();
    ids.sort();
    let wanted = [
        "kinds/out-of-range",
        "resolve/unknown-reference",
        "source/unknown-key",
        "source/unknown-key",
        "source/wrong-type",
    ];
    assert_eq!(ids, wanted.map(|id| format!("\"{id}\"")));
    assert_eq!(code, 1);
}

#[test]
fn an_entry_that_cannot_be_read_makes_no_reference_to_it_wrong() {
    let project =
        Project::of_stack("queues:\n  q: { dealy: 5 }\ntopics:\n  t: { subscriptions: { x: { queue: q } } }\n");
    let (report, _) = report(&project);
    assert_eq!(findings(&report).len(), 1);
}

#[test]
fn an_account_that_looks_octal_is_explained() {
    let project = Project::of_stack("queues: { a: {} }\n");
    project.write("infra.yaml", ENVIRONMENT.replace("\"111122223333\"", "011122223333"));
    let (report, code) = report(&project);
    let text = findings(&report)[0].to_string();
    assert!(text.contains("\\\"011122223333\\\""), "{text}");
    assert_eq!(code, 1);
}

#[test]
fn a_bomb_of_aliases_and_a_huge_file_end_in_reports() {
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (name, before) in ('b'..='j').zip('a'..) {
        let item = format!("*{before}, ");
        bomb.push_str(&format!("{name}: &{name} [{}]\n", item.repeat(10)));
    }
    let huge = "# ten megabytes\n".repeat(700_000);
    for (text, id) in [(bomb, "source/too-many-copies"), (huge, "source/too-large")] {
        let project = Project::new(&[("infra.yaml", ENVIRONMENT)]);
        project.write("stacks/main.yaml", &text);
        let (report, code) = report(&project);
        let ids: Vec<String> = findings(&report).iter().map(|finding| finding["id"].to_string()).collect();
        assert!(ids.contains(&format!("\"{id}\"")), "{ids:?}");
        assert_eq!(code, 1);
    }
}

#[test]
fn the_report_says_which_file_a_value_came_from() {
    let project = Project::of_stack("queues:\n  a: { delay: 5 }\n");
    project.write("infra.yaml", ENVIRONMENT.replace(" }", ", overlays: [overlays/dev.yaml] }"));
    project.write("overlays/dev.yaml", "main:\n  queues:\n    a: { delay: 5000 }\n");
    let run = project.run(&["synth"]);
    assert!(run.stderr.contains("--> overlays/dev.yaml:3:17"), "{}", run.stderr);
}

#[test]
fn no_colour_reaches_a_pipe() {
    let run = Project::of_stack("queus: {}\n").run(&["synth"]);
    assert!(!run.stderr.contains('\u{1b}'), "{:?}", run.stderr);
}

/// The titles of what `infra check` finds in a project.
fn titles(files: &[(&str, &str)]) -> Vec<String> {
    let project = Project::new(files);
    let run = project.run(&["check", "--format", "json"]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    let report: Value = serde_json::from_str(&run.stdout).expect("a report");
    let all = report["diagnostics"].as_array().cloned().unwrap_or_default();
    let errors = all.iter().filter(|it| it["severity"] == "error");
    errors.map(|it| it["title"].as_str().expect("a title").to_owned()).collect()
}

const DEV: &str =
    "project: shop\nenvironments:\n  dev: { account: \"111122223333\", region: eu-west-1, domain: example.com }\n";

#[test]
fn a_mistake_in_one_file_hides_none_of_another() {
    let misspelt = "queues:\n  jobs: { visibilty-timeout: 30 }\n";
    let broken = "queues:\n  a: {\n";
    let found = titles(&[
        ("infra.yaml", &DEV.replace("eu-west-1", "eu-west-9").replace("project: shop", "project: Shop")),
        ("stacks/a.yaml", broken),
        ("stacks/b.yaml", misspelt),
        ("stacks/c.yaml", "topics:\n  t: { subscriptions: { x: { queue: a.missing }, y: { queue: nothing } } }\n"),
    ]);
    let has = |part: &str| found.iter().any(|title| title.contains(part));
    for part in ["eu-west-9", "Shop", "visibilty-timeout", "there is no queue `nothing`"] {
        assert!(has(part), "{part}: {found:?}");
    }
    assert!(!has("missing"), "what an unreadable file holds is not known: {found:?}");
    assert_eq!(found.len(), 5, "{found:?}");
}

#[test]
fn what_follows_from_a_mistake_is_not_said() {
    let refers = "topics:\n  t: { subscriptions: { x: { queue: jobs } } }\n";
    let one = |section: &str| titles(&[("infra.yaml", DEV), ("stacks/a.yaml", &format!("{section}{refers}"))]);
    assert_eq!(one("queue:\n  jobs: {}\n"), ["unknown section `queue`"]);
    assert_eq!(one("queues: [jobs]\n"), ["`queues` must be a mapping of names to entries"]);
    let variable = "records:\n  r: { zone: z, name: 'a.${env.dmain}', values: { a: [192.0.2.1] } }\nhosted-zones: { z: { domain: '${env.domain}' } }\n";
    assert_eq!(titles(&[("infra.yaml", DEV), ("stacks/a.yaml", variable)]), ["unknown variable `env.dmain`"]);
    // A name is suggested that was written in an entry with a mistake of its own.
    let project = Project::new(&[
        ("infra.yaml", DEV),
        ("stacks/a.yaml", &format!("queues:\n  jobs: {{ delai: 1 }}\n{}", refers.replace("jobs", "job"))),
    ]);
    let said = project.run(&["check"]).stdout;
    assert!(said.contains("did you mean `jobs`?") && !said.contains("has none"), "{said}");
}

#[test]
fn an_overlay_that_is_not_there_is_named_where_the_project_names_it() {
    let yaml = DEV.replace("example.com }", "example.com, overlays: [overlays/dev.yaml] }");
    let project = Project::new(&[("infra.yaml", &yaml), ("stacks/a.yaml", "queues: { jobs: { delai: 1 } }\n")]);
    let run = project.run(&["check"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stdout.contains("there is no file `overlays/dev.yaml`"), "{}", run.stdout);
    assert!(run.stdout.contains("--> infra.yaml:3:") && run.stdout.contains("delai"), "{}", run.stdout);
}

#[test]
fn a_bad_reference_hides_nothing_that_the_schemas_say_of_raw_resources() {
    let project = Project::of_stack(
        "topics:\n  events: { subscriptions: { jobs: { queue: jbs } } }\nqueues:\n  jobs: { dead-letter: { enabled: false } }\n\
         raw:\n  p: { type: 'AWS::SSM::Parameter', properties: { Type: Strin, Value: x, Nam: /a } }\n",
    );
    let run = project.run(&["check"]);
    assert_eq!(run.code, 1);
    for said in ["there is no queue `jbs`", "`Type` of `RawP` is `Strin`", "`RawP` has no property `Nam`"] {
        assert!(run.stdout.contains(said), "{said}: {}", run.stdout);
    }
    assert!(!run.stdout.contains("warning["), "{}", run.stdout);
}
