//! Things that exist: values that their owners know, and what cannot be said beside them.
//!
//! Nothing is emitted for an entry that exists. What it cannot give is an error of the entry that needs it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Kind, Raw};
use crate::artifacts::Expr;
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::{Origin, Ref};
use crate::resolve::{Bound, list};
use crate::route;
use crate::source::Route;

/// A value of something that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// The value itself; `${env.…}` gives each environment its own.
    Literal(String),
    /// What a parameter of SSM Parameter Store holds when the stack is deployed; its name. The parameter is one of the
    /// region of the stack, of type `String`.
    SsmParameter(String),
    /// What a `raw` entry becomes.
    Raw(RawValue),
}

/// A value of a `raw` entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawValue {
    /// The entry.
    pub entry: Ref<Raw>,
    /// The attribute, as `Fn::GetAtt` takes it, such as `Arn`; what `Ref` gives if not set.
    pub attribute: Option<String>,
}

/// The forms of a value that are mappings.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Elsewhere {
    SsmParameter(String),
    Raw(RawValue),
}

impl From<&str> for Given {
    fn from(text: &str) -> Self {
        Self::Literal(text.to_owned())
    }
}

impl Serialize for Given {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Literal(text) => text.serialize(serializer),
            Self::SsmParameter(name) => Elsewhere::SsmParameter(name.clone()).serialize(serializer),
            Self::Raw(value) => Elsewhere::Raw(value.clone()).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Forms;
        impl<'de> Visitor<'de> for Forms {
            type Value = Given;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text, `{ ssm-parameter: <name> }` or `{ raw: { entry: <name>, attribute: <name> } }`")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Given, E> {
                Ok(Given::Literal(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Given, A::Error> {
                Ok(match Elsewhere::deserialize(MapAccessDeserializer::new(map))? {
                    Elsewhere::SsmParameter(name) => Given::SsmParameter(name),
                    Elsewhere::Raw(value) => Given::Raw(value),
                })
            }
        }
        deserializer.deserialize_any(Forms)
    }
}

impl JsonSchema for Given {
    fn schema_name() -> Cow<'static, str> {
        "given".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let elsewhere = generator.subschema_for::<Elsewhere>();
        json_schema!({
            "description": "A value of something that exists: itself, or where it is found.",
            "anyOf": [{ "type": "string", "minLength": 1 }, elsewhere],
        })
    }
}

impl<K: Kind> Bound<'_, K> {
    /// Returns a value of something that exists.
    pub(super) fn given(&self, value: &Given) -> Expr {
        match value {
            Given::Literal(text) => text.into(),
            Given::SsmParameter(name) => Expr::ssm_parameter(name, self.region().as_ref()),
            Given::Raw(value) => {
                let handle = self.follow(&value.entry).main();
                match &value.attribute {
                    None => handle.reference(),
                    Some(name) => Expr::Att(handle, name.clone().into()),
                }
            }
        }
    }

    /// Returns a part of an ARN that is given: 3 is the region, 4 the account, 5 the resource.
    pub(super) fn given_arn_part(&self, arn: &Given, index: usize) -> Expr {
        match arn {
            Given::Literal(text) => text.split(':').nth(index).unwrap_or_default().to_owned().into(),
            Given::SsmParameter(_) | Given::Raw(_) => Expr::part(index, ":", self.given(arn)),
        }
    }
}

/// Reports fields that are written beside `existing` and say how a thing would be made.
pub(super) fn only<K: Kind>(entry: Bound<'_, K>, diags: &mut Diagnostics, told: &[&str]) {
    let Origin::Yaml { node, .. } = &entry.entry().origin else { return };
    let common = crate::model::Common::KEYS;
    for pair in node.pairs().iter().filter(|pair| pair.key != "existing") {
        let key = pair.key.as_str();
        if told.contains(&key) || common.contains(&key) {
            continue;
        }
        let beside = if told.is_empty() {
            String::new()
        } else {
            format!("; beside `existing` stand {}", list(told.iter().copied()))
        };
        diags.push(
            Diagnostic::error("existing/not-made", format!("a {} that exists is not made as `{key}` says", K::NOUN))
                .at(entry.at(&route![key]), "has no effect")
                .also(entry.at(&route!["existing"]), "it exists")
                .help(format!("remove `{key}`, or remove `existing` to have one made{beside}")),
        );
    }
}

