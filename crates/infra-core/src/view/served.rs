//! Names that are served with a certificate, and what a certificate is for.

use super::{Prop, Resource, View};

/// A name and the certificate that it is served with.
#[derive(Clone, Copy, Debug)]
pub struct Served<'v> {
    /// What serves it: a distribution, an API domain, a sign-in domain or a listener.
    pub endpoint: Resource<'v>,
    /// The name.
    pub name: Prop<'v>,
    /// The certificate, as the endpoint names it.
    pub certificate: Prop<'v>,
    /// Whether the endpoint is at the edge and reads its certificate from us-east-1.
    pub edge: bool,
}

impl<'v> View<'v> {
    /// Returns all names that are served with a certificate.
    pub fn served(&'v self) -> Vec<Served<'v>> {
        let mut found = Vec::new();
        for site in self.of("AWS::CloudFront::Distribution") {
            let Some(certificate) = site.get("DistributionConfig.ViewerCertificate.AcmCertificateArn") else {
                continue;
            };
            let names = site.each("DistributionConfig.Aliases");
            found.extend(names.map(|name| Served { endpoint: site, name, certificate, edge: true }));
        }
        for domain in self.of("AWS::ApiGatewayV2::DomainName") {
            let Some(name) = domain.get("DomainName") else { continue };
            let certificates = domain.each("DomainNameConfigurations").filter_map(|it| it.key("CertificateArn"));
            found.extend(certificates.map(|certificate| Served { endpoint: domain, name, certificate, edge: false }));
        }
        for domain in self.of("AWS::ApiGateway::DomainName") {
            let Some(name) = domain.get("DomainName") else { continue };
            for (key, edge) in [("CertificateArn", true), ("RegionalCertificateArn", false)] {
                found.extend(domain.get(key).map(|certificate| Served { endpoint: domain, name, certificate, edge }));
            }
        }
        for domain in self.of("AWS::Cognito::UserPoolDomain") {
            let certificate = domain.get("CustomDomainConfig.CertificateArn");
            if let (Some(name), Some(certificate)) = (domain.get("Domain"), certificate) {
                found.push(Served { endpoint: domain, name, certificate, edge: true });
            }
        }
        found
    }
}

impl Resource<'_> {
    /// Returns the names of a certificate in lower case, if all are known.
    pub fn certificate_names(&self) -> Option<Vec<String>> {
        let all = self.get("DomainName").into_iter().chain(self.each("SubjectAlternativeNames"));
        all.map(|name| name.text().map(|name| name.to_ascii_lowercase())).collect()
    }
}

/// Returns whether a name of a certificate is for a host: the same, or a wildcard for its first label.
pub fn covers(name: &str, host: &str) -> bool {
    let wildcard = || {
        let parent = name.strip_prefix("*.")?;
        let (label, rest) = host.split_once('.')?;
        Some(rest == parent && !label.is_empty())
    };
    name == host || wildcard() == Some(true)
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_wildcard_is_for_one_label() {
        assert!(covers("*.example.com", "www.example.com"));
        assert!(covers("example.com", "example.com"));
        assert!(!covers("*.example.com", "example.com"));
        assert!(!covers("*.example.com", "a.b.example.com"));
    }
}
