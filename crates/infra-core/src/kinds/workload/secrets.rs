//! Secrets as files: the same files whichever way they come. What is a variable comes by such a file, too.

use std::collections::BTreeSet;

use super::Pod;
use super::spec::{Identity, SecretDelivery};
use super::value::{Login, Value};
use crate::artifacts::{Expr, Object};
use crate::kinds::secret::Store;

/// Where the files are.
pub(super) const FOLDER: &str = "/mnt/secrets";

/// Keys of a database's secret.
const DATABASE_KEYS: [&str; 2] = ["username", "password"];

/// A secret and the files that come from it.
struct Source {
    name: String,
    store: Store,
    /// Name or ARN, as the service's API takes it.
    id: Expr,
    keys: Vec<String>,
}

/// A file with a secret and the variable that holds its path.
pub(super) struct File {
    pub(super) variable: String,
    pub(super) path: String,
}

fn sources(pod: &Pod<'_>) -> Vec<Source> {
    let database = logins(pod).into_iter().map(|(name, id)| Source {
        name,
        store: Store::SecretsManager,
        id,
        keys: DATABASE_KEYS.map(ToOwned::to_owned).to_vec(),
    });
    let own = pod.secrets.iter().map(|(name, secret, used)| Source {
        name: name.to_string(),
        store: secret.store(),
        id: secret.secret_id(),
        keys: used.keys.clone(),
    });
    database.chain(caches(pod)).chain(own).collect()
}

/// Passwords of caches.
fn caches<'p>(pod: &'p Pod<'_>) -> impl Iterator<Item = Source> + 'p {
    pod.caches.iter().filter_map(|cache| {
        let name = format!("{}-cache", cache.name);
        let (store, keys) = (cache.store(), vec!["password".to_owned()]);
        Some(Source { name, store, id: cache.secret_id()?, keys })
    })
}

/// Secrets whose values are variables: sources of files with names that nobody else has.
fn variables(pod: &Pod<'_>) -> Vec<Source> {
    let own = pod.variables.iter().map(|(name, value)| (None, *name, value));
    let beside = pod.init_containers.iter().chain(&pod.sidecars);
    let beside =
        beside.flat_map(|it| it.variables.iter().map(move |(name, value)| (Some(it.spec.name.as_str()), *name, value)));
    own.chain(beside)
        .filter_map(|(container, name, value)| match value {
            Value::Secret(secret, key) => Some(Source {
                name: of_variable(container, name, None),
                store: secret.store(),
                id: secret.secret_id(),
                keys: key.iter().map(|key| (*key).to_owned()).collect(),
            }),
            Value::Written(_) | Value::Made(_) | Value::Filled(_) | Value::Login(_) => None,
        })
        .collect()
}

/// Returns the file of a secret that is a variable of a container; of the program's if none is named.
pub(super) fn of_variable(container: Option<&str>, variable: &str, key: Option<&str>) -> String {
    let variable = variable.to_ascii_lowercase().replace('_', "-");
    let container = container.map(|name| format!("{name}-")).unwrap_or_default();
    let key = key.map(|key| format!("-{key}")).unwrap_or_default();
    format!("env-{container}{variable}{key}")
}

/// Returns the file of what logs in to the database.
pub(super) fn of_login(login: Login) -> &'static str {
    match login {
        Login::Username => "db-username",
        Login::Password => "db-password",
    }
}

/// Returns the `valueFrom` of a variable with the content of a file.
pub(super) fn key_of(pod: &Pod<'_>, file: &str) -> Expr {
    let name = match pod.parts.secret_delivery {
        SecretDelivery::SecretsStoreCsi => synced_name(pod),
        SecretDelivery::ExternalSecrets => secret_name(pod),
    };
    object! { "secretKeyRef" => object! { "name" => name, "key" => file.to_owned() } }
}

/// Returns the files whose content is in variables.
fn in_variables(pod: &Pod<'_>) -> BTreeSet<String> {
    let beside = pod.init_containers.iter().chain(&pod.sidecars).flat_map(|it| &it.variables);
    let logins = pod.variables.iter().chain(beside).filter_map(|(_, value)| match value {
        Value::Login(login) => Some(of_login(*login).to_owned()),
        Value::Written(_) | Value::Made(_) | Value::Filled(_) | Value::Secret(..) => None,
    });
    let secrets = variables(pod);
    let secrets = secrets.iter().map(|source| match source.keys.first() {
        Some(key) => file_name(source, key),
        None => source.name.clone(),
    });
    logins.chain(secrets).collect()
}

