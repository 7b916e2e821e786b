//! `infra check`.

use std::fs;

use serde_json::Value;

use crate::project::{ENVIRONMENT, Project, Run, infra};

/// A site whose certificate is in the wrong region, and nothing else wrong, with more keys of the entry.
fn site(more: &str) -> String {
    let site = "raw:
  site:
    type: AWS::CloudFront::Distribution
    properties:
      DistributionConfig:
        Enabled: true
        Origins: [{ Id: files, DomainName: files.example.net, CustomOriginConfig: { OriginProtocolPolicy: https-only } }]
        DefaultCacheBehavior:
          TargetOriginId: files
          ViewerProtocolPolicy: redirect-to-https
          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
        ViewerCertificate:
          AcmCertificateArn: arn:aws:acm:eu-west-1:111122223333:certificate/6d3c1e0b-4c1e-4a0b-8d3f-1f2e3d4c5b6a
          SslSupportMethod: sni-only
          MinimumProtocolVersion: TLSv1.2_2021
";
    format!("{site}{more}")
}

fn two_environments(stack: &str) -> Project {
    let two = format!("{ENVIRONMENT}  prod: {{ account: \"444455556666\", region: eu-west-1, domain: example.com }}\n");
    Project::new(&[("infra.yaml", &two), ("stacks/main.yaml", stack)])
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
}

fn ids(run: &Run) -> Vec<String> {
    let report = json(run);
    let findings = report["diagnostics"].as_array().expect("there is a list");
    findings.iter().map(|finding| format!("{} {}", finding["id"], finding["severity"]).replace('"', "")).collect()
}

const FORMATS: [&str; 6] = ["human", "json", "sarif", "github", "junit", "markdown"];

#[test]
fn without_findings_every_format_says_what_was_checked_and_exits_with_0() {
    let project = Project::of_stack("queues:\n  jobs: {}\n");
    for format in FORMATS {
        let run = project.run(&["check", "--format", format]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{format}");
        assert!(!run.stdout.is_empty(), "{format}");
    }
    assert_eq!(project.run(&["check"]).stdout, "no findings in 1 stack of dev\n");
}

#[test]
fn a_finding_is_in_every_format_and_makes_the_run_fail() {
    let project = two_environments(&site(""));
    for format in FORMATS {
        let run = project.run(&["check", "--format", format]);
        assert_eq!(run.code, 1, "{format}: {}", run.stderr);
        let text = run.stdout + &run.stderr;
        for part in ["acm/edge-certificate-region", "stacks/main.yaml"] {
            assert!(text.contains(part), "{format}: {text}");
        }
    }
    let run = project.run(&["check"]);
    assert!(run.stdout.ends_with("\n1 error in 2 stacks of dev, prod\n"), "{}", run.stdout);
    assert!(run.stdout.contains("acm/edge-certificate-region (ACM-001)"), "{}", run.stdout);
    assert!(run.stdout.contains("found in: dev, prod"), "{}", run.stdout);
    assert_eq!(run.stderr, "", "findings are the result");
}

#[test]
fn a_report_can_go_to_a_file() {
    let project = two_environments(&site(""));
    let run = project.run(&["check", "--format", "json", "--output", "report.json"]);
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (1, "", "1 error in 2 stacks of dev, prod\n"));
    let text = fs::read_to_string(project.path().join("report.json")).expect("there is a report");
    assert_eq!(serde_json::from_str::<Value>(&text).expect("it is JSON")["counts"]["errors"], 1);
}

#[test]
fn mistakes_of_loading_are_reported_too() {
    let run = Project::of_stack("queues:\n  jobs: { dealy: 5 }\n").run(&["check", "--format", "json"]);
    assert_eq!((run.code, ids(&run)), (1, vec!["source/unknown-key error".to_owned()]));
}

