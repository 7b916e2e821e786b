//! Any CloudFormation resource, for what the model does not know.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Kind;
use crate::artifacts::{Deletion, Expr, Handle, Object, Resource};
use crate::diag::{Diagnostic, Diagnostics};
use crate::lower::Lowering;
use crate::names::LogicalId;
use crate::resolve::Bound;
use crate::route;

/// A CloudFormation resource as its reference describes it.
///
/// `Ref`, `Fn::GetAtt` and `Fn::Sub` may name logical ids of this stack, or of another one: `stack/LogicalId`, or the id
/// alone where one other stack only has it. Such a value crosses stacks like any other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Raw {
    /// Type, such as `AWS::CloudTrail::Trail`.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// Properties as the type's reference spells them; intrinsic functions in full, such as `Fn::Sub`.
    #[serde(default)]
    pub properties: serde_json::Map<String, serde_json::Value>,
    /// The logical id, if not the one made from the name.
    pub logical_id: Option<LogicalId>,
    /// Which part of the stack it belongs to.
    #[serde(default)]
    pub part: Part,
    /// Logical ids of the same stack that must exist first.
    #[serde(default)]
    pub depends_on: Vec<LogicalId>,
    /// What happens when the resource leaves the template.
    #[serde(default)]
    pub deletion: RawDeletion,
    /// `Metadata` of the resource.
    #[serde(default)]
    pub metadata: serde_json::Map<String, serde_json::Value>,
}

/// Which part of a stack a raw resource belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The one in the stack's own region.
    #[default]
    Home,
    /// The one in us-east-1.
    Edge,
}

/// What happens when a raw resource leaves the template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RawDeletion {
    /// Retained if the type holds data, else deleted.
    #[default]
    Auto,
    /// Deleted.
    Delete,
    /// Retained.
    Retain,
    /// Deleted after a snapshot.
    Snapshot,
}

impl Kind for Raw {
    const SECTION: &'static str = "raw";
    const NOUN: &'static str = "raw resource";
    const PREFIX: &'static str = "Raw";
    const EXAMPLE: &'static str = "
queues:
  jobs: {}
raw:
  queue-name:
    type: AWS::SSM::Parameter
    properties:
      Type: String
      Name: { Fn::Sub: '/${AWS::StackName}/jobs' }
      Value: { Fn::GetAtt: [QueueJobs, QueueName] }
";
    const VERBATIM: bool = true;

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        let kind = &entry.spec().resource_type;
        let segments: Vec<&str> = kind.split("::").collect();
        let plain = |segment: &&str| !segment.is_empty() && segment.chars().all(|c| c.is_ascii_alphanumeric());
        if segments.len() < 3 || !segments.iter().all(plain) {
            diags.push(
                Diagnostic::error("raw/type", format!("`{kind}` is no resource type"))
                    .at(entry.at(&route!["type"]), "not of the form `Vendor::Service::Type`")
                    .help("such as `AWS::CloudTrail::Trail`"),
            );
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        let raw = entry.spec();
        let handle = entry.main();
        let place = handle.place;
        // Functions are read when all resources are known.
        let properties: Object =
            raw.properties.iter().map(|(key, value)| (key.clone(), Expr::from_json(value))).collect();
        let mut resource = Resource::new(handle, raw.resource_type.clone(), properties.into())
            .after(raw.depends_on.iter().map(|id| Handle { place, id: id.clone() }));
        resource.deletion = match raw.deletion {
            RawDeletion::Auto => crate::facts::stateful(&raw.resource_type).then_some(Deletion::Retain),
            RawDeletion::Delete => Some(Deletion::Delete),
            RawDeletion::Retain => Some(Deletion::Retain),
            RawDeletion::Snapshot => Some(Deletion::Snapshot),
        };
        if !raw.metadata.is_empty() {
            resource.metadata = Some(raw.metadata.iter().map(|(key, value)| (key.clone(), Expr::from_json(value))).collect::<Object>().into());
        }
        cx.add(resource);
    }
}

