//! What would make AWS refuse the changes, or harm others.

use std::collections::BTreeSet;

use serde_json::Value;

use super::changes::{Action, Hazard, Impact, ResourceChange, StackChange};
use super::draft::{entry, section};
use super::grants::text;
use super::normal::{Context, scalar_text};
use super::protection;
use super::references::{Target, references};
use super::refusals::refusals;
use super::stacks::holding;
use super::value::same;
use crate::facts::resource_types;
use crate::state::{Deployed, DeployedStack, Desired, OutputRef, Phase, StackKey, Verb, Verdict, verdict};

/// The hazards of changes.
pub(super) fn hazards(
    desired: &Desired,
    deployed: &Deployed,
    selected: &BTreeSet<StackKey>,
    changes: &[StackChange],
) -> Vec<Hazard> {
    let scene = Scene { desired, deployed, selected };
    let mut found = Vec::new();
    for (key, stack) in &deployed.stacks {
        let wanted = desired.stacks.contains_key(key) && (selected.is_empty() || selected.contains(key));
        let change = changes.iter().find(|change| change.stack == *key);
        if wanted || change.is_some() {
            found.extend(status(key, stack, change));
        }
    }
    for change in changes {
        found.extend(scene.outputs(change));
        found.extend(scene.names(change));
        found.extend(renames(change));
        found.extend(scene.refusals(change));
        let before = holding(deployed, &change.stack);
        found.extend(before.into_iter().flat_map(|before| protection::hazards(change, &before.template)));
    }
    found
}

#[derive(Clone, Copy)]
struct Scene<'a> {
    desired: &'a Desired,
    deployed: &'a Deployed,
    selected: &'a BTreeSet<StackKey>,
}

/// Statuses that take no change, whether or not there is one: a stack that is broken is not up to date.
fn status(key: &StackKey, stack: &DeployedStack, change: Option<&StackChange>) -> Option<Hazard> {
    let deletes = change.is_some_and(|change| change.action == Action::Delete);
    let (help, blocks) = match verdict(Some(stack.status), if deletes { Verb::Destroy } else { Verb::Apply }) {
        Verdict::Goes | Verdict::TakenAsAbsent | Verdict::Nothing | Verdict::Waits => return None,
        Verdict::Busy => ("wait until it has ended, then compare again", true),
        Verdict::Stuck => ("`infra recover` says how it gets out of there", true),
        Verdict::Unsound => ("a change that mends it can be applied, or `infra recover` rolls it back", false),
    };
    let why = match stack.status.phase() {
        Phase::Busy => "an operation is under way",
        Phase::CreationFailed => "it was never created and can only be deleted",
        Phase::UpdateFailed => "its last update failed and was left as it is",
        Phase::RollbackFailed => "its last update could not be rolled back",
        Phase::DeleteFailed => "its deletion failed",
        Phase::Steady | Phase::RolledBack | Phase::Review | Phase::Gone => "it takes changes",
    };
    let reason = stack.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let text = format!("the stack is {}: {why}{reason}", stack.status);
    // Whatever is under way may end in another state than the one that was compared.
    let busy = stack.status.phase() == Phase::Busy;
    Some(Hazard {
        subject: key.to_string(),
        text,
        help: help.to_owned(),
        blocking: blocks && (busy || change.is_some()),
    })
}

/// How somebody takes an output.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// By `Fn::ImportValue`: AWS guards it.
    Import,
    /// By a parameter or `Fn::GetStackOutput`: nobody guards it.
    Weak,
}