/// Reports a literal that does not start as the ids of its type do.
pub(super) fn starts<K: Kind>(
    entry: Bound<'_, K>,
    diags: &mut Diagnostics,
    route: &Route,
    value: &Given,
    starts: &str,
) {
    let good = match value {
        Given::Literal(text) => text.starts_with(starts) && text.len() > starts.len(),
        Given::SsmParameter(name) => !name.is_empty(),
        Given::Raw(_) => true,
    };
    if !good {
        let (what, label) = match value {
            Given::SsmParameter(_) => ("a parameter has a name".to_owned(), "empty"),
            Given::Literal(_) | Given::Raw(_) => (format!("this must start with `{starts}`"), "not an id of that type"),
        };
        diags.push(
            Diagnostic::error("existing/malformed", what).at(entry.at(route), label).help(
                "copy it from the console of AWS, or write `{ ssm-parameter: <name> }` where a parameter holds it",
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::kinds::testing::{compile, compile_stacks, json, properties, report, template};

    const RAW: &str = "
raw: { shared: { type: 'AWS::SQS::Queue' } }
queues: { jobs: { existing: { arn: { raw: { entry: shared, attribute: Arn } } } } }
topics: { events: { subscriptions: { jobs: { queue: jobs } } } }
";

    #[test]
    fn an_attribute_of_a_raw_entry_is_a_value_that_exists() {
        assert!(properties(RAW, "TopicEventsToJobs").contains("Endpoint:\n  Fn::GetAtt:\n  - RawShared\n  - Arn\n"));
    }

    #[test]
    fn a_parameter_of_ssm_becomes_a_parameter_of_each_template_that_uses_it() {
        let queue = "queues: { jobs: { existing: { arn: { ssm-parameter: /landing/jobs/arn } } } }\n";
        let topic = "topics: { events: { subscriptions: { jobs: { queue: shared.jobs } } } }\n";
        let assembly = compile_stacks(&[("shared", queue), ("events", topic)]);
        let template = json(&assembly, "stacks/events.eu-west-1.template.json");
        assert_snapshot!(template["Parameters"], @r#"{"SsmLandingJobsArn":{"Type":"AWS::SSM::Parameter::Value<String>","Default":"/landing/jobs/arn","Description":"Parameter /landing/jobs/arn of SSM"}}"#);
        assert_eq!(template["Resources"]["TopicEventsToJobs"]["Properties"]["Endpoint"]["Ref"], "SsmLandingJobsArn");
        assert!(!assembly.files.contains_key("stacks/shared.eu-west-1.template.json"), "nothing is made there");
    }

    #[test]
    fn parameters_whose_names_are_spelt_alike_are_two() {
        let yaml = "
queues:
  a: { existing: { arn: { ssm-parameter: /a/b } } }
  b: { existing: { arn: { ssm-parameter: /a-b } } }
topics: { events: { subscriptions: { a: { queue: a }, b: { queue: b } } } }
";
        let template = template(yaml);
        let names: Vec<&String> = template["Parameters"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["SsmAB", "SsmAB2"]);
    }

    #[test]
    fn a_parameter_of_another_region_is_refused_where_it_is_used() {
        let found = crate::kinds::testing::report_stacks(&[
            ("shared", "region: eu-central-1\nqueues: { jobs: { existing: { arn: { ssm-parameter: /jobs } } } }\n"),
            ("events", "topics: { events: { subscriptions: { jobs: { queue: shared.jobs } } } }\n"),
        ]);
        assert!(found.contains("existing/other-region: "), "{found}");
    }

    #[test]
    fn what_would_be_made_is_not_said_of_what_exists() {
        let yaml = "queues: { jobs: { existing: { arn: 'arn:aws:sqs:eu-west-1:123456789012:jobs' }, delay: 5 } }\n";
        assert_snapshot!(report(yaml), @"existing/not-made: a queue that exists is not made as `delay` says <- `5` has no effect");
    }

    #[test]
    fn a_value_of_another_form_is_reported_in_its_place() {
        let yaml = "queues: { jobs: { existing: { arn: { ssm: /jobs } } } }\n";
        let found = report(yaml);
        assert!(found.contains("`ssm`"), "{found}");
        let yaml = "queues: { jobs: { existing: { arn: jobs } } }\n";
        assert_snapshot!(report(yaml), @"existing/malformed: this must start with `arn:` <- `jobs` not an id of that type");
    }

    #[test]
    fn what_an_owner_has_to_do_is_in_the_manifest_and_said() {
        let yaml = "
queues: { jobs: { existing: { arn: 'arn:aws:sqs:eu-west-1:123456789012:jobs' } } }
topics: { events: { subscriptions: { jobs: { queue: jobs, dead-letter: true } } } }
";
        let manifest = json(&compile(yaml), "manifest.json");
        assert_snapshot!(serde_yaml::to_string(&manifest["owners"]).unwrap(), @"
        - of: queue `jobs`
          for: topic `events`
          do: let the topic send to it, in the policy of the queue
          target: arn:aws:sqs:eu-west-1:123456789012:jobs
          policy:
            Version: 2012-10-17
            Statement:
            - Effect: Allow
              Action: sqs:SendMessage
              Resource: arn:aws:sqs:eu-west-1:123456789012:jobs
              Sid: FromTopicEvents
              Principal:
                Service: sns.amazonaws.com
              Condition:
                ArnEquals:
                  aws:SourceArn: ${output:shop-dev-example@eu-west-1:TopicEventsRef}
        ");
        assert_snapshot!(report(yaml), @"existing/owner: the owner of queue `jobs` has to let the topic send to it, in the policy of the queue <- `events` needs it");
    }

    #[test]
    fn what_pods_are_told_of_a_parameter_is_an_output_of_a_stack_that_makes_something() {
        let yaml = "
networks: { main: { cidr: 10.1.0.0/16, existing: { vpc: vpc-0a1b2c3d4e5f60718 } } }
clusters:
  main:
    network: main
    mode: auto
    existing: { name: { ssm-parameter: /platform/cluster } }
    provided-by: { metrics-server: { by: the platform team } }
queues: { jobs: { existing: { arn: { ssm-parameter: /jobs/arn } } } }
tables: { carts: { partition-key: { name: id }, existing: { name: { ssm-parameter: /carts } } } }
buckets: { files: { existing: { name: files-dev } } }
services:
  api:
    cluster: main
    port: 8080
    image: shop/api:1.0.0
    sends: [jobs]
    tables: { carts: { table: carts } }
    buckets: { files: { bucket: files } }
";
        let assembly = compile(yaml);
        let objects = String::from_utf8(assembly.files["kubernetes/main/shop/service-api.yaml"].clone()).unwrap();
        let variables: Vec<&str> =
            objects.lines().map(str::trim).filter(|line| line.contains("value:") && line.contains("output:")).collect();
        assert_snapshot!(variables.join("\n"), @"
        value: ${output:shop-dev-example@eu-west-1:SsmCarts}
        value: https://sqs.${output:shop-dev-example@eu-west-1:SsmJobsArnPart3}.amazonaws.com/${output:shop-dev-example@eu-west-1:SsmJobsArnPart4}/${output:shop-dev-example@eu-west-1:SsmJobsArnPart5}
        ");
        let template = json(&assembly, "stacks/example.eu-west-1.template.json");
        let outputs: Vec<&String> = template["Outputs"].as_object().unwrap().keys().collect();
        assert_eq!(outputs, ["SsmCarts", "SsmJobsArn", "SsmJobsArnPart3", "SsmJobsArnPart4", "SsmJobsArnPart5"]);
        assert_snapshot!(template["Outputs"]["SsmJobsArnPart5"]["Value"], @r#"{"Fn::Select":[5,{"Fn::Split":[":",{"Ref":"SsmJobsArn"}]}]}"#);
        let policy = &template["Resources"]["ServiceApiRole"]["Properties"]["Policies"][0]["PolicyDocument"];
        let resources: Vec<String> =
            policy["Statement"].as_array().unwrap().iter().map(|it| it["Resource"].to_string()).collect();
        assert_snapshot!(resources.join("\n"), @r#"
        {"Ref":"SsmJobsArn"}
        {"Fn::Sub":"arn:${AWS::Partition}:dynamodb:eu-west-1:${AWS::AccountId}:table/${SsmCarts}"}
        {"Fn::Sub":"arn:${AWS::Partition}:s3:::files-dev/*"}
        {"Fn::Sub":"arn:${AWS::Partition}:s3:::files-dev"}
        "#);
    }

    #[test]
    fn how_long_a_queue_that_exists_hides_messages_is_known_where_it_is_written() {
        let yaml = "
networks: { main: { cidr: 10.1.0.0/16, existing: { vpc: vpc-0a1b2c3d4e5f60718 } } }
clusters:
  main:
    network: main
    mode: auto
    existing: { name: platform-dev }
queues: { jobs: { existing: { arn: 'arn:aws:sqs:eu-west-1:123456789012:jobs' } } }
workers: { jobs: { cluster: main, image: shop/jobs:1.0.0, consumes: [jobs], processing-time: 90, replicas: { min: 2, max: 2 } } }
";
        assert_eq!(report(yaml), "");
        let written = yaml.replace("jobs: { existing: {", "jobs: { visibility-timeout: 80, existing: {");
        assert!(report(&written).contains("workers/visibility"));
    }
}
