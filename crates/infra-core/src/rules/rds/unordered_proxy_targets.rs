//! `rds/unordered-proxy-targets`: a proxy finds the instances of its cluster.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "rds/unordered-proxy-targets",
    code: "DB-015",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "targets of a proxy may be made before the instances of the cluster",
    why: "the targets of a proxy are ready once an instance of the cluster answers; they refer to the cluster and not to the \
          instance, so CloudFormation makes them first and waits until it gives up",
    error: Some("Timed out waiting for target group to become available"),
    sources: &["https://github.com/aws/aws-cdk/issues/31304"],
    evidence: Evidence::Observed,
    bad: r#"
Resources:
  Ledger:
    Type: AWS::RDS::DBCluster
    DeletionPolicy: Snapshot
    UpdateReplacePolicy: Snapshot
    Properties:
      Engine: aurora-postgresql
      EngineVersion: "17.7"
      MasterUsername: ledger
      ManageMasterUserPassword: true
      StorageEncrypted: true
      DeletionProtection: true
  Writer:
    Type: AWS::RDS::DBInstance
    Properties: { Engine: aurora-postgresql, DBClusterIdentifier: !Ref Ledger, DBInstanceClass: db.r7g.large }
  Targets:
    Type: AWS::RDS::DBProxyTargetGroup
    Properties:
      DBProxyName: ledger
      TargetGroupName: default
      DBClusterIdentifiers: [!Ref Ledger]
#                            ^
"#,
    good: &[(
        "    Type: AWS::RDS::DBProxyTargetGroup\n",
        "    Type: AWS::RDS::DBProxyTargetGroup\n    DependsOn: Writer\n",
    )],
    check: Check::Resources(&["AWS::RDS::DBProxyTargetGroup"], check),
};

fn check(cx: &mut Cx<'_>, targets: Resource<'_>) {
    for slot in targets.each("DBClusterIdentifiers") {
        let Some(cluster) = slot.resource_of("AWS::RDS::DBCluster") else { continue };
        let of_cluster =
            |it: &Resource<'_>| it.get("DBClusterIdentifier").and_then(|id| id.resource()) == Some(cluster);
        let instances: Vec<Resource<'_>> = cluster
            .referrers_of("AWS::RDS::DBInstance")
            .filter(|it| of_cluster(it) && it.stack() == targets.stack())
            .collect();
        let Some(first) = instances.first().filter(|_| !instances.iter().any(|it| targets.comes_after(it))) else {
            continue;
        };
        cx.report(
            slot.finding(
                format!("targets `{}` may be made before instance `{}`", targets.id(), first.id()),
                "waits for the cluster only",
            )
            .also(first.at(), "the instance that answers")
            .help(format!("add `DependsOn: {}` to the targets", first.id())),
        );
    }
}
