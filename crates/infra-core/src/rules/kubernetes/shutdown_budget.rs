//! `kubernetes/shutdown-budget`: the grace period covers the shutdown.

use std::borrow::Cow;

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/shutdown-budget",
    code: "K8S-015",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "pods are killed before their preparation to stop is over",
    why: "the grace period starts with the preStop hook; when it is over the process is killed, whatever it is \
          doing",
    error: None,
    sources: &["https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination"],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      terminationGracePeriodSeconds: 30
      containers:
        - name: orders
          image: registry.example.com/orders:1.4.2
          lifecycle:
            preStop:
              sleep:
                seconds: 40
#                        ^
"#,
    good: &[("terminationGracePeriodSeconds: 30", "terminationGracePeriodSeconds: 70")],
    check: Check::Objects(&["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"], check),
};

/// The grace period of pods that do not say another. Unit: seconds.
const DEFAULT: i64 = 30;

fn check(cx: &mut Cx<'_>, workload: Object<'_>) {
    let Some(pods) = workload.pods() else { return };
    let written = pods.get("terminationGracePeriodSeconds");
    let Some(grace) = written.map_or(Some(DEFAULT), |grace| grace.int()) else { return };
    for container in pods.main() {
        let Some((place, seconds)) = container.get("lifecycle.preStop").and_then(|hook| pause(&hook)) else { continue };
        if seconds < grace {
            continue;
        }
        let at = written.map_or_else(|| workload.at(), |grace| grace.at());
        cx.report(
            place
                .finding(format!("`{}` is killed while it still waits", container.name()), format!("{seconds} s"))
                .also(at, format!("killed after {grace} s"))
                .help(format!("set `terminationGracePeriodSeconds` to {seconds} plus the longest request")),
        );
    }
}

/// How long a hook certainly waits, in seconds.
fn pause<'v>(hook: &Prop<'v>) -> Option<(Prop<'v>, i64)> {
    if let Some(sleep) = hook.get("sleep.seconds") {
        return Some((sleep, sleep.int()?));
    }
    let command = hook.get("exec.command")?;
    let words: Vec<String> = command.items().filter_map(|word| word.text()).map(Cow::into_owned).collect();
    let line = words.join(" ");
    let mut parts = line.split_whitespace().skip_while(|word| !word.ends_with("sleep"));
    parts.next()?;
    Some((command, parts.next()?.trim_end_matches([';', 's']).parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn a_shell_that_sleeps_waits_too() {
        let text = RULE
            .bad_example()
            .replace("sleep:\n                seconds: 40\n", "exec: { command: [sh, -c, \"sleep 45; true\"] }\n");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from(["`orders` is killed while it still waits"]));
    }

    #[test]
    fn the_default_grace_period_counts() {
        let text = RULE
            .bad_example()
            .replace("      terminationGracePeriodSeconds: 30\n", "")
            .replace("seconds: 40", "seconds: 20");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from([]));
    }
}
