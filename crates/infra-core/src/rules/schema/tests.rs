//! Known mistakes, each where it is; and what holds for any order and any value.

use std::collections::BTreeSet;

use super::super::testing::{Example, describe};
use super::FINDINGS;
use crate::diag::Severity;

/// Resources with one mistake each: id of the finding, the resource with a mark, what makes it right.
const CASES: &[(&str, &str, &[(&str, &str)])] = &[
    ("schema/unknown-property", QUEUE_TYPO, &[("VisibilityTimout", "VisibilityTimeout")]),
    (
        "schema/range",
        "
Resources:
  Q:
    Type: AWS::SQS::Queue
    Properties: { VisibilityTimeout: 43201 }
#                                    ^
",
        &[("43201", "\"43200\"")],
    ),
    (
        "schema/wrong-type",
        "
Resources:
  Q:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: soon
#                        ^
",
        &[("soon", "30")],
    ),
    (
        "schema/wrong-type",
        "
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties: { KeyPolicy: { Statement: [] } }
  F:
    Type: AWS::EC2::Instance
    Properties:
      ImageId: ami-0123456789abcdef0
      SecurityGroupIds: !Ref Key
#                       ^
",
        &[("!Ref Key", "[sg-0123456789abcdef0]")],
    ),
    (
        "schema/missing-property",
        "
Resources:
  T:
    Type: AWS::ECR::Repository
    Properties:
      EncryptionConfiguration: { KmsKey: alias/aws/ecr }
#     ^
",
        &[("{ KmsKey", "{ EncryptionType: KMS, KmsKey")],
    ),
    (
        "schema/enum",
        "
Resources:
  Role:
    Type: AWS::Lambda::Url
    Properties: { TargetFunctionArn: f, AuthType: None }
#                                                 ^
",
        &[("None", "NONE")],
    ),
    (
        "schema/pattern",
        "
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties: { AssumeRolePolicyDocument: {}, RoleName: \"two words\" }
#                                                         ^
",
        &[("two words", "two-words")],
    ),
    (
        "schema/items",
        "
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }, { AttributeName: at, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
#     ^
      LocalSecondaryIndexes:
        - { IndexName: near, Projection: { ProjectionType: ALL }, KeySchema: [{ AttributeName: id, KeyType: HASH }, { AttributeName: at, KeyType: RANGE }] }
",
        &[("KeySchema: [{ AttributeName: id, KeyType: HASH }]\n", "KeySchema: [{ AttributeName: id, KeyType: HASH }, { AttributeName: at, KeyType: RANGE }]\n")],
    ),
    (
        "schema/not-unique",
        "
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {}
      ManagedPolicyArns: [ 'arn:aws:iam::aws:policy/A', 'arn:aws:iam::aws:policy/A' ]
#                                                       ^
",
        &[(", 'arn:aws:iam::aws:policy/A' ]", "]")],
    ),
    (
        "schema/not-together",
        "
Resources:
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanThreshold
      Dimensions: [{ Name: Queue, Value: jobs }]
#     ^
      Metrics: [{ Id: e1, Expression: '1' }]
",
        &[("[{ Name: Queue, Value: jobs }]", "[]")],
    ),
    (
        "schema/read-only",
        "
Resources:
  Q:
    Type: AWS::SQS::Queue
    Properties: { Arn: 'arn:aws:sqs:eu-west-1:111122223333:q' }
#                      ^
",
        &[("Arn: 'arn:aws:sqs:eu-west-1:111122223333:q'", "QueueName: q")],
    ),
    (
        "schema/unknown-attribute",
        "
Resources:
  Q: { Type: AWS::SQS::Queue }
Outputs:
  Url: { Value: !Sub '${Q.Arm}' }
#               ^
",
        &[("Arm", "Arn")],
    ),
    (
        "schema/unknown-type",
        "
Resources:
  Q: { Type: AWS::SQS::Queu }
# ^
",
        &[("Queu", "Queue")],
    ),
    (
        "schema/type-not-in-region",
        "
#: template.yaml region=us-gov-west-1
Resources:
  D:
# ^
    Type: AWS::CloudFront::OriginAccessControl
    Properties:
      OriginAccessControlConfig:
        { Name: a, OriginAccessControlOriginType: s3, SigningBehavior: always, SigningProtocol: sigv4 }
",
        &[("us-gov-west-1", "eu-west-1")],
    ),
    (
        "schema/format",
        "
Resources:
  V:
    Type: AWS::EC2::VPC
    Properties: { CidrBlock: 10.0.0.0 }
#                            ^
",
        &[("10.0.0.0", "10.0.0.0/16")],
    ),
    (
        "schema/length",
        "
Resources:
  S:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: '' }
#                              ^
",
        &[("''", "https://example.com/a.yaml")],
    ),
    (
        "schema/wrong-reference",
        "
Resources:
  R: { Type: AWS::IAM::Role, Properties: { AssumeRolePolicyDocument: {} } }
  T:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: 'arn:aws:sns:eu-west-1:111122223333:t'
      Protocol: firehose
      Endpoint: 'arn:aws:firehose:eu-west-1:111122223333:deliverystream/d'
      SubscriptionRoleArn: !Ref R
#                          ^
",
        &[("!Ref R", "!GetAtt R.Arn")],
    ),
];

const QUEUE_TYPO: &str = "
Resources:
  Q:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimout: 30
#     ^
";

/// The schema findings of an example, advice left out.
fn found(example: &Example) -> Vec<crate::diag::Diagnostic> {
    let all = example.findings().into_iter();
    all.filter(|it| it.id.starts_with("schema/") && it.severity != Severity::Advice).collect()
}