impl Scene<'_> {
    fn refusals(self, change: &StackChange) -> Vec<Hazard> {
        match (holding(self.deployed, &change.stack), self.desired.stacks.get(&change.stack)) {
            (Some(before), Some(after)) => refusals(change, &before.template, &after.template),
            (_, _) => Vec::new(),
        }
    }

    /// Outputs that go or change although others take them.
    ///
    /// While another stack imports an export, CloudFormation deletes neither the stack that exports it nor changes the
    /// value. Source:
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-importvalue.html>
    /// (read 2026-11-25).
    fn outputs(self, change: &StackChange) -> Vec<Hazard> {
        let key = &change.stack;
        let Some(before) = holding(self.deployed, key) else { return Vec::new() };
        let wanted = self.desired.stacks.get(key).filter(|_| change.action != Action::Delete);
        let after = wanted.map_or(&Value::Null, |stack| &stack.template);
        let mut found = Vec::new();
        for (name, old) in section(&before.template, "Outputs") {
            let new = entry(after, "Outputs", name);
            let export = self.export(key, old);
            let exported = export.is_some() && new.is_none_or(|new| self.export(key, new) != export);
            let output = OutputRef { stack: key.clone(), output: name.clone() };
            let changes = new.is_some_and(|new| changes_value(change, old, new));
            for (consumer, how) in self.consumers(&output, export.as_deref(), before.outputs.get(name)) {
                let says = match (new, how) {
                    (None, _) => format!("output {name} goes away, but {consumer} still takes it"),
                    (Some(_), Use::Import) if exported => {
                        format!(
                            "export {} goes away, but {consumer} still imports it",
                            export.clone().unwrap_or_default()
                        )
                    }
                    (Some(_), Use::Import) if changes => {
                        format!(
                            "the value of export {} changes, but {consumer} imports it",
                            export.clone().unwrap_or_default()
                        )
                    }
                    (Some(_), Use::Import | Use::Weak) => continue,
                };
                let help = match how {
                    Use::Import => format!(
                        "first apply a version in which {} keeps the output and {consumer} does not import it, then this one",
                        key.name
                    ),
                    Use::Weak => {
                        format!("apply {consumer} in the same run, or keep the output until it does not take it")
                    }
                };
                found.push(Hazard {
                    subject: key.to_string(),
                    text: says,
                    help,
                    blocking: how == Use::Import || self.wants(&consumer, &output),
                });
            }
        }
        found
    }

    /// The name under which an output is exported.
    fn export(self, key: &StackKey, output: &Value) -> Option<String> {
        let name = text(output.pointer("/Export/Name")?);
        let name = name.replace("${AWS::StackName}", &key.name).replace("${AWS::Region}", &key.region);
        Some(name.replace("${AWS::AccountId}", &self.deployed.account))
    }

    /// Whether the definition itself still wants the output.
    fn wants(self, consumer: &StackKey, output: &OutputRef) -> bool {
        self.desired.stacks.get(consumer).is_some_and(|stack| stack.parameters.values().any(|known| known == output))
    }

    /// Deployed stacks that take an output, and go on doing so until the run reaches them.
    fn consumers(self, output: &OutputRef, export: Option<&str>, value: Option<&String>) -> Vec<(StackKey, Use)> {
        let deleted = |key: &StackKey| self.selected.is_empty() && !self.desired.stacks.contains_key(key);
        let mut found = Vec::new();
        for (key, stack) in self.deployed.stacks.iter().filter(|(key, _)| **key != output.stack) {
            // Of two stacks that go, the one that takes goes first.
            if holding(self.deployed, key).is_none() || deleted(key) && deleted(&output.stack) {
                continue;
            }
            let imports =
                key.region == output.stack.region && export.is_some_and(|export| self.imports(key, stack, export));
            if imports {
                found.push((key.clone(), Use::Import));
                continue;
            }
            let covered = self.selected.is_empty() || self.selected.contains(key);
            // What the run reaches takes what its new template says; what it deletes takes nothing.
            let wanted = self.wants(key, output);
            let holds = match self.desired.stacks.get(key) {
                Some(stack) if covered => reads(&stack.template, key, output),
                None if covered => false,
                Some(_) | None => takes(stack, key, output, value),
            };
            if wanted || holds {
                found.push((key.clone(), Use::Weak));
            }
        }
        found
    }

    /// Whether a deployed stack imports an export. The run reaches it only after the stack that exports, so that it
    /// will not import it any more does not help.
    fn imports(self, key: &StackKey, stack: &DeployedStack, export: &str) -> bool {
        let mut found = false;
        import_names(&stack.template, &mut |name| {
            let name = name.replace("${AWS::Region}", &key.region).replace("${AWS::AccountId}", &self.deployed.account);
            found |= resolved(&name, stack) == export;
        });
        found
    }

    /// Resources with a name of their own that would be replaced: the new one could not have the name.
    ///
    /// Source: <https://repost.aws/knowledge-center/cloudformation-custom-name> and
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html> (read
    /// 2026-11-25).
    fn names(self, change: &StackChange) -> Vec<Hazard> {
        let Some(before) = holding(self.deployed, &change.stack) else { return Vec::new() };
        let Some(after) = self.desired.stacks.get(&change.stack) else { return Vec::new() };
        let replaced = change
            .resources
            .iter()
            .filter(|resource| resource.action == Action::Update && resource.impact >= Impact::MayReplace);
        let one = |resource: &ResourceChange| {
            let property = fixed_name(resource, &before.template, &after.template)?;
            let certain = resource.impact == Impact::Replaces;
            let would = if certain { "is to be replaced" } else { "may have to be replaced" };
            let cause = resource.causes.first()?;
            Some(Hazard {
                subject: change.stack.to_string(),
                text: format!(
                    "{} {would} because of {cause}, but keeps its {property}, which exists already",
                    resource.id
                ),
                help: format!("give it another {property} in the same change, or none"),
                blocking: certain,
            })
        };
        replaced.filter_map(one).collect()
    }
}

