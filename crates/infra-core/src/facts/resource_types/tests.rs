//! Known facts, and a walk over every place of the file.

use std::collections::BTreeSet;

use super::*;

fn kind(name: &str) -> ResourceType {
    find(name).unwrap_or_else(|| panic!("{name} is a type"))
}

fn at(name: &str, path: &str) -> Schema {
    kind(name).properties().follow(&path.split('.').collect::<Vec<_>>()).unwrap_or_else(|| panic!("{name} has {path}"))
}

fn replacement(name: &str, path: &str) -> Replacement {
    kind(name).replacement(&path.split('.').collect::<Vec<_>>())
}

#[test]
fn every_name_is_found_and_no_other() {
    assert_eq!(names().count(), 1_898);
    assert!(names().zip(names().skip(1)).all(|(one, next)| one < next));
    assert!(all().all(|kind| find(kind.name()) == Some(kind)));
    assert_eq!(find("AWS::SQS::Queues"), None);
    assert_eq!(find("Custom::Anything").map(ResourceType::name), Some("AWS::CloudFormation::CustomResource"));
}

#[test]
fn a_number_has_its_range_and_a_string_its_pattern() {
    let timeout = at("AWS::SQS::Queue", "VisibilityTimeout");
    assert!(timeout.types().contains(Types::INTEGER));
    assert_eq!((timeout.minimum(), timeout.maximum()), (Some(0.0), Some(43_200.0)));
    let prefix = at("AWS::CloudFront::Distribution", "DistributionConfig.Origins.*.DomainName");
    assert_eq!(prefix.types().names().collect::<Vec<_>>(), ["string"]);
    assert!(at("AWS::SNS::Topic", "Tags").items().is_some());
}

#[test]
fn rules_of_objects_are_there() {
    let certificate = at("AWS::CloudFront::Distribution", "DistributionConfig.ViewerCertificate");
    assert!(certificate.is_closed());
    assert_eq!(
        certificate.required_xor().collect::<Vec<_>>(),
        ["AcmCertificateArn", "CloudFrontDefaultCertificate", "IamCertificateId"]
    );
    let origin = at("AWS::CloudFront::Distribution", "DistributionConfig.Origins.*");
    assert_eq!(origin.required().collect::<Vec<_>>(), ["DomainName", "Id"]);
    let target = at("AWS::EventsV2::Subscriber", "InvokeConfiguration");
    assert!(target.dependent_schemas().any(|(name, _)| name == "LambdaParameters"));
}

#[test]
fn a_schema_that_contains_itself_comes_back_to_the_same_node() {
    let statement = at("AWS::WAFv2::WebACL", "Rules.*.Statement");
    let inner = statement.follow(&["NotStatement", "Statement"]).unwrap();
    let deeper = inner.follow(&["NotStatement", "Statement"]).unwrap();
    assert_eq!(inner, deeper);
    assert_eq!(statement, inner, "one node for all of them");
}

#[test]
fn attributes_are_more_than_what_is_read_only() {
    let attributes = |name| kind(name).attributes().collect::<Vec<_>>().join(" ");
    insta::assert_snapshot!(attributes("AWS::Lambda::Url"), @"FunctionArn FunctionUrl");
    insta::assert_snapshot!(attributes("AWS::SNS::Topic"), @"ContentBasedDeduplication DeliveryStatusLogging DisplayName FifoThroughputScope FifoTopic KmsMasterKeyId MaximumMessageSize SignatureVersion Subscription Tags TopicArn TopicName TracingConfig");
    insta::assert_snapshot!(attributes("AWS::Kinesis::StreamConsumer"), @"ConsumerARN ConsumerCreationTimestamp ConsumerName ConsumerStatus StreamARN");
    assert!(kind("AWS::SQS::Queue").attribute("QueueName").is_some(), "not read-only, but documented");
    assert!(kind("AWS::SQS::Queue").attribute("Arn").is_some_and(|arn| arn.types().contains(Types::STRING)));
    assert!(kind("AWS::SQS::Queue").attribute("Colour").is_none());
    assert!(kind("AWS::RDS::DBInstance").attribute("Endpoint.Address").is_some());
    assert!(kind("AWS::CloudFormation::Stack").attribute("Outputs.Anything").is_some());
    assert!(kind("Custom::X").attribute("Anything").is_some());
}

