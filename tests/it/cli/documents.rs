//! `infra check PATH…`: documents that others wrote.

use std::fs;

use serde_json::Value;

use crate::project::{Project, Run};

/// A queue that FIFO tracing, region and names say nothing about, and a topic with one mistake.
const TOPIC: &str = "Resources:
  Events:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: orders.fifo
      FifoTopic: true
      TracingConfig: Active   # kept
";

fn found(run: &Run) -> Vec<String> {
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}{}", run.stdout, run.stderr));
    let place = |finding: &Value| {
        let label = &finding["labels"][0];
        format!("{} {}:{}:{}", finding["id"], label["path"], label["line"], label["column"]).replace('"', "")
    };
    report["diagnostics"].as_array().expect("there is a list").iter().map(place).collect()
}

fn folder(files: &[(&str, &str)]) -> Project {
    Project::new(files)
}

fn check(project: &Project, arguments: &[&str]) -> Run {
    project.run(&[&["check", "--format", "json", "--today", "2026-11-23"], arguments].concat())
}

#[test]
fn templates_are_checked_without_a_project() {
    let project = folder(&[("a.yaml", TOPIC)]);
    let run = check(&project, &["a.yaml"]);
    assert_eq!((run.code, found(&run)), (0, vec!["observability/fifo-topic-tracing a.yaml:7:22".to_owned()]));
    assert_eq!(check(&project, &["a.yaml", "--deny-warnings"]).code, 1);
    let human = project.run(&["check", "a.yaml"]);
    assert!(human.stdout.ends_with("\n1 warning in 1 stack\n"), "{}", human.stdout);
    assert_eq!(human.stderr, "");
}

#[test]
fn json_and_yaml_find_the_same() {
    let json = r#"{ "Resources": { "Events": { "Type": "AWS::SNS::Topic", "Properties": { "TopicName": "orders.fifo", "FifoTopic": true,
  "TracingConfig": "Active" } } } }"#;
    let project = folder(&[("a.json", json)]);
    assert_eq!(found(&check(&project, &["a.json"])), ["observability/fifo-topic-tracing a.json:2:20"]);
}

#[test]
fn an_assembly_of_the_cdk_says_regions_and_accounts() {
    let edge = "Resources: { Alerts: { Type: AWS::SNS::Topic } }\nOutputs: { Alerts: { Value: !Ref Alerts, Export: { Name: alerts } } }\n";
    let home = "Resources:\n  Mail:\n    Type: AWS::SNS::Subscription\n    Properties: { TopicArn: !ImportValue alerts, Protocol: email, \
                Endpoint: a@example.com }\n";
    let artifact = |name: &str, region: &str| {
        format!(
            r#""{name}": {{ "type": "aws:cloudformation:stack", "environment": "aws://111122223333/{region}", "properties": {{ "templateFile": "{name}.template.json" }} }}"#
        )
    };
    let manifest = |region: &str| {
        format!(
            r#"{{ "version": "48.0.0", "artifacts": {{ {}, {} }} }}"#,
            artifact("edge", "us-east-1"),
            artifact("home", region)
        )
    };
    let files = |region: &str| {
        let project = folder(&[("cdk.out/edge.template.json", edge), ("cdk.out/home.template.json", home)]);
        project.write("cdk.out/manifest.json", manifest(region));
        project.write("cdk.out/asset.1234/package.json", "{}");
        project
    };
    let wrong = check(&files("eu-west-1"), &["cdk.out"]);
    assert_eq!(found(&wrong), ["cloudformation/import-across-regions cdk.out/home.template.json:4:29"]);
    assert_eq!(found(&check(&files("us-east-1"), &["cdk.out"])), [""; 0]);
}

#[test]
fn templates_and_manifests_are_one_deployment() {
    let identity = "Resources:\n  Orders:\n    Type: AWS::EKS::PodIdentityAssociation\n    Properties: { ClusterName: main, Namespace: \
                    shop, ServiceAccount: orders, RoleArn: 'arn:aws:iam::111122223333:role/orders' }\n";
    let class = "apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\nmetadata: { name: orders, namespace: shop }\n\
                 spec: { provider: aws, parameters: { objects: '[]' } }\n---\napiVersion: v1\nkind: Pod\nmetadata: { name: orders, \
                 namespace: shop }\nspec:\n  serviceAccountName: orders\n  containers: [{ name: a, image: registry.example.com/a:1 }]\n  \
                 volumes: [{ name: s, csi: { driver: secrets-store.csi.k8s.io, volumeAttributes: { secretProviderClass: orders } } }]\n";
    let project = folder(&[("t.yaml", identity), ("k.yaml", class)]);
    let both = found(&check(&project, &["t.yaml", "k.yaml"]));
    assert!(both.contains(&"security/pod-identity-secrets k.yaml:3:19".to_owned()), "{both:?}");
    let alone = found(&check(&project, &["k.yaml"]));
    assert!(!alone.iter().any(|finding| finding.starts_with("security/pod-identity")), "{alone:?}");
}

