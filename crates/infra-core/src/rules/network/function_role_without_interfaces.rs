//! `network/function-role-without-interfaces`: the role of a function in a network lets it in there.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "network/function-role-without-interfaces",
    code: "NET-005",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "function in a network whose role may not make network interfaces",
    why: "Lambda puts a function into a network with the role of the function, which must be allowed to make network \
          interfaces; the function is refused otherwise",
    error: Some("The provided execution role does not have permissions to call CreateNetworkInterface on EC2"),
    sources: &["https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }]
  Janitor:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
      Handler: index.handler
      Role: !GetAtt Role.Arn
#           ^
      Code: { ZipFile: "def handler(event, context): pass" }
      VpcConfig: { SubnetIds: [subnet-0123456789abcde00], SecurityGroupIds: [sg-0123456789abcdef0] }
"#,
    good: &[(
        "  Janitor:\n",
        "      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole]
  Janitor:
",
    )],
    check: Check::Resources(&["AWS::Lambda::Function"], check),
};

const NEEDED: &str = "ec2:CreateNetworkInterface";

fn check(cx: &mut Cx<'_>, function: Resource<'_>) {
    let Some(network) = function.get("VpcConfig").filter(|it| it.each("SubnetIds").next().is_some()) else { return };
    let Some(slot) = function.get("Role") else { return };
    let Some(role) = slot.resource_of("AWS::IAM::Role").filter(|role| !role.may_anywhere(NEEDED)) else { return };
    cx.report(
        slot.finding(
            format!(
                "role `{}` may not make network interfaces (`{NEEDED}`) for function `{}`",
                role.id(),
                function.id()
            ),
            "taken to put the function into its VPC",
        )
        .also(network.at(), "the network of the function")
        .also(role.at(), "the role")
        .help("add the managed policy `service-role/AWSLambdaVPCAccessExecutionRole` to the role"),
    );
}
