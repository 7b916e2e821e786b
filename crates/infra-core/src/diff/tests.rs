//! Properties of the comparison as a whole, on made-up and on real templates.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::normal::{Context, normal};
use super::stacks::one_template;
use super::testing::{deployed, desired, stack};
use super::value::{Difference, Step, differences, same};
use super::*;
use crate::facts::resource_types;
use crate::state::StackKey;

fn key() -> StackKey {
    StackKey::new("orders", "eu-west-1")
}

fn compare(before: &Value, after: &Value) -> StackChange {
    one_template(&key(), before, after)
}

fn is_empty(change: &StackChange) -> bool {
    change.resources.is_empty()
        && change.parameters.is_empty()
        && change.outputs.is_empty()
        && change.attributes.is_empty()
}

fn one(kind: &str, properties: Value) -> Value {
    json!({ "Resources": { "One": { "Type": kind, "Properties": properties } } })
}

fn paths(before: &Value, after: &Value) -> Vec<String> {
    let change = compare(before, after);
    change.resources.iter().flat_map(|one| &one.properties).map(|change| change.path.clone()).collect()
}

/// Any JSON.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        Just(Value::from(1.0)),
        prop_oneof!["[ab1*]{0,2}", Just("true".to_owned()), Just("${A}".to_owned()), Just("{\"a\":1}".to_owned())]
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop_oneof![
            Just("Ref"),
            Just("Fn::Sub"),
            Just("Fn::GetAtt"),
            Just("Fn::Join"),
            Just("Statement"),
            Just("Effect"),
            Just("Action"),
            Just("Principal"),
            Just("Condition"),
            Just("Key"),
            Just("Value"),
            Just("Tags"),
            Just("a.b"),
            Just("x"),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..4).prop_map(|entries| {
                Value::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    })
}

/// Anything that looks like a template.
fn template() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![
        Just("AWS::SQS::Queue"),
        Just("AWS::IAM::Role"),
        Just("AWS::EC2::SecurityGroup"),
        Just("Custom::Thing"),
        Just("Third::Party::Type"),
    ];
    let resource = (kind, json_value(), json_value())
        .prop_map(|(kind, properties, rest)| json!({ "Type": kind, "Properties": properties, "DependsOn": rest }));
    let resources = prop::collection::btree_map("[A-D]", resource, 0..4);
    (resources, json_value(), json_value()).prop_map(|(resources, outputs, parameters)| {
        json!({ "Resources": resources, "Outputs": outputs, "Parameters": parameters })
    })
}

/// What has been replaced by what the differences say.
fn patched(value: &Value, found: &[Difference]) -> Value {
    let mut result = value.clone();
    let (removed, others): (Vec<_>, Vec<_>) = found.iter().partition(|one| one.after.is_none());
    for one in others {
        put(&mut result, &one.path, one.after.as_ref(), one.before.is_none());
    }
    for one in removed.into_iter().rev() {
        put(&mut result, &one.path, None, false);
    }
    result
}

fn put(place: &mut Value, path: &[Step], new: Option<&Value>, added: bool) {
    // What was spelled otherwise is respelled first, so that the steps exist.
    if let Value::String(text) = &*place
        && let Ok(parsed) = serde_json::from_str::<Value>(text)
    {
        *place = parsed;
    }
    let Some((first, rest)) = path.split_first() else {
        *place = new.cloned().unwrap_or_default();
        return;
    };
    match first {
        Step::Key(key) => {
            if place == "*" {
                *place = json!({ "AWS": "*" });
            }
            let Some(map) = place.as_object_mut() else { return };
            match (rest.is_empty(), new) {
                (true, None) => drop(map.remove(key)),
                _ => put(map.entry(key.clone()).or_insert(Value::Null), rest, new, added),
            }
        }
        Step::Index(index) => {
            if !place.is_array() {
                *place = json!([place.clone()]);
            }
            let list = place.as_array_mut().unwrap();
            list.retain(|item| *item != json!({ "Ref": "AWS::NoValue" }));
            match (rest.is_empty(), new) {
                (true, None) => drop(list.remove(*index)),
                (true, Some(new)) if added => list.insert((*index).min(list.len()), new.clone()),
                _ => put(&mut list[*index], rest, new, added),
            }
        }
        Step::Tag(key) => {
            let list = place.as_array_mut().unwrap();
            match (list.iter().position(|item| item["Key"] == **key), new) {
                (Some(at), None) => drop(list.remove(at)),
                (Some(at), Some(new)) if new.get("Key").is_some() => list[at] = new.clone(),
                (Some(at), Some(new)) if rest.is_empty() => list[at]["Value"] = new.clone(),
                (Some(at), Some(_)) => put(&mut list[at]["Value"], rest, new, added),
                (None, new) => list.push(json!({ "Key": key, "Value": new })),
            }
        }
    }
}

