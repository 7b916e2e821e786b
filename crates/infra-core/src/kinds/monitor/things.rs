//! What is watched of each kind of thing, by which metric and how long it must be bad.

use super::Monitor;
use super::alarm::{Alarm, Measure, Metric, Silence, Subject, When};
use crate::artifacts::{Expr, Handle};
use crate::kinds::load_balancer::Layer;
use crate::kinds::{Certificate, Database, Function, HealthCheck, HttpApi, LoadBalancer, Queue, Service, Topic, WebSite};
use crate::names::{Name, Region};
use crate::resolve::Bound;

/// One minute, the resolution of most metrics. Unit: seconds.
const MINUTE: u32 = 60;

/// Unit: seconds.
const DAY: u32 = 86_400;

/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>.
pub(super) fn queue(entry: Bound<'_, Monitor>, queue: Bound<'_, Queue>) -> Subject {
    let metric = |name| Metric::new("AWS/SQS", name, ("QueueName", queue.queue_name()));
    let age = Measure::Of(metric("ApproximateAgeOfOldestMessage"), "Maximum");
    let in_flight = Measure::Of(metric("ApproximateNumberOfMessagesNotVisible"), "Maximum");
    let patience = entry.patience_with(queue);
    let subject = Subject::of(queue)
        .alarm(Alarm {
            what: "old messages".to_owned(),
            description: format!(
                "A message of queue {} waits for more than {patience} s: the workers are too slow, too few or down.",
                queue.name
            ),
            measure: age.clone(),
            when: When::Above(i64::from(patience.get())),
            period: MINUTE,
            periods: 5,
            silence: Silence::Good,
        })
        .alarm(Alarm {
            what: "in flight".to_owned(),
            description: format!(
                "Many messages of queue {} are worked on at a time; at 120,000 SQS gives out no more.",
                queue.name
            ),
            measure: in_flight,
            when: When::Above(i64::from(entry.limits.messages_in_flight)),
            period: MINUTE,
            periods: 5,
            silence: Silence::Good,
        })
        .line("Messages waiting", Measure::Of(metric("ApproximateNumberOfMessagesVisible"), "Maximum"))
        .line("Age of the oldest message (s)", age);
    let Some(dead) = queue.dead_letter_queue() else { return subject };
    let dead = messages(&dead);
    let description = format!(
        "Messages of queue {} failed again and again. Look at them, mend the cause, then redrive them.",
        queue.name
    );
    subject.alarm(dead_letters("dead letters".to_owned(), description, dead.clone())).line("Dead letters", dead)
}

/// Subscriptions with dead-letter queues of their own; nothing for a topic without.
pub(super) fn topic(topic: Bound<'_, Topic>) -> Option<Subject> {
    topic.own_dead_letters().fold(None, |subject: Option<Subject>, (name, dead)| {
        let dead = messages(&dead);
        let description = format!(
            "Subscription {name} of topic {} did not get messages. Look at the receiver, then send them again.",
            topic.name
        );
        let subject = subject.unwrap_or_else(|| Subject::of(topic));
        let label = format!("{} {name}", subject.name);
        let alarm = dead_letters(format!("{name} dead letters"), description, dead.clone());
        Some(subject.alarm(alarm).labelled("Dead letters", label, dead))
    })
}

fn messages(queue: &Handle) -> Measure {
    let metric = Metric::new("AWS/SQS", "ApproximateNumberOfMessagesVisible", ("QueueName", queue.att("QueueName")));
    Measure::Of(metric, "Maximum")
}

fn dead_letters(what: String, description: String, measure: Measure) -> Alarm {
    let when = When::Above(0);
    Alarm { what, description, measure, when, period: MINUTE, periods: 1, silence: Silence::Good }
}

/// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html> (read 2026-11-22).
pub(super) fn http_api(entry: Bound<'_, Monitor>, api: Bound<'_, HttpApi>) -> Subject {
    let metric = |name| Metric::new("AWS/ApiGateway", name, ("ApiId", api.api_id()));
    let limits = &entry.spec().limits;
    Subject::of(api)
        .alarm(Alarm {
            what: "errors".to_owned(),
            description: format!(
                "More than {} per cent of the answers of API {} have a status of 500 or above.",
                limits.api_errors_percent, api.name
            ),
            measure: Measure::Percent(metric("5xx"), metric("Count")),
            when: When::Above(i64::from(limits.api_errors_percent)),
            period: MINUTE,
            periods: 5,
            silence: Silence::Good,
        })
        .alarm(Alarm {
            what: "latency".to_owned(),
            description: format!(
                "One of 100 answers of API {} takes longer than {} ms.",
                api.name, limits.api_latency_ms
            ),
            measure: Measure::Of(metric("Latency"), "p99"),
            when: When::Above(i64::from(limits.api_latency_ms)),
            period: MINUTE,
            periods: 5,
            silence: Silence::Good,
        })
        .line("Requests", Measure::Of(metric("Count"), "Sum"))
        .line("Errors (5xx)", Measure::Of(metric("5xx"), "Sum"))
        .line("Latency, p99 (ms)", Measure::Of(metric("Latency"), "p99"))
}

