//! `cloudfront/unknown-origin`: a behaviour leads to an origin of its distribution.

use crate::diag::suggest;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/unknown-origin",
    code: "CF-024",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "behaviour leads to an origin that the distribution does not have",
    why: "`TargetOriginId` names an origin or an origin group of the same distribution by its id, and a group its members; \
          CloudFront refuses a distribution that names another",
    error: Some("One or more of your origins or origin groups do not exist."),
    sources: &["https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DefaultCacheBehavior.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins:
          - Id: web
            DomainName: www.example.org
            CustomOriginConfig: { OriginProtocolPolicy: https-only, OriginSSLProtocols: [TLSv1.2] }
        DefaultCacheBehavior:
          TargetOriginId: site
#                         ^
          ViewerProtocolPolicy: redirect-to-https
          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
"#,
    good: &[("TargetOriginId: site", "TargetOriginId: web")],
    check: Check::Resources(&["AWS::CloudFront::Distribution"], check),
};

fn check(cx: &mut Cx<'_>, site: Resource<'_>) {
    let ids = |path: &str| -> Option<Vec<String>> {
        site.each(path).map(|it| Some(it.key("Id")?.text()?.into_owned())).collect()
    };
    // One id that is not known may be any.
    let (Some(origins), Some(groups)) =
        (ids("DistributionConfig.Origins"), ids("DistributionConfig.OriginGroups.Items"))
    else {
        return;
    };
    if origins.is_empty() {
        return;
    }
    let members = site.each("DistributionConfig.OriginGroups.Items").flat_map(|group| group.each("Members.Items"));
    let members = members.filter_map(|member| member.key("OriginId")).map(|id| (id, false));
    let behaviours =
        super::behaviours(&site).into_iter().filter_map(|it| it.key("TargetOriginId")).map(|id| (id, true));
    for (id, may_be_group) in behaviours.chain(members) {
        let Some(name) = id.text() else { continue };
        let known = origins.iter().chain(groups.iter().filter(|_| may_be_group));
        if known.clone().any(|known| *known == name) {
            continue;
        }
        let finding = id.finding(format!("distribution `{}` has no origin `{name}`", site.id()), "names no origin");
        cx.report(if let Some(near) = suggest(&name, known.clone().map(String::as_str)) {
            finding.help(format!("write `{near}`")).fix(id.replace(near))
        } else {
            let known: Vec<&str> = known.map(String::as_str).collect();
            finding.help(format!("its origins are `{}`", known.join("`, `")))
        });
    }
}
