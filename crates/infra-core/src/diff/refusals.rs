//! What AWS refuses of an update, by the rows of [`crate::facts::refusals`] and by what single rows cannot say.

use std::collections::BTreeSet;

use serde_json::Value;

use super::changes::{Action, Hazard, Impact, ResourceChange, StackChange};
use super::draft::{entry, section};
use super::normal::{intrinsic, scalar_text};
use super::references::{Target, references};
use crate::facts::refusals::{self, Refusal, Transition};

/// What AWS refuses of the changes of a stack, given both templates.
pub fn refusals(change: &StackChange, before: &Value, after: &Value) -> Vec<Hazard> {
    let mut found = Vec::new();
    for resource in change.resources.iter().filter(|resource| resource.action == Action::Update) {
        let [Some(old), Some(new)] =
            [before, after].map(|template| entry(template, "Resources", &resource.id)?.get("Properties"))
        else {
            continue;
        };
        // What is replaced is made anew, and asks nobody.
        if resource.impact != Impact::Replaces {
            found.extend(of_rows(resource, old, new).into_iter().map(|text| (resource, text, true)));
            found.extend(indexes(resource, old, new).into_iter().map(|text| (resource, text, true)));
            found.extend(first_group(resource, old, new).map(|text| (resource, text, true)));
            found.extend(shared_rule(resource, old, new).map(|text| (resource, text, false)));
        }
    }
    found.extend(moved_targets(change, after).into_iter().map(|(resource, text)| (resource, text, true)));
    let hazard = |(resource, text, blocking): (&ResourceChange, String, bool)| Hazard {
        subject: change.stack.to_string(),
        text: format!("{}: {text}", resource.id),
        help: resource.place.as_ref().map(|place| format!("it is written at {place}")).unwrap_or_default(),
        blocking,
    };
    found.into_iter().map(hazard).collect()
}

fn of_rows(resource: &ResourceChange, old: &Value, new: &Value) -> Vec<String> {
    let refused = |row: &&Refusal| {
        let guarded = row.only.is_none_or(|(property, value)| {
            known(at(old, property)).and_then(scalar).is_some_and(|found| found == value)
        });
        guarded && transits(row, old, new)
    };
    refusals::of(&resource.kind).filter(refused).map(|row| said(row, old, new)).collect()
}

/// The sentence about a refused change of one property.
fn said(row: &Refusal, old: &Value, new: &Value) -> String {
    let value = |side: &Value| known(at(side, row.property)).and_then(scalar).or(row.default.map(str::to_owned));
    let values = match (value(old), value(new)) {
        (Some(old), Some(new)) => format!(" from {old} to {new}"),
        (_, _) => String::new(),
    };
    format!("AWS refuses the change of {}{values}: {}", row.property, row.why)
}

/// The value at a path of properties; lists of one are looked into.
fn at<'a>(properties: &'a Value, path: &str) -> Option<&'a Value> {
    let mut value = properties;
    for name in path.split('.') {
        if intrinsic(value).is_some() {
            return Some(value);
        }
        value = value.get(name)?;
    }
    match value {
        Value::Array(items) if items.len() == 1 && !items.iter().any(Value::is_object) => items.first(),
        _ => Some(value),
    }
}

/// A value without anything that is known only later; nothing is known as well.
fn known(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !is_unknown(value))
}

