//! What differs between the stacks that are wanted and those that are deployed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::changes::{
    Action, Exposure, Hazard, Impact, Method, ResourceChange, StackChange, TERMINATION_PROTECTION, ValueChange,
};
use super::draft::{Cause, Draft, Values, entry, section};
use super::given::{given, settled};
use super::normal::scalar_text;
use super::references::Target;
use super::secrets::{self, Side, shown};
use super::{exposure, hazard, loss, protection};
use crate::state::{
    Deployed, DeployedStack, Desired, DesiredStack, Holder, OutputRef, Phase, StackKey, StackStatus, kept,
};

/// Whether a value is what CloudFormation gives for that of a `NoEcho` parameter: asterisks, however many.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>, as
/// others quote it (read 2026-11-25), says five; the API gives four (from memory).
fn is_masked(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte == b'*')
}

/// What differs between the stacks that are wanted and those that are deployed.
#[derive(Clone, Debug, Default)]
pub struct Stacks {
    /// Stacks that would be created, updated or deleted.
    pub changes: Vec<StackChange>,
    /// Who could do or reach more than before.
    pub exposures: Vec<Exposure>,
    /// What would make AWS refuse the changes, or harm others.
    pub hazards: Vec<Hazard>,
    /// Outputs whose values are known only once the stacks are changed.
    pub unknown: BTreeSet<OutputRef>,
}

/// Compares the stacks that are wanted with those that are deployed; `selected` empty means all of them, and only then
/// are stacks deleted that are not wanted any more.
pub fn stacks(desired: &Desired, deployed: &Deployed, selected: &BTreeSet<StackKey>) -> Stacks {
    let evaluated = evaluated(desired, deployed);
    let mut world = World { desired, deployed, drafts: BTreeMap::new() };
    let is_selected = |key: &StackKey| selected.is_empty() || selected.contains(key);
    let taken = |key: &StackKey| deployed.foreign.contains_key(key);
    let wanted = desired.stacks.iter().filter(|(key, _)| is_selected(key) && !taken(key));
    for (key, stack) in wanted {
        let Some(sides) = evaluated.get(key) else { continue };
        let draft = world.draft(key, stack, sides);
        world.drafts.insert(key.clone(), draft);
    }
    world.settle();
    let unknown = world.unknown();
    let mut changes = Vec::new();
    let mut exposures = Vec::new();
    for (key, draft) in std::mem::take(&mut world.drafts) {
        let Some(stack) = desired.stacks.get(&key) else { continue };
        let before = holding(deployed, &key);
        let action = if before.is_some() { Action::Update } else { Action::Create };
        let Some(mut change) = draft.finish(action) else { continue };
        for resource in &mut change.resources {
            resource.place = stack.provenance.get(&resource.id).cloned();
        }
        change.adopts = deployed.stacks.get(&key).is_some_and(|there| is_made(there) && !is_ours(desired, there));
        if let Some(sides) = evaluated.get(&key) {
            exposures.extend(exposure::exposures(&change, before.map(|_| &sides.before), &sides.after));
        }
        changes.push(change);
    }
    if selected.is_empty() {
        let gone = deployed.stacks.iter().filter(|(key, _)| !desired.stacks.contains_key(*key));
        changes
            .extend(gone.filter(|(_, stack)| is_ours(desired, stack)).filter_map(|(key, stack)| deletion(key, stack)));
    }
    let mut hazards = hazard::hazards(desired, deployed, selected, &changes);
    let foreign = deployed.foreign.iter().filter(|(key, _)| desired.stacks.contains_key(*key) && is_selected(key));
    hazards.extend(foreign.map(|(key, who)| Hazard {
        subject: key.to_string(),
        text: format!("the stack belongs to {who}, and two cannot have it"),
        help: "give the project, the environment or the stack another name, or deploy to another account".to_owned(),
        blocking: true,
    }));
    Stacks { changes, exposures, hazards, unknown }
}

/// Whether there is more to a stack than its name.
fn is_made(stack: &DeployedStack) -> bool {
    !matches!(stack.status.phase(), Phase::Gone | Phase::Review)
}