/// Returns whether any variable is a secret.
pub(super) fn any_variable(pod: &Pod<'_>) -> bool {
    !in_variables(pod).is_empty()
}

/// Secrets of those who log in to the database, by the names that their files start with: its own user, and for who makes
/// them all the others.
fn logins(pod: &Pod<'_>) -> Vec<(String, Expr)> {
    let (Some(database), Some(used)) = (&pod.database, pod.parts.database) else { return Vec::new() };
    let own = database.login_secret(used.user).map(|secret| ("db".to_owned(), secret));
    let others = database.users_with_secrets().filter(|_| used.migrates);
    let others = others.filter_map(|name| Some((format!("db-{name}"), database.login_secret(Some(name))?)));
    own.into_iter().chain(others).collect()
}

/// Returns whether the workload reads any secret.
pub(super) fn any(pod: &Pod<'_>) -> bool {
    !pod.secrets.is_empty() || !logins(pod).is_empty() || !variables(pod).is_empty() || caches(pod).next().is_some()
}

/// Returns the files that the application reads.
pub(super) fn files(pod: &Pod<'_>) -> Vec<File> {
    let file = |variable: &str, name: &str| File {
        variable: format!("{}_FILE", variable.to_ascii_uppercase().replace(['-', '.'], "_")),
        path: format!("{FOLDER}/{name}"),
    };
    sources(pod)
        .iter()
        .flat_map(|source| {
            if source.keys.is_empty() {
                vec![file(&source.name, &source.name)]
            } else {
                source.keys.iter().map(|key| file(&format!("{}-{key}", source.name), &file_name(source, key))).collect()
            }
        })
        .collect()
}

fn file_name(source: &Source, key: &str) -> String {
    format!("{}-{key}", source.name)
}

/// Returns the objects that bring the secrets.
pub(super) fn objects(pod: &Pod<'_>) -> Vec<Expr> {
    if !any(pod) {
        return Vec::new();
    }
    match pod.parts.secret_delivery {
        SecretDelivery::SecretsStoreCsi => vec![provider_class(pod)],
        SecretDelivery::ExternalSecrets => secret_stores(pod).chain([external_secret(pod)]).collect(),
    }
}

/// Returns the volume that holds the files.
///
/// With the CSI driver there is no Kubernetes secret but for variables: its add-on does not create the permissions to write
/// some.
/// Source: <https://github.com/aws/secrets-store-csi-driver-provider-aws/issues/597> (read 2026-11-22).
pub(super) fn volume(pod: &Pod<'_>) -> Option<Expr> {
    any(pod).then(|| match pod.parts.secret_delivery {
        SecretDelivery::SecretsStoreCsi => object! {
            "name" => "secrets",
            "csi" => object! {
                "driver" => "secrets-store.csi.k8s.io",
                "readOnly" => true,
                "volumeAttributes" => object! { "secretProviderClass" => pod.name.to_string() },
            },
        },
        SecretDelivery::ExternalSecrets => {
            object! { "name" => "secrets", "secret" => object! { "secretName" => secret_name(pod), "defaultMode" => 0o440 } }
        }
    })
}

/// Name of the Kubernetes secret that the CSI driver makes for variables.
fn synced_name(pod: &Pod<'_>) -> String {
    format!("{}-environment", pod.name)
}

fn secret_name(pod: &Pod<'_>) -> String {
    format!("{}-secrets", pod.name)
}

