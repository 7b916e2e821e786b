//! `network/function-without-way-out`: a function in a network reaches the services that it calls.

use std::collections::BTreeSet;

use crate::rules::prelude::*;
use crate::view::WayOut;

pub(super) const RULE: Rule = Rule {
    id: "network/function-without-way-out",
    code: "NET-004",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "function in a network has no way to a service that it calls",
    why: "a function in a network has no public address, so an internet gateway does not serve it: it reaches services of AWS \
          through a NAT gateway or an endpoint, and without either each call runs out of time",
    error: None,
    sources: &["https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: { CidrBlock: 10.0.0.0/16 }
  Inner:
    Type: AWS::EC2::Subnet
    Properties: { VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24 }
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }]
      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole]
      Policies:
        - PolicyName: work
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{ Effect: Allow, Action: ec2:DescribeInstances, Resource: "*" }]
  Janitor:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Code: { ZipFile: "def handler(event, context): pass" }
      VpcConfig: { SubnetIds: [!Ref Inner], SecurityGroupIds: [sg-0123456789abcdef0] }
#                              ^
"#,
    good: &[(
        "  Janitor:\n",
        r#"  ToEc2:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Vpc
      VpcEndpointType: Interface
      ServiceName: !Sub "com.amazonaws.${AWS::Region}.ec2"
      SubnetIds: [!Ref Inner]
  Janitor:
"#,
    )],
    check: Check::Resources(&["AWS::Lambda::Function"], check),
};

/// Services that Lambda itself calls for the function, or that are reached inside the network.
const INSIDE: &[&str] = &["elasticfilesystem", "kms", "logs", "rds-db", "xray"];

fn check(cx: &mut Cx<'_>, function: Resource<'_>) {
    let Some(slot) = function.each("VpcConfig.SubnetIds").next() else { return };
    let Some(subnet) = slot.resource_of("AWS::EC2::Subnet") else { return };
    let problem = match subnet.way_out() {
        WayOut::Internet => "a subnet behind an internet gateway, which does not serve functions",
        WayOut::None => "a subnet without a route to a NAT gateway",
        WayOut::Nat(_) | WayOut::Other | WayOut::Unknown => return,
    };
    let (Some(network), Some(role)) =
        (subnet.network(), function.get("Role").and_then(|role| role.resource_of("AWS::IAM::Role")))
    else {
        return;
    };
    let reached = |service: &str| {
        let end = format!(".{service}");
        network.referrers_of("AWS::EC2::VPCEndpoint").any(|endpoint| {
            endpoint.get("ServiceName").is_none_or(|name| {
                let name = name.pattern();
                name.ends_with(&end) || name.ends_with('*') || name.contains(&format!("{end}-"))
            })
        })
    };
    let called = called(&role);
    let unreached: Vec<&str> = called.iter().map(String::as_str).filter(|service| !reached(service)).collect();
    let Some(first) = unreached.first() else { return };
    cx.report(
        slot.finding(
            format!("function `{}` has no way to {}, which it may call", function.id(), unreached.join(", ")),
            problem,
        )
        .also(role.at(), format!("allows actions of {first}"))
        .help("name subnets whose route leads to a NAT gateway, or add an interface endpoint for each service"),
    );
}

/// Returns the services whose actions a role allows.
fn called(role: &Resource<'_>) -> BTreeSet<String> {
    let statements = role.identity_statements();
    let allowed = statements.iter().filter(|statement| statement.allows()).flat_map(Statement::actions);
    allowed
        .filter(|action| !action.pattern.contains("NetworkInterface"))
        .filter_map(|action| action.pattern.split_once(':').map(|(service, _)| service.to_ascii_lowercase()))
        .filter(|service| !INSIDE.contains(&service.as_str()) && !service.contains('*'))
        .collect()
}