fn is_ours(desired: &Desired, stack: &DeployedStack) -> bool {
    desired.owner().of_stack(stack) == Holder::Ours
}

/// Compares templates of others by name, those before with those after. Values of parameters are their defaults.
pub fn templates(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> Stacks {
    const NOWHERE: &str = "template";
    let tags = BTreeMap::from(["project", "environment"].map(|key| (format!("infra:{key}"), String::new())));
    let key = |name: &String| StackKey::new(name, NOWHERE);
    let wanted = |(name, template): (&String, &Value)| {
        let stack = DesiredStack {
            stack: name.clone(),
            path: name.clone(),
            body: String::new(),
            template: template.clone(),
            sha256: String::new(),
            needs: BTreeSet::new(),
            parameters: BTreeMap::new(),
            capabilities: Vec::new(),
            tags: tags.clone(),
            termination_protection: false,
            provenance: BTreeMap::new(),
        };
        (key(name), stack)
    };
    let deployed = |(name, template): (&String, &Value)| {
        let stack = DeployedStack {
            id: name.clone(),
            status: StackStatus::CreateComplete,
            reason: None,
            template: template.clone(),
            template_sha256: String::new(),
            parameters: defaults(template),
            outputs: BTreeMap::new(),
            tags: tags.clone(),
            termination_protection: false,
            changed: String::new(),
        };
        (key(name), stack)
    };
    let desired = Desired {
        project: String::new(),
        environment: String::new(),
        id: None,
        environments: BTreeSet::new(),
        account: String::new(),
        region: NOWHERE.to_owned(),
        partition: "aws".to_owned(),
        digest: String::new(),
        stacks: after.iter().map(wanted).collect(),
        zones: Vec::new(),
        objects: Vec::new(),
        documents: Vec::new(),
    };
    let deployed = Deployed { stacks: before.iter().map(deployed).collect(), ..Deployed::default() };
    let mut found = stacks(&desired, &deployed, &BTreeSet::new());
    // Templates have no entries that could be told of a rename.
    for hazard in found.hazards.iter_mut().filter(|hazard| hazard.help.contains("renamed-from")) {
        "if it is the same thing, let it keep its logical id".clone_into(&mut hazard.help);
    }
    found
}

/// The change of one template, for tests.
#[cfg(test)]
pub(crate) fn one_template(key: &StackKey, before: &Value, after: &Value) -> StackChange {
    let one = |template: &Value| BTreeMap::from([(key.name.clone(), template.clone())]);
    let found = templates(&one(before), &one(after)).changes.pop();
    let nothing = StackChange {
        stack: key.clone(),
        action: Action::Update,
        method: Method::Template,
        resources: Vec::new(),
        parameters: Vec::new(),
        outputs: Vec::new(),
        attributes: Vec::new(),
        adopts: false,
    };
    StackChange { stack: key.clone(), ..found.unwrap_or(nothing) }
}

/// The deployed stack, if it holds anything: not if it waits for review, failed to be created, or is gone.
pub(super) fn holding<'a>(deployed: &'a Deployed, key: &StackKey) -> Option<&'a DeployedStack> {
    let stack = deployed.stacks.get(key)?;
    let holds = match stack.status.phase() {
        Phase::Steady
        | Phase::Busy
        | Phase::RolledBack
        | Phase::UpdateFailed
        | Phase::RollbackFailed
        | Phase::DeleteFailed => true,
        Phase::Review | Phase::CreationFailed | Phase::Gone => false,
    };
    holds.then_some(stack)
}