/// What the CSI driver mounts.
///
/// Source: <https://docs.aws.amazon.com/secretsmanager/latest/userguide/ascp-pod-identity-integration.html> (read
/// 2026-11-22).
fn provider_class(pod: &Pod<'_>) -> Expr {
    let mut text: Vec<Expr> = Vec::new();
    for source in sources(pod).into_iter().chain(variables(pod)) {
        text.push("- objectName: \"".into());
        text.push(source.id.clone());
        text.push(
            format!("\"\n  objectType: {}\n  objectAlias: \"{}\"\n", source.store.object_type(), source.name).into(),
        );
        if !source.keys.is_empty() {
            text.push("  jmesPath:\n".into());
        }
        for key in &source.keys {
            let path = json_path(key);
            text.push(format!("    - path: '{path}'\n      objectAlias: \"{}\"\n", file_name(&source, key)).into());
        }
    }
    let pod_identity = match pod.parts.identity {
        Identity::PodIdentity => Some("true"),
        Identity::Irsa => None,
    };
    let files = in_variables(pod);
    let data = files.iter().map(|file| object! { "objectName" => file, "key" => file });
    let synced = (!files.is_empty()).then(|| {
        list![object! { "secretName" => synced_name(pod), "type" => "Opaque", "data" => data.collect::<Expr>() }]
    });
    let spec = object! {
        "provider" => "aws",
        "parameters" => object! {
            "region" => pod.region.to_string(),
            "usePodIdentity" => pod_identity,
            "objects" => Expr::concat(text),
        },
        "secretObjects" => synced,
    };
    pod.object("secrets-store.csi.x-k8s.io/v1", "SecretProviderClass", spec)
}

/// Writes a key as a `JMESPath`: plain where it is an identifier, else in quotes.
fn json_path(key: &str) -> String {
    let plain = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain { key.to_owned() } else { format!("\"{key}\"") }
}

/// Where External Secrets reads; with Pod Identity it is the operator itself that may read, as it is with no `auth`.
fn secret_stores(pod: &Pod<'_>) -> impl Iterator<Item = Expr> {
    let auth = match pod.parts.identity {
        Identity::PodIdentity => None,
        Identity::Irsa => Some(object! {
            "jwt" => object! { "serviceAccountRef" => object! { "name" => pod.account() } },
        }),
    };
    let sources: Vec<Source> = sources(pod).into_iter().chain(variables(pod)).collect();
    let used = [Store::SecretsManager, Store::SsmParameter]
        .into_iter()
        .filter(move |store| sources.iter().any(|source| source.store == *store));
    used.map(move |store| {
        let service = match store {
            Store::SecretsManager => "SecretsManager",
            Store::SsmParameter => "ParameterStore",
        };
        let aws = object! { "service" => service, "region" => pod.region.to_string(), "auth" => auth.clone() };
        let spec = object! { "provider" => object! { "aws" => aws } };
        pod.named_object("external-secrets.io/v1", "SecretStore", (&store_name(pod, store), spec))
    })
}

fn store_name(pod: &Pod<'_>, store: Store) -> String {
    match store {
        Store::SecretsManager => pod.name.to_string(),
        Store::SsmParameter => format!("{}-parameters", pod.name),
    }
}

fn external_secret(pod: &Pod<'_>) -> Expr {
    let entry = |source: &Source, file: String, key: Option<&String>| {
        let mut remote = Object::default();
        remote.push("key", source.id.clone());
        remote.push("property", key);
        let store = object! { "kind" => "SecretStore", "name" => store_name(pod, source.store) };
        object! {
            "secretKey" => file,
            "remoteRef" => remote,
            "sourceRef" => object! { "storeRef" => store },
        }
    };
    let sources: Vec<Source> = sources(pod).into_iter().chain(variables(pod)).collect();
    let data = sources.iter().flat_map(|source| {
        if source.keys.is_empty() {
            vec![entry(source, source.name.clone(), None)]
        } else {
            source.keys.iter().map(|key| entry(source, file_name(source, key), Some(key))).collect()
        }
    });
    let data: Vec<Expr> = data.collect();
    let spec = object! {
        "refreshInterval" => "1h",
        "target" => object! { "name" => secret_name(pod), "creationPolicy" => "Owner" },
        "data" => data,
    };
    pod.object("external-secrets.io/v1", "ExternalSecret", spec)
}

/// Returns a file that two secrets would both write.
pub(super) fn clash(pod: &Pod<'_>) -> Option<String> {
    let files = files(pod);
    let mut seen = BTreeSet::new();
    files.into_iter().map(|file| file.path).find(|path| !seen.insert(path.clone()))
}
