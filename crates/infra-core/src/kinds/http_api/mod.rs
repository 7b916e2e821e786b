//! HTTP APIs of API Gateway with their routes, integrations, authorizer and custom domain.

mod checks;
mod emit;
mod integration;
mod integration_checks;
mod path;

pub(in crate::kinds) use checks::authorizer as check_authorizer;
pub use integration::{HttpTarget, Integration, LoadBalancerTarget, QueueTarget};

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Certificate, Kind, Sectioned, UserPool, WebSite};
use crate::artifacts::Expr;
use crate::diag::Diagnostics;
use crate::lower::Lowering;
use crate::model::{Ref, Regional};
use crate::names::{DomainName, Name, Seconds};
use crate::resolve::Bound;
use path::RouteKey;

/// An HTTP API: one stage without a name, deployed by itself whenever a route changes.
///
/// A named stage would stand in the path that private integrations forward, and every request would be a 404. AWS WAF
/// cannot protect HTTP APIs: put a web site's distribution in front (`api-paths`) where that is needed. Requests and
/// answers have at most 10 MB; what goes to a queue at most the queue's own limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct HttpApi {
    /// What the API is for.
    pub description: Option<String>,
    /// The API's own name, such as `api.example.com`; then it cannot be reached under AWS's name.
    pub domain: Option<DomainName>,
    /// A certificate that covers the name.
    pub certificate: Option<Ref<Certificate, Regional>>,
    /// Who checks tokens; routes ask for one unless they say otherwise.
    pub authorizer: Option<Authorizer>,
    /// Routes such as `POST /v1/orders`, `GET /v1/orders/{id}`, `ANY /v1/{path+}` or `$default`.
    pub routes: BTreeMap<String, Route>,
    /// Which browsers' scripts may call, beyond those of the web sites that refer to the API.
    pub cors: Cors,
    /// How many requests are let through; routes can have their own limits.
    pub throttle: Throttle,
    /// Which id requests carry to load balancers and other servers in `x-request-id`.
    pub request_id: RequestId,
    /// Headers that requests to load balancers and other servers get, such as `x-tenant: $context.authorizer.claims.sub`.
    pub request_headers: BTreeMap<String, String>,
    /// How long access logs are kept. In days, as `CloudWatch` Logs offers them: 1, 3, 5, 7, 14, 30, 60, 90, …, 3,653.
    pub log_retention_days: u32,
    /// Whether there are metrics for each route, which cost extra.
    pub route_metrics: bool,
}

/// Who checks tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Authorizer {
    /// A user pool of this project.
    UserPool(UserPoolAuthorizer),
    /// Any `OpenID` Connect issuer that signs with RSA keys.
    Oidc(OidcAuthorizer),
}

impl Authorizer {
    /// Returns issuer and audiences of the tokens that are taken by an entry with this authorizer.
    pub(in crate::kinds) fn tokens<K: Kind + Sectioned>(&self, entry: Bound<'_, K>) -> (Expr, Vec<Expr>) {
        match self {
            Self::UserPool(own) => {
                let pool = entry.follow(&own.user_pool);
                let taken = |name: &&Name| own.clients.is_empty() || own.clients.contains(*name);
                let clients = pool.client_names().into_iter().filter(taken);
                (pool.issuer(), clients.map(|name| pool.client_id(name)).collect())
            }
            Self::Oidc(oidc) => (oidc.issuer.clone().into(), oidc.audiences.iter().map(Expr::from).collect()),
        }
    }
}

/// A user pool as authorizer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct UserPoolAuthorizer {
    /// The pool.
    pub user_pool: Ref<UserPool>,
    /// Clients of the pool whose tokens are taken; all of them if none is named.
    #[serde(default)]
    pub clients: BTreeSet<Name>,
}

/// An `OpenID` Connect issuer as authorizer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OidcAuthorizer {
    /// The issuer, exactly as tokens carry it; must answer below `/.well-known/` when the stack is deployed.
    pub issuer: String,
    /// Audiences of which tokens must have one.
    pub audiences: Vec<String>,
}

