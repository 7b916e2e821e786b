//! Certificates.

mod caa_without_amazon;
mod deleted_validation;
mod edge_certificate_region;
mod email_validation;
mod mutual_tls_ownership;
mod name_limits;
mod private_validation_zone;
mod regional_certificate_region;
mod repeated_validation;
mod transparency_opt_out;
mod uncovered_name;
mod unissued_key_algorithm;
mod unused_certificate;
mod unvalidated_name;
mod wildcard_depth;

use super::{Cx, Rule};
use crate::view::{Prop, View, covers};

pub(super) const RULES: &[&Rule] = &[
    &caa_without_amazon::RULE,
    &deleted_validation::RULE,
    &edge_certificate_region::RULE,
    &email_validation::RULE,
    &mutual_tls_ownership::RULE,
    &name_limits::RULE,
    &private_validation_zone::RULE,
    &regional_certificate_region::RULE,
    &repeated_validation::RULE,
    &transparency_opt_out::RULE,
    &uncovered_name::RULE,
    &unissued_key_algorithm::RULE,
    &unused_certificate::RULE,
    &unvalidated_name::RULE,
    &wildcard_depth::RULE,
];

/// Returns the region of a certificate: of the resource, or of the literal ARN.
fn region_of(used: &Prop<'_>) -> Option<String> {
    match used.resource_of("AWS::CertificateManager::Certificate") {
        Some(certificate) => certificate.region().map(|region| region.as_str().to_owned()),
        None => {
            used.text().and_then(|arn| arn.split(':').nth(3).map(str::to_owned)).filter(|region| !region.is_empty())
        }
    }
}

/// Reports served names that their certificate is not for: those that a wildcard just fails to reach, or the others.
fn uncovered(cx: &mut Cx<'_>, view: &View<'_>, wildcards: bool) {
    for served in view.served() {
        let Some(certificate) = served.certificate.resource_of("AWS::CertificateManager::Certificate") else {
            continue;
        };
        let (Some(names), Some(host)) = (certificate.certificate_names(), served.name.text()) else { continue };
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        if names.iter().any(|name| covers(name, &host)) {
            continue;
        }
        let near = names.iter().find(|name| {
            name.strip_prefix("*.").is_some_and(|parent| host == parent || host.ends_with(&format!(".{parent}")))
        });
        if near.is_some() != wildcards {
            continue;
        }
        let title = match near {
            Some(wildcard) => format!("`{wildcard}` is not for `{host}`"),
            None => format!("the certificate is not for `{host}`"),
        };
        let listed = certificate.get("SubjectAlternativeNames").or_else(|| certificate.get("DomainName"));
        cx.report(
            served
                .name
                .finding(title, format!("served by `{}`", served.endpoint.id()))
                .also(listed.unwrap_or_else(|| certificate.properties()).at(), format!("for {}", names.join(", ")))
                .help(format!("add `{host}` to `SubjectAlternativeNames`")),
        );
    }
}
