//! What makes pods: selectors, strategies, restart policies, schedules.
//!
//! Source: `ValidateDeploymentSpec` and its neighbours in `pkg/apis/apps/validation` and `pkg/apis/batch/validation` of
//! <https://github.com/kubernetes/kubernetes>; <https://kubernetes.io/docs/concepts/workloads/> (read 2026-11-30).

use super::report::{Mistake, Report};
use super::{law_tables, laws, pods, values};
use crate::artifacts::Expr;
use crate::facts::time_zones::{is_time_zone, time_zones};
use crate::view::{Prop, Selector};

/// Checks a workload and its pods.
pub(super) fn check(report: &mut Report<'_, '_>) {
    let object = report.object;
    match object.kind() {
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => selector(report),
        "CronJob" => cron_job(report),
        "Job" => {
            if let Some(spec) = object.get("spec") {
                job(spec, report);
            }
        }
        _ => {}
    }
    match object.kind() {
        "Deployment" => {
            strategy(report);
            deadline(report);
        }
        "DaemonSet" => update_of_nodes(report),
        _ => {}
    }
    restart_policy(report);
    if let Some(pods) = object.pods() {
        pods::check(&pods, report);
    }
    for claim in object.each("spec.volumeClaimTemplates") {
        super::storage::claim(&claim, report);
    }
}

fn selector(report: &mut Report<'_, '_>) {
    let object = report.object;
    let Some(selector) = object.get("spec.selector").filter(Prop::is_object) else { return };
    let is_empty = !selector.entries().any(|(_, part)| part.entries().next().is_some() || part.is_list());
    if is_empty {
        let help = "write `matchLabels` with labels of the pods";
        let says = "is empty: it must select the pods of the template";
        report.no(selector, Mistake::new("manifest/selector", says, "selects nothing", help).of_key());
        return;
    }
    let Some(template) = object.get("spec.template").filter(Prop::is_object) else { return };
    let labels = template.get("metadata.labels");
    let are_known = |prop: Option<Prop<'_>>| prop.is_none_or(|prop| holes(prop.expr()) == 0);
    if !are_known(Some(selector)) || !are_known(labels) {
        return;
    }
    let Some(pods) = object.pods() else { return };
    if Selector(selector).matches(&pods.labels()) {
        return;
    }
    let at = labels.unwrap_or(template).at();
    let help = "give `spec.template.metadata.labels` what the selector asks for";
    let says = "does not match the labels of its own pods";
    let mistake = Mistake::new("manifest/selector", says, "asks for other labels", help);
    report.no(selector, mistake.of_key().also(at, "the labels of the pods"));
}

/// How many texts below a value are not known yet.
fn holes(expr: &Expr) -> usize {
    match expr {
        Expr::Object(object) => {
            object.iter().map(|(key, value)| usize::from(values::has_hole(key)) + holes(value)).sum()
        }
        Expr::List(items) => items.iter().map(holes).sum(),
        Expr::Text(text) => usize::from(values::has_hole(text)),
        Expr::Absent | Expr::Bool(_) | Expr::Int(_) | Expr::Float(_) => 0,
        Expr::Ref(_) | Expr::Att(..) | Expr::Call(..) | Expr::Parameter(_) | Expr::Pseudo(_) | Expr::Concat(_) => 1,
    }
}

/// Whether a count or share is certainly none.
fn is_zero(prop: Option<Prop<'_>>, default: bool) -> bool {
    prop.map_or(default, |prop| prop.text().is_some_and(|text| values::share(&text) == Some(0)))
}

/// Checks a count or a share such as `25%`.
pub(super) fn share<'v>(prop: Prop<'v>, most: u32, report: &mut Report<'v, '_>) {
    let Some(text) = values::known(Some(prop)) else { return };
    let is_good = match values::share(&text) {
        Some(share) => !text.ends_with('%') || share <= most,
        None => false,
    };
    if !is_good {
        let says = format!("is `{text}`, neither a count nor a share");
        report.no(prop, Mistake::new("manifest/value", says, "not a share", "write `1` or `25%`"));
    }
}

