//! `rds/proxy-borrow-timeout`: a proxy gives up before its callers.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "rds/proxy-borrow-timeout",
    code: "DB-002",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "proxy holds requests longer than their callers wait",
    why: "when all connections are taken RDS Proxy waits 120 seconds unless told otherwise, while the caller \
          gives up and tries again",
    error: None,
    sources: &["https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ConnectionPoolConfiguration.html"],
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
  ProxyTargets:
    Type: AWS::RDS::DBProxyTargetGroup
    Properties:
      DBProxyName: !Ref Proxy
      TargetGroupName: default
      DBInstanceIdentifiers: [!Ref Orders]
      ConnectionPoolConfigurationInfo:
        ConnectionBorrowTimeout: 60
#                                ^
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: { Name: orders, ProtocolType: HTTP }
  Backend:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: HTTP_PROXY
      IntegrationMethod: ANY
      IntegrationUri: https://orders.example.com
      PayloadFormatVersion: "1.0"
      TimeoutInMillis: 10000
"#,
    good: &[("ConnectionBorrowTimeout: 60", "ConnectionBorrowTimeout: 3")],
    check: Check::Resources(&["AWS::RDS::DBProxyTargetGroup"], check),
};

/// How long a proxy waits that says nothing. Unit: seconds.
const DEFAULT: i64 = 120;

fn check(cx: &mut Cx<'_>, group: Resource<'_>) {
    let path = "ConnectionPoolConfigurationInfo.ConnectionBorrowTimeout";
    let Some(seconds) = group.int_or(path, DEFAULT) else { return };
    let Some((limit, most)) = super::request_limit(group.view()) else { return };
    if seconds.saturating_mul(1_000) < most {
        return;
    }
    cx.report(
        group
            .finding_at(path, format!("the proxy waits {seconds} s for a connection"), "longer than the callers")
            .also(limit.at(), format!("requests end after {most} ms"))
            .help("write `ConnectionBorrowTimeout: 3`"),
    );
}
