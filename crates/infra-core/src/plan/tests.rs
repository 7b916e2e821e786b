//! Plans as files, and what they rest on.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{FileError, Kind, Plan, Prints, Terms};
use crate::diff::{self, testing};
use crate::state::{
    Certificate, Deployed, DeployedZone, Desired, DesiredZone, OutputRef, Owned, Record, RecordKey, StackKey,
    StackStatus,
};

fn record(value: &str) -> Record {
    let set = json!({ "Name": "a.example.com.", "Type": "A", "TTL": 60, "ResourceRecords": [{ "Value": value }] });
    Record::read(&set).unwrap()
}

fn queue(timeout: u32) -> Value {
    json!({
        "Resources": { "Q": { "Type": "AWS::SQS::Queue", "Properties": { "VisibilityTimeout": timeout } } },
        "Outputs": { "Arn": { "Value": { "Fn::GetAtt": ["Q", "Arn"] } } }
    })
}

fn user() -> Value {
    json!({
        "Parameters": { "P": { "Type": "String" } },
        "Resources": { "T": { "Type": "AWS::SNS::Topic", "Properties": { "DisplayName": { "Ref": "P" } } } }
    })
}

fn desired() -> Desired {
    let mut desired = testing::desired(&[("base", queue(2), &[]), ("user", user(), &[("P", "base", "Arn")])]);
    desired.stacks.get_mut(&testing::key("user")).unwrap().needs.insert(testing::key("base"));
    desired.zones.push(DesiredZone {
        domain: "example.com.".into(),
        private: false,
        id: "Z1".into(),
        records: vec![record("192.0.2.9")],
        needs: BTreeSet::from([OutputRef { stack: testing::key("user"), output: "X".into() }]),
        named: None,
    });
    desired
}

fn deployed() -> Deployed {
    let base = testing::stack(queue(1), &[], &[("Arn", "arn:q")]);
    let zone = DeployedZone { domain: "example.com.".into(), private: false, records: vec![record("192.0.2.1")] };
    let certificate = Certificate {
        arn: "arn:aws:acm:eu-west-1:123456789012:certificate/1".into(),
        region: "eu-west-1".into(),
        status: "ISSUED".into(),
        kind: "AMAZON_ISSUED".into(),
        names: vec!["example.com".into()],
        not_after: Some("2027-01-01".into()),
        renewal: None,
        failure: None,
        validations: Vec::new(),
    };
    let mut deployed = testing::deployed(vec![("base", base)]);
    deployed.zones.insert("Z1".into(), zone);
    deployed.certificates.insert(certificate.arn.clone(), certificate);
    deployed
}

fn plan() -> Plan {
    let (desired, deployed) = (desired(), deployed());
    let changes = diff::changes(&desired, &deployed, &BTreeSet::new(), None);
    let terms = Terms {
        kind: Kind::Apply,
        created: "2026-11-25T00:00:00Z".into(),
        expires: "2026-11-26T00:00:00Z".into(),
        selected: BTreeSet::new(),
    };
    Plan::new(changes, &desired, &deployed, terms)
}

fn needs<'p>(plan: &'p Plan, step: &str) -> Vec<&'p str> {
    let step = plan.steps.iter().find(|found| found.id == step).unwrap();
    step.needs.iter().map(String::as_str).collect()
}

#[test]
fn steps_come_after_what_they_need() {
    let plan = plan();
    let ids: Vec<&str> = plan.steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(ids, ["stack base@eu-west-1", "stack user@eu-west-1", "records example.com."]);
    assert_eq!(needs(&plan, "stack user@eu-west-1"), ["stack base@eu-west-1"]);
    assert_eq!(needs(&plan, "records example.com."), ["stack user@eu-west-1"]);
}

/// The steps of a plan whose project owns records, as what is deployed remembers them.
fn owning(before: &[&str], wanted: &[&str]) -> Plan {
    let key = |name: &&str| {
        let mut record = record("192.0.2.9");
        record.key.name = format!("{name}.example.com.");
        record
    };
    let mut desired = desired();
    desired.zones[0].records = wanted.iter().map(key).collect();
    let mut deployed = deployed();
    let old = before.iter().map(|name| key(name).key).collect();
    let old = Owned { zones: BTreeMap::from([("Z1".into(), old)]), ..Owned::default() };
    let memory = Owned::key("shop", "dev", "eu-west-1");
    deployed.zones.get_mut("Z1").unwrap().records = before.iter().map(key).collect();
    let stack = testing::desired(&[("owned", desired.owned().template("shop", "dev"), &[])]).stacks;
    desired.stacks.extend(stack.into_values().map(|stack| (memory.clone(), stack)));
    deployed.stacks.insert(memory, testing::stack(old.template("shop", "dev"), &[], &[]));
    let changes = diff::changes(&desired, &deployed, &BTreeSet::new(), None);
    let terms = Terms { kind: Kind::Apply, created: String::new(), expires: String::new(), selected: BTreeSet::new() };
    Plan::new(changes, &desired, &deployed, terms)
}

