//! The resources of a user pool.

use super::{Client, ClientType, LoginDomain, Mfa, Plan, SignIn, UserPool};
use crate::artifacts::{Expr, Handle};
use crate::kinds::WebSite;
use crate::lower::Lowering;
use crate::names::Name;
use crate::resolve::Bound;

/// What people's clients ask for unless they say otherwise.
const SCOPES: [&str; 3] = ["openid", "email", "profile"];

pub(super) fn emit(entry: Bound<'_, UserPool>, cx: &mut Lowering<'_>) {
    cx.add(entry.resource("", "AWS::Cognito::UserPool", pool(entry)).retain());
    domain(entry, cx);
    for (name, server) in &entry.spec().resource_servers {
        let scopes = server.scopes.iter();
        let scopes = scopes.map(|(scope, description)| object! {
            "ScopeName" => scope.to_string(),
            "ScopeDescription" => description,
        });
        let properties = object! {
            "UserPoolId" => entry.pool_id(),
            "Identifier" => server.identifier.clone().unwrap_or_else(|| name.to_string()),
            "Name" => name.to_string(),
            "Scopes" => scopes.collect::<Expr>(),
        };
        cx.add(entry.resource(&server_part(name), "AWS::Cognito::UserPoolResourceServer", properties));
    }
    entry.spec().clients.iter().for_each(|(name, spec)| client(entry, name, spec, cx));
}

fn server_part(name: &Name) -> String {
    format!("{name} Scopes")
}

fn pool(entry: Bound<'_, UserPool>) -> Expr {
    let spec = entry.spec();
    let (usernames, aliases) = match spec.sign_in {
        SignIn::Email => (list!["email"], Expr::Absent),
        SignIn::Username => (Expr::Absent, list!["email", "preferred_username"]),
    };
    let (mfa, factors) = match spec.mfa {
        Mfa::Off => ("OFF", Expr::Absent),
        Mfa::Optional => ("OPTIONAL", list!["SOFTWARE_TOKEN_MFA"]),
        Mfa::Required => ("ON", list!["SOFTWARE_TOKEN_MFA"]),
    };
    let tier = match spec.plan {
        Plan::Lite => "LITE",
        Plan::Essentials => "ESSENTIALS",
        Plan::Plus => "PLUS",
    };
    let mail = spec.mail.as_ref().map(|mail| {
        object! {
            "EmailSendingAccount" => "DEVELOPER",
            "SourceArn" => mail.identity.to_string(),
            "From" => &mail.from,
        }
    });
    object! {
        "UserPoolName" => entry.full_name(),
        "UserPoolTier" => tier,
        "UsernameAttributes" => usernames,
        "AliasAttributes" => aliases,
        "UsernameConfiguration" => object! { "CaseSensitive" => false },
        "AutoVerifiedAttributes" => list!["email"],
        "UserAttributeUpdateSettings" => object! { "AttributesRequireVerificationBeforeUpdate" => list!["email"] },
        "Schema" => list![object! {
            "Name" => "email", "AttributeDataType" => "String", "Required" => true, "Mutable" => true,
        }],
        "AdminCreateUserConfig" => object! { "AllowAdminCreateUserOnly" => !spec.self_sign_up },
        "AccountRecoverySetting" => object! {
            "RecoveryMechanisms" => list![object! { "Name" => "verified_email", "Priority" => 1 }],
        },
        "Policies" => object! { "PasswordPolicy" => passwords(entry) },
        "MfaConfiguration" => mfa,
        "EnabledMfas" => factors,
        "UserPoolAddOns" => (spec.plan == Plan::Plus).then(|| object! { "AdvancedSecurityMode" => "ENFORCED" }),
        "EmailConfiguration" => mail,
        "DeletionProtection" => if entry.protection(spec.deletion_protection) { "ACTIVE" } else { "INACTIVE" },
    }
}

