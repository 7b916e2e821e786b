//! `network/endpoint-without-host-names`: private names need a network that resolves names.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "network/endpoint-without-host-names",
    code: "NET-007",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "endpoint with private names in a network without DNS host names",
    why: "private DNS of an endpoint needs `EnableDnsHostnames` and `EnableDnsSupport` of its network; the first is off unless \
          it is written",
    error: Some(
        "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true",
    ),
    sources: &["https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: { CidrBlock: 10.0.0.0/16 }
  ToSqs:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Vpc
      VpcEndpointType: Interface
      ServiceName: com.amazonaws.eu-west-1.sqs
      PrivateDnsEnabled: true
#                        ^
      SubnetIds: [subnet-0123456789abcde00]
"#,
    good: &[("CidrBlock: 10.0.0.0/16", "CidrBlock: 10.0.0.0/16, EnableDnsHostnames: true")],
    check: Check::Resources(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Cx<'_>, endpoint: Resource<'_>) {
    let Some(private) = endpoint.get("PrivateDnsEnabled").filter(|it| it.bool() == Some(true)) else { return };
    let Some(network) = endpoint.network() else { return };
    for (key, default) in [("EnableDnsHostnames", false), ("EnableDnsSupport", true)] {
        if network.bool_or(key, default) == Some(false) {
            let title = format!(
                "endpoint `{}` wants private DNS names, network `{}` lacks `{key}`",
                endpoint.id(),
                network.id()
            );
            cx.report(
                private
                    .finding(title, "needs a network that resolves host names")
                    .also(network.nearest(key).at(), format!("`{key}` is off"))
                    .help(format!("write `{key}: true` for the network")),
            );
        }
    }
}