/// Resources that go and come back under another id.
fn renames(change: &StackChange) -> impl Iterator<Item = Hazard> + '_ {
    let gone = change.resources.iter().filter(|resource| resource.action != Action::Create);
    gone.filter_map(|resource| {
        let new = resource.looks_like.as_ref()?;
        let place = change.resources.iter().find(|other| other.id == *new).and_then(|other| other.place.as_ref());
        let at = place.map(|place| format!(" ({place})")).unwrap_or_default();
        Some(Hazard {
            subject: change.stack.to_string(),
            text: format!("{} goes and {new} comes with the same properties, which looks like a rename", resource.id),
            help: format!("if it is the same thing, write `renamed-from:` with its old name at the entry of {new}{at}"),
            blocking: false,
        })
    })
}

/// Whether the value of an output changes: by its text, or because what it depends on is replaced.
fn changes_value(change: &StackChange, old: &Value, new: &Value) -> bool {
    let value = |output: &Value| output.get("Value").cloned().unwrap_or_default();
    let replaced = |id: &str| {
        change.resources.iter().any(|resource| resource.id == id && resource.impact == Impact::Replaces)
            || change.parameters.iter().any(|parameter| parameter.path == id)
    };
    let depends = |reference: &super::references::Reference| match &reference.target {
        Target::Own(id) => replaced(id),
        Target::Attribute(..) | Target::Output(..) | Target::Export(_) => false,
    };
    !same(&value(old), &value(new), Context::UNKNOWN) || references(&value(new), Vec::new()).iter().any(depends)
}

/// Whether a deployed stack was given an output: it reads it, or a parameter has its value.
fn takes(stack: &DeployedStack, key: &StackKey, output: &OutputRef, value: Option<&String>) -> bool {
    // Short values, such as ports and flags, are equal by chance.
    const LONG: usize = 8;
    let parameter = value.filter(|value| value.len() >= LONG).is_some_and(|value| {
        section(&stack.template, "Parameters").any(|(name, _)| stack.parameters.get(name) == Some(value))
    });
    parameter || reads(&stack.template, key, output)
}

/// Whether a template reads an output by `Fn::GetStackOutput`.
fn reads(template: &Value, key: &StackKey, output: &OutputRef) -> bool {
    references(template, Vec::new()).into_iter().any(|reference| match reference.target {
        Target::Output(from, name) => {
            let region = if from.region.is_empty() { &key.region } else { &from.region };
            from.name == output.stack.name && *region == output.stack.region && name == output.output
        }
        Target::Own(_) | Target::Attribute(..) | Target::Export(_) => false,
    })
}