fn deletion(key: &StackKey, stack: &DeployedStack) -> Option<StackChange> {
    let phase = stack.status.phase();
    if phase == Phase::Gone {
        return None;
    }
    let terminates = stack.termination_protection.then(|| ValueChange {
        path: TERMINATION_PROTECTION.to_owned(),
        before: Some(true.into()),
        after: None,
        unknown: false,
        impact: Impact::InPlace,
    });
    let holds = !matches!(phase, Phase::CreationFailed | Phase::Review);
    let resources = section(&stack.template, "Resources").filter(|_| holds).map(|(id, resource)| {
        let (action, data) = loss::on_delete(resource);
        ResourceChange {
            id: id.clone(),
            kind: resource.get("Type").and_then(Value::as_str).unwrap_or_default().to_owned(),
            action,
            impact: Impact::InPlace,
            causes: Vec::new(),
            properties: Vec::new(),
            data,
            place: None,
            looks_like: None,
            method: Method::Template,
        }
    });
    Some(StackChange {
        stack: key.clone(),
        action: Action::Delete,
        method: Method::Template,
        resources: resources.collect(),
        parameters: Vec::new(),
        outputs: Vec::new(),
        attributes: terminates.into_iter().chain(protection::of_deletion(stack).filter(|_| holds)).collect(),
        adopts: false,
    })
}

/// The defaults of a template's parameters.
fn defaults(template: &Value) -> Values {
    let default = |(name, parameter): (&String, &Value)| Some((name.clone(), scalar_text(parameter.get("Default")?)));
    section(template, "Parameters").filter_map(default).collect()
}

fn is_hidden(template: &Value, name: &str) -> bool {
    let no_echo = entry(template, "Parameters", name).and_then(|parameter| parameter.get("NoEcho"));
    no_echo.is_some_and(|value| *value == true || *value == "true") || secrets::is_secret_name(name)
}

/// Says how the value of a parameter changes, if it does, and what follows.
fn known(draft: &mut Draft<'_>, name: &str, values: [Option<&String>; 2], hidden: bool) {
    let [before, after] = values;
    // What AWS hides cannot be compared: that is no change by itself.
    if before == after || before.is_some_and(|value| is_masked(value)) {
        return;
    }
    let before = before.map(|value| shown(&value.as_str().into(), hidden, Side::Before));
    let after = after.map(|value| shown(&value.as_str().into(), hidden, Side::After));
    if let (Some(before), Some(after)) = (&before, &after) {
        let because = format!("new value of parameter {name}");
        let cause = Cause { level: Impact::Replaces, because, values: Some((before.clone(), after.clone())) };
        draft.raise(&Target::Own(name.to_owned()), cause);
    }
    draft.parameter(ValueChange { path: name.to_owned(), before, after, unknown: false, impact: Impact::InPlace });
}

/// The templates of a stack, with everything decided that the values decide.
struct Sides {
    before: Value,
    after: Value,
    /// Known values of parameters, before and after.
    values: [Values; 2],
}

/// Every wanted stack, read with the values that it has and will have.
fn evaluated(desired: &Desired, deployed: &Deployed) -> BTreeMap<StackKey, Sides> {
    let one = |(key, stack): (&StackKey, &DesiredStack)| {
        let mut pseudo = BTreeMap::from([("AWS::Partition", desired.partition.clone())]);
        // Where templates of others will be deployed is not known.
        if !desired.account.is_empty() {
            pseudo.insert("AWS::Region", key.region.clone());
            pseudo.insert("AWS::AccountId", desired.account.clone());
            pseudo.insert("AWS::StackName", key.name.clone());
        }
        let before = holding(deployed, key);
        let mut new = defaults(&stack.template);
        for (name, output) in &stack.parameters {
            new.remove(name);
            if let Some(value) = deployed.output(output) {
                new.insert(name.clone(), value.to_owned());
            }
        }
        let shown = before.into_iter().flat_map(|before| &before.parameters).filter(|(_, value)| !is_masked(value));
        let old: Values = shown.map(|(name, value)| (name.clone(), value.clone())).collect();
        let template = before.map_or(&Value::Null, |before| &before.template);
        let hidden = |name: &str| is_hidden(template, name) || is_hidden(&stack.template, name);
        let fed = |name: &str| stack.parameters.contains_key(name) || hidden(name);
        let settled = settled(template, &stack.template, [&old, &new], fed);
        let sides = Sides {
            before: given(template, &settled[0], &pseudo),
            after: given(&stack.template, &settled[1], &pseudo),
            values: [old, new],
        };
        (key.clone(), sides)
    };
    desired.stacks.iter().map(one).collect()
}

struct World<'a> {
    desired: &'a Desired,
    deployed: &'a Deployed,
    drafts: BTreeMap<StackKey, Draft<'a>>,
}

