//! `rds/open-database`: databases are not for everyone.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "rds/open-database",
    code: "DB-006",
    severity: Severity::Warning,
    phase: Phase::Security,
    title: "database is open to the internet",
    why: "a publicly accessible instance has a public address, and a rule for every address leaves the \
          password as the only lock; in a private network it leaves that to whoever gets in",
    error: None,
    sources: &["https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html"],
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
      PubliclyAccessible: true
#                         ^
"#,
    good: &[("PubliclyAccessible: true", "PubliclyAccessible: false")],
    check: Check::Resources(&["AWS::RDS::DBCluster", "AWS::RDS::DBInstance"], check),
};

fn check(cx: &mut Cx<'_>, database: Resource<'_>) {
    if let Some(public) = database.get("PubliclyAccessible").filter(|public| public.bool() == Some(true)) {
        cx.report(
            public
                .finding(format!("`{}` has a public address", database.id()), "reachable from the internet")
                .help("write `PubliclyAccessible: false`")
                .fix(public.replace("false")),
        );
    }
    let slot = if database.kind() == "AWS::RDS::DBInstance" { "VPCSecurityGroups" } else { "VpcSecurityGroupIds" };
    // Without a public address a rule for everyone opens the port to the network and what is connected with it.
    let is_private = database.bool_or("PubliclyAccessible", false) == Some(false);
    for group in database.security_groups(slot).into_iter().flatten() {
        for rule in group.ingress().iter().filter(|rule| rule.from_anywhere()) {
            let title = if is_private {
                format!("every address that reaches the network may connect to `{}`", database.id())
            } else {
                format!("every address may connect to `{}`", database.id())
            };
            cx.report(
                rule.rule
                    .finding(title, "admits everyone")
                    .also(database.at(), "the database")
                    .help("name the security group of what connects to it in `SourceSecurityGroupId`"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn rules_for_everyone_are_told() {
        let text = RULE.bad_example().replace("PubliclyAccessible: true", "VPCSecurityGroups: [!Ref Open]\n  Open:\n    Type: AWS::EC2::SecurityGroup\n    Properties: { GroupDescription: open, VpcId: vpc-0123456789abcdef0, SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 5432, ToPort: 5432, CidrIp: 0.0.0.0/0 }] }");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from(["every address that reaches the network may connect to `Orders`"]));
    }
}