/// One route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Route {
    /// Where requests go.
    pub to: Integration,
    /// Whether a token is needed; `jwt` if the API has an authorizer, else `none`.
    pub auth: Option<Auth>,
    /// Scopes of which the token must have one; only access tokens have scopes.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// How many requests are let through, if not as the API says.
    pub throttle: Option<Throttle>,
}

/// Whether a token is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Auth {
    /// Anybody may call.
    None,
    /// A token of the authorizer is needed.
    Jwt,
}

/// How many requests are let through; the others are answered with 429.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Throttle {
    /// Requests per second over time; 1 to 10,000, which is the account's limit for all APIs of a region.
    pub rate: u32,
    /// Requests at once; 1 to 5,000, which is the account's limit for all APIs of a region.
    pub burst: u32,
}

/// Which browsers' scripts may call.
///
/// The origins are those of the web sites that refer to the API, and these; without any origin no browser may call. The
/// methods are those of the routes. API Gateway answers the browsers' questions by itself, without a token, and ignores
/// what servers say about it. `$default` and `ANY` routes that ask for a token would ask those questions for one too: each
/// gets a route for `OPTIONS` beside it that has the same target and asks for none, unless you wrote one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Cors {
    /// Further origins, such as `http://localhost:5173`.
    pub extra_origins: Vec<String>,
    /// Further headers that scripts may send.
    pub extra_headers: Vec<String>,
    /// Further headers of answers that scripts may read.
    pub extra_exposed_headers: Vec<String>,
    /// How long browsers keep the answer. 0 to 86,400 seconds.
    pub max_age: Seconds,
    /// Whether scripts may send cookies.
    pub credentials: bool,
}

/// Which id requests carry to servers in `x-request-id`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RequestId {
    /// The one that the edge or the client gave; access logs cannot hold it.
    #[default]
    Edge,
    /// The one that API Gateway gives, which also stands in its access logs.
    Gateway,
}

impl Default for HttpApi {
    fn default() -> Self {
        Self {
            description: None,
            domain: None,
            certificate: None,
            authorizer: None,
            routes: BTreeMap::new(),
            cors: Cors::default(),
            throttle: Throttle::default(),
            request_id: RequestId::default(),
            request_headers: BTreeMap::new(),
            log_retention_days: 30,
            route_metrics: false,
        }
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self { rate: 500, burst: 1_000 }
    }
}

impl Default for Cors {
    fn default() -> Self {
        Self {
            extra_origins: Vec::new(),
            extra_headers: Vec::new(),
            extra_exposed_headers: Vec::new(),
            max_age: Seconds::new(600),
            credentials: false,
        }
    }
}

impl Route {
    /// Starts a route that asks for what the API's routes ask for.
    pub fn new(to: impl Into<Integration>) -> Self {
        Self { to: to.into(), auth: None, scopes: Vec::new(), throttle: None }
    }
}

impl HttpApi {
    /// Returns whether a route asks for a token.
    pub fn auth_of(&self, route: &Route) -> Auth {
        route.auth.unwrap_or(if self.authorizer.is_some() { Auth::Jwt } else { Auth::None })
    }
}

impl Kind for HttpApi {
    const SECTION: &'static str = "http-apis";
    const NOUN: &'static str = "HTTP API";
    const PREFIX: &'static str = "Api";
    const EXAMPLE: &'static str = "
networks:
  main: { cidr: 10.20.0.0/16 }
load-balancers:
  internal:
    type: network
    network: main
    listeners:
      orders: { port: 80, protocol: tcp, default: { forward: orders } }
    target-groups:
      orders: { port: 8080, health-check: { path: /healthz/ready } }
vpc-links:
  main: { network: main }
queues:
  orders: {}
user-pools:
  customers:
    clients: { web: {} }
hosted-zones:
  main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 }
certificates:
  api: { domain: 'api.${env.domain}', zones: [main] }
http-apis:
  shop:
    domain: api.${env.domain}
    certificate: api
    authorizer: { user-pool: { user-pool: customers } }
    routes:
      POST /v1/orders:
        to: { load-balancer: { load-balancer: internal, listener: orders, vpc-link: main } }
        throttle: { rate: 50, burst: 100 }
      POST /v1/orders/async:
        to: { queue: { queue: orders } }
      GET /v1/status:
        to: { http: { url: 'https://status.example.com/shop' } }
        auth: none
    cors: { extra-origins: ['http://localhost:5173'] }
