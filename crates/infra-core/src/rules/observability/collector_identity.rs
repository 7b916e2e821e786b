//! `observability/collector-identity`: a collector that exports to X-Ray may write there.

use crate::rules::prelude::*;
use crate::view::Pods;

pub(super) const RULE: Rule = Rule {
    id: "observability/collector-identity",
    code: "OBS-005",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "trace collector has no role that may write to X-Ray",
    why: "the `awsxray` exporter calls xray:PutTraceSegments with the pod's role; without the permission every span is \
          dropped",
    error: Some("AccessDeniedException: User is not authorized to perform: xray:PutTraceSegments"),
    sources: &[
        "https://docs.aws.amazon.com/xray/latest/devguide/security_iam_id-based-policy-examples.html",
        "https://aws-otel.github.io/docs/introduction",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: identity.yaml
Resources:
  CollectorRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: pods.eks.amazonaws.com }
            Action: [sts:AssumeRole, sts:TagSession]
      Policies:
        - PolicyName: metrics
#                     ^
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - { Effect: Allow, Action: cloudwatch:PutMetricData, Resource: "*" }
  CollectorIdentity:
    Type: AWS::EKS::PodIdentityAssociation
    Properties: { ClusterName: main, Namespace: tracing, ServiceAccount: collector, RoleArn: !GetAtt CollectorRole.Arn }
#: collector.yaml
apiVersion: v1
kind: ServiceAccount
metadata: { name: collector, namespace: tracing }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: collector, namespace: tracing }
spec:
  selector: { matchLabels: { app: collector } }
  template:
    metadata: { labels: { app: collector } }
    spec:
      serviceAccountName: collector
      containers:
        - name: collector
          image: public.ecr.aws/aws-observability/aws-otel-collector:v0.43.0
"#,
    good: &[("Action: cloudwatch:PutMetricData", "Action: [xray:PutTraceSegments, xray:PutTelemetryRecords]")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let collectors: Vec<(Pods<'_>, Prop<'_>)> =
        view.objects().filter_map(|object| object.pods()).filter_map(|pods| Some((pods, image(&pods)?))).collect();
    for (pods, image) in collectors {
        let is_its = |association: &Resource<'_>| {
            let is = |path, wanted: &str| association.get(path).is_some_and(|written| written.is(wanted));
            is("Namespace", &pods.workload.namespace()) && is("ServiceAccount", &pods.service_account())
        };
        for association in view.of("AWS::EKS::PodIdentityAssociation").filter(is_its) {
            check_role(cx, &association, &image);
        }
    }
}

fn check_role(cx: &mut Cx<'_>, association: &Resource<'_>, collector: &Prop<'_>) {
    let Some(role) = association.get("RoleArn").and_then(|role| role.resource_of("AWS::IAM::Role")) else { return };
    let attached = !role.managed_policies().is_empty() || role.each("ManagedPolicyArns").any(|arn| !arn.is_known());
    let statements = role.identity_statements();
    let may = statements.iter().any(|it| it.allows() && it.covers("xray:PutTraceSegments"));
    if may || attached || statements.is_empty() {
        return;
    }
    let place = role.each("Policies").next().and_then(|policy| policy.key("PolicyName")).unwrap_or(role.properties());
    cx.report(
        place
            .finding("the collector's role may not write traces", "no statement allows xray:PutTraceSegments")
            .also(collector.at(), "this container exports traces with the role")
            .help("allow xray:PutTraceSegments and xray:PutTelemetryRecords, or attach AWSXRayDaemonWriteAccess"),
    );
}

/// The image of a collector of AWS's distribution, if the pods run one.
fn image<'v>(pods: &Pods<'v>) -> Option<Prop<'v>> {
    let mut images = pods.containers().filter_map(|container| container.get("image"));
    images.find(|image| image.pattern().contains("aws-otel-collector"))
}