proptest! {
    #[test]
    fn a_template_does_not_differ_from_itself(template in template()) {
        prop_assert!(is_empty(&compare(&template, &template)));
    }

    #[test]
    fn any_two_values_are_compared_and_only_different_ones_differ(before in template(), after in template()) {
        compare(&before, &after);
        let found = differences(&before, &after, Context::UNKNOWN);
        prop_assert_eq!(found.is_empty(), same(&before, &after, Context::UNKNOWN));
    }

    #[test]
    fn any_templates_are_judged_and_nothing_is_exposed_without_a_change(before in template(), after in template()) {
        exposures(&one_template(&key(), &before, &after), Some(&before), &after);
        exposures(&one_template(&key(), &Value::Null, &after), None, &after);
        prop_assert_eq!(exposures(&one_template(&key(), &before, &before), Some(&before), &before), Vec::new());
        let wanted = desired(&[("a", after.clone(), &[("A", "b", "A")]), ("b", before.clone(), &[("B", "a", "B")])]);
        let there = deployed(vec![("a", stack(before, &[("A", "1")], &[("B", "2")])), ("b", stack(after, &[], &[("A", "3")]))]);
        let changes = stacks(&wanted, &there, &BTreeSet::new()).changes;
        serde_json::to_string(&changes).unwrap();
    }

    #[test]
    fn functions_that_give_the_same_values_make_no_difference(seed in any::<u64>()) {
        let (before, after) = (values_as(None), values_as(Some(seed)));
        let change = compare(&before, &after);
        let resources: Vec<_> = change.resources.iter().map(|one| (&one.id, &one.properties)).collect();
        prop_assert!(resources.is_empty(), "{:?}\n{}", resources, after);
    }

    #[test]
    fn a_key_that_nobody_looks_up_changes_no_resource(section in "[a-z]{1,4}", key in "[a-z]{1,4}", value in json_value()) {
        let before = values_as(Some(3));
        let mut after = before.clone();
        after["Mappings"]["Values"][format!("other-{section}")] = json!({ key.as_str(): value });
        after["Mappings"][format!("More{section}")] = json!({ "a": { "b": "c" } });
        after["Conditions"][format!("Not{key}")] = json!({ "Fn::Equals": ["a", "b"] });
        let change = compare(&before, &after);
        prop_assert!(change.resources.is_empty(), "{:?}", change.resources);
    }

    #[test]
    fn applying_the_differences_gives_the_value_after(before in plain_value(), after in plain_value()) {
        let found = differences(&before, &after, Context::UNKNOWN);
        let result = patched(&before, &found);
        prop_assert_eq!(normal(&result, Context::UNKNOWN), normal(&after, Context::UNKNOWN));
    }

    #[test]
    fn the_order_of_statements_words_tags_and_sets_makes_no_difference(seed in any::<u64>()) {
        let template = everything_unordered();
        prop_assert!(is_empty(&compare(&template, &shuffled(&template, seed, ""))));
    }
}

