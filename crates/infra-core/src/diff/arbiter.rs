//! What CloudFormation says of a change overrules what the templates say; and what it would do beyond a plan is refused.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html> and
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceTargetDefinition.html>, as the
//! documentation of the SDKs quotes them (read 2026-11-25): `Replacement` is `True` if a property that always recreates changes for sure, `Conditional` if whether it
//! changes turns out only while the change set is executed.

use std::collections::BTreeSet;

use serde_json::Value;

use super::change_set::{ChangeSet, ChangeSetDetail, ChangeSetResource};
use super::changes::{Action, DataLoss, Impact, Method, ResourceChange, StackChange, ValueChange};
use super::identity::{Inert, recreation};
use super::loss;
use super::normal::Context;
use super::secrets::{self, Side, shown};
use super::value::{Step, differences, path_text};
use crate::facts::resource_types;

/// Overrules what the templates say of a stack by its change set.
///
/// What the change set does not mention is not done, except what it never mentions: attributes of a resource such as
/// `UpdateReplacePolicy`, which only guide CloudFormation. What it mentions only because a resource is changed that keeps its
/// identity is no change.
pub fn arbitrate(change: &mut StackChange, set: &ChangeSet) {
    change.method = Method::ChangeSet;
    let inert = Inert::of(set);
    let touched = || set.resources.iter().filter(|resource| !inert.is_whole(resource));
    let named: BTreeSet<&str> = touched().map(|resource| resource.id.as_str()).collect();
    change.resources.retain_mut(|known| {
        if named.contains(known.id.as_str()) {
            return true;
        }
        known.properties.retain(|property| !property.path.starts_with("Properties"));
        known.impact = Impact::InPlace;
        known.causes.clear();
        known.data = None;
        known.action == Action::Update && !known.properties.is_empty()
    });
    for resource in touched() {
        if let Some(known) = change.resources.iter_mut().find(|known| known.id == resource.id) {
            overrule(known, resource, &inert);
        } else {
            let mut new = seen(resource);
            overrule(&mut new, resource, &inert);
            change.resources.push(new);
        }
    }
}

/// What a change set would do that a plan does not say, as sentences; empty if the plan covers it.
///
/// A `Conditional` replacement is covered if the plan says that the resource may be replaced, or if all that could
/// replace it is fed by values that the plan calls unknown or comes from what identifies resources that stay.
pub fn exceeds(plan: &StackChange, set: &ChangeSet) -> Vec<String> {
    let inert = Inert::of(set);
    let mut found = Vec::new();
    for resource in &set.resources {
        let planned = plan.resources.iter().find(|known| known.id == resource.id);
        found.extend(beyond(plan, planned, (resource, &inert)));
        found.extend(loses(planned, resource, &inert));
    }
    found
}

fn seen(resource: &ChangeSetResource) -> ResourceChange {
    ResourceChange {
        id: resource.id.clone(),
        kind: resource.kind.clone(),
        action: Action::Update,
        impact: Impact::InPlace,
        causes: Vec::new(),
        properties: Vec::new(),
        data: None,
        place: None,
        looks_like: None,
        method: Method::ChangeSet,
    }
}

fn overrule(known: &mut ResourceChange, resource: &ChangeSetResource, inert: &Inert<'_>) {
    known.method = Method::ChangeSet;
    known.kind.clone_from(&resource.kind);
    let policy = resource.policy_action.as_deref().unwrap_or_default();
    known.action = match resource.action.as_str() {
        "Add" => Action::Create,
        "Remove" if policy == "Retain" => Action::Retain,
        "Remove" => Action::Delete,
        // An imported resource is there already; of a dynamic action it is not known more than that something changes.
        _ => Action::Update,
    };
    let update = known.action == Action::Update;
    known.impact = match resource.replacement.as_deref() {
        _ if !update => Impact::InPlace,
        Some("True") => Impact::Replaces,
        Some("Conditional") if inert.may_be_replaced(resource) => Impact::MayReplace,
        None if resource.action == "Dynamic" => Impact::MayReplace,
        // What interrupts, a change set does not say.
        Some(_) | None if known.properties.iter().any(interrupts) => Impact::MayInterrupt,
        Some(_) | None => Impact::InPlace,
    };
    known.data = data(known, policy);
    if !update {
        known.causes.clear();
        return;
    }
    known.looks_like = None;
    if !resource.details.is_empty() {
        known.causes = inert.rest(resource).filter_map(cause).collect();
        known.causes.dedup();
    }
    for detail in inert.rest(resource) {
        merge(known, detail);
    }
    let most = known.impact;
    for property in &mut known.properties {
        property.impact = property.impact.min(most);
    }
}

