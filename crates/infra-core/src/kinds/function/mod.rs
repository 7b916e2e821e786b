//! Functions on Lambda: code, what they may do, and what calls them.

mod checks;
mod emit;
mod events;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::events::{Consumed, ObjectEvent, Objects, StartAt, Streamed};
use super::cluster::Arch;
use super::existing::Given;
use super::network::Tier;
use super::workload::{BucketUse, SecretUse, TableUse};
use super::{Bucket, Cache, Database, Kind, Network, Queue, Repository, Schedule, Topic, security_group};
use crate::artifacts::{Expr, Handle};
use crate::diag::Diagnostics;
use crate::lower::Lowering;
use crate::model::Ref;
use crate::names::{Arn, ImageRef, Name, Seconds};
use crate::resolve::Bound;

/// A function on Lambda with a role, a log group and a way in for what calls it.
///
/// Its code is an image, a zip file that lies in a bucket, or a few lines written here. Code is not uploaded: put the image
/// or the file there before the stack is deployed, under a tag or key of its own for each version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Function {
    /// The code.
    pub code: Code,
    /// Runtime, such as `python3.13`, `nodejs22.x` or `provided.al2023`. Not for images, which bring their own.
    #[serde(default)]
    pub runtime: Option<String>,
    /// What is called in the code, such as `index.handler`. Not for images.
    #[serde(default)]
    pub handler: Option<String>,
    /// Architecture of the code.
    #[serde(default)]
    pub arch: Arch,
    /// Memory, from which processor time follows. 128 to 10,240 MB.
    #[serde(default = "default_memory")]
    pub memory_mb: u32,
    /// How long one call may take. 1 to 900 seconds.
    #[serde(default = "default_timeout")]
    pub timeout: Seconds,
    /// Space for temporary files below `/tmp`. 512 to 10,240 MB.
    #[serde(default = "default_scratch")]
    pub scratch_mb: u32,
    /// ARNs of layers with their version, in the order in which they are laid over each other. At most 5; not for images.
    #[serde(default)]
    pub layers: Vec<Arn>,
    /// Environment variables with values that are no secrets.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// The network in which it runs; needed for databases and caches. Without it, it reaches the internet and no network.
    #[serde(default)]
    pub network: Option<Ref<Network>>,
    /// In which subnets of the network it runs; not in public ones, in which it would reach nothing.
    #[serde(default)]
    pub tier: Tier,
    /// How long its logs are kept. In days, as CloudWatch Logs offers them: 1, 3, 5, 7, 14, 30, 60, 90, …, 3,653.
    #[serde(default = "default_retention")]
    pub log_retention_days: u32,
    /// Most calls at a time, which are also kept for it; the calls of the account are shared if not set.
    #[serde(default)]
    pub reserved_concurrency: Option<u32>,
    /// Whether events that fail again and again are kept in a queue of its own; they are if not set, where topics,
    /// tables, buckets or schedules call it.
    #[serde(default)]
    pub dead_letter: Option<bool>,
    /// Whether calls are traced by X-Ray.
    #[serde(default)]
    pub tracing: bool,
    /// Queues whose messages it takes.
    #[serde(default)]
    pub consumes: Vec<Consumed>,
    /// Tables whose changes it gets, from their streams.
    #[serde(default)]
    pub streams: Vec<Streamed>,
    /// Buckets whose new or deleted objects it is told of.
    #[serde(default)]
    pub objects: Vec<Objects>,
    /// Topics it publishes to; each gives a variable `<NAME>_TOPIC_ARN`.
    #[serde(default)]
    pub publishes: Vec<Ref<Topic>>,
    /// Queues it sends to; each gives a variable `<NAME>_QUEUE_URL`.
    #[serde(default)]
    pub sends: Vec<Ref<Queue>>,
    /// Tables it uses, by a name of your choice; each gives a variable `<NAME>_TABLE`.
    #[serde(default)]
    pub tables: BTreeMap<Name, TableUse>,
    /// Buckets it uses, by a name of your choice; each gives a variable `<NAME>_BUCKET`.
    #[serde(default)]
    pub buckets: BTreeMap<Name, BucketUse>,
    /// Secrets it reads, by a name of your choice; each gives a variable `<NAME>_SECRET_ID`, by which it asks Secrets Manager
    /// or SSM for the value.
    #[serde(default)]
    pub secrets: BTreeMap<Name, SecretUse>,
    /// Its database; gives `DB_HOST`, `DB_PORT`, `DB_NAME`, and `DB_SECRET_ID` with the id of the secret of its user, or
    /// `DB_USERNAME` of a user with a token of IAM.
    #[serde(default)]
    pub database: Option<FunctionDatabase>,
    /// Caches it uses; each gives `<NAME>_CACHE_HOST`, `<NAME>_CACHE_PORT`, `<NAME>_CACHE_SHARDED` and
    /// `<NAME>_CACHE_SECRET_ID`.
    #[serde(default)]
    pub caches: Vec<Ref<Cache>>,
}

