//! `infra rules`.

use serde_json::Value;

use crate::project::{Run, infra};

fn rules(arguments: &[&str]) -> Run {
    Run::of(infra().arg("rules").args(arguments))
}

#[test]
fn rules_are_listed_for_people_programs_and_documents() {
    let count = infra::rules::all().count();
    let human = rules(&[]);
    assert_eq!((human.code, human.stderr.as_str()), (0, ""));
    assert_eq!(human.stdout.lines().count(), count + 1);
    let json: Value = serde_json::from_str(&rules(&["--format", "json"]).stdout).expect("it is JSON");
    assert_eq!(json["rules"].as_array().map(Vec::len), Some(count));
    assert_eq!(rules(&["--format", "markdown"]).stdout.lines().count(), count + 2);
}

#[test]
fn rules_can_be_chosen() {
    let own = rules(&["--service", "acm", "--severity", "error"]);
    assert_eq!(own.code, 0, "{}", own.stderr);
    assert!(own.stdout.contains("ACM-001"), "{}", own.stdout);
    assert!(rules(&["--severity", "advice"]).stdout.lines().all(|line| !line.contains("ACM-001")));
    let run = rules(&["--service", "amc"]);
    assert_eq!(run.code, 64);
    assert!(run.stderr.contains("did you mean `acm`"), "{}", run.stderr);
}