fn strategy(report: &mut Report<'_, '_>) {
    let object = report.object;
    let rolling = object.get("spec.strategy.rollingUpdate").filter(Prop::is_object);
    let recreates = object.get("spec.strategy.type").is_some_and(|kind| kind.is("Recreate"));
    let Some(rolling) = rolling else { return };
    if recreates {
        let help = "remove `rollingUpdate`, or write `type: RollingUpdate`";
        let says = "does not go with `type: Recreate`";
        report.no(rolling, Mistake::new("manifest/not-together", says, "not allowed here", help).of_key());
        return;
    }
    let (surge, unavailable) = (rolling.key("maxSurge"), rolling.key("maxUnavailable"));
    surge.into_iter().for_each(|prop| share(prop, u32::MAX, report));
    unavailable.into_iter().for_each(|prop| share(prop, 100, report));
    if is_zero(surge, false) && is_zero(unavailable, false) {
        let help = "write `maxSurge: 1`";
        let says = "has `maxSurge` and `maxUnavailable` 0: a rollout may neither add nor remove a pod";
        report.no(rolling, Mistake::new("manifest/value", says, "nothing may change", help).of_key());
    }
}

fn deadline(report: &mut Report<'_, '_>) {
    let object = report.object;
    let (ready, deadline) = (object.get("spec.minReadySeconds"), object.get("spec.progressDeadlineSeconds"));
    let seconds = |prop: Option<Prop<'_>>, default| prop.map_or(Some(default), |prop| prop.int());
    let (Some(wait), Some(limit)) = (seconds(ready, 0), seconds(deadline, 600)) else { return };
    if limit <= wait
        && let Some(prop) = deadline.or(ready)
    {
        let says = format!("makes the deadline of {limit} seconds no longer than the {wait} that a pod must be ready");
        report.no(prop, Mistake::new("manifest/value", says, "ends too early", "write a longer deadline"));
    }
}

fn update_of_nodes(report: &mut Report<'_, '_>) {
    let Some(rolling) = report.object.get("spec.updateStrategy.rollingUpdate").filter(Prop::is_object) else { return };
    let (surge, unavailable) = (rolling.key("maxSurge"), rolling.key("maxUnavailable"));
    surge.into_iter().for_each(|prop| share(prop, 100, report));
    unavailable.into_iter().for_each(|prop| share(prop, 100, report));
    let (no_surge, none_away) = (is_zero(surge, true), is_zero(unavailable, false));
    let says = match (no_surge, none_away) {
        (true, true) => "has `maxSurge` and `maxUnavailable` 0: an update may neither add nor remove a pod",
        (false, false) if surge.is_some_and(|it| it.is_known()) => {
            "has `maxSurge` beside a `maxUnavailable` other than 0, which is 1 where it is not written"
        }
        _ => return,
    };
    let help = "write one of the two, and 0 for the other";
    report.no(rolling, Mistake::new("manifest/not-together", says, "one of the two is 0", help).of_key());
}

fn restart_policy(report: &mut Report<'_, '_>) {
    let object = report.object;
    let Some(spec) = object.pods().and_then(|pods| pods.spec()).filter(Prop::is_object) else { return };
    let policy = spec.key("restartPolicy");
    let kind = object.kind();
    match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => {
            let Some(policy) = policy.filter(|it| it.is_one_of(&["Never", "OnFailure"])) else { return };
            let says = format!("is `{}`; the pods of a {kind} are always restarted", policy.text().unwrap_or_default());
            let fix = policy.replace("Always");
            report.no(policy, Mistake::new("manifest/value", says, "only `Always` here", "write `Always`").fix(fix));
        }
        "Job" | "CronJob" => {
            let help = "write `restartPolicy: Never` or `OnFailure`";
            match policy {
                None => {
                    let says = format!("has no `restartPolicy`, which means `Always`: the pods of a {kind} must end");
                    report
                        .no(spec, Mistake::new("manifest/missing-field", says, "pods would never end", help).of_key());
                }
                Some(policy) if policy.is("Always") => {
                    let says = format!("is `Always`; the pods of a {kind} must end");
                    report.no(policy, Mistake::new("manifest/value", says, "pods would never end", help));
                }
                Some(_) => {}
            }
        }
        _ => {}
    }
}

fn cron_job(report: &mut Report<'_, '_>) {
    let object = report.object;
    if let Some(schedule) = object.get("spec.schedule")
        && let Some(fault) = values::known(Some(schedule)).and_then(|text| values::schedule_fault(&text))
    {
        let help = "write the five fields of cron, such as `*/5 * * * *`";
        let says = format!("is no schedule of cron: it {fault}");
        report.no(schedule, Mistake::new("manifest/schedule", says, "cannot be read", help));
    }
    if let Some(zone) = object.get("spec.timeZone") {
        time_zone(zone, report);
    }
    if let Some(spec) = object.get("spec.jobTemplate.spec") {
        job(spec, report);
    }
}