/// A template whose texts stand as they are, or each written with another function that gives the same.
fn values_as(seed: Option<u64>) -> Value {
    let mut mapping = serde_json::Map::new();
    let mut count = 0_u32;
    let mut text = |text: &str| -> Value {
        count += 1;
        let Some(seed) = seed else { return text.into() };
        let (head, tail) = text.split_at(text.len() / 2);
        let key = format!("k{count}");
        mapping.insert(key.clone(), json!({ "value": text }));
        match (seed / 7_u64.pow(count % 18)) % 7 {
            0 => text.into(),
            1 => json!({ "Fn::Sub": text }),
            2 => json!({ "Fn::Join": ["", [head, { "Fn::Sub": ["${it}", { "it": tail }] }]] }),
            3 => json!({ "Fn::If": ["Yes", text, { "Ref": "AWS::NoValue" }] }),
            4 => json!({ "Fn::FindInMap": ["Values", key, "value"] }),
            5 => json!({ "Fn::Select": [1, ["x", { "Fn::If": ["No", "y", text] }]] }),
            _ => json!({ "Fn::Select": ["0", { "Fn::Split": ["|", format!("{text}|x")] }] }),
        }
    };
    let resources = json!({
        "Queue": { "Type": "AWS::SQS::Queue", "Properties": {
            "QueueName": text("orders"), "Tags": [{ "Key": "team", "Value": text("shop") }]
        } },
        "Topic": { "Type": "AWS::SNS::Topic", "Properties": {
            "TopicName": text("events"), "DisplayName": text("All events")
        } },
        "Role": { "Type": "AWS::IAM::Role", "Properties": {
            "ManagedPolicyArns": [text("arn:aws:iam::aws:policy/ReadOnlyAccess")],
            "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Action": text("sts:AssumeRole"), "Principal": { "Service": text("lambda.amazonaws.com") } }
            ] }
        } },
        "Group": { "Type": "AWS::EC2::SecurityGroup", "Properties": { "GroupDescription": text("group"), "SecurityGroupIngress": [
            { "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": text("10.0.0.0/8") }
        ] } }
    });
    mapping.insert("unused".to_owned(), json!({ "value": "x" }));
    json!({
        "Mappings": { "Values": mapping },
        "Conditions": { "Yes": { "Fn::Equals": ["a", "a"] }, "No": { "Fn::Not": [{ "Condition": "Yes" }] } },
        "Resources": resources,
    })
}

/// JSON with policies, tags and lists, but no calls of functions.
fn plain_value() -> impl Strategy<Value = Value> {
    let word = "[abc]{1,2}";
    let words = prop_oneof![word.prop_map(Value::from), prop::collection::vec(word, 0..3).prop_map(Value::from)];
    let statement = (words.clone(), words, prop::option::of("[st]")).prop_map(|(actions, resources, sid)| {
        let mut one = json!({ "Effect": "Allow", "Action": actions, "Resource": resources });
        if let Some(sid) = sid {
            one["Sid"] = sid.into();
        }
        one
    });
    let policy = prop_oneof![
        statement.clone().prop_map(|one| json!({ "Statement": one })),
        prop::collection::vec(statement, 1..4).prop_map(|list| json!({ "Version": "2012-10-17", "Statement": list })),
    ];
    let tags = prop::collection::btree_map("[a-c]", "[xy]", 0..3)
        .prop_map(|tags| tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect::<Value>());
    let list = prop::collection::vec(0_i64..4, 0..5).prop_map(Value::from);
    let object = prop::collection::btree_map("[a-c]", 0_i64..3, 0..3).prop_map(|map| json!(map));
    prop::collection::btree_map("[A-D]", prop_oneof![policy, tags, list, object], 0..4).prop_map(|map| json!(map))
}

fn everything_unordered() -> Value {
    json!({ "Resources": {
        "Policy": { "Type": "AWS::SQS::QueuePolicy", "DependsOn": ["Role", "Group", "Other"], "Properties": {
            "Queues": [{ "Ref": "A" }, { "Ref": "B" }],
            "PolicyDocument": { "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Action": ["sqs:a", "sqs:b", "sqs:c"], "Resource": ["x", { "Ref": "A" }], "Principal": { "AWS": ["1", "2"] } },
                { "Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Principal": "*", "Condition": { "Bool": { "aws:SecureTransport": "false" } } },
                { "Effect": "Allow", "Action": "sqs:d", "Resource": "*", "Principal": { "Service": "sns.amazonaws.com" } }
            ] }
        } },
        "Role": { "Type": "AWS::IAM::Role", "Properties": {
            "ManagedPolicyArns": ["a", "b", "c"], "Tags": [{ "Key": "a", "Value": "1" }, { "Key": "b", "Value": "2" }],
            "AssumeRolePolicyDocument": { "Statement": [] }
        } },
        "Group": { "Type": "AWS::EC2::SecurityGroup", "Properties": { "GroupDescription": "g", "SecurityGroupIngress": [
            { "IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIp": "10.0.0.0/8" },
            { "IpProtocol": "tcp", "FromPort": 2, "ToPort": 2, "CidrIp": "10.0.0.0/8" }
        ] } }
    } })
}

