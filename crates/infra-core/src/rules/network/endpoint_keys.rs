//! `network/endpoint-keys`: an endpoint has the settings of its type.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "network/endpoint-keys",
    code: "NET-009",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "endpoint with settings of another type of endpoint",
    why: "a gateway endpoint is a route in route tables; an interface endpoint is network interfaces in subnets, with security \
          groups and private names. Each is refused with the settings of the other",
    error: Some("Endpoint type (Gateway) does not support these parameters"),
    sources: &["https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  ToS3:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: vpc-0123456789abcdef0
      VpcEndpointType: Gateway
      ServiceName: com.amazonaws.eu-west-1.s3
      SubnetIds: [subnet-0123456789abcde00]
#     ^
"#,
    good: &[("SubnetIds: [subnet-0123456789abcde00]", "RouteTableIds: [rtb-0123456789abcdef0]")],
    check: Check::Resources(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Cx<'_>, endpoint: Resource<'_>) {
    let Some(kind) = endpoint.text_or("VpcEndpointType", "Gateway") else { return };
    let (keys, own): (&[&str], _) = match kind.as_ref() {
        "Gateway" => (&["PrivateDnsEnabled", "SecurityGroupIds", "SubnetIds"], "`RouteTableIds`"),
        "Interface" => (&["RouteTableIds"], "`SubnetIds` and `SecurityGroupIds`"),
        _ => return,
    };
    for key in keys {
        let written = endpoint.get(key).filter(|it| it.bool() != Some(false));
        if let Some(written) = written.filter(|it| it.items().next().is_some()) {
            let title =
                format!("{kind} endpoint `{}` has `{key}`, which endpoints of that type do not take", endpoint.id());
            cx.report(
                written
                    .finding_of_key(title, "of another type of endpoint")
                    .also(endpoint.nearest("VpcEndpointType").at(), format!("a {kind} endpoint"))
                    .help(format!("leave it out and write {own}, or give the endpoint another `VpcEndpointType`")),
            );
        }
    }
}
