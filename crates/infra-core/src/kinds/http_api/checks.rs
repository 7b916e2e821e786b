//! What an HTTP API must hold, but for where its routes lead.

use std::collections::{BTreeMap, BTreeSet};

use super::path::RouteKey;
use super::{Auth, Authorizer, HttpApi, Integration, OidcAuthorizer, RequestId, Route, Throttle, UserPoolAuthorizer};
use crate::diag::{Diagnostic, Diagnostics, suggest};
use crate::facts::limits::{Bounds, api_gateway};
use crate::kinds::{Kind, Sectioned, check};
use crate::names::{DomainName, Name};
use crate::resolve::Bound;
use crate::route;
use crate::source::Route as Place;

const MAPPING: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html#http-api-mapping-reserved-headers";
const CORS: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html";
const LIMITS: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html";
const QUOTAS: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html";

/// Headers that API Gateway does not let anybody set; a dash at the end stands for all that start so.
///
/// Source: [`MAPPING`] (read 2026-11-22).
const RESERVED: [&str; 15] = [
    "access-control-",
    "apigw-",
    "authorization",
    "connection",
    "content-",
    "forwarded",
    "origin",
    "te",
    "trailers",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-amz-",
    "x-amzn-",
    "x-forwarded-",
];

/// Scopes that access tokens of every user pool can have.
const STANDARD_SCOPES: [&str; 5] = ["openid", "email", "profile", "phone", "aws.cognito.signin.user.admin"];

type Entry<'a> = Bound<'a, HttpApi>;

pub(super) fn check(entry: Entry<'_>, diags: &mut Diagnostics) {
    domain(entry, diags);
    if let Some(own) = &entry.spec().authorizer {
        authorizer(entry, own, entry.spec().domain.as_ref(), diags);
    }
    routes(entry, diags);
    cors(entry, diags);
    throttle(entry, &route!["throttle"], entry.throttle, diags);
    headers(entry, diags);
    check::log_retention(entry, diags, &route!["log-retention-days"], entry.log_retention_days);
}

fn domain(entry: Entry<'_>, diags: &mut Diagnostics) {
    let spec = entry.spec();
    let (domain, certificate) = match (&spec.domain, &spec.certificate) {
        (Some(domain), Some(certificate)) => (domain, entry.follow(certificate)),
        (Some(_), None) => {
            diags.push(
                Diagnostic::error("http-apis/no-certificate", "an API with a name of its own needs a certificate")
                    .at(entry.at(&route!["domain"]), "has none")
                    .help("add `certificate: <name of a certificate>`"),
            );
            return;
        }
        (None, Some(_)) => {
            diags.push(
                Diagnostic::error("http-apis/no-domain", "a certificate is for an API with a name of its own")
                    .at(entry.at(&route!["certificate"]), "would not be used")
                    .help("add `domain`, or remove the certificate"),
            );
            return;
        }
        (None, None) => return,
    };
    if domain.is_wildcard() {
        let title = "an API has no wildcard name";
        diags.push(Diagnostic::error("http-apis/wildcard", title).at(entry.at(&route!["domain"]), "a wildcard"));
    } else if !certificate.covers(domain) {
        diags.push(
            Diagnostic::error("http-apis/name-not-covered", format!("the certificate does not cover `{domain}`"))
                .at(entry.at(&route!["domain"]), "API Gateway refuses the name")
                .also(certificate.at(&route!["domain"]), "the certificate")
                .note("a wildcard covers exactly one label and not the apex")
                .help(format!("add `{domain}` to `names` of the certificate")),
        );
    }
    let others = certificate.referrers::<HttpApi>().into_iter();
    let mut others = others.filter(|other| other.id < entry.id && other.region() == entry.region());
    if let Some(other) = others.find(|other| other.domain() == Some(domain)) {
        diags.push(
            Diagnostic::error("http-apis/domain-twice", format!("two APIs have the name `{domain}`"))
                .at(entry.at(&route!["domain"]), "again")
                .also(other.at(&route!["domain"]), "first")
                .note("a name belongs to one API per region; the second deployment fails")
                .help("give each its own name, or put the routes into one API"),
        );
    }
}