/// Calls `visit` with every name that a template imports, as text.
fn import_names(value: &Value, visit: &mut impl FnMut(String)) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                if key == "Fn::ImportValue" {
                    visit(text(inner));
                }
                import_names(inner, visit);
            }
        }
        Value::Array(items) => items.iter().for_each(|inner| import_names(inner, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A text with the values of the stack's parameters.
fn resolved(text: &str, stack: &DeployedStack) -> String {
    let mut text = text.to_owned();
    for (name, value) in &stack.parameters {
        text = text.replace(&format!("${{{name}}}"), value);
    }
    text
}

/// The property by which a resource has a name of its own that stays.
fn fixed_name(change: &ResourceChange, before: &Value, after: &Value) -> Option<String> {
    let kind = resource_types::find(&change.kind)?;
    let mut identifier = kind.primary_identifier();
    let (name, more) = (identifier.next()?, identifier.next());
    if more.is_some() || name.contains('.') || kind.read_only().any(|known| known == name) {
        return named_property(change, before, after);
    }
    kept(change, before, after, name)
}

/// Types whose identifier AWS makes may still take a name that must be unique.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html> (read
/// 2026-11-25).
fn named_property(change: &ResourceChange, before: &Value, after: &Value) -> Option<String> {
    const NAMES: &[(&str, &str)] = &[
        ("AWS::EC2::SecurityGroup", "GroupName"),
        ("AWS::EKS::Nodegroup", "NodegroupName"),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Name"),
        ("AWS::ElasticLoadBalancingV2::TargetGroup", "Name"),
        ("AWS::IAM::ManagedPolicy", "ManagedPolicyName"),
        ("AWS::SNS::Topic", "TopicName"),
        ("AWS::SQS::Queue", "QueueName"),
        ("AWS::SecretsManager::Secret", "Name"),
    ];
    let (_, name) = NAMES.iter().find(|(kind, _)| *kind == change.kind)?;
    kept(change, before, after, name)
}

/// The name of the property, if it is there and stays.
fn kept(change: &ResourceChange, before: &Value, after: &Value, name: &str) -> Option<String> {
    let value = |template: &Value| {
        entry(template, "Resources", &change.id)?.get("Properties")?.get(name).map(|value| match value {
            Value::Object(_) | Value::Array(_) => value.to_string(),
            scalar => scalar_text(scalar),
        })
    };
    let path = format!("Properties.{name}");
    let moves = change.properties.iter().any(|property| property.path == path);
    let typed = change.causes.iter().any(|cause| cause == "Type");
    (!moves && !typed && value(before).is_some() && value(before) == value(after)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::stacks;
    use super::super::testing::{deployed, desired, key, stack};
    use super::*;
    use crate::state::StackStatus;

    fn found(desired: &Desired, deployed: &Deployed, selected: &[&str]) -> Vec<(String, bool)> {
        let selected = selected.iter().map(|name| key(name)).collect();
        stacks(desired, deployed, &selected).hazards.into_iter().map(|one| (one.text, one.blocking)).collect()
    }

    fn queue(outputs: Value) -> Value {
        json!({ "Resources": { "Q": { "Type": "AWS::SQS::Queue" } }, "Outputs": outputs })
    }

    #[test]
    fn an_export_that_is_imported_neither_goes_nor_changes() {
        let exported = |value: Value| {
            queue(json!({ "Arn": { "Value": value, "Export": { "Name": { "Fn::Sub": "${AWS::StackName}-arn" } } } }))
        };
        let imports = json!({ "Resources": { "P": { "Type": "AWS::SSM::Parameter", "Properties": { "Value": { "Fn::ImportValue": "a-arn" } } } } });
        let own = json!({ "Fn::GetAtt": ["Q", "Arn"] });
        let there = deployed(vec![
            ("a", stack(exported(own.clone()), &[], &[("Arn", "arn:q")])),
            ("b", stack(imports.clone(), &[], &[])),
        ]);
        let without = desired(&[("a", queue(json!({})), &[]), ("b", json!({ "Resources": {} }), &[])]);
        assert_eq!(
            found(&without, &there, &[]),
            [("output Arn goes away, but b@eu-west-1 still takes it".to_owned(), true)]
        );
        let changed = desired(&[("a", exported(json!({ "Ref": "Q" })), &[]), ("b", imports.clone(), &[])]);
        assert_eq!(
            found(&changed, &there, &[]),
            [("the value of export a-arn changes, but b@eu-west-1 imports it".to_owned(), true)]
        );
        let equal = desired(&[("a", exported(own), &[]), ("b", imports, &[])]);
        assert_eq!(found(&equal, &there, &[]), []);
        assert_eq!(found(&desired(&[]), &there, &[]), [], "if both are deleted, the one that imports goes first");
    }

    #[test]
    fn an_output_that_a_stack_outside_of_the_run_takes_is_missed() {
        let takes = json!({ "Parameters": { "Arn": { "Type": "String" } }, "Resources": { "P": { "Type": "AWS::SSM::Parameter", "Properties": { "Value": { "Ref": "Arn" } } } } });
        let there = deployed(vec![
            ("a", stack(queue(json!({ "Arn": { "Value": "x" } })), &[], &[("Arn", "arn:aws:sqs:q")])),
            ("b", stack(takes, &[("Arn", "arn:aws:sqs:q")], &[])),
        ]);
        let wanted = desired(&[("a", queue(json!({})), &[]), ("b", json!({ "Resources": {} }), &[])]);
        assert_eq!(
            found(&wanted, &there, &["a"]),
            [("output Arn goes away, but b@eu-west-1 still takes it".to_owned(), false)]
        );
        assert_eq!(found(&wanted, &there, &[]), [], "in a run of both it is not taken any more");
    }

    #[test]
    fn a_rename_can_be_said() {
        let with = |id: &str| json!({ "Resources": { id: { "Type": "AWS::DynamoDB::Table", "Properties": { "BillingMode": "x" } } } });
        let there = deployed(vec![("a", stack(with("Old"), &[], &[]))]);
        let hazards = stacks(&desired(&[("a", with("New"), &[])]), &there, &BTreeSet::new()).hazards;
        assert_eq!(hazards[0].text, "Old goes and New comes with the same properties, which looks like a rename");
        assert!(hazards[0].help.contains("`renamed-from:`") && !hazards[0].blocking);
    }

    #[test]
    fn statuses_stand_in_the_way() {
        let changed =
            json!({ "Resources": { "Q": { "Type": "AWS::SQS::Queue", "Properties": { "DelaySeconds": 1 } } } });
        for status in StackStatus::ALL {
            let mut one = stack(queue(json!({})), &[], &[]);
            one.status = *status;
            let there = deployed(vec![("a", one)]);
            let found = found(&desired(&[("a", changed.clone(), &[])]), &there, &[]);
            let takes = matches!(status.phase(), Phase::Steady | Phase::RolledBack | Phase::Review | Phase::Gone);
            assert_eq!(found.is_empty(), takes, "{status}");
            assert!(takes || found[0].1 || status.phase() == Phase::UpdateFailed, "{status}");
        }
    }

    #[test]
    fn a_broken_stack_is_said_even_if_nothing_changes() {
        // aws-cdk-cli#1972: "no changes" although the stack is broken.
        let mut one = stack(queue(json!({})), &[], &[]);
        one.status = StackStatus::UpdateFailed;
        let hazards =
            stacks(&desired(&[("a", queue(json!({})), &[])]), &deployed(vec![("a", one)]), &BTreeSet::new()).hazards;
        assert!(hazards[0].help.contains("`infra recover`") && !hazards[0].blocking);
    }

    #[test]
    fn what_has_a_name_of_its_own_cannot_be_replaced() {
        let table = |name: Option<&str>, key: &str| {
            let mut properties = json!({ "KeySchema": [{ "AttributeName": key, "KeyType": "HASH" }] });
            if let Some(name) = name {
                properties["TableName"] = name.into();
            }
            json!({ "Resources": { "T": { "Type": "AWS::DynamoDB::Table", "Properties": properties } } })
        };
        let run = |before: Value, after: Value| {
            found(&desired(&[("a", after, &[])]), &deployed(vec![("a", stack(before, &[], &[]))]), &[])
        };
        let hazards = run(table(Some("t"), "a"), table(Some("t"), "b"));
        assert_eq!(hazards.len(), 1);
        assert!(hazards[0].0.contains("keeps its TableName") && hazards[0].1, "{hazards:?}");
        assert_eq!(run(table(Some("t"), "a"), table(Some("u"), "b")), []);
        assert_eq!(run(table(None, "a"), table(None, "b")), []);
    }
}
