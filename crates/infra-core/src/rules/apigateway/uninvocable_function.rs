//! `apigateway/uninvocable-function`: an API may invoke its functions.

use crate::rules::prelude::*;
use crate::view::glob;

pub(super) const RULE: Rule = Rule {
    id: "apigateway/uninvocable-function",
    code: "APIGW-026",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "API may not invoke the function behind it",
    why: "a function is invoked by those whom its own policy names: without a permission for \
          `apigateway.amazonaws.com` every call ends in 500, and only the access log says why",
    error: None,
    sources: &["https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html"],
    evidence: Evidence::Documented,
    bad: r#"
Parameters:
  Code: { Type: String }
  Role: { Type: String }
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: shop, ProtocolType: HTTP } }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: $default
      AutoDeploy: true
  Orders:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: nodejs24.x
      Handler: index.handler
      Role: !Ref Role
      Code: { S3Bucket: !Ref Code, S3Key: orders.zip }
  ToOrders:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !GetAtt Orders.Arn
#                     ^
      PayloadFormatVersion: "2.0"
"#,
    good: &[(
        "  ToOrders:",
        r#"  Allow:
    Type: AWS::Lambda::Permission
    Properties:
      Action: lambda:InvokeFunction
      FunctionName: !Ref Orders
      Principal: apigateway.amazonaws.com
      SourceArn: !Sub "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*"
  ToOrders:"#,
    )],
    check: Check::Resources(
        &[
            "AWS::ApiGateway::Method",
            "AWS::ApiGatewayV2::Integration",
            "AWS::ApiGatewayV2::Authorizer",
            "AWS::ApiGateway::Authorizer",
        ],
        check,
    ),
};

/// Where each type names a function, and the role to invoke it with instead of a permission.
const SLOTS: &[(&str, &str, &str)] = &[
    ("AWS::ApiGateway::Authorizer", "AuthorizerUri", "AuthorizerCredentials"),
    ("AWS::ApiGateway::Method", "Integration.Uri", "Integration.Credentials"),
    ("AWS::ApiGatewayV2::Authorizer", "AuthorizerUri", "AuthorizerCredentialsArn"),
    ("AWS::ApiGatewayV2::Integration", "IntegrationUri", "CredentialsArn"),
];

fn check(cx: &mut Cx<'_>, caller: Resource<'_>) {
    let Some((_, uri, role)) = SLOTS.iter().find(|(kind, ..)| *kind == caller.kind()) else { return };
    let Some(uri) = caller.get(uri).filter(|_| !caller.has(role)) else { return };
    let Some(api) = super::api(&caller) else { return };
    let functions = uri.mentions().into_iter().filter(|it| it.kind() == "AWS::Lambda::Function");
    for function in functions {
        let calls = calls(&caller, &api);
        let permissions: Vec<Resource<'_>> = function.permissions().filter(|it| admits(it, &api)).collect();
        let admitted = |call: &Call| permissions.iter().any(|it| covers(it, &api, call));
        if !permissions.is_empty() && calls.iter().all(admitted) {
            continue;
        }
        let mut finding =
            uri.finding(format!("API `{}` may not invoke function `{}`", api.id(), function.id()), "invoked here");
        finding = match permissions.first().and_then(|it| it.get("SourceArn")) {
            Some(source) => finding.also(source.at(), "this `SourceArn` is of other calls"),
            None => finding.also(function.at(), "no permission for this API"),
        };
        cx.report(finding.help(format!(
            "add an AWS::Lambda::Permission with `FunctionName: !Ref {}`, `Principal: apigateway.amazonaws.com` \
                     and the ARN of the API as `SourceArn`",
            function.id()
        )));
    }
}

/// A method and a path by which an API calls a function; nothing for what may be any.
struct Call {
    method: Option<String>,
    path: Option<String>,
}