/// Reports what is wrong with the field `authorizer` of an entry, which may have a name of its own.
pub(in crate::kinds) fn authorizer<K: Kind + Sectioned>(
    entry: Bound<'_, K>,
    authorizer: &Authorizer,
    domain: Option<&DomainName>,
    diags: &mut Diagnostics,
) {
    match authorizer {
        Authorizer::UserPool(own) => user_pool(entry, own, diags),
        Authorizer::Oidc(oidc) => issuer(entry, oidc, domain, diags),
    }
}

fn user_pool<K: Kind + Sectioned>(entry: Bound<'_, K>, own: &UserPoolAuthorizer, diags: &mut Diagnostics) {
    let pool = entry.follow(&own.user_pool);
    for client in &own.clients {
        // The list is sorted, so its place is not the one written: the key is shown.
        let at = entry.at(&route!["authorizer", "user-pool", "clients"]);
        pool.require_client(client, at, diags);
    }
    if pool.client_names().is_empty() {
        diags.push(
            Diagnostic::error("http-apis/no-audience", format!("user pool `{}` has no client", pool.name))
                .at(entry.at(&route!["authorizer", "user-pool", "user-pool"]), "whose tokens would be taken?")
                .also(pool.at(&route![]), "the pool")
                .note("tokens are checked against the ids of the pool's clients")
                .help("add a client to `clients` of the pool"),
        );
    }
}

fn issuer<K: Kind + Sectioned>(
    entry: Bound<'_, K>,
    oidc: &OidcAuthorizer,
    domain: Option<&DomainName>,
    diags: &mut Diagnostics,
) {
    let at = |step: &'static str| entry.at(&route!["authorizer", "oidc", step]);
    let host = oidc.issuer.strip_prefix("https://").map(|rest| rest.split(['/', ':']).next().unwrap_or(rest));
    match host {
        None | Some("") => diags.push(
            Diagnostic::error("http-apis/issuer", format!("`{}` is not an issuer", oidc.issuer))
                .at(at("issuer"), "an address that starts with `https://`"),
        ),
        Some(host) if domain.is_some_and(|domain| domain.as_str() == host) => diags.push(
            Diagnostic::error("http-apis/issuer", "an API cannot stand behind an issuer that stands behind the API")
                .at(at("issuer"), "the API's own name")
                .note("API Gateway asks the issuer when the authorizer is made, before the API answers")
                .help("serve the issuer under a name of its own, from an earlier stack"),
        ),
        Some(_) => {}
    }
    if oidc.audiences.is_empty() {
        diags.push(
            Diagnostic::error("http-apis/no-audience", "an authorizer needs an audience")
                .at(at("audiences"), "tokens for anybody would be taken")
                .help("list what `aud` of your tokens holds"),
        );
    }
}

fn routes(entry: Entry<'_>, diags: &mut Diagnostics) {
    let routes = &entry.spec().routes;
    if routes.is_empty() {
        diags.push(
            Diagnostic::error("http-apis/no-route", "an API needs a route")
                .at(entry.at(&route!["routes"]), "answers every request with 404"),
        );
    }
    let count = routes.len() + entry.preflights().len();
    if count > api_gateway::ROUTES {
        diags.push(
            Diagnostic::warning("http-apis/many-routes", format!("an API has at most {} routes", api_gateway::ROUTES))
                .at(entry.at(&route!["routes"]), format!("{count} routes, with those for preflights"))
                .note(format!("unless AWS raised the quota of the account: {QUOTAS}"))
                .help("take routes together with `ANY` and `{path+}`"),
        );
    }
    let mut shapes: BTreeMap<String, &str> = BTreeMap::new();
    for (key, route) in routes {
        let at = route!["routes", key.as_str()];
        match RouteKey::parse(key) {
            Err(text) => {
                let title = format!("`{key}` is not a route");
                diags.push(Diagnostic::error("http-apis/route", title).at(entry.at(&at), text));
            }
            Ok(parsed) => {
                if let Some(earlier) = shapes.insert(parsed.shape(), key) {
                    diags.push(
                        Diagnostic::error("http-apis/route-twice", format!("`{key}` takes what `{earlier}` takes"))
                            .at(entry.at(&at), "again")
                            .also(entry.at(&route!["routes", earlier]), "first")
                            .note("the names of variables do not tell routes apart"),
                    );
                }
                auth(entry, (&parsed, route), &at, diags);
            }
        }
        if let Some(own) = route.throttle {
            throttle(entry, &below(&at, "throttle"), own, diags);
        }
    }
    alike(entry, diags);
    preflights(entry, diags);
}

