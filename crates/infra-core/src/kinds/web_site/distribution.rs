//! The CloudFront distribution of a web site and its functions.

use super::{MinimumTls, Paths, PriceClass, WebSite};
use crate::artifacts::{Expr, Object};
use crate::facts::cloudfront;
use crate::lower::Lowering;
use crate::resolve::Bound;

/// Name of the bucket among the origins.
const FILES: &str = "files";

const REQUEST_ID: &str = include_str!("request_id.js");
const PLAIN: &str = include_str!("plain.js");
const SPA: &str = include_str!("spa.js");
const PAGES: &str = include_str!("pages.js");

/// Emits functions, access control and distribution.
pub(super) fn lower(entry: Bound<'_, WebSite>, cx: &mut Lowering<'_>) {
    let handler = match entry.paths {
        Paths::SinglePage => SPA,
        Paths::Pages => PAGES,
        Paths::Files => PLAIN,
    };
    function(entry, cx, ("Function", "files"), handler);
    if !entry.api_paths.is_empty() {
        function(entry, cx, ("ApiFunction", "api"), PLAIN);
    }
    let control = object! {
        "Name" => entry.unique_name("files"),
        "OriginAccessControlOriginType" => "s3",
        "SigningBehavior" => "always",
        "SigningProtocol" => "sigv4",
    };
    let properties = object! { "OriginAccessControlConfig" => control };
    cx.add(entry.resource("AccessControl", "AWS::CloudFront::OriginAccessControl", properties));
    cx.add(entry.resource("", "AWS::CloudFront::Distribution", object! { "DistributionConfig" => config(entry) }));
}

fn function(entry: Bound<'_, WebSite>, cx: &mut Lowering<'_>, (part, name): (&str, &str), handler: &str) {
    let comment = format!("Request id and paths of site {}", entry.full_name());
    let properties = object! {
        "Name" => entry.unique_name(name),
        "AutoPublish" => true,
        "FunctionCode" => format!("{REQUEST_ID}{handler}"),
        "FunctionConfig" => object! { "Comment" => comment, "Runtime" => "cloudfront-js-2.0" },
    };
    cx.add(entry.resource(part, "AWS::CloudFront::Function", properties));
}

fn config(entry: Bound<'_, WebSite>) -> Expr {
    let site = entry.spec();
    let price_class = match site.price_class {
        PriceClass::Class100 => "PriceClass_100",
        PriceClass::Class200 => "PriceClass_200",
        PriceClass::All => "PriceClass_All",
    };
    let countries = (!site.only_countries.is_empty()).then(|| {
        object! { "GeoRestriction" => object! { "RestrictionType" => "whitelist", "Locations" => site.only_countries.clone() } }
    });
    let domains: Vec<String> = site.domains.iter().map(ToString::to_string).collect();
    let behaviors: Vec<Expr> =
        std::iter::once(config_behavior(entry)).chain(site.api_paths.keys().map(|path| api_behavior(entry, path))).collect();
    object! {
        "Aliases" => (!domains.is_empty()).then_some(domains),
        "CacheBehaviors" => behaviors,
        "Comment" => format!("Site {}", entry.full_name()),
        "CustomErrorResponses" => site.not_found.as_ref().map(|page| error_pages(page)),
        "DefaultCacheBehavior" => files_behavior(entry, cloudfront::CACHING_OPTIMIZED, "Headers"),
        "DefaultRootObject" => "index.html",
        "Enabled" => true,
        "HttpVersion" => "http2and3",
        "IPV6Enabled" => true,
        "Origins" => origins(entry),
        "PriceClass" => price_class,
        "Restrictions" => countries,
        "ViewerCertificate" => certificate(entry),
        "WebACLId" => site.firewall.as_ref().map(|_| entry.edge_handle("Firewall").arn()),
    }
}

