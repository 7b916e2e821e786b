//! What pods may do: a role of their own, and how they get it.

use std::collections::BTreeSet;

use super::Pod;
use super::secrets;
use super::spec::{Access, Identity, SecretDelivery};
use super::value::Value;
use crate::artifacts::{Expr, Handle, Policy, Statement, Trust};
use crate::kinds::cluster::Need;
use crate::kinds::security_group::{self, Side};
use crate::kinds::{Bucket, Cache, Queue, Secret, Table};
use crate::lower::Lowering;
use crate::names::Port;
use crate::resolve::Bound;

/// Emits the role, and its tie to the service account; nothing for pods that call no AWS service.
pub(super) fn lower(pod: &Pod<'_>, cx: &mut Lowering<'_>) {
    grant_secrets(pod, cx);
    let Some(role) = role(pod) else { return };
    let policy = statements(pod).into_iter().fold(Policy::default(), Policy::with);
    let trust = match pod.parts.identity {
        Identity::PodIdentity => Trust::pod_identity(),
        Identity::Irsa => web_identity(pod),
    };
    let properties = object! {
        "Description" => format!("Pods of {} {} in namespace {}", pod.noun, pod.name, pod.namespace),
        "AssumeRolePolicyDocument" => trust,
        "Policies" => list![object! { "PolicyName" => "uses", "PolicyDocument" => policy }],
    };
    cx.add(pod.resource("Role", "AWS::IAM::Role", properties));
    match pod.parts.identity {
        Identity::PodIdentity => {
            let properties = object! {
                "ClusterName" => pod.cluster.cluster_name(),
                "Namespace" => &pod.namespace,
                "ServiceAccount" => pod.account(),
                "RoleArn" => role.arn(),
            };
            cx.add(pod.resource("Identity", "AWS::EKS::PodIdentityAssociation", properties));
        }
        Identity::Irsa => {}
    }
}

/// Names the role of the pods; none if they call no AWS service.
pub(super) fn role(pod: &Pod<'_>) -> Option<Handle> {
    (!statements(pod).is_empty()).then(|| pod.handle("Role"))
}

/// Returns what the pods may do, from what they use.
fn statements(pod: &Pod<'_>) -> Vec<Statement> {
    let mut all: Vec<Statement> = Vec::new();
    all.extend(pod.publishes.iter().flat_map(Bound::publish_statements));
    all.extend(pod.sends.iter().flat_map(Bound::send_statements));
    all.extend(pod.consumes.iter().flat_map(Bound::consume_statements));
    if pod.rejects {
        all.extend(pod.consumes.iter().flat_map(Bound::reject_statements));
    }
    for (_, table, used) in &pod.tables {
        all.extend(narrowed(table_statements(table, used.access), "dynamodb:", &used.actions));
    }
    for (_, bucket, used) in &pod.buckets {
        all.extend(narrowed(bucket_statements(bucket, used.access), "s3:", &used.actions));
    }
    all.extend(pod.metrics_namespace.as_ref().map(metrics_statement));
    if read_by_pods(pod) {
        all.extend(secret_statements(pod));
    }
    all.extend(pod.permissions.iter().cloned());
    all
}

/// Metrics have no ARN: what they can be put into is a condition.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html> (read
/// 2026-11-30).
fn metrics_statement(namespace: &String) -> Statement {
    let statement = Statement::allow(["cloudwatch:PutMetricData"], "*".into());
    statement.when("StringEquals", "cloudwatch:namespace", namespace)
}

/// Returns what `access` to a table stands for.
pub(in crate::kinds) fn table_statements(table: &Bound<'_, Table>, access: Access) -> Vec<Statement> {
    let reads = access.reads().then(|| table.read_statements());
    let writes = access.writes().then(|| table.write_statements());
    reads.into_iter().chain(writes).flatten().collect()
}

/// Returns what `access` to a bucket stands for.
pub(in crate::kinds) fn bucket_statements(bucket: &Bound<'_, Bucket>, access: Access) -> Vec<Statement> {
    let reads = access.reads().then(|| bucket.read_statements());
    let writes = access.writes().then(|| bucket.write_statements());
    reads.into_iter().chain(writes).flatten().collect()
}

/// Keeps of the actions of one service those that are named, if any is; those of others, such as keys', stay.
pub(in crate::kinds) fn narrowed(
    statements: Vec<Statement>,
    service: &str,
    only: &BTreeSet<String>,
) -> impl Iterator<Item = Statement> {
    let keep =
        move |action: &str| action.strip_prefix(service).is_none_or(|name| only.is_empty() || only.contains(name));
    statements.into_iter().filter_map(move |statement| statement.only(keep))
}

/// Whether it is the pods' role that reads secrets, and not that of the External Secrets operator.
fn read_by_pods(pod: &Pod<'_>) -> bool {
    match (pod.parts.secret_delivery, pod.parts.identity) {
        (SecretDelivery::SecretsStoreCsi, _) | (SecretDelivery::ExternalSecrets, Identity::Irsa) => true,
        (SecretDelivery::ExternalSecrets, Identity::PodIdentity) => false,
    }
}