#[test]
fn every_branch_of_a_condition_is_checked() {
    let text = "Parameters:\n  Trace: { Type: String, Default: 'no', AllowedValues: ['yes', 'no'] }\nConditions:\n  On: !Equals [!Ref \
                Trace, 'yes']\nResources:\n  Events:\n    Type: AWS::SNS::Topic\n    Properties:\n      FifoTopic: true\n      TopicName: \
                orders.fifo\n      TracingConfig: !If [On, Active, PassThrough]\n";
    let project = folder(&[("a.yaml", text)]);
    let run = check(&project, &["a.yaml"]);
    assert_eq!(found(&run), ["observability/fifo-topic-tracing a.yaml:11:31"]);
    assert!(run.stdout.contains("with Trace=yes"), "{}", run.stdout);
}

#[test]
fn metadata_and_annotations_accept_findings() {
    let allowed = TOPIC.replace(
        "    Properties:",
        "    Metadata: { infra: { allow: [{ rule: OBS-003, reason: seen }] } }\n    Properties:",
    );
    let project = folder(&[("a.yaml", &allowed)]);
    assert_eq!(found(&check(&project, &["a.yaml"])), [""; 0]);
    project.write("a.yaml", allowed.replace("OBS-003", "OBS-002"));
    let ids: Vec<String> = found(&check(&project, &["a.yaml"]));
    assert!(ids.iter().any(|id| id.starts_with("allow/unused")), "{ids:?}");
    project.write("a.yaml", allowed.replace("reason: seen", "resaon: seen"));
    assert!(found(&check(&project, &["a.yaml"])).iter().any(|id| id.starts_with("allow/unreadable")));
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations:\n    infra.dev/allow: '[{ rule: OBS-002, reason: seen }]'\n\
               spec:\n  containers:\n    - { name: a, image: registry.example.com/a:1, env: [{ name: OTEL_PROPAGATORS, value: xray }] }\n";
    let project = folder(&[("k.yaml", pod)]);
    let left = found(&check(&project, &["k.yaml"]));
    assert!(!left.iter().any(|id| id.starts_with("observability/") || id.starts_with("allow/")), "{left:?}");
}

#[test]
fn levels_of_the_project_around_hold() {
    let project = Project::of_stack("queues: {}\n");
    project.write("templates/a.yaml", TOPIC);
    let yaml = fs::read_to_string(project.path().join("infra.yaml")).expect("there is a project");
    project.write("infra.yaml", format!("lints: {{ OBS-003: error }}\n{yaml}"));
    assert_eq!(check(&project, &["templates"]).code, 1);
}

#[test]
fn fixes_change_one_value_of_a_template() {
    let project = folder(&[("a.yaml", TOPIC)]);
    let run = project.run(&["check", "--fix", "a.yaml"]);
    assert_eq!(
        (run.code, run.stdout.as_str(), run.stderr.as_str()),
        (0, "no findings in 1 stack\n", "a.yaml: 1 fix\n")
    );
    let text = fs::read_to_string(project.path().join("a.yaml")).expect("there is a template");
    assert_eq!(text, TOPIC.replace("Active", "PassThrough"));
}

#[test]
fn a_misspelt_property_is_underlined_and_renamed() {
    let yaml = "Resources: { Q: { Type: AWS::SNS::Topic, Properties: { TopicNme: a } } }\n";
    let project = folder(&[
        ("a.yaml", yaml),
        ("a.json", r#"{ "Resources": { "Q": { "Type": "AWS::SNS::Topic", "Properties": { "TopicNme": "b" } } } }"#),
    ]);
    assert_eq!(found(&check(&project, &["a.yaml"])), ["schema/unknown-property a.yaml:1:56"]);
    let run = project.run(&["check", "--fix", "a.yaml", "a.json"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let read = |name: &str| fs::read_to_string(project.path().join(name)).expect("there is a template");
    assert!(read("a.yaml").contains("{ TopicName: a }"), "{}", read("a.yaml"));
    assert!(read("a.json").contains(r#"{ "TopicName": "b" }"#), "{}", read("a.json"));
}

#[test]
fn what_cannot_be_read_is_said() {
    let project = folder(&[("a.yaml", "Resorces: {}\n"), ("empty/readme.txt", "")]);
    assert_eq!(found(&check(&project, &["a.yaml"])), ["foreign/unknown-document a.yaml:1:1"]);
    for arguments in [["missing.yaml"], ["empty"]] {
        let run = check(&project, &arguments);
        assert_eq!((run.code, run.stdout.as_str()), (64, ""), "{arguments:?}");
    }
    assert_eq!(check(&project, &["a.yaml", "--env", "dev"]).code, 64);
    assert_eq!(check(&project, &["--region", "eu-west-1"]).code, 64);
}
