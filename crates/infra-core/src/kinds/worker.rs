//! Workers: Deployments that take messages from queues.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::workload::{
    self, BucketUse, Companion, DatabaseUse, Egress, Emitter, EnvValue, Health, Identity, Ingress, Lifecycle, Mount,
    Permission, Pod, Replicas, Requests, Rollout, Scaler, SecretDelivery, SecretUse, Security, Shutdown, TableUse,
    Telemetry, Toleration, Volume, workload_kind,
};
use super::cluster::Arch;
use super::{Cluster, Kind, Queue, Service, Topic};
use crate::diag::{Diagnostic, Diagnostics};
use crate::lower::Lowering;
use crate::model::Ref;
use crate::names::{ImageRef, KubernetesName, Name, Port, Seconds};
use crate::resolve::Bound;
use crate::route;

workload_kind! {
    /// A Deployment that takes messages from queues; nothing reaches it over the network but probes.
    deployment Worker {
        /// Queues it takes messages from; each gives a variable `<NAME>_QUEUE_URL`.
        pub consumes: Vec<Ref<Queue>>,
        /// Whether it puts messages that it can never work off into the dead-letter queues of those itself, with the reason,
        /// instead of taking them until SQS does; each gives a variable `<NAME>_DEAD_LETTER_QUEUE_URL`.
        #[serde(default)]
        pub rejects: bool,
        /// Longest time that a message takes. Unit: seconds. The queues hide a message for at least as long, and a pod
        /// that stops is given that time.
        #[serde(default = "default_processing")]
        pub processing_time: Seconds,
        /// Messages that one pod takes at a time and works off one after the other. 1 to 10.
        #[serde(default = "one")]
        pub batch: u32,
        /// What decides the number of pods.
        #[serde(default)]
        pub scaling: Scaling,
    }
}

/// What decides the number of a worker's pods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Scaling {
    /// The length of the queues, by KEDA: one pod for this many messages.
    Queues {
        /// Messages for which one pod is wanted. From 1.
        messages_per_pod: u32,
    },
    /// CPU time. A worker that waits for others grows a backlog without using any.
    Cpu,
}

impl Default for Scaling {
    fn default() -> Self {
        Self::Queues { messages_per_pod: 10 }
    }
}

fn default_processing() -> Seconds {
    Seconds::new(30)
}

fn one() -> u32 {
    1
}

impl Kind for Worker {
    const SECTION: &'static str = "workers";
    const NOUN: &'static str = "worker";
    const PREFIX: &'static str = "Worker";
    const EXAMPLE: &'static str = "
workers:
  payment:
    cluster: main
    image: ${env.account}.dkr.ecr.${env.region}.amazonaws.com/payment:1.4.2
    consumes: [payment]
    processing-time: 60
    replicas: { min: 0, max: 10 }
queues:
  payment: { visibility-timeout: 90 }
clusters:
  main:
    network: main
    node-groups: { general: {} }
    provided-by:
      keda: { by: Helm release keda of the platform team }
    access:
      platform:
        principal: arn:aws:iam::${env.account}:role/platform-admin
        policies: { AmazonEKSClusterAdminPolicy: cluster }
networks:
  main: { cidr: 10.20.0.0/16 }
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        workload::check(entry, &pod(entry), diags);
        if entry.consumes.is_empty() {
            diags.push(
                Diagnostic::error("workers/no-queue", "a worker must take messages from a queue")
                    .at(entry.at(&route!["consumes"]), "no queue")
                    .help("name queues, or make it a service"),
            );
        }
        if !(1..=10).contains(&entry.batch) {
            diags.push(
                Diagnostic::error("workers/batch", "a worker takes 1 to 10 messages at a time")
                    .at(entry.at(&route!["batch"]), format!("{} messages", entry.batch)),
            );
        }
        for (index, queue) in entry.spec().consumes.iter().enumerate() {
            dead_letters(entry, index, entry.follow(queue), diags);
            visibility(entry, index, entry.follow(queue), diags);
        }
        if entry.scaling == (Scaling::Queues { messages_per_pod: 0 }) {
            diags.push(
                Diagnostic::error("workers/scaling", "one pod must be wanted for at least one message")
                    .at(entry.at(&route!["scaling", "queues", "messages-per-pod"]), "0 messages"),
            );
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        let pod = pod(entry);
        let mut out = Emitter::start(&pod, cx);
        out.foundation(&pod);
        out.deployment(&pod);
        match entry.scaling {
            Scaling::Queues { messages_per_pod } if pod.scaled_by == Scaler::Queues => {
                out.scale_by_queues(&pod, messages_per_pod);
            }
            Scaling::Queues { .. } | Scaling::Cpu => out.scale_by_cpu(&pod),
        }
    }
}

/// Looks up what the worker refers to.
fn pod(entry: Bound<'_, Worker>) -> Pod<'_> {
    let pod = Pod::of(entry).consuming(entry, &entry.spec().consumes, work(entry));
    match (&entry.spec().scaling, pod.scaled_by) {
        (Scaling::Queues { .. }, Scaler::Cpu) => pod.scaled_by(Scaler::Queues),
        (Scaling::Queues { .. } | Scaling::Cpu, _) => pod,
    }
}

/// Returns how long the messages of one batch take.
fn work(entry: Bound<'_, Worker>) -> Seconds {
    entry.processing_time.saturating_mul(entry.batch.max(1))
}

fn dead_letters(entry: Bound<'_, Worker>, index: usize, queue: Bound<'_, Queue>, diags: &mut Diagnostics) {
    if !entry.rejects || queue.dead_letter_queue().is_some() {
        return;
    }
    diags.push(
        Diagnostic::error("workers/no-dead-letters", format!("queue `{}` has no dead-letter queue", queue.name))
            .at(entry.at(&route!["rejects"]), "messages that cannot be worked off are put there")
            .also(entry.at(&route!["consumes", index]), "taken from here")
            .help("remove `dead-letter: { enabled: false }` from the queue, or `rejects` from the worker"),
    );
}

fn visibility(entry: Bound<'_, Worker>, index: usize, queue: Bound<'_, Queue>, diags: &mut Diagnostics) {
    let needed = work(entry);
    // Of a queue that exists only what is written is known.
    let unknown = queue.existing.is_some() && queue.visibility_timeout == Queue::default().visibility_timeout;
    if unknown || queue.visibility_timeout >= needed {
        return;
    }
    diags.push(
        Diagnostic::error("workers/visibility", format!("queue `{}` shows messages again while they are worked on", queue.name))
            .at(entry.at(&route!["consumes", index]), format!("messages take up to {needed} s"))
            .also(queue.at(&route!["visibility-timeout"]), format!("hidden for {} s", queue.visibility_timeout))
            .note("a second pod gets the message and does the work twice: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html")
            .help(format!("set `visibility-timeout` of the queue to {} or more", needed.saturating_add(Seconds::new(30)))),
    );
}