impl<'a> World<'a> {
    /// The change of a stack as far as it follows from the stack alone.
    fn draft(&self, key: &StackKey, stack: &'a DesiredStack, sides: &'a Sides) -> Draft<'a> {
        let [old, values] = &sides.values;
        let Some(before) = holding(self.deployed, key) else {
            return Draft::new(key, &Value::Null, &sides.after, [&Values::new(), &Values::new()]);
        };
        let mut draft = Draft::new(key, &sides.before, &sides.after, [old, values]);
        for (name, _) in section(&stack.template, "Parameters") {
            let hidden = is_hidden(&stack.template, name) || is_hidden(&before.template, name);
            // What a producer gives is compared once it is known whether the producer changes.
            if !stack.parameters.contains_key(name) && (!hidden || values.contains_key(name)) {
                known(&mut draft, name, [before.parameters.get(name), values.get(name)], hidden);
            }
        }
        let gone = |name: &&String| entry(&stack.template, "Parameters", name).is_none();
        for name in before.parameters.keys().filter(gone) {
            let hidden = is_hidden(&before.template, name);
            known(&mut draft, name, [before.parameters.get(name), None], hidden);
        }
        attributes(&mut draft, before, stack);
        draft
    }

    /// Follows changes from stack to stack until nothing new comes of it; levels only rise, so cycles end too.
    fn settle(&mut self) {
        let keys: Vec<StackKey> = self.drafts.keys().cloned().collect();
        // A value that is deployed counts only if nothing changes it.
        for with_known in [false, true] {
            let mut news = true;
            while std::mem::take(&mut news) {
                for key in &keys {
                    let known = if with_known { self.differing(key) } else { Vec::new() };
                    for (target, cause) in self.incoming(key).into_iter().chain(known) {
                        let draft = self.drafts.get_mut(key);
                        news |= draft.is_some_and(|draft| draft.raise(&target, cause));
                    }
                }
            }
        }
        for key in &keys {
            self.parameters(key);
        }
    }

    /// Parameters whose producers do not change, but gave another value than the stack was deployed with.
    fn differing(&self, key: &StackKey) -> Vec<(Target, Cause)> {
        let (Some(stack), Some(before)) = (self.desired.stacks.get(key), holding(self.deployed, key)) else {
            return Vec::new();
        };
        let one = |(name, output): (&String, &OutputRef)| {
            let old = before.parameters.get(name).filter(|old| !is_masked(old))?;
            let new = self.deployed.output(output).filter(|new| new != old)?;
            if self.producer(output).is_some() {
                return None;
            }
            let hidden = is_hidden(&stack.template, name);
            let values = (shown(&old.as_str().into(), hidden, Side::Before), shown(&new.into(), hidden, Side::After));
            let because = format!("new value of parameter {name}");
            Some((Target::Own(name.clone()), Cause { level: Impact::Replaces, because, values: Some(values) }))
        };
        stack.parameters.iter().filter_map(one).collect()
    }

    /// What other stacks change for one.
    fn incoming(&self, key: &StackKey) -> Vec<(Target, Cause)> {
        let (Some(stack), Some(draft)) = (self.desired.stacks.get(key), self.drafts.get(key)) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for (name, output) in &stack.parameters {
            if let Some(cause) = self.producer(output) {
                let because = format!("{}, which gives parameter {name}", cause.because);
                found.push((Target::Own(name.clone()), Cause { because, ..cause }));
            }
        }
        for target in draft.foreign() {
            let output = match &target {
                Target::Own(_) | Target::Attribute(..) => None,
                Target::Output(stack, output) => Some(OutputRef {
                    stack: StackKey::new(
                        stack.name.clone(),
                        if stack.region.is_empty() { key.region.clone() } else { stack.region.clone() },
                    ),
                    output: output.clone(),
                }),
                Target::Export(name) => self.exporter(name, &key.region),
            };
            if let Some(cause) = output.and_then(|output| self.producer(&output)) {
                found.push((target, cause));
            }
        }
        found
    }

    /// The outputs that change.
    fn unknown(&self) -> BTreeSet<OutputRef> {
        let outputs = self.drafts.keys().filter_map(|key| Some((key, self.desired.stacks.get(key)?)));
        let outputs = outputs.flat_map(|(key, stack)| {
            section(&stack.template, "Outputs").map(|(id, _)| OutputRef { stack: key.clone(), output: id.clone() })
        });
        outputs.filter(|output| self.producer(output).is_some()).collect()
    }

    /// Why an output changes, if the stack that has it is part of the run and its output changes.
    fn producer(&self, output: &OutputRef) -> Option<Cause> {
        let cause = self.drafts.get(&output.stack)?.output(&output.output)?;
        Some(Cause {
            because: format!("{} in {}", cause.because.split(" in ").next().unwrap_or_default(), output.stack),
            ..cause
        })
    }

    fn exporter(&self, name: &str, region: &str) -> Option<OutputRef> {
        let stacks = self.desired.stacks.iter().filter(|(key, _)| key.region == region);
        let mut outputs = stacks
            .flat_map(|(key, stack)| section(&stack.template, "Outputs").map(move |(id, output)| (key, id, output)));
        let found = outputs.find(|(_, _, output)| output.pointer("/Export/Name").is_some_and(|known| known == name));
        found.map(|(key, id, _)| OutputRef { stack: key.clone(), output: id.clone() })
    }

    /// Says what becomes of the parameters that outputs of other stacks give.
    fn parameters(&mut self, key: &StackKey) {
        let Some(stack) = self.desired.stacks.get(key) else { return };
        let before = holding(self.deployed, key);
        for (name, output) in &stack.parameters {
            let cause = self.producer(output);
            let old = before.and_then(|stack| stack.parameters.get(name));
            let new = self.deployed.output(output).map(str::to_owned);
            let hidden = is_hidden(&stack.template, name);
            let Some(draft) = self.drafts.get_mut(key) else { continue };
            let text = match (cause, new) {
                (Some(cause), _) => format!("output {} of {}: {}", output.output, output.stack, cause.because),
                (None, Some(new)) => {
                    if before.is_some() {
                        known(draft, name, [old, Some(&new)], hidden);
                    }
                    continue;
                }
                (None, None) => format!("output {} of {}, which is not deployed", output.output, output.stack),
            };
            draft.parameter(ValueChange {
                path: name.clone(),
                before: old.map(|value| shown(&value.as_str().into(), hidden, Side::Before)),
                after: Some(text.into()),
                unknown: true,
                impact: Impact::InPlace,
            });
        }
    }
}

