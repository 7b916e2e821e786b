//! Values of variables and resources of permissions: text, or what another entry has.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Workload;
use crate::artifacts::Expr;
use crate::kinds::web_site::UserPoolClient;
use crate::kinds::{Bucket, Database, HttpApi, LoadBalancer, Queue, Raw, Secret, Table, Topic, UserPool, WebSite};
use crate::model::Ref;
use crate::resolve::Bound;

/// Text, or something that says where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum TextOr<T> {
    /// The text itself.
    Text(String),
    /// Where it comes from.
    Of(T),
}

impl<T> From<&str> for TextOr<T> {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl<T> From<String> for TextOr<T> {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Serialize> Serialize for TextOr<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.serialize(serializer),
            Self::Of(source) => source.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for TextOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = TextOr<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string (a number in quotes), or a mapping that says where it comes from")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(TextOr::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let source = T::deserialize(MapAccessDeserializer::new(&mut map))?;
                match map.next_key::<IgnoredAny>()? {
                    Some(_) => Err(serde::de::Error::custom("a value comes from one source: write one key")),
                    None => Ok(TextOr::Of(source)),
                }
            }
        }
        deserializer.deserialize_any(Either(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for TextOr<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("TextOr{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let source = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [{ "type": "string" }, source] })
    }
}

/// The value of a variable: text, or where it comes from.
///
/// In text, `$(NAME)` stands for the value of another variable of the same container, as Kubernetes reads it, so that a URL
/// is put together from a secret: `redis://:$(REDIS_PASSWORD)@cache.example.com:6379`. `$$(NAME)` is the text itself.
pub type EnvValue = TextOr<EnvSource>;

/// Where the value of a variable comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EnvSource {
    /// The ARN of a topic.
    Topic(Ref<Topic>),
    /// The URL of a queue.
    Queue(Ref<Queue>),
    /// The name of a table.
    Table(Ref<Table>),
    /// The name of a bucket.
    Bucket(Ref<Bucket>),
    /// The host of a database.
    Database(Ref<Database>),
    /// The DNS name of a load balancer.
    LoadBalancer(Ref<LoadBalancer>),
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
    /// What a `raw` entry gives.
    Raw(RawValue),
    /// A secret, or a key of a JSON secret. It is then readable for whoever may read Kubernetes secrets of the namespace or
    /// the environment of the process; a file of `secrets` is not.
    Secret(SecretValue),
    /// What the workload logs in to its `database` with.
    Login(Login),
    /// A key of a Kubernetes secret that others make in the namespace.
    KubernetesSecret(KeyOf),
    /// A key of a config map that others make in the namespace.
    ConfigMap(KeyOf),
    /// A field of the pod, such as `status.podIP` or `metadata.name`.
    Field(String),
}

/// What a `raw` entry gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawValue {
    /// The entry.
    pub resource: Ref<Raw>,
    /// An attribute as `Fn::GetAtt` takes it, such as `RedisEndpoint.Address`; what `Ref` gives if not set.
    #[serde(default)]
    pub attribute: Option<String>,
}

/// A secret, or a key of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretValue {
    /// The secret.
    pub secret: Ref<Secret>,
    /// A key of a JSON secret; the whole value if not set.
    #[serde(default)]
    pub key: Option<String>,
}

/// What a workload logs in to its database with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Login {
    /// The name of the user.
    Username,
    /// The password; special characters stand in it as they are, so in a URL they are not encoded.
    Password,
}

/// A key of an object of the namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KeyOf {
    /// Name of the object.
    pub name: String,
    /// The key.
    pub key: String,
}

/// What permissions are about, beside ARNs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Thing {
    /// A topic.
    Topic(Ref<Topic>),
    /// A queue.
    Queue(Ref<Queue>),
    /// A table and its indexes.
    Table(Ref<Table>),
    /// A bucket and its objects.
    Bucket(Ref<Bucket>),
    /// A secret or parameter.
    Secret(Ref<Secret>),
    /// A user pool.
    UserPool(Ref<UserPool>),
    /// What a `raw` entry gives; an attribute that is an ARN, or what `Ref` gives where that is one.
    Raw(RawValue),
}