#[test]
fn what_is_going_to_be_ours_is_remembered_first_and_what_is_gone_forgotten_last() {
    const FIRST: &str = "memory shop-dev-owned@eu-west-1";
    const LAST: &str = "stack shop-dev-owned@eu-west-1";
    let plan = owning(&["old"], &["new"]);
    assert_eq!(plan.steps.first().map(|step| step.id.as_str()), Some(FIRST));
    assert!(needs(&plan, "records example.com.").contains(&FIRST));
    assert_eq!(plan.steps.last().map(|step| step.id.as_str()), Some(LAST));
    assert_eq!(needs(&plan, LAST).len(), plan.steps.len() - 1);
    let during = Owned::read(&plan.memory[&Owned::key("shop", "dev", "eu-west-1")]).unwrap().unwrap();
    let names = |sets: &BTreeMap<String, BTreeSet<RecordKey>>| {
        sets["Z1"].iter().map(|key| key.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&during.zones), ["old.example.com."]);
    assert_eq!(names(&during.begun), ["new.example.com."]);

    let only_less = owning(&["old", "both"], &["both"]);
    assert!(only_less.memory.is_empty(), "nothing is new");
    assert_eq!(only_less.steps.last().map(|step| step.id.as_str()), Some(LAST));
    let same = owning(&["both"], &["both"]);
    assert!(same.memory.is_empty() && same.steps.iter().all(|step| step.id != LAST));
}

#[test]
fn what_is_remembered_is_not_selected_alone() {
    let mut desired = desired();
    let owned = testing::desired(&[("owned", json!({}), &[])]).stacks;
    desired.stacks.extend(owned);
    let selection = super::selection(&desired, &["owned".to_owned()]);
    assert_eq!(selection.unknown, ["owned"]);
}

#[test]
fn stacks_go_after_what_used_them() {
    let mut deployed = deployed();
    let user = testing::stack(user(), &[("P", "arn:q")], &[]);
    deployed.stacks.insert(testing::key("user"), user);
    let nothing = testing::desired(&[]);
    let changes = diff::changes(&nothing, &deployed, &BTreeSet::new(), None);
    let terms =
        Terms { kind: Kind::Destroy, created: String::new(), expires: String::new(), selected: BTreeSet::new() };
    let plan = Plan::new(changes, &nothing, &deployed, terms);
    assert_eq!(
        needs(&plan, "stack base@eu-west-1"),
        ["stack user@eu-west-1"],
        "by the value that it has as a parameter"
    );
    assert_eq!(needs(&plan, "stack user@eu-west-1"), [""; 0]);
}

#[test]
fn a_plan_reads_as_it_is_written() {
    let plan = plan();
    assert_eq!(Plan::read(&plan.render()).unwrap(), plan);
    assert!(plan.prints.compare(&deployed()).is_empty());
}

#[test]
fn a_plan_of_another_version_says_so() {
    let text = String::from_utf8(plan().render()).unwrap();
    let newer = text.replacen("\"version\": 3", "\"version\": 4", 1);
    assert!(matches!(Plan::read(newer.as_bytes()), Err(FileError::Version(4))));
    assert!(matches!(Plan::read(b"{}"), Err(FileError::Invalid(_))));
    assert!(matches!(Plan::read(b"plan"), Err(FileError::Invalid(_))));
}

proptest! {
    #[test]
    fn a_plan_with_a_byte_changed_anywhere_is_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = plan().render();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        prop_assert!(Plan::read(&bytes).is_err());
        bytes.remove(at);
        prop_assert!(Plan::read(&bytes).is_err());
    }
}

/// Changes one thing of what is deployed, in one of the ways that there are.
fn meddle(deployed: &mut Deployed, way: usize) -> &'static str {
    let stack = deployed.stacks.get_mut(&testing::key("base")).unwrap();
    let zone = deployed.zones.get_mut("Z1").unwrap();
    let certificate = deployed.certificates.values_mut().next().unwrap();
    match way {
        0 => stack.id.push('x'),
        1 => stack.status = StackStatus::CreateComplete,
        2 => stack.template_sha256.push('x'),
        3 => drop(stack.parameters.insert("P".into(), "1".into())),
        4 => drop(stack.outputs.insert("Arn".into(), "arn:other".into())),
        5 => drop(stack.tags.insert("team".into(), "other".into())),
        6 => stack.termination_protection = true,
        7 => stack.changed.push('x'),
        8 => zone.records.push(record("192.0.2.7")),
        9 => zone.records.clear(),
        10 => zone.private = true,
        11 => certificate.status = "EXPIRED".into(),
        12 => certificate.not_after = None,
        13 => certificate.names.clear(),
        14 => drop(deployed.stacks.remove(&testing::key("base"))),
        15 => deployed.zones.clear(),
        16 => deployed.certificates.clear(),
        _ => drop(deployed.stacks.insert(testing::key("user"), testing::stack(user(), &[], &[]))),
    }
    match way {
        0..=7 | 14 => "stack base@eu-west-1",
        8..=10 | 15 => "hosted zone Z1",
        11..=13 | 16 => "certificate",
        _ => "stack user@eu-west-1",
    }
}

#[test]
fn whatever_changes_after_the_plan_was_made_is_named() {
    let prints: Prints = plan().prints;
    for way in 0..18 {
        let mut now = deployed();
        let what = meddle(&mut now, way);
        let stale = prints.compare(&now);
        assert_eq!(stale.len(), 1, "{way}: {stale:?}");
        assert!(stale[0].what.starts_with(what), "{way}: {stale:?}");
    }
}

#[test]
fn a_stack_that_waits_for_review_is_not_there_yet() {
    let prints = plan().prints;
    let mut now = deployed();
    let mut review = testing::stack(Value::Null, &[], &[]);
    review.status = StackStatus::ReviewInProgress;
    now.stacks.insert(StackKey::new("user", "eu-west-1"), review);
    assert_eq!(prints.compare(&now), []);
}
