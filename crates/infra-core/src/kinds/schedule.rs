//! Schedules of EventBridge: what is called, or sent a message, at certain times.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::queue::MAX_RETENTION;
use super::{Function, Kind, Queue, Topic, check};
use crate::artifacts::{Expr, Object, Policy, Pseudo, Resource, Statement};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits::scheduler;
use crate::facts::time_zones;
use crate::lower::Lowering;
use crate::model::Ref;
use crate::names::Seconds;
use crate::resolve::Bound;
use crate::route;

/// The page that gives the ranges of a schedule.
const SOURCE: &str = "https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html";

/// A schedule: a function that is called, or a queue or topic that gets a message, at certain times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Schedule {
    /// When: `rate(5 minutes)`, `cron(0 3 * * ? *)` with minutes, hours, days of the month, months, days of the week and
    /// years, or once: `at(2027-01-31T08:00:00)`.
    pub when: String,
    /// The time zone in which `cron` and `at` count, such as `Europe/Zurich`; its summer time is followed.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// What is called, or gets a message.
    pub to: Target,
    /// What it is given, as JSON; a text is given as it is. An object with the time and the schedule's ARN if not set.
    #[serde(default)]
    pub input: Option<serde_json::Value>,
    /// How much later it may be, so that many schedules do not start at once. 0 to 1,440 minutes; 0 is on time.
    #[serde(default)]
    pub flexible_minutes: u32,
    /// How often it is tried again when the target does not take it. 0 to 185.
    #[serde(default = "most_retries")]
    pub retries: u32,
    /// How long it is tried again. 60 to 86,400 seconds.
    #[serde(default = "day")]
    pub max_age: Seconds,
    /// Whether what the target never took is kept in a queue of its own.
    #[serde(default = "yes")]
    pub dead_letter: bool,
    /// Whether it runs.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// What a schedule calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// A function, which is called and not waited for.
    Function(Ref<Function>),
    /// A queue that gets a message.
    Queue(ScheduledMessage),
    /// A topic that gets a message.
    Topic(Ref<Topic>),
}

/// A message for a queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ScheduledMessage {
    /// The queue.
    pub queue: Ref<Queue>,
    /// The message group, needed by FIFO queues.
    #[serde(default)]
    pub message_group: Option<String>,
}

fn utc() -> String {
    "UTC".to_owned()
}

fn most_retries() -> u32 {
    185
}

fn day() -> Seconds {
    Seconds::new(86_400)
}

fn yes() -> bool {
    true
}

impl Schedule {
    /// Starts a schedule in UTC.
    pub fn new(when: impl Into<String>, to: Target) -> Self {
        Self {
            when: when.into(),
            time_zone: utc(),
            to,
            input: None,
            flexible_minutes: 0,
            retries: most_retries(),
            max_age: day(),
            dead_letter: true,
            enabled: true,
        }
    }
}

impl Kind for Schedule {
    const SECTION: &'static str = "schedules";
    const NOUN: &'static str = "schedule";
    const PREFIX: &'static str = "Schedule";
    const EXAMPLE: &'static str = "
schedules:
  nightly-report:
    when: cron(0 3 * * ? *)
    time-zone: Europe/Zurich
    flexible-minutes: 15
    to: { queue: { queue: reports } }
    input: { kind: nightly }
queues:
  reports: {}
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        let mut check = |key, value, bounds| check::bounds(entry, diags, &route![key], value, (bounds, SOURCE));
        check("flexible-minutes", entry.flexible_minutes, scheduler::FLEXIBLE_MINUTES);
        check("retries", entry.retries, scheduler::RETRIES);
        check("max-age", entry.max_age.get(), scheduler::MAX_AGE);
        if !time_zones::is_time_zone(&entry.time_zone) {
            diags.push(
                Diagnostic::error("schedules/time-zone", format!("`{}` is no time zone", entry.time_zone))
                    .at(entry.at(&route!["time-zone"]), "not in the IANA database")
                    .help("such as `Europe/Zurich`, or `UTC`"),
            );
        }
        target(entry, diags);
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        let (arn, statements) = match &entry.spec().to {
            Target::Function(function) => {
                let arn = entry.follow(function).arn();
                (arn.clone(), vec![Statement::allow(["lambda:InvokeFunction"], arn)])
            }
            Target::Queue(message) => {
                let queue = entry.follow(&message.queue);
                (queue.arn(), queue.send_statements())
            }
            Target::Topic(topic) => {
                let topic = entry.follow(topic);
                (topic.arn(), topic.publish_statements())
            }
        };
        let mut policy = statements.into_iter().fold(Policy::default(), Policy::with);
        if entry.dead_letter {
            let queue = entry.handle("DeadLetter");
            policy.push(Statement::allow(["sqs:SendMessage"], queue.arn()));
            let kept =
                object! { "MessageRetentionPeriod" => MAX_RETENTION.get(), "SqsManagedSseEnabled" => true };
            cx.add(Resource::new(queue, "AWS::SQS::Queue", kept));
        }
        let role = object! {
            "AssumeRolePolicyDocument" => trust(),
            "Policies" => list![object! { "PolicyName" => "deliver", "PolicyDocument" => policy }],
        };
        cx.add(entry.resource("Role", "AWS::IAM::Role", role));
        cx.add(entry.resource("", "AWS::Scheduler::Schedule", properties(entry, arn)));
    }
}