/// Whoever asks with OPTIONS needs no token, so what lies behind must do no harm.
fn preflights(entry: Entry<'_>, diags: &mut Diagnostics) {
    let mut told = BTreeSet::new();
    for (preflight, (key, route)) in entry.preflights() {
        let Integration::Queue(_) = &route.to else { continue };
        if told.insert(key) {
            diags.push(
                Diagnostic::error("http-apis/preflight", format!("`{key}` would put the browsers' preflights into the queue"))
                    .at(entry.at(&route!["routes", key]), format!("needs `{preflight}` beside it, which anybody may call"))
                    .note(format!("a route for any method that asks for a token asks preflights for one too: {CORS}"))
                    .help("name the method, such as `POST /v1/orders`"),
            );
        }
    }
}

/// Routes whose logical ids would be the same, such as `/a-b` and `/a/b`.
fn alike(entry: Entry<'_>, diags: &mut Diagnostics) {
    let mut ids = BTreeMap::new();
    let preflights = entry.preflights();
    let preflights = preflights.iter().map(|(text, (key, _))| (text.as_str(), *key));
    for (text, key) in entry.spec().routes.keys().map(|key| (key.as_str(), key.as_str())).chain(preflights) {
        let Ok(parsed) = RouteKey::parse(text) else { continue };
        let id = entry.logical_id(&parsed.words());
        let Some((earlier, shape)) = ids.insert(id, (key, parsed.shape())) else { continue };
        if shape != parsed.shape() {
            diags.push(
                Diagnostic::error("http-apis/routes-alike", format!("`{key}` and `{earlier}` are too much alike"))
                    .at(entry.at(&route!["routes", key]), "has the same letters and digits")
                    .also(entry.at(&route!["routes", earlier]), "as this one")
                    .note("logical ids hold nothing else, and are made of routes")
                    .help("rename one, or take both together with a variable"),
            );
        }
    }
}

fn below(at: &Place, key: &str) -> Place {
    let mut route = at.clone();
    route.0.push(key.into());
    route
}

fn auth(entry: Entry<'_>, (key, route): (&RouteKey<'_>, &Route), at: &Place, diags: &mut Diagnostics) {
    let auth = entry.auth_of(route);
    if auth == Auth::Jwt && entry.authorizer.is_none() {
        diags.push(
            Diagnostic::error("http-apis/no-authorizer", "nobody checks the tokens that this route asks for")
                .at(entry.at(&below(at, "auth")), "the API has no `authorizer`")
                .help("add `authorizer: { user-pool: { user-pool: <name> } }` to the API, or set `auth: none`"),
        );
    }
    if auth == Auth::None && !route.scopes.is_empty() {
        diags.push(
            Diagnostic::error("http-apis/scopes", "only a route that asks for a token can ask for scopes")
                .at(entry.at(&below(at, "scopes")), "nobody looks at them")
                .help("set `auth: jwt`, or remove the scopes"),
        );
    }
    if auth == Auth::Jwt && key.method() == "OPTIONS" {
        diags.push(
            Diagnostic::error("http-apis/preflight", "browsers ask with OPTIONS, and without a token")
                .at(entry.at(at), "asks for a token")
                .note(format!("API Gateway answers them by itself for the origins of `cors`: {CORS}"))
                .help("remove the route, or set `auth: none`"),
        );
    }
    let Some(Authorizer::UserPool(own)) = &entry.spec().authorizer else { return };
    let scopes = entry.follow(&own.user_pool).scopes();
    for (index, scope) in route.scopes.iter().enumerate() {
        let known = || STANDARD_SCOPES.into_iter().chain(scopes.iter().map(String::as_str));
        if known().any(|known| known == scope) {
            continue;
        }
        let mut place = below(at, "scopes");
        place.0.push(index.into());
        let error = Diagnostic::error("http-apis/unknown-scope", format!("the user pool has no scope `{scope}`"))
            .at(entry.at(&place), "no token ever has it");
        diags.push(match suggest(scope, known()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help("add it to `resource-servers` of the pool"),
        });
    }
}

