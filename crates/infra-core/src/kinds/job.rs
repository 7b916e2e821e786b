//! Jobs: programs that run to their end, once for each change or by a schedule.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cluster::Arch;
use super::workload::{
    self, BucketUse, Companion, DatabaseUse, Egress, Emitter, EnvValue, Identity, Mount, Once, Permission, Pod, Requests,
    SecretDelivery, SecretUse, Security, TableUse, Telemetry, Timing, Toleration, Volume, workload_kind,
};
use super::{Cluster, Kind, Queue, Service, Topic, check};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits::Bounds;
use crate::lower::Lowering;
use crate::model::Ref;
use crate::names::{ImageRef, KubernetesName, Name, Seconds};
use crate::resolve::Bound;
use crate::route;

/// The pages that say what these Jobs are.
const SOURCE: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/job/";
const CRON_SOURCE: &str = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/";

workload_kind! {
    /// A program that runs to its end: by a schedule, or once for each change.
    ///
    /// Without `schedule`, a Job of a new name runs whenever its image or anything else of it changes. `infra apply` waits
    /// for it before services and workers change; if it fails, they do not. It must do no harm when it runs twice.
    job Job {
        /// When it runs: five fields of cron, such as `0 3 * * *` for every night at three. Once for each change if not set.
        #[serde(default)]
        pub schedule: Option<String>,
        /// The time zone of the schedule, such as `Europe/Berlin`; UTC if not set. An hour that a change of the clocks
        /// leaves out or repeats leaves out or repeats runs.
        #[serde(default)]
        pub time_zone: Option<String>,
        /// What happens when a run is due while the last one still goes on; it is left out if not set.
        #[serde(default)]
        pub concurrency: Option<Concurrency>,
        /// How many runs that ended are kept to be looked at; 3 that succeeded and 1 that failed if not set.
        #[serde(default)]
        pub history: Option<History>,
        /// How late a run may start before it is left out; as late as it gets if not set. Unit: seconds. 10 to 86,400.
        #[serde(default)]
        pub deadline: Option<Seconds>,
        /// Whether no further run starts. Only with `schedule`.
        #[serde(default)]
        pub suspend: bool,
        /// How long all attempts of a run together may take. Unit: seconds. 10 to 604,800.
        #[serde(default = "an_hour")]
        pub time_limit: Seconds,
        /// How often a run that failed is tried again, after 10 seconds at first and twice as long each time. 0 to 20.
        #[serde(default = "three")]
        pub retries: u32,
    }
}

/// What happens when a run is due while the last one goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Concurrency {
    /// It is left out.
    #[default]
    Forbid,
    /// Both run.
    Allow,
    /// The last one is stopped.
    Replace,
}

/// How many runs that ended are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct History {
    /// Runs that succeeded. 0 to 100.
    pub succeeded: u32,
    /// Runs that failed. 0 to 100.
    pub failed: u32,
}

impl Default for History {
    fn default() -> Self {
        Self { succeeded: 3, failed: 1 }
    }
}

impl Concurrency {
    fn as_str(self) -> &'static str {
        match self {
            Self::Forbid => "Forbid",
            Self::Allow => "Allow",
            Self::Replace => "Replace",
        }
    }
}

fn an_hour() -> Seconds {
    Seconds::new(3_600)
}

fn three() -> u32 {
    3
}

impl Kind for Job {
    const SECTION: &'static str = "jobs";
    const NOUN: &'static str = "job";
    const PREFIX: &'static str = "Job";
    const EXAMPLE: &'static str = "
jobs:
  report:
    cluster: main
    image: ${env.account}.dkr.ecr.${env.region}.amazonaws.com/report:1.4.2
    args: [--yesterday]
    schedule: '0 3 * * *'
    time-zone: Europe/Berlin
    publishes: [reports]
topics:
  reports: {}
clusters:
  main:
    network: main
    node-groups: { general: {} }
    access:
      platform:
        principal: arn:aws:iam::${env.account}:role/platform-admin
        policies: { AmazonEKSClusterAdminPolicy: cluster }
networks:
  main: { cidr: 10.20.0.0/16 }
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        workload::check(entry, &Pod::of(entry).once(), diags);
        let mut bounds = |route: &crate::source::Route, value, (min, max), source| {
            check::bounds(entry, diags, route, value, (Bounds { min, max, default: min }, source));
        };
        bounds(&route!["time-limit"], entry.time_limit.get(), (10, 604_800), SOURCE);
        bounds(&route!["retries"], entry.retries, (0, 20), SOURCE);
        // The controller looks every ten seconds, and would leave out every run.
        if let Some(deadline) = entry.deadline {
            bounds(&route!["deadline"], deadline.get(), (10, 86_400), CRON_SOURCE);
        }
        if let Some(history) = entry.history {
            bounds(&route!["history", "succeeded"], history.succeeded, (0, 100), CRON_SOURCE);
            bounds(&route!["history", "failed"], history.failed, (0, 100), CRON_SOURCE);
        }
        if entry.schedule.is_none() {
            unscheduled(entry, diags);
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        let pod = Pod::of(entry).once();
        let mut out = Emitter::start(&pod, cx);
        out.foundation(&pod);
        let once = Once { time_limit: entry.time_limit, retries: entry.retries };
        match &entry.schedule {
            None => out.job(&pod, once),
            Some(schedule) => {
                let history = entry.history.unwrap_or_default();
                let timing = Timing {
                    schedule,
                    time_zone: entry.time_zone.as_deref().unwrap_or("Etc/UTC"),
                    concurrency: entry.concurrency.unwrap_or_default().as_str(),
                    deadline: entry.deadline,
                    kept: (history.succeeded, history.failed),
                    suspend: entry.suspend,
                };
                out.cron_job(&pod, once, &timing);
            }
        }
    }
}

