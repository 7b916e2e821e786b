//! `network/closed-endpoint`: an endpoint lets in whom it is there for.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "network/closed-endpoint",
    code: "NET-008",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "security groups of an endpoint shut port 443",
    why: "services of AWS are called by HTTPS: an interface endpoint whose security groups do not admit port 443 answers \
          nobody, and with private DNS it takes the service away from the whole network",
    error: None,
    sources: &["https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: endpoints
      VpcId: vpc-0123456789abcdef0
      SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/16 }]
  ToSqs:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: vpc-0123456789abcdef0
      VpcEndpointType: Interface
      ServiceName: !Sub "com.amazonaws.${AWS::Region}.sqs"
      SubnetIds: [subnet-0123456789abcde00]
      SecurityGroupIds: [!Ref Group]
#                        ^
"#,
    good: &[("FromPort: 80, ToPort: 80", "FromPort: 443, ToPort: 443")],
    check: Check::Resources(&["AWS::EC2::VPCEndpoint"], check),
};

/// Endpoints that are called by another protocol, by the last part of their name.
///
/// Sources: <https://docs.aws.amazon.com/keyspaces/latest/devguide/vpc-endpoints.html> (read 2026-11-30): port 9142; MQTT of
/// AWS `IoT` Core, 8883 (from memory).
const OTHER_PORTS: &[&str] = &["email-smtp", ".cassandra", ".cassandra-fips", ".iot.data"];

fn check(cx: &mut Cx<'_>, endpoint: Resource<'_>) {
    let Some(service) = endpoint.get("ServiceName").map(|name| name.pattern()) else { return };
    let of_aws = service.starts_with("com.amazonaws.") && !service.contains(".vpce.");
    let other = OTHER_PORTS.iter().any(|name| service.ends_with(name));
    if super::is_interface(&endpoint) != Some(true) || !of_aws || other {
        return;
    }
    let Some(groups) = endpoint.security_groups("SecurityGroupIds") else { return };
    if groups.iter().any(|group| group.ingress().iter().any(|rule| rule.admits(443))) {
        return;
    }
    let (Some(slot), Some(group)) = (endpoint.each("SecurityGroupIds").next(), groups.first()) else { return };
    cx.report(
        slot.finding(format!("endpoint `{}` lets nobody in on port 443", endpoint.id()), "no rule admits HTTPS")
            .also(group.at(), "the group")
            .help("add an ingress rule for tcp port 443 from the network"),
    );
}