fn throttle(entry: Entry<'_>, at: &Place, throttle: Throttle, diags: &mut Diagnostics) {
    let mut bounds = |key, value, max: u32| {
        let bounds = Bounds { min: 1, max: u64::from(max), default: 1 };
        check::bounds(entry, diags, &below(at, key), value, (bounds, LIMITS));
    };
    bounds("rate", throttle.rate, api_gateway::THROTTLE_RATE);
    bounds("burst", throttle.burst, api_gateway::THROTTLE_BURST);
}

fn cors(entry: Entry<'_>, diags: &mut Diagnostics) {
    let cors = &entry.cors;
    let bounds = Bounds { min: 0, max: 86_400, default: 600 };
    check::bounds(entry, diags, &route!["cors", "max-age"], cors.max_age.get(), (bounds, CORS));
    for (index, origin) in cors.extra_origins.iter().enumerate() {
        let Err(text) = check_origin(origin) else { continue };
        diags.push(
            Diagnostic::error("http-apis/origin", format!("`{origin}` is not the origin of a page"))
                .at(entry.at(&route!["cors", "extra-origins", index]), text)
                .help("write what the browser sends, such as `https://www.example.com` or `http://localhost:5173`"),
        );
    }
    for (key, names) in
        [("extra-headers", &cors.extra_headers), ("extra-exposed-headers", &cors.extra_exposed_headers)]
    {
        for (index, name) in names.iter().enumerate().filter(|(_, name)| !is_header(name)) {
            let title = format!("`{name}` is not the name of a header");
            let at = entry.at(&route!["cors", key, index]);
            diags.push(Diagnostic::error("http-apis/header", title).at(at, "letters, digits and dashes"));
        }
    }
}

/// Reads an origin as browsers send it; the error says what is wrong, as a label.
fn check_origin(origin: &str) -> Result<(), &'static str> {
    if origin == "*" {
        return Err("any page of the internet could call for its visitors");
    }
    let Some((scheme, host)) = origin.split_once("://") else { return Err("starts with `https://`") };
    if host.is_empty() || host.contains(['/', '?', '#', ' ', '*']) {
        return Err("a host and perhaps a port, without a path, a slash at the end or a star");
    }
    if host.chars().any(|c| c.is_ascii_uppercase()) {
        return Err("browsers send it in lower case");
    }
    let local = matches!(host.split(':').next(), Some("localhost" | "127.0.0.1"));
    match scheme {
        "https" => Ok(()),
        "http" if local => Ok(()),
        "http" => Err("not encrypted; `http://` is for `localhost` only"),
        _ => Err("starts with `https://`"),
    }
}

fn is_header(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn headers(entry: Entry<'_>, diags: &mut Diagnostics) {
    for name in entry.spec().request_headers.keys() {
        let at = entry.at(&route!["request-headers", name.as_str()]);
        let lower = name.to_ascii_lowercase();
        let reserved = |word: &str| lower == word || (word.ends_with('-') && lower.starts_with(word));
        if !is_header(name) {
            let title = format!("`{name}` is not the name of a header");
            diags.push(Diagnostic::error("http-apis/header", title).at(at, "letters, digits and dashes"));
        } else if RESERVED.iter().any(|word| reserved(word)) {
            diags.push(
                Diagnostic::error("http-apis/reserved-header", format!("API Gateway lets nobody set `{name}`"))
                    .at(at, "reserved")
                    .note(format!("the deployment fails: {MAPPING}"))
                    .help("use another name; traces travel in `traceparent`, which clients send"),
            );
        } else if lower == "x-request-id" {
            let error = Diagnostic::error("http-apis/request-id", "`x-request-id` has a setting of its own").at(at, "again");
            diags.push(match entry.request_id {
                RequestId::Gateway => error.also(entry.at(&route!["request-id"]), "is set here"),
                RequestId::Edge => error.help("set `request-id: gateway` to overwrite what the edge gave"),
            });
        }
    }
}

/// Reports a listener that a load balancer does not have.
pub(super) fn unknown_listener(entry: Entry<'_>, at: &Place, (name, known): (&Name, &[&str]), diags: &mut Diagnostics) {
    let error = Diagnostic::error("http-apis/unknown-listener", format!("the load balancer has no listener `{name}`"))
        .at(entry.at(at), "not found in its `listeners`");
    diags.push(match suggest(name.as_str(), known.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("its listeners are {}", crate::resolve::list(known.iter().copied()))),
    });
}
