//! What a function compiles to.

use super::{Code, Function, Zip, events};
use crate::artifacts::{Expr, Handle, Object, Policy, Resource, Statement, Trust};
use crate::kinds::cluster::Arch;
use crate::kinds::queue::MAX_RETENTION;
use crate::kinds::security_group;
use crate::kinds::workload::{bucket_statements, named, narrowed, table_statements};
use crate::lower::Lowering;
use crate::resolve::Bound;

/// What a function in a network must be allowed, on resources that have no ARN before they exist.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html> (from memory).
const INTERFACES: [&str; 6] = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
];

/// Emits everything of one function.
pub(super) fn emit(entry: Bound<'_, Function>, cx: &mut Lowering<'_>) {
    let retention = object! { "RetentionInDays" => entry.log_retention_days };
    cx.add(entry.resource("Logs", "AWS::Logs::LogGroup", retention));
    if let Some(queue) = entry.dead_letter_queue() {
        dead_letters(entry, &queue, cx);
    }
    cx.add(entry.resource("Role", "AWS::IAM::Role", role(entry)));
    if let Some(network) = &entry.spec().network {
        let network = entry.follow(network);
        let everywhere = object! {
            "IpProtocol" => "tcp",
            "FromPort" => 443,
            "ToPort" => 443,
            "CidrIp" => "0.0.0.0/0",
            "Description" => "APIs of AWS and others",
        };
        let group = object! {
            "GroupDescription" => format!("Function {}", entry.full_name()),
            "VpcId" => network.vpc_id(),
            "SecurityGroupEgress" => list![everywhere],
        };
        cx.add(entry.resource("Group", "AWS::EC2::SecurityGroup", group));
        open(entry, cx);
    }
    cx.add(entry.resource("", "AWS::Lambda::Function", properties(entry)));
    events::emit(entry, cx);
}

fn properties(entry: Bound<'_, Function>) -> Expr {
    let function = entry.spec();
    let (package, code) = match &function.code {
        Code::Image(image) => (Some("Image"), object! { "ImageUri" => image.to_string() }),
        Code::Repository(image) => {
            let uri = text![entry.follow(&image.repository).uri(), ":", &image.tag];
            (Some("Image"), object! { "ImageUri" => uri })
        }
        Code::Zip(zip) => (None, zipped(entry, zip)),
        Code::Inline(text) => (None, object! { "ZipFile" => text }),
    };
    let variables = variables(entry);
    let subnets = function.network.as_ref().map(|network| entry.follow(network).subnet_ids(function.tier));
    let network = subnets.map(|subnets| {
        object! { "SubnetIds" => subnets, "SecurityGroupIds" => list![entry.handle("Group").att("GroupId")] }
    });
    let layers: Vec<Expr> = function.layers.iter().map(|layer| layer.to_string().into()).collect();
    let dead_letters = entry.dead_letter_queue().map(|queue| object! { "TargetArn" => queue.arn() });
    object! {
        "Description" => format!("Function {}", entry.full_name()),
        "PackageType" => package,
        "Code" => code,
        "Runtime" => function.runtime.as_ref(),
        "Handler" => function.handler.as_ref(),
        "Architectures" => list![match function.arch {
            Arch::Amd64 => "x86_64",
            Arch::Arm64 => "arm64",
        }],
        "MemorySize" => function.memory_mb,
        "Timeout" => function.timeout.get(),
        "EphemeralStorage" => (function.scratch_mb > 512).then(|| object! { "Size" => function.scratch_mb }),
        "Layers" => (!layers.is_empty()).then_some(layers),
        "Environment" => (!variables.is_empty()).then(|| object! { "Variables" => variables.clone() }),
        "Role" => entry.handle("Role").arn(),
        "LoggingConfig" => object! { "LogGroup" => entry.handle("Logs").reference() },
        "VpcConfig" => network,
        "ReservedConcurrentExecutions" => function.reserved_concurrency,
        "DeadLetterConfig" => dead_letters,
        "TracingConfig" => function.tracing.then(|| object! { "Mode" => "Active" }),
    }
}

fn zipped(entry: Bound<'_, Function>, zip: &Zip) -> Expr {
    object! {
        "S3Bucket" => entry.given(&zip.bucket),
        "S3Key" => &zip.key,
        "S3ObjectVersion" => zip.version.as_ref(),
    }
}

