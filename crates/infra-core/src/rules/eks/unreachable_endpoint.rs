//! `eks/unreachable-endpoint`: nodes reach the API server.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/unreachable-endpoint",
    code: "EKS-010",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "nodes cannot reach the API server",
    why: "without private access nodes speak to the public endpoint, which then must admit the addresses that \
          they leave the network with",
    error: Some("NodeCreationFailure: Instances failed to join the kubernetes cluster"),
    sources: &["https://docs.aws.amazon.com/eks/latest/APIReference/API_VpcConfigRequest.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: cluster.yaml
Resources:
  Main:
    Type: AWS::EKS::Cluster
    Properties:
      Name: main
      Version: "1.36"
      RoleArn: arn:aws:iam::111122223333:role/cluster
      AccessConfig: { AuthenticationMode: API_AND_CONFIG_MAP }
      UpgradePolicy: { SupportType: STANDARD }
      ResourcesVpcConfig: 
        SubnetIds: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
        PublicAccessCidrs: [198.51.100.0/24]
#       ^
        EndpointPublicAccess: true
  NatAddress:
    Type: AWS::EC2::EIP
  Nat:
    Type: AWS::EC2::NatGateway
    Properties: { SubnetId: subnet-0123456789abcdef2, AllocationId: !GetAtt NatAddress.AllocationId }
"#,
    good: &[(
        r#"        EndpointPublicAccess: true
"#,
        r#"        EndpointPublicAccess: true
        EndpointPrivateAccess: true
"#,
    )],
    check: Check::Resources(&["AWS::EKS::Cluster"], check),
};

fn check(cx: &mut Cx<'_>, cluster: Resource<'_>) {
    if cluster.bool_or("ResourcesVpcConfig.EndpointPrivateAccess", false) != Some(false) {
        return;
    }
    let Some(blocks) = cluster.get("ResourcesVpcConfig.PublicAccessCidrs") else { return };
    if !blocks.is_known() || blocks.items().next().is_none() || blocks.items().any(|block| block.is("0.0.0.0/0")) {
        return;
    }
    // An address that the deployment takes for itself cannot have been written down before.
    let gateways: Vec<Resource<'_>> = cluster.view().of("AWS::EC2::NatGateway").collect();
    let own = |gateway: &Resource<'_>| {
        gateway.get("AllocationId").is_some_and(|id| id.resource_of("AWS::EC2::EIP").is_some())
    };
    let Some(gateway) = gateways.first().filter(|_| gateways.iter().all(own)) else { return };
    cx.report(
        blocks
            .finding("the API server does not admit its nodes", "the addresses of the NAT gateways are not among these")
            .also(gateway.at(), "nodes leave the network here")
            .help("set `EndpointPrivateAccess: true`"),
    );
}