/// The code of a function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// An image of ECR in the same region, with tag or digest.
    Image(ImageRef),
    /// An image of a repository of this project.
    Repository(RepositoryImage),
    /// A zip file in a bucket of the same region.
    Zip(Zip),
    /// The text of the code, for a few lines: Python and Node.js, up to 4,096 characters; the handler is in `index`.
    Inline(String),
}

/// An image of a repository of this project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RepositoryImage {
    /// The repository; of the same region.
    pub repository: Ref<Repository>,
    /// The tag of the image.
    pub tag: String,
}

/// A zip file in a bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Zip {
    /// Name of the bucket.
    pub bucket: Given,
    /// Key of the object. CloudFormation deploys code again when the key or the version changes, not when the object does.
    pub key: String,
    /// Version of the object, in a bucket that keeps versions.
    #[serde(default)]
    pub version: Option<String>,
}

/// Use of a database by a function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FunctionDatabase {
    /// The database. Each call at a time has connections of its own: use a `proxy` where there are many.
    pub database: Ref<Database>,
    /// Which of the database's `users` logs in.
    pub user: Name,
}

fn default_memory() -> u32 {
    256
}

fn default_timeout() -> Seconds {
    Seconds::new(30)
}

fn default_scratch() -> u32 {
    512
}

fn default_retention() -> u32 {
    30
}

impl Function {
    /// Starts a function of some code; a runtime and a handler must be set unless it is an image.
    pub fn new(code: Code) -> Self {
        Self {
            code,
            runtime: None,
            handler: None,
            arch: Arch::default(),
            memory_mb: default_memory(),
            timeout: default_timeout(),
            scratch_mb: default_scratch(),
            layers: Vec::new(),
            env: BTreeMap::new(),
            network: None,
            tier: Tier::default(),
            log_retention_days: default_retention(),
            reserved_concurrency: None,
            dead_letter: None,
            tracing: false,
            consumes: Vec::new(),
            streams: Vec::new(),
            objects: Vec::new(),
            publishes: Vec::new(),
            sends: Vec::new(),
            tables: BTreeMap::new(),
            buckets: BTreeMap::new(),
            secrets: BTreeMap::new(),
            database: None,
            caches: Vec::new(),
        }
    }
}

impl Kind for Function {
    const SECTION: &'static str = "functions";
    const NOUN: &'static str = "function";
    const PREFIX: &'static str = "Function";
    const EXAMPLE: &'static str = "
functions:
  thumbnails:
    code: { image: '${env.account}.dkr.ecr.${env.region}.amazonaws.com/thumbnails:1.4.2' }
    memory-mb: 1024
    timeout: 60
    consumes: [{ queue: uploads, batch: 5, max-concurrency: 20 }]
    buckets: { pictures: { bucket: pictures, access: read-write } }
  hello:
    runtime: python3.13
    handler: index.handler
    code:
      inline: |
        def handler(event, context):
            return {'statusCode': 200, 'body': 'hello'}
queues:
  uploads: { visibility-timeout: 360 }
buckets:
  pictures: {}
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        checks::check(entry, diags);
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        emit::emit(entry, cx);
    }
}

impl<'a> Bound<'a, Function> {
    /// Returns the function's ARN.
    pub fn arn(&self) -> Expr {
        self.handle("").arn()
    }

    /// Returns the function's generated name, as metrics and permissions know it.
    pub fn function_name(&self) -> Expr {
        self.handle("").reference()
    }

    /// Returns whether it is told of the objects of a bucket.
    pub(super) fn is_told_of(&self, bucket: Bound<'_, Bucket>) -> bool {
        self.spec().objects.iter().any(|own| self.follow(&own.bucket).id == bucket.id)
    }

    /// Returns whether something hands it events that would be lost when it fails on them.
    fn may_lose_events(&self) -> bool {
        let subscribed = |topic: &Bound<'_, Topic>| topic.calls(*self);
        !self.objects.is_empty()
            || !self.streams.is_empty()
            || self.referrers::<Topic>().iter().any(subscribed)
            || !self.referrers::<Schedule>().is_empty()
    }

    /// Returns the handle of the queue that keeps events which failed, if there is one.
    pub fn dead_letter_queue(&self) -> Option<Handle> {
        self.dead_letter.unwrap_or_else(|| self.may_lose_events()).then(|| self.handle("DeadLetter"))
    }

    /// Returns the side of a connection that it opens.
    fn side(&self) -> security_group::Side<'a> {
        let group = self.handle("Group").att("GroupId");
        security_group::Side { stack: self.stack_name(), owner: self.logical_id(""), group }
    }

    /// Lets a service call the function, for `source` alone; the permission stands at `handle`.
    pub(super) fn let_in(
        &self,
        handle: Handle,
        service: &'static str,
        source: Expr,
        cx: &mut Lowering<'_>,
    ) -> Handle {
        let properties = object! {
            "Action" => "lambda:InvokeFunction",
            "FunctionName" => self.arn(),
            "Principal" => service,
            "SourceArn" => source,
        };
        cx.add(crate::artifacts::Resource::new(handle.clone(), "AWS::Lambda::Permission", properties));
        handle
    }
}
