//! ACM certificates. Where one must live follows from who uses it.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{HostedZone, Kind};
use crate::artifacts::{Expr, Handle, Resource};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits;
use crate::lower::Lowering;
use crate::model::build::Typed;
use crate::model::{Edge, Mark, Ref, Regional};
use crate::names::{Arn, DomainName, Region};
use crate::resolve::Bound;
use crate::route;

/// A certificate: requested and validated through DNS, or imported.
///
/// It has no region of its own. What CloudFront uses is requested in us-east-1, what an API or a load balancer uses in
/// the region of the stack; one that is used both ways becomes two.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Certificate {
    /// The first name; at most 64 characters. Not for imported certificates.
    pub domain: Option<DomainName>,
    /// Further names; 10 in all by default, 100 with a raised quota. `*.example.com` covers one label, not the apex.
    pub names: Vec<DomainName>,
    /// The public zones in which the names are validated; the one with the longest match is taken for each name.
    pub zones: Vec<Ref<HostedZone>>,
    /// The key.
    pub key_algorithm: KeyAlgorithm,
    /// ARNs of a certificate that exists, one for each region in which it is used. ACM does not renew imported ones.
    pub imported: Vec<Arn>,
}

/// Key algorithms that ACM issues.
///
/// Source: <https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html> (read 2026-11-22).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyAlgorithm {
    /// RSA with 2,048 bits: every client takes it.
    #[default]
    Rsa2048,
    /// ECDSA on P-256.
    EcPrime256v1,
    /// ECDSA on P-384; not for CloudFront.
    EcSecp384r1,
}

impl KeyAlgorithm {
    fn as_str(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA_2048",
            Self::EcPrime256v1 => "EC_prime256v1",
            Self::EcSecp384r1 => "EC_secp384r1",
        }
    }
}

impl Kind for Certificate {
    const SECTION: &'static str = "certificates";
    const NOUN: &'static str = "certificate";
    const PREFIX: &'static str = "Certificate";
    const EXAMPLE: &'static str = "
hosted-zones:
  main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 }
certificates:
  web:
    domain: ${env.domain}
    names: ['*.${env.domain}']
    zones: [main]
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        if entry.imported.is_empty() {
            requested(entry, diags);
        } else {
            imported(entry, diags);
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        if !entry.imported.is_empty() {
            return;
        }
        let edge = entry.edge_certificate();
        if entry.demanded(Edge::WORD) {
            cx.add(request(entry, edge.clone()));
        }
        let home = entry.handle("");
        if home != edge && (entry.demanded(Regional::WORD) || !entry.demanded(Edge::WORD)) {
            cx.add(request(entry, home));
        } else if home == edge && !entry.demanded(Edge::WORD) {
            cx.add(request(entry, home));
        }
    }
}

fn request(entry: Bound<'_, Certificate>, handle: Handle) -> Resource {
    let options: Expr = entry
        .all_names()
        .map(|name| {
            let zone = entry.zone_of(name);
            object! { "DomainName" => name.to_string(), "HostedZoneId" => zone.map(|zone| zone.zone_id()) }
        })
        .collect();
    let names: Vec<String> = entry.names.iter().map(ToString::to_string).collect();
    Resource::new(
        handle,
        "AWS::CertificateManager::Certificate",
        object! {
            "DomainName" => entry.domain.as_ref().map(ToString::to_string),
            "SubjectAlternativeNames" => (!names.is_empty()).then_some(names),
            "KeyAlgorithm" => entry.key_algorithm.as_str(),
            "ValidationMethod" => "DNS",
            "DomainValidationOptions" => options,
        },
    )
}

impl<'a> Bound<'a, Certificate> {
    /// Returns the ARN of the certificate in us-east-1.
    pub fn edge_arn(&self) -> Expr {
        self.imported_in(&Region::US_EAST_1).unwrap_or_else(|| self.edge_certificate().reference())
    }

    /// Returns the ARN of the certificate for something in `region`; a requested one serves its own region only.
    pub fn regional_arn(&self, region: &Region) -> Expr {
        self.imported_in(region).unwrap_or_else(|| self.handle("").reference())
    }

    /// Returns whether the certificate serves `name`; unknown of an imported one, so taken for granted.
    pub fn covers(&self, name: &DomainName) -> bool {
        !self.imported.is_empty() || self.all_names().any(|own| own.covers(name))
    }

    /// In us-east-1 the stack's own certificate is the edge certificate.
    fn edge_certificate(&self) -> Handle {
        if self.edge() == self.home() { self.handle("") } else { self.edge_handle("Edge") }
    }

    fn imported_in(&self, region: &Region) -> Option<Expr> {
        let arn = self.imported.iter().find(|arn| arn.region().as_ref() == Some(region))?;
        Some(arn.to_string().into())
    }

    fn all_names(&self) -> impl Iterator<Item = &'a DomainName> {
        let spec = self.spec();
        spec.domain.iter().chain(&spec.names)
    }

    fn zone_of(&self, name: &DomainName) -> Option<Bound<'a, HostedZone>> {
        let zones = self.spec().zones.iter().map(|zone| self.follow(zone));
        zones.filter(|zone| name.is_within(&zone.domain)).max_by_key(|zone| zone.domain.as_str().len())
    }
}

