//! `eks/version-support`: a cluster runs a version in standard support.

use crate::facts::eks;
use crate::names::Date;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/version-support",
    code: "EKS-009",
    severity: Severity::Warning,
    phase: Phase::Calendar,
    title: "Kubernetes version is at the end of its support",
    why: "after 14 months a version costs six times as much an hour for a year, and then EKS upgrades the \
          cluster at a time of its own choice",
    error: None,
    sources: &["https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: cluster.yaml today=2026-11-23
Resources:
  Main:
    Type: AWS::EKS::Cluster
    Properties:
      Name: main
      Version: "1.31"
#              ^
      RoleArn: arn:aws:iam::111122223333:role/cluster
      AccessConfig: { AuthenticationMode: API_AND_CONFIG_MAP }
      UpgradePolicy: { SupportType: STANDARD }
      ResourcesVpcConfig: { SubnetIds: [subnet-0123456789abcdef0, subnet-0123456789abcdef1], EndpointPublicAccess: false, EndpointPrivateAccess: true }
"#,
    good: &[(r#"Version: "1.31""#, r#"Version: "1.36""#)],
    check: Check::Resources(&["AWS::EKS::Cluster"], check),
};

/// How long before the end of standard support it is told. Unit: days.
const NOTICE: i64 = 30;

fn check(cx: &mut Cx<'_>, cluster: Resource<'_>) {
    let (Some(version), Some(today)) = (cluster.get("Version"), cluster.view().today()) else { return };
    let Some(known) = version.text().and_then(|name| eks::version(&name)) else { return };
    let day = |text: Option<&str>| text.and_then(|text| text.parse::<Date>().ok());
    let (standard, extended) = (day(known.standard_until), day(known.extended_until));
    let label = match (standard, extended) {
        (_, Some(end)) if today > end => format!("its support ended on {end}"),
        (Some(end), Some(last)) if today > end => format!("in extended support since {end}, until {last}"),
        (Some(end), _) if end.days_after(today) <= NOTICE => format!("standard support ends on {end}"),
        (_, _) => return,
    };
    cx.report(
        version
            .finding(format!("Kubernetes {} is at the end of its support", known.name), label)
            .help(format!("upgrade one minor version at a time, to {}", eks::DEFAULT_VERSION)),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn the_end_of_standard_support_is_told_a_month_before() {
        let text = RULE.bad_example().replace("\"1.31\"", "\"1.34\"");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from(["Kubernetes 1.34 is at the end of its support"]));
    }

    #[test]
    fn versions_in_support_are_silent() {
        let text = RULE.bad_example().replace("\"1.31\"", "\"1.35\"");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from([]));
    }
}
