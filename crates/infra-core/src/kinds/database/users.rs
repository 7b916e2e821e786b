//! Users of a database beside its master user: how each logs in, and who may.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Database;
use crate::artifacts::{Expr, Handle, Statement};
use crate::diag::{Diagnostic, Diagnostics, suggest};
use crate::kinds::secret::{Generate, Store};
use crate::kinds::{Migration, Secret, secret};
use crate::lower::Lowering;
use crate::model::Ref;
use crate::names::Name;
use crate::resolve::Bound;
use crate::route;

/// Length of a generated password. Unit: characters.
const PASSWORD_LENGTH: u32 = 32;

/// The page that says what a secret for a proxy holds; one for a program holds the same.
const SECRET: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-secrets-arns.html";

/// The page that says which names are reserved.
const ROLES: &str = "https://www.postgresql.org/docs/current/sql-createrole.html";

/// A user of a database. It is there once SQL has made it: by the program of a migration, or by hand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct User {
    /// Name in PostgreSQL; that of the entry with underscores for dashes if not set.
    pub username: Option<String>,
    /// How it logs in.
    pub login: Login,
}

/// How a user logs in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Login {
    /// With a password that Secrets Manager makes up, in a secret of its own with `username` and `password`.
    #[default]
    Password,
    /// With a secret of this project that has the keys `username` and `password`.
    Secret(Ref<Secret>),
    /// With a token of IAM instead of a password; the user needs `GRANT rds_iam`. Not with a proxy.
    Iam,
}

impl<'a> Bound<'a, Database> {
    /// Returns the name of a user in PostgreSQL.
    pub(in crate::kinds) fn username(&self, name: &Name) -> String {
        let own = self.spec().users.get(name).and_then(|user| user.username.clone());
        own.unwrap_or_else(|| name.as_str().replace('-', "_"))
    }

    /// Returns the users that log in with a secret.
    pub(in crate::kinds) fn users_with_secrets(&self) -> impl Iterator<Item = &'a Name> {
        self.spec().users.iter().filter(|(_, user)| user.login != Login::Iam).map(|(name, _)| name)
    }

    /// Returns the users that log in with a token of IAM.
    pub(in crate::kinds) fn users_with_tokens(&self) -> impl Iterator<Item = &'a Name> {
        self.spec().users.iter().filter(|(_, user)| user.login == Login::Iam).map(|(name, _)| name)
    }

    /// Returns all users with how their passwords are made up, to see whether any changes.
    pub(in crate::kinds) fn users_with_passwords(&self) -> Expr {
        let users = self.spec().users.iter();
        users.map(|(name, user)| list![self.username(name), (user.login == Login::Password).then(|| generated(*self, name))]).collect()
    }

    /// Returns the ARN of the secret with which a user logs in, the master user if none is named; nothing for a user
    /// without a secret.
    pub fn login_secret(&self, user: Option<&Name>) -> Option<Expr> {
        let Some(name) = user else { return Some(self.secret_arn()) };
        match &self.spec().users.get(name)?.login {
            Login::Password => Some(self.password(name).reference()),
            Login::Secret(secret) => Some(self.follow(secret).arn()),
            Login::Iam => None,
        }
    }

    /// Returns what somebody must be allowed who logs in as a user, the master user if none is named.
    pub fn connect_statements(&self, user: Option<&Name>) -> Vec<Statement> {
        let Some(name) = user else {
            let existing = self.spec().existing.as_ref().and_then(|existing| existing.secret.as_ref());
            return match existing {
                Some(secret) => self.follow(secret).read_statements(),
                None => self.read_own(self.secret_arn()),
            };
        };
        match self.spec().users.get(name).map(|user| &user.login) {
            Some(Login::Password) => self.read_own(self.password(name).reference()),
            Some(Login::Secret(secret)) => self.follow(secret).read_statements(),
            Some(Login::Iam) => vec![Statement::allow(["rds-db:connect"], self.user_arn(&self.username(name)))],
            None => Vec::new(),
        }
    }

    /// Returns what a reader of a secret must be allowed that is encrypted as the database is.
    fn read_own(&self, secret: Expr) -> Vec<Statement> {
        let actions = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"];
        let key = self.key_arn().map(|key| Statement::allow(["kms:Decrypt"], key));
        std::iter::once(Statement::allow(actions, secret)).chain(key).collect()
    }

    /// Names the secret that is made for a user.
    fn password(&self, name: &Name) -> Handle {
        self.handle(&format!("{name} User"))
    }
}