/// Source: `load-balancer-cloudwatch-metrics.html` below <https://docs.aws.amazon.com/elasticloadbalancing/latest/>
/// `application/` and `network/` (from memory).
pub(super) fn load_balancer(balancer: Bound<'_, LoadBalancer>) -> Subject {
    const UNHEALTHY: &str = "UnHealthyHostCount";
    const HEALTHY: &str = "HealthyHostCount";
    let namespace = match balancer.layer {
        Layer::Network => "AWS/NetworkELB",
        Layer::Application => "AWS/ApplicationELB",
    };
    balancer.spec().target_groups.keys().fold(Subject::of(balancer), |subject, name| {
        let count = |metric| {
            let targets = ("TargetGroup", balancer.target_group_metric_name(name));
            Measure::Of(Metric::new(namespace, metric, targets).with("LoadBalancer", balancer.metric_name()), "Maximum")
        };
        let (healthy, unhealthy) = (count(HEALTHY), count(UNHEALTHY));
        let least = least_targets(balancer, name);
        subject
            .alarm(Alarm {
                what: format!("{name} too few healthy"),
                description: match least {
                    1 => format!("No target of group {name} of load balancer {} is healthy.", balancer.name),
                    _ => format!(
                        "Fewer than {least} targets of group {name} of load balancer {} are healthy.",
                        balancer.name
                    ),
                },
                measure: healthy.clone(),
                when: When::Below(i64::from(least)),
                period: MINUTE,
                periods: 5,
                // A group without targets has no unhealthy one, and a load balancer without any may send no numbers.
                silence: Silence::Bad,
            })
            .alarm(Alarm {
                what: format!("{name} unhealthy"),
                description: format!(
                    "A target of group {name} of load balancer {} fails its health checks.",
                    balancer.name
                ),
                measure: unhealthy.clone(),
                when: When::Above(0),
                period: MINUTE,
                periods: 5,
                silence: Silence::Good,
            })
            .labelled("Healthy targets", format!("{} {name}", balancer.name), healthy)
            .labelled("Unhealthy targets", format!("{} {name}", balancer.name), unhealthy)
    })
}

/// Returns how many targets a group must have: the fewest pods of its service, or one.
///
/// Where zones keep to themselves each part of the load balancer counts its own targets, and no number is that of all.
fn least_targets(balancer: Bound<'_, LoadBalancer>, group: &Name) -> u32 {
    let counts_all = balancer.layer == Layer::Application || balancer.cross_zone;
    let services = balancer.referrers::<Service>().into_iter().filter(|service| {
        let theirs = service.spec().exposes.as_ref();
        theirs.is_some_and(|to| to.target_group == *group && service.follow(&to.load_balancer).id == balancer.id)
    });
    services.map(|service| service.replicas.min).filter(|_| counts_all).max().unwrap_or(1).max(1)
}

/// Source: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html> (from memory).
pub(super) fn database(entry: Bound<'_, Monitor>, database: Bound<'_, Database>) -> Subject {
    let metric = |name| {
        let (dimension, id) = database.metric_dimension();
        let metric = Metric::new("AWS/RDS", name, (dimension, id));
        // Of a cluster the writer counts; readers come and go.
        if dimension == "DBClusterIdentifier" { metric.with("Role", "WRITER") } else { metric }
    };
    let limits = &entry.spec().limits;
    let pauses = database.serverless.as_ref().is_some_and(|serverless| serverless.min < 0.5);
    let connections = Measure::Of(metric("DatabaseConnections"), "Maximum");
    let processor = Measure::Of(metric("CPUUtilization"), "Average");
    let many = database.max_connections().and_then(|most| i64::try_from(most).ok()).map(|most| Alarm {
        what: "connections".to_owned(),
        description: format!(
            "Database {} has more than {} per cent of its {most} connections open; soon it refuses new ones.",
            database.name, limits.database_connections_percent
        ),
        measure: connections.clone(),
        when: When::Above(most * i64::from(limits.database_connections_percent) / 100),
        period: MINUTE,
        periods: 5,
        silence: Silence::Good,
    });
    let full = database.storage_gib().map(|size| Alarm {
        what: "storage".to_owned(),
        description: format!(
            "Less than {} per cent of the volume that database {} started with is free.",
            limits.database_free_storage_percent, database.name
        ),
        measure: Measure::Of(metric("FreeStorageSpace"), "Minimum"),
        when: When::Below((i64::from(size) << 30) * i64::from(limits.database_free_storage_percent) / 100),
        period: 5 * MINUTE,
        periods: 3,
        silence: Silence::Bad,
    });
    Subject::of(database)
        .maybe(many)
        .alarm(Alarm {
            what: "processor".to_owned(),
            description: format!(
                "The processors of database {} are loaded by more than {} per cent.",
                database.name, limits.database_cpu_percent
            ),
            measure: processor.clone(),
            when: When::Above(i64::from(limits.database_cpu_percent)),
            period: 5 * MINUTE,
            periods: 3,
            silence: if pauses { Silence::Good } else { Silence::Bad },
        })
        .maybe(full)
        .line("Database connections", connections)
        .line("Database processors (%)", processor)
}