impl Bound<'_, Raw> {
    /// Names the resource that the entry makes.
    pub(super) fn main(&self) -> Handle {
        let place = match self.part {
            Part::Home => self.home(),
            Part::Edge => self.edge(),
        };
        Handle { place, id: self.spec().logical_id.clone().unwrap_or_else(|| self.logical_id("")) }
    }

    /// Returns an attribute of the resource, or what `Ref` gives for it.
    pub fn value(&self, attribute: Option<&str>) -> Expr {
        match attribute {
            Some(name) => Expr::Att(self.main(), name.to_owned().into()),
            None => self.main().reference(),
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::kinds::testing::{compile, compile_stacks, json, properties, properties_in, report, report_stacks, template};

    fn parameter(rest: &str) -> String {
        format!("queues: {{ jobs: {{}} }}\nraw: {{ name: {{ type: AWS::SSM::Parameter{rest} }} }}\n")
    }

    #[test]
    fn functions_and_what_cloudformation_fills_stay_as_written() {
        assert_snapshot!(properties(Raw::EXAMPLE, "RawQueueName"), @"
        Type: String
        Name:
          Fn::Sub: /${AWS::StackName}/jobs
        Value:
          Fn::GetAtt:
          - QueueJobs
          - QueueName
        ");
    }

    #[test]
    fn pseudo_parameters_stay_as_written() {
        let yaml = parameter(", properties: { Type: String, Value: { Ref: AWS::Region } }");
        assert_snapshot!(properties(&yaml, "RawName"), @"
        Type: String
        Value:
          Ref: AWS::Region
        ");
    }

    #[test]
    fn values_of_other_stacks_cross_as_parameters() {
        let raw = "
raw:
  name:
    type: AWS::SSM::Parameter
    properties:
      Type: String
      Value: { Fn::Join: [' ', [{ Ref: core.QueueJobs }, { Fn::GetAtt: [core.QueueJobs, Arn] }]] }
";
        let assembly = compile_stacks(&[("core", "queues: { jobs: {} }\n"), ("params", raw)]);
        assert_snapshot!(properties_in(&assembly, "stacks/params.eu-west-1.template.json", "RawName"), @"
        Type: String
        Value:
          Fn::Sub: ${CoreQueueJobsRef} ${CoreQueueJobsArn}
        ");
        let outputs = &json(&assembly, "stacks/core.eu-west-1.template.json")["Outputs"];
        assert_snapshot!(outputs, @r#"{"QueueJobsArn":{"Description":"Arn of QueueJobs","Value":{"Fn::GetAtt":["QueueJobs","Arn"]}},"QueueJobsRef":{"Description":"Ref of QueueJobs","Value":{"Ref":"QueueJobs"}}}"#);
    }

    #[test]
    fn a_part_for_us_east_1_stands_in_the_template_of_that_region() {
        let yaml = parameter(", part: edge, properties: { Type: String, Value: a }");
        let assembly = compile(&yaml);
        assert!(json(&assembly, "stacks/example.us-east-1.template.json")["Resources"].get("RawName").is_some());
        assert!(json(&assembly, "stacks/example.eu-west-1.template.json")["Resources"].get("RawName").is_none());
    }

    #[test]
    fn a_logical_id_may_be_chosen() {
        let yaml = parameter(", logical-id: Mine, properties: { Type: String, Value: a }");
        assert_eq!(template(&yaml)["Resources"]["Mine"]["Type"], "AWS::SSM::Parameter");
    }

    #[test]
    fn types_that_hold_data_are_retained_unless_it_is_said_otherwise() {
        for (kind, deletion, expected) in [
            ("AWS::S3::Bucket", "auto", Some("Retain")),
            ("AWS::S3::Bucket", "delete", Some("Delete")),
            ("AWS::SNS::Topic", "auto", None),
            ("AWS::SNS::Topic", "retain", Some("Retain")),
            ("AWS::Neptune::DBCluster", "snapshot", Some("Snapshot")),
        ] {
            let yaml = format!("raw: {{ a: {{ type: '{kind}', deletion: {deletion} }} }}\n");
            let template = template(&yaml);
            let resource = &template["Resources"]["RawA"];
            assert_eq!(resource.get("DeletionPolicy").and_then(|policy| policy.as_str()), expected, "{kind} {deletion}");
            assert_eq!(resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"));
        }
    }

    #[test]
    fn order_and_metadata_are_kept() {
        let yaml = parameter(", depends-on: [QueueJobs], metadata: { why: because }, properties: { Type: String, Value: a }");
        assert_snapshot!(template(&yaml)["Resources"]["RawName"], @r#"{"Type":"AWS::SSM::Parameter","DependsOn":"QueueJobs","Metadata":{"why":"because"},"Properties":{"Type":"String","Value":"a"}}"#);
    }

    #[test]
    fn a_type_has_three_parts() {
        assert_snapshot!(report("raw: { a: { type: 'AWS::SSM' } }\n"), @"raw/type: `AWS::SSM` is no resource type <- `'AWS::SSM'` not of the form `Vendor::Service::Type`");
    }

    #[test]
    fn an_unknown_logical_id_is_reported() {
        let yaml = parameter(", properties: { Type: String, Value: { Ref: QueueJob } }");
        assert_snapshot!(report(&yaml), @"cfn/unknown-reference: `QueueJob` is neither a parameter nor a resource <- `QueueJob` names nothing in this template");
    }

    #[test]
    fn an_unknown_logical_id_to_wait_for_is_reported() {
        let yaml = parameter(", depends-on: [QueueJob], properties: { Type: String, Value: a }");
        assert_snapshot!(report(&yaml), @"cfn/unknown-dependency: there is no resource `QueueJob` <- `depends-on` names no resource of this template");
    }

    #[test]
    fn an_unknown_logical_id_of_another_stack_is_reported() {
        let yaml = parameter(", properties: { Type: String, Value: { Fn::GetAtt: [core.QueueJob, Arn] } }");
        assert_snapshot!(report_stacks(&[("core", "queues: { jobs: {} }\n"), ("params", &yaml)]), @"lower/unknown-resource: stack `shop-dev-core` has no resource `QueueJob` <- `core.QueueJob` of stacks/params.yaml refers to `core.QueueJob`");
    }

    #[test]
    fn an_unknown_stack_is_reported() {
        let yaml = parameter(", properties: { Type: String, Value: { Fn::Join: ['', [{ Ref: cor.QueueJobs }]] } }");
        assert_snapshot!(report_stacks(&[("core", "queues: { jobs: {} }\n"), ("params", &yaml)]), @"raw/unknown-stack: there is no stack `cor` <- `cor.QueueJobs` of stacks/params.yaml refers to `cor.QueueJobs`");
    }

    #[test]
    fn a_name_that_one_other_stack_has_is_of_that_stack() {
        let raw = "
raw:
  name:
    type: AWS::SSM::Parameter
    properties: { Type: String, Value: { Fn::Sub: 'q $${QueueJobs} $${core/QueueJobs.Arn}' } }
";
        let assembly = compile_stacks(&[("core", "queues: { jobs: {} }\n"), ("params", raw)]);
        assert_snapshot!(properties_in(&assembly, "stacks/params.eu-west-1.template.json", "RawName"), @"
        Type: String
        Value:
          Fn::Sub: q ${CoreQueueJobsRef} ${CoreQueueJobsArn}
        ");
    }

    #[test]
    fn a_name_that_several_other_stacks_have_is_reported() {
        let yaml = parameter(", properties: { Type: String, Value: { Ref: TopicT } }");
        let topic = "topics: { t: {} }\n";
        assert_snapshot!(report_stacks(&[("a", topic), ("b", topic), ("params", &yaml)]).lines().next().unwrap(), @"lower/ambiguous-resource: several stacks have a resource `TopicT` <- `TopicT` of stacks/params.yaml refers to `TopicT`");
    }

    #[test]
    fn functions_are_checked_as_those_of_documents_are() {
        for (value, expected) in [
            ("{ Fn::GetAttr: [QueueJobs, Arn] }", "cfn/unknown-function"),
            ("{ Fn::Join: ',' }", "cfn/function-shape"),
            ("{ Fn::FindInMap: [Sizes, a, b] }", "cfn/unknown-mapping"),
            ("{ Fn::If: [Big, a, b] }", "cfn/unknown-condition"),
            ("{ Fn::Sub: 'a $${Nope}' }", "cfn/unknown-reference"),
            ("{ Ref: RawName }", "cfn/self-reference"),
            ("{ Fn::GetAtt: [QueueJobs, Arm] }", "schema/unknown-attribute"),
        ] {
            let found = report(&parameter(&format!(", properties: {{ Type: String, Value: {value} }}")));
            assert!(found.lines().any(|line| line.starts_with(expected)), "{value}: {found}");
        }
        assert!(report("raw: { a: { type: 'aws::kms::key' } }\n").contains("schema/unknown-type"));
    }
}
