//! `security/sign-in-domain-parent`: the domain above a sign-in page must resolve.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "security/sign-in-domain-parent",
    code: "SEC-002",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "parent of a sign-in domain has no A record",
    why: "Cognito takes a custom domain only if the domain one step above it resolves to an address, whatever that \
          address is",
    error: Some(
        "Custom domain is not a valid subdomain: Was not able to resolve the root domain, please ensure an A record \
         exists for the root domain.",
    ),
    sources: &["https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-add-custom-domain.html"],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Zone:
    Type: AWS::Route53::HostedZone
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties: { Name: example.com }
  Shoppers:
    Type: AWS::Cognito::UserPool
    Properties: { UserPoolName: shoppers }
  SignIn:
    Type: AWS::Cognito::UserPoolDomain
    Properties:
      UserPoolId: !Ref Shoppers
      Domain: auth.example.com
#             ^
      CustomDomainConfig:
        CertificateArn: arn:aws:acm:us-east-1:111122223333:certificate/6d3c1e0b-4c1e-4a0b-8d3f-1f2e3d4c5b6a
"#,
    good: &[(
        "  Shoppers:\n",
        "  Apex:
    Type: AWS::Route53::RecordSet
    Properties: { HostedZoneId: !Ref Zone, Name: example.com, Type: A, TTL: \"300\", ResourceRecords: [192.0.2.10] }
  Shoppers:
",
    )],
    check: Check::Resources(&["AWS::Cognito::UserPoolDomain"], check),
};

fn check(cx: &mut Cx<'_>, domain: Resource<'_>) {
    if !domain.has("CustomDomainConfig") {
        return;
    }
    let Some(written) = domain.get("Domain") else { return };
    let Some(text) = written.text() else { return };
    let Some((_, parent)) = text.split_once('.') else { return };
    // Only a zone that is made here is known to have no record but those that are written here.
    let within = |domain: &str| parent == domain || parent.ends_with(&format!(".{domain}"));
    let zones = domain.view().zones().filter(|zone| zone.private() == Some(false) && zone.resource().is_some());
    let Some(zone) =
        zones.filter(|zone| zone.domain().is_some_and(within)).max_by_key(|zone| zone.domain().map_or(0, str::len))
    else {
        return;
    };
    let unknown = zone.records().any(|record| record.name().is_none());
    let resolves = zone.sets(parent, "A").next().is_some() || zone.sets(parent, "CNAME").next().is_some();
    if unknown || resolves {
        return;
    }
    let mut finding =
        written.finding(format!("`{parent}` has no A record"), format!("needs an address for `{parent}`"));
    if let Some(made) = zone.resource() {
        finding = finding.also(made.at(), "this zone has none");
    }
    cx.report(finding.help(format!("add an A record or an alias for `{parent}`")));
}
