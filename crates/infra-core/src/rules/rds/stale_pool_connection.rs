//! `rds/stale-pool-connection`: pools let go of connections before the proxy does.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "rds/stale-pool-connection",
    code: "DB-003",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "pool keeps connections longer than the proxy does",
    why: "a proxy closes clients that are idle for 1,800 seconds by default; a pool that keeps them longer \
          hands out connections that are closed",
    error: None,
    sources: &[
        "https://github.com/brettwooldridge/HikariCP#gear-configuration-knobs-baby",
        "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBProxy.html",
    ],
    evidence: Evidence::Memory,
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
  ProxyRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: rds.amazonaws.com }, Action: sts:AssumeRole }]
      Policies:
        - PolicyName: login
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{ Effect: Allow, Action: secretsmanager:GetSecretValue, Resource: !GetAtt Orders.MasterUserSecret.SecretArn }]
  Proxy:
    Type: AWS::RDS::DBProxy
    Properties:
      DBProxyName: orders
      EngineFamily: POSTGRESQL
      RoleArn: !GetAtt ProxyRole.Arn
      Auth: [{ AuthScheme: SECRETS, SecretArn: !GetAtt Orders.MasterUserSecret.SecretArn }]
      VpcSubnetIds: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
      IdleClientTimeout: 900
Outputs:
  Host: { Value: !GetAtt Proxy.Endpoint }
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
            - name: SPRING_DATASOURCE_HIKARI_MAXLIFETIME
              value: "1800000"
#                    ^
"#,
    good: &[(r#""1800000""#, r#""840000""#)],
    check: Check::View(check),
};

/// How long a proxy keeps idle clients that says nothing. Unit: seconds.
const DEFAULT: i64 = 1_800;

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for container in view.objects().filter_map(|object| object.pods()).flat_map(|pods| pods.main()) {
        let written = ["SPRING_DATASOURCE_HIKARI_MAXLIFETIME", "SPRING_DATASOURCE_HIKARI_MAX_LIFETIME"]
            .into_iter()
            .find_map(|name| container.env(name));
        let Some((lifetime, millis)) = written.and_then(|written| Some((written, written.int()?))) else { continue };
        let Some(proxy) = super::database_of(&container).filter(|it| it.kind() == "AWS::RDS::DBProxy") else {
            continue;
        };
        let Some(idle) = proxy.int_or("IdleClientTimeout", DEFAULT) else { continue };
        if millis != 0 && millis < idle.saturating_mul(1_000) {
            continue;
        }
        cx.report(
            lifetime
                .finding(
                    format!("the pool of `{}` keeps closed connections", container.name()),
                    "kept longer than there",
                )
                .also(proxy.nearest("IdleClientTimeout").at(), format!("closed after {idle} s without use"))
                .help(format!("write a lifetime below {} ms", idle.saturating_mul(1_000))),
        );
    }
}