fn is_unknown(value: &Value) -> bool {
    intrinsic(value).is_some()
        || match value {
            Value::Array(items) => items.iter().any(is_unknown),
            Value::Object(map) => map.values().any(is_unknown),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(scalar_text(value)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn transits(row: &Refusal, old: &Value, new: &Value) -> bool {
    let sides = [old, new].map(|side| at(side, row.property));
    if sides.iter().flatten().any(|side| is_unknown(side)) {
        return false;
    }
    let text = |side: Option<&Value>| side.and_then(scalar).or(row.default.map(str::to_owned));
    let texts = || Some((text(sides[0])?, text(sides[1])?));
    let numbers = || texts().and_then(|(old, new)| Some((old.parse::<f64>().ok()?, new.parse::<f64>().ok()?)));
    let versions = || texts().and_then(|(old, new)| Some((Version::read(&old)?, Version::read(&new)?)));
    let is_empty = |side: Option<&Value>| match side {
        None | Some(Value::Null) => true,
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    };
    match row.transition {
        Transition::Changes => match (scalars(sides[0], row), scalars(sides[1], row)) {
            (Some(old), Some(new)) => old != new,
            (_, _) => sides[0] != sides[1],
        },
        Transition::Shrinks => numbers().is_some_and(|(old, new)| new < old),
        Transition::LeavesHalfToDouble => numbers().is_some_and(|(old, new)| new > 2.0 * old || new < old / 2.0),
        Transition::GoesBack => versions().is_some_and(|(old, new)| new.is_before(&old)),
        Transition::SkipsMinor => versions().is_some_and(|(old, new)| new.skips(&old)),
        Transition::MajorWithout(flag) => {
            let allowed = at(new, flag);
            let says = allowed.is_some_and(|it| is_unknown(it) || scalar(it).as_deref() == Some("true"));
            let engine = at(old, "Engine").and_then(scalar).unwrap_or_default();
            !says && versions().is_some_and(|(old, new)| new.major(&engine) != old.major(&engine))
        }
        Transition::IsAdded => is_empty(sides[0]) && !is_empty(sides[1]),
        Transition::IsRemoved => !is_empty(sides[0]) && is_empty(sides[1]),
        Transition::LosesEntries => {
            let entries = |side: Option<&Value>| side.and_then(Value::as_array).cloned().unwrap_or_default();
            let new = entries(sides[1]);
            entries(sides[0]).iter().any(|one| !new.contains(one))
        }
        Transition::TurnsOff => {
            texts().is_some_and(|(old, new)| old == "true" && new == "false")
                || text(sides[0]).as_deref() == Some("true") && sides[1].is_none()
        }
        Transition::Between(from, to) => texts().is_some_and(|(old, new)| old == from && new == to),
    }
}

/// The value as a set of texts: the order of a list does not count here.
fn scalars(side: Option<&Value>, row: &Refusal) -> Option<BTreeSet<String>> {
    match side {
        None | Some(Value::Null) => Some(row.default.map(str::to_owned).into_iter().collect()),
        Some(Value::Array(items)) => items.iter().map(scalar).collect(),
        Some(other) => scalar(other).map(|text| BTreeSet::from([text])),
    }
}

/// A version: the numbers in it, and what stands before them.
#[derive(Debug, PartialEq)]
struct Version {
    of: String,
    numbers: Vec<u64>,
}

impl Version {
    fn read(text: &str) -> Option<Self> {
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let (of, rest) = text.split_at(start);
        let numbers = rest.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
        Some(Self { of: of.to_owned(), numbers: numbers.map(str::parse).collect::<Result<_, _>>().ok()? })
    }

    /// Whether it is older; `17` is neither older nor newer than `17.4`.
    fn is_before(&self, other: &Self) -> bool {
        let differs = self.numbers.iter().zip(&other.numbers).find(|(one, other)| one != other);
        self.of == other.of && differs.is_some_and(|(one, other)| one < other)
    }

    /// Whether a minor version lies between, or the major one is another.
    fn skips(&self, other: &Self) -> bool {
        match (self.numbers.as_slice(), other.numbers.as_slice()) {
            ([major, minor, ..], [before, old, ..]) if major == before => *minor > old + 1,
            (_, _) => false,
        }
    }

    /// What makes the major version: two numbers of `MySQL` and `MariaDB`, one of the others.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.MySQL.html> (from memory).
    fn major(&self, engine: &str) -> Option<Vec<u64>> {
        let numbers = if engine.contains("mysql") || engine.contains("mariadb") { 2 } else { 1 };
        self.numbers.get(..numbers).map(<[u64]>::to_vec)
    }
}

/// Indexes of a table: one comes or goes at a time, and none changes but in its throughput.
///
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html> and
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html> (from memory):
/// one global secondary index can be created or deleted in an update without a replacement.
fn indexes(resource: &ResourceChange, old: &Value, new: &Value) -> Vec<String> {
    if !matches!(resource.kind.as_str(), "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable") {
        return Vec::new();
    }
    let all = |side: &Value| {
        let list = side.get("GlobalSecondaryIndexes").and_then(Value::as_array);
        let named =
            list.into_iter().flatten().map(|index| Some((index.get("IndexName")?.as_str()?.to_owned(), index.clone())));
        named.collect::<Option<Vec<_>>>()
    };
    let (Some(before), Some(after)) = (all(old), all(new)) else { return Vec::new() };
    let find = |list: &[(String, Value)], name: &str| {
        list.iter().find(|(other, _)| other == name).map(|(_, index)| index.clone())
    };
    let gone: Vec<&str> =
        before.iter().map(|(name, _)| name.as_str()).filter(|name| find(&after, name).is_none()).collect();
    let made: Vec<&str> =
        after.iter().map(|(name, _)| name.as_str()).filter(|name| find(&before, name).is_none()).collect();
    let mut found = Vec::new();
    if gone.len() + made.len() > 1 {
        let names: Vec<&str> = made.iter().chain(&gone).copied().collect();
        found.push(format!(
            "AWS refuses to make or delete several indexes in one update ({}): DynamoDB takes one at a time; deploy one \
             after the other",
            names.join(", ")
        ));
    }
    for (name, now) in &after {
        let Some(then) = find(&before, name) else { continue };
        for property in ["KeySchema", "Projection"] {
            let sides = [then.get(property), now.get(property)];
            let unknown = sides.iter().flatten().any(|side| is_unknown(side));
            if !unknown && sides[0] != sides[1] {
                found.push(format!(
                    "AWS refuses the change of {property} of index {name}: an index cannot be changed; make one of another \
                     name, then delete this one"
                ));
            }
        }
    }
    found
}

/// Source: <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSecurityGroups.html> (from memory):
/// of a Network Load Balancer only if it was made with one.
fn first_group(resource: &ResourceChange, old: &Value, new: &Value) -> Option<String> {
    let is_network = |side: &Value| side.get("Type").and_then(Value::as_str) == Some("network");
    let groups = |side: &Value| match side.get("SecurityGroups") {
        None | Some(Value::Null) => false,
        Some(Value::Array(items)) => !items.is_empty(),
        Some(_) => true,
    };
    let first = resource.kind == "AWS::ElasticLoadBalancingV2::LoadBalancer"
        && is_network(old)
        && is_network(new)
        && !groups(old)
        && groups(new);
    first.then(|| {
        "AWS refuses SecurityGroups of a network load balancer that was made without a security group; make a new load \
         balancer"
            .to_owned()
    })
}

/// One of two equal rules that is taken away takes the other along: EC2 keeps them once.
///
/// Source: <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1534> (read 2026-11-30).
fn shared_rule(resource: &ResourceChange, old: &Value, new: &Value) -> Option<String> {
    if resource.kind != "AWS::EC2::SecurityGroup" {
        return None;
    }
    let rules = |side: &Value, list: &str| {
        let rules = side.get(list).and_then(Value::as_array).into_iter().flatten();
        let without = |rule: &Value| {
            let mut rule = rule.clone();
            if let Some(map) = rule.as_object_mut() {
                map.remove("Description");
            }
            rule
        };
        rules.map(without).collect::<Vec<_>>()
    };
    for list in ["SecurityGroupIngress", "SecurityGroupEgress"] {
        let (before, after) = (rules(old, list), rules(new, list));
        let count = |rules: &[Value], rule: &Value| rules.iter().filter(|other| *other == rule).count();
        let twice = before.iter().any(|rule| {
            let (then, now) = (count(&before, rule), count(&after, rule));
            then > 1 && now > 0 && now < then
        });
        if twice {
            return Some(format!(
                "one of two equal rules in {list} is taken away; EC2 keeps equal rules once, so the one that stays is \
                 revoked as well"
            ));
        }
    }
    None
}

/// Target groups that stay while the load balancer in front of them is replaced: the new one is made before the old one
/// goes, and a target group has one load balancer.
///
/// Source: <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/780> (read 2026-11-30).
fn moved_targets<'a>(change: &'a StackChange, after: &Value) -> Vec<(&'a ResourceChange, String)> {
    const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
    let replaced = |id: &str| {
        change.resources.iter().any(|it| it.id == id && (it.action == Action::Create || it.impact == Impact::Replaces))
    };
    let own = |value: &Value| -> BTreeSet<String> {
        let all = references(value, Vec::new()).into_iter();
        all.filter_map(|reference| match reference.target {
            Target::Own(id) | Target::Attribute(id, _) => Some(id),
            Target::Output(..) | Target::Export(_) => None,
        })
        .collect()
    };
    let kind = |id: &str| entry(after, "Resources", id).and_then(|it| it.get("Type")?.as_str());
    let mut found = Vec::new();
    for balancer in change.resources.iter().filter(|it| it.kind == BALANCER && it.action == Action::Update) {
        if balancer.impact != Impact::Replaces {
            continue;
        }
        let with = |of: &str| -> BTreeSet<String> {
            let all = section(after, "Resources").filter(|(_, resource)| own(resource).contains(of));
            all.map(|(id, _)| id.clone()).collect()
        };
        let mut users = with(&balancer.id);
        for listener in users.clone() {
            users.extend(with(&listener));
        }
        let groups = users.iter().filter_map(|id| entry(after, "Resources", id)).flat_map(own);
        let groups: BTreeSet<String> =
            groups.filter(|id| kind(id) == Some("AWS::ElasticLoadBalancingV2::TargetGroup") && !replaced(id)).collect();
        for group in groups {
            found.push((
                balancer,
                format!(
                    "it is replaced and target group {group} is not: a target group cannot be associated with two load \
                     balancers; let the target group be replaced too, by another name or protocol, or make the new load \
                     balancer beside the old one"
                ),
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::stacks::one_template as templates;
    use crate::state::StackKey;

    /// What is refused when a resource's properties change, blocking or not.
    fn of(kind: &str, old: Value, new: Value) -> Vec<(String, bool)> {
        let template = |properties: Value| json!({ "Resources": { "It": { "Type": kind, "Properties": properties } } });
        let (before, after) = (template(old), template(new));
        let change = templates(&StackKey::new("s", "r"), &before, &after);
        refusals(&change, &before, &after).into_iter().map(|it| (it.text, it.blocking)).collect()
    }

    fn refused(kind: &str, property: &str, old: Value, new: Value) -> bool {
        let properties = |value: Value| {
            let mut names = property.split('.').rev();
            let last = names.next().unwrap_or_default();
            names.fold(json!({ last: value }), |inner, name| json!({ name: inner }))
        };
        let found = of(kind, properties(old), properties(new));
        assert!(found.iter().all(|(_, blocking)| *blocking), "{found:?}");
        !found.is_empty()
    }

    #[test]
    fn every_row_refuses_its_transition_and_not_the_way_back_or_what_is_not_known() {
        for row in refusals::REFUSALS {
            let (old, new) = match row.transition {
                Transition::Changes if row.default == Some("true") => (json!(true), json!(false)),
                Transition::Changes => (json!("a"), json!("b")),
                Transition::Shrinks => (json!(100), json!("50")),
                Transition::LeavesHalfToDouble => (json!(2), json!(5)),
                Transition::GoesBack => (json!("OpenSearch_17.7"), json!("OpenSearch_16.9")),
                Transition::SkipsMinor => (json!("1.34"), json!("1.36")),
                Transition::MajorWithout(_) => (json!("16.4"), json!("17.4")),
                Transition::IsAdded => (json!([]), json!([{ "VPCId": "v" }])),
                Transition::IsRemoved => (json!([{ "VPCId": "v" }]), json!([])),
                Transition::LosesEntries => (json!([{ "Name": "a" }, { "Name": "b" }]), json!([{ "Name": "a" }])),
                Transition::TurnsOff => (json!(true), json!("false")),
                Transition::Between(from, to) => (json!(from), json!(to)),
            };
            let with = |value: &Value| {
                let mut names = row.property.split('.').rev();
                let last = names.next().unwrap_or_default();
                let mut properties = names.fold(json!({ last: value }), |inner, name| json!({ name: inner }));
                if let Some((property, value)) = row.only {
                    property.split('.').fold(&mut properties, |inner, name| &mut inner[name]).clone_from(&value.into());
                }
                properties
            };
            let says = |old: &Value, new: &Value| {
                of(row.kind, with(old), with(new)).iter().any(|(text, _)| text.ends_with(row.why))
            };
            assert!(says(&old, &new), "{row:?}");
            assert!(!says(&old, &old), "{row:?}");
            assert!(!says(&old, &json!({ "Ref": "P" })) && !says(&json!({ "Ref": "P" }), &new), "{row:?}");
            let symmetric = matches!(row.transition, Transition::Changes | Transition::MajorWithout(_));
            assert!(symmetric || row.transition == Transition::LeavesHalfToDouble || !says(&new, &old), "{row:?}");
        }
    }

    #[test]
    fn versions_are_compared_as_numbers_and_a_shorter_one_is_any_of_its_kind() {
        let database = |old: &str, new: &str| refused("AWS::RDS::DBInstance", "EngineVersion", old.into(), new.into());
        assert!(database("17.7", "17.6") && database("17.10", "17.9") && database("16.4", "15"));
        assert!(!database("17.9", "17.10") && !database("17.4", "17") && !database("17", "17.4"));
        let cluster = |old: &str, new: &str| refused("AWS::EKS::Cluster", "Version", old.into(), new.into());
        assert!(cluster("1.34", "1.36") && cluster("1.34", "1.33") && !cluster("1.34", "1.35"));
        let engine = |engine: &str, old: &str, new: &str, flag: Value| {
            let properties =
                |version: &str| json!({ "Engine": engine, "EngineVersion": version, "AllowMajorVersionUpgrade": flag });
            !of("AWS::RDS::DBInstance", properties(old), properties(new)).is_empty()
        };
        assert!(engine("mysql", "8.0.40", "8.4.3", json!(false)) && !engine("mysql", "8.0.40", "8.0.41", json!(false)));
        assert!(engine("postgres", "16.4", "17.2", Value::Null) && !engine("postgres", "16.4", "17.2", json!(true)));
        assert!(!engine("postgres", "16.4", "17.2", json!({ "Ref": "Allow" })));
        assert!(!engine("aurora-mysql", "8.0.mysql_aurora.3.04.0", "8.0.mysql_aurora.3.08.0", json!(false)));
    }

    #[test]
    fn defaults_count_as_written() {
        let key = |old: Value, new: Value| refused("AWS::KMS::Key", "KeySpec", old, new);
        assert!(!key(Value::Null, json!("SYMMETRIC_DEFAULT")) && key(Value::Null, json!("RSA_4096")));
        let names = |old: Value, new: Value| refused("AWS::Cognito::UserPool", "UsernameAttributes", old, new);
        assert!(names(Value::Null, json!(["email"])) && names(json!(["email"]), json!(["phone_number"])));
        assert!(!names(json!(["email", "phone_number"]), json!(["phone_number", "email"])));
    }

    #[test]
    fn indexes_come_and_go_one_at_a_time_and_do_not_change() {
        let table = |indexes: &[(&str, &str)]| {
            let index = |(name, projection): &(&str, &str)| {
                json!({
                    "IndexName": name, "KeySchema": [{ "AttributeName": name, "KeyType": "HASH" }],
                    "Projection": { "ProjectionType": projection },
                })
            };
            json!({ "GlobalSecondaryIndexes": indexes.iter().map(index).collect::<Vec<_>>() })
        };
        let count =
            |old: &[(&str, &str)], new: &[(&str, &str)]| of("AWS::DynamoDB::Table", table(old), table(new)).len();
        let all = "ALL";
        assert_eq!(count(&[], &[("a", all)]), 0);
        assert_eq!(count(&[], &[("a", all), ("b", all)]), 1);
        assert_eq!(count(&[("a", all)], &[("b", all)]), 1, "one is swapped for another");
        assert_eq!(count(&[("a", all), ("b", all)], &[]), 1);
        assert_eq!(count(&[("a", all)], &[("a", "KEYS_ONLY")]), 1);
        assert_eq!(count(&[("a", all), ("b", all)], &[("b", all), ("a", all)]), 0, "their order does not count");
    }

    #[test]
    fn a_network_balancer_gets_no_first_group_and_one_of_two_equal_rules_is_dangerous() {
        let balancer = |kind: &str, old: Value, new: Value| {
            let properties = |groups: Value| json!({ "Type": kind, "Subnets": ["s"], "SecurityGroups": groups });
            of("AWS::ElasticLoadBalancingV2::LoadBalancer", properties(old), properties(new)).len()
        };
        assert_eq!(balancer("network", json!([]), json!(["sg-1"])), 1);
        assert_eq!(balancer("network", json!(["sg-1"]), json!(["sg-2"])), 0);
        assert_eq!(balancer("application", json!([]), json!(["sg-1"])), 0);
        let rule = |text: &str| json!({ "IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "CidrIp": "10.0.0.0/8", "Description": text });
        let group = |rules: &[&str]| json!({ "GroupDescription": "g", "SecurityGroupIngress": rules.iter().map(|it| rule(it)).collect::<Vec<_>>() });
        let found = of("AWS::EC2::SecurityGroup", group(&["a", "b"]), group(&["a"]));
        assert_eq!(found.iter().map(|(_, blocking)| *blocking).collect::<Vec<_>>(), [false]);
        assert_eq!(of("AWS::EC2::SecurityGroup", group(&["a", "b"]), group(&[])), []);
    }

    #[test]
    fn a_target_group_is_not_moved_to_a_new_load_balancer() {
        let template = |scheme: &str, port: u16| {
            json!({ "Resources": {
                "Balancer": { "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": { "Scheme": scheme, "Subnets": ["s"] } },
                "Pods": { "Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": { "Port": port, "Protocol": "HTTP", "VpcId": "v" } },
                "Listener": { "Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {
                    "LoadBalancerArn": { "Ref": "Balancer" }, "Port": 80, "Protocol": "HTTP",
                    "DefaultActions": [{ "Type": "forward", "TargetGroupArn": { "Ref": "Pods" } }],
                } },
            } })
        };
        let count = |old: Value, new: Value| {
            let change = templates(&StackKey::new("s", "r"), &old, &new);
            refusals(&change, &old, &new).len()
        };
        assert_eq!(count(template("internal", 80), template("internet-facing", 80)), 1);
        assert_eq!(count(template("internal", 80), template("internet-facing", 81)), 0, "it is replaced as well");
        assert_eq!(count(template("internal", 80), template("internal", 81)), 0);
    }
}
