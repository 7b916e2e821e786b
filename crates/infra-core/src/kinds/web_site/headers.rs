//! Security headers, and the cache rule of `/config.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::WebSite;
use super::config::ConfigSource;
use crate::artifacts::Expr;
use crate::diag::{Diagnostic, Diagnostics};
use crate::lower::Lowering;
use crate::names::Seconds;
use crate::resolve::Bound;
use crate::route;

/// The security headers of every answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SecurityHeaders {
    /// How long browsers insist on HTTPS. In seconds; two years unless set.
    pub strict_transport_security: Seconds,
    /// Whether browsers insist on HTTPS for all names below, too.
    pub include_subdomains: bool,
    /// The whole content security policy; by default one is made: own files, the site's APIs, the user pools that
    /// `config-from` names, and `connect-to`.
    pub content_security_policy: Option<String>,
    /// Further origins that scripts may call, such as `https://errors.example.net`.
    pub connect_to: Vec<String>,
    /// Who may show the site in a frame.
    pub frames: Frames,
}

/// Who may show the site in a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Frames {
    /// Nobody.
    #[default]
    Deny,
    /// The site itself.
    SameOrigin,
}

impl Default for SecurityHeaders {
    fn default() -> Self {
        Self {
            strict_transport_security: Seconds::new(63_072_000),
            include_subdomains: true,
            content_security_policy: None,
            connect_to: Vec::new(),
            frames: Frames::Deny,
        }
    }
}

pub(super) fn check(entry: Bound<'_, WebSite>, diags: &mut Diagnostics) {
    for (index, origin) in entry.security_headers.connect_to.iter().enumerate() {
        let scheme = ["https://", "wss://"].iter().any(|scheme| origin.starts_with(scheme));
        if !scheme || origin.contains([' ', ';', ',']) {
            let at = entry.at(&route!["security-headers", "connect-to", index]);
            let error = Diagnostic::error("web-sites/connect-to", format!("`{origin}` is not an origin"));
            diags.push(error.at(at, "must start with `https://` or `wss://`").help("such as `https://errors.example.net`"));
        }
    }
}

/// Emits the header policies of files and of `/config.json`.
pub(super) fn lower(entry: Bound<'_, WebSite>, cx: &mut Lowering<'_>) {
    let no_store = list![object! { "Header" => "Cache-Control", "Value" => "no-store", "Override" => true }];
    for (part, name, custom) in [
        ("Headers", "headers", Expr::Absent),
        ("ConfigHeaders", "config-headers", object! { "Items" => no_store }),
    ] {
        let config = object! {
            "Name" => entry.unique_name(name),
            "SecurityHeadersConfig" => security(entry),
            "CustomHeadersConfig" => custom,
        };
        let properties = object! { "ResponseHeadersPolicyConfig" => config };
        cx.add(entry.resource(part, "AWS::CloudFront::ResponseHeadersPolicy", properties));
    }
}

fn security(entry: Bound<'_, WebSite>) -> Expr {
    let headers = &entry.spec().security_headers;
    let frame = match headers.frames {
        Frames::Deny => "DENY",
        Frames::SameOrigin => "SAMEORIGIN",
    };
    object! {
        "ContentSecurityPolicy" => object! { "ContentSecurityPolicy" => content_policy(entry), "Override" => true },
        "ContentTypeOptions" => object! { "Override" => true },
        "FrameOptions" => object! { "FrameOption" => frame, "Override" => true },
        "ReferrerPolicy" => object! { "ReferrerPolicy" => "strict-origin-when-cross-origin", "Override" => true },
        "StrictTransportSecurity" => object! {
            "AccessControlMaxAgeSec" => headers.strict_transport_security.get(),
            "IncludeSubdomains" => headers.include_subdomains,
            "Override" => true,
        },
    }
}

fn content_policy(entry: Bound<'_, WebSite>) -> Expr {
    let headers = &entry.spec().security_headers;
    if let Some(policy) = &headers.content_security_policy {
        return policy.into();
    }
    let ancestors = match headers.frames {
        Frames::Deny => "'none'",
        Frames::SameOrigin => "'self'",
    };
    let mut parts: Vec<Expr> = vec!["default-src 'self'; connect-src 'self'".into()];
    for api in &entry.spec().apis {
        parts.extend([" ".into(), entry.follow(api).url()]);
    }
    for origin in sign_in(entry) {
        parts.extend([" ".into(), origin]);
    }
    for origin in &headers.connect_to {
        parts.push(format!(" {origin}").into());
    }
    let rest = "; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; form-action 'self'";
    parts.push(format!("{rest}; frame-ancestors {ancestors}").into());
    Expr::Concat(parts)
}

/// Returns the origins of the user pools that `/config.json` leads to: scripts read the issuer's keys and sign in at the
/// pool, and exchange the code of the sign-in page for tokens there.
fn sign_in(entry: Bound<'_, WebSite>) -> Vec<Expr> {
    let mut origins: Vec<Expr> = Vec::new();
    for source in entry.spec().config_from.values() {
        let pool = match source {
            ConfigSource::UserPool(pool) | ConfigSource::UserPoolIssuer(pool) => entry.follow(pool),
            ConfigSource::UserPoolClient(client) => entry.follow(&client.user_pool),
            ConfigSource::HttpApi(_) | ConfigSource::WebSite(_) => continue,
        };
        let page = pool.login_host().map(|host| text!["https://", host]);
        for origin in std::iter::once(pool.endpoint().into()).chain(page) {
            if !origins.contains(&origin) {
                origins.push(origin);
            }
        }
    }
    origins
}

#[cfg(test)]
mod tests {
    use crate::kinds::testing::template;

    #[test]
    fn scripts_may_reach_the_user_pools_that_the_config_leads_to() {
        let template = template(
            r"
certificates: { web: { domain: dev.example.com, zones: [main] } }
hosted-zones: { main: { domain: dev.example.com, existing: Z0123456789ABCDEFGHI } }
user-pools:
  customers:
    domain: { prefix: shop-dev }
    clients: { shop: { sites: [shop] } }
web-sites:
  shop:
    domains: [dev.example.com]
    certificate: web
    config-from:
      issuer: { user-pool-issuer: customers }
      clientId: { user-pool-client: { user-pool: customers, client: shop } }
    security-headers: { connect-to: [https://errors.example.net] }
",
        );
        let config = &template["Resources"]["SiteShopHeaders"]["Properties"]["ResponseHeadersPolicyConfig"];
        let policy = &config["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"];
        let directive = policy.as_str().and_then(|policy| policy.split("; ").nth(1));
        insta::assert_snapshot!(
            directive.unwrap(),
            @"connect-src 'self' https://cognito-idp.eu-west-1.amazonaws.com https://shop-dev.auth.eu-west-1.amazoncognito.com https://errors.example.net"
        );
    }
}