/// Returns the calls that an API makes by way of `caller`.
fn calls(caller: &Resource<'_>, api: &Resource<'_>) -> Vec<Call> {
    match caller.kind() {
        "AWS::ApiGateway::Method" => {
            let method = caller.get("HttpMethod").and_then(|it| it.text()).filter(|it| it != "ANY");
            vec![Call { method: method.map(std::borrow::Cow::into_owned), path: path_of(caller, api) }]
        }
        "AWS::ApiGatewayV2::Integration" => {
            let routes = caller.referrers_of("AWS::ApiGatewayV2::Route");
            let keys = routes.filter_map(|route| Some(route.get("RouteKey")?.text()?.into_owned()));
            keys.filter_map(|key| {
                let (method, path) = key.split_once(' ')?;
                let method = Some(method.to_owned()).filter(|method| method != "ANY");
                Some(Call { method, path: Some(path.trim_start_matches('/').to_owned()) })
            })
            .collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the path of a method without its first slash, by the resources from the root to it.
fn path_of(method: &Resource<'_>, api: &Resource<'_>) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut next = method.get("ResourceId")?;
    loop {
        let target = next.target()?;
        if target.resource == *api {
            parts.reverse();
            return Some(parts.join("/"));
        }
        parts.push(target.resource.get("PathPart")?.text()?.into_owned());
        next = target.resource.get("ParentId").filter(|_| parts.len() < 32)?;
    }
}

/// Returns whether the `SourceArn` of a permission is of a call, or may be: `…:<api>/<stage>/<method>/<path>`.
fn covers(permission: &Resource<'_>, api: &Resource<'_>, call: &Call) -> bool {
    let Some(source) = permission.get("SourceArn").map(|source| source.pattern()) else { return true };
    let Some(rest) = source.splitn(6, ':').nth(5).filter(|_| source.contains(":execute-api:")) else { return true };
    let parts: Vec<&str> = rest.splitn(4, '/').collect();
    let (named, of_call) = match parts.as_slice() {
        [named, _, method, path] => (named, fits(method, call.method.as_deref()) && fits(path, call.path.as_deref())),
        // The star of a shorter ARN stands for what follows as well.
        [named, _, method] => (
            named,
            *method == "*" || (fits(method, call.method.as_deref()) && call.path.as_deref().is_none_or(str::is_empty)),
        ),
        [named, ..] => (named, true),
        [] => return true,
    };
    // The id of an API is ten letters and digits; its logical id in its place is no API's.
    of_call && *named != api.id()
}

/// Returns whether a part of an ARN is of a text; what stands in braces is any text.
fn fits(pattern: &str, text: Option<&str>) -> bool {
    let Some(text) = text else { return true };
    let open = |text: &str| {
        let parts = text.split('/').map(|part| if part.starts_with('{') { "*" } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    glob(pattern, text) || glob(&open(pattern), &open(text)) || glob(&open(text), &open(pattern))
}

fn admits(permission: &Resource<'_>, api: &Resource<'_>) -> bool {
    let principal = permission.get("Principal").and_then(|principal| principal.text());
    if principal.is_some_and(|principal| principal != "apigateway.amazonaws.com" && principal != "*") {
        return false;
    }
    let Some(source) = permission.get("SourceArn") else { return true };
    let is_api = |it: &Resource<'_>| matches!(it.kind(), "AWS::ApiGateway::RestApi" | "AWS::ApiGatewayV2::Api");
    let named: Vec<Resource<'_>> = source.mentions().into_iter().filter(is_api).collect();
    named.is_empty() || named.contains(api)
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn a_permission_for_another_api_does_not_help() {
        let other = super::RULE.good_example().replace("${Api}/*", "${Other}/*").replace(
            "Resources:\n",
            "Resources:\n  Other: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: other, ProtocolType: HTTP } }\n",
        );
        assert_eq!(of_rule(&super::RULE, &other).len(), 1);
    }

    #[test]
    fn a_permission_is_of_the_method_and_path_that_call() {
        let good = super::RULE.good_example();
        let route = "  Route: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref Api, RouteKey: \"GET /orders/{id}\", Target: !Sub \"integrations/${ToOrders}\" } }\n";
        let count = |rest: &str| of_rule(&super::RULE, &format!("{}{route}", good.replace("${Api}/*", rest))).len();
        for covered in ["${Api}/*", "${Api}/*/*/orders/*", "${Api}/*/GET/orders/{id}", "${Api}/*/GET/*", "${Api}/*/*"] {
            assert_eq!(count(covered), 0, "{covered}");
        }
        for other in ["${Api}/*/POST/orders/*", "${Api}/*/GET/carts/*", "Api/*/GET/orders/*"] {
            assert_eq!(count(other), 1, "{other}");
        }
    }

    #[test]
    fn a_permission_may_name_the_function_by_text() {
        let by_name = super::RULE.good_example().replace("FunctionName: !Ref Orders", "FunctionName: orders").replace(
            "      Runtime:",
            "      FunctionName: orders
      Runtime:",
        );
        assert!(of_rule(&super::RULE, &by_name).is_empty());
    }
}
