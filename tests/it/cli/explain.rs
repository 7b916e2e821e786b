//! `infra explain`.

use crate::project::{Run, infra};

fn explain(word: &str) -> Run {
    Run::of(infra().args(["explain", word]))
}

#[test]
fn a_rule_is_explained_by_id_or_code_in_any_case() {
    let by_id = explain("acm/edge-certificate-region");
    assert_eq!((by_id.code, by_id.stderr.as_str()), (0, ""));
    for part in ["ACM-001", "us-east-1", "Sources:", "Bad:", "Good:", "allow:", "lints:"] {
        assert!(by_id.stdout.contains(part), "{part}: {}", by_id.stdout);
    }
    assert_eq!(explain("acm-001").stdout, by_id.stdout);
    assert_eq!(explain("ACM/Edge-certificate-region").stdout, by_id.stdout);
}

#[test]
fn a_finding_that_is_no_rules_is_explained() {
    let run = explain("source/duplicate-key");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("written twice") && run.stdout.contains("always an error"), "{}", run.stdout);
}

#[test]
fn an_unknown_word_is_wrong_usage_with_a_suggestion() {
    let run = explain("source/duplicat-key");
    assert_eq!((run.code, run.stdout.as_str()), (64, ""));
    assert!(run.stderr.contains("did you mean `source/duplicate-key`"), "{}", run.stderr);
    assert!(explain("zzz").stderr.contains("`infra rules` lists the rules"));
}

#[test]
fn keys_of_our_files_fields_of_objects_and_approvals_are_explained() {
    let run = explain("queues.dead-letter.retention");
    assert!(run.code == 0 && run.stdout.contains("Default: `1209600`."), "{}", run.stdout);
    assert!(explain("environments.region").stdout.contains("(in infra.yaml)"));
    // A section of ours, and a kind of Kubernetes.
    assert!(explain("services").stdout.contains("(in a stack file)"));
    assert!(explain("services.spec.clusterIP").stdout.contains("(v1): text"));
    assert!(explain("deployments.spec").stdout.contains("(apps/v1)"));
    assert!(explain("stack-adoption").stdout.contains("It is asked for always"));
    let run = explain("deploymnt.spec");
    assert!(run.code == 64 && run.stderr.contains("did you mean `deployment.spec`?"), "{}", run.stderr);
    assert!(explain("queus.fifo").stderr.contains("did you mean `queues.fifo`?"));
    assert!(explain("queues.fif").stderr.contains("did you mean `fifo`?"));
}
