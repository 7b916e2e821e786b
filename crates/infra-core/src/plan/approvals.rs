//! What somebody must agree to before changes are made, and because of what.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diff::{
    Action, Changes, DataLoss, Impact, ObjectChange, RecordChange, ResourceChange, SecondZone, StackChange,
    TERMINATION_PROTECTION, ZoneChange, unprotected,
};
use crate::facts::stateful;
use crate::model::{ApprovalLevel, ApprovalRule, Approvals};
use crate::state::{Owned, spelled};

/// Largest share of a zone's record sets that is updated, or deleted, without a question.
///
/// Unit: per cent. octoDNS asks from the same share on (`MAX_SAFE_UPDATE_PCENT`, `MAX_SAFE_DELETE_PCENT`), each kind of
/// change counted by itself. Source: <https://github.com/octodns/octodns/blob/main/octodns/provider/plan.py> (read
/// 2026-11-25).
const SAFE_PERCENT: usize = 30;

/// Fewest record sets of a zone for which shares are looked at. Source: `MIN_EXISTING_RECORDS` of the same file.
const FEWEST_RECORDS: usize = 10;

/// What somebody must agree to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Requirement {
    /// The rule that asks.
    pub rule: ApprovalRule,
    /// What raises it, one line each.
    pub because: Vec<String>,
    /// What each line is about, so that it can be agreed to by itself: the name of a stack or a cluster, or the domain of
    /// a zone.
    #[serde(skip)]
    #[schemars(skip)]
    pub subjects: Vec<String>,
}

/// What must be agreed to before the changes are made, in the order of the rules.
pub fn required(changes: &Changes, protected: bool, approvals: &Approvals) -> Vec<Requirement> {
    let asks = |rule: &ApprovalRule| match approvals.level(*rule) {
        ApprovalLevel::Required => true,
        ApprovalLevel::Protected => protected,
        ApprovalLevel::Off => false,
    };
    let rules = ApprovalRule::ALL.iter().filter(|rule| asks(rule));
    let raised = rules.map(|rule| {
        let (subjects, because) = because(*rule, changes, protected).into_iter().unzip();
        Requirement { rule: *rule, because, subjects }
    });
    raised.filter(|requirement| !requirement.because.is_empty()).collect()
}

impl Requirement {
    /// What is left of it when what raises it for a subject is agreed to; the whole if nothing of the subject does.
    #[must_use]
    pub fn without(mut self, subject: &str) -> Self {
        let is_other = |of: &String| of != subject && of.split('@').next() != Some(subject);
        let keep: Vec<bool> = self.subjects.iter().map(is_other).collect();
        let mut kept = keep.iter();
        self.because.retain(|_| kept.next().is_none_or(|keep| *keep));
        self.subjects.retain(is_other);
        self
    }
}

/// What something is about, and what is to be agreed to.
type Because = (String, String);