/// Says what changes in the stack beside its template.
fn attributes(draft: &mut Draft<'_>, before: &DeployedStack, after: &DesiredStack) {
    let change = |path: String, before: Option<Value>, after: Option<Value>| ValueChange {
        path,
        before,
        after,
        unknown: false,
        impact: Impact::InPlace,
    };
    // AWS sets tags of its own, which nobody can change.
    let old = |key: &String| before.tags.get(key).filter(|_| !key.starts_with("aws:"));
    let wanted = kept(&after.tags, Some(&before.tags));
    let keys: BTreeSet<&String> = before.tags.keys().chain(wanted.keys()).collect();
    for key in keys.into_iter().filter(|key| old(key) != wanted.get(*key)) {
        let value = |text: Option<&String>| text.map(|text| Value::from(text.as_str()));
        draft.attribute(change(format!("Tags[{key}]"), value(old(key)), value(wanted.get(key))));
    }
    if before.termination_protection != after.termination_protection {
        let (old, new) = (before.termination_protection.into(), after.termination_protection.into());
        draft.attribute(change(TERMINATION_PROTECTION.to_owned(), Some(old), Some(new)));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::changes::DataLoss;
    use super::super::testing::{deployed, desired, key, stack};
    use super::*;

    /// A stack with a role and an output of its ARN.
    fn producer(path: &str) -> Value {
        json!({
            "Resources": { "Role": { "Type": "AWS::IAM::Role", "Properties": { "Path": path, "AssumeRolePolicyDocument": {} } } },
            "Outputs": { "RoleArn": { "Value": { "Fn::GetAtt": ["Role", "Arn"] } } }
        })
    }

    /// A stack that takes the ARN, and gives the ARN of what uses it.
    fn consumer() -> Value {
        json!({
            "Parameters": { "RoleArn": { "Type": "String" } },
            "Resources": {
                "Group": { "Type": "AWS::EKS::Nodegroup", "Properties": { "NodeRole": { "Ref": "RoleArn" }, "ClusterName": "c", "Subnets": [] } },
                "Q": { "Type": "AWS::SQS::Queue", "Properties": { "Tags": [] } }
            },
            "Outputs": { "GroupArn": { "Value": { "Fn::GetAtt": ["Group", "Arn"] } } }
        })
    }

    fn last() -> Value {
        json!({
            "Parameters": { "GroupArn": { "Type": "String" } },
            "Resources": { "P": { "Type": "AWS::SSM::Parameter", "Properties": { "Type": "String", "Value": { "Ref": "GroupArn" } } } }
        })
    }

    fn wanted(path: &str) -> Desired {
        desired(&[
            ("z-first", producer(path), &[]),
            ("middle", consumer(), &[("RoleArn", "z-first", "RoleArn")]),
            ("a-last", last(), &[("GroupArn", "middle", "GroupArn")]),
        ])
    }

    fn there() -> Deployed {
        deployed(vec![
            ("z-first", stack(producer("/a/"), &[], &[("RoleArn", "arn:role")])),
            ("middle", stack(consumer(), &[("RoleArn", "arn:role")], &[("GroupArn", "arn:group")])),
            ("a-last", stack(last(), &[("GroupArn", "arn:group")], &[])),
        ])
    }

    fn changes(desired: &Desired, deployed: &Deployed) -> Vec<StackChange> {
        stacks(desired, deployed, &BTreeSet::new()).changes
    }

    #[test]
    fn nothing_changes_if_all_is_as_wanted() {
        assert_eq!(changes(&wanted("/a/"), &there()), []);
    }

    #[test]
    fn a_replacement_reaches_other_stacks_through_outputs_and_parameters() {
        let found = changes(&wanted("/b/"), &there());
        let names: Vec<&str> = found.iter().map(|change| change.stack.name.as_str()).collect();
        assert_eq!(names, ["a-last", "middle", "z-first"]);
        let middle = &found[1];
        assert!(middle.parameters[0].unknown);
        assert_eq!(middle.parameters[0].before, Some(json!("arn:role")));
        assert_eq!(
            middle.parameters[0].after,
            Some(json!("output RoleArn of z-first@eu-west-1: replacement of Role in z-first@eu-west-1"))
        );
        assert_eq!(middle.resources.len(), 1);
        assert_eq!((middle.resources[0].id.as_str(), middle.resources[0].impact), ("Group", Impact::Replaces));
        assert_eq!(
            middle.resources[0].causes,
            ["Properties.NodeRole: replacement of Role in z-first@eu-west-1, which gives parameter RoleArn"]
        );
        assert_eq!((found[0].resources[0].id.as_str(), found[0].resources[0].impact), ("P", Impact::InPlace));
        let one = stacks(&wanted("/b/"), &there(), &BTreeSet::from([key("middle")])).changes;
        assert_eq!(one, [], "a producer that is not part of the run does not change");
    }

    #[test]
    fn a_replacement_reaches_what_reads_outputs_and_imports_exports() {
        let exports = |path: &str| {
            let mut template = producer(path);
            template["Outputs"]["RoleArn"]["Export"] = json!({ "Name": "role" });
            template
        };
        let group = |role: Value| json!({ "Resources": { "G": { "Type": "AWS::EKS::Nodegroup", "Properties": { "NodeRole": role } } } });
        let reads = group(
            json!({ "Fn::GetStackOutput": { "StackName": "p", "OutputName": "RoleArn", "Region": "eu-west-1" } }),
        );
        let imports = group(json!({ "Fn::ImportValue": "role" }));
        let wanted =
            desired(&[("p", exports("/b/"), &[]), ("reads", reads.clone(), &[]), ("imports", imports.clone(), &[])]);
        let there = deployed(vec![
            ("p", stack(exports("/a/"), &[], &[("RoleArn", "arn:role")])),
            ("reads", stack(reads, &[], &[])),
            ("imports", stack(imports, &[], &[])),
        ]);
        for change in changes(&wanted, &there).iter().filter(|change| change.stack != key("p")) {
            assert_eq!(change.resources[0].impact, Impact::Replaces, "{}", change.stack);
            assert_eq!(change.resources[0].causes, ["Properties.NodeRole: replacement of Role in p@eu-west-1"]);
        }
        assert_eq!(changes(&wanted, &there).len(), 3);
    }

    #[test]
    fn a_value_that_is_known_is_compared() {
        let mut there = there();
        there.stacks.get_mut(&key("z-first")).unwrap().outputs.insert("RoleArn".into(), "arn:other".into());
        let found = changes(&wanted("/a/"), &there);
        let middle = found.iter().find(|change| change.stack == key("middle")).unwrap();
        assert_eq!(
            middle.parameters[0],
            ValueChange {
                path: "RoleArn".into(),
                before: Some(json!("arn:role")),
                after: Some(json!("arn:other")),
                unknown: false,
                impact: Impact::InPlace
            }
        );
        assert_eq!(middle.resources[0].impact, Impact::Replaces);
        assert!(found.iter().any(|change| change.stack == key("a-last")), "and what follows from it");
    }

    #[test]
    fn what_aws_hides_is_no_change() {
        let mut there = there();
        there.stacks.get_mut(&key("middle")).unwrap().parameters.insert("RoleArn".into(), "****".into());
        assert_eq!(changes(&wanted("/a/"), &there), []);
    }

    #[test]
    fn stacks_that_give_each_other_outputs_are_compared_too() {
        let template = |path: &str| {
            json!({
                "Parameters": { "In": { "Type": "String" } },
                "Resources": { "Role": { "Type": "AWS::IAM::Role", "Properties": { "Path": path, "RoleName": { "Ref": "In" } } } },
                "Outputs": { "Out": { "Value": { "Ref": "Role" } } }
            })
        };
        let wanted =
            desired(&[("a", template("/b/"), &[("In", "b", "Out")]), ("b", template("/a/"), &[("In", "a", "Out")])]);
        let there = deployed(vec![
            ("a", stack(template("/a/"), &[("In", "x")], &[("Out", "y")])),
            ("b", stack(template("/a/"), &[("In", "y")], &[("Out", "x")])),
        ]);
        let found = changes(&wanted, &there);
        assert!(found.iter().all(|change| change.resources[0].impact == Impact::Replaces));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn a_parameter_in_place_of_its_value_is_no_change() {
        let literal = json!({ "Resources": { "G": { "Type": "AWS::EKS::Nodegroup", "Properties": { "NodeRole": "arn:role" } } } });
        let taken = json!({
            "Parameters": { "RoleArn": { "Type": "String" } },
            "Resources": { "G": { "Type": "AWS::EKS::Nodegroup", "Properties": { "NodeRole": { "Ref": "RoleArn" } } } }
        });
        let wanted =
            |path: &str| desired(&[("p", producer(path), &[]), ("c", taken.clone(), &[("RoleArn", "p", "RoleArn")])]);
        let there = deployed(vec![
            ("p", stack(producer("/a/"), &[], &[("RoleArn", "arn:role")])),
            ("c", stack(literal, &[], &[])),
        ]);
        let found = changes(&wanted("/a/"), &there);
        assert!(found.iter().all(|change| change.resources.is_empty()), "{found:#?}");
        let found = changes(&wanted("/b/"), &there);
        assert_eq!(found[0].resources[0].impact, Impact::Replaces, "unless the value changes");
    }

    #[test]
    fn what_holds_nothing_is_created_and_what_is_not_wanted_is_deleted() {
        let table = json!({ "Resources": {
            "Q": { "Type": "AWS::SNS::Topic" },
            "Kept": { "Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain" },
            "Lost": { "Type": "AWS::DynamoDB::Table" }
        } });
        let with = |status: StackStatus| {
            let mut one = stack(table.clone(), &[], &[]);
            one.status = status;
            deployed(vec![("a", one)])
        };
        let wanted = desired(&[("a", table.clone(), &[])]);
        for status in [StackStatus::ReviewInProgress, StackStatus::RollbackComplete, StackStatus::DeleteComplete] {
            let found = changes(&wanted, &with(status));
            assert_eq!(found[0].action, Action::Create, "{status}");
            assert_eq!(found[0].resources[0].place.as_deref(), Some("stacks/a.yaml:1:1"));
        }
        let gone = changes(&desired(&[]), &with(StackStatus::CreateComplete));
        assert_eq!(gone[0].action, Action::Delete);
        let seen: Vec<_> = gone[0].resources.iter().map(|one| (one.id.as_str(), one.action, one.data)).collect();
        assert_eq!(
            seen,
            [
                ("Q", Action::Delete, None),
                ("Kept", Action::Retain, Some(DataLoss::Orphaned)),
                ("Lost", Action::Delete, Some(DataLoss::Deleted)),
            ]
        );
        let selected = BTreeSet::from([key("b")]);
        assert_eq!(stacks(&desired(&[]), &with(StackStatus::CreateComplete), &selected).changes, []);
        assert_eq!(changes(&desired(&[]), &with(StackStatus::DeleteComplete)), []);
    }

    #[test]
    fn renamed_resources_look_like_each_other_and_lose_their_data() {
        let with = |id: &str| json!({ "Resources": { id: { "Type": "AWS::DynamoDB::Table", "Properties": { "BillingMode": "PAY_PER_REQUEST" } } } });
        let change = one_template(&key("a"), &with("Old"), &with("New"));
        let seen: Vec<_> = change
            .resources
            .iter()
            .map(|one| (one.id.as_str(), one.action, one.looks_like.as_deref(), one.data))
            .collect();
        assert_eq!(
            seen,
            [("New", Action::Create, Some("Old"), None), ("Old", Action::Delete, Some("New"), Some(DataLoss::Deleted)),]
        );
    }

    #[test]
    fn a_stack_of_others_is_taken_over_or_refused_and_never_deleted() {
        let queue = || json!({ "Resources": { "Q": { "Type": "AWS::SQS::Queue", "Properties": {} } } });
        let wanted = desired(&[("a", queue(), &[])]);
        let mut there = deployed(vec![("a", stack(queue(), &[], &[])), ("b", stack(queue(), &[], &[]))]);
        for stack in there.stacks.values_mut() {
            stack.tags = BTreeMap::from([("team".to_owned(), "other".to_owned())]);
        }
        let found = stacks(&wanted, &there, &BTreeSet::new());
        let ids: Vec<_> = found.changes.iter().map(|it| (it.stack.name.as_str(), it.action, it.adopts)).collect();
        assert_eq!(ids, [("a", Action::Update, true)], "b is none of ours");
        there.foreign.insert(key("a"), "environment x of project y".to_owned());
        let found = stacks(&wanted, &there, &BTreeSet::new());
        assert!(found.changes.is_empty() && found.hazards[0].blocking);
        assert_eq!(found.hazards[0].text, "the stack belongs to environment x of project y, and two cannot have it");
        // A stack that waits for its review holds nothing of anybody.
        let mut review = deployed(vec![("a", stack(queue(), &[], &[]))]);
        let there = review.stacks.get_mut(&key("a")).unwrap();
        (there.status, there.tags) = (StackStatus::ReviewInProgress, BTreeMap::new());
        let found = stacks(&wanted, &review, &BTreeSet::new());
        assert_eq!((found.changes[0].action, found.changes[0].adopts), (Action::Create, false));
    }

    #[test]
    fn tags_and_protection_of_the_stack_are_attributes() {
        let mut wanted = wanted("/a/");
        let stack = wanted.stacks.get_mut(&key("middle")).unwrap();
        stack.tags.insert("team".into(), "a".into());
        stack.termination_protection = true;
        let mut there = there();
        there.stacks.get_mut(&key("middle")).unwrap().tags.insert("aws:cloudformation:stack-name".into(), "x".into());
        let found = changes(&wanted, &there);
        let paths: Vec<&str> = found[0].attributes.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(paths, ["Tags[team]", "TerminationProtection"]);
    }
}