/// The same with lists in another order where the order means nothing.
fn shuffled(value: &Value, seed: u64, under: &str) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| shuffled(item, seed, under)).collect();
            let unordered = [
                "Statement",
                "Action",
                "Resource",
                "AWS",
                "DependsOn",
                "ManagedPolicyArns",
                "Tags",
                "SecurityGroupIngress",
            ];
            if unordered.contains(&under) && !items.is_empty() {
                let turn = usize::try_from(seed % 7).unwrap() % items.len();
                items.rotate_left(turn);
                if seed % 2 == 1 {
                    items.reverse();
                }
            }
            Value::Array(items)
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().map(|(key, item)| (key.clone(), shuffled(item, seed, key))).collect();
            if seed % 3 == 1 {
                entries.reverse();
            }
            Value::Object(entries.into_iter().collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

#[test]
fn what_is_waited_for_is_a_set_and_alone_changes_no_resource() {
    let with = |depends: Value, name: &str| json!({ "Resources": { "One": { "Type": "AWS::SNS::Topic", "DependsOn": depends, "Properties": { "DisplayName": name } } } });
    assert!(is_empty(&compare(&with(json!("A"), "a"), &with(json!(["A"]), "a"))));
    assert!(is_empty(&compare(&with(json!(["A", "B"]), "a"), &with(json!(["B", "A"]), "a"))));
    assert!(is_empty(&compare(&with(json!("A"), "a"), &with(json!(["A", "B"]), "a"))));
    // aws-cdk-cli#1825: beside another change, those of lists of two or more were not shown.
    let change = compare(&with(json!(["A", "B"]), "a"), &with(json!(["A", "C"]), "b"));
    assert_eq!(change.resources[0].impact, Impact::InPlace);
    assert_eq!(paths(&with(json!("A"), "a"), &with(json!(["A", "B"]), "b")), ["DependsOn", "Properties.DisplayName"]);
}

#[test]
fn json_as_text_and_as_object_is_compared_as_json() {
    // aws-cdk-cli#1785 and aws-cdk#30268: changes of JSON-typed properties were missed.
    let with = |document: Value| one("AWS::SQS::QueuePolicy", json!({ "Queues": ["q"], "PolicyDocument": document }));
    let document = json!({ "Statement": [{ "Effect": "Allow", "Action": "sqs:a", "Resource": "*" }] });
    let text = Value::from(document.to_string());
    assert!(is_empty(&compare(&with(document.clone()), &with(text.clone()))));
    let mut other = document;
    other["Statement"][0]["Action"] = "sqs:b".into();
    assert_eq!(paths(&with(text), &with(other)), ["Properties.PolicyDocument.Statement[0].Action"]);
}

#[test]
fn spelling_of_scalars_and_functions_makes_no_difference() {
    let a = one(
        "AWS::SQS::Queue",
        json!({ "DelaySeconds": "5", "FifoQueue": "true", "QueueName": { "Fn::Sub": "jobs" }, "KmsMasterKeyId": { "Fn::GetAtt": ["Key", "Arn"] } }),
    );
    let b = one(
        "AWS::SQS::Queue",
        json!({ "DelaySeconds": 5, "FifoQueue": true, "QueueName": "jobs", "KmsMasterKeyId": { "Fn::GetAtt": "Key.Arn" } }),
    );
    assert!(is_empty(&compare(&a, &b)), "{:#?}", compare(&a, &b));
    let c = one(
        "AWS::SQS::Queue",
        json!({ "DelaySeconds": 6, "FifoQueue": true, "QueueName": "jobs", "KmsMasterKeyId": { "Fn::Sub": "${Key.Arn}" } }),
    );
    assert_eq!(paths(&b, &c), ["Properties.DelaySeconds"]);
    let none = one("AWS::SQS::Queue", json!({ "DelaySeconds": { "Ref": "AWS::NoValue" } }));
    assert!(is_empty(&compare(&none, &one("AWS::SQS::Queue", json!({})))));
}

#[test]
fn tags_are_named_by_their_keys() {
    let with = |tags: Value| one("AWS::SQS::Queue", json!({ "Tags": tags }));
    let a = with(json!([{ "Key": "team", "Value": "a" }, { "Key": "old", "Value": "x" }]));
    let b = with(json!([{ "Key": "new", "Value": "y" }, { "Key": "team", "Value": "b" }]));
    assert_eq!(paths(&a, &b), ["Properties.Tags[team]", "Properties.Tags[old]", "Properties.Tags[new]"]);
}

#[test]
fn what_replaces_says_which_property_does_it() {
    let with = |name: &str, delay: u32| one("AWS::SQS::Queue", json!({ "QueueName": name, "DelaySeconds": delay }));
    let change = compare(&with("a", 1), &with("b", 2));
    assert_eq!(change.resources[0].impact, Impact::Replaces);
    assert_eq!(change.resources[0].causes, ["Properties.QueueName"]);
    assert_eq!(change.resources[0].properties[1].impact, Impact::InPlace);
    let typed = compare(&one("AWS::SQS::Queue", json!({})), &one("AWS::SNS::Topic", json!({})));
    assert_eq!(
        (typed.resources[0].impact, typed.resources[0].causes.clone()),
        (Impact::Replaces, vec!["Type".to_owned()])
    );
    let class = |class: &str| one("AWS::RDS::DBInstance", json!({ "DBInstanceClass": class }));
    assert_eq!(compare(&class("db.t4g.small"), &class("db.t4g.large")).resources[0].impact, Impact::MayInterrupt);
}

fn role_and_user(path: &str, description: &str) -> Value {
    json!({ "Resources": {
        "Role": { "Type": "AWS::IAM::Role", "Properties": { "Path": path, "Description": description, "AssumeRolePolicyDocument": {} } },
        "User": { "Type": "AWS::EKS::Nodegroup", "Properties": { "NodeRole": { "Fn::GetAtt": ["Role", "Arn"] }, "ClusterName": "c", "Subnets": [] } },
        "Reader": { "Type": "AWS::SSM::Parameter", "Properties": { "Type": "String", "Value": { "Fn::Sub": "${User.Arn}" } } }
    } })
}

#[test]
fn a_replacement_changes_and_replaces_what_refers_to_it() {
    // aws-cdk#28336 and #32472: false and missing replacements.
    let change = compare(&role_and_user("/a/", "x"), &role_and_user("/b/", "x"));
    let seen: Vec<_> = change.resources.iter().map(|one| (one.id.as_str(), one.impact, one.causes.clone())).collect();
    assert_eq!(
        seen,
        [
            ("Role", Impact::Replaces, vec!["Properties.Path".to_owned()]),
            ("User", Impact::Replaces, vec!["Properties.NodeRole: replacement of Role".to_owned()]),
            ("Reader", Impact::InPlace, vec![]),
        ]
    );
    assert!(change.resources[2].properties[0].unknown);
    let mild = compare(&role_and_user("/a/", "x"), &role_and_user("/a/", "y"));
    assert_eq!(mild.resources.len(), 1, "attributes stay when a resource is updated in place");
}

#[test]
fn a_changed_default_reaches_who_refers_to_the_parameter() {
    let with = |default: &str| {
        json!({
            "Parameters": { "Name": { "Type": "String", "Default": default } },
            "Resources": { "Q": { "Type": "AWS::SQS::Queue", "Properties": { "QueueName": { "Ref": "Name" } } } }
        })
    };
    let change = compare(&with("a"), &with("b"));
    assert_eq!(change.parameters[0].path, "Name");
    assert_eq!(change.resources[0].causes, ["Properties.QueueName: new value of parameter Name"]);
    assert_eq!(change.resources[0].properties[0].after, Some(json!("b")));
    assert!(change.attributes.is_empty());
}

/// Queues whose names refer to others: by `edges`.
fn graph(edges: &[(usize, usize)], replaced: &BTreeSet<usize>) -> Value {
    let mut resources = Map::new();
    for node in 0..8 {
        let names: Vec<Value> =
            edges.iter().filter(|(from, _)| *from == node).map(|(_, to)| json!({ "Ref": format!("Q{to}") })).collect();
        let name = if node % 3 == 0 { "Tags" } else { "QueueName" };
        let path = if replaced.contains(&node) { "b" } else { "a" };
        let value = json!({ "Fn::Join": ["", [names, "x"]] });
        let value = if name == "Tags" { json!([{ "Key": "k", "Value": value }]) } else { value };
        resources.insert(
            format!("Q{node}"),
            json!({ "Type": "AWS::SQS::Queue", "Properties": { name: value, "FifoQueue": path } }),
        );
    }
    json!({ "Resources": resources })
}

proptest! {
    #[test]
    fn what_follows_from_replacements_ends_and_only_grows(
        edges in prop::collection::vec((0_usize..8, 0_usize..8), 0..20),
        few in prop::collection::btree_set(0_usize..8, 0..3),
        more in prop::collection::btree_set(0_usize..8, 0..3),
    ) {
        let impacts = |replaced: &BTreeSet<usize>| -> BTreeMap<String, Impact> {
            let change = compare(&graph(&edges, &BTreeSet::new()), &graph(&edges, replaced));
            change.resources.into_iter().map(|one| (one.id, one.impact)).collect()
        };
        let small = impacts(&few);
        let large = impacts(&few.union(&more).copied().collect());
        for (id, impact) in small {
            prop_assert!(large.get(&id).is_some_and(|other| *other >= impact), "{}", id);
        }
    }
}

/// The templates of a folder of the repository by name.
fn folder(path: &str) -> BTreeMap<String, Value> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    let files = std::fs::read_dir(&root).unwrap().map(|file| file.unwrap().path());
    let templates = files.filter(|file| file.to_string_lossy().ends_with(".template.json"));
    #[expect(clippy::disallowed_methods, reason = "tests read the repository's templates")]
    let read = |file: &std::path::Path| serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let found: BTreeMap<String, Value> =
        templates.map(|file| (file.file_name().unwrap().to_string_lossy().into_owned(), read(&file))).collect();
    assert!(!found.is_empty(), "{path}");
    found
}