fn because(rule: ApprovalRule, changes: &Changes, protected: bool) -> Vec<Because> {
    let of_stack = |stack: &StackChange, why: &str| (stack.stack.to_string(), format!("stack {} {why}", stack.stack));
    match rule {
        ApprovalRule::StatefulReplacement => resources(changes, replaced),
        ApprovalRule::DataLoss => {
            resources(changes, |resource| (resource.data == Some(DataLoss::Deleted)).then_some("its data is deleted"))
        }
        ApprovalRule::StackDeletion => {
            let deleted = changes.stacks.iter().filter(|stack| stack.action == Action::Delete && !remembers(stack));
            deleted.map(|stack| of_stack(stack, "is deleted")).collect()
        }
        ApprovalRule::Exposure => changes
            .exposures
            .iter()
            .map(|exposure| {
                let text = format!("{}/{}: {}", exposure.stack, exposure.resource, exposure.text);
                (exposure.stack.to_string(), text)
            })
            .collect(),
        ApprovalRule::DnsDeletion => {
            records(changes, |_, record| (record.action == Action::Delete).then_some("is deleted"))
        }
        ApprovalRule::DnsThreshold => changes.zones.iter().flat_map(over).collect(),
        ApprovalRule::DnsRootNs => records(changes, |zone, record| {
            (record.key.record_type == "NS" && record.key.name == zone.domain).then_some("are the zone's name servers")
        }),
        ApprovalRule::DnsAdoption => records(changes, |_, record| match record.action {
            _ if !record.adopts => None,
            Action::Delete => Some("may be another's: a run that was going to make it did not end"),
            Action::Create | Action::Update | Action::Retain => Some("is not ours yet"),
        }),
        ApprovalRule::SecondZone => {
            let text = |zone: &SecondZone| {
                let domain = zone.domain.trim_end_matches('.');
                let place = format!("{}/{}", zone.stack, zone.resource);
                (domain.to_owned(), format!("{place}: {domain} has the zone {} already", zone.existing.join(", ")))
            };
            changes.second_zones.iter().map(text).collect()
        }
        ApprovalRule::StackAdoption => {
            let adopted = changes.stacks.iter().filter(|stack| stack.adopts);
            adopted.map(|stack| of_stack(stack, "carries no tags of a project")).collect()
        }
        ApprovalRule::ObjectAdoption => objects(changes, |object| object.adopts.then(|| "is not ours yet".to_owned())),
        ApprovalRule::ObjectDeletion => objects(changes, |object| {
            let others = match object.takes.len() {
                0 => String::new(),
                1 => " with 1 object that is not ours".to_owned(),
                more => format!(" with {more} objects that are not ours"),
            };
            let deleted = (object.action == Action::Delete && !object.spent).then(|| format!("is deleted{others}"));
            deleted.or_else(|| object.anew.as_ref().map(|why| format!("is deleted and made anew: {why}")))
        }),
        ApprovalRule::ObjectTakeover => objects(changes, |object| {
            let conflicts = Some(&object.conflicts).filter(|conflicts| !conflicts.is_empty());
            conflicts.map(|conflicts| format!("has fields of others: {}", conflicts.join(", ")))
        }),
        ApprovalRule::ObjectForgetting => changes.forgotten.iter().map(forgotten).collect(),
        ApprovalRule::TerminationProtection => {
            let protected = changes.stacks.iter().filter(|stack| {
                let mut attributes = stack.attributes.iter();
                attributes.any(|it| it.path == TERMINATION_PROTECTION && it.before == Some(true.into()))
            });
            let why = |stack: &StackChange| match stack.action {
                Action::Delete => "is deleted, and is protected from that",
                Action::Create | Action::Update | Action::Retain => "is not protected from deletion any more",
            };
            protected.map(|stack| of_stack(stack, why(stack))).collect()
        }
        ApprovalRule::DeletionProtection => changes.stacks.iter().flat_map(opened).collect(),
        ApprovalRule::ProtectedEnvironment => {
            let anything = protected && !changes.is_empty();
            anything.then(|| (String::new(), "the environment is protected".to_owned())).into_iter().collect()
        }
    }
}

/// Objects of a cluster that nobody would know of any more.
fn forgotten((cluster, lost): (&String, &usize)) -> Because {
    let objects = if *lost == 1 { "1 object".to_owned() } else { format!("{lost} objects") };
    let text = format!("{objects} of cluster {cluster}, wanted no more, would be forgotten wherever they are");
    (cluster.clone(), text)
}

/// The resources of a stack that go although their service refuses it.
fn opened(stack: &StackChange) -> impl Iterator<Item = Because> {
    let key = stack.stack.to_string();
    unprotected(stack).map(move |id| (key.clone(), format!("{key}/{id} is deleted, and is protected from that")))
}

/// Whether a stack is the one in which infra remembers what is its own.
fn remembers(stack: &StackChange) -> bool {
    !stack.resources.is_empty() && stack.resources.iter().all(|one| Owned::is_carrier(&one.kind, &one.id))
}

fn replaced(resource: &ResourceChange) -> Option<&'static str> {
    if !stateful::stateful(&resource.kind) && resource.data.is_none() {
        return None;
    }
    match resource.impact {
        Impact::Replaces => Some("is replaced by an empty one"),
        Impact::MayReplace => Some("may be replaced by an empty one"),
        Impact::InPlace | Impact::MayInterrupt => None,
    }
}

fn resources(changes: &Changes, why: impl Fn(&ResourceChange) -> Option<&'static str>) -> Vec<Because> {
    let of = |stack: &StackChange, resource: &ResourceChange| {
        let place = resource.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
        let why = why(resource)?;
        let text = format!("{} {}/{}{place}: {why}", resource.kind, stack.stack, resource.id);
        Some((stack.stack.to_string(), text))
    };
    changes.stacks.iter().flat_map(|stack| stack.resources.iter().filter_map(move |one| of(stack, one))).collect()
}

