use insta::assert_snapshot;

use crate::kinds::testing::{compile, compile_stacks, properties, report, template};

const MONITOR: &str = "
topics: { alarms: {} }
monitors:
  main:
    notify: alarms
";

#[test]
fn a_dead_letter_is_told_at_once() {
    let yaml = format!("queues: {{ payment: {{}} }}{MONITOR}");
    assert_snapshot!(properties(&yaml, "MonitorMainExamplePaymentQueueDeadLetters"), @r"
    AlarmName: shop-dev-main-example-payment-queue-dead-letters
    AlarmDescription: Messages of queue payment failed again and again. Look at them, mend the cause, then redrive them.
    Namespace: AWS/SQS
    MetricName: ApproximateNumberOfMessagesVisible
    Dimensions:
    - Name: QueueName
      Value:
        Fn::GetAtt:
        - QueuePaymentDeadLetter
        - QueueName
    Statistic: Maximum
    Period: 60
    EvaluationPeriods: 1
    ComparisonOperator: GreaterThanThreshold
    Threshold: 0
    TreatMissingData: notBreaching
    AlarmActions:
    - Ref: TopicAlarms
    OKActions:
    - Ref: TopicAlarms
    ");
}

#[test]
fn what_a_subscription_does_not_get_is_told_where_it_is_kept_apart() {
    let yaml = "queues: { q: {} }
topics:
  alarms: { subscriptions: { people: { email: oncall@example.com } } }
  events: { subscriptions: { q: { queue: q }, partner: { https: 'https://partner.example.com' } } }
monitors: { main: { notify: alarms } }";
    let text = properties(yaml, "MonitorMainExampleEventsTopicPartnerDeadLetters");
    assert!(text.contains("TopicEventsToPartnerDeadLetter\n") && text.contains("Threshold: 0\n"), "{text}");
    // The topic is watched and told nothing.
    assert!(!properties(yaml, "TopicEventsPolicy").contains("cloudwatch"));
    assert!(!template(yaml)["Resources"].to_string().contains("MonitorMainExampleEventsTopicQ"));
}

#[test]
fn patience_with_a_queue_is_its_own() {
    let yaml = format!(
        "queues: {{ payment: {{}}, reports: {{}} }}{MONITOR}    patience: [{{ queue: reports, oldest-message: 7200 }}]"
    );
    let threshold = |id: &str| properties(&yaml, id).lines().find(|line| line.starts_with("Threshold")).map(str::to_owned);
    assert_eq!(threshold("MonitorMainExamplePaymentQueueOldMessages").as_deref(), Some("Threshold: 900"));
    assert_eq!(threshold("MonitorMainExampleReportsQueueOldMessages").as_deref(), Some("Threshold: 7200"));
}

#[test]
fn alarms_may_tell_the_topic() {
    let yaml = "queues: { payment: {} }
topics: { alarms: { encryption: kms } }
monitors: { main: { notify: alarms } }";
    let policy = properties(yaml, "TopicAlarmsPolicy");
    let key = properties(yaml, "TopicAlarmsKey");
    for text in [policy, key] {
        assert!(text.contains("Service: cloudwatch.amazonaws.com") && text.contains("aws:SourceAccount"), "{text}");
    }
}

#[test]
fn errors_of_an_api_are_a_share_of_its_requests() {
    let yaml = format!(
        "http-apis: {{ orders: {{ routes: {{ 'GET /v1/orders': {{ to: {{ http: {{ url: 'https://backend.example.com' }} }}, auth: none }} }} }} }}{MONITOR}"
    );
    assert_snapshot!(properties(&yaml, "MonitorMainExampleOrdersHttpApiErrors"), @r"
    AlarmName: shop-dev-main-example-orders-http-api-errors
    AlarmDescription: More than 1 per cent of the answers of API orders have a status of 500 or above.
    Metrics:
    - Id: part
      MetricStat:
        Metric:
          Namespace: AWS/ApiGateway
          MetricName: 5xx
          Dimensions:
          - Name: ApiId
            Value:
              Ref: ApiOrders
        Period: 60
        Stat: Sum
      ReturnData: false
    - Id: whole
      MetricStat:
        Metric:
          Namespace: AWS/ApiGateway
          MetricName: Count
          Dimensions:
          - Name: ApiId
            Value:
              Ref: ApiOrders
        Period: 60
        Stat: Sum
      ReturnData: false
    - Id: percent
      Expression: 100 * part / whole
      Label: 5xx per cent
      ReturnData: true
    EvaluationPeriods: 5
    ComparisonOperator: GreaterThanThreshold
    Threshold: 1
    TreatMissingData: notBreaching
    AlarmActions:
    - Ref: TopicAlarms
    OKActions:
    - Ref: TopicAlarms
    ");
    assert_snapshot!(properties(&yaml, "MonitorMainExampleOrdersHttpApiLatency"), @r"
    AlarmName: shop-dev-main-example-orders-http-api-latency
    AlarmDescription: One of 100 answers of API orders takes longer than 3000 ms.
    Namespace: AWS/ApiGateway
    MetricName: Latency
    Dimensions:
    - Name: ApiId
      Value:
        Ref: ApiOrders
    ExtendedStatistic: p99
    EvaluateLowSampleCountPercentile: ignore
    Period: 60
    EvaluationPeriods: 5
    ComparisonOperator: GreaterThanThreshold
    Threshold: 3000
    TreatMissingData: notBreaching
    AlarmActions:
    - Ref: TopicAlarms
    OKActions:
    - Ref: TopicAlarms
    ");
}

const TARGETS_AND_DATABASES: &str = "
networks: { main: { cidr: 10.20.0.0/16 } }
load-balancers:
  internal:
    type: network
    network: main
    listeners: { orders: { port: 80, protocol: tcp, default: { forward: orders } } }
    target-groups: { orders: { port: 8080, health-check: { path: /readyz } } }
databases:
  orders: { network: main }
  reports: { network: main, engine: aurora }";

#[test]
fn unhealthy_targets_are_told() {
    let yaml = format!("{TARGETS_AND_DATABASES}{MONITOR}");
    assert_snapshot!(properties(&yaml, "MonitorMainExampleInternalLoadBalancerOrdersUnhealthy"), @r"
    AlarmName: shop-dev-main-example-internal-load-balancer-orders-unhealthy
    AlarmDescription: A target of group orders of load balancer internal fails its health checks.
    Namespace: AWS/NetworkELB
    MetricName: UnHealthyHostCount
    Dimensions:
    - Name: TargetGroup
      Value:
        Fn::GetAtt:
        - LoadBalancerInternalOrdersTargets
        - TargetGroupFullName
    - Name: LoadBalancer
      Value:
        Fn::GetAtt:
        - LoadBalancerInternal
        - LoadBalancerFullName
    Statistic: Maximum
    Period: 60
    EvaluationPeriods: 5
    ComparisonOperator: GreaterThanThreshold
    Threshold: 0
    TreatMissingData: notBreaching
    AlarmActions:
    - Ref: TopicAlarms
    OKActions:
    - Ref: TopicAlarms
    ");
}

/// Threshold and what a lack of numbers means, of the alarm on healthy targets.
fn fewest_healthy(yaml: &str) -> String {
    let text = properties(&format!("{yaml}{MONITOR}"), "MonitorMainExampleInternalLoadBalancerOrdersTooFewHealthy");
    let wanted = ["MetricName", "Statistic", "ComparisonOperator", "Threshold", "TreatMissingData"];
    let lines = text.lines().filter(|line| wanted.iter().any(|key| line.starts_with(key)));
    lines.map(|line| line.split_once(": ").unwrap().1).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_group_without_enough_healthy_targets_is_told_and_so_is_one_without_any() {
    let alone = fewest_healthy(TARGETS_AND_DATABASES);
    assert_eq!(alone, "HealthyHostCount Maximum LessThanThreshold 1 breaching");
    let service = format!(
        "{TARGETS_AND_DATABASES}
clusters:
  main:
    network: main
    creator-is-admin: true
    node-groups: {{ general: {{}} }}
    provided-by: {{ load-balancer-controller: {{ by: us }} }}
services:
  orders:
    cluster: main
    image: r.example.com/orders:1
    port: 8080
    replicas: {{ min: 4, max: 9 }}
    exposes: {{ load-balancer: internal, target-group: orders }}"
    );
    assert_eq!(fewest_healthy(&service), "HealthyHostCount Maximum LessThanThreshold 4 breaching");
    // Each zone's part counts its own targets only.
    let apart = service.replace("    type: network\n", "    type: network\n    cross-zone: false\n");
    assert_eq!(fewest_healthy(&apart), "HealthyHostCount Maximum LessThanThreshold 1 breaching");
}

const CERTIFICATE: &str = "
hosted-zones: { main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 } }
certificates: { api: { domain: 'api.${env.domain}', zones: [main] } }";

#[test]
fn a_certificate_that_was_not_renewed_is_told_until_it_is_and_after_its_end() {
    assert_snapshot!(properties(&format!("{CERTIFICATE}{MONITOR}"), "MonitorMainExampleApiCertificateExpiry"), @"
    AlarmName: shop-dev-main-example-api-certificate-expiry
    AlarmDescription: 'Certificate api ends within 30 days, or has ended, and is not renewed: look at its validation records.'
    Namespace: AWS/CertificateManager
    MetricName: DaysToExpiry
    Dimensions:
    - Name: CertificateArn
      Value:
        Ref: CertificateApi
    Statistic: Minimum
    Period: 86400
    EvaluationPeriods: 1
    ComparisonOperator: LessThanOrEqualToThreshold
    Threshold: 30
    TreatMissingData: breaching
    AlarmActions:
    - Ref: TopicAlarms
    OKActions:
    - Ref: TopicAlarms
    ");
}

#[test]
fn an_alarm_at_every_renewal_is_none() {
    let days = |days: u16, certificates: &str| {
        let found = report(&format!("{certificates}{MONITOR}    limits: {{ certificate-days: {days} }}"));
        found.lines().filter(|line| line.starts_with("monitors/")).map(str::to_owned).collect::<String>()
    };
    assert_snapshot!(days(45, CERTIFICATE), @"monitors/every-renewal: this alarm goes off at every renewal <- `45` 45 days before the end");
    assert_eq!(days(44, CERTIFICATE), "");
    // Nobody renews these by itself.
    let arn = "arn:aws:acm:eu-west-1:123456789012:certificate/0a0a0a0a-0000-0000-0000-000000000000";
    assert_eq!(days(60, &format!("certificates: {{ api: {{ imported: ['{arn}'] }} }}")), "");
}

#[test]
fn databases_are_watched_as_their_engine_measures() {
    let yaml = format!("{TARGETS_AND_DATABASES}{MONITOR}");
    assert_snapshot!(properties(&yaml, "MonitorMainExampleOrdersDatabaseStorage"), @r"
    AlarmName: shop-dev-main-example-orders-database-storage
    AlarmDescription: Less than 10 per cent of the volume that database orders started with is free.
    Namespace: AWS/RDS
    MetricName: FreeStorageSpace
    Dimensions:
    - Name: DBInstanceIdentifier
      Value:
        Ref: DatabaseOrders
    Statistic: Minimum
    Period: 300
    EvaluationPeriods: 3
    ComparisonOperator: LessThanThreshold
    Threshold: 2147483648
    TreatMissingData: breaching
    AlarmActions:
    - Ref: TopicAlarms
    OKActions:
    - Ref: TopicAlarms
    ");
    assert_snapshot!(properties(&yaml, "MonitorMainExampleReportsDatabaseConnections"), @r"
    AlarmName: shop-dev-main-example-reports-database-connections
    AlarmDescription: Database reports has more than 80 per cent of its 450 connections open; soon it refuses new ones.
    Namespace: AWS/RDS
    MetricName: DatabaseConnections
    Dimensions:
    - Name: DBClusterIdentifier
      Value:
        Ref: DatabaseReportsCluster
    - Name: Role
      Value: WRITER
    Statistic: Maximum
    Period: 60
    EvaluationPeriods: 5
    ComparisonOperator: GreaterThanThreshold
    Threshold: 360
    TreatMissingData: notBreaching
    AlarmActions:
    - Ref: TopicAlarms
    OKActions:
    - Ref: TopicAlarms
    ");
}

const HEALTH_CHECK: &str = "health-checks: { orders: { check: { endpoint: { host: api.example.com, path: /healthz } } } }";

#[test]
fn health_checks_are_watched_in_us_east_1() {
    let assembly = compile_stacks(&[
        ("dns", HEALTH_CHECK),
        ("edge", "region: us-east-1\ntopics: { alarms: {} }"),
        ("watch", "topics: { alarms: {} }\nmonitors: { main: { notify: alarms, notify-edge: edge.alarms } }"),
    ]);
    let (_, text) = assembly.files.iter().find(|(path, _)| path.ends_with("watch.us-east-1.template.json")).unwrap();
    let template: serde_json::Value = serde_json::from_slice(text).unwrap();
    let alarm = &template["Resources"]["MonitorMainDnsOrdersHealthCheckFailed"];
    assert_snapshot!(serde_yaml::to_string(&alarm["Properties"]).unwrap(), @r"
    AlarmName: shop-dev-main-dns-orders-health-check-failed
    AlarmDescription: Health check orders fails; records that depend on it are not answered.
    Namespace: AWS/Route53
    MetricName: HealthCheckStatus
    Dimensions:
    - Name: HealthCheckId
      Value:
        Ref: DnsHealthCheckOrdersHealthCheckId
    Statistic: Minimum
    Period: 60
    EvaluationPeriods: 2
    ComparisonOperator: LessThanThreshold
    Threshold: 1
    TreatMissingData: breaching
    AlarmActions:
    - Ref: EdgeTopicAlarmsRef
    OKActions:
    - Ref: EdgeTopicAlarmsRef
    ");
}

#[test]
fn alarms_that_tell_nobody_are_told() {
    assert_snapshot!(report(&format!("{HEALTH_CHECK}{MONITOR}")), @"monitors/tells-nobody: alarms of example orders health check tell nobody <- `main` no topic in us-east-1");
}

#[test]
fn only_what_is_named_is_watched() {
    let yaml = format!("queues: {{ a: {{}}, b: {{}} }}{MONITOR}    watch: {{ only: {{ queues: [a] }} }}\n    dashboard: false");
    let assembly = compile(&yaml);
    let text: String = assembly.files.values().map(|bytes| String::from_utf8_lossy(bytes)).collect();
    assert!(text.contains("MonitorMainExampleAQueue") && !text.contains("MonitorMainExampleBQueue"));
    assert!(!text.contains("AWS::CloudWatch::Dashboard"));
}

#[test]
fn the_dashboard_is_json_with_names_put_in() {
    let yaml = format!("queues: {{ payment: {{ dead-letter: {{ enabled: false }} }} }}{MONITOR}");
    assert_snapshot!(properties(&yaml, "MonitorMainDashboard"), @r#"
    DashboardName: shop-dev-main
    DashboardBody:
      Fn::Sub: '{"widgets":[{"type":"alarm","x":0,"y":0,"width":12,"height":6,"properties":{"title":"Alarms","alarms":["${MonitorMainExamplePaymentQueueOldMessages.Arn}","${MonitorMainExamplePaymentQueueInFlight.Arn}"]}},{"type":"metric","x":12,"y":0,"width":12,"height":6,"properties":{"title":"Messages waiting","region":"eu-west-1","view":"timeSeries","period":60,"metrics":[["AWS/SQS","ApproximateNumberOfMessagesVisible","QueueName","${QueuePayment.QueueName}",{"label":"example payment queue","stat":"Maximum"}]]}},{"type":"metric","x":0,"y":6,"width":12,"height":6,"properties":{"title":"Age of the oldest message (s)","region":"eu-west-1","view":"timeSeries","period":60,"metrics":[["AWS/SQS","ApproximateAgeOfOldestMessage","QueueName","${QueuePayment.QueueName}",{"label":"example payment queue","stat":"Maximum"}]]}}]}'
    "#);
}

#[test]
fn monitors_that_cannot_work_are_refused() {
    let yaml = "
topics: { orders: { fifo: true }, alarms: {} }
monitors:
  b: { notify: alarms, watch: { only: {} } }
  a: { notify: orders, notify-edge: alarms, limits: { database-cpu-percent: 101, certificate-days: 0 } }
";
    assert_snapshot!(report(yaml), @r"
    monitors/nothing: this monitor has nothing to watch <- `watch` names nothing
    monitors/fifo-topic: alarms cannot tell a FIFO topic <- `orders` a FIFO topic
    monitors/edge-topic: alarms of us-east-1 tell a topic of us-east-1 <- `alarms` this topic lives in eu-west-1
    kinds/out-of-range: `database-cpu-percent` must be from 1 to 100 <- `101` 101 is outside
    kinds/out-of-range: `certificate-days` must be from 1 to 398 <- `0` 0 is outside
    ");
}

/// A service that reports, with a monitor of its own.
fn own(report: &str, alarm: &str) -> String {
    format!(
        "topics: {{ alarms: {{}} }}
monitors:
  main:
    notify: alarms
    watch: {{ only: {{}} }}
    own: {{ old-orders: {{ of: {{ service: orders }}, metric: OldestOrder, above: 600, description: Look at them.{alarm} }} }}
services:
  orders: {{ cluster: main, image: 'x/orders:1', port: 8080{report} }}
clusters:
  main:
    network: main
    node-groups: {{ general: {{}} }}
    access:
      platform:
        principal: arn:aws:iam::111122223333:role/platform-admin
        policies: {{ AmazonEKSClusterAdminPolicy: cluster }}
networks:
  main: {{ cidr: 10.20.0.0/16 }}
"
    )
}

#[test]
fn an_alarm_looks_at_what_a_service_reports_itself() {
    let yaml = own(", own-metrics: true", "");
    assert_snapshot!(properties(&yaml, "MonitorMainExampleOrdersServiceOldOrders"), @r"
    AlarmName: shop-dev-main-example-orders-service-old-orders
    AlarmDescription: Look at them.
    Namespace: shop/dev/example/orders
    MetricName: OldestOrder
    Statistic: Maximum
    Period: 60
    EvaluationPeriods: 5
    ComparisonOperator: GreaterThanThreshold
    Threshold: 600
    TreatMissingData: breaching
    AlarmActions:
    - Ref: TopicAlarms
    OKActions:
    - Ref: TopicAlarms
    ");
    let role = properties(&yaml, "ServiceOrdersRole");
    assert!(role.contains("cloudwatch:namespace: shop/dev/example/orders"), "{role}");
    let policy: Vec<&str> = role.lines().map(str::trim).collect();
    assert!(policy.contains(&"Action: cloudwatch:PutMetricData") && policy.contains(&"Resource: '*'"), "{role}");
}

#[test]
fn what_no_service_reports_or_no_alarm_can_look_at_is_an_error() {
    assert_snapshot!(report(&own("", "")), @r"
    monitors/no-own-metrics: the workload puts no metrics into CloudWatch <- `of` it may not put any there
    ");
    assert_snapshot!(report(&own(", own-metrics: true", ", period: 90")), @r"
    monitors/period: a period must be whole minutes, a day at most <- `90` 90 s
    ");
    assert_snapshot!(report(&own(", own-metrics: true", ", period: 600, periods: 145")), @r"
    monitors/periods: `periods` must be from 1 to 144 <- `145` 145 periods of 600 s
    ");
    let whole = own(", own-metrics: true", ", period: 3600, periods: 168");
    assert!(!report(&whole).contains("monitors/period"), "{}", report(&whole));
}
