//! Secrets as the cluster mounts them: values in Secrets Manager, files in pods.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rand::distr::{Alphanumeric, SampleString};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::aws::Aws;
use crate::platform::Platform;
use crate::postgres::{self, Postgres};

/// An entry of `objects` of a `SecretProviderClass`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    object_name: String,
    object_type: String,
    #[serde(rename = "objectAlias")]
    _alias: Option<String>,
    jmes_path: Vec<Field>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Field {
    path: String,
    object_alias: String,
}

/// The values of all secrets that pods get, by the secret's name or ARN.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    values: BTreeMap<String, Map<String, Value>>,
}

impl Secrets {
    /// Puts a value into every secret that a manifest names: the master user of the database into the one that RDS made,
    /// and random ones into those that the platform's owner would make by hand. Those that were made up are read.
    pub async fn put(platform: &Platform, aws: &Aws, postgres: &Postgres) -> Self {
        let mut secrets = Self::default();
        for class in platform.objects("SecretProviderClass") {
            for entry in entries(platform, class) {
                if secrets.values.contains_key(&entry.object_name) {
                    continue;
                }
                let made_up = entry.object_name.starts_with("arn:") && !entry.object_name.contains(":secret:rds!");
                if made_up {
                    secrets.values.insert(entry.object_name.clone(), read(aws, &entry.object_name).await);
                    continue;
                }
                let value = secrets.values.entry(entry.object_name.clone()).or_default();
                let of_database = entry.object_name.contains(":secret:rds!");
                for field in &entry.jmes_path {
                    let key = key(&field.path);
                    let text = match (of_database, key) {
                        (true, "username") => postgres::MASTER.to_owned(),
                        (true, "password") => postgres.password().to_owned(),
                        (true, _) => panic!("the secret of a database has no {key}"),
                        (false, _) => Alphanumeric.sample_string(&mut rand::rng(), 32),
                    };
                    value.entry(key).or_insert(Value::String(text));
                }
            }
        }
        let given =
            secrets.values.iter().filter(|(name, _)| !name.starts_with("arn:") || name.contains(":secret:rds!"));
        for (name, value) in given {
            let text = Value::Object(value.clone()).to_string();
            let arn = name.starts_with("arn:");
            let (action, key) = if arn { ("PutSecretValue", "SecretId") } else { ("CreateSecret", "Name") };
            let request = json!({ key: name, "SecretString": text });
            let answer = aws.json("secretsmanager", &format!("secretsmanager.{action}"), &request).await;
            assert_eq!(answer.status, 200, "{action} {name}: {}", answer.body);
        }
        secrets
    }

    /// A value by the end of its secret's name and its key, such as `payment-provider` and `api-token`.
    pub fn value(&self, secret: &str, key: &str) -> Option<&str> {
        let (_, values) = self.values.iter().find(|(name, _)| name.ends_with(secret))?;
        values.get(key)?.as_str()
    }

    /// User and password of a user of the database, by its name in PostgreSQL.
    pub fn login(&self, user: &str) -> Option<(&str, &str)> {
        let mut all = self.values.values().filter_map(|value| Some((value.get("username")?, value.get("password")?)));
        let (name, password) = all.find(|(name, _)| *name == user)?;
        Some((name.as_str()?, password.as_str()?))
    }

    /// Every value that nobody may see, such as for a search in logs; names of users are none.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        let values = self.values.values().flat_map(Map::iter).filter(|(key, _)| *key != "username");
        values.filter_map(|(_, value)| value.as_str())
    }
}

/// Writes the files of a `SecretProviderClass` into a folder, read with the pod's own credentials.
///
/// # Panics
///
/// If the pod's role may not read one.
pub async fn mount(platform: &Platform, class: &str, pod: &Aws, folder: &Path) {
    for entry in entries(platform, platform.object("SecretProviderClass", class)) {
        let name = &entry.object_name;
        let value = read(pod, name).await;
        for field in &entry.jmes_path {
            let text = value[key(&field.path)].as_str().unwrap_or_else(|| panic!("{name} has no {}", field.path));
            fs::write(folder.join(&field.object_alias), text).expect("the file can be written");
        }
    }
}

/// Reads a secret.
///
/// # Panics
///
/// If whoever asks may not, or it is no JSON object.
async fn read(aws: &Aws, name: &str) -> Map<String, Value> {
    let answer = aws.json("secretsmanager", "secretsmanager.GetSecretValue", &json!({ "SecretId": name })).await;
    assert_eq!(answer.status, 200, "{name} cannot be read: {}", answer.body);
    let answer: Value = serde_json::from_str(&answer.body).expect("the answer is JSON");
    serde_json::from_str(answer["SecretString"].as_str().expect("a text")).expect("a JSON object")
}

fn entries(platform: &Platform, class: &Value) -> Vec<Entry> {
    assert_eq!(class["spec"]["provider"], "aws", "{class}");
    let text = platform.resolve(class["spec"]["parameters"]["objects"].as_str().expect("a text of YAML"));
    let entries: Vec<Entry> = serde_yaml::from_str(&text).unwrap_or_else(|problem| panic!("{problem}: {text}"));
    for entry in &entries {
        assert_eq!(entry.object_type, "secretsmanager", "{text}");
    }
    entries
}

/// The key that a path of one step names.
fn key(path: &str) -> &str {
    let inner = path.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let plain =
        |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    match inner {
        Some(quoted) if !quoted.contains(['"', '\\']) => quoted,
        None if plain(path) => path,
        _ => panic!("the path {path} is not understood"),
    }
}
