//! `eks/isolated-nodes`: closed networks have the endpoints that nodes need.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/isolated-nodes",
    code: "EKS-017",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "nodes have no way to the services that they need",
    why: "nodes without a way out of the network reach AWS through VPC endpoints only: to register they need \
          EC2, to pull images both of ECR and S3",
    error: None,
    sources: &["https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: cluster.yaml
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: { CidrBlock: 10.0.0.0/16 }
  Routes:
    Type: AWS::EC2::RouteTable
    Properties: { VpcId: !Ref Vpc }
  Subnet:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24, AvailabilityZone: eu-west-1a }
  SubnetRoutes:
    Type: AWS::EC2::SubnetRouteTableAssociation
    Properties: { SubnetId: !Ref Subnet, RouteTableId: !Ref Routes }
  Api:
    Type: AWS::EC2::VPCEndpoint
    Properties: { VpcId: !Ref Vpc, VpcEndpointType: Interface, SubnetIds: [!Ref Subnet], ServiceName: com.amazonaws.eu-west-1.ec2 }
  Images:
    Type: AWS::EC2::VPCEndpoint
    Properties: { VpcId: !Ref Vpc, VpcEndpointType: Interface, SubnetIds: [!Ref Subnet], ServiceName: com.amazonaws.eu-west-1.ecr.api }
  Layers:
    Type: AWS::EC2::VPCEndpoint
    Properties: { VpcId: !Ref Vpc, VpcEndpointType: Gateway, RouteTableIds: [!Ref Routes], ServiceName: com.amazonaws.eu-west-1.s3 }
  Main:
    Type: AWS::EKS::Cluster
    Properties:
      Name: main
      Version: "1.36"
      RoleArn: arn:aws:iam::111122223333:role/cluster
      AccessConfig: { AuthenticationMode: API_AND_CONFIG_MAP }
      UpgradePolicy: { SupportType: STANDARD }
      ResourcesVpcConfig: { SubnetIds: [subnet-0123456789abcdef0, subnet-0123456789abcdef1], EndpointPublicAccess: false, EndpointPrivateAccess: true }
  Nodes:
    Type: AWS::EKS::Nodegroup
    Properties:
      ClusterName: !Ref Main
      NodeRole: arn:aws:iam::111122223333:role/nodes
      Subnets: [!Ref Subnet]
#     ^
"#,
    good: &[(
        r#"  Layers:
"#,
        r#"  Registry:
    Type: AWS::EC2::VPCEndpoint
    Properties: { VpcId: !Ref Vpc, VpcEndpointType: Interface, SubnetIds: [!Ref Subnet], ServiceName: com.amazonaws.eu-west-1.ecr.dkr }
  Layers:
"#,
    )],
    check: Check::Resources(&["AWS::EKS::Nodegroup"], check),
};

/// What every node needs.
const NEEDED: &[&str] = &["ec2", "ecr.api", "ecr.dkr", "s3"];

fn check(cx: &mut Cx<'_>, group: Resource<'_>) {
    let Some(subnets) = group.get("Subnets") else { return };
    for subnet in subnets.items().filter_map(|subnet| subnet.resource_of("AWS::EC2::Subnet")) {
        let Some(network) = subnet.get("VpcId").and_then(|id| id.resource_of("AWS::EC2::VPC")) else { continue };
        let Some(table) = subnet.route_table().filter(|table| !table.leads_out()) else { continue };
        let endpoints: Vec<Resource<'_>> = network.referrers_of("AWS::EC2::VPCEndpoint").collect();
        let names: Vec<String> =
            endpoints.iter().filter_map(|it| it.get("ServiceName")).map(|name| name.pattern()).collect();
        // Without any endpoint the network is not meant to be closed; a route may come from elsewhere.
        if names.is_empty() || names.iter().any(|name| name == "*") {
            continue;
        }
        let mut missing: Vec<&str> = NEEDED.to_vec();
        missing.extend(
            group.cluster().and_then(|it| it.parts("AWS::EKS::PodIdentityAssociation").next()).map(|_| "eks-auth"),
        );
        missing.retain(|service| !names.iter().any(|name| name.ends_with(&format!(".{service}"))));
        if missing.is_empty() {
            continue;
        }
        cx.report(
            subnets
                .finding("nodes cannot reach what they need", format!("no endpoint for {}", missing.join(", ")))
                .also(table.at(), "their routes do not lead out of the network")
                .also(network.at(), "the endpoints of this network are looked at")
                .help(format!("add endpoints for {}, or a route to a NAT gateway", missing.join(", "))),
        );
        return;
    }
}
