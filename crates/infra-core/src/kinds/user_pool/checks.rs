//! What a user pool must hold.

use super::{ExistingUserPool, Client, ClientType, LoginDomain, Plan, UserPool};
use crate::diag::{Diagnostic, Diagnostics, suggest};
use crate::facts::limits::Bounds;
use crate::kinds::{check, existing};
use crate::names::Name;
use crate::resolve::{Bound, list};
use crate::route;

const POLICY: &str =
    "https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_PasswordPolicyType.html";
const CLIENT: &str =
    "https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html";
const DOMAIN: &str =
    "https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html";

/// Scopes that every pool has.
const STANDARD: [&str; 5] = ["openid", "email", "profile", "phone", "aws.cognito.signin.user.admin"];

type Entry<'a> = Bound<'a, UserPool>;

pub(super) fn existing(entry: Entry<'_>, pool: &ExistingUserPool, diags: &mut Diagnostics) {
    existing::only(entry, diags, &["domain", "resource-servers"]);
    existing::starts(entry, diags, &route!["existing", "id"], &pool.id, &format!("{}_", entry.region()));
    for (name, id) in &pool.clients {
        existing::starts(entry, diags, &route!["existing", "clients", name.as_str()], id, "");
    }
}

pub(super) fn check(entry: Entry<'_>, diags: &mut Diagnostics) {
    let policy = &entry.password;
    let mut bounds = |step: &'static str, value: u32, (min, max): (u64, u64)| {
        let bounds = Bounds { min, max, default: min };
        check::bounds(entry, diags, &route!["password", step], value, (bounds, POLICY));
    };
    bounds("min-length", u32::from(policy.min_length), (6, 99));
    bounds("history", u32::from(policy.history), (0, 24));
    bounds("temporary-days", u32::from(policy.temporary_days), (1, 365));
    if policy.history > 0 && entry.plan == Plan::Lite {
        diags.push(
            Diagnostic::error("user-pools/plan", "the plan `lite` keeps no password history")
                .at(entry.at(&route!["password", "history"]), format!("{} former passwords", policy.history))
                .also(entry.at(&route!["plan"]), "the plan")
                .help("use `plan: essentials`"),
        );
    }
    domain(entry, diags);
    for (name, server) in &entry.spec().resource_servers {
        if server.scopes.is_empty() || server.scopes.len() > 100 {
            diags.push(
                Diagnostic::error("user-pools/scopes", "a resource server has 1 to 100 scopes").at(
                    entry.at(&route!["resource-servers", name.as_str(), "scopes"]),
                    format!("{} scopes", server.scopes.len()),
                ),
            );
        }
    }
    for (name, spec) in &entry.spec().clients {
        client(entry, name, spec, diags);
    }
}

fn domain(entry: Entry<'_>, diags: &mut Diagnostics) {
    match &entry.spec().domain {
        Some(LoginDomain::Prefix(prefix)) => {
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            let dashes = prefix.starts_with('-') || prefix.ends_with('-');
            let reserved = ["aws", "amazon", "cognito"].into_iter().find(|word| prefix.contains(word));
            let text = match reserved {
                _ if prefix.is_empty() || prefix.len() > 63 || dashes || !prefix.chars().all(fits) => {
                    "1 to 63 lower-case letters, digits and dashes, no dash at either end".to_owned()
                }
                Some(word) => format!("contains `{word}`"),
                None => return,
            };
            diags.push(
                Diagnostic::error("user-pools/prefix", format!("Cognito refuses the prefix `{prefix}`"))
                    .at(entry.at(&route!["domain", "prefix"]), text)
                    .note(format!("see {DOMAIN}")),
            );
        }
        Some(LoginDomain::Custom(custom)) => {
            let certificate = entry.follow(&custom.certificate);
            if !certificate.covers(&custom.name) || custom.name.is_wildcard() {
                diags.push(
                    Diagnostic::error(
                        "user-pools/name-not-covered",
                        format!("the certificate does not cover `{}`", custom.name),
                    )
                    .at(entry.at(&route!["domain", "custom", "name"]), "the sign-in page")
                    .also(certificate.at(&route!["domain"]), "the certificate")
                    .help(format!("add `{}` to `names` of the certificate", custom.name)),
                );
            }
        }
        None => {}
    }
}

