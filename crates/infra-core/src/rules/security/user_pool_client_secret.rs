//! `security/user-pool-client-secret`: a browser cannot keep a client secret.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "security/user-pool-client-secret",
    code: "SEC-006",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "app client of a single-page application has a secret",
    why: "a client that is made with a secret must send it with every token request; code in a browser cannot keep \
          one, so the sign-in of a single-page application fails or publishes it",
    error: Some("invalid_client"),
    sources: &["https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-client-apps.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Shoppers:
    Type: AWS::Cognito::UserPool
    Properties: { UserPoolName: shoppers }
  Spa:
    Type: AWS::Cognito::UserPoolClient
    Properties:
      UserPoolId: !Ref Shoppers
      GenerateSecret: true
#                     ^
      AllowedOAuthFlowsUserPoolClient: true
      AllowedOAuthFlows: [implicit]
      AllowedOAuthScopes: [openid]
      CallbackURLs: ["https://www.example.com/callback"]
      SupportedIdentityProviders: [COGNITO]
"#,
    good: &[("GenerateSecret: true", "GenerateSecret: false")],
    check: Check::Resources(&["AWS::Cognito::UserPoolClient"], check),
};

fn check(cx: &mut Cx<'_>, client: Resource<'_>) {
    let Some(secret) = client.get("GenerateSecret").filter(|secret| secret.bool() == Some(true)) else { return };
    let implicit = client.each("AllowedOAuthFlows").find(|flow| flow.is("implicit"));
    let site = client.each("CallbackURLs").find(|url| serves_site(client.view(), url));
    let Some(browser) = implicit.or(site) else { return };
    cx.report(
        secret
            .finding(format!("app client `{}` is used by a browser and has a secret", client.id()), "a secret is made")
            .also(browser.at(), "this is for a browser")
            .help("write `false`, and let the application use the code flow with PKCE")
            .fix(secret.replace("false")),
    );
}

/// Whether a URL leads to an alias of a distribution of the view: that is where browsers get an application from.
fn serves_site(view: &View<'_>, url: &Prop<'_>) -> bool {
    let Some(url) = url.text() else { return false };
    let Some(host) = url.strip_prefix("https://").and_then(|rest| rest.split(['/', ':']).next()) else { return false };
    let mut sites = view.of("AWS::CloudFront::Distribution");
    sites.any(|site| site.each("DistributionConfig.Aliases").any(|alias| alias.is(host)))
}