#[test]
fn replacement_is_what_both_sources_know() {
    use Replacement::{Always, Conditional, Never};
    for (name, path, expected) in [
        ("AWS::SQS::Queue", "QueueName", Always),
        ("AWS::SQS::Queue", "VisibilityTimeout", Never),
        ("AWS::Route53::RecordSet", "Name", Always),
        ("AWS::CertificateManager::Certificate", "ValidationMethod", Always),
        ("AWS::RDS::DBInstance", "Port", Always),
        ("AWS::EC2::EIP", "Domain", Always),
        ("AWS::S3::Bucket", "ObjectLockEnabled", Always),
        ("AWS::EC2::Instance", "NetworkInterfaces.0.SubnetId", Always),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Name", Always),
        ("AWS::RDS::DBInstance", "Engine", Conditional),
        ("AWS::EFS::AccessPoint", "RootDirectory.CreationInfo", Always),
    ] {
        assert_eq!(replacement(name, path), expected, "{name} {path}");
    }
}

#[test]
fn a_value_above_a_fixed_part_is_replaced_if_that_part_changes() {
    assert_eq!(covers("A.*.B", &["A", "0", "B", "C"]), Replacement::Always);
    assert_eq!(covers("A.*.B", &["A", "0"]), Replacement::Conditional);
    assert_eq!(covers("A.*.B", &["A", "0", "C"]), Replacement::Never);
}

#[test]
fn what_ref_gives_is_known_or_unknown() {
    let reference = |name| kind(name).reference().collect::<Vec<_>>().join("|");
    insta::assert_snapshot!(reference("AWS::SQS::Queue"), @"QueueUrl");
    insta::assert_snapshot!(reference("AWS::EC2::EIP"), @"PublicIp");
    insta::assert_snapshot!(reference("AWS::Events::Rule"), @"EventBusName|Name");
    insta::assert_snapshot!(reference("AWS::ApiGateway::Authorizer"), @"AuthorizerId");
    assert!(all().any(|kind| kind.primary_identifier().len() > 1 && kind.reference().is_empty()));
}

#[test]
fn regions_have_a_type_or_not_or_we_do_not_know() {
    assert_eq!(kind("AWS::SQS::Queue").available("eu-west-1"), Availability::Yes);
    assert_eq!(kind("AWS::CloudFront::Distribution").available("us-gov-west-1"), Availability::No);
    for region in ["us-iso-east-1", "eusc-de-east-1", "eu-isoe-west-1", "xx-new-1"] {
        assert_eq!(kind("AWS::SQS::Queue").available(region), Availability::Unknown, "{region}");
    }
}

#[test]
fn facts_about_the_whole_type_are_there() {
    let queue = kind("AWS::SQS::Queue");
    assert_eq!(queue.tag_property(), Some("Tags"));
    assert_eq!(queue.read_only().collect::<Vec<_>>(), ["Arn", "QueueUrl"]);
    assert!(queue.permissions("create").is_some_and(|mut actions| actions.any(|action| action == "sqs:CreateQueue")));
    assert_eq!(queue.permissions("dance").map(|actions| actions.len()), None);
    assert!(kind("AWS::RDS::DBInstance").is_stateful());
    assert!(!kind("AWS::IAM::Role").is_stateful());
    insta::assert_snapshot!(queue.arn_template().unwrap_or_default(), @"arn:${Partition}:sqs:${Region}:${Account}:${QueueName}");
    assert!(kind("AWS::RDS::DBInstance").write_only().any(|path| path == "MasterUserPassword"));
    let role = kind("AWS::Lambda::Function").relations().find(|(path, _)| *path == "Role").unwrap();
    assert!(role.1.into_iter().any(|to| to == Relation { kind: "AWS::IAM::Role", property: "Arn" }));
}