/// The zone of a schedule. Of a name that is near none and looks like one, a later database may know more.
fn time_zone<'v>(zone: Prop<'v>, report: &mut Report<'v, '_>) {
    let Some(text) = values::known(Some(zone)).filter(|text| !is_time_zone(text)) else { return };
    let near = crate::diag::suggest(&text, time_zones());
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write a name such as `Europe/Vienna`".to_owned(),
    };
    let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+-".contains(&b));
    let place = text.split_once('/').map(|(place, _)| format!("{place}/"));
    let is_place = |place: &String| time_zones().any(|zone| zone.starts_with(place));
    let is_sure = !is_plain || near.is_some() || !place.as_ref().is_some_and(is_place);
    let says = format!("is `{text}`, which is no name of a time zone");
    let mistake = Mistake::new("manifest/value", says, "not a time zone", help);
    report.no(zone, if is_sure { mistake } else { mistake.warning().because("a later database may have it") });
}

/// Rules of failure that name no container, no index or no failure.
fn failures<'v>(spec: Prop<'v>, report: &mut Report<'v, '_>) {
    let names = spec.each("template.spec.containers").chain(spec.each("template.spec.initContainers"));
    let names: Vec<String> = names.filter_map(|it| it.key("name")).map(|name| name.pattern()).collect();
    for rule in spec.each("podFailurePolicy.rules") {
        if let Some(name) = rule.get("onExitCodes.containerName")
            && values::known(Some(name)).is_some_and(|text| !names.iter().any(|it| *it == *text || it.contains('*')))
        {
            let says = format!("is `{}`, which is no container of the pod", name.pattern());
            report.no(name, Mistake::new("manifest/value", says, "no such container", "name a container"));
        }
        if let Some(action) = rule.key("action").filter(|it| it.is("FailIndex"))
            && spec.key("backoffLimitPerIndex").is_none()
        {
            let says = "is `FailIndex` without `backoffLimitPerIndex`";
            report.no(action, Mistake::new("manifest/missing-field", says, "no index fails", "add the limit"));
        }
        let is_in = rule.get("onExitCodes.operator").is_some_and(|it| it.is("In"));
        if let Some(code) = rule.each("onExitCodes.values").find(|code| is_in && code.int() == Some(0)) {
            let says = "is 0, which is no failure";
            report.no(code, Mistake::new("manifest/value", says, "no failure", "remove it"));
        }
    }
}

fn job<'v>(spec: Prop<'v>, report: &mut Report<'v, '_>) {
    laws::apply(law_tables::JOBS, spec, report);
    failures(spec, report);
    let manual = spec.key("manualSelector").is_some_and(|it| it.bool() != Some(false));
    if let Some(selector) = spec.key("selector").filter(|_| !manual) {
        let help = "remove it: the selector of a Job is made for it";
        let says = "is written without `manualSelector`";
        report.no(selector, Mistake::new("manifest/selector", says, "is not to be written", help).of_key());
    }
    let mode = spec.key("completionMode");
    let is_indexed = mode.is_some_and(|mode| mode.is("Indexed"));
    if let Some(mode) = mode.filter(|_| is_indexed && spec.key("completions").is_none()) {
        let says = "is `Indexed` without `completions`";
        report.no(
            mode,
            Mistake::new("manifest/missing-field", says, "needs a number of completions", "add `completions`"),
        );
    }
    if mode.is_none_or(|mode| mode.is("NonIndexed"))
        && let Some(limit) = spec.key("backoffLimitPerIndex")
    {
        let says = "goes with `completionMode: Indexed` only";
        report.no(
            limit,
            Mistake::new("manifest/not-together", says, "has no index", "add `completionMode: Indexed`").of_key(),
        );
    }
    let pod = spec.get("template.spec");
    if let Some(policy) = spec.key("podFailurePolicy")
        && pod.and_then(|pod| pod.key("restartPolicy")).is_some_and(|it| it.is("OnFailure"))
    {
        let says = "goes with `restartPolicy: Never` only";
        report.no(
            policy,
            Mistake::new("manifest/not-together", says, "never asked", "write `restartPolicy: Never`").of_key(),
        );
    }
}
