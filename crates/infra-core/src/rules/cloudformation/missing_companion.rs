//! `cloudformation/missing-companion`: what a property wants beside it is there.

use crate::artifacts::Expr;
use crate::facts::companions::COMPANIONS;
use crate::names::glob;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudformation/missing-companion",
    code: "CFN-021",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "property without another that it needs",
    why: "the schema of the type takes each property alone; the service refuses this one without the other",
    error: None,
    sources: &["https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Disk:
    Type: AWS::EC2::Volume
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      AvailabilityZone: eu-west-1a
      Size: 100
      VolumeType: io2
#                 ^
",
    good: &[("VolumeType: io2", "VolumeType: io2\n      Iops: 3000")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for row in COMPANIONS {
        for resource in view.of(row.kind) {
            for holder in resource.properties().every(row.list).into_iter().filter(Prop::is_object) {
                let Some(wants) = holder.key(row.key) else { continue };
                let matches =
                    |it: &Prop<'_>| it.text().is_some_and(|text| row.values.iter().any(|value| glob(value, &text)));
                let fits = if row.values.is_empty() {
                    wants.items().next().is_some()
                } else {
                    wants.items().any(|it| matches(&it))
                };
                if !fits || row.needs.split('|').any(|needed| has(&holder, needed)) {
                    continue;
                }
                let needed: Vec<_> = row.needs.split('|').take(3).collect();
                let needed = needed.join("` or `").replace('=', ": ");
                let title = format!("`{}` of `{}` needs `{needed}`", row.key, resource.id());
                let mut finding =
                    wants.finding(title, "not without the other").help(format!("write `{needed}` beside it"));
                finding.notes.push(format!("see {}", row.source));
                cx.report(finding);
            }
        }
    }
}

/// Whether a key is there, with its value where one is wanted; what is not known is.
fn has(holder: &Prop<'_>, needed: &str) -> bool {
    if holder.entries().any(|(key, _)| key.starts_with("Fn::")) {
        return true;
    }
    let (key, value) = needed.split_once('=').map_or((needed, None), |(key, value)| (key, Some(value)));
    let found = holder.key(key).filter(|it| !matches!(it.expr(), Expr::Absent));
    found.is_some_and(|it| value.is_none_or(|value| it.text().is_none_or(|text| text.eq_ignore_ascii_case(value))))
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn values_alternatives_and_what_is_not_known_count() {
        let count = |properties: &str| {
            let parameter = "Parameters:\n  Given: { Type: String }\n";
            of_rule(&super::RULE, &format!("{parameter}Resources:\n  One: {properties}\n")).len()
        };
        let volume = |rest: &str| {
            count(&format!(
                "{{ Type: AWS::EC2::Volume, Properties: {{ AvailabilityZone: eu-west-1a, Size: 8, {rest} }} }}"
            ))
        };
        assert_eq!(volume("VolumeType: io2"), 1);
        assert_eq!(volume("VolumeType: io2, Iops: 300"), 0);
        assert_eq!(volume("VolumeType: gp3"), 0);
        assert_eq!(volume("VolumeType: !Ref Given"), 0);
        assert_eq!(volume("KmsKeyId: alias/disks"), 1);
        assert_eq!(volume("KmsKeyId: alias/disks, Encrypted: false"), 1);
        assert_eq!(volume("KmsKeyId: alias/disks, Encrypted: !Ref Given"), 0);
    }
}