/// Whether the reported changes of resources lead from one template to the other.
fn assert_leads(before: &Value, after: &Value) {
    let change = compare(before, after);
    let resources = |template: &Value| template["Resources"].as_object().cloned().unwrap_or_default();
    let (old, new) = (resources(before), resources(after));
    for (id, resource) in &old {
        let reported = change.resources.iter().find(|one| one.id == *id);
        let differ = new.get(id).is_none_or(|new| {
            let schema = resource_types::find(new["Type"].as_str().unwrap()).map(|kind| kind.properties());
            !same(&resource["Properties"], &new["Properties"], Context::of(schema))
        });
        assert!(!differ || reported.is_some(), "{id}");
        if let Some(new) = new.get(id) {
            let schema = resource_types::find(new["Type"].as_str().unwrap()).map(|kind| kind.properties());
            let found = differences(&resource["Properties"], &new["Properties"], Context::of(schema));
            let result = patched(&resource["Properties"], &found);
            assert_eq!(normal(&result, Context::of(schema)), normal(&new["Properties"], Context::of(schema)), "{id}");
        }
    }
    for id in new.keys().filter(|id| !old.contains_key(*id)) {
        assert!(change.resources.iter().any(|one| one.id == *id && one.action == Action::Create), "{id}");
    }
}