#[test]
fn every_mistake_is_found_where_it_is() {
    let mut wrong = Vec::new();
    for (id, text, _) in CASES {
        let example = Example::read(text);
        let found = found(&example);
        let places: BTreeSet<_> = found.iter().filter_map(|it| example.place(it)).collect();
        if !found.iter().all(|it| it.id == *id) || places != example.marks.iter().copied().collect() {
            let said: Vec<_> = found.iter().map(|it| describe(&example, it)).collect();
            wrong.push(format!("{id}: {said:?}\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_right_is_silent() {
    let mut wrong = Vec::new();
    for (id, text, changes) in CASES {
        let right = changes.iter().fold((*text).to_owned(), |text, (old, new)| {
            assert_eq!(text.matches(old).count(), 1, "{id}: {old}");
            text.replace(old, new)
        });
        let example = Example::read(&right);
        wrong.extend(found(&example).iter().map(|it| format!("{id}: {}", describe(&example, it))));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_of_findings_is_sorted_and_names_every_case() {
    assert!(FINDINGS.is_sorted_by(|one, next| one.0 < next.0));
    assert!(CASES.iter().all(|(id, ..)| FINDINGS.iter().any(|(known, _)| known == id)));
}

#[test]
fn what_only_the_deployment_knows_is_silent() {
    let example = Example::read(
        "
Parameters:
  Size: { Type: Number }
  Ids: { Type: CommaDelimitedList }
  Image: { Type: String, Default: '' }
Resources:
  Q:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: !Ref Size
      QueueName: !Sub 'a-${Q2.Arn}'
      KmsMasterKeyId: '{{resolve:ssm:/key}}'
      DelaySeconds: '{{resolve:ssm:/delay}}'
  Q2: { Type: AWS::SQS::Queue, Properties: !Ref AWS::NoValue }
  I:
    Type: AWS::EC2::Instance
    Properties:
      ImageId: !Ref Image
      SecurityGroupIds: !Ref Ids
      UserData: { 'Fn::Base64': !Ref Q2 }
  Own: { Type: 'Custom::Thing', Properties: { ServiceToken: !GetAtt Q2.Arn, Anything: { a: [1] } } }
  Other: { Type: 'Org::Service::Type', Properties: { A: 1 } }
",
    );
    assert_eq!(found(&example).iter().map(|it| describe(&example, it)).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn the_nearest_alternative_is_reported_and_a_slip_is_corrected() {
    let example = Example::read(QUEUE_TYPO);
    let findings = found(&example);
    let [only] = findings.as_slice() else { panic!("{findings:?}") };
    insta::assert_snapshot!(only.title, @"`Q` has no property `VisibilityTimout`");
    insta::assert_snapshot!(only.help.join("\n"), @"did you mean `VisibilityTimeout`?");
    insta::assert_snapshot!(only.notes.join("\n"), @"source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html");
    let example = Example::read(
        "
Resources:
  R: { Type: AWS::Route53::RecordSet, Properties: { Name: a.example.com, Type: A, TTL: 60, ResourceRecords: [10.0.0.1] } }
",
    );
    insta::assert_snapshot!(found(&example).iter().map(|it| it.title.clone()).collect::<Vec<_>>().join("\n"), @"`R` lacks `HostedZoneId` or `HostedZoneName`");
}

#[test]
fn passwords_are_not_repeated() {
    let text = "
Resources:
  D:
    Type: AWS::RDS::DBInstance
    Properties:
      Engine: postgres
      DBInstanceClass: db.t4g.micro
      AllocatedStorage: '20'
      MasterUsername: admin1
      MasterUserPassword: [hunter2]
";
    let example = Example::read(text);
    let shown: Vec<_> = found(&example).iter().map(|it| format!("{it:?}")).collect();
    assert!(!shown.is_empty() && shown.iter().all(|shown| !shown.contains("hunter2")), "{shown:?}");
}

/// Values that make little sense, in every place of a resource.
const ODD: [&str; 10] =
    ["''", "[]", "{}", "-1", "1.5", "true", "[[1]]", "{ a: { b: [] } }", "'\u{1f}'", "!Ref AWS::Region"];

#[test]
fn neither_order_nor_odd_values_break_anything() {
    for kind in ["AWS::SQS::Queue", "AWS::WAFv2::WebACL", "AWS::RDS::DBInstance", "AWS::CloudFront::Distribution"] {
        let names: Vec<_> =
            crate::facts::resource_types::find(kind).unwrap().properties().properties().map(|(name, _)| name).collect();
        for first in 0..ODD.len() {
            let lines: Vec<String> =
                (first..).zip(&names).map(|(at, name)| format!("      {name}: {}\n", ODD[at % ODD.len()])).collect();
            let said = |lines: &mut dyn Iterator<Item = &String>| {
                let body: String = lines.map(String::as_str).collect();
                let example = Example::read(&format!("Resources:\n  R:\n    Type: {kind}\n    Properties:\n{body}"));
                found(&example).iter().map(|it| format!("{} {}", it.id, it.title)).collect::<BTreeSet<_>>()
            };
            let (forward, backward) = (said(&mut lines.iter()), said(&mut lines.iter().rev()));
            assert!(!forward.is_empty());
            assert_eq!(forward, backward, "{kind}");
        }
    }
}

#[test]
fn the_class_of_a_deprecated_version_is_not_judged() {
    let of = |version: &str, class: &str| {
        format!(
            "Resources: {{ Db: {{ Type: AWS::RDS::DBInstance, Properties: {{ Engine: postgres, EngineVersion: '{version}', DBInstanceClass: {class} }} }} }}\n"
        )
    };
    let judged = |text: &str| found(&Example::read(text)).iter().any(|finding| finding.id == "schema/enum");
    assert!(!judged(&of("17.4", "db.t4g.micro")));
    assert!(judged(&of("17.6", "db.t4g.micr")));
}
