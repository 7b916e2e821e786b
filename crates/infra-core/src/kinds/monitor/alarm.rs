//! One alarm: what is measured, when it goes off, whom it tells.

use std::borrow::Cow;

use super::Monitor;
use crate::artifacts::{Expr, Handle, Object, Place, Resource};
use crate::kinds::Kind;
use crate::names::Region;
use crate::resolve::Bound;

/// One thing that is watched.
pub(super) struct Subject {
    /// Stack, name and kind, such as `messaging payment queue`; distinct among all things.
    pub(super) name: String,
    /// Where it is measured.
    pub(super) region: Region,
    /// When to tell somebody.
    pub(super) alarms: Vec<Alarm>,
    /// What the dashboard shows: panel, label, number.
    pub(super) lines: Vec<(&'static str, String, Measure)>,
}

/// Something that can be measured.
#[derive(Clone)]
pub(super) struct Metric {
    pub(super) namespace: Cow<'static, str>,
    pub(super) name: Cow<'static, str>,
    pub(super) dimensions: Vec<(&'static str, Expr)>,
}

/// One number over time.
#[derive(Clone)]
pub(super) enum Measure {
    /// A statistic of a metric, such as `Maximum` or `p99`.
    Of(Metric, &'static str),
    /// How many per cent of the second metric's sum the first one's is.
    Percent(Metric, Metric),
}

/// When a number is bad.
#[derive(Clone, Copy)]
pub(super) enum When {
    /// Above the limit.
    Above(i64),
    /// At the limit or below.
    AtMost(i64),
    /// Below the limit.
    Below(i64),
}

/// What a lack of numbers means.
#[derive(Clone, Copy)]
pub(super) enum Silence {
    /// All is well: nothing happened that could be measured.
    Good,
    /// Nothing is well: numbers come all the time.
    Bad,
}

/// When to tell somebody.
pub(super) struct Alarm {
    /// What is wrong, in a few words; distinct among the alarms of a thing.
    pub(super) what: String,
    /// What to do about it.
    pub(super) description: String,
    pub(super) measure: Measure,
    pub(super) when: When,
    /// Length of a period in seconds.
    pub(super) period: u32,
    /// For how many periods in a row.
    pub(super) periods: u32,
    pub(super) silence: Silence,
}

impl Metric {
    /// A metric of a service of AWS.
    pub(super) fn new(namespace: &'static str, name: &'static str, dimension: (&'static str, Expr)) -> Self {
        Self { namespace: namespace.into(), name: name.into(), dimensions: vec![dimension] }
    }

    /// A metric that somebody else puts into CloudWatch.
    pub(super) fn own(namespace: String, name: String) -> Self {
        Self { namespace: namespace.into(), name: name.into(), dimensions: Vec::new() }
    }

    /// Adds a dimension.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<Expr>) -> Self {
        self.dimensions.push((name, value.into()));
        self
    }

    fn dimensions(&self) -> Expr {
        self.dimensions.iter().map(|(name, value)| object! { "Name" => *name, "Value" => value.clone() }).collect()
    }
}

impl Subject {
    /// Starts a thing that is measured in its own region.
    pub(super) fn of<K: Kind>(thing: Bound<'_, K>) -> Self {
        Self::in_region(thing, *thing.region())
    }

    /// Starts a thing that is measured in a region.
    pub(super) fn in_region<K: Kind>(thing: Bound<'_, K>, region: Region) -> Self {
        let name = format!("{} {} {}", thing.stack_name(), thing.name, K::NOUN.to_lowercase());
        Self { name, region, alarms: Vec::new(), lines: Vec::new() }
    }

    /// Adds an alarm.
    pub(super) fn alarm(mut self, alarm: Alarm) -> Self {
        self.alarms.push(alarm);
        self
    }

    /// Adds an alarm, if there is one.
    pub(super) fn maybe(mut self, alarm: Option<Alarm>) -> Self {
        self.alarms.extend(alarm);
        self
    }

    /// Shows a number on the dashboard.
    pub(super) fn line(self, panel: &'static str, measure: Measure) -> Self {
        let label = self.name.clone();
        self.labelled(panel, label, measure)
    }

    /// Shows a number on the dashboard under a label of its own.
    pub(super) fn labelled(mut self, panel: &'static str, label: String, measure: Measure) -> Self {
        self.lines.push((panel, label, measure));
        self
    }
}

/// Names the alarm's resource.
pub(super) fn handle(entry: Bound<'_, Monitor>, place: Place, subject: &Subject, alarm: &Alarm) -> Handle {
    Handle { place, id: entry.logical_id(&format!("{} {}", subject.name, alarm.what)) }
}

/// Compiles one alarm.
pub(super) fn resource(entry: Bound<'_, Monitor>, place: Place, subject: &Subject, alarm: &Alarm) -> Resource {
    let name = format!("{} {} {}", entry.full_name(), subject.name, alarm.what).replace(' ', "-");
    let mut properties = Object::default();
    properties.push("AlarmName", name);
    properties.push("AlarmDescription", &alarm.description);
    match &alarm.measure {
        Measure::Of(metric, statistic) => {
            properties.push("Namespace", Expr::Text(metric.namespace.clone()));
            properties.push("MetricName", Expr::Text(metric.name.clone()));
            properties.push("Dimensions", (!metric.dimensions.is_empty()).then(|| metric.dimensions()));
            let percentile = statistic.starts_with('p');
            properties.push(if percentile { "ExtendedStatistic" } else { "Statistic" }, *statistic);
            // Of a few answers the slowest one is no p99.
            properties.push("EvaluateLowSampleCountPercentile", percentile.then_some("ignore"));
            properties.push("Period", alarm.period);
        }
        Measure::Percent(part, whole) => {
            properties.push("Metrics", percent(part, whole, alarm.period));
        }
    }
    let (operator, limit) = match alarm.when {
        When::Above(limit) => ("GreaterThanThreshold", limit),
        When::AtMost(limit) => ("LessThanOrEqualToThreshold", limit),
        When::Below(limit) => ("LessThanThreshold", limit),
    };
    properties.push("EvaluationPeriods", alarm.periods);
    properties.push("ComparisonOperator", operator);
    properties.push("Threshold", limit);
    properties.push("TreatMissingData", match alarm.silence {
        Silence::Good => "notBreaching",
        Silence::Bad => "breaching",
    });
    let actions = || entry.topic_for(subject.region).map(|topic| list![topic]);
    properties.push("AlarmActions", actions());
    properties.push("OKActions", actions());
    Resource::new(handle(entry, place, subject, alarm), "AWS::CloudWatch::Alarm", properties.into())
}

/// No requests give no number, since CloudWatch leaves out what is divided by zero.
fn percent(part: &Metric, whole: &Metric, period: u32) -> Expr {
    let sum = |id: &'static str, metric: &Metric| {
        let stat = object! {
            "Metric" => object! {
                "Namespace" => Expr::Text(metric.namespace.clone()),
                "MetricName" => Expr::Text(metric.name.clone()),
                "Dimensions" => metric.dimensions(),
            },
            "Period" => period,
            "Stat" => "Sum",
        };
        object! { "Id" => id, "MetricStat" => stat, "ReturnData" => false }
    };
    let result = object! {
        "Id" => "percent",
        "Expression" => "100 * part / whole",
        "Label" => format!("{} per cent", part.name),
        "ReturnData" => true,
    };
    list![sum("part", part), sum("whole", whole), result]
}
