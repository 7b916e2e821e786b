//! `rds/proxy-wiring`: a proxy reaches its database and logs in.

use crate::rules::prelude::*;
use crate::view::Ingress;

pub(super) const RULE: Rule = Rule {
    id: "rds/proxy-wiring",
    code: "DB-004",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "proxy cannot reach or log in to its database",
    why: "a proxy reads the password with its role, speaks one family of engines, and connects from its own \
          security group, which the database must admit",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-iam-setup.html",
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-secrets-arns.html",
        "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBProxy.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: data.yaml
Resources:
  ProxyGroup:
    Type: AWS::EC2::SecurityGroup
    Properties: { GroupDescription: proxy, VpcId: vpc-0123456789abcdef0 }
  PodGroup:
    Type: AWS::EC2::SecurityGroup
    Properties: { GroupDescription: pods, VpcId: vpc-0123456789abcdef0 }
  DataGroup:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: database
      VpcId: vpc-0123456789abcdef0
      SecurityGroupIngress:
        - { IpProtocol: tcp, FromPort: 5432, ToPort: 5432, SourceSecurityGroupId: !Ref PodGroup }
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
      VPCSecurityGroups: [!Ref DataGroup]
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
      VpcSecurityGroupIds: [!Ref ProxyGroup]
#     ^
  ProxyTargets:
    Type: AWS::RDS::DBProxyTargetGroup
    Properties:
      DBProxyName: !Ref Proxy
      TargetGroupName: default
      DBInstanceIdentifiers: [!Ref Orders]
      ConnectionPoolConfigurationInfo: { ConnectionBorrowTimeout: 3 }
"#,
    good: &[("SourceSecurityGroupId: !Ref PodGroup", "SourceSecurityGroupId: !Ref ProxyGroup")],
    check: Check::Resources(&["AWS::RDS::DBProxyTargetGroup"], check),
};

fn check(cx: &mut Cx<'_>, group: Resource<'_>) {
    let Some(proxy) = group.get("DBProxyName").and_then(|name| name.resource_of("AWS::RDS::DBProxy")) else { return };
    login(cx, &proxy);
    let instances = group.each("DBInstanceIdentifiers").filter_map(|id| id.resource_of("AWS::RDS::DBInstance"));
    let clusters = group.each("DBClusterIdentifiers").filter_map(|id| id.resource_of("AWS::RDS::DBCluster"));
    for database in instances.chain(clusters) {
        engine(cx, &proxy, &database);
        path(cx, &proxy, &database);
    }
}

fn login(cx: &mut Cx<'_>, proxy: &Resource<'_>) {
    let Some(secret) = proxy.each("Auth").find_map(|auth| auth.key("SecretArn")) else { return };
    let Some((used, role)) = proxy.get("RoleArn").and_then(|arn| Some((arn, arn.resource_of("AWS::IAM::Role")?)))
    else {
        return;
    };
    let statements = role.identity_statements();
    let may = statements.iter().any(|it| it.allows() && it.covers("secretsmanager:GetSecretValue"));
    if may || role.has("ManagedPolicyArns") || statements.is_empty() {
        return;
    }
    cx.report(
        used.finding("the proxy may not read the password", "its role lacks secretsmanager:GetSecretValue")
            .also(secret.at(), "the secret")
            .also(role.at(), "the role")
            .help("allow secretsmanager:GetSecretValue on the secret, and kms:Decrypt on its key"),
    );
}

fn engine(cx: &mut Cx<'_>, proxy: &Resource<'_>, database: &Resource<'_>) {
    let Some((written, family)) = proxy.get("EngineFamily").and_then(|it| Some((it, it.text()?))) else { return };
    let Some((engine, name)) = database.get("Engine").and_then(|it| Some((it, it.text()?))) else { return };
    let right = match name.as_ref() {
        "aurora-postgresql" | "postgres" => "POSTGRESQL",
        "aurora-mysql" | "mariadb" | "mysql" => "MYSQL",
        other if other.starts_with("sqlserver-") => "SQLSERVER",
        _ => return,
    };
    if family != right {
        cx.report(
            written
                .finding(format!("the proxy speaks {family}, the database is {name}"), "the family of the proxy")
                .also(engine.at(), "the engine of the database")
                .help(format!("write `EngineFamily: {right}`"))
                .fix(written.replace(right)),
        );
    }
}

fn path(cx: &mut Cx<'_>, proxy: &Resource<'_>, database: &Resource<'_>) {
    let slot = if database.kind() == "AWS::RDS::DBInstance" { "VPCSecurityGroups" } else { "VpcSecurityGroupIds" };
    let (Some(from), Some(to)) = (proxy.security_groups("VpcSecurityGroupIds"), database.security_groups(slot)) else {
        return;
    };
    let rules: Vec<_> = to.iter().flat_map(|group| group.ingress()).collect();
    let port = database.get("Port").map_or_else(|| standard_port(database), |port| port.int());
    let shut = |rule: &Ingress<'_>| rule.excludes(&from) || port.is_some_and(|port| !rule.admits(port));
    if !rules.iter().all(shut) {
        return;
    }
    let mut finding = proxy
        .nearest("VpcSecurityGroupIds")
        .finding("the database does not admit its proxy", "no rule admits this security group to its port")
        .also(database.at(), "the database");
    if let Some(rule) = rules.first() {
        finding = finding.also(rule.rule.at(), "admits others only");
    }
    cx.report(finding.help("admit the proxy's security group to the port of the database"));
}

/// The port of an engine where none is written.
fn standard_port(database: &Resource<'_>) -> Option<i64> {
    match database.get("Engine")?.text()?.as_ref() {
        "aurora-postgresql" | "postgres" => Some(5432),
        "aurora-mysql" | "mariadb" | "mysql" => Some(3306),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn engine_and_permissions_are_judged_too() {
        let text = RULE
            .bad_example()
            .replace("EngineFamily: POSTGRESQL", "EngineFamily: MYSQL")
            .replace("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")
            .replace("SourceSecurityGroupId: !Ref PodGroup", "CidrIp: 10.0.0.0/16");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(
            titles,
            Vec::<&str>::from([
                "the proxy speaks MYSQL, the database is postgres",
                "the proxy may not read the password"
            ])
        );
    }
}