#[test]
fn conditions_hang_where_cfn_lint_hangs_them() {
    let group: Vec<_> = kind("AWS::EC2::SecurityGroup").conditions().collect();
    assert!(group.iter().any(|one| one.rule == "E3687" && one.path == "SecurityGroupIngress.*" && !one.is_warning()));
    assert!(group.iter().any(|one| one.rule == "W3687" && one.is_warning()));
    let database: Vec<_> = kind("AWS::RDS::DBInstance").conditions().collect();
    assert!(database.iter().any(|one| one.rule == "E3682" && one.lowercase == Some("Engine")));
    assert!(database.iter().all(|one| !one.schema.is_anything()));
}

/// All schemas directly below one.
fn below(schema: Schema) -> Vec<Schema> {
    let named = schema.properties().chain(schema.pattern_properties()).chain(schema.dependent_schemas());
    let lists = schema.one_of().chain(schema.any_of()).chain(schema.all_of()).chain(schema.prefix_items());
    let single = [
        schema.items(),
        schema.additional_properties(),
        schema.property_names(),
        schema.contains(),
        schema.negation(),
        schema.condition(),
        schema.then(),
        schema.otherwise(),
    ];
    named.map(|(_, inner)| inner).chain(lists).chain(single.into_iter().flatten()).collect()
}

#[test]
fn every_place_of_every_type_leads_somewhere() {
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<Schema> = Vec::new();
    for kind in all() {
        waiting.push(kind.properties());
        waiting.extend(kind.attributes().map(|name| kind.attribute(name).unwrap()));
        for condition in kind.conditions() {
            assert!(!condition.rule.is_empty());
            waiting.push(condition.schema);
        }
        let paths = [kind.read_only(), kind.create_only(), kind.write_only(), kind.deprecated(), kind.reference()];
        assert!(paths.into_iter().flatten().all(|path| !path.is_empty()), "{}", kind.name());
        assert!(kind.relations().all(|(path, mut to)| !path.is_empty() && to.all(|one| one.kind.contains("::"))));
    }
    while let Some(schema) = waiting.pop() {
        if seen.insert(schema) {
            assert!(schema.properties().all(|(name, _)| !name.is_empty() && schema.property(name).is_some()));
            assert!(schema.required().all(|name| !name.is_empty()));
            assert!(schema.dependent_required().all(|(name, others)| !name.is_empty() && !others.is_empty()));
            waiting.extend(below(schema));
        }
    }
    // Every node of the file has been reached, and nothing else: nodes are between the types and the lists.
    let first = word(TYPES) + word(TYPE_COUNT) * FIELDS;
    assert_eq!(seen.first(), Some(&Schema::at(first)));
    assert_eq!(seen.iter().map(|schema| schema.words()).sum::<u32>(), seen.last().unwrap().end() - first);
}

#[test]
fn nearly_all_patterns_are_understood() {
    let mut patterns = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<Schema> = all().map(ResourceType::properties).collect();
    while let Some(schema) = waiting.pop() {
        if seen.insert(schema) {
            patterns.extend(schema.pattern());
            patterns.extend(schema.pattern_properties().map(|(pattern, _)| pattern));
            waiting.extend(below(schema));
        }
    }
    let unknown: Vec<_> = patterns.iter().filter(|pattern| pattern_matches(pattern, "a").is_none()).collect();
    assert!(patterns.len() > 3_000);
    assert!(unknown.len() < 20, "{unknown:?}");
    let ambiguous = patterns.iter().filter(|pattern| pattern_matches(pattern, &"a".repeat(100)).is_none()).count();
    assert!(ambiguous < 150, "{ambiguous} of {} are tried on short texts only", patterns.len());
}