#[test]
fn levels_are_set_by_id_or_code() {
    let project = Project::of_stack(&site(""));
    let run = |lints: &str, arguments: &[&str]| {
        project.write("infra.yaml", format!("lints: {lints}\n{ENVIRONMENT}"));
        project.run(&[&["check", "--format", "json"], arguments].concat())
    };
    let lowered = run("{ ACM-001: warning }", &[]);
    assert_eq!((lowered.code, ids(&lowered)), (0, vec!["acm/edge-certificate-region warning".to_owned()]));
    assert_eq!(run("{ ACM-001: warning }", &["--deny-warnings"]).code, 1);
    assert_eq!(ids(&run("{ acm/edge-certificate-region: off }", &[])), [""; 0]);
    assert_eq!(ids(&run("{ acm/edge-certificat-region: off }", &[]))[0], "lints/unknown error");
    assert_eq!(ids(&run("{ source/tab: off }", &[]))[0], "lints/by-nature error");
}

#[test]
fn what_is_allowed_is_not_reported_and_what_is_wrong_with_it_is() {
    let run = |allow: &str, today: &str| {
        let project = two_environments(&site(&format!("    allow: [{allow}]\n")));
        ids(&project.run(&["check", "--format", "json", "--today", today]))
    };
    let rule = "acm/edge-certificate-region error";
    assert_eq!(run("{ rule: acm-001, reason: moved next week, until: 2027-01-31 }", "2027-01-31"), [""; 0]);
    assert_eq!(run("{ rule: ACM-001, reason: x, until: 2027-01-31 }", "2027-02-01"), [rule, "allow/expired error"]);
    assert_eq!(run("{ rule: ACM-001, reason: '' }", "2026-11-23"), ["allow/no-reason error"]);
    assert_eq!(run("{ rule: ACM-01, reason: x }", "2026-11-23"), [rule, "allow/unknown-rule error"]);
    assert_eq!(run("{ rule: ACM-001 }", "2026-11-23"), ["source/missing-key error"]);
    let project = Project::of_stack("queues:\n  q: { allow: [{ rule: ACM-001, reason: x }] }\n");
    assert_eq!(ids(&project.run(&["check", "--format", "json"])), ["allow/unused warning"]);
}

#[test]
fn what_is_allowed_stops_no_synth() {
    let project = Project::of_stack(&site(""));
    assert_eq!(project.run(&["synth"]).code, 1);
    project.write("stacks/main.yaml", site("    allow: [{ rule: ACM-001, reason: x }]\n"));
    let run = project.run(&["synth"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

#[test]
fn fixes_change_the_files_and_nothing_else_in_them() {
    let text = "# comment\r\nqueues:\n  jobs: { dealy: 5 }   # kept\n  späte: {}\n";
    let project = two_environments(&text.replace("späte", "\"late\""));
    let patch = project.run(&["check", "--fix", "--dry-run"]);
    assert_eq!((patch.code, patch.stderr.as_str()), (0, "no findings in 2 stacks of dev, prod\n"));
    assert!(patch.stdout.contains("+  jobs: { delay: 5 }   # kept"), "{}", patch.stdout);
    let read = || fs::read_to_string(project.path().join("stacks/main.yaml")).expect("the file is readable");
    assert!(read().contains("dealy"), "a dry run writes nothing");
    let run = project.run(&["check", "--fix", "--format", "json"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, "stacks/main.yaml: 1 fix\n"));
    assert_eq!(ids(&run), [""; 0]);
    assert_eq!(read(), text.replace("dealy", "delay").replace("späte", "\"late\""));
    assert_eq!(project.run(&["check", "--fix"]).stderr, "nothing to fix\n");
}

#[test]
fn wrong_usage_is_64() {
    let project = Project::of_stack("queues: {}\n");
    let wrong: [&[&str]; 4] = [
        &["check", "--today", "soon"],
        &["check", "--dry-run"],
        &["check", "--format", "xml"],
        &["check", "--fix", "--dry-run", "--format", "json"],
    ];
    for arguments in wrong {
        assert_eq!(project.run(arguments).code, 64, "{arguments:?}");
    }
}

#[test]
fn the_bundled_platform_and_every_example_are_silent() {
    for (project, _) in crate::project::bundled() {
        let run = Run::of(infra().args(["check", "--today", "2026-11-23", "-C"]).arg(&project));
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", project.display());
        assert!(run.stdout.starts_with("no findings in "), "{}: {}", project.display(), run.stdout);
    }
}
