//! `network/endpoint-service`: an endpoint is for a service of its region.

use crate::diag::suggest;
use crate::facts::regions;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "network/endpoint-service",
    code: "NET-012",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "endpoint for a service of another region, or of a misspelt name",
    why: "the name of a service of AWS is `com.amazonaws.`, the region and the service; an endpoint reaches those of its own region, \
          unless it says `ServiceRegion`",
    error: Some("The Vpc Endpoint Service 'com.amazonaws.eu-west-1.sqss' does not exist"),
    sources: &["https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  ToBuckets:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: vpc-0123456789abcdef0
      VpcEndpointType: Gateway
      ServiceName: com.amazonaws.us-east-1.s3
#                  ^
      RouteTableIds: [rtb-0123456789abcdef0]
",
    good: &[("com.amazonaws.us-east-1.s3", "com.amazonaws.eu-west-1.s3")],
    check: Check::Resources(&["AWS::EC2::VPCEndpoint"], check),
};

/// Services that have endpoints and are often used. A name that is none of them is only wrong where it nearly is one.
const SERVICES: &[&str] = &[
    "autoscaling",
    "cloudformation",
    "dynamodb",
    "ec2",
    "ec2messages",
    "ecr.api",
    "ecr.dkr",
    "ecs",
    "eks",
    "eks-auth",
    "elasticloadbalancing",
    "email-smtp",
    "events",
    "execute-api",
    "kinesis-firehose",
    "kinesis-streams",
    "kms",
    "lambda",
    "logs",
    "monitoring",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "ssmmessages",
    "states",
    "sts",
    "xray",
];

fn check(cx: &mut Cx<'_>, endpoint: Resource<'_>) {
    let Some((written, name)) = endpoint.get("ServiceName").map(|it| (it, it.pattern())) else { return };
    let Some((region, service)) = name.strip_prefix("com.amazonaws.").and_then(|rest| rest.split_once('.')) else {
        return;
    };
    if endpoint.has("ServiceRegion") || service.starts_with("vpce") || service.contains('*') {
        return;
    }
    if let Some(home) = endpoint.region().filter(|home| *home.as_str() != *region && regions::find(region).is_some()) {
        let right = format!("com.amazonaws.{home}.{service}");
        cx.report(
            written
                .finding(
                    format!("endpoint `{}` is in {home}, its service is not", endpoint.id()),
                    format!("of {region}"),
                )
                .help(format!("write `{right}`, or `!Sub \"com.amazonaws.${{AWS::Region}}.{service}\"`"))
                .fix(written.replace(&right)),
        );
    } else if let Some(near) = nearly(service) {
        let right = format!("com.amazonaws.{region}.{near}");
        // A service may be newer than the list.
        cx.report_as(
            Severity::Warning,
            written
                .finding(
                    format!("endpoint `{}` is for a service that is not known", endpoint.id()),
                    format!("perhaps `{near}`"),
                )
                .help(format!("did you mean `{near}`?"))
                .fix(written.replace(&right)),
        );
    }
}

/// The service that a name was to be, if it is none itself.
fn nearly(service: &str) -> Option<&'static str> {
    // Of three letters, every second word is a service.
    if service.len() < 4 || SERVICES.contains(&service) {
        return None;
    }
    let close = suggest(service, SERVICES.iter().copied())?;
    let one_off = close.len().abs_diff(service.len()) <= 1 && close.chars().next() == service.chars().next();
    one_off.then_some(close)
}

#[cfg(test)]
mod tests {
    use super::nearly;

    #[test]
    fn only_what_is_nearly_a_service_is_none() {
        assert_eq!(nearly("sqss"), Some("sqs"));
        assert_eq!(nearly("secretmanager"), Some("secretsmanager"));
        for good in [
            "sqs",
            "s3express",
            "s3tables",
            "dynamodb-streams",
            "bedrock",
            "email-smtp",
            "kms-fips",
            "rds-data",
            "ecs-agent",
        ] {
            assert_eq!(nearly(good), None, "{good}");
        }
    }
}
