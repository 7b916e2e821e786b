//! `observability/collector-identity`: a collector that exports to X-Ray may write there.

use crate::rules::prelude::*;

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
    check: Check::Resources(&["AWS::EKS::PodIdentityAssociation"], check),
};

fn check(cx: &mut Cx<'_>, association: Resource<'_>) {
    let (Some(namespace), Some(account)) = (association.get("Namespace"), association.get("ServiceAccount")) else {
        return;
    };
    let Some(role) = association.get("RoleArn").and_then(|role| role.resource_of("AWS::IAM::Role")) else { return };
    let Some(collector) = collector(association.view(), &namespace, &account) else { return };
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

/// The image of a collector of AWS's distribution that runs as a service account.
fn collector<'v>(view: &'v View<'v>, namespace: &Prop<'v>, account: &Prop<'v>) -> Option<Prop<'v>> {
    let workloads = view.objects().filter(|object| namespace.is(&object.namespace()));
    let pods = workloads.filter_map(|object| object.pods()).filter(|pods| account.is(&pods.service_account()));
    let images = pods.flat_map(|pods| pods.containers()).filter_map(|container| container.get("image"));
    images.into_iter().find(|image| image.pattern().contains("aws-otel-collector"))
}
