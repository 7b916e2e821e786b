//! `cloudfront/missing-stage-path`: the API gets the path that it expects.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/missing-stage-path",
    code: "CF-017",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "requests to the API lack its stage",
    why: "CloudFront sends the viewer's path as it is; an API without a `$default` stage expects the stage's \
          name first",
    error: Some("{\"message\":\"Not Found\"}"),
    sources: &[
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html",
        "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: site.yaml region=us-east-1
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: { Name: shop, ProtocolType: HTTP }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: { ApiId: !Ref Api, StageName: prod, AutoDeploy: true, DefaultRouteSettings: { ThrottlingBurstLimit: 100, ThrottlingRateLimit: 50 } }
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins:
          - Id: files
            DomainName: files.example.net
            CustomOriginConfig: { OriginProtocolPolicy: https-only }
          - Id: api
            DomainName: !Sub "${Api}.execute-api.eu-west-1.amazonaws.com"
#                       ^
            CustomOriginConfig: { OriginProtocolPolicy: https-only }
        DefaultCacheBehavior:
          TargetOriginId: files
          ViewerProtocolPolicy: redirect-to-https
          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
        CacheBehaviors:
          - PathPattern: /v1/*
            TargetOriginId: api
            ViewerProtocolPolicy: https-only
            AllowedMethods: [GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE]
            CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
            OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac
"#,
    good: &[("StageName: prod", "StageName: $default")],
    check: Check::Resources(&["AWS::CloudFront::Distribution"], check),
};

fn check(cx: &mut Cx<'_>, site: Resource<'_>) {
    for origin in site.each("DistributionConfig.Origins") {
        let Some(domain) = origin.key("DomainName").filter(|domain| domain.pattern().contains(".execute-api.")) else {
            continue;
        };
        if origin.key("OriginPath").is_some_and(|path| !path.is("")) {
            continue;
        }
        for api in super::apis(&domain) {
            let kinds = ["AWS::ApiGatewayV2::Stage", "AWS::ApiGateway::Stage"];
            let stages = api.referrers().filter(|stage| kinds.contains(&stage.kind()));
            let names: Option<Vec<(String, Prop<'_>)>> = stages
                .map(|stage| {
                    let name = stage.get("StageName")?;
                    Some((name.text()?.into_owned(), name))
                })
                .collect();
            let Some((first, at)) = names
                .filter(|names| names.iter().all(|(name, _)| name != "$default"))
                .and_then(|names| names.into_iter().next())
            else {
                continue;
            };
            cx.report(
                domain
                    .finding(format!("the API answers below `/{first}` only"), "no `OriginPath`")
                    .also(at.at(), "its stage")
                    .help(format!("set `OriginPath: /{first}`, or call the stage `$default`")),
            );
        }
    }
}
