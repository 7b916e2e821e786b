//! `network/closed-port`: the security groups of what is called admit the port at which it answers.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "network/closed-port",
    code: "NET-014",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "security groups shut the port at which something answers",
    why: "what no rule of its security groups admits is dropped, so that who calls waits until the time is up; \
          this port is the one that the resource listens to",
    error: None,
    sources: &["https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: files
      VpcId: vpc-0123456789abcdef0
      SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 3306, ToPort: 3306, CidrIp: 10.0.0.0/16 }]
  Mount:
    Type: AWS::EFS::MountTarget
    Properties:
      FileSystemId: fs-0123456789abcdef0
      SubnetId: subnet-0123456789abcde00
      SecurityGroups: [!Ref Group]
#                      ^
",
    good: &[("FromPort: 3306, ToPort: 3306", "FromPort: 2049, ToPort: 2049")],
    check: Check::View(check),
};

/// What listens: type, its groups, its port, the property that the standard port follows from, and standard ports by it.
///
/// Sources: the pages of the types in the CloudFormation Template Reference, and
/// <https://docs.aws.amazon.com/efs/latest/ug/network-access.html> (from memory).
const LISTENERS: &[(&str, &str, &str, &str, &[(&str, i64)])] = &[
    ("AWS::DocDB::DBCluster", "VpcSecurityGroupIds", "Port", "", &[("", 27017)]),
    ("AWS::EFS::MountTarget", "SecurityGroups", "", "", &[("", 2049)]),
    ("AWS::ElastiCache::CacheCluster", "VpcSecurityGroupIds", "Port", "Engine", &[("memcached", 11211), ("", 6379)]),
    ("AWS::ElastiCache::ReplicationGroup", "SecurityGroupIds", "Port", "", &[("", 6379)]),
    ("AWS::Neptune::DBCluster", "VpcSecurityGroupIds", "DBPort", "", &[("", 8182)]),
    ("AWS::RDS::DBCluster", "VpcSecurityGroupIds", "Port", "Engine", CLUSTER_ENGINES),
    ("AWS::RDS::DBInstance", "VPCSecurityGroups", "Port", "Engine", ENGINES),
    (
        "AWS::RDS::DBProxy",
        "VpcSecurityGroupIds",
        "",
        "EngineFamily",
        &[("MYSQL", 3306), ("POSTGRESQL", 5432), ("SQLSERVER", 1433)],
    ),
    ("AWS::Redshift::Cluster", "VpcSecurityGroupIds", "Port", "", &[("", 5439)]),
];

/// Standard ports of the engines of RDS; an instance of Aurora listens where its cluster does.
///
/// Source: <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html> (read 2026-12-01).
const ENGINES: &[(&str, i64)] = &[("mariadb", 3306), ("mysql", 3306), ("postgres", 5432)];

/// Standard ports of clusters. Aurora PostgreSQL is not among them: a provisioned cluster whose template names no port
/// was given 3306 and not 5432 for years, and whoever relied on it is served that way still.
///
/// Sources: <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html>,
/// <https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-rds/pull/336> (read 2026-12-01).
const CLUSTER_ENGINES: &[(&str, i64)] = &[("aurora-mysql", 3306), ("mysql", 3306), ("postgres", 5432)];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for (kind, groups, port, by, standard) in LISTENERS {
        for resource in view.of(kind) {
            let written = resource.get(port).filter(|_| !port.is_empty());
            let number = written.map_or_else(|| standard_port(&resource, by, standard), |it| it.int());
            if let Some(number) = number {
                judge(cx, &resource, groups, number);
            }
        }
    }
}

fn standard_port(resource: &Resource<'_>, by: &str, standard: &[(&str, i64)]) -> Option<i64> {
    let found = if by.is_empty() { String::new() } else { resource.get(by)?.text()?.into_owned() };
    standard.iter().find(|(value, _)| value.is_empty() || *value == found).map(|(_, port)| *port)
}

fn judge(cx: &mut Cx<'_>, resource: &Resource<'_>, path: &str, port: i64) {
    let Some(groups) = resource.security_groups(path) else { return };
    let rules: Vec<_> = groups.iter().flat_map(|group| group.ingress()).collect();
    // A group without any rule is one that others add to, or whose members alone count.
    if rules.is_empty() || rules.iter().any(|rule| rule.admits(port)) {
        return;
    }
    let (Some(slot), Some(group)) = (resource.each(path).next(), groups.first()) else { return };
    cx.report(
        slot.finding(format!("nothing reaches `{}` on port {port}", resource.id()), "no rule admits the port")
            .also(group.at(), "the group")
            .help(format!("add an ingress rule for tcp port {port} from who calls")),
    );
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn ports_follow_from_what_is_written_or_from_the_engine() {
        let count = |rule: &str, listener: &str| {
            let text = format!(
                "Resources:\n  Group: {{ Type: AWS::EC2::SecurityGroup, Properties: {{ GroupDescription: a, VpcId: vpc-0123456789abcdef0, SecurityGroupIngress: [{{ {rule}, CidrIp: 10.0.0.0/8 }}] }} }}\n  Db: {{ {listener} }}\n"
            );
            of_rule(&super::RULE, &text).len()
        };
        let db = |rest: &str| {
            format!(
                "Type: AWS::RDS::DBInstance, Properties: {{ Engine: postgres, VPCSecurityGroups: [!Ref Group]{rest} }}"
            )
        };
        assert_eq!(count("IpProtocol: tcp, FromPort: 3306, ToPort: 3306", &db("")), 1);
        assert_eq!(count("IpProtocol: tcp, FromPort: 3306, ToPort: 3306", &db(", Port: 3306")), 0);
        assert_eq!(count("IpProtocol: tcp, FromPort: 5000, ToPort: 6000", &db("")), 0);
        assert_eq!(count("IpProtocol: \"-1\"", &db("")), 0);
        assert_eq!(count("IpProtocol: udp, FromPort: 5432, ToPort: 5432", &db("")), 1);
        let cluster = |engine: &str| {
            format!("Type: AWS::RDS::DBCluster, Properties: {{ Engine: {engine}, VpcSecurityGroupIds: [!Ref Group] }}")
        };
        assert_eq!(count("IpProtocol: tcp, FromPort: 3306, ToPort: 3306", &cluster("aurora-postgresql")), 0);
        assert_eq!(count("IpProtocol: tcp, FromPort: 5432, ToPort: 5432", &cluster("aurora-postgresql")), 0);
        assert_eq!(count("IpProtocol: tcp, FromPort: 5432, ToPort: 5432", &cluster("aurora-mysql")), 1);
    }
}
