//! `kubernetes/foreign-resource`: workloads use the resources of their own environment.

use std::collections::BTreeMap;

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/foreign-resource",
    code: "K8S-024",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "workload names the resource of another environment",
    why: "the deployment makes a topic or queue of this name, yet the environment of the workload names the \
          one of another account or region, by hand",
    error: None,
    sources: &[
        "https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html",
    ],
    evidence: Evidence::Memory,
    bad: r#"
#: messaging.yaml
Resources:
  Events:
    Type: AWS::SNS::Topic
    Properties: { TopicName: order-events, KmsMasterKeyId: alias/aws/sns }
#: orders.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      containers:
        - name: orders
          image: registry.example.com/orders:1.4.2
          env:
            - name: ORDER_EVENTS_TOPIC_ARN
              value: arn:aws:sns:eu-west-1:444455556666:order-events
#                    ^
"#,
    good: &[("444455556666", "111122223333")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let mut known: BTreeMap<(&str, String), Vec<Resource<'_>>> = BTreeMap::new();
    for (service, kind) in
        [("sns", "AWS::SNS::Topic"), ("sqs", "AWS::SQS::Queue"), ("dynamodb", "AWS::DynamoDB::Table")]
    {
        for resource in view.of(kind) {
            if let Some(name) = resource.name() {
                known.entry((service, name.into_owned())).or_default().push(resource);
            }
        }
    }
    if known.is_empty() {
        return;
    }
    let containers = view.objects().filter_map(|object| object.pods()).flat_map(|pods| pods.containers());
    for (_, value) in containers.flat_map(|container| container.envs()) {
        let Some(text) = value.text().filter(|text| text.starts_with("arn:")) else { continue };
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let &[_, _, service, region, account, name] = parts.as_slice() else { continue };
        let name = name.strip_prefix("table/").unwrap_or(name);
        let Some(own) = known.get(&(service, name.to_owned())) else { continue };
        let differs = |resource: &Resource<'_>| {
            resource.region().is_some_and(|home| home.as_str() != region)
                || resource.stack().account().is_some_and(|home| home.as_str() != account)
        };
        let Some(first) = own.first().filter(|_| own.iter().all(differs)) else { continue };
        cx.report(
            value
                .finding(format!("`{name}` of another account or region is meant"), format!("{account} in {region}"))
                .also(first.at(), "this deployment has its own")
                .help("refer to the resource of this deployment"),
        );
    }
}
