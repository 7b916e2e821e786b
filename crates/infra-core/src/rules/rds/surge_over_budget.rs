//! `rds/surge-over-budget`: rollouts fit into the connections of their database.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "rds/surge-over-budget",
    code: "K8S-028",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "pods of a rollout open more connections than the database takes",
    why: "a rolling update adds pods before it removes others, and each opens a pool of its own",
    error: None,
    sources: &[
        "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/",
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: data.yaml
Resources:
  Orders:
    Type: AWS::RDS::DBInstance
    DeletionPolicy: Snapshot
    Properties:
      Engine: postgres
      EngineVersion: "17.11"
      DBInstanceClass: db.t4g.medium
      AllocatedStorage: "100"
      StorageEncrypted: true
      MasterUsername: orders
      ManageMasterUserPassword: true
Outputs:
  Host: { Value: !GetAtt Orders.Endpoint.Address }
#: orders.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
  strategy:
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 100%
#               ^
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      containers:
        - name: orders
          image: registry.example.com/orders:1.4.2
          env:
            - { name: DB_HOST, value: "${output:data@eu-west-1:Host}" }
            - name: DB_POOL_SIZE
              value: "10"
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: orders, namespace: shop }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: orders }
  minReplicas: 3
  maxReplicas: 40
  metrics: [{ type: Resource, resource: { name: cpu, target: { type: AverageValue, averageValue: 500m } } }]
"#,
    good: &[("maxSurge: 100%", "maxSurge: 1")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for (database, demands) in super::demands(view) {
        let Some((most, place)) = super::max_connections(&database) else { continue };
        let total: i64 = demands.iter().map(|demand| demand.pool_size.saturating_mul(demand.pods)).sum();
        // What is too much already is the business of another rule.
        if total > most {
            continue;
        }
        for demand in &demands {
            let Some(surge) = demand.workload.surge(demand.pods) else { continue };
            let peak = total + surge.saturating_mul(demand.pool_size);
            if peak <= most {
                continue;
            }
            cx.report(
                demand
                    .workload
                    .nearest("spec.strategy.rollingUpdate.maxSurge")
                    .finding(
                        format!("a rollout needs {peak} connections, the database takes {most}"),
                        format!("up to {surge} pods more"),
                    )
                    .also(demand.pool.at(), format!("{} connections in each pod", demand.pool_size))
                    .also(place.at(), format!("takes {most} connections"))
                    .help("lower `maxSurge`, or make the pools smaller"),
            );
        }
    }
}