fn certificate(entry: Bound<'_, WebSite>) -> Option<Expr> {
    let certificate = entry.follow(entry.spec().certificate.as_ref()?);
    let version = match entry.minimum_tls {
        MinimumTls::Tls12Of2021 => "TLSv1.2_2021",
        MinimumTls::Tls12Of2025 => "TLSv1.2_2025",
        MinimumTls::Tls13Of2025 => "TLSv1.3_2025",
    };
    Some(object! {
        "AcmCertificateArn" => certificate.edge_arn(),
        "MinimumProtocolVersion" => version,
        "SslSupportMethod" => "sni-only",
    })
}

/// Answers of the bucket only: sites with an API under their own name cannot have these.
fn error_pages(page: &str) -> Expr {
    let pages = [403, 404].map(|code| {
        object! { "ErrorCode" => code, "ResponseCode" => 404, "ResponsePagePath" => page.to_owned(), "ErrorCachingMinTTL" => 10 }
    });
    pages.into_iter().collect()
}

fn origins(entry: Bound<'_, WebSite>) -> Vec<Expr> {
    let mut origins = vec![object! {
        "Id" => FILES,
        "DomainName" => entry.handle("Bucket").att("RegionalDomainName"),
        "OriginAccessControlId" => entry.handle("AccessControl").att("Id"),
        "S3OriginConfig" => object! { "OriginAccessIdentity" => "" },
    }];
    let mut seen = Vec::new();
    for api in entry.spec().api_paths.values().map(|api| entry.follow(api)) {
        if seen.contains(&api.id) {
            continue;
        }
        seen.push(api.id);
        origins.push(object! {
            "Id" => api_origin(&api),
            "DomainName" => api.endpoint_host(),
            "CustomOriginConfig" => object! {
                "HTTPSPort" => 443,
                "OriginProtocolPolicy" => "https-only",
                "OriginReadTimeout" => 30,
                "OriginSSLProtocols" => list!["TLSv1.2"],
            },
        });
    }
    origins
}

fn api_origin(api: &Bound<'_, crate::kinds::HttpApi>) -> String {
    format!("api-{}-{}", api.stack_name(), api.name)
}

fn files_behavior(entry: Bound<'_, WebSite>, cache_policy: &'static str, headers: &str) -> Object {
    let function = object! { "EventType" => "viewer-request", "FunctionARN" => entry.handle("Function").att("FunctionARN") };
    let mut behavior = Object::default();
    behavior.push("AllowedMethods", list!["GET", "HEAD", "OPTIONS"]);
    behavior.push("CachePolicyId", cache_policy);
    behavior.push("Compress", true);
    behavior.push("FunctionAssociations", vec![function]);
    behavior.push("ResponseHeadersPolicyId", entry.handle(headers).att("Id"));
    behavior.push("TargetOriginId", FILES);
    behavior.push("ViewerProtocolPolicy", "redirect-to-https");
    behavior
}

/// `/config.json` is asked for at every start and must tell what holds now.
fn config_behavior(entry: Bound<'_, WebSite>) -> Expr {
    let mut behavior = files_behavior(entry, cloudfront::CACHING_DISABLED, "ConfigHeaders");
    behavior.set("PathPattern", "/config.json");
    behavior.into()
}

/// An API's answers are never cached, and its host header is its own.
fn api_behavior(entry: Bound<'_, WebSite>, path: &str) -> Expr {
    let api = entry.spec().api_paths.get(path).map(|api| api_origin(&entry.follow(api)));
    let function = object! { "EventType" => "viewer-request", "FunctionARN" => entry.handle("ApiFunction").att("FunctionARN") };
    object! {
        "PathPattern" => path.to_owned(),
        "AllowedMethods" => list!["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"],
        "CachePolicyId" => cloudfront::CACHING_DISABLED,
        "Compress" => true,
        "FunctionAssociations" => vec![function],
        "OriginRequestPolicyId" => cloudfront::ALL_VIEWER_EXCEPT_HOST_HEADER,
        "TargetOriginId" => api,
        "ViewerProtocolPolicy" => "https-only",
    }
}
