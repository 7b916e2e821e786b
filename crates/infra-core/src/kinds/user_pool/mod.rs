//! Cognito user pools with their clients, scopes and sign-in domain.

mod checks;
mod emit;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::existing::Given;
use super::{Certificate, Field, Kind, WebSite, field};
use crate::artifacts::{Expr, Pseudo};
use crate::diag::{At, Diagnostic, Diagnostics, suggest};
use crate::lower::Lowering;
use crate::model::{Edge, Ref};
use crate::names::{Arn, DomainName, Name};
use crate::resolve::Bound;

/// A Cognito user pool; it stays in the account whatever happens to the stack.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct UserPool {
    /// The pool that exists; without it one is made. Beside it, `domain` and `resource-servers` say how it is.
    pub existing: Option<ExistingUserPool>,
    /// What people type to sign in; cannot be changed later.
    pub sign_in: SignIn,
    /// Whether people can sign up by themselves; else an administrator makes accounts.
    pub self_sign_up: bool,
    /// What passwords must hold.
    pub password: PasswordPolicy,
    /// Whether people use a second factor, an authenticator application.
    pub mfa: Mfa,
    /// Features and price of the pool.
    pub plan: Plan,
    /// Whether the pool must be unprotected before anybody can delete it; as the environment is protected, if not set.
    pub deletion_protection: Option<bool>,
    /// Who sends mails; Cognito itself if not set, which sends at most 50 a day.
    pub mail: Option<Mail>,
    /// Where people sign in; needed by clients that send them to a sign-in page.
    pub domain: Option<LoginDomain>,
    /// APIs whose scopes clients can ask for, by a name of your choice.
    pub resource_servers: BTreeMap<Name, ResourceServer>,
    /// The applications, by a name of your choice.
    pub clients: BTreeMap<Name, Client>,
}

/// A user pool that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExistingUserPool {
    /// Its id, such as `eu-west-1_a1B2c3D4e`; the pool is one of the region of the stack.
    pub id: Given,
    /// Ids of its clients, by names of your choice.
    #[serde(default)]
    pub clients: BTreeMap<Name, Given>,
}

impl ExistingUserPool {
    /// Stands for a pool by its id.
    pub fn new(id: impl Into<Given>) -> Self {
        Self { id: id.into(), clients: BTreeMap::new() }
    }
}

/// What people type to sign in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SignIn {
    /// Their mail address.
    #[default]
    Email,
    /// A name that cannot be changed, a preferred name, or their mail address.
    Username,
}

/// What passwords must hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PasswordPolicy {
    /// Least number of characters. 6 to 99.
    pub min_length: u8,
    /// Whether a lower-case letter, an upper-case letter, a digit and a symbol must be there.
    pub all_classes: bool,
    /// How many former passwords cannot be used again. 0 to 24; needs the plan `essentials` or `plus`.
    pub history: u8,
    /// How long a password that an administrator gave is valid. In days, 1 to 365.
    pub temporary_days: u16,
}

/// Whether people use a second factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mfa {
    /// They cannot.
    Off,
    /// They can.
    #[default]
    Optional,
    /// They must.
    Required,
}

/// Features and price of a user pool.
///
/// Source: <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-sign-in-feature-plans.html> (from memory).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Plan {
    /// Sign-in with passwords.
    Lite,
    /// Also claims of one's own in access tokens, passkeys, password history.
    #[default]
    Essentials,
    /// Also protection from stolen passwords.
    Plus,
}

/// Mails sent through SES.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mail {
    /// ARN of the verified SES identity.
    pub identity: Arn,
    /// The sender, such as `Shop <no-reply@example.com>`.
    pub from: String,
}

/// Where people sign in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LoginDomain {
    /// Below Cognito's own domain: 1 to 63 lower-case letters, digits and dashes that nobody else in the region uses.
    Prefix(String),
    /// A domain of one's own.
    Custom(CustomDomain),
}

/// A sign-in domain of one's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CustomDomain {
    /// The name, such as `login.example.com`; its parent must have an A record when it is made.
    pub name: DomainName,
    /// A certificate that covers the name.
    pub certificate: Ref<Certificate, Edge>,
}

/// An API whose scopes clients can ask for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ResourceServer {
    /// What stands before the scopes in tokens, `identifier/scope`; the entry's name if not set. Cannot be changed later.
    pub identifier: Option<String>,
    /// What each scope allows, by its name.
    pub scopes: BTreeMap<Name, String>,
}

/// An application that signs people in, or itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Client {
    /// Who uses it.
    #[serde(rename = "type")]
    pub client_type: ClientType,
    /// Sites to which people come back after they signed in and out.
    pub sites: Vec<Ref<WebSite>>,
    /// Path on the sites to which people come back signed in.
    pub callback_path: String,
    /// Path on the sites to which people come back signed out.
    pub logout_path: String,
    /// Further addresses to which people come back signed in: `https://…`, or `http://localhost…`.
    pub callback_urls: Vec<String>,
    /// Further addresses to which people come back signed out.
    pub logout_urls: Vec<String>,
    /// Scopes it can ask for: `openid`, `email`, `profile`, `phone`, or `identifier/scope` of a resource server.
    pub scopes: Vec<String>,
    /// How long access and id tokens are valid. In minutes, 5 to 1,440.
    pub token_minutes: u16,
    /// How long people stay signed in. In days, 1 to 3,650.
    pub refresh_days: u16,
}

/// Who uses a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClientType {
    /// People, in a browser or an application that can keep no secret: code flow, with PKCE.
    #[default]
    Public,
    /// A program, with a secret: client credentials.
    Machine,
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self { min_length: 12, all_classes: true, history: 0, temporary_days: 7 }
    }
}

