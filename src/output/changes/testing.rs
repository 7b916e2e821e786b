//! The changes of one environment with everything that changes can have, for the tests of every format.

use infra_core::diff::{
    Action, CertificateNote, Changes, DataLoss, Exposure, ExposureKind, Hazard, Impact, Method, ObjectChange,
    RecordChange, ResourceChange, StackChange, ValueChange, ZoneChange,
};
use infra_core::model::Approvals;
use infra_core::plan::required;
use infra_core::state::{RecordKey, StackKey};
use serde_json::{Value, json};

use super::{Title, View};

/// A hash as plans have it.
pub(crate) const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn key(name: &str) -> StackKey {
    StackKey::new(name, "eu-west-1")
}

fn value(path: &str, before: Value, after: Value, impact: Impact) -> ValueChange {
    let given = |value: Value| (!value.is_null()).then_some(value);
    ValueChange { path: path.into(), before: given(before), after: given(after), unknown: false, impact }
}

fn resource(id: &str, kind: &str, action: Action, place: Option<&str>) -> ResourceChange {
    ResourceChange {
        id: id.into(),
        kind: kind.into(),
        action,
        impact: Impact::InPlace,
        causes: Vec::new(),
        properties: Vec::new(),
        data: None,
        place: place.map(str::to_owned),
        looks_like: None,
        method: Method::ChangeSet,
    }
}

fn stack(name: &str, action: Action, method: Method, resources: Vec<ResourceChange>) -> StackChange {
    StackChange {
        stack: key(name),
        action,
        method,
        resources,
        parameters: Vec::new(),
        outputs: Vec::new(),
        attributes: Vec::new(),
        adopts: false,
    }
}

fn messaging() -> StackChange {
    let policy = |account: &str| {
        let statement = json!([{
            "Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:GetQueueAttributes"],
            "Principal": { "AWS": account }, "Resource": "arn:aws:sqs:eu-west-1:111122223333:orders-dev-jobs"
        }]);
        json!({ "Version": "2012-10-17", "Statement": statement })
    };
    let queue = ResourceChange {
        impact: Impact::InPlace,
        properties: vec![
            value("Properties.VisibilityTimeout", 30.into(), 60.into(), Impact::InPlace),
            value("Properties.DelaySeconds", Value::Null, 5.into(), Impact::InPlace),
            value("Properties.Tags[team]", "orders".into(), Value::Null, Impact::InPlace),
        ],
        ..resource("QueueJobs", "AWS::SQS::Queue", Action::Update, Some("stacks/messaging.yaml:12:3"))
    };
    let queue_policy = ResourceChange {
        properties: vec![value(
            "Properties.PolicyDocument",
            policy("111122223333"),
            policy("444455556666"),
            Impact::MayInterrupt,
        )],
        method: Method::Template,
        ..resource("QueueJobsPolicy", "AWS::SQS::QueuePolicy", Action::Update, Some("stacks/messaging.yaml:12:3"))
    };
    let renamed = ResourceChange {
        looks_like: Some("QueueTasks".into()),
        ..resource("QueueWork", "AWS::SQS::Queue", Action::Create, Some("stacks/messaging.yaml:20:3"))
    };
    let old = ResourceChange {
        looks_like: Some("QueueWork".into()),
        ..resource("QueueTasks", "AWS::SQS::Queue", Action::Delete, None)
    };
    stack("orders-dev-messaging", Action::Update, Method::ChangeSet, vec![queue, queue_policy, renamed, old])
}

fn data() -> StackChange {
    let table = ResourceChange {
        impact: Impact::Replaces,
        causes: vec![
            "Properties.KeySchema".into(),
            "Properties.SSESpecification.KMSMasterKeyId: replacement of Key".into(),
        ],
        properties: vec![value(
            "Properties.KeySchema",
            json!([{ "AttributeName": "id", "KeyType": "HASH" }]),
            json!([{ "AttributeName": "tenant", "KeyType": "HASH" }]),
            Impact::Replaces,
        )],
        data: Some(DataLoss::Orphaned),
        ..resource("TableOrders", "AWS::DynamoDB::Table", Action::Update, Some("stacks/data.yaml:4:3"))
    };
    let bucket = ResourceChange {
        data: Some(DataLoss::Deleted),
        ..resource("BucketUploads", "AWS::S3::Bucket", Action::Delete, None)
    };
    let mut stack = stack("orders-dev-data", Action::Update, Method::ChangeSet, vec![table, bucket]);
    stack.outputs =
        vec![value("TableOrdersArn", Value::Null, json!({ "Fn::GetAtt": ["TableOrders", "Arn"] }), Impact::InPlace)];
    stack
}

fn api() -> StackChange {
    let mut stack = stack("orders-dev-api", Action::Update, Method::Template, Vec::new());
    stack.parameters = vec![ValueChange {
        unknown: true,
        ..value(
            "DataTableOrdersArn",
            "arn:aws:dynamodb:eu-west-1:111122223333:table/orders-dev-orders".into(),
            "${output:orders-dev-data@eu-west-1:TableOrdersArn}".into(),
            Impact::InPlace,
        )
    }];
    stack.attributes = vec![value("Tags[cost-centre]", Value::Null, "4711".into(), Impact::InPlace)];
    stack
}