/// Schedules of this account alone.
///
/// Source: <https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html> (from
/// memory).
fn trust() -> Expr {
    object! {
        "Version" => "2012-10-17",
        "Statement" => list![object! {
            "Effect" => "Allow",
            "Principal" => object! { "Service" => "scheduler.amazonaws.com" },
            "Action" => "sts:AssumeRole",
            "Condition" => object! { "StringEquals" => object! { "aws:SourceAccount" => Pseudo::AccountId } },
        }],
    }
}

fn properties(entry: Bound<'_, Schedule>, arn: Expr) -> Expr {
    let schedule = entry.spec();
    let window = match schedule.flexible_minutes {
        0 => object! { "Mode" => "OFF" },
        minutes => object! { "Mode" => "FLEXIBLE", "MaximumWindowInMinutes" => minutes },
    };
    let input = schedule.input.as_ref().map(|input| match input {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    let mut target = Object::default();
    target.push("Arn", arn);
    target.push("RoleArn", entry.handle("Role").arn());
    target.push("Input", input);
    target.push("RetryPolicy", object! {
        "MaximumRetryAttempts" => schedule.retries,
        "MaximumEventAgeInSeconds" => schedule.max_age.get(),
    });
    let kept = schedule.dead_letter.then(|| object! { "Arn" => entry.handle("DeadLetter").arn() });
    target.push("DeadLetterConfig", kept);
    if let Target::Queue(message) = &schedule.to {
        let group = message.message_group.as_ref().map(|group| object! { "MessageGroupId" => group });
        target.push("SqsParameters", group);
    }
    object! {
        "Description" => format!("Schedule {}", entry.full_name()),
        "ScheduleExpression" => &schedule.when,
        "ScheduleExpressionTimezone" => &schedule.time_zone,
        "FlexibleTimeWindow" => window,
        "State" => if schedule.enabled { "ENABLED" } else { "DISABLED" },
        "Target" => target,
    }
}

fn target(entry: Bound<'_, Schedule>, diags: &mut Diagnostics) {
    match &entry.spec().to {
        Target::Function(function) => {
            check::same_region(entry, diags, &route!["to", "function"], entry.follow(function));
        }
        Target::Topic(topic) => check::same_region(entry, diags, &route!["to", "topic"], entry.follow(topic)),
        Target::Queue(message) => {
            let queue = entry.follow(&message.queue);
            check::same_region(entry, diags, &route!["to", "queue", "queue"], queue);
            if queue.fifo != message.message_group.is_some() {
                let (title, help) = if queue.fifo {
                    ("a FIFO queue needs a message group", "add `message-group: <text>`")
                } else {
                    ("`message-group` is for FIFO queues", "remove the line")
                };
                diags.push(
                    Diagnostic::error("schedules/message-group", title)
                        .at(entry.at(&route!["to", "queue"]), "every message would be refused")
                        .also(queue.at(&route![]), "the queue")
                        .help(help),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::kinds::testing::{ids, properties, report, template};

    #[test]
    fn a_schedule_has_a_role_that_delivers_there_alone_and_keeps_what_was_not_taken() {
        assert_eq!(
            ids(&template(Schedule::EXAMPLE)),
            [
                "QueueReportsDeadLetter",
                "QueueReports",
                "QueueReportsPolicy",
                "QueueReportsDeadLetterPolicy",
                "ScheduleNightlyReportDeadLetter",
                "ScheduleNightlyReportRole",
                "ScheduleNightlyReport"
            ]
        );
        assert_snapshot!(properties(Schedule::EXAMPLE, "ScheduleNightlyReport"), @r#"
        Description: Schedule shop-dev-nightly-report
        ScheduleExpression: cron(0 3 * * ? *)
        ScheduleExpressionTimezone: Europe/Zurich
        FlexibleTimeWindow:
          Mode: FLEXIBLE
          MaximumWindowInMinutes: 15
        State: ENABLED
        Target:
          Arn:
            Fn::GetAtt:
            - QueueReports
            - Arn
          RoleArn:
            Fn::GetAtt:
            - ScheduleNightlyReportRole
            - Arn
          Input: '{"kind":"nightly"}'
          RetryPolicy:
            MaximumRetryAttempts: 185
            MaximumEventAgeInSeconds: 86400
          DeadLetterConfig:
            Arn:
              Fn::GetAtt:
              - ScheduleNightlyReportDeadLetter
              - Arn
        "#);
        assert_snapshot!(properties(Schedule::EXAMPLE, "ScheduleNightlyReportRole"), @r#"
        AssumeRolePolicyDocument:
          Version: 2012-10-17
          Statement:
          - Effect: Allow
            Principal:
              Service: scheduler.amazonaws.com
            Action: sts:AssumeRole
            Condition:
              StringEquals:
                aws:SourceAccount:
                  Ref: AWS::AccountId
        Policies:
        - PolicyName: deliver
          PolicyDocument:
            Version: 2012-10-17
            Statement:
            - Effect: Allow
              Action: sqs:SendMessage
              Resource:
                Fn::GetAtt:
                - QueueReports
                - Arn
            - Effect: Allow
              Action: sqs:SendMessage
              Resource:
                Fn::GetAtt:
                - ScheduleNightlyReportDeadLetter
                - Arn
        "#);
    }

    #[test]
    fn functions_and_topics_are_reached_alike() {
        let yaml = "
schedules:
  a: { when: rate(1 hour), to: { function: hello }, dead-letter: false }
  b: { when: rate(1 day), to: { topic: events }, input: done }
functions: { hello: { runtime: python3.13, handler: index.handler, code: { inline: 'def handler(e, c): pass' } } }
topics: { events: {} }
";
        let template = template(yaml);
        let target = |id: &str| template["Resources"][id]["Properties"]["Target"].clone();
        assert_eq!(target("ScheduleA")["Arn"]["Fn::GetAtt"][0], "FunctionHello");
        assert!(target("ScheduleA").get("DeadLetterConfig").is_none());
        assert_eq!((&target("ScheduleB")["Arn"]["Ref"], &target("ScheduleB")["Input"]), (&"TopicEvents".into(), &"done".into()));
        // What is called and not waited for keeps what it fails on.
        assert!(template["Resources"]["FunctionHello"]["Properties"].get("DeadLetterConfig").is_some());
    }

    #[test]
    fn schedules_that_cannot_be_are_refused() {
        let yaml = "
schedules:
  a: { when: cron(0 3 * * *), time-zone: Europe/Zuerich, flexible-minutes: 2000, to: { queue: { queue: jobs } } }
  b: { when: rate(1 hour), retries: 186, max-age: 59, to: { queue: { queue: plain, message-group: a } } }
queues: { jobs: { fifo: true }, plain: {} }
";
        assert_snapshot!(report(yaml), @r#"
        schedules/time-zone: `Europe/Zuerich` is no time zone <- `Europe/Zuerich` not in the IANA database
        kinds/out-of-range: `flexible-minutes` must be from 0 to 1440 <- `2000` 2000 is outside
        schedules/message-group: a FIFO queue needs a message group <- `queue` every message would be refused
        kinds/out-of-range: `retries` must be from 0 to 185 <- `186` 186 is outside
        kinds/out-of-range: `max-age` must be from 60 to 86400 <- `59` 59 is outside
        schedules/message-group: `message-group` is for FIFO queues <- `queue` every message would be refused
        "#);
    }
}
