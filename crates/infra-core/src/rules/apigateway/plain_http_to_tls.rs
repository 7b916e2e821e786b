//! `apigateway/plain-http-to-tls`: an API speaks as the listener expects.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/plain-http-to-tls",
    code: "APIGW-029",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "API and listener disagree about TLS",
    why: "an API speaks plain HTTP to a listener behind a VPC link unless `TlsConfig` names the server to \
          verify; a listener that expects TLS answers 400, one that does not cannot answer the handshake",
    error: Some("400 The plain HTTP request was sent to HTTPS port"),
    sources: &[
        "https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations.html",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-private.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Link: { Type: String }
  Certificate: { Type: String }
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      AutoDeploy: true
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: { Type: application, Scheme: internal, Subnets: [subnet-0a1b2c3d, subnet-1a2b3c4d] }
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: { Protocol: HTTP, Port: 8080, TargetType: ip, VpcId: vpc-0a1b2c3d }
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Protocol: HTTPS
      Port: 443
      Certificates: [{ CertificateArn: !Ref Certificate }]
      DefaultActions: [{ Type: forward, TargetGroupArn: !Ref Group }]
  ToOrders:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: HTTP_PROXY
      IntegrationMethod: ANY
      IntegrationUri: !Ref Listener
#                     ^
      ConnectionType: VPC_LINK
      ConnectionId: !Ref Link
      PayloadFormatVersion: "1.0"
"#,
    good: &[(
        "ConnectionType: VPC_LINK",
        r"ConnectionType: VPC_LINK
      TlsConfig: { ServerNameToVerify: orders.example.com }",
    )],
    check: Check::Resources(&["AWS::ApiGatewayV2::Integration"], check),
};

fn check(cx: &mut Cx<'_>, integration: Resource<'_>) {
    if !integration.get("ConnectionType").is_some_and(|it| it.is("VPC_LINK")) {
        return;
    }
    let Some(uri) = integration.get("IntegrationUri") else { return };
    let Some(listener) = uri.resource_of("AWS::ElasticLoadBalancingV2::Listener") else { return };
    let Some(slot) = listener.get("Protocol") else { return };
    let Some(protocol) = slot.text() else { return };
    let expects = matches!(protocol.as_ref(), "HTTPS" | "TLS");
    // TLS over a TCP listener ends at the target.
    let refuses = protocol == "HTTP";
    let (place, problem, help) = match integration.get("TlsConfig") {
        None if expects => (
            uri,
            format!("`{}` speaks plain HTTP to a listener that expects {protocol}", integration.id()),
            "add `TlsConfig: { ServerNameToVerify: <a name in the certificate of the listener> }`",
        ),
        Some(tls) if refuses => (
            tls,
            format!("`{}` speaks TLS to a listener of plain HTTP", integration.id()),
            "leave `TlsConfig` out, or give the listener a certificate and `Protocol: HTTPS`",
        ),
        _ => return,
    };
    cx.report(place.finding(problem, "the API decides here").also(slot.at(), "the listener").help(help));
}
