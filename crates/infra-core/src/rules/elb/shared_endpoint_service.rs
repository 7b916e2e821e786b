//! `elb/shared-endpoint-service`: a load balancer is in one endpoint service.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "elb/shared-endpoint-service",
    code: "LINK-005",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "load balancer serves a VPC link and an endpoint service",
    why: "a VPC link of a REST API is an endpoint service by itself, and a load balancer can be in one only: \
          the link fails and blocks the deployments of its API",
    error: Some("NLB is already associated with another VPC Endpoint Service"),
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-private-integration.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: { Type: network, Scheme: internal, SecurityGroups: [sg-0a1b2c3d], Subnets: [subnet-0a1b2c3d, subnet-1a2b3c4d] }
  Link:
    Type: AWS::ApiGateway::VpcLink
    Properties: { Name: shop, TargetArns: [!Ref Balancer] }
#                                          ^
  Service:
    Type: AWS::EC2::VPCEndpointService
    Properties: { NetworkLoadBalancerArns: [!Ref Balancer], AcceptanceRequired: true }
  Second:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: { Type: network, Scheme: internal, SecurityGroups: [sg-0a1b2c3d], Subnets: [subnet-0a1b2c3d, subnet-1a2b3c4d] }
",
    good: &[("NetworkLoadBalancerArns: [!Ref Balancer]", "NetworkLoadBalancerArns: [!Ref Second]")],
    check: Check::Resources(&["AWS::ApiGateway::VpcLink"], check),
};

fn check(cx: &mut Cx<'_>, link: Resource<'_>) {
    for target in link.each("TargetArns") {
        let Some(balancer) = target.resource_of("AWS::ElasticLoadBalancingV2::LoadBalancer") else { continue };
        let mut services = balancer.referrers_of("AWS::EC2::VPCEndpointService");
        let Some(service) = services.next() else { continue };
        cx.report(
            target
                .finding(
                    format!(
                        "balancer `{}` is in link `{}` and in service `{}`",
                        balancer.id(),
                        link.id(),
                        service.id()
                    ),
                    "needs the balancer for itself",
                )
                .also(service.at(), "the endpoint service")
                .help("give each a load balancer of its own, or use AWS::ApiGatewayV2::VpcLink"),
        );
    }
}
