//! Autoscalers and disruption budgets.
//!
//! Source: `pkg/apis/autoscaling/validation` and `pkg/apis/policy/validation` of
//! <https://github.com/kubernetes/kubernetes>; for KEDA <https://keda.sh/docs/latest/reference/scaledobject-spec/>
//! (read 2026-11-30).

use super::report::{Mistake, Report};
use super::workloads::share;
use crate::view::Prop;

/// The block of each type of metric.
const METRICS: [(&str, &str); 5] = [
    ("ContainerResource", "containerResource"),
    ("External", "external"),
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
];

/// Types of metrics that only pods give.
const OF_EACH_POD: [&str; 3] = ["ContainerResource", "Pods", "Resource"];

/// Checks a `HorizontalPodAutoscaler`.
pub(super) fn autoscaler(report: &mut Report<'_, '_>) {
    let object = report.object;
    order("spec.minReplicas", "spec.maxReplicas", 1, report);
    let from_outside = |metric: Prop<'_>| metric.key("type").is_none_or(|it| !it.is_one_of(&OF_EACH_POD));
    if let Some(least) = object.get("spec.minReplicas").filter(|least| least.int() == Some(0))
        && !object.each("spec.metrics").any(from_outside)
    {
        let says = "is 0, and no metric is measured without a pod";
        report.no(least, Mistake::new("manifest/range", says, "out of range", "write 1, or more"));
    }
    for metric in object.each("spec.metrics").filter(Prop::is_object) {
        let Some((_, block)) = metric.key("type").and_then(|kind| METRICS.into_iter().find(|(name, _)| kind.is(name)))
        else {
            continue;
        };
        let Some(source) = metric.key(block) else {
            report.missing(metric, block, "is what its `type` says");
            continue;
        };
        let Some(target) = source.key("target") else { continue };
        let is_share = target.key("averageUtilization").filter(|_| !matches!(block, "resource" | "containerResource"));
        if let Some(prop) = is_share {
            let says = "is a share of a request, which only resources have";
            report.no(
                prop,
                Mistake::new("manifest/not-together", says, "not allowed here", "write `averageValue`").of_key(),
            );
        }
    }
}

/// What the webhook of KEDA says.
const WEBHOOK: &str = "the webhook of KEDA refuses the object";

/// Triggers that measure the pods themselves, of which one must run.
const OF_PODS: [&str; 2] = ["cpu", "memory"];

/// Checks a `ScaledObject` or `ScaledJob` of KEDA, whose webhook refuses it.
pub(super) fn scaled_object(report: &mut Report<'_, '_>) {
    order("spec.minReplicaCount", "spec.maxReplicaCount", 0, report);
    triggers(report);
    let object = report.object;
    let (idle, least) = (object.get("spec.idleReplicaCount"), object.get("spec.minReplicaCount"));
    let number = |prop: Option<Prop<'_>>, default| prop.map_or(Some(default), |prop| prop.int());
    if let Some(prop) = idle
        && let (Some(idle), Some(least)) = (number(Some(prop), 0), number(least, 0))
        && idle >= least
    {
        let says = format!("is {idle}, not below `minReplicaCount` {least}");
        let mistake =
            Mistake::new("manifest/value", says, "not below the smallest", "write 0, and `minReplicaCount: 1`");
        report.no(prop, mistake.because(WEBHOOK));
    }
}

fn triggers(report: &mut Report<'_, '_>) {
    let object = report.object;
    let Some(list) = object.get("spec.triggers").filter(Prop::is_list) else { return };
    let triggers: Vec<Prop<'_>> = list.items().filter(Prop::is_object).collect();
    if list.items().next().is_none() {
        let mistake = Mistake::new("manifest/missing-field", "is empty", "nothing to scale by", "add a trigger");
        report.no(list, mistake.of_key().because(WEBHOOK));
        return;
    }
    for (at, trigger) in triggers.iter().enumerate() {
        let Some(name) = trigger.key("name").filter(|name| name.text().is_some_and(|text| !text.is_empty())) else {
            continue;
        };
        let earlier = triggers.iter().take(at).filter_map(|it| it.key("name"));
        if let Some(first) = earlier.into_iter().find(|it| it.is_same(&name)) {
            let says = format!("is `{}`, as an earlier trigger", name.pattern());
            let mistake = Mistake::new("manifest/twice", says, "the same once more", "give it another name");
            report.no(name, mistake.because(WEBHOOK).also(first.at(), "the first one"));
        }
    }
    let of_pods = |trigger: &Prop<'_>| trigger.key("type").is_some_and(|kind| kind.is_one_of(&OF_PODS));
    let least = object.get("spec.minReplicaCount");
    if object.kind() == "ScaledObject"
        && triggers.iter().all(of_pods)
        && least.is_none_or(|least| least.int() == Some(0))
    {
        let says = "has triggers for CPU and memory only, and lets the last pod go: without a pod nothing is measured";
        let mistake = Mistake::new("manifest/value", says, "measures pods", "write `minReplicaCount: 1` or more");
        report.no(least.unwrap_or(list), mistake.of_key().because(WEBHOOK));
    }
}

/// Checks that the smallest number is not above the largest one.
fn order(low: &str, high: &str, default: i64, report: &mut Report<'_, '_>) {
    let object = report.object;
    let Some(most) = object.get(high) else { return };
    let least = object.get(low);
    let (Some(from), Some(to)) = (least.map_or(Some(default), |it| it.int()), most.int()) else { return };
    let place = least.unwrap_or(most);
    if from > to {
        let name = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
        let says = format!("makes `{}` {from}, above `{}` {to}", name(low), name(high));
        let mistake = Mistake::new("manifest/range", says, "above the largest", "swap them, or raise the largest");
        report.no(place, mistake.also(most.at(), "the largest"));
    }
}

/// Checks a `PodDisruptionBudget`.
pub(super) fn budget(report: &mut Report<'_, '_>) {
    let object = report.object;
    let (least, most) = (object.get("spec.minAvailable"), object.get("spec.maxUnavailable"));
    if let (Some(least), Some(most)) = (least, most) {
        let says = "stands beside `minAvailable`; a budget has one of `minAvailable` and `maxUnavailable`";
        let mistake = Mistake::new("manifest/not-together", says, "two numbers", "remove one of the two").of_key();
        report.no(most, mistake.also(least.at(), "the other"));
    }
    [least, most].into_iter().flatten().for_each(|prop| share(prop, 100, report));
}
