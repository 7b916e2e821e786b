//! `apigateway/jwt-issuer`: an authorizer accepts the tokens of its pool.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/jwt-issuer",
    code: "APIGW-003",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "tokens of the user pool do not fit the authorizer",
    why: "a token is accepted if its issuer is written exactly so and its audience, or client id, is listed: \
          these are a URL that begins with `https://`, of a pool in its own region and without a slash at the end, \
          and the ids of its app clients",
    error: None,
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      AutoDeploy: true
  Pool: { Type: AWS::Cognito::UserPool }
  Web:
    Type: AWS::Cognito::UserPoolClient
    Properties: { UserPoolId: !Ref Pool }
  Users:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: users
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: { Issuer: !GetAtt Pool.ProviderURL, Audience: [!Ref Pool] }
#                                                                      ^
",
    good: &[("[!Ref Pool]", "[!Ref Web]")],
    check: Check::Resources(&["AWS::ApiGatewayV2::Authorizer"], check),
};

fn check(cx: &mut Cx<'_>, authorizer: Resource<'_>) {
    let issuer = authorizer.get("JwtConfiguration.Issuer");
    let pool = issuer.and_then(|issuer| issuer.mentions().into_iter().find(|it| it.kind() == "AWS::Cognito::UserPool"));
    if let Some(issuer) = issuer
        && let Some((problem, help)) = wrong_issuer(&issuer, pool)
    {
        cx.report(
            issuer
                .finding(format!("authorizer `{}` expects an issuer that no token has", authorizer.id()), problem)
                .help(help),
        );
    }
    for audience in authorizer.each("JwtConfiguration.Audience") {
        let Some(named) = audience.resource() else { continue };
        let problem = match named.kind() {
            "AWS::Cognito::UserPool" => "the pool, not one of its clients",
            "AWS::Cognito::UserPoolClient" => {
                let owner = named.get("UserPoolId").and_then(|pool| pool.resource());
                match (owner, pool) {
                    (Some(owner), Some(pool)) if owner != pool => "a client of another pool",
                    _ => continue,
                }
            }
            _ => continue,
        };
        cx.report(
            audience
                .finding(format!("authorizer `{}` expects an audience that no token has", authorizer.id()), problem)
                .also(named.at(), "named as audience")
                .help("list the app clients of the pool: `Audience: [!Ref <user pool client>]`"),
        );
    }
}

fn wrong_issuer(issuer: &Prop<'_>, pool: Option<Resource<'_>>) -> Option<(String, &'static str)> {
    if issuer.target().is_some_and(|target| target.attribute == Some("ProviderName")) {
        return Some(("not an `https://` URL".to_owned(), "write `Issuer: !GetAtt <user pool>.ProviderURL`"));
    }
    let url = issuer.pattern();
    if !url.starts_with("https://") && !url.starts_with('*') && !url.starts_with("{{") {
        return Some(("not an `https://` URL".to_owned(), "begin the issuer with `https://`"));
    }
    let rest = url.strip_prefix("https://cognito-idp.")?;
    if rest.ends_with('/') {
        return Some(("ends with a slash".to_owned(), "write the issuer without the slash at the end"));
    }
    let written = rest.split('.').next().filter(|region| !region.contains('*'))?;
    let real = pool?.region()?;
    (written != real.as_str())
        .then(|| (format!("the pool is in {real}"), "write `Issuer: !GetAtt <user pool>.ProviderURL`"))
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn the_issuer_is_in_the_region_of_the_pool_and_has_no_slash() {
        let with = |issuer: &str| super::RULE.good_example().replace("!GetAtt Pool.ProviderURL", issuer);
        let count = |issuer: &str| of_rule(&super::RULE, &with(issuer)).len();
        assert_eq!(count("!Sub \"https://cognito-idp.us-west-2.amazonaws.com/${Pool}\""), 1);
        assert_eq!(count("!Sub \"https://cognito-idp.${AWS::Region}.amazonaws.com/${Pool}/\""), 1);
        assert_eq!(count("!Sub \"https://cognito-idp.${AWS::Region}.amazonaws.com/${Pool}\""), 0);
        assert_eq!(count("!Sub \"cognito-idp.${AWS::Region}.amazonaws.com/${Pool}\""), 1);
        assert_eq!(count("http://login.example.com"), 1);
        assert_eq!(count("https://login.example.com/"), 0);
    }
}
