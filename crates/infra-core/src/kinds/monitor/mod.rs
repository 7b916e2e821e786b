//! Monitors: alarms over what the environment has, and a dashboard of it.

mod alarm;
mod checks;
mod dashboard;
mod own;
mod things;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::alarm::Subject;
pub use self::own::{OwnAlarm, Reporter, Silence, Statistic};
use super::{Certificate, Database, Function, HealthCheck, HttpApi, Kind, LoadBalancer, Queue, Sectioned, Topic, WebSite};
use crate::artifacts::{Expr, Place};
use crate::diag::Diagnostics;
use crate::lower::Lowering;
use crate::model::Ref;
use crate::names::{Name, Region, Seconds};
use crate::resolve::Bound;

/// Alarms over what the environment has, and a dashboard of it.
///
/// Each alarm stands in the monitor's region, or in us-east-1 for what is measured there alone: web sites, health
/// checks and certificates of web sites. Services and workers with `own-metrics` report what they know themselves; an
/// alarm on that is written under `own`. What lives in a third region needs a monitor of its own. The monitor's stack
/// is deployed after everything it watches, so give it one of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Monitor {
    /// The topic that is told when an alarm goes off and when it is over; in the monitor's region.
    pub notify: Ref<Topic>,
    /// The topic for alarms in us-east-1, which must be there.
    #[serde(default)]
    pub notify_edge: Option<Ref<Topic>>,
    /// What is watched.
    #[serde(default)]
    pub watch: Watch,
    /// When alarms go off.
    #[serde(default)]
    pub limits: Limits,
    /// Queues whose messages may wait for longer, or less long, than those of others.
    #[serde(default)]
    pub patience: Vec<Patience>,
    /// Alarms on metrics that workloads put into CloudWatch themselves, by a name of your choice.
    #[serde(default)]
    pub own: BTreeMap<Name, OwnAlarm>,
    /// Whether there is a dashboard.
    #[serde(default = "yes")]
    pub dashboard: bool,
}

/// What is watched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Watch {
    /// Everything of the environment that has something to watch.
    #[default]
    All,
    /// These only.
    Only(Box<Things>),
}

/// What a monitor may watch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Things {
    /// Queues: messages that wait too long, dead letters.
    pub queues: Vec<Ref<Queue>>,
    /// Topics: what subscriptions with a dead-letter queue of their own did not get.
    pub topics: Vec<Ref<Topic>>,
    /// APIs: errors, slow answers.
    pub http_apis: Vec<Ref<HttpApi>>,
    /// Load balancers: unhealthy targets, and fewer healthy ones than there must be.
    pub load_balancers: Vec<Ref<LoadBalancer>>,
    /// Databases: connections, processor, storage.
    pub databases: Vec<Ref<Database>>,
    /// Functions: errors, calls that are turned away, events that failed again and again.
    pub functions: Vec<Ref<Function>>,
    /// Web sites: errors.
    pub web_sites: Vec<Ref<WebSite>>,
    /// Certificates: expiry.
    pub certificates: Vec<Ref<Certificate>>,
    /// Health checks: failure.
    pub health_checks: Vec<Ref<HealthCheck>>,
}

/// When alarms go off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Limits {
    /// How long a message may wait in a queue. Unit: seconds.
    pub oldest_message: Seconds,
    /// Messages of a queue that are worked on at a time; SQS stops at 120,000.
    pub messages_in_flight: u32,
    /// Answers of an API with a status of 500 or above. 1 to 100 per cent.
    pub api_errors_percent: u8,
    /// What 99 of 100 answers of an API must keep below. Unit: milliseconds.
    pub api_latency_ms: u32,
    /// Load of a database's processors. 1 to 100 per cent.
    pub database_cpu_percent: u8,
    /// Part of a database's connections that are open. 1 to 100 per cent.
    pub database_connections_percent: u8,
    /// Part of a database's volume that must stay free. 1 to 100 per cent.
    pub database_free_storage_percent: u8,
    /// Calls of a function that fail. 1 to 100 per cent.
    pub function_errors_percent: u8,
    /// Answers of a web site with a status of 500 or above. 1 to 100 per cent.
    pub site_errors_percent: u8,
    /// Days before the end of a certificate. ACM renews its own 45 days before, so an alarm at 45 or more goes off at
    /// every renewal. 1 to 398.
    pub certificate_days: u16,
}

/// How long messages of one queue may wait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Patience {
    /// The queue.
    pub queue: Ref<Queue>,
    /// How long a message may wait. Unit: seconds.
    pub oldest_message: Seconds,
}

