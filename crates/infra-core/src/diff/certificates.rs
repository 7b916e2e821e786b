//! Certificates that stacks refer to, against what ACM has.

use std::collections::BTreeMap;

use serde_json::Value;

use super::CertificateNote;
use crate::names::{Date, DomainName};
use crate::state::{Certificate, Deployed, Desired, DesiredStack, StackKey};

/// The region whose certificates services of the edge take.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html> (read
/// 2026-11-25).
const EDGE: &str = "us-east-1";

/// Days before its end from which a certificate is worth a word.
const NEAR: i64 = 30;

/// The type of a resource that uses certificates: the region it takes them from, and where the names stand.
struct User {
    kind: &'static str,
    place: Place,
    names: &'static str,
}

/// From where a service takes certificates.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Edge,
    Stack,
    Any,
}

/// Sources: pages of the types below
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html> (read
/// 2026-11-25). A domain name of a REST API is at the edge or regional, so its region is not judged.
const USERS: &[User] = &[
    User { kind: "AWS::CloudFront::Distribution", place: Place::Edge, names: "/Properties/DistributionConfig/Aliases" },
    User { kind: "AWS::Cognito::UserPoolDomain", place: Place::Edge, names: "/Properties/Domain" },
    User { kind: "AWS::ApiGatewayV2::DomainName", place: Place::Stack, names: "/Properties/DomainName" },
    User { kind: "AWS::ApiGateway::DomainName", place: Place::Any, names: "/Properties/DomainName" },
    User { kind: "AWS::ElasticLoadBalancingV2::Listener", place: Place::Stack, names: "" },
    User { kind: "AWS::ElasticLoadBalancingV2::ListenerCertificate", place: Place::Stack, names: "" },
];

/// A resource that refers to a certificate.
struct Use<'a> {
    of: String,
    stack: &'a StackKey,
    kind: &'a str,
    resource: &'a Value,
}

/// Says what is to be known about the certificates that wanted stacks refer to, and those that deployed ones hold.
pub fn certificates(desired: &Desired, deployed: &Deployed, today: Option<Date>) -> Vec<CertificateNote> {
    let uses = uses(desired, deployed);
    let mut notes = Vec::new();
    for (arn, users) in &uses {
        let mut note = |of: &str, text: String, blocking: bool| {
            notes.push(CertificateNote { arn: arn.clone(), of: of.to_owned(), text, blocking });
        };
        let all = users.iter().map(|user| user.of.as_str()).collect::<Vec<_>>().join(", ");
        let Some(certificate) = deployed.certificates.get(arn) else {
            note(&all, format!("does not exist in account {}, or cannot be seen", deployed.account), true);
            continue;
        };
        let (state, blocking) = state(certificate, today);
        if let Some(text) = state {
            note(&all, text, blocking);
        }
        for user in users {
            for text in [wrong_region(certificate, user, desired), uncovered(certificate, user)].into_iter().flatten() {
                note(&user.of, text, true);
            }
        }
    }
    for (arn, certificate) in deployed.certificates.iter().filter(|(arn, _)| !uses.contains_key(*arn)) {
        if let (Some(text), _) = state(certificate, today) {
            let of = holder(deployed, arn).unwrap_or_else(|| "no wanted resource".to_owned());
            notes.push(CertificateNote { arn: arn.clone(), of, text, blocking: false });
        }
    }
    notes
}

/// The wanted resources that refer to each certificate.
fn uses<'a>(desired: &'a Desired, deployed: &Deployed) -> BTreeMap<String, Vec<Use<'a>>> {
    let mut found: BTreeMap<String, Vec<Use<'a>>> = BTreeMap::new();
    for (key, stack) in &desired.stacks {
        let resources = stack.template.get("Resources").and_then(Value::as_object);
        for (id, resource) in resources.into_iter().flatten() {
            let mut arns = std::collections::BTreeSet::new();
            arns_of(resource.get("Properties").unwrap_or(&Value::Null), stack, deployed, &mut |arn| {
                arns.insert(arn.to_owned());
            });
            for arn in arns {
                let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
                found.entry(arn).or_default().push(Use { of: format!("{key}/{id}"), stack: key, kind, resource });
            }
        }
    }
    found
}