fn zone() -> ZoneChange {
    let set = |name: &str, record_type: &str, rest: Value| {
        let mut set = json!({ "Name": name, "Type": record_type });
        for (key, value) in rest.as_object().unwrap() {
            set[key] = value.clone();
        }
        set
    };
    let alias = |target: &str| json!({ "AliasTarget": { "HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": target, "EvaluateTargetHealth": false } });
    let values = |ttl: u64, value: &str| json!({ "TTL": ttl, "ResourceRecords": [{ "Value": value }] });
    let change = |action, record_type: &str, name: &str, before: Option<Value>, after: Option<Value>| RecordChange {
        key: RecordKey { name: name.into(), record_type: record_type.into(), set: None },
        action,
        before: before.map(|rest| set(name, record_type, rest)),
        after: after.map(|rest| set(name, record_type, rest)),
        adopts: false,
        releases: false,
    };
    let later = "${output:orders-dev-network@eu-west-1:LoadBalancerDnsName}";
    let records = vec![
        change(Action::Create, "A", "shop.example.com.", None, Some(alias("d123.cloudfront.net."))),
        change(Action::Create, "A", "internal.example.com.", None, Some(alias(later))),
        RecordChange {
            adopts: true,
            releases: false,
            ..change(
                Action::Update,
                "CNAME",
                "www.example.com.",
                Some(values(300, "old.example.net.")),
                Some(values(60, "shop.example.com.")),
            )
        },
        change(Action::Delete, "TXT", "old.example.com.", Some(values(60, "\"v=spf1 -all\"")), None),
    ];
    let left = RecordKey { name: "api.example.com.".into(), record_type: "A".into(), set: None };
    ZoneChange {
        domain: "example.com.".into(),
        private: false,
        id: "Z0123456789ABCDEFGHIJ".into(),
        existing: 24,
        records,
        left_alone: vec![(left, "external-dns manages it, by its record a-api.example.com. TXT".into())],
    }
}

fn objects() -> Vec<ObjectChange> {
    let object = |kind: &str, version: &str, name: &str, action, fields| {
        ObjectChange::new("main", &[version.into(), kind.into(), "orders".into(), name.into()], action, fields)
    };
    let image = value(
        "spec.template.spec.containers[api].image",
        "orders:1.4.0".into(),
        "orders:1.5.0".into(),
        Impact::InPlace,
    );
    let token = value("data.token", "*** (before)".into(), "*** (after)".into(), Impact::InPlace);
    vec![
        object("Deployment", "apps/v1", "orders-api", Action::Update, vec![image]),
        object("Secret", "v1", "orders-api", Action::Update, vec![token]),
    ]
}

/// Everything that changes can have.
pub(crate) fn changes() -> Changes {
    let certificate = |text: &str, blocking| CertificateNote {
        arn: "arn:aws:acm:us-east-1:111122223333:certificate/0f1e2d3c".into(),
        of: "orders-dev-web@us-east-1/Site".into(),
        text: text.into(),
        blocking,
    };
    let exposure = |resource: &str, kind, text: &str| Exposure {
        stack: key("orders-dev-messaging"),
        resource: resource.into(),
        kind,
        text: text.into(),
    };
    let hazard = |text: &str, help: &str, blocking| Hazard {
        subject: key("orders-dev-data").to_string(),
        text: text.into(),
        help: help.into(),
        blocking,
    };
    Changes {
        drift: Vec::new(),
        stacks: vec![messaging(), data(), api()],
        zones: vec![zone()],
        certificates: vec![certificate("expires on 2026-12-01 and is imported: AWS does not renew it", false)],
        objects: objects(),
        exposures: vec![
            exposure(
                "QueueJobsPolicy",
                ExposureKind::Permission,
                "sqs:SendMessage on QueueJobs for account 444455556666",
            ),
            exposure("QueueJobs", ExposureKind::Public, "anyone may read <b>"),
        ],
        hazards: vec![hazard(
            "output BucketUploadsArn goes away, but orders-dev-api@eu-west-1 still takes it",
            "deploy orders-dev-api first: `infra apply --stack api`",
            true,
        )],
        warnings: Vec::new(),
        second_zones: Vec::new(),
        forgotten: std::collections::BTreeMap::new(),
        unseen: vec!["objects of cluster spare were not compared: no cluster was asked".into()],
    }
}

/// Renders changes.
pub(crate) fn of(changes: &Changes, render: impl Fn(&View<'_>) -> String) -> String {
    let requirements = required(changes, false, &Approvals::default());
    let title = Title { environment: "dev", account: "111122223333", region: "eu-west-1" };
    let hash = (!changes.is_empty()).then_some(HASH);
    render(&View { changes, requirements: &requirements, hash, title })
}

/// Renders everything that changes can have.
pub(crate) fn full(render: impl Fn(&View<'_>) -> String) -> String {
    of(&changes(), render)
}

/// Renders no changes.
pub(crate) fn none(render: impl Fn(&View<'_>) -> String) -> String {
    of(&Changes::default(), render)
}