impl RawValue {
    pub(super) fn expr<K: Workload>(&self, entry: Bound<'_, K>) -> Expr {
        entry.follow(&self.resource).value(self.attribute.as_deref())
    }
}

impl Thing {
    /// Returns the ARNs, as a policy names them.
    pub(super) fn arns<K: Workload>(&self, entry: Bound<'_, K>) -> Vec<Expr> {
        match self {
            Self::Topic(topic) => vec![entry.follow(topic).arn()],
            Self::Queue(queue) => vec![entry.follow(queue).arn()],
            Self::Table(table) => {
                let arn = entry.follow(table).arn();
                vec![arn.clone(), text![arn, "/index/*"]]
            }
            Self::Bucket(bucket) => {
                let arn = entry.follow(bucket).arn();
                vec![arn.clone(), text![arn, "/*"]]
            }
            Self::Secret(secret) => vec![entry.follow(secret).arn()],
            Self::UserPool(pool) => vec![entry.follow(pool).arn()],
            Self::Raw(raw) => vec![raw.expr(entry)],
        }
    }
}

/// A variable with everything it refers to looked up.
#[derive(Clone)]
pub(super) enum Value<'a> {
    /// Text that the user wrote.
    Written(&'a str),
    /// A value of another entry.
    Made(Expr),
    /// What Kubernetes fills in: `valueFrom`.
    Filled(Expr),
    /// A secret and the key of it.
    Secret(Bound<'a, Secret>, Option<&'a str>),
    /// What logs in to the database.
    Login(Login),
}

impl<'a> Value<'a> {
    pub(super) fn of<K: Workload>(entry: Bound<'a, K>, value: &'a EnvValue) -> Self {
        let source = match value {
            TextOr::Text(text) => return Self::Written(text),
            TextOr::Of(source) => source,
        };
        let key_of = |kind: &'static str, of: &KeyOf| {
            Self::Filled(object! { kind => object! { "name" => &of.name, "key" => &of.key } })
        };
        match source {
            EnvSource::Topic(topic) => Self::Made(entry.follow(topic).arn()),
            EnvSource::Queue(queue) => Self::Made(entry.follow(queue).url()),
            EnvSource::Table(table) => Self::Made(entry.follow(table).table_name()),
            EnvSource::Bucket(bucket) => Self::Made(entry.follow(bucket).bucket_name()),
            EnvSource::Database(database) => Self::Made(entry.follow(database).host()),
            EnvSource::LoadBalancer(balancer) => Self::Made(entry.follow(balancer).dns_name()),
            EnvSource::HttpApi(api) => Self::Made(entry.follow(api).url()),
            EnvSource::WebSite(site) => Self::Made(entry.follow(site).url()),
            EnvSource::UserPool(pool) => Self::Made(entry.follow(pool).pool_id()),
            EnvSource::UserPoolIssuer(pool) => Self::Made(entry.follow(pool).issuer()),
            EnvSource::UserPoolClient(client) => Self::Made(entry.follow(&client.user_pool).client_id(&client.client)),
            EnvSource::Raw(raw) => Self::Made(raw.expr(entry)),
            EnvSource::Secret(secret) => Self::Secret(entry.follow(&secret.secret), secret.key.as_deref()),
            EnvSource::Login(login) => Self::Login(*login),
            EnvSource::KubernetesSecret(of) => key_of("secretKeyRef", of),
            EnvSource::ConfigMap(of) => key_of("configMapKeyRef", of),
            EnvSource::Field(path) => Self::Filled(object! { "fieldRef" => object! { "fieldPath" => path } }),
        }
    }
}