/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html> (from memory).
pub(super) fn function(entry: Bound<'_, Monitor>, function: Bound<'_, Function>) -> Subject {
    let metric = |name| Metric::new("AWS/Lambda", name, ("FunctionName", function.function_name()));
    let limit = entry.spec().limits.function_errors_percent;
    let throttles = Measure::Of(metric("Throttles"), "Sum");
    let subject = Subject::of(function)
        .alarm(Alarm {
            what: "errors".to_owned(),
            description: format!("More than {limit} per cent of the calls of function {} fail.", function.name),
            measure: Measure::Percent(metric("Errors"), metric("Invocations")),
            when: When::Above(i64::from(limit)),
            period: MINUTE,
            periods: 5,
            silence: Silence::Good,
        })
        .alarm(Alarm {
            what: "throttles".to_owned(),
            description: format!(
                "Calls of function {} are turned away: as many run as it, or the account, may have at a time.",
                function.name
            ),
            measure: throttles.clone(),
            when: When::Above(0),
            period: MINUTE,
            periods: 5,
            silence: Silence::Good,
        })
        .line("Calls of functions", Measure::Of(metric("Invocations"), "Sum"))
        .line("Errors of functions", Measure::Of(metric("Errors"), "Sum"));
    let Some(dead) = function.dead_letter_queue() else { return subject };
    let dead = messages(&dead);
    let description =
        format!("Function {} failed on events again and again. Look at them and mend the cause.", function.name);
    subject.alarm(dead_letters("dead letters".to_owned(), description, dead.clone())).line("Dead letters", dead)
}

/// Source: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html>
/// (from memory).
pub(super) fn web_site(entry: Bound<'_, Monitor>, site: Bound<'_, WebSite>) -> Subject {
    let metric = |name| {
        Metric::new("AWS/CloudFront", name, ("DistributionId", site.distribution_id())).with("Region", "Global")
    };
    let limit = entry.limits.site_errors_percent;
    let errors = Measure::Of(metric("5xxErrorRate"), "Average");
    Subject::in_region(site, Region::US_EAST_1)
        .alarm(Alarm {
            what: "errors".to_owned(),
            description: format!(
                "More than {limit} per cent of the answers of web site {} have a status of 500 or above.",
                site.name
            ),
            measure: errors.clone(),
            when: When::Above(i64::from(limit)),
            period: MINUTE,
            periods: 5,
            silence: Silence::Good,
        })
        .line("Requests to web sites", Measure::Of(metric("Requests"), "Sum"))
        .line("Errors of web sites (%)", errors)
}

/// Source: <https://docs.aws.amazon.com/acm/latest/userguide/cloudwatch-metrics.html>: twice a day until the end.
pub(super) fn certificate(entry: Bound<'_, Monitor>, certificate: Bound<'_, Certificate>) -> Vec<Subject> {
    let days = entry.limits.certificate_days;
    let subject = |(region, arn): (Region, Expr)| {
        let metric = Metric::new("AWS/CertificateManager", "DaysToExpiry", ("CertificateArn", arn));
        Subject::in_region(certificate, region).alarm(Alarm {
            what: "expiry".to_owned(),
            description: format!(
                "Certificate {} ends within {days} days, or has ended, and is not renewed: look at its validation records.",
                certificate.name
            ),
            measure: Measure::Of(metric, "Minimum"),
            when: When::AtMost(i64::from(days)),
            period: DAY,
            periods: 1,
            // The numbers end with the certificate.
            silence: Silence::Bad,
        })
    };
    certificate.arns().into_iter().map(subject).collect()
}

/// Source: <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-health-checks.html> (from memory).
pub(super) fn health_check(check: Bound<'_, HealthCheck>) -> Subject {
    let metric = Metric::new("AWS/Route53", "HealthCheckStatus", ("HealthCheckId", check.check_id()));
    let status = Measure::Of(metric, "Minimum");
    Subject::in_region(check, Region::US_EAST_1)
        .alarm(Alarm {
            what: "failed".to_owned(),
            description: format!("Health check {} fails; records that depend on it are not answered.", check.name),
            measure: status.clone(),
            when: When::Below(1),
            period: MINUTE,
            periods: 2,
            silence: Silence::Bad,
        })
        .line("Health checks", status)
}