#[test]
fn environments_of_the_platform_differ_in_what_they_say() {
    for (one, other) in [("dev", "staging"), ("staging", "prod"), ("dev", "prod"), ("prod", "dev")] {
        let stacks = |environment: &str| folder(&format!("snapshots/orders/{environment}/stacks"));
        let (before, after) = (stacks(one), stacks(other));
        for (name, template) in &before {
            assert!(is_empty(&compare(template, template)), "{name}");
            if let Some(other) = after.get(name) {
                assert_leads(template, other);
            }
        }
    }
}

#[test]
fn templates_of_the_cdk_do_not_differ_from_themselves_and_lead_to_each_other() {
    let templates = folder("benches/data/cdk-orders");
    for (name, one) in &templates {
        let mut tagged = one.clone();
        for (_, resource) in tagged["Resources"].as_object_mut().unwrap() {
            resource["Metadata"] = json!({ "aws:cdk:path": "elsewhere" });
        }
        assert!(is_empty(&compare(one, one)), "{name}");
        let moved = compare(one, &tagged);
        assert!(moved.resources.iter().all(|one| one.impact == Impact::InPlace), "{name}: metadata replaces nothing");
        for other in templates.values() {
            assert_leads(one, other);
        }
    }
}

#[test]
fn what_is_added_to_a_set_is_said_once() {
    let with = |groups: Value, more: bool| {
        let mut resources =
            json!({ "E": { "Type": "AWS::EC2::VPCEndpoint", "Properties": { "RouteTableIds": groups } } });
        if more {
            resources["New"] = json!({ "Type": "AWS::EC2::RouteTable", "Properties": { "VpcId": "v" } });
        }
        json!({ "Resources": resources })
    };
    let before = with(json!([{ "Ref": "A" }, { "Ref": "B" }]), false);
    let after = with(json!([{ "Ref": "A" }, { "Ref": "New" }, { "Ref": "B" }]), true);
    assert_eq!(paths(&before, &after), ["Properties.RouteTableIds[2]"]);
}