fn passwords(entry: Bound<'_, UserPool>) -> Expr {
    let policy = &entry.password;
    object! {
        "MinimumLength" => policy.min_length,
        "RequireLowercase" => policy.all_classes,
        "RequireUppercase" => policy.all_classes,
        "RequireNumbers" => policy.all_classes,
        "RequireSymbols" => policy.all_classes,
        "PasswordHistorySize" => (policy.history > 0).then_some(policy.history),
        "TemporaryPasswordValidityDays" => policy.temporary_days,
    }
}

fn domain(entry: Bound<'_, UserPool>, cx: &mut Lowering<'_>) {
    let Some(domain) = &entry.spec().domain else { return };
    let (name, custom) = match domain {
        LoginDomain::Prefix(prefix) => (prefix.clone(), None),
        LoginDomain::Custom(custom) => {
            let certificate = entry.follow(&custom.certificate).edge_arn();
            (custom.name.to_string(), Some(object! { "CertificateArn" => certificate }))
        }
    };
    let properties =
        object! { "UserPoolId" => entry.pool_id(), "Domain" => name, "CustomDomainConfig" => custom };
    cx.add(entry.resource("Domain", "AWS::Cognito::UserPoolDomain", properties));
}

fn client(entry: Bound<'_, UserPool>, name: &Name, client: &Client, cx: &mut Lowering<'_>) {
    let machine = client.client_type == ClientType::Machine;
    let flow = match client.client_type {
        ClientType::Machine => Some("client_credentials"),
        ClientType::Public => client.has_page().then_some("code"),
    };
    let scopes: Expr = if client.scopes.is_empty() && !machine {
        SCOPES.into_iter().collect()
    } else {
        client.scopes.iter().collect()
    };
    let addresses = |path: &str, more: &[String]| -> Option<Expr> {
        let sites = client.sites.iter().flat_map(|site| at_site(entry.follow(site), path));
        client.has_page().then(|| sites.chain(more.iter().map(Expr::from)).collect())
    };
    // None at all would mean the service's defaults, passwords among them.
    let flows = list![(!machine).then_some("ALLOW_USER_SRP_AUTH"), "ALLOW_REFRESH_TOKEN_AUTH"];
    let properties = object! {
        "UserPoolId" => entry.pool_id(),
        "ClientName" => name.to_string(),
        "GenerateSecret" => machine,
        "ExplicitAuthFlows" => flows,
        "SupportedIdentityProviders" => list!["COGNITO"],
        "AllowedOAuthFlowsUserPoolClient" => flow.is_some().then_some(true),
        "AllowedOAuthFlows" => flow.map(|flow| list![flow]),
        "AllowedOAuthScopes" => flow.is_some().then_some(scopes),
        "CallbackURLs" => addresses(&client.callback_path, &client.callback_urls),
        "LogoutURLs" => addresses(&client.logout_path, &client.logout_urls),
        "PreventUserExistenceErrors" => "ENABLED",
        "EnableTokenRevocation" => true,
        "AccessTokenValidity" => client.token_minutes,
        "IdTokenValidity" => client.token_minutes,
        "RefreshTokenValidity" => client.refresh_days,
        "TokenValidityUnits" => object! { "AccessToken" => "minutes", "IdToken" => "minutes", "RefreshToken" => "days" },
    };
    // A scope must exist before a client can ask for it.
    let servers = entry.spec().resource_servers.iter().filter(|(server, spec)| {
        let start = format!("{}/", spec.identifier.as_deref().unwrap_or(server.as_str()));
        client.scopes.iter().any(|scope| scope.starts_with(&start))
    });
    let servers: Vec<Handle> = servers.map(|(server, _)| entry.handle(&server_part(server))).collect();
    cx.add(entry.resource(&format!("{name} Client"), "AWS::Cognito::UserPoolClient", properties).after(servers));
}

/// Returns the addresses of a path on all names of a site.
fn at_site(site: Bound<'_, WebSite>, path: &str) -> Vec<Expr> {
    let origins = site.origins();
    if origins.is_empty() {
        return vec![text![site.url(), path.to_owned()]];
    }
    origins.into_iter().map(|origin| Expr::from(format!("{origin}{path}"))).collect()
}