/// Calls `visit` with every ARN of a certificate that a value holds, itself or through a parameter that is known.
fn arns_of(value: &Value, stack: &DesiredStack, deployed: &Deployed, visit: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) if is_certificate(text) => visit(text),
        Value::Array(items) => items.iter().for_each(|item| arns_of(item, stack, deployed, visit)),
        Value::Object(map) => {
            let parameter = map.get("Ref").and_then(Value::as_str).and_then(|name| stack.parameters.get(name));
            let known = parameter.and_then(|output| deployed.output(output));
            known.filter(|arn| is_certificate(arn)).into_iter().for_each(&mut *visit);
            map.values().for_each(|item| arns_of(item, stack, deployed, visit));
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a text is the ARN of a certificate of ACM: `arn:<partition>:acm:<region>:<account>:certificate/<id>`.
fn is_certificate(text: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    parts.next() == Some("arn")
        && parts.nth(1) == Some("acm")
        && parts.nth(2).is_some_and(|id| id.starts_with("certificate/"))
}

/// What is wrong with a certificate by itself, or will be soon, and whether that keeps it from being used.
fn state(certificate: &Certificate, today: Option<Date>) -> (Option<String>, bool) {
    if certificate.status != "ISSUED" {
        return (Some(not_issued(certificate)), true);
    }
    let end: Option<Date> = certificate.not_after.as_deref().and_then(|day| day.parse().ok());
    let (Some(end), Some(today)) = (end, today) else { return (None, false) };
    let left = end.days_after(today);
    if left >= NEAR {
        return (None, false);
    }
    let renewal = match (certificate.kind.as_str(), certificate.renewal.as_deref()) {
        ("IMPORTED", _) => " and is imported: AWS does not renew it",
        (_, Some("INELIGIBLE")) => " and AWS will not renew it: it is not in use, or its validation record is gone",
        (_, _) => "; AWS renews it by itself while its validation record stands",
    };
    let verb = if left < 0 { "expired" } else { "expires" };
    (Some(format!("{verb} on {end}{renewal}")), left < 0)
}

fn not_issued(certificate: &Certificate) -> String {
    let mut text = format!("is {}, not ISSUED", certificate.status);
    if let Some(failure) = &certificate.failure {
        text.extend([" (", failure, ")"]);
    }
    let open = certificate.validations.iter().filter(|validation| validation.status != "SUCCESS");
    let open: Vec<String> = open
        .map(|validation| match (&validation.record_name, &validation.record_value) {
            (Some(name), Some(value)) => format!("{} waits for {name} CNAME {value}", validation.domain),
            (_, _) => format!("{} is not validated", validation.domain),
        })
        .collect();
    if !open.is_empty() {
        text.push_str(": ");
        text.push_str(&open.join("; "));
    }
    text
}

fn wrong_region(certificate: &Certificate, user: &Use<'_>, desired: &Desired) -> Option<String> {
    let of = USERS.iter().find(|of| of.kind == user.kind)?;
    let wanted = match of.place {
        // Other partitions have no such region.
        Place::Edge if desired.partition == "aws" => EDGE,
        Place::Stack => user.stack.region.as_str(),
        Place::Edge | Place::Any => return None,
    };
    let found = &certificate.region;
    (found != wanted).then(|| format!("is in {found}; {} takes certificates of {wanted} only", user.kind))
}

/// Names of the user that the certificate does not stand for.
fn uncovered(certificate: &Certificate, user: &Use<'_>) -> Option<String> {
    let of = USERS.iter().find(|of| of.kind == user.kind && !of.names.is_empty())?;
    let names = match user.resource.pointer(of.names)? {
        Value::String(name) => vec![name.as_str()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    };
    let covering: Vec<DomainName> = certificate.names.iter().filter_map(|name| name.parse().ok()).collect();
    let missing = names.into_iter().filter(|name| {
        let name: Option<DomainName> = name.parse().ok();
        name.is_some_and(|name| !covering.iter().any(|covering| covering.covers(&name)))
    });
    let missing = missing.collect::<Vec<_>>().join(", ");
    (!missing.is_empty()).then(|| format!("does not cover {missing}; it stands for {}", certificate.names.join(", ")))
}

/// The deployed stack that gives the ARN out.
fn holder(deployed: &Deployed, arn: &str) -> Option<String> {
    deployed.stacks.iter().find_map(|(key, stack)| {
        let output = stack.outputs.iter().find(|(_, value)| *value == arn)?;
        Some(format!("{key}/{}", output.0))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::state::DomainValidation;

    const EDGE_ARN: &str = "arn:aws:acm:us-east-1:123456789012:certificate/1";
    const REGIONAL: &str = "arn:aws:acm:eu-west-1:123456789012:certificate/2";

    fn certificate(arn: &str, names: &[&str]) -> Certificate {
        Certificate {
            arn: arn.to_owned(),
            region: arn.split(':').nth(3).unwrap().to_owned(),
            status: "ISSUED".to_owned(),
            kind: "AMAZON_ISSUED".to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            not_after: Some("2027-06-01".to_owned()),
            renewal: Some("ELIGIBLE".to_owned()),
            failure: None,
            validations: Vec::new(),
        }
    }

    fn distribution(arn: &str, aliases: &[&str]) -> Value {
        let certificate = json!({ "AcmCertificateArn": arn });
        let config = json!({ "Aliases": aliases, "ViewerCertificate": certificate });
        json!({ "Type": "AWS::CloudFront::Distribution", "Properties": { "DistributionConfig": config } })
    }

    fn notes(resource: &Value, certificates: Vec<Certificate>) -> Vec<(String, bool)> {
        let template = json!({ "Resources": { "User": resource } });
        let desired = crate::diff::testing::desired(&[("shop-dev-web", template, &[])]);
        let certificates = certificates.into_iter().map(|one| (one.arn.clone(), one)).collect();
        let deployed = Deployed { account: "123456789012".into(), certificates, ..Deployed::default() };
        let notes = super::certificates(&desired, &deployed, Some(Date::of(2026, 11, 25)));
        notes.into_iter().map(|note| (format!("{} {}", note.of, note.text), note.blocking)).collect()
    }

    fn blocking(text: &str) -> Vec<(String, bool)> {
        vec![(format!("shop-dev-web@eu-west-1/User {text}"), true)]
    }

    #[test]
    fn a_good_certificate_needs_no_word() {
        let user = distribution(EDGE_ARN, &["shop.example.com", "example.com"]);
        assert_eq!(notes(&user, vec![certificate(EDGE_ARN, &["example.com", "*.example.com"])]), []);
    }

    #[test]
    fn a_wildcard_stands_for_one_label() {
        let user = distribution(EDGE_ARN, &["a.shop.example.com", "shop.example.com"]);
        let found = notes(&user, vec![certificate(EDGE_ARN, &["*.example.com"])]);
        assert_eq!(found, blocking("does not cover a.shop.example.com; it stands for *.example.com"));
        let user = json!({ "Type": "AWS::ApiGatewayV2::DomainName", "Properties": {
            "DomainName": "api.example.com", "DomainNameConfigurations": [{ "CertificateArn": REGIONAL }]
        }});
        let found = notes(&user, vec![certificate(REGIONAL, &["www.example.com"])]);
        assert_eq!(found, blocking("does not cover api.example.com; it stands for www.example.com"));
    }

    #[test]
    fn distributions_take_certificates_of_one_region() {
        let found = notes(&distribution(REGIONAL, &[]), vec![certificate(REGIONAL, &["example.com"])]);
        let expected = "is in eu-west-1; AWS::CloudFront::Distribution takes certificates of us-east-1 only";
        assert_eq!(found, blocking(expected));
        let listener = json!({ "Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {
            "Certificates": [{ "CertificateArn": REGIONAL }]
        }});
        assert_eq!(notes(&listener, vec![certificate(REGIONAL, &["example.com"])]), []);
    }

    #[test]
    fn what_is_not_there_or_not_issued_blocks() {
        let user = distribution(EDGE_ARN, &[]);
        assert_eq!(notes(&user, vec![]), blocking("does not exist in account 123456789012, or cannot be seen"));
        let mut pending = certificate(EDGE_ARN, &["example.com"]);
        pending.status = "PENDING_VALIDATION".to_owned();
        pending.validations = vec![DomainValidation {
            domain: "example.com".into(),
            status: "PENDING_VALIDATION".into(),
            record_name: Some("_x.example.com.".into()),
            record_value: Some("_y.acm-validations.aws.".into()),
        }];
        let expected =
            "is PENDING_VALIDATION, not ISSUED: example.com waits for _x.example.com. CNAME _y.acm-validations.aws.";
        assert_eq!(notes(&user, vec![pending.clone()]), blocking(expected));
        let nobody = notes(&json!({ "Type": "AWS::SQS::Queue" }), vec![pending]);
        assert!(nobody[0].0.starts_with("no wanted resource is PENDING_VALIDATION") && !nobody[0].1, "{nobody:?}");
    }

    #[test]
    fn the_end_is_told_thirty_days_before() {
        let user = distribution(EDGE_ARN, &[]);
        let ending = |day: &str, kind: &str, renewal: &str| {
            let mut certificate = certificate(EDGE_ARN, &["example.com"]);
            (certificate.not_after, certificate.kind) = (Some(day.to_owned()), kind.to_owned());
            certificate.renewal = Some(renewal.to_owned());
            notes(&user, vec![certificate])
        };
        assert_eq!(ending("2026-12-25", "IMPORTED", "INELIGIBLE"), []);
        let of = "shop-dev-web@eu-west-1/User";
        let imported = format!("{of} expires on 2026-12-24 and is imported: AWS does not renew it");
        assert_eq!(ending("2026-12-24", "IMPORTED", "INELIGIBLE"), [(imported, false)]);
        assert!(ending("2026-12-24", "AMAZON_ISSUED", "ELIGIBLE")[0].0.contains("AWS renews it by itself"));
        let gone = ending("2026-11-24", "AMAZON_ISSUED", "INELIGIBLE");
        assert!(gone[0].0.contains("expired on 2026-11-24 and AWS will not renew it") && gone[0].1, "{gone:?}");
    }

    #[test]
    fn only_arns_of_certificates_count() {
        assert!(is_certificate(EDGE_ARN));
        for other in ["arn:aws:sqs:eu-west-1:1:certificate/x", "arn:aws:acm:eu-west-1:1:other/x", "", "arn:aws:acm"] {
            assert!(!is_certificate(other), "{other}");
        }
    }
}