fn requested(entry: Bound<'_, Certificate>, diags: &mut Diagnostics) {
    let Some(domain) = &entry.spec().domain else {
        diags.push(
            Diagnostic::error("certificates/no-name", "a certificate needs a name or an imported ARN")
                .at(entry.at(&route![]), "has neither `domain` nor `imported`"),
        );
        return;
    };
    if domain.as_str().len() > limits::acm::FIRST_NAME_LEN {
        let title = format!("the first name of a certificate has at most {} characters", limits::acm::FIRST_NAME_LEN);
        diags.push(
            Diagnostic::error("certificates/first-name-too-long", title)
                .at(entry.at(&route!["domain"]), format!("{} characters", domain.as_str().len()))
                .help("put a short name here and this one into `names`"),
        );
    }
    if entry.names.len() + 1 > limits::acm::NAMES_MAX {
        let title = format!("a certificate has at most {} names", limits::acm::NAMES_MAX);
        let count = format!("{} names in all", entry.names.len() + 1);
        diags.push(Diagnostic::error("certificates/too-many-names", title).at(entry.at(&route!["names"]), count));
    }
    if entry.key_algorithm == KeyAlgorithm::EcSecp384r1 && entry.demanded(Edge::WORD) {
        diags.push(
            Diagnostic::error("certificates/key-algorithm", "CloudFront takes no P-384 certificates")
                .at(entry.at(&route!["key-algorithm"]), "used by a web site")
                .help("use `ec-prime256v1` or `rsa2048`"),
        );
    }
    zones(entry, diags);
    regions(entry, diags);
}

/// A name without a public zone is never validated, and the stack hangs for up to 72 hours.
fn zones(entry: Bound<'_, Certificate>, diags: &mut Diagnostics) {
    for (index, name) in entry.all_names().enumerate() {
        let at = match index {
            0 => entry.at(&route!["domain"]),
            _ => entry.at(&route!["names", index - 1]),
        };
        let report = |title: String| {
            Diagnostic::error("certificates/not-validatable", title).note(
                "CloudFormation waits for the certificate; ACM gives up after 72 hours: \
                 https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html",
            )
        };
        match entry.zone_of(name) {
            None => diags.push(
                report(format!("`{name}` cannot be validated: no zone of this certificate holds it"))
                    .at(at, "in none of the zones")
                    .also(entry.at(&route!["zones"]), "the zones")
                    .help("add the public hosted zone of the name to `zones`"),
            ),
            Some(zone) if zone.is_private() => diags.push(
                report(format!("`{name}` cannot be validated: its zone is private"))
                    .at(at, "ACM asks public DNS")
                    .also(zone.at(&route!["networks"]), "makes the zone private"),
            ),
            Some(_) => {}
        }
    }
}

/// A regional certificate serves its own region only.
fn regions(entry: Bound<'_, Certificate>, diags: &mut Diagnostics) {
    let world = entry.world();
    for referral in entry.referrals().iter().filter(|referral| referral.mark == Regional::WORD) {
        let region = world.home_region(referral.from.stack);
        if region != entry.region() {
            let title = format!("a certificate for {region} must be requested in {region}");
            diags.push(
                Diagnostic::error("certificates/wrong-region", title)
                    .at(crate::lower::place_of(world, referral.from), format!("lives in {region}"))
                    .also(entry.at(&route![]), format!("lives in {}", entry.region()))
                    .note("an API and a load balancer take certificates of their own region only")
                    .help(format!("declare a certificate with these names in a stack of {region}")),
            );
        }
    }
}

fn imported(entry: Bound<'_, Certificate>, diags: &mut Diagnostics) {
    if entry.domain.is_some() || !entry.names.is_empty() {
        diags.push(
            Diagnostic::error("certificates/imported-with-names", "an imported certificate has the names it has")
                .at(entry.at(&route!["imported"]), "imported")
                .also(entry.at(&route!["domain"]), "names are for requested ones")
                .help("remove `domain` and `names`, or `imported`"),
        );
    }
    for (index, arn) in entry.imported.iter().enumerate() {
        if arn.service() != "acm" || !arn.resource().starts_with("certificate/") {
            let title = format!("`{arn}` is no certificate of ACM");
            let at = entry.at(&route!["imported", index]);
            diags.push(Diagnostic::error("certificates/not-a-certificate", title).at(at, "another kind of ARN"));
        }
    }
    let mut wanted = Vec::new();
    if entry.demanded(Edge::WORD) {
        wanted.push((Region::US_EAST_1, "a web site"));
    }
    let regional = entry.referrals().iter().filter(|referral| referral.mark == Regional::WORD);
    let regions: BTreeSet<Region> = regional.map(|referral| *entry.world().home_region(referral.from.stack)).collect();
    wanted.extend(regions.into_iter().map(|region| (region, "an API or a load balancer")));
    for (region, user) in wanted {
        if entry.imported_in(&region).is_none() {
            diags.push(
                Diagnostic::error("certificates/wrong-region", format!("{user} needs this certificate in {region}"))
                    .at(entry.at(&route!["imported"]), format!("no ARN is of {region}"))
                    .note("CloudFront takes certificates of us-east-1 only, everything else those of its own region")
                    .help(format!("import the certificate in {region} too and add its ARN")),
            );
        }
    }
}

impl Certificate {
    /// Starts a certificate for CloudFront: in us-east-1, whatever the stack's region.
    pub fn edge(domain: DomainName, zones: Vec<Ref<HostedZone>>) -> Typed<Self, Edge> {
        Typed::new(Self { domain: Some(domain), zones, ..Self::default() })
    }

    /// Starts a certificate for APIs and load balancers of the stack's own region.
    pub fn regional(domain: DomainName, zones: Vec<Ref<HostedZone>>) -> Typed<Self, Regional> {
        Typed::new(Self { domain: Some(domain), zones, ..Self::default() })
    }
}