impl Default for Client {
    fn default() -> Self {
        Self {
            client_type: ClientType::default(),
            sites: Vec::new(),
            callback_path: "/callback".to_owned(),
            logout_path: "/".to_owned(),
            callback_urls: Vec::new(),
            logout_urls: Vec::new(),
            scopes: Vec::new(),
            token_minutes: 60,
            refresh_days: 30,
        }
    }
}

impl Client {
    /// Returns whether people are sent to the pool's sign-in page.
    fn has_page(&self) -> bool {
        self.client_type == ClientType::Public && !(self.sites.is_empty() && self.callback_urls.is_empty())
    }
}

impl Kind for UserPool {
    const SECTION: &'static str = "user-pools";
    const NOUN: &'static str = "user pool";
    const PREFIX: &'static str = "UserPool";
    const EXAMPLE: &'static str = "
user-pools:
  customers:
    self-sign-up: true
    domain: { prefix: shop-dev-customers }
    resource-servers:
      orders: { scopes: { read: See orders, write: Place orders } }
    clients:
      web:
        callback-urls: ['http://localhost:5173/callback']
        logout-urls: ['http://localhost:5173/']
        scopes: [openid, email, orders/read, orders/write]
      importer: { type: machine, scopes: [orders/write] }
";

    const FIELDS: &'static [Field] = &[
        field("", "AdminCreateUserConfig.AllowAdminCreateUserOnly", "self-sign-up"),
        field("", "DeletionProtection", "deletion-protection"),
        field("", "EmailConfiguration", "mail"),
        field("", "EnabledMfas", "mfa"),
        field("", "MfaConfiguration", "mfa"),
        field("", "Policies.PasswordPolicy", "password"),
        field("", "Policies.PasswordPolicy.MinimumLength", "password.min-length"),
        field("", "Policies.PasswordPolicy.PasswordHistorySize", "password.history"),
        field("", "Policies.PasswordPolicy.TemporaryPasswordValidityDays", "password.temporary-days"),
        field("", "UserPoolTier", "plan"),
    ];

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        match &entry.spec().existing {
            Some(pool) => checks::existing(entry, pool, diags),
            None => checks::check(entry, diags),
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        if entry.existing.is_none() {
            emit::emit(entry, cx);
        }
    }
}

impl<'a> Bound<'a, UserPool> {
    /// Returns the pool's id.
    pub fn pool_id(&self) -> Expr {
        match &self.existing {
            Some(pool) => self.given(&pool.id),
            None => self.handle("").reference(),
        }
    }

    /// Returns the pool's ARN.
    pub fn arn(&self) -> Expr {
        let Some(pool) = &self.existing else { return self.handle("").arn() };
        let (region, id) = (self.region().to_string(), self.given(&pool.id));
        text!["arn:", Pseudo::Partition, ":cognito-idp:", region, ":", Pseudo::AccountId, ":userpool/", id]
    }

    /// Returns the names of its clients.
    pub fn client_names(&self) -> Vec<&'a Name> {
        match &self.spec().existing {
            Some(pool) => pool.clients.keys().collect(),
            None => self.spec().clients.keys().collect(),
        }
    }

    /// Returns the issuer of the pool's tokens: exactly this text, without a slash at the end.
    ///
    /// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html> (read
    /// 2026-11-22).
    pub fn issuer(&self) -> Expr {
        text![format!("{}/", self.endpoint()), self.pool_id()]
    }

    /// Returns the origin at which the region's pools are reached.
    pub fn endpoint(&self) -> String {
        format!("https://cognito-idp.{}.{}", self.region(), self.region().partition().dns_suffix())
    }

    /// Returns the id of a client.
    pub fn client_id(&self, name: &Name) -> Expr {
        if let Some(pool) = &self.existing {
            return pool.clients.get(name).map(|id| self.given(id)).into();
        }
        self.handle(&format!("{name} Client")).reference()
    }

    /// Returns the host of the sign-in page, if there is one.
    pub fn login_host(&self) -> Option<Expr> {
        Some(match self.spec().domain.as_ref()? {
            LoginDomain::Prefix(prefix) => format!("{prefix}.auth.{}.amazoncognito.com", self.region()).into(),
            LoginDomain::Custom(custom) => custom.name.to_string().into(),
        })
    }

    /// Returns the DNS name behind a sign-in domain of one's own, the target of an alias.
    pub fn domain_alias_target(&self) -> Option<Expr> {
        match self.spec().domain.as_ref()? {
            LoginDomain::Custom(_) if self.existing.is_some() => None,
            LoginDomain::Custom(_) => Some(self.handle("Domain").att("CloudFrontDistribution")),
            LoginDomain::Prefix(_) => None,
        }
    }

    /// Returns the scopes of all resource servers as tokens carry them.
    pub fn scopes(&self) -> Vec<String> {
        let servers = self.spec().resource_servers.iter();
        let scopes = servers.flat_map(|(name, server)| {
            let identifier = server.identifier.as_deref().unwrap_or(name.as_str());
            server.scopes.keys().map(move |scope| format!("{identifier}/{scope}"))
        });
        scopes.collect()
    }

    /// Reports a client that the pool does not have.
    pub(crate) fn require_client(&self, name: &Name, at: At, diags: &mut Diagnostics) {
        let known = self.client_names();
        let names = || known.iter().map(|name| name.as_str());
        if names().any(|known| known == name.as_str()) {
            return;
        }
        let title = format!("user pool `{}` has no client `{name}`", self.name);
        let error = Diagnostic::error("user-pools/unknown-client", title).at(at, "not found in `clients`");
        diags.push(match suggest(name.as_str(), names()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!("its clients are {}", crate::resolve::list(names()))),
        });
    }
}

#[cfg(test)]
mod tests;