/// Reports what only a schedule gives a meaning to.
fn unscheduled(entry: Bound<'_, Job>, diags: &mut Diagnostics) {
    let written = [
        ("time-zone", entry.time_zone.is_some()),
        ("concurrency", entry.concurrency.is_some()),
        ("history", entry.history.is_some()),
        ("deadline", entry.deadline.is_some()),
        ("suspend", entry.suspend),
    ];
    for (key, _) in written.iter().filter(|(_, is_there)| *is_there) {
        diags.push(
            Diagnostic::error("jobs/no-schedule", format!("`{key}` is about a schedule, and the job has none"))
                .at(entry.at(&route![*key]), "means nothing here")
                .help("add `schedule: '0 3 * * *'`, or remove the line: without one the job runs once for each change"),
        );
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde::Deserialize as _;
    use serde_yaml::Value;

    use super::*;
    use crate::kinds::testing::{compile, properties, report};

    const ONCE: &str = "    schedule: '0 3 * * *'\n    time-zone: Europe/Berlin\n";

    fn object(yaml: &str, kind: &str) -> Value {
        let assembly = compile(yaml);
        let documents = serde_yaml::Deserializer::from_slice(&assembly.files["kubernetes/main/shop/job-report.yaml"]);
        let mut objects = documents.map(|document| Value::deserialize(document).unwrap());
        objects.find(|object| object["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"))
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a snapshot")]
    fn a_schedule_makes_a_cron_job_with_all_that_a_service_has() {
        assert_snapshot!(serde_yaml::to_string(&object(Job::EXAMPLE, "CronJob")).unwrap(), @"
        apiVersion: batch/v1
        kind: CronJob
        metadata:
          name: report
          namespace: shop
          labels:
            app.kubernetes.io/name: report
            app.kubernetes.io/component: job
            app.kubernetes.io/part-of: shop
            app.kubernetes.io/version: 1.4.2
            app.kubernetes.io/managed-by: infra
        spec:
          schedule: 0 3 * * *
          timeZone: Europe/Berlin
          concurrencyPolicy: Forbid
          successfulJobsHistoryLimit: 3
          failedJobsHistoryLimit: 1
          jobTemplate:
            metadata:
              labels:
                app.kubernetes.io/name: report
                app.kubernetes.io/component: job
                app.kubernetes.io/part-of: shop
                app.kubernetes.io/version: 1.4.2
                app.kubernetes.io/managed-by: infra
            spec:
              backoffLimit: 3
              activeDeadlineSeconds: 3600
              template:
                metadata:
                  labels:
                    app.kubernetes.io/name: report
                    app.kubernetes.io/component: job
                    app.kubernetes.io/part-of: shop
                    app.kubernetes.io/version: 1.4.2
                    app.kubernetes.io/managed-by: infra
                spec:
                  serviceAccountName: report
                  automountServiceAccountToken: false
                  enableServiceLinks: false
                  restartPolicy: Never
                  nodeSelector:
                    kubernetes.io/arch: amd64
                    kubernetes.io/os: linux
                  securityContext:
                    runAsNonRoot: true
                    fsGroup: 65532
                    seccompProfile:
                      type: RuntimeDefault
                  containers:
                  - name: report
                    image: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/report:1.4.2
                    args:
                    - --yesterday
                    env:
                    - name: AWS_REGION
                      value: eu-west-1
                    - name: OTEL_PROPAGATORS
                      value: tracecontext,baggage,xray
                    - name: OTEL_RESOURCE_ATTRIBUTES
                      value: service.namespace=shop,deployment.environment.name=dev
                    - name: OTEL_SDK_DISABLED
                      value: 'true'
                    - name: OTEL_SERVICE_NAME
                      value: report
                    - name: REPORTS_TOPIC_ARN
                      value: ${output:shop-dev-example@eu-west-1:TopicReportsRef}
                    resources:
                      requests:
                        cpu: 250m
                        memory: 512Mi
                      limits:
                        memory: 512Mi
                    securityContext:
                      allowPrivilegeEscalation: false
                      readOnlyRootFilesystem: true
                      capabilities:
                        drop:
                        - ALL
                    volumeMounts:
                    - name: tmp
                      mountPath: /tmp
                    terminationMessagePolicy: FallbackToLogsOnError
                  volumes:
                  - name: tmp
                    emptyDir:
                      sizeLimit: 64Mi
        ");
        assert!(properties(Job::EXAMPLE, "JobReportRole").contains("sns:Publish"));
        assert!(object(Job::EXAMPLE, "NetworkPolicy")["spec"].get("ingress").is_none());
    }

    #[test]
    fn how_runs_meet_and_what_is_kept_of_them_is_as_written() {
        let yaml = Job::EXAMPLE.replace(
            "publishes:",
            "concurrency: replace\n    history: { succeeded: 0, failed: 5 }\n    deadline: 600\n    suspend: true\n    time-limit: 60\n    retries: 0\n    publishes:",
        );
        let spec = object(&yaml, "CronJob")["spec"].clone();
        assert_eq!((&spec["concurrencyPolicy"], &spec["startingDeadlineSeconds"]), (&"Replace".into(), &600.into()));
        assert_eq!((&spec["successfulJobsHistoryLimit"], &spec["failedJobsHistoryLimit"]), (&0.into(), &5.into()));
        let job = &spec["jobTemplate"]["spec"];
        assert_eq!((&spec["suspend"], &job["backoffLimit"], &job["activeDeadlineSeconds"]), (&true.into(), &0.into(), &60.into()));
    }

    #[test]
    fn without_a_schedule_a_job_of_a_new_name_runs_for_each_change() {
        let once = Job::EXAMPLE.replace(ONCE, "");
        let name = |yaml: &str| object(yaml, "Job")["metadata"]["name"].as_str().unwrap().to_owned();
        let first = name(&once);
        assert!(first.starts_with("report-") && first.len() == "report-".len() + 10, "{first}");
        assert_ne!(name(&once.replace("--yesterday", "--today")), first);
        assert_ne!(name(&once.replace("    publishes:", "    annotations: { a: b }\n    publishes:")), first);
        assert_eq!(name(&once.replace("cidr: 10.20.0.0/16", "cidr: 10.21.0.0/16")), first);
    }

    #[test]
    fn a_job_may_call_a_service_which_lets_it_in() {
        let yaml = Job::EXAMPLE.replace("publishes: [reports]", "calls: [orders]")
            + "services: { orders: { cluster: main, port: 8080, image: 'r.example.com/orders:1' } }\n";
        let assembly = compile(&yaml);
        let text = String::from_utf8_lossy(&assembly.files["kubernetes/main/shop/service-orders.yaml"]).into_owned();
        assert!(text.contains("app.kubernetes.io/component: job"), "{text}");
    }

    #[test]
    fn connections_of_jobs_count() {
        let yaml = Job::EXAMPLE.replace("publishes: [reports]", "database: { database: orders, pool: 5000 }")
            + "databases: { orders: { network: main } }\n";
        assert!(report(&yaml).contains("workloads/connections"), "{}", report(&yaml));
    }

    #[test]
    fn what_cannot_run_is_refused() {
        let lines = "time-limit: 5\n    retries: 21\n    deadline: 5\n    history: { failed: 101 }";
        assert_snapshot!(report(&Job::EXAMPLE.replace("publishes: [reports]", lines)), @"
        kinds/out-of-range: `time-limit` must be from 10 to 604800 <- `5` 5 is outside
        kinds/out-of-range: `retries` must be from 0 to 20 <- `21` 21 is outside
        kinds/out-of-range: `deadline` must be from 10 to 86400 <- `5` 5 is outside
        kinds/out-of-range: `failed` must be from 0 to 100 <- `101` 101 is outside
        ");
        let lines = "concurrency: allow\n    suspend: true";
        assert_snapshot!(report(&Job::EXAMPLE.replace("publishes: [reports]", lines).replace("    schedule: '0 3 * * *'\n", "")), @"
        jobs/no-schedule: `time-zone` is about a schedule, and the job has none <- `Europe/Berlin` means nothing here
        jobs/no-schedule: `concurrency` is about a schedule, and the job has none <- `allow` means nothing here
        jobs/no-schedule: `suspend` is about a schedule, and the job has none <- `true` means nothing here
        ");
        assert_snapshot!(report(&Job::EXAMPLE.replace("0 3 * * *", "0 25 * * *").replace("Europe/Berlin", "Berlin")), @"
        manifest/schedule: `spec.schedule` of CronJob `report` is no schedule of cron: it has the hour `25`; it is 0 to 23 <- `'0 25 * * *'` cannot be read
        manifest/value: `spec.timeZone` of CronJob `report` is `Berlin`, which is no name of a time zone <- `Berlin` not a time zone
        ");
    }
}