fn yes() -> bool {
    true
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            oldest_message: Seconds::new(900),
            messages_in_flight: 100_000,
            api_errors_percent: 1,
            api_latency_ms: 3_000,
            database_cpu_percent: 80,
            database_connections_percent: 80,
            database_free_storage_percent: 10,
            function_errors_percent: 1,
            site_errors_percent: 1,
            certificate_days: 30,
        }
    }
}

impl Monitor {
    /// Starts a monitor of everything.
    pub fn new(notify: Ref<Topic>) -> Self {
        Self {
            notify,
            notify_edge: None,
            watch: Watch::All,
            limits: Limits::default(),
            patience: Vec::new(),
            own: BTreeMap::new(),
            dashboard: true,
        }
    }
}

impl Kind for Monitor {
    const SECTION: &'static str = "monitors";
    const NOUN: &'static str = "monitor";
    const PREFIX: &'static str = "Monitor";
    const EXAMPLE: &'static str = "
monitors:
  main:
    notify: alarms
    limits: { oldest-message: 600 }
    patience: [{ queue: reports, oldest-message: 86400 }]
topics:
  alarms: {}
queues:
  payment: {}
  reports: {}
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        checks::check(entry, diags);
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        let subjects = entry.subjects();
        for subject in &subjects {
            let Some(place) = entry.place_for(subject.region) else { continue };
            subject.alarms.iter().for_each(|alarm| cx.add(alarm::resource(entry, place, subject, alarm)));
        }
        if entry.dashboard {
            cx.add(dashboard::resource(entry, &subjects));
        }
    }
}

impl<'a> Bound<'a, Monitor> {
    /// Returns everything that is watched, kind by kind.
    fn subjects(self) -> Vec<Subject> {
        let mut all = Vec::new();
        all.extend(self.pick(|things| &things.queues).into_iter().map(|queue| things::queue(self, queue)));
        all.extend(self.pick(|things| &things.topics).into_iter().filter_map(things::topic));
        all.extend(self.pick(|things| &things.http_apis).into_iter().map(|api| things::http_api(self, api)));
        all.extend(self.pick(|things| &things.load_balancers).into_iter().map(things::load_balancer));
        let databases = self.pick(|things| &things.databases).into_iter().filter(Bound::has_metrics);
        all.extend(databases.map(|database| things::database(self, database)));
        all.extend(self.pick(|things| &things.functions).into_iter().map(|function| things::function(self, function)));
        all.extend(self.pick(|things| &things.web_sites).into_iter().map(|site| things::web_site(self, site)));
        let certificates = self.pick(|things| &things.certificates).into_iter();
        all.extend(certificates.flat_map(|certificate| things::certificate(self, certificate)));
        all.extend(self.pick(|things| &things.health_checks).into_iter().map(things::health_check));
        all.extend(self.spec().own.iter().filter_map(|(name, alarm)| own::subject(self, name, alarm)));
        all
    }

    fn pick<T: Sectioned>(&self, of: impl Fn(&'a Things) -> &'a Vec<Ref<T>>) -> Vec<Bound<'a, T>> {
        match &self.spec().watch {
            Watch::All => self.world().all::<T>().collect(),
            Watch::Only(things) => of(things).iter().map(|reference| self.follow(reference)).collect(),
        }
    }

    /// Returns where alarms of a region stand: in the monitor's own part or the one in us-east-1; none for a third.
    fn place_for(&self, region: Region) -> Option<Place> {
        if region == *self.region() {
            return Some(self.home());
        }
        (region == Region::US_EAST_1).then(|| self.edge())
    }

    /// Returns the topic that alarms of a region tell.
    fn topic_for(&self, region: Region) -> Option<Expr> {
        self.tells().find(|topic| *topic.region() == region).map(|topic| topic.arn())
    }

    /// Returns the topics that alarms tell.
    pub(in crate::kinds) fn tells(&self) -> impl Iterator<Item = Bound<'a, Topic>> {
        let (this, spec) = (*self, self.spec());
        std::iter::once(&spec.notify).chain(&spec.notify_edge).map(move |topic| this.follow(topic))
    }

    /// Returns how long a message of a queue may wait.
    fn patience_with(&self, queue: Bound<'_, Queue>) -> Seconds {
        let spec = self.spec();
        let own = spec.patience.iter().find(|own| self.follow(&own.queue).id == queue.id);
        own.map_or(spec.limits.oldest_message, |own| own.oldest_message)
    }
}

#[cfg(test)]
mod tests;