fn interrupts(property: &ValueChange) -> bool {
    property.impact == Impact::MayInterrupt
}

/// What becomes of the data.
fn data(change: &ResourceChange, policy: &str) -> Option<DataLoss> {
    let holds = loss::holds_data(&change.kind);
    let replaced = change.impact >= Impact::MayReplace;
    match policy {
        "Retain" => Some(DataLoss::Orphaned),
        "ReplaceAndRetain" => (holds && replaced).then_some(DataLoss::Orphaned),
        "Snapshot" | "ReplaceAndSnapshot" => Some(DataLoss::Snapshot),
        "Delete" | "ReplaceAndDelete" => holds.then_some(DataLoss::Deleted),
        _ if change.action == Action::Delete || replaced => change.data.or(holds.then_some(DataLoss::Deleted)),
        _ => None,
    }
}

fn cause(detail: &ChangeSetDetail) -> Option<String> {
    let by = detail.causing_entity.as_ref().map(|entity| format!(": {entity}")).unwrap_or_default();
    (recreation(detail) > Impact::InPlace).then(|| format!("{}{by}", detail.path))
}

/// Adds what a detail says to the values that change; ours are kept where they say more.
fn merge(known: &mut ResourceChange, detail: &ChangeSetDetail) {
    let effect = recreation(detail);
    let below = |path: &str| {
        path.strip_prefix(&detail.path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    // A detail of a list of tags is about the tags as they are named by us.
    let tags = |path: &str| detail.path == "Tags" && path.starts_with("Properties.Tags");
    let above = |path: &str| detail.path.strip_prefix(path).is_some_and(|rest| rest.starts_with(['.', '[']));
    let mut said = false;
    for property in &mut known.properties {
        if below(&property.path) || tags(&property.path) || above(&property.path) {
            property.impact = if interrupts(property) { effect.max(Impact::MayInterrupt) } else { effect };
            said = true;
        }
    }
    if said {
        return;
    }
    let values = [detail.before.as_ref().map(parsed), detail.after.as_ref().map(parsed)];
    let path: Vec<Step> = detail.path.split('.').map(|part| Step::Key(part.to_owned())).collect();
    let facts = resource_types::find(&known.kind);
    let add = |path: String, before: Option<&Value>, after: Option<&Value>, secret: bool| ValueChange {
        path,
        before: before.map(|value| shown(value, secret, Side::Before)),
        after: after.map(|value| shown(value, secret, Side::After)),
        unknown: false,
        impact: effect,
    };
    if let [Some(before), Some(after)] = &values
        && (before.is_object() || before.is_array())
    {
        let inner = differences(before, after, Context::UNKNOWN);
        known.properties.extend(inner.into_iter().map(|one| {
            let text = path_text(&one.path);
            let dot = if text.is_empty() || text.starts_with('[') { "" } else { "." };
            let whole: Vec<Step> = path.iter().chain(&one.path).cloned().collect();
            let secret = secrets::is_secret(facts, &whole, [None, None]);
            add(format!("{}{dot}{text}", detail.path), one.before.as_ref(), one.after.as_ref(), secret)
        }));
        return;
    }
    let secret = secrets::is_secret(facts, &path, [None, None]);
    let [before, after] = &values;
    let mut new = add(detail.path.clone(), before.as_ref(), after.as_ref(), secret);
    if let (None, Some(entity)) = (after, &detail.causing_entity) {
        new.after = Some(format!("known after {entity}").into());
        new.unknown = true;
    }
    known.properties.push(new);
}

/// A value that a change set gives as text but that is JSON.
fn parsed(value: &Value) -> Value {
    let text = value.as_str().filter(|text| text.trim_start().starts_with(['{', '[']));
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| value.clone())
}

/// What is done to a resource beyond the plan.
fn beyond(
    plan: &StackChange,
    planned: Option<&ResourceChange>,
    (resource, inert): (&ChangeSetResource, &Inert<'_>),
) -> Option<String> {
    let id = &resource.id;
    let action = planned.map(|known| known.action);
    let said = match action {
        None => "does not mention it",
        Some(Action::Create) => "creates it",
        Some(Action::Update) => "updates it",
        Some(Action::Delete) => "deletes it",
        Some(Action::Retain) => "leaves it alone",
    };
    match resource.action.as_str() {
        "Add" => (action != Some(Action::Create)).then(|| format!("{id} would be created, the plan {said}")),
        "Import" => (action != Some(Action::Create) && action != Some(Action::Update))
            .then(|| format!("{id} would be imported, the plan {said}")),
        "Remove" => match (action, resource.policy_action.as_deref()) {
            (Some(Action::Delete), _) | (Some(Action::Retain), Some("Retain")) => None,
            _ => Some(format!("{id} would be deleted, the plan {said}")),
        },
        "Modify" => match action {
            Some(Action::Update) | None => changed(plan, planned, (resource, inert)),
            Some(Action::Create | Action::Delete | Action::Retain) => {
                Some(format!("{id} would be updated, the plan {said}"))
            }
        },
        // `Dynamic` and whatever comes later may do anything.
        other => {
            let allowed = planned.is_some_and(|known| known.impact >= Impact::MayReplace);
            (!allowed).then(|| format!("{id} may be changed in a way that is not known yet ({other}), the plan {said}"))
        }
    }
}

fn changed(
    plan: &StackChange,
    planned: Option<&ResourceChange>,
    (resource, inert): (&ChangeSetResource, &Inert<'_>),
) -> Option<String> {
    let id = &resource.id;
    let impact = planned.map_or(Impact::InPlace, |known| known.impact);
    let why = inert.rest(resource).filter_map(cause).collect::<Vec<_>>().join(", ");
    let why = if why.is_empty() { String::new() } else { format!(" because of {why}") };
    let says = if planned.is_some() { "changes it in place" } else { "does not mention it" };
    match resource.replacement.as_deref() {
        Some("True") => (impact < Impact::MayReplace).then(|| format!("{id} would be replaced{why}, the plan {says}")),
        Some("Conditional") => {
            let mut open = inert.recreating(resource).peekable();
            let fed = open.peek().is_some() && open.all(|detail| is_fed(plan, planned, detail));
            let covered = impact >= Impact::MayReplace || fed || !inert.may_be_replaced(resource);
            (!covered).then(|| format!("{id} may be replaced{why}, the plan {says}"))
        }
        Some(_) | None => {
            // Tags of the stack reach every resource; what follows from others changes no more than they do.
            let own = |detail: &&ChangeSetDetail| {
                let attribute = !detail.path.starts_with("Properties");
                detail.causing_entity.is_none() && !attribute && !detail.path.starts_with("Properties.Tags")
            };
            let direct = resource.details.iter().find(own).filter(|_| planned.is_none());
            direct.map(|detail| format!("{id} would be updated in {}, the plan {says}", detail.path))
        }
    }
}

/// Whether a value that the plan calls unknown feeds a detail.
fn is_fed(plan: &StackChange, planned: Option<&ResourceChange>, detail: &ChangeSetDetail) -> bool {
    let unknown = |value: &&ValueChange| value.unknown;
    let parameter = detail.causing_entity.as_deref();
    let parameter = plan.parameters.iter().filter(unknown).any(|value| Some(value.path.as_str()) == parameter);
    let known = planned.into_iter().flat_map(|known| &known.properties);
    parameter || known.filter(unknown).any(|property| property.path.starts_with(&detail.path))
}

/// Data that would be lost although the plan keeps it.
fn loses(planned: Option<&ResourceChange>, resource: &ChangeSetResource, inert: &Inert<'_>) -> Option<String> {
    let policy = resource.policy_action.as_deref()?;
    let certain = policy == "Delete" || resource.replacement.as_deref() == Some("True");
    let mut now = seen(resource);
    overrule(&mut now, resource, inert);
    let planned = planned?;
    let worse = loss::rank(now.data) > loss::rank(planned.data) && now.data == Some(DataLoss::Deleted);
    (certain && worse).then(|| format!("the data of {} would be deleted, the plan keeps it", resource.id))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::stacks::one_template as templates;
    use super::super::testing::key;
    use super::*;

    fn detail(path: &str, recreation: &str, entity: Option<&str>) -> ChangeSetDetail {
        ChangeSetDetail {
            path: path.to_owned(),
            requires_recreation: Some(recreation.to_owned()),
            before: None,
            after: None,
            causing_entity: entity.map(str::to_owned),
        }
    }

    fn resource(
        id: &str,
        kind: &str,
        action: &str,
        replacement: Option<&str>,
        details: Vec<ChangeSetDetail>,
    ) -> ChangeSetResource {
        ChangeSetResource {
            id: id.to_owned(),
            kind: kind.to_owned(),
            action: action.to_owned(),
            replacement: replacement.map(str::to_owned),
            policy_action: None,
            details,
        }
    }

    fn set(resources: Vec<ChangeSetResource>) -> ChangeSet {
        ChangeSet { stack: key("a"), resources }
    }

    fn table(billing: &str, schema: &str) -> Value {
        json!({ "Resources": {
            "T": { "Type": "AWS::DynamoDB::Table", "Properties": { "BillingMode": billing, "KeySchema": [{ "AttributeName": schema, "KeyType": "HASH" }] } },
            "G": { "Type": "AWS::SQS::Queue", "DependsOn": "T" }
        } })
    }

    const TABLE: &str = "AWS::DynamoDB::Table";

    #[test]
    fn the_change_set_overrules_what_the_templates_say() {
        let mut change = templates(&key("a"), &table("a", "k"), &table("a", "l"));
        assert_eq!(change.resources[0].impact, Impact::Replaces);
        let mild = set(vec![resource(
            "T",
            TABLE,
            "Modify",
            Some("False"),
            vec![detail("Properties.KeySchema", "Never", None)],
        )]);
        arbitrate(&mut change, &mild);
        let one = &change.resources[0];
        assert_eq!((one.impact, one.method, one.data, one.causes.len()), (Impact::InPlace, Method::ChangeSet, None, 0));
        assert_eq!(change.method, Method::ChangeSet);
        let mut replaced =
            resource("T", TABLE, "Modify", Some("True"), vec![detail("Properties.KeySchema", "Always", None)]);
        replaced.policy_action = Some("ReplaceAndSnapshot".to_owned());
        arbitrate(&mut change, &set(vec![replaced]));
        let one = &change.resources[0];
        assert_eq!((one.impact, one.data), (Impact::Replaces, Some(DataLoss::Snapshot)));
        assert_eq!(one.causes, ["Properties.KeySchema"]);
    }

    #[test]
    fn what_only_one_side_sees_is_added_or_left_out() {
        let mut change = templates(&key("a"), &table("a", "k"), &table("b", "k"));
        let mut removed = resource("Old", TABLE, "Remove", None, Vec::new());
        removed.policy_action = Some("Retain".to_owned());
        arbitrate(&mut change, &set(vec![removed, resource("New", "AWS::SNS::Topic", "Add", None, Vec::new())]));
        let seen: Vec<_> = change.resources.iter().map(|one| (one.id.as_str(), one.action, one.data)).collect();
        assert_eq!(seen, [("Old", Action::Retain, Some(DataLoss::Orphaned)), ("New", Action::Create, None)]);
    }

    #[test]
    fn attributes_that_change_sets_do_not_mention_stay() {
        let mut after = table("a", "k");
        after["Resources"]["G"]["UpdateReplacePolicy"] = json!("Retain");
        let mut change = templates(&key("a"), &table("a", "k"), &after);
        arbitrate(&mut change, &set(Vec::new()));
        assert_eq!(change.resources[0].properties[0].path, "UpdateReplacePolicy");
    }

    #[test]
    fn json_in_details_is_compared_as_json_and_secrets_are_masked() {
        // aws-cdk-cli#1785: change-set diffs missed JSON-typed properties.
        let mut change = templates(&key("a"), &json!({}), &json!({}));
        let mut policy = detail("Properties.PolicyDocument", "Never", None);
        let document =
            |action: &str| json!({ "Statement": [{ "Effect": "Allow", "Action": action }] }).to_string().into();
        (policy.before, policy.after) = (Some(document("sqs:a")), Some(document("sqs:b")));
        let mut secret = detail("Properties.MasterUserPassword", "Never", None);
        (secret.before, secret.after) = (Some(json!("hunter2")), Some(json!("hunter3")));
        arbitrate(
            &mut change,
            &set(vec![resource("P", "AWS::SQS::QueuePolicy", "Modify", Some("False"), vec![policy, secret])]),
        );
        let seen: Vec<_> =
            change.resources[0].properties.iter().map(|one| (one.path.as_str(), one.after.clone())).collect();
        assert_eq!(
            seen,
            [
                ("Properties.PolicyDocument.Statement[0].Action", Some(json!("sqs:b"))),
                ("Properties.MasterUserPassword", Some(json!("*** (after)"))),
            ]
        );
    }

    #[test]
    fn a_change_set_may_do_what_the_plan_says_and_nothing_worse() {
        let plan = templates(&key("a"), &table("a", "k"), &table("b", "k"));
        let exceeded = |resource: ChangeSetResource| exceeds(&plan, &set(vec![resource]));
        let billing = || vec![detail("Properties.BillingMode", "Never", None)];
        assert_eq!(exceeded(resource("T", TABLE, "Modify", Some("False"), billing())), Vec::<String>::new());
        let schema = || vec![detail("Properties.KeySchema", "Always", None)];
        let expected = [
            "T would be replaced because of Properties.KeySchema, the plan changes it in place",
            "the data of T would be deleted, the plan keeps it",
        ];
        let mut replaced = resource("T", TABLE, "Modify", Some("True"), schema());
        replaced.policy_action = Some("ReplaceAndDelete".to_owned());
        assert_eq!(exceeded(replaced), expected);
        assert_eq!(
            exceeded(resource("T", TABLE, "Modify", Some("Conditional"), schema())),
            ["T may be replaced because of Properties.KeySchema, the plan changes it in place"]
        );
        assert_eq!(
            exceeded(resource("T", TABLE, "Remove", None, Vec::new()))[0],
            "T would be deleted, the plan updates it"
        );
        assert_eq!(
            exceeded(resource("N", TABLE, "Add", None, Vec::new())),
            ["N would be created, the plan does not mention it"]
        );
        let quiet = vec![detail("Properties.DelaySeconds", "Never", None)];
        assert_eq!(
            exceeded(resource("G", "AWS::SQS::Queue", "Modify", Some("False"), quiet)),
            ["G would be updated in Properties.DelaySeconds, the plan does not mention it"]
        );
        let tags = vec![detail("Tags", "Never", None)];
        assert_eq!(exceeded(resource("G", "AWS::SQS::Queue", "Modify", Some("False"), tags)), Vec::<String>::new());
    }

    #[test]
    fn conditional_replacements_are_covered_by_what_the_plan_leaves_open() {
        let mut plan = templates(&key("a"), &table("a", "k"), &table("b", "k"));
        let billing = || {
            let details = vec![detail("Properties.StreamSpecification", "Never", None)];
            resource("T", TABLE, "Modify", Some("False"), details)
        };
        let by = |entities: &[&str]| {
            let details = entities.iter().map(|entity| detail("Properties.QueueName", "Always", Some(entity)));
            resource("G", "AWS::SQS::Queue", "Modify", Some("Conditional"), details.collect())
        };
        let all = |plan: &StackChange, entities: &[&str]| exceeds(plan, &set(vec![billing(), by(entities)])).len();
        let exceeded = |plan: &StackChange, entity: &str| all(plan, &[entity]);
        assert_eq!(exceeded(&plan, "T.Arn"), 0, "the ARN of a table that is updated in place stays");
        assert_eq!(exceeded(&plan, "T.StreamArn"), 1, "another attribute may change");
        assert_eq!(exceeded(&plan, "Name"), 1);
        plan.parameters.push(ValueChange {
            path: "Name".into(),
            before: None,
            after: Some(json!("output")),
            unknown: true,
            impact: Impact::InPlace,
        });
        assert_eq!(exceeded(&plan, "Name"), 0);
        assert_eq!(all(&plan, &["T.Arn", "Name"]), 0, "each for its own reason");
        assert_eq!(all(&plan, &["T.Arn", "Other"]), 1);
    }

    /// A resource that changes, and after it a chain of references to it, as CloudFormation tells of them.
    fn chain(head: ChangeSetResource, links: &[(&str, &str, &str, &str, &str)]) -> ChangeSet {
        let mut resources = vec![head];
        for (id, kind, path, effect, entity) in links {
            let replacement = if *effect == "Never" { "False" } else { "Conditional" };
            let details = vec![detail(&format!("Properties.{path}"), effect, Some(entity))];
            resources.push(resource(id, kind, "Modify", Some(replacement), details));
        }
        set(resources)
    }

    const QUEUE: &str = "AWS::SQS::Queue";
    const SUBSCRIPTION: &str = "AWS::SNS::Subscription";

    #[test]
    fn what_identifies_a_resource_stays_along_any_chain() {
        let changed = |kind: &str, property: &str| {
            resource("A", kind, "Modify", Some("False"), vec![detail(&format!("Properties.{property}"), "Never", None)])
        };
        let planned = |kind: &str, property: &str| {
            let template =
                |value: &str| json!({ "Resources": { "A": { "Type": kind, "Properties": { property: value } } } });
            templates(&key("a"), &template("1"), &template("2"))
        };
        let queues = [
            ("B", QUEUE, "RedrivePolicy", "Never", "A.Arn"),
            ("C", SUBSCRIPTION, "Endpoint", "Always", "B.Arn"),
            ("D", "AWS::Lambda::EventSourceMapping", "EventSourceArn", "Always", "B.Arn"),
            ("E", "AWS::SSM::Parameter", "Name", "Always", "D.Id"),
        ];
        let logs = [
            ("B", "AWS::IAM::Role", "Policies", "Never", "A.Arn"),
            ("C", "AWS::EC2::FlowLog", "DeliverLogsPermissionArn", "Always", "B.Arn"),
            ("D", "AWS::EC2::FlowLog", "LogGroupName", "Always", "A"),
        ];
        let group = [
            ("B", "AWS::EC2::SecurityGroupIngress", "GroupId", "Always", "A.GroupId"),
            ("C", "AWS::EC2::VPCEndpoint", "SecurityGroupIds", "Never", "A.GroupId"),
        ];
        for (kind, property, links) in [
            (QUEUE, "MessageRetentionPeriod", &queues[..]),
            ("AWS::Logs::LogGroup", "RetentionInDays", &logs[..]),
            ("AWS::EC2::SecurityGroup", "Tags", &group[..]),
        ] {
            let mut plan = planned(kind, property);
            let set = chain(changed(kind, property), links);
            assert_eq!(exceeds(&plan, &set), Vec::<String>::new(), "{kind}");
            arbitrate(&mut plan, &set);
            let ids: Vec<_> = plan.resources.iter().map(|one| (one.id.as_str(), one.impact)).collect();
            assert_eq!(ids, [("A", Impact::InPlace)], "the others do not change");
        }
    }

    #[test]
    fn a_chain_ends_where_a_value_may_become_another() {
        let table = |property: &str| {
            resource(
                "A",
                TABLE,
                "Modify",
                Some("False"),
                vec![detail(&format!("Properties.{property}"), "Never", None)],
            )
        };
        let plan = |property: &str| {
            let template =
                |value: &str| json!({ "Resources": { "A": { "Type": TABLE, "Properties": { property: value } } } });
            templates(&key("a"), &template("1"), &template("2"))
        };
        let stream = [("B", "AWS::Lambda::EventSourceMapping", "EventSourceArn", "Always", "A.StreamArn")];
        let set = chain(table("TimeToLiveSpecification"), &stream);
        assert_eq!(exceeds(&plan("TimeToLiveSpecification"), &set), Vec::<String>::new());
        let set = chain(table("StreamSpecification"), &stream);
        assert_eq!(
            exceeds(&plan("StreamSpecification"), &set),
            ["B may be replaced because of Properties.EventSourceArn: A.StreamArn, the plan does not mention it"]
        );
        let replaced =
            resource("A", QUEUE, "Modify", Some("True"), vec![detail("Properties.FifoQueue", "Always", None)]);
        let links = [
            ("B", QUEUE, "RedrivePolicy", "Never", "A.Arn"),
            ("C", SUBSCRIPTION, "Endpoint", "Always", "A.Arn"),
            ("D", "AWS::SSM::Parameter", "Name", "Always", "C"),
            ("E", "AWS::SSM::Parameter", "Name", "Always", "Region"),
        ];
        let set = chain(replaced, &links);
        let found = exceeds(&plan("StreamSpecification"), &set);
        let of = |id: &str| found.iter().any(|text| text.starts_with(&format!("{id} ")));
        assert_eq!(["A", "B", "C", "D", "E"].map(of), [true, false, true, true, true], "{found:?}");
    }

    #[test]
    fn a_plan_says_what_its_change_set_says_of_attributes_that_become_others() {
        let template = |view: &str| {
            json!({ "Resources": {
                "A": { "Type": TABLE, "Properties": { "StreamSpecification": { "StreamViewType": view } } },
                "B": { "Type": "AWS::Lambda::EventSourceMapping", "Properties": { "EventSourceArn": { "Fn::GetAtt": ["A", "StreamArn"] }, "FunctionName": { "Fn::GetAtt": "A.Arn" } } },
                "C": { "Type": "AWS::SSM::Parameter", "Properties": { "Value": { "Fn::Sub": "${B}" } } }
            } })
        };
        let plan = templates(&key("a"), &template("KEYS_ONLY"), &template("NEW_IMAGE"));
        let seen: Vec<_> = plan.resources.iter().map(|one| (one.id.as_str(), one.impact)).collect();
        assert_eq!(seen, [("A", Impact::InPlace), ("B", Impact::MayReplace), ("C", Impact::InPlace)]);
        assert_eq!(plan.resources[1].causes, ["Properties.EventSourceArn: change of A.StreamArn"]);
        let head = vec![detail("Properties.StreamSpecification", "Never", None)];
        let links = [
            ("B", "AWS::Lambda::EventSourceMapping", "EventSourceArn", "Always", "A.StreamArn"),
            ("C", "AWS::SSM::Parameter", "Value", "Never", "B"),
        ];
        let set = chain(resource("A", TABLE, "Modify", Some("False"), head), &links);
        assert_eq!(exceeds(&plan, &set), Vec::<String>::new());
    }

    #[test]
    fn a_plan_is_covered_by_the_change_set_that_it_was_made_of() {
        let mut plan = templates(&key("a"), &json!({}), &json!({}));
        let resources = ["True", "False", "Conditional"].map(|replacement| {
            resource(
                replacement,
                TABLE,
                "Modify",
                Some(replacement),
                vec![detail("Properties.KeySchema", "Always", None)],
            )
        });
        let mut resources = Vec::from(resources);
        resources.extend(
            ["Add", "Remove", "Import", "Dynamic"].map(|action| resource(action, TABLE, action, None, Vec::new())),
        );
        let set = set(resources);
        arbitrate(&mut plan, &set);
        assert_eq!(exceeds(&plan, &set), Vec::<String>::new());
    }
}