#[test]
fn changed_conditions_and_mappings_reach_what_depends_on_them() {
    let with = |value: &str, size: &str, default: &str| {
        json!({
            "Parameters": { "Stage": { "Type": "String", "Default": default } },
            "Mappings": { "Sizes": { "a": { "b": size } } },
            "Conditions": {
                "IsProd": { "Fn::Equals": [{ "Ref": "Stage" }, value] },
                "Also": { "Fn::Not": [{ "Condition": "IsProd" }] }
            },
            "Resources": {
                "T": { "Type": "AWS::DynamoDB::Table", "Condition": "Also", "Properties": {} },
                "Q": { "Type": "AWS::SQS::Queue", "Properties": { "QueueName": { "Fn::FindInMap": ["Sizes", "a", "b"] } } },
                "S": { "Type": "AWS::SNS::Topic", "Properties": { "DisplayName": { "Fn::If": ["IsProd", "a", "b"] } } }
            }
        })
    };
    let seen = |before: &Value, after: &Value| -> Vec<(String, Action, Impact)> {
        compare(before, after).resources.into_iter().map(|one| (one.id, one.action, one.impact)).collect()
    };
    let base = with("prod", "s", "dev");
    assert_eq!(seen(&base, &with("live", "s", "dev")), [], "the condition stays false");
    let topic = ("S".to_owned(), Action::Update, Impact::InPlace);
    let gone = [topic.clone(), ("T".to_owned(), Action::Delete, Impact::InPlace)];
    assert_eq!(seen(&base, &with("prod", "s", "prod")), gone, "a parameter decides the conditions");
    let made = [("T".to_owned(), Action::Create, Impact::InPlace), topic.clone()];
    assert_eq!(seen(&with("prod", "s", "prod"), &base), made);
    let named = ("Q".to_owned(), Action::Update, Impact::Replaces);
    assert_eq!(seen(&base, &with("prod", "m", "dev")), [named]);
    // A value that is not known decides nothing: what may come or go says so.
    let open = |mut template: Value| {
        template["Parameters"]["Stage"] = json!({ "Type": "String" });
        template
    };
    let found = seen(&open(base.clone()), &open(with("live", "s", "dev")));
    assert_eq!(found, [("T".to_owned(), Action::Update, Impact::InPlace), topic]);
}