fn client(entry: Entry<'_>, name: &Name, client: &Client, diags: &mut Diagnostics) {
    let at = |step: &'static str| entry.at(&route!["clients", name.as_str(), step]);
    let mut bounds = |step: &'static str, value: u32, (min, max): (u64, u64)| {
        let bounds = Bounds { min, max, default: min };
        check::bounds(entry, diags, &route!["clients", name.as_str(), step], value, (bounds, CLIENT));
    };
    bounds("token-minutes", u32::from(client.token_minutes), (5, 1_440));
    bounds("refresh-days", u32::from(client.refresh_days), (1, 3_650));
    if (client.has_page() || client.client_type == ClientType::Machine) && entry.domain.is_none() {
        diags.push(
            Diagnostic::error("user-pools/no-domain", format!("client `{name}` needs the pool's domain"))
                .at(entry.at(&route!["clients", name.as_str()]), "gets its tokens there")
                .note("the sign-in page and the token endpoint live under the pool's domain")
                .help("add `domain: { prefix: … }` to the pool"),
        );
    }
    if client.client_type == ClientType::Machine {
        for (key, used) in [
            ("sites", !client.sites.is_empty()),
            ("callback-urls", !client.callback_urls.is_empty()),
            ("logout-urls", !client.logout_urls.is_empty()),
        ] {
            if used {
                let title = "a client of a program has no sign-in page";
                diags.push(Diagnostic::error("user-pools/machine", title).at(at(key), "for clients of people"));
            }
        }
        if client.scopes.is_empty() {
            diags.push(
                Diagnostic::error("user-pools/machine", "a client of a program needs scopes of a resource server")
                    .at(entry.at(&route!["clients", name.as_str()]), "has no `scopes`"),
            );
        }
    }
    scopes(entry, name, client, diags);
    addresses(entry, name, client, diags);
}

fn scopes(entry: Entry<'_>, name: &Name, client: &Client, diags: &mut Diagnostics) {
    let own = entry.scopes();
    for (index, scope) in client.scopes.iter().enumerate() {
        let at = entry.at(&route!["clients", name.as_str(), "scopes", index]);
        let standard = STANDARD.contains(&scope.as_str());
        if standard && client.client_type == ClientType::Machine {
            let title = format!("a client of a program cannot ask for `{scope}`");
            diags.push(Diagnostic::error("user-pools/machine", title).at(at, "about people"));
        } else if !standard && !own.contains(scope) {
            let known = || STANDARD.into_iter().chain(own.iter().map(String::as_str));
            let error = Diagnostic::error("user-pools/unknown-scope", format!("the pool has no scope `{scope}`"))
                .at(at, "not found in `resource-servers`");
            diags.push(match suggest(scope, known()) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help(format!("the scopes are {}", list(known()))),
            });
        }
    }
}

fn addresses(entry: Entry<'_>, name: &Name, client: &Client, diags: &mut Diagnostics) {
    for (key, path) in [("callback-path", &client.callback_path), ("logout-path", &client.logout_path)] {
        if !path.starts_with('/') || path.contains('#') {
            let at = entry.at(&route!["clients", name.as_str(), key]);
            let title = format!("`{path}` is not a path");
            diags.push(Diagnostic::error("user-pools/path", title).at(at, "starts with `/` and has no `#`"));
        }
    }
    for (key, urls) in [("callback-urls", &client.callback_urls), ("logout-urls", &client.logout_urls)] {
        for (index, url) in urls.iter().enumerate() {
            let local = ["http://localhost", "http://127.0.0.1"].iter().any(|start| {
                url.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
            });
            let app = url.split_once("://").is_some_and(|(scheme, _)| scheme != "http" && !scheme.is_empty());
            if (!local && !app) || url.contains(['#', ' ']) {
                diags.push(
                    Diagnostic::error("user-pools/address", format!("Cognito sends nobody to `{url}`"))
                        .at(entry.at(&route!["clients", name.as_str(), key, index]), "`https://…`, or `http://localhost…`")
                        .note(format!("see {CLIENT}")),
                );
            }
        }
    }
}
