//! `dynamodb/endpoint-without-route`: the DynamoDB endpoint is in each route table.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "dynamodb/endpoint-without-route",
    code: "DB-010",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "subnet of the pods has no route to the DynamoDB endpoint",
    why: "a gateway endpoint works through route tables; a subnet whose table it is not in, and that has no \
          other way out, does not reach DynamoDB",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/vpc-endpoints-dynamodb.html",
        "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: data.yaml
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: { CidrBlock: 10.0.0.0/16 }
  RoutesA:
    Type: AWS::EC2::RouteTable
    Properties: { VpcId: !Ref Vpc }
  RoutesB:
    Type: AWS::EC2::RouteTable
    Properties: { VpcId: !Ref Vpc }
  Subnet:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24, AvailabilityZone: eu-west-1b }
  SubnetRoutes:
    Type: AWS::EC2::SubnetRouteTableAssociation
    Properties: { SubnetId: !Ref Subnet, RouteTableId: !Ref RoutesB }
  Tables:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Vpc
      VpcEndpointType: Gateway
      ServiceName: com.amazonaws.eu-west-1.dynamodb
      RouteTableIds: [!Ref RoutesA]
#     ^
  Handler:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::111122223333:role/handler
      PackageType: Image
      Code: { ImageUri: "111122223333.dkr.ecr.eu-west-1.amazonaws.com/handler:1.4.2" }
      VpcConfig: { SubnetIds: [!Ref Subnet], SecurityGroupIds: [sg-0123456789abcdef0] }
"#,
    good: &[("[!Ref RoutesA]", "[!Ref RoutesA, !Ref RoutesB]")],
    check: Check::Resources(&["AWS::EC2::VPCEndpoint"], check),
};

fn check(cx: &mut Cx<'_>, endpoint: Resource<'_>) {
    let is_ours = endpoint.get("ServiceName").is_some_and(|name| name.pattern().ends_with(".dynamodb"));
    // `Gateway` is what an endpoint is that says nothing.
    if !is_ours || endpoint.text_or("VpcEndpointType", "Gateway").as_deref() != Some("Gateway") {
        return;
    }
    let Some(network) = endpoint.get("VpcId").and_then(|id| id.resource_of("AWS::EC2::VPC")) else { return };
    let tables: Option<Vec<Resource<'_>>> = endpoint.each("RouteTableIds").map(|id| id.resource()).collect();
    let Some(tables) = tables else { return };
    let view = endpoint.view();
    let nodes = view.of("AWS::EKS::Nodegroup").flat_map(|group| group.each("Subnets"));
    let functions = view.of("AWS::Lambda::Function").flat_map(|function| function.each("VpcConfig.SubnetIds"));
    let mut reported: Vec<Resource<'_>> = Vec::new();
    for used in nodes.chain(functions) {
        let Some(subnet) = used.resource_of("AWS::EC2::Subnet") else { continue };
        let Some(table) = subnet.route_table().filter(|table| !tables.contains(table) && !table.leads_out()) else {
            continue;
        };
        let here = table.get("VpcId").and_then(|id| id.resource()) == Some(network);
        if !here || reported.contains(&table) {
            continue;
        }
        reported.push(table);
        cx.report(
            endpoint
                .nearest("RouteTableIds")
                .finding(format!("`{}` has no route to DynamoDB", subnet.id()), "its route table is not among these")
                .also(table.at(), "the route table of the subnet")
                .also(used.at(), "something runs in the subnet")
                .help(format!("add `!Ref {}` to `RouteTableIds`", table.id())),
        );
    }
}