records:
  api: { zone: main, name: 'api.${env.domain}', alias: { http-api: shop } }
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        checks::check(entry, diags);
        integration_checks::check(entry, diags);
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        emit::emit(entry, cx);
    }
}

impl<'a> Bound<'a, HttpApi> {
    /// Returns the API's id.
    pub fn api_id(&self) -> Expr {
        self.handle("").reference()
    }

    /// Returns the API's own name.
    pub fn domain(&self) -> Option<&'a DomainName> {
        self.spec().domain.as_ref()
    }

    /// Returns the DNS name behind the API's own name, the target of an alias.
    pub fn alias_target(&self) -> Option<Expr> {
        self.domain().map(|_| self.handle("Domain").att("RegionalDomainName"))
    }

    /// Returns the id of the hosted zone of [`Self::alias_target`]; absent without a name of its own.
    pub fn alias_zone_id(&self) -> Expr {
        self.domain().map_or(Expr::Absent, |_| self.handle("Domain").att("RegionalHostedZoneId"))
    }

    /// Returns the host under which the API is called.
    pub fn endpoint_host(&self) -> Expr {
        self.domain().map_or_else(|| Expr::concat(self.own_host()), |domain| domain.to_string().into())
    }

    /// Returns the address of the API, without a slash at the end.
    pub fn url(&self) -> Expr {
        let Some(domain) = self.domain() else {
            return Expr::concat(std::iter::once("https://".into()).chain(self.own_host()));
        };
        format!("https://{domain}").into()
    }

    /// The host that AWS gives.
    fn own_host(&self) -> [Expr; 2] {
        let suffix = self.region().partition().dns_suffix();
        [self.api_id(), format!(".execute-api.{}.{suffix}", self.region()).into()]
    }

    /// Returns the origins of pages whose scripts may call: those of the web sites that refer to the API, and its own list.
    fn origins(&self) -> Vec<Expr> {
        let sites = self.referrers::<WebSite>();
        let sites = sites.into_iter().flat_map(|site| {
            let origins = site.origins();
            // Under its own name a site calls without asking; without a name it has that of its distribution.
            let unnamed = origins.is_empty() && site.spec().apis.iter().any(|api| site.follow(api).id == self.id);
            origins.into_iter().map(Expr::from).chain(unnamed.then(|| site.url())).collect::<Vec<_>>()
        });
        let mut origins: Vec<Expr> = Vec::new();
        for origin in sites.chain(self.spec().cors.extra_origins.iter().map(Expr::from)) {
            if !origins.contains(&origin) {
                origins.push(origin);
            }
        }
        origins
    }

    /// Returns the routes for preflights that stand beside routes for any method that ask for a token, by their keys,
    /// each with the route that it spares and that route's key.
    ///
    /// API Gateway answers preflights by itself only after it has found a route and asked for its token. Source:
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html> (read 2026-11-30).
    fn preflights(&self) -> BTreeMap<String, (&'a str, &'a Route)> {
        let spec = self.spec();
        let mut found = BTreeMap::new();
        if self.origins().is_empty() {
            return found;
        }
        let keys = spec.routes.keys().filter_map(|key| RouteKey::parse(key).ok());
        let mut taken: BTreeSet<String> = keys.map(|key| key.shape()).collect();
        let asking = spec.routes.iter().filter(|(_, route)| self.auth_of(route) == Auth::Jwt);
        // `$default` comes last: what another route takes is not its own.
        for (text, route) in asking.rev() {
            let Ok(key) = RouteKey::parse(text) else { continue };
            for preflight in key.preflights(text) {
                let shape = RouteKey::parse(&preflight).map(|key| key.shape());
                if shape.is_ok_and(|shape| taken.insert(shape)) {
                    found.insert(preflight, (text.as_str(), route));
                }
            }
        }
        found
    }

    /// Returns the name of the access logs' group, known now.
    pub fn log_group_name(&self) -> String {
        format!("/aws/vendedlogs/apigateway/{}/{}", self.world().stack_name(self.home()), self.name)
    }
}

#[cfg(test)]
mod tests;
