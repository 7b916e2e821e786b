//! `rds/connection-budget`: pools fit into the connections of their database.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "rds/connection-budget",
    code: "DB-001",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "pods open more connections than the database takes",
    why: "each pod keeps a pool, so at the most pods their product reaches the database; PostgreSQL takes one \
          connection for each 9,531,392 bytes of memory by default",
    error: Some("FATAL: sorry, too many clients already"),
    sources: &["https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections"],
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
              value: "30"
#                    ^
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
    good: &[(r#""30""#, r#""8""#)],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for (database, demands) in super::demands(view) {
        let Some((most, place)) = super::max_connections(&database) else { continue };
        let total: i64 = demands.iter().map(|demand| demand.pool_size.saturating_mul(demand.pods)).sum();
        let Some(largest) = demands.iter().max_by_key(|demand| demand.pool_size * demand.pods) else { continue };
        if total <= most {
            continue;
        }
        let mut finding = largest.pool.finding(
            format!("up to {total} connections to a database that takes {most}"),
            format!("{} in each of up to {} pods", largest.pool_size, largest.pods),
        );
        for other in demands.iter().filter(|other| other.pool.at() != largest.pool.at()) {
            finding =
                finding.also(other.pool.at(), format!("{} in each of up to {} pods", other.pool_size, other.pods));
        }
        cx.report(
            finding
                .also(place.at(), format!("takes {most} connections"))
                .help("make the pools smaller, allow fewer pods, or put an RDS Proxy between them"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn a_host_is_known_by_the_name_of_its_instance() {
        let text = RULE
            .bad_example()
            .replace("${output:data@eu-west-1:Host}", "orders.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com")
            .replace("      Engine: postgres\n", "      Engine: postgres\n      DBInstanceIdentifier: orders\n");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from(["up to 1200 connections to a database that takes 450"]));
    }

    #[test]
    fn parameters_say_how_many_connections_there_are() {
        let text = RULE.bad_example().replace("      Engine: postgres\n", "      Engine: postgres\n      DBParameterGroupName: !Ref Settings\n").replace("Outputs:", "  Settings:\n    Type: AWS::RDS::DBParameterGroup\n    Properties: { Family: postgres17, Description: orders, Parameters: { max_connections: \"1500\" } }\nOutputs:");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from([]));
    }
}