/// Returns the variables: what the model knows, and what is written.
pub(super) fn variables(entry: Bound<'_, Function>) -> Object {
    let function = entry.spec();
    let mut all: std::collections::BTreeMap<String, Expr> = std::collections::BTreeMap::new();
    let mut set = |name: String, value: Expr| drop(all.insert(name, value));
    for topic in function.publishes.iter().map(|topic| entry.follow(topic)) {
        set(named(topic.name, "TOPIC_ARN"), topic.arn());
    }
    for queue in function.sends.iter().map(|queue| entry.follow(queue)) {
        set(named(queue.name, "QUEUE_URL"), queue.url());
    }
    for (name, used) in &function.tables {
        set(named(name, "TABLE"), entry.follow(&used.table).table_name());
    }
    for (name, used) in &function.buckets {
        set(named(name, "BUCKET"), entry.follow(&used.bucket).bucket_name());
    }
    for (name, used) in &function.secrets {
        set(named(name, "SECRET_ID"), entry.follow(&used.secret).secret_id());
    }
    if let Some(used) = &function.database {
        let database = entry.follow(&used.database);
        set("DB_HOST".to_owned(), database.host());
        set("DB_PORT".to_owned(), database.client_port().to_string().into());
        set("DB_NAME".to_owned(), database.database_name().into());
        match database.login_secret(Some(&used.user)) {
            Some(secret) => set("DB_SECRET_ID".to_owned(), secret),
            None => set("DB_USERNAME".to_owned(), database.username(&used.user).into()),
        }
    }
    for cache in function.caches.iter().map(|cache| entry.follow(cache)) {
        set(named(cache.name, "CACHE_HOST"), cache.host());
        set(named(cache.name, "CACHE_PORT"), cache.client_port().to_string().into());
        set(named(cache.name, "CACHE_SHARDED"), cache.sharded().to_string().into());
        if let Some(secret) = cache.secret_id() {
            set(named(cache.name, "CACHE_SECRET_ID"), secret);
        }
    }
    function.env.iter().for_each(|(name, value)| set(name.clone(), value.into()));
    all.into_iter().collect()
}

/// What it may do: write its logs, and what follows from what it uses.
fn role(entry: Bound<'_, Function>) -> Expr {
    let function = entry.spec();
    let logs = text![entry.handle("Logs").arn(), ":*"];
    let mut policy =
        Policy::default().with(Statement::allow(["logs:CreateLogStream", "logs:PutLogEvents"], logs));
    if function.network.is_some() {
        policy.push(Statement::allow(INTERFACES, "*".into()));
    }
    if function.tracing {
        policy.push(Statement::allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*".into()));
    }
    if let Some(queue) = entry.dead_letter_queue() {
        policy.push(Statement::allow(["sqs:SendMessage"], queue.arn()));
    }
    uses(entry).into_iter().chain(events::statements(entry)).for_each(|statement| policy.push(statement));
    object! {
        "AssumeRolePolicyDocument" => Trust::service("lambda.amazonaws.com"),
        "Policies" => list![object! { "PolicyName" => "uses", "PolicyDocument" => policy }],
    }
}

fn uses(entry: Bound<'_, Function>) -> Vec<Statement> {
    let function = entry.spec();
    let mut all: Vec<Statement> = Vec::new();
    all.extend(function.publishes.iter().flat_map(|topic| entry.follow(topic).publish_statements()));
    all.extend(function.sends.iter().flat_map(|queue| entry.follow(queue).send_statements()));
    for used in function.tables.values() {
        let statements = table_statements(&entry.follow(&used.table), used.access);
        all.extend(narrowed(statements, "dynamodb:", &used.actions));
    }
    for used in function.buckets.values() {
        let statements = bucket_statements(&entry.follow(&used.bucket), used.access);
        all.extend(narrowed(statements, "s3:", &used.actions));
    }
    all.extend(function.secrets.values().flat_map(|used| entry.follow(&used.secret).read_statements()));
    if let Some(used) = &function.database {
        all.extend(entry.follow(&used.database).connect_statements(Some(&used.user)));
    }
    all.extend(function.caches.iter().flat_map(|cache| entry.follow(cache).connect_statements()));
    all
}

/// Opens the function to its database and caches.
fn open(entry: Bound<'_, Function>, cx: &mut Lowering<'_>) {
    let function = entry.spec();
    if let Some(database) = function.database.as_ref().map(|used| entry.follow(&used.database)) {
        security_group::open(cx, entry.home(), &entry.side(), &database.side(), database.client_port());
    }
    for cache in function.caches.iter().map(|cache| entry.follow(cache)) {
        for port in cache.ports() {
            security_group::open(cx, entry.home(), &entry.side(), &cache.side(), port);
        }
    }
}

/// A queue for events that failed again and again.
fn dead_letters(entry: Bound<'_, Function>, queue: &Handle, cx: &mut Lowering<'_>) {
    let properties = object! { "MessageRetentionPeriod" => MAX_RETENTION.get(), "SqsManagedSseEnabled" => true };
    cx.add(Resource::new(queue.clone(), "AWS::SQS::Queue", properties));
    let secure = Statement::deny(["sqs:*"], queue.arn())
        .sid("OnlyEncrypted")
        .principal("*".into())
        .when("Bool", "aws:SecureTransport", "false");
    let mut policy = Policy::default().with(secure);
    let rules: Vec<Expr> = events::rules(entry).iter().map(Handle::arn).collect();
    if !rules.is_empty() {
        let send = Statement::allow(["sqs:SendMessage"], queue.arn())
            .sid("FromRules")
            .service("events.amazonaws.com")
            .when("ArnEquals", "aws:SourceArn", rules);
        policy.push(send);
    }
    let properties = object! { "Queues" => vec![queue.reference()], "PolicyDocument" => policy };
    cx.add(entry.resource("DeadLetterPolicy", "AWS::SQS::QueuePolicy", properties));
}
