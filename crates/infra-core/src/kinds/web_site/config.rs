//! `/config.json`: what scripts read at start instead of having it built in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::WebSite;
use crate::artifacts::{Expr, Object};
use crate::diag::Diagnostics;
use crate::kinds::{HttpApi, UserPool, check};
use crate::lower::Lowering;
use crate::model::Ref;
use crate::names::Name;
use crate::resolve::Bound;
use crate::route;

/// A value of `/config.json` that comes from another entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConfigSource {
    /// The address of an API, with `https://`.
    HttpApi(Ref<HttpApi>),
    /// The address of a site, with `https://`.
    WebSite(Ref<WebSite>),
    /// The id of a user pool.
    UserPool(Ref<UserPool>),
    /// The issuer of a user pool's tokens.
    UserPoolIssuer(Ref<UserPool>),
    /// The id of a client of a user pool.
    UserPoolClient(UserPoolClient),
}

/// A client of a user pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct UserPoolClient {
    /// The pool.
    pub user_pool: Ref<UserPool>,
    /// The client's name in it.
    pub client: Name,
}

/// Reports what must not be public, and keys given twice.
pub(super) fn check(entry: Bound<'_, WebSite>, diags: &mut Diagnostics) {
    for (key, value) in &entry.spec().config {
        let at = entry.at(&route!["config", key.as_str()]);
        diags.extend(check::secret_literal(key, value, at.clone()).map(|error| {
            error.note("everybody can read /config.json").help("keep it on the server; scripts cannot keep a secret")
        }));
        if entry.config_from.contains_key(key) {
            let error = crate::diag::Diagnostic::error("web-sites/config-twice", format!("`{key}` is given twice"));
            diags.push(error.at(at, "a literal").also(entry.at(&route!["config-from", key.as_str()]), "and a reference"));
        }
    }
    for (key, source) in &entry.spec().config_from {
        let ConfigSource::UserPoolClient(client) = source else { continue };
        let route = route!["config-from", key.as_str(), "user-pool-client", "client"];
        entry.follow(&client.user_pool).require_client(&client.client, entry.at(&route), diags);
    }
}

/// Emits the file; it needs no bucket key of its own, an upload puts it beside the site's files.
pub(super) fn lower(entry: Bound<'_, WebSite>, cx: &mut Lowering<'_>) {
    let mut config: Object = entry.spec().config.iter().map(|(key, value)| (key.clone(), value)).collect();
    for (key, source) in &entry.spec().config_from {
        config.set(key.clone(), value(entry, source));
    }
    cx.web(format!("{}", entry.name), "config.json", Expr::Object(config));
}

fn value(entry: Bound<'_, WebSite>, source: &ConfigSource) -> Expr {
    match source {
        ConfigSource::HttpApi(api) => entry.follow(api).url(),
        ConfigSource::WebSite(site) => entry.follow(site).url(),
        ConfigSource::UserPool(pool) => entry.follow(pool).pool_id(),
        ConfigSource::UserPoolIssuer(pool) => entry.follow(pool).issuer(),
        ConfigSource::UserPoolClient(client) => entry.follow(&client.user_pool).client_id(&client.client),
    }
}
