//! `security/callback-url`: browsers come back to where they started.

use std::collections::BTreeSet;

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "security/callback-url",
    code: "SEC-005",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "sign-in returns to a host that no distribution serves",
    why: "Cognito compares callback and sign-out URLs letter by letter and sends the browser exactly there; a host \
          that the site does not answer for ends the sign-in",
    error: Some("redirect_mismatch"),
    sources: &["https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-client-apps.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: site.yaml region=us-east-1
Resources:
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Aliases: [www.example.com]
        Origins:
          - Id: files
            DomainName: files.example.net
            CustomOriginConfig: { OriginProtocolPolicy: https-only }
        DefaultCacheBehavior:
          TargetOriginId: files
          ViewerProtocolPolicy: redirect-to-https
          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
        ViewerCertificate:
          AcmCertificateArn: arn:aws:acm:us-east-1:111122223333:certificate/6d3c1e0b-4c1e-4a0b-8d3f-1f2e3d4c5b6a
          SslSupportMethod: sni-only
          MinimumProtocolVersion: TLSv1.2_2021
#: users.yaml
Resources:
  Shoppers:
    Type: AWS::Cognito::UserPool
    Properties: { UserPoolName: shoppers }
  Spa:
    Type: AWS::Cognito::UserPoolClient
    Properties:
      UserPoolId: !Ref Shoppers
      GenerateSecret: false
      AllowedOAuthFlowsUserPoolClient: true
      AllowedOAuthFlows: [code]
      AllowedOAuthScopes: [openid]
      CallbackURLs: ["https://example.com/callback"]
#                    ^
      SupportedIdentityProviders: [COGNITO]
"#,
    good: &[("https://example.com/callback", "https://www.example.com/callback")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let aliases = view.of("AWS::CloudFront::Distribution").flat_map(|site| site.each("DistributionConfig.Aliases"));
    let Some(hosts) = aliases.map(|alias| alias.text().map(|it| it.into_owned())).collect::<Option<BTreeSet<_>>>()
    else {
        return;
    };
    for client in view.of("AWS::Cognito::UserPoolClient") {
        for url in client.each("CallbackURLs").chain(client.each("LogoutURLs")) {
            let Some(text) = url.text() else { continue };
            let Some(host) = host(&text).filter(|host| !hosts.contains(*host)) else { continue };
            // Another application of the same domain is none of our business; the apex and `www` of a site are mixed up.
            let twin = host.strip_prefix("www.").map_or_else(|| format!("www.{host}"), str::to_owned);
            if hosts.contains(&twin) {
                let right = text.replacen(host, &twin, 1);
                cx.report(
                    url.finding(format!("no distribution serves `{host}`"), "the browser is sent here")
                        .help(format!("write `{right}`, or add `{host}` to the aliases of the distribution"))
                        .fix(url.replace(&right)),
                );
            }
        }
    }
}

fn host(url: &str) -> Option<&str> {
    url.strip_prefix("https://")?.split(['/', ':', '?', '#']).next()
}