/// Emits the secrets of users whose passwords are made up.
///
/// They are not kept when the database goes: a migration gives users new passwords.
pub(super) fn emit(entry: Bound<'_, Database>, cx: &mut Lowering<'_>) {
    for (name, _) in entry.spec().users.iter().filter(|(_, user)| user.login == Login::Password) {
        let properties = object! {
            "Description" => format!("User {} of database {}", entry.username(name), entry.full_name()),
            "GenerateSecretString" => generated(entry, name),
            "KmsKeyId" => entry.key_arn(),
        };
        cx.add(entry.resource(&format!("{name} User"), "AWS::SecretsManager::Secret", properties).retain());
    }
}

/// How the secret of a user is made up; a change of that makes another password.
fn generated(entry: Bound<'_, Database>, name: &Name) -> Expr {
    secret::generator(&Generate {
        length: PASSWORD_LENGTH,
        key: Some("password".to_owned()),
        template: [("username".to_owned(), entry.username(name))].into(),
        ..Generate::default()
    })
}

/// Reports users that cannot be, and users that nobody makes.
pub(super) fn check(entry: Bound<'_, Database>, diags: &mut Diagnostics) {
    let mut seen = std::collections::BTreeMap::new();
    for (name, user) in &entry.spec().users {
        let at = |key: &'static str| entry.at(&route!["users", name.as_str(), key]);
        let username = entry.username(name);
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let form = username.len() <= 63
            && username.starts_with(|c: char| c.is_ascii_lowercase())
            && username.chars().all(letters);
        let reserved = ["pg_", "rds"].iter().any(|start| username.starts_with(start));
        if !form || reserved || ["public", "none"].contains(&username.as_str()) {
            diags.push(
                Diagnostic::error("databases/username", format!("`{username}` cannot be a user of the database"))
                    .at(at("username"), "1 to 63 lower-case letters, digits and underscores, a letter first")
                    .note(format!("names that start with `pg_` or `rds` are reserved, as are `public` and `none`: {ROLES}")),
            );
        }
        let earlier = seen.insert(username.clone(), name);
        if username == entry.master_username || earlier.is_some() {
            let other = earlier.map_or_else(|| "master-username".to_owned(), |other| format!("users.{other}"));
            diags.push(
                Diagnostic::error("databases/username-twice", format!("two users are called `{username}`"))
                    .at(at("username"), format!("as that of `{other}`"))
                    .help("give one of them another `username`"),
            );
        }
        login(entry, name, &user.login, diags);
    }
    let makes = entry.referrers::<Migration>();
    if !entry.spec().users.is_empty() && makes.is_empty() {
        diags.push(
            Diagnostic::advice("databases/users-by-hand", "nobody here makes these users")
                .at(entry.at(&route!["users"]), "somebody has to make them with SQL")
                .help("add a migration for this database to `migrations`: its program gets the secrets of all users"),
        );
    }
}

fn login(entry: Bound<'_, Database>, name: &Name, login: &Login, diags: &mut Diagnostics) {
    let at = || entry.at(&route!["users", name.as_str(), "login"]);
    match login {
        Login::Iam if entry.proxied() => diags.push(
            Diagnostic::error("databases/iam-users-and-proxy", "a proxy logs in with secrets only")
                .at(at(), "would reach the database past the proxy")
                .also(entry.at(&route!["proxy"]), "lets only itself in")
                .help("remove the line: the user gets a password, which the proxy reads"),
        ),
        Login::Password | Login::Iam => {}
        Login::Secret(reference) => {
            let secret = entry.follow(reference);
            let keys = secret.json_keys();
            let complete = keys.is_empty() || ["username", "password"].iter().all(|key| keys.contains(key));
            if secret.store() != Store::SecretsManager || !complete || secret.generated_text() {
                diags.push(
                    Diagnostic::error("databases/user-secret", "nobody can log in with this secret")
                        .at(at(), "not the secret of a user")
                        .also(secret.at(&route![]), "the secret")
                        .note(format!(
                            "it must lie in Secrets Manager and be a JSON object with `username` and `password`: {SECRET}"
                        ))
                        .help("remove the line, and one is made; or generate it with `key: password` and `template: { username: <name> }`"),
                );
            }
        }
    }
}

impl Bound<'_, Database> {
    /// Returns the mistake of somebody who wants to log in as a user that the database does not have.
    pub(in crate::kinds) fn unknown_user(&self, user: &Name) -> Option<Diagnostic> {
        let users = &self.spec().users;
        if users.contains_key(user) {
            return None;
        }
        let title = format!("database `{}` has no user `{user}`", self.name);
        let error = Diagnostic::error("workloads/unknown-user", title).also(self.at(&route!["users"]), "its users");
        Some(match suggest(user.as_str(), users.keys().map(Name::as_str)) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!("add it to the database: `users: {{ {user}: {{}} }}`")),
        })
    }
}
