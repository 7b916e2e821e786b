//! `observability/xray-daemon`: the X-Ray daemon and SDKs are in maintenance.

use crate::names::Date;
use crate::rules::prelude::*;

/// The day on which the X-Ray SDKs and the daemon entered maintenance.
///
/// Source: <https://docs.aws.amazon.com/xray/latest/devguide/xray-sdk-daemon-timeline.html> (read 2026-11-22).
const MAINTENANCE: Date = Date::of(2026, 2, 25);

pub(super) const RULE: Rule = Rule {
    id: "observability/xray-daemon",
    code: "OBS-004",
    severity: Severity::Warning,
    phase: Phase::Calendar,
    title: "X-Ray daemon is in maintenance",
    why: "the X-Ray SDKs and the daemon have been in maintenance since 2026-02-25 and get security fixes only; \
          OpenTelemetry is their successor",
    error: None,
    sources: &["https://docs.aws.amazon.com/xray/latest/devguide/xray-sdk-daemon-timeline.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: tracing.yaml
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: xray, namespace: tracing }
spec:
  selector: { matchLabels: { app: xray } }
  template:
    metadata: { labels: { app: xray } }
    spec:
      containers:
        - name: daemon
          image: public.ecr.aws/xray/aws-xray-daemon:3.3.14
#                ^
"#,
    good: &[(
        "public.ecr.aws/xray/aws-xray-daemon:3.3.14",
        "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.0",
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    if view.today().is_none_or(|today| today < MAINTENANCE) {
        return;
    }
    let pods = view.objects().filter_map(|object| object.pods()).flat_map(|pods| pods.containers());
    let in_pods = pods.filter_map(|container| container.get("image"));
    let tasks = view.of("AWS::ECS::TaskDefinition").flat_map(|task| task.each("ContainerDefinitions"));
    let in_tasks = tasks.filter_map(|container| container.get("Image"));
    for image in in_pods.chain(in_tasks) {
        if image.pattern().contains("aws-xray-daemon") {
            cx.report(
                image
                    .finding("the X-Ray daemon is in maintenance", "this image runs it")
                    .help("run the AWS Distro for OpenTelemetry collector with its `awsxray` exporter instead"),
            );
        }
    }
}
