//! `network/endpoint-names-twice`: one endpoint of a network answers for the names of a service.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "network/endpoint-names-twice",
    code: "NET-006",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "two endpoints of one service want the same private names",
    why: "private DNS of an endpoint makes the public name of its service lead to that endpoint; one network can have this once \
          for each service",
    error: Some("private-dns-enabled cannot be set because there is already a conflicting DNS domain"),
    sources: &["https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html"],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Network: { Type: "AWS::EC2::VPC::Id" }
Resources:
  One:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Network
      VpcEndpointType: Interface
      ServiceName: com.amazonaws.eu-west-1.sqs
      PrivateDnsEnabled: true
      SubnetIds: [subnet-0123456789abcde00]
  Two:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Network
      VpcEndpointType: Interface
      ServiceName: com.amazonaws.eu-west-1.sqs
      PrivateDnsEnabled: true
#                        ^
      SubnetIds: [subnet-0123456789abcde01]
"#,
    good: &[(
        "PrivateDnsEnabled: true\n      SubnetIds: [subnet-0123456789abcde00]",
        "PrivateDnsEnabled: false\n      SubnetIds: [subnet-0123456789abcde00]",
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let mut seen: Vec<Resource<'_>> = Vec::new();
    for endpoint in view.of("AWS::EC2::VPCEndpoint") {
        let Some(private) = endpoint.get("PrivateDnsEnabled").filter(|it| it.bool() == Some(true)) else { continue };
        let same = |other: &&Resource<'_>| {
            ["VpcId", "ServiceName"]
                .iter()
                .all(|key| endpoint.get(key).zip(other.get(key)).is_some_and(|(one, other)| one.is_same(&other)))
        };
        if let Some(first) = seen.iter().find(same) {
            let title = format!("endpoints `{}` and `{}` want the same private DNS names", first.id(), endpoint.id());
            cx.report(
                private
                    .finding(title, "the second one")
                    .also(first.at(), "has the names already")
                    .help("keep one endpoint with all subnets, or write `PrivateDnsEnabled: false` for one of them"),
            );
        }
        seen.push(endpoint);
    }
}
