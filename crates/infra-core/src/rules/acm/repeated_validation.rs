//! `acm/repeated-validation`: CloudFormation writes each validation record once.

use crate::artifacts::Expr;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "acm/repeated-validation",
    code: "ACM-017",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "two validation options of a certificate make one record",
    why: "ACM validates a name and its wildcard by the same CNAME record; CloudFormation writes one for each option with \
          a `HostedZoneId`, and Route 53 refuses the batch that holds it twice",
    error: Some("InvalidChangeBatch"),
    sources: &[
        "https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html",
        "https://github.com/aws/aws-cdk/issues/9248",
        "https://github.com/aws/aws-cdk/issues/27364",
    ],
    evidence: Evidence::Observed,
    bad: r#"
#: api.yaml
Resources:
  Certificate:
    Type: AWS::CertificateManager::Certificate
    Properties:
      DomainName: example.com
      SubjectAlternativeNames: ["*.example.com"]
      ValidationMethod: DNS
      DomainValidationOptions:
        - { DomainName: example.com, HostedZoneId: Z0123456789EXAMPLE0 }
        - { DomainName: "*.example.com", HostedZoneId: Z0123456789EXAMPLE0 }
#                       ^
  Domain:
    Type: AWS::ApiGatewayV2::DomainName
    Properties:
      DomainName: api.example.com
      DomainNameConfigurations:
        - EndpointType: REGIONAL
          SecurityPolicy: TLS_1_2
          CertificateArn: !Ref Certificate
"#,
    good: &[(
        r#"
        - { DomainName: "*.example.com", HostedZoneId: Z0123456789EXAMPLE0 }"#,
        "",
    )],
    check: Check::Resources(&["AWS::CertificateManager::Certificate"], check),
};

fn check(cx: &mut Cx<'_>, certificate: Resource<'_>) {
    if certificate.get("ValidationMethod").is_none_or(|method| !method.is("DNS")) {
        return;
    }
    let zoned = certificate.each("DomainValidationOptions").filter(|option| option.key("HostedZoneId").is_some());
    let mut seen: Vec<(String, Prop<'_>)> = Vec::new();
    for name in zoned.filter_map(|option| option.key("DomainName")) {
        let validated = validated(&name);
        match seen.iter().find(|(known, _)| *known == validated) {
            Some((_, first)) => cx.report(
                name.finding("the validation record of this name is written twice", "the same record")
                    .also(first.at(), "written for this name")
                    .help("remove one of the two options: the record is good for both names"),
            ),
            None => seen.push((validated, name)),
        }
    }
}

/// What the record is for: the name without its wildcard, however it is computed.
fn validated(name: &Prop<'_>) -> String {
    if let Some(text) = name.text() {
        let text = text.trim_end_matches('.').to_ascii_lowercase();
        return text.strip_prefix("*.").unwrap_or(&text).to_owned();
    }
    let mut parts = match name.expr() {
        Expr::Concat(parts) => parts.clone(),
        other => vec![other.clone()],
    };
    if let Some(Expr::Text(text)) = parts.first_mut()
        && let Some(rest) = text.strip_prefix("*.")
    {
        *text = rest.to_owned().into();
    }
    parts.retain(|part| part.as_text() != Some(""));
    format!("{parts:?}")
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn whatever_comes_first_and_however_it_is_spelled() {
        let found = |first: &str, second: &str| {
            let text = super::RULE.bad.replace("- { DomainName: example.com,", &format!("- {{ DomainName: {first},"));
            let text = text.replace("- { DomainName: \"*.example.com\",", &format!("- {{ DomainName: {second},"));
            let text = text.replace("Resources:", "Parameters: { Zone: { Type: String } }\nResources:");
            let marks = |line: &&str| !line.trim_start_matches('#').trim().starts_with('^');
            of_rule(&super::RULE, &text.lines().filter(marks).collect::<Vec<_>>().join("\n")).len()
        };
        for (first, second) in [
            ("'*.example.com'", "example.com"),
            ("example.com", "Example.COM"),
            ("example.com", "example.com"),
            ("a.example.com", "'*.A.example.com'"),
            ("!Ref Zone", "!Sub '*.${Zone}'"),
            ("!Sub 'api.${Zone}'", "!Join ['', ['*.api.', !Ref Zone]]"),
        ] {
            assert_eq!(found(first, second), 1, "{first} {second}");
        }
        for (first, second) in [
            ("example.com", "a.example.com"),
            ("'*.a.example.com'", "'*.example.com'"),
            ("!Ref Zone", "example.com"),
            ("!Ref Zone", "!Sub 'api.${Zone}'"),
        ] {
            assert_eq!(found(first, second), 0, "{first} {second}");
        }
        let without_zone = super::RULE.bad.replacen(", HostedZoneId: Z0123456789EXAMPLE0", "", 1);
        assert!(of_rule(&super::RULE, &without_zone).is_empty(), "one of the two is written");
    }
}