fn records(changes: &Changes, why: impl Fn(&ZoneChange, &RecordChange) -> Option<&'static str>) -> Vec<Because> {
    let of = |zone: &ZoneChange, record: &RecordChange| {
        Some((zone.domain.trim_end_matches('.').to_owned(), format!("{}: {}", record.key, why(zone, record)?)))
    };
    changes.zones.iter().flat_map(|zone| zone.records.iter().filter_map(move |one| of(zone, one))).collect()
}

fn objects(changes: &Changes, why: impl Fn(&ObjectChange) -> Option<String>) -> Vec<Because> {
    let of = |object: &ObjectChange| {
        let text = format!("{} of cluster {} {}", spelled(&object.identity), object.cluster, why(object)?);
        Some((object.cluster.clone(), text))
    };
    changes.objects.iter().filter_map(of).collect()
}

/// Whether too large a share of a zone is updated, or deleted.
fn over(zone: &ZoneChange) -> Vec<Because> {
    let share = |action: Action, verb: &str| {
        let count = zone.records.iter().filter(|record| record.action == action).count();
        let over = zone.existing >= FEWEST_RECORDS && count * 100 > zone.existing * SAFE_PERCENT;
        let text = format!("{count} of {} record sets of {} are {verb}", zone.existing, zone.domain);
        over.then(|| (zone.domain.trim_end_matches('.').to_owned(), text))
    };
    share(Action::Update, "updated").into_iter().chain(share(Action::Delete, "deleted")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{Exposure, ExposureKind, Method};
    use crate::state::RecordKey;

    fn stack(action: Action, resources: Vec<ResourceChange>) -> Changes {
        let stack = StackChange {
            stack: "shop-dev-api@eu-west-1".parse().unwrap(),
            action,
            method: Method::Template,
            resources,
            parameters: Vec::new(),
            outputs: Vec::new(),
            attributes: Vec::new(),
            adopts: false,
        };
        Changes { stacks: vec![stack], ..Changes::default() }
    }

    fn resource(kind: &str, action: Action, impact: Impact, data: Option<DataLoss>) -> Changes {
        let resource = ResourceChange {
            id: "Thing".into(),
            kind: kind.into(),
            action,
            impact,
            causes: Vec::new(),
            properties: Vec::new(),
            data,
            place: Some("stacks/a.yaml:1:2".into()),
            looks_like: None,
            method: Method::Template,
        };
        stack(Action::Update, vec![resource])
    }

    fn zone(existing: usize, records: Vec<(&str, &str, Action, bool)>) -> Changes {
        let record = |(name, record_type, action, adopts): (&str, &str, Action, bool)| RecordChange {
            key: RecordKey { name: name.into(), record_type: record_type.into(), set: None },
            action,
            before: None,
            after: None,
            adopts,
            releases: false,
        };
        let zone = ZoneChange {
            domain: "example.com.".into(),
            private: false,
            id: "Z1".into(),
            existing,
            records: records.into_iter().map(record).collect(),
            left_alone: Vec::new(),
        };
        Changes { zones: vec![zone], ..Changes::default() }
    }

    /// The lines that raise a rule, in an environment that is not protected, with every rule on.
    fn raised(rule: ApprovalRule, changes: &Changes) -> Vec<String> {
        let found = required(changes, true, &Approvals::default());
        found.into_iter().find(|one| one.rule == rule).map(|one| one.because).unwrap_or_default()
    }

    #[test]
    fn a_replacement_asks_only_where_data_is() {
        let of =
            |kind, impact| raised(ApprovalRule::StatefulReplacement, &resource(kind, Action::Update, impact, None));
        let expected =
            "AWS::DynamoDB::Table shop-dev-api@eu-west-1/Thing (stacks/a.yaml:1:2): is replaced by an empty one";
        assert_eq!(of("AWS::DynamoDB::Table", Impact::Replaces), [expected]);
        assert!(of("AWS::DynamoDB::Table", Impact::MayReplace)[0].ends_with("may be replaced by an empty one"));
        assert_eq!(of("AWS::DynamoDB::Table", Impact::MayInterrupt), [""; 0]);
        assert_eq!(of("AWS::SNS::Topic", Impact::Replaces), [""; 0]);
    }

    #[test]
    fn data_that_is_deleted_asks_and_data_that_stays_does_not() {
        let of = |data| {
            let changes = resource("AWS::RDS::DBInstance", Action::Delete, Impact::InPlace, Some(data));
            raised(ApprovalRule::DataLoss, &changes).len()
        };
        assert_eq!([DataLoss::Deleted, DataLoss::Orphaned, DataLoss::Snapshot].map(of), [1, 0, 0]);
    }

    #[test]
    fn the_deletion_of_a_stack_asks() {
        let of = |action| raised(ApprovalRule::StackDeletion, &stack(action, Vec::new())).len();
        assert_eq!([Action::Delete, Action::Update, Action::Create].map(of), [1, 0, 0]);
    }

    #[test]
    fn exposure_asks() {
        let exposure = Exposure {
            stack: "shop-dev-api@eu-west-1".parse().unwrap(),
            resource: "Role".into(),
            kind: ExposureKind::Permission,
            text: "sqs:SendMessage on QueueJobs".into(),
        };
        let changes = Changes { exposures: vec![exposure], ..Changes::default() };
        let expected = "shop-dev-api@eu-west-1/Role: sqs:SendMessage on QueueJobs";
        assert_eq!(raised(ApprovalRule::Exposure, &changes), [expected]);
        assert_eq!(raised(ApprovalRule::Exposure, &stack(Action::Update, Vec::new())), [""; 0]);
    }

    #[test]
    fn a_deleted_record_asks_in_protected_environments() {
        let deleted = zone(1, vec![("a.example.com.", "A", Action::Delete, false)]);
        assert_eq!(raised(ApprovalRule::DnsDeletion, &deleted), ["a.example.com. A: is deleted"]);
        let updated = zone(1, vec![("a.example.com.", "A", Action::Update, false)]);
        assert_eq!(raised(ApprovalRule::DnsDeletion, &updated), [""; 0]);
        assert_eq!(required(&deleted, false, &Approvals::default()), []);
    }

    #[test]
    fn more_than_thirty_per_cent_of_ten_records_ask() {
        let of = |existing, action, count| {
            let records = vec![("a.example.com.", "A", action, false); count];
            raised(ApprovalRule::DnsThreshold, &zone(existing, records))
        };
        assert_eq!(of(10, Action::Update, 4), ["4 of 10 record sets of example.com. are updated"]);
        assert_eq!(of(10, Action::Delete, 4), ["4 of 10 record sets of example.com. are deleted"]);
        assert_eq!(of(10, Action::Update, 3), [""; 0], "not more than 30 %");
        assert_eq!(of(9, Action::Delete, 9), [""; 0], "a small zone");
        assert_eq!(of(10, Action::Create, 9), [""; 0]);
    }

    #[test]
    fn name_servers_of_the_zone_itself_ask() {
        let of = |name, record_type| {
            raised(ApprovalRule::DnsRootNs, &zone(2, vec![(name, record_type, Action::Update, false)])).len()
        };
        assert_eq!((of("example.com.", "NS"), of("sub.example.com.", "NS"), of("example.com.", "A")), (1, 0, 0));
    }

    #[test]
    fn taking_over_a_record_asks() {
        let of = |adopts| {
            raised(ApprovalRule::DnsAdoption, &zone(2, vec![("a.example.com.", "A", Action::Update, adopts)])).len()
        };
        assert_eq!([true, false].map(of), [1, 0]);
    }

    #[test]
    fn taking_over_an_object_and_deleting_one_ask() {
        let of = |rule, change: &dyn Fn(ObjectChange) -> ObjectChange| {
            let id = ["apps/v1", "Deployment", "shop", "api"].map(str::to_owned);
            let object = change(ObjectChange::new("main", &id, Action::Update, Vec::new()));
            raised(rule, &Changes { objects: vec![object], ..Changes::default() })
        };
        let adopted = of(ApprovalRule::ObjectAdoption, &|it| ObjectChange { adopts: true, ..it });
        assert_eq!(adopted, ["Deployment shop/api of cluster main is not ours yet"]);
        assert_eq!(of(ApprovalRule::ObjectAdoption, &|it| it), [""; 0]);
        let deleted = of(ApprovalRule::ObjectDeletion, &|it| ObjectChange { action: Action::Delete, ..it });
        assert_eq!(deleted, ["Deployment shop/api of cluster main is deleted"]);
        let takes = vec!["ConfigMap a".to_owned(), "Secret b".to_owned()];
        let with = |it| ObjectChange { action: Action::Delete, takes: takes.clone(), ..it };
        let deleted = of(ApprovalRule::ObjectDeletion, &with);
        assert_eq!(deleted, ["Deployment shop/api of cluster main is deleted with 2 objects that are not ours"]);
        assert_eq!(of(ApprovalRule::ObjectDeletion, &|it| it), [""; 0]);
        let forgotten = [("main".to_owned(), 2), ("spare".to_owned(), 1)].into();
        assert_eq!(
            raised(ApprovalRule::ObjectForgetting, &Changes { forgotten, ..Changes::default() }),
            [
                "2 objects of cluster main, wanted no more, would be forgotten wherever they are",
                "1 object of cluster spare, wanted no more, would be forgotten wherever they are"
            ]
        );
        let spent = |it| ObjectChange { action: Action::Delete, spent: true, ..it };
        assert_eq!(of(ApprovalRule::ObjectDeletion, &spent), [""; 0], "a job that ran to its end");
    }

    #[test]
    fn fields_of_others_and_objects_that_are_made_anew_ask() {
        let of = |rule, change: &dyn Fn(ObjectChange) -> ObjectChange| {
            let id = ["apps/v1", "Deployment", "shop", "api"].map(str::to_owned);
            let object = change(ObjectChange::new("main", &id, Action::Update, Vec::new()));
            raised(rule, &Changes { objects: vec![object], ..Changes::default() })
        };
        let conflicts = vec![".spec.replicas is managed by \"kubectl\"".to_owned()];
        let taken = of(ApprovalRule::ObjectTakeover, &|it| ObjectChange { conflicts: conflicts.clone(), ..it });
        let text = "Deployment shop/api of cluster main has fields of others: .spec.replicas is managed by \"kubectl\"";
        assert_eq!(taken, [text]);
        assert_eq!(of(ApprovalRule::ObjectTakeover, &|it| it), [""; 0]);
        let anew = of(ApprovalRule::ObjectDeletion, &|it| ObjectChange { anew: Some("immutable".to_owned()), ..it });
        assert_eq!(anew, ["Deployment shop/api of cluster main is deleted and made anew: immutable"]);
    }

    #[test]
    fn a_protection_that_ends_asks() {
        let of = |action, before: bool, after: Option<bool>| {
            let mut changes = stack(action, Vec::new());
            changes.stacks[0].attributes = vec![crate::diff::ValueChange {
                path: TERMINATION_PROTECTION.to_owned(),
                before: Some(before.into()),
                after: after.map(Into::into),
                unknown: false,
                impact: Impact::InPlace,
            }];
            raised(ApprovalRule::TerminationProtection, &changes)
        };
        assert_eq!(
            of(Action::Update, true, Some(false)),
            ["stack shop-dev-api@eu-west-1 is not protected from deletion any more"]
        );
        assert_eq!(
            of(Action::Delete, true, None),
            ["stack shop-dev-api@eu-west-1 is deleted, and is protected from that"]
        );
        assert_eq!(of(Action::Update, false, Some(true)), [""; 0]);
    }

    #[test]
    fn what_is_agreed_to_by_name_is_one_thing() {
        let mut changes = stack(Action::Delete, Vec::new());
        let mut other = changes.stacks[0].clone();
        other.stack = "shop-dev-data@eu-west-1".parse().unwrap();
        changes.stacks.push(other);
        let asked = required(&changes, false, &Approvals::default()).remove(0);
        assert_eq!(asked.because.len(), 2);
        for name in ["shop-dev-api", "shop-dev-api@eu-west-1"] {
            assert_eq!(asked.clone().without(name).because, ["stack shop-dev-data@eu-west-1 is deleted"]);
        }
        assert_eq!(asked.clone().without("shop-dev"), asked);
    }

    #[test]
    fn anything_asks_in_a_protected_environment() {
        let rules = |changes: &Changes, protected| {
            required(changes, protected, &Approvals::default()).into_iter().map(|one| one.rule).collect::<Vec<_>>()
        };
        let something = stack(Action::Update, Vec::new());
        assert_eq!(rules(&something, true), [ApprovalRule::ProtectedEnvironment]);
        assert_eq!(rules(&something, false), []);
        assert_eq!(rules(&Changes::default(), true), []);
    }

    #[test]
    fn levels_decide_whether_a_rule_asks() {
        let changes = stack(Action::Delete, Vec::new());
        let asks = |level, protected| {
            let approvals = Approvals { stack_deletion: Some(level), ..Approvals::default() };
            required(&changes, protected, &approvals).iter().any(|one| one.rule == ApprovalRule::StackDeletion)
        };
        assert!(asks(ApprovalLevel::Required, false) && asks(ApprovalLevel::Protected, true));
        assert!(!asks(ApprovalLevel::Protected, false) && !asks(ApprovalLevel::Off, true));
    }
}
