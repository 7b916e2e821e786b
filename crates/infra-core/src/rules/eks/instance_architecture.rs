//! `eks/instance-architecture`: the image of nodes runs on their instances.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/instance-architecture",
    code: "EKS-031",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "node group whose image does not run on its instances",
    why: "an image is built for one architecture, and the families of Graviton (such as m7g) have ARM, all others x86",
    error: Some("[m7g.large] is not a valid instance type for requested amiType AL2023_x86_64_STANDARD"),
    sources: &["https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html"],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Nodes:
    Type: AWS::EKS::Nodegroup
    Properties:
      ClusterName: shop
      NodeRole: arn:aws:iam::111122223333:role/nodes
      AmiType: AL2023_x86_64_STANDARD
      InstanceTypes: [m7g.large]
#                     ^
      Subnets: [subnet-0123456789abcde00, subnet-0123456789abcde01]
      ScalingConfig: { MinSize: 2, MaxSize: 4, DesiredSize: 2 }
",
    good: &[("AL2023_x86_64_STANDARD", "AL2023_ARM_64_STANDARD")],
    check: Check::Resources(&["AWS::EKS::Nodegroup"], check),
};

fn check(cx: &mut Cx<'_>, group: Resource<'_>) {
    let Some((image, name)) = group.get("AmiType").and_then(|it| Some((it, it.text()?))) else { return };
    let of_image = match name.to_ascii_uppercase() {
        it if it.contains("ARM_64") => true,
        it if it.contains("X86_64") => false,
        _ => return,
    };
    for instance in group.each("InstanceTypes") {
        let Some(kind) = instance.text() else { continue };
        let Some(graviton) = is_graviton(&kind).filter(|graviton| *graviton != of_image) else { continue };
        let has = if graviton { "ARM" } else { "x86" };
        cx.report(
            instance
                .finding(
                    format!("`{kind}` of node group `{}` does not run its image", group.id()),
                    format!("an instance with {has}"),
                )
                .also(image.at(), "the image")
                .help("choose an image and instances of one architecture"),
        );
    }
}

/// Whether an instance has a processor of ARM, if its name tells: letters, a generation, and a `g` among what follows.
fn is_graviton(kind: &str) -> Option<bool> {
    let family = kind.split_once('.')?.0;
    if family == "a1" {
        return Some(true);
    }
    let rest = family.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let marks = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < family.len() && marks.len() < rest.len()).then(|| marks.starts_with('g'))
}

#[cfg(test)]
mod tests {
    use super::is_graviton;

    #[test]
    fn families_tell_their_architecture() {
        for (kind, is) in [
            ("m7g.large", true),
            ("c6gn.xlarge", true),
            ("t4g.small", true),
            ("g5.xlarge", false),
            ("m6i.large", false),
            ("g5g.xlarge", true),
            ("a1.large", true),
        ] {
            assert_eq!(is_graviton(kind), Some(is), "{kind}");
        }
        assert_eq!(is_graviton("large"), None);
    }
}
