//! Alarms on metrics that workloads put into `CloudWatch` themselves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Monitor;
use super::alarm::{self, Alarm, Measure, Metric, Subject, When};
use crate::diag::{At, Diagnostic, Diagnostics};
use crate::facts::limits::cloudwatch;
use crate::kinds::workload::{Workload, metrics_namespace};
use crate::kinds::{Service, Worker, check};
use crate::model::Ref;
use crate::names::{Name, Seconds};
use crate::resolve::Bound;
use crate::route;

/// The page that says what an alarm may hold.
const SOURCE: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html";

/// An alarm on a metric that a workload puts into CloudWatch itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OwnAlarm {
    /// Whose metric it is; the workload must have `own-metrics: true`.
    pub of: Reporter,
    /// The metric's name, as the workload gives it; without dimensions. 1 to 255 characters.
    pub metric: String,
    /// What becomes of the numbers of one period.
    #[serde(default)]
    pub statistic: Statistic,
    /// The alarm goes off when that is above this.
    pub above: u32,
    /// Length of a period. Unit: seconds; whole minutes.
    #[serde(default = "minute")]
    pub period: Seconds,
    /// For how many periods in a row. All of them together have a day at most, or a week if a period is an hour or longer.
    #[serde(default = "five")]
    pub periods: u32,
    /// What it means when there is no number.
    #[serde(default)]
    pub silence: Silence,
    /// What is wrong then, and what to do about it.
    pub description: String,
}

/// Whose metric an alarm looks at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reporter {
    /// A service.
    Service(Ref<Service>),
    /// A worker.
    Worker(Ref<Worker>),
}

/// What becomes of the numbers of one period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// The greatest counts, whichever pod reports it.
    #[default]
    Maximum,
    /// The least counts.
    Minimum,
    /// Their average counts.
    Average,
    /// Their sum counts.
    Sum,
}

/// What it means when there is no number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Silence {
    /// Nothing is well: the workload reports all the time, and the alarm goes off if it does not.
    #[default]
    Bad,
    /// All is well: nothing happened that could be measured.
    Good,
}

fn minute() -> Seconds {
    Seconds::new(60)
}

fn five() -> u32 {
    5
}

/// What is watched; nothing if there is no such metric, which is reported.
pub(super) fn subject(entry: Bound<'_, Monitor>, name: &Name, own: &OwnAlarm) -> Option<Subject> {
    let (subject, namespace) = match &own.of {
        Reporter::Service(service) => watched(entry.follow(service)),
        Reporter::Worker(worker) => watched(entry.follow(worker)),
    };
    let statistic = match own.statistic {
        Statistic::Maximum => "Maximum",
        Statistic::Minimum => "Minimum",
        Statistic::Average => "Average",
        Statistic::Sum => "Sum",
    };
    let measure = Measure::Of(Metric::own(namespace?, own.metric.clone()), statistic);
    let alarm = Alarm {
        what: name.as_str().replace('-', " "),
        description: own.description.clone(),
        measure: measure.clone(),
        when: When::Above(i64::from(own.above)),
        period: own.period.get(),
        periods: own.periods,
        silence: match own.silence {
            Silence::Bad => alarm::Silence::Bad,
            Silence::Good => alarm::Silence::Good,
        },
    };
    let label = format!("{} {name}", subject.name);
    Some(subject.alarm(alarm).labelled("Metrics of workloads", label, measure))
}

fn watched<K: Workload>(workload: Bound<'_, K>) -> (Subject, Option<String>) {
    (Subject::of(workload), metrics_namespace(workload))
}

/// Reports what is wrong with these alarms.
pub(super) fn check(entry: Bound<'_, Monitor>, diags: &mut Diagnostics) {
    for (name, own) in &entry.spec().own {
        let (there, reports) = match &own.of {
            Reporter::Service(service) => reports(entry.follow(service)),
            Reporter::Worker(worker) => reports(entry.follow(worker)),
        };
        if !reports {
            diags.push(
                Diagnostic::error("monitors/no-own-metrics", "the workload puts no metrics into CloudWatch")
                    .at(entry.at(&route!["own", name.as_str(), "of"]), "it may not put any there")
                    .also(there, "this one")
                    .help("write `own-metrics: true` into the workload"),
            );
        }
        let length = u32::try_from(own.metric.chars().count()).unwrap_or(u32::MAX);
        let route = route!["own", name.as_str(), "metric"];
        check::bounds(entry, diags, &route, length, (cloudwatch::METRIC_NAME, SOURCE));
        evaluated(entry, name, own, diags);
    }
}

fn reports<K: Workload>(workload: Bound<'_, K>) -> (At, bool) {
    (workload.at(&route![]), workload.spec().parts().own_metrics)
}

fn evaluated(entry: Bound<'_, Monitor>, name: &Name, own: &OwnAlarm, diags: &mut Diagnostics) {
    let at = |key: &str| entry.at(&route!["own", name.as_str(), key]);
    let period = own.period.get();
    if !period.is_multiple_of(60) || !cloudwatch::PERIOD.contains(u64::from(period)) {
        diags.push(
            Diagnostic::error("monitors/period", "a period must be whole minutes, a day at most")
                .at(at("period"), format!("{period} s"))
                .note(SOURCE)
                .help("write a multiple of 60, from 60 to 86400"),
        );
        return;
    }
    let most = if period < 3_600 { cloudwatch::EVALUATED } else { cloudwatch::EVALUATED_HOURS };
    let all = period.saturating_mul(own.periods);
    if own.periods == 0 || all > most {
        diags.push(
            Diagnostic::error("monitors/periods", format!("`periods` must be from 1 to {}", most / period))
                .at(at("periods"), format!("{} periods of {period} s", own.periods))
                .note(format!("all periods together have {most} s at most: {SOURCE}")),
        );
    }
}