fn secret_statements(pod: &Pod<'_>) -> Vec<Statement> {
    let (database, used) = (pod.database.iter(), pod.parts.database);
    let database = database.flat_map(|database| {
        let others = database.users_with_secrets().filter(|_| used.is_some_and(|used| used.migrates));
        let logins = std::iter::once(used.and_then(|used| used.user)).chain(others.map(Some));
        logins.flat_map(|user| database.connect_statements(user)).collect::<Vec<_>>()
    });
    let own = pod.secrets.iter().map(|(_, secret, _)| secret);
    let beside = pod.init_containers.iter().chain(&pod.sidecars).flat_map(|it| &it.variables);
    let variables = pod.variables.iter().chain(beside).filter_map(|(_, value)| match value {
        Value::Secret(secret, _) => Some(secret),
        Value::Written(_) | Value::Made(_) | Value::Filled(_) | Value::Login(_) => None,
    });
    let mut secrets: Vec<&Bound<'_, Secret>> = Vec::new();
    for secret in own.chain(variables) {
        if !secrets.iter().any(|known| known.id == secret.id) {
            secrets.push(secret);
        }
    }
    let caches = pod.caches.iter().flat_map(Bound::<Cache>::connect_statements);
    database.chain(caches).chain(secrets.into_iter().flat_map(Bound::<Secret>::read_statements)).collect()
}

/// Lets the External Secrets operator read the secrets of the pods.
fn grant_secrets(pod: &Pod<'_>, cx: &mut Lowering<'_>) {
    if secrets::any(pod) && !read_by_pods(pod) {
        grant(pod, cx, Need::ExternalSecrets, secret_statements(pod));
    }
}

/// Lets KEDA read the length of the queues.
///
/// Source: <https://keda.sh/docs/latest/scalers/aws-sqs/> (read 2026-11-22 in older versions).
pub(super) fn grant_scaler(pod: &Pod<'_>, cx: &mut Lowering<'_>) {
    let queues: Expr = pod.consumes.iter().map(Bound::<Queue>::arn).collect();
    grant(pod, cx, Need::Keda, vec![Statement::allow(["sqs:GetQueueAttributes"], queues)]);
}

/// Adds to the role of a controller what it must do for this workload.
///
/// The policy stands in the workload's stack, which knows both, so that the cluster's stack needs no other.
pub(in crate::kinds) fn grant(pod: &Pod<'_>, cx: &mut Lowering<'_>, need: Need, statements: Vec<Statement>) {
    let Some(role) = pod.cluster.controller_role(need) else { return };
    let policy = statements.into_iter().fold(Policy::default(), Policy::with);
    let properties = object! {
        "PolicyName" => format!("{}-{}-{}-{}", need.as_str(), pod.stack, pod.noun, pod.name),
        "RoleName" => role,
        "PolicyDocument" => policy,
    };
    cx.add(pod.resource(&format!("{}-Grant", need.as_str()), "AWS::IAM::RolePolicy", properties));
}

/// The trust policy of IRSA as text: keys of JSON cannot hold the issuer, which is known only with the cluster.
///
/// Source: <https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html> (read 2026-11-22).
fn web_identity(pod: &Pod<'_>) -> Expr {
    let account = format!("system:serviceaccount:{}:{}", pod.namespace, pod.account());
    let text = [
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"${Provider}"},"#,
        r#""Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"#,
        r#""${Issuer}:aud":"sts.amazonaws.com","${Issuer}:sub":""#,
        &account,
        r#""}}}]}"#,
    ]
    .concat();
    let split = Expr::Call("Fn::Split".into(), Box::new(list!["//", pod.cluster.oidc_issuer()]));
    let values = object! { "Provider" => pod.cluster.oidc_provider(), "Issuer" => Expr::select(1, split) };
    Expr::Call("Fn::Sub".into(), Box::new(list![text, values]))
}

/// Lets pods connect to database and caches.
pub(super) fn open_database(pod: &Pod<'_>, cx: &mut Lowering<'_>) {
    for cache in &pod.caches {
        for port in cache.ports() {
            security_group::open(cx, pod.place, &cluster_side(pod), &cache.side(), port);
        }
    }
    let Some(database) = &pod.database else { return };
    security_group::open(cx, pod.place, &cluster_side(pod), &database.side(), database.client_port());
}

/// Lets a load balancer connect to pods; its own rules let it out to the whole network.
pub(in crate::kinds) fn open_to_balancer(pod: &Pod<'_>, cx: &mut Lowering<'_>, from: &Side<'_>, port: Port) {
    security_group::open(cx, pod.place, from, &cluster_side(pod), port);
}

/// Nodes and pods have the security group that EKS made for the cluster.
fn cluster_side<'a>(pod: &Pod<'a>) -> Side<'a> {
    let cluster = pod.cluster;
    Side { stack: cluster.stack_name(), owner: cluster.logical_id(""), group: cluster.security_group_id() }
}
