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
        let (edge, home) = (entry.edge_certificate(), entry.handle(""));
        if entry.demanded(Edge::WORD) {
            cx.add(request(entry, edge.clone()));
        }
        let regional = entry.demanded(Regional::WORD) && home != edge;
        if regional || !entry.demanded(Edge::WORD) {
            cx.add(request(entry, home));
        }
    }
}

fn request(entry: Bound<'_, Certificate>, handle: Handle) -> Resource {
    let options: Expr = entry
        .validated_names()
        .into_iter()
        .map(|name| {
            let zone = entry.zone_of(name);
            object! { "DomainName" => name.to_string(), "HostedZoneId" => zone.map(|zone| zone.zone_id()) }
        })
        .collect();
    let names: Vec<String> = entry.distinct_names().skip(1).map(ToString::to_string).collect();
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

    /// Returns the ARN of every certificate that the entry stands for, with its region.
    pub fn arns(&self) -> Vec<(Region, Expr)> {
        if !self.imported.is_empty() {
            let imported = self.imported.iter();
            return imported.filter_map(|arn| Some((arn.region()?, arn.to_string().into()))).collect();
        }
        let edge = self.demanded(Edge::WORD);
        let shared = edge && self.edge() == self.home();
        let regional = !shared && (self.demanded(Regional::WORD) || !edge);
        let edge = edge.then(|| (Region::US_EAST_1, self.edge_arn()));
        edge.into_iter().chain(regional.then(|| (*self.region(), self.regional_arn(self.region())))).collect()
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

    /// All names, each once.
    fn distinct_names(&self) -> impl Iterator<Item = &'a DomainName> {
        let mut seen = BTreeSet::new();
        self.all_names().filter(move |name| seen.insert(*name))
    }

    /// One name for each validation record: a name and its wildcard have the same one, and Route 53 refuses a batch that
    /// writes it twice.
    ///
    /// Sources: <https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html> and
    /// <https://github.com/aws/aws-cdk/issues/9248>, which leaves out the wildcard (read 2026-11-30).
    fn validated_names(&self) -> Vec<&'a DomainName> {
        let names: BTreeSet<&DomainName> = self.distinct_names().collect();
        let base = |name: &DomainName| name.is_wildcard().then(|| name.parent()).flatten();
        self.distinct_names().filter(|name| base(name).is_none_or(|base| !names.contains(&base))).collect()
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

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::Value;

    use super::*;
    use crate::assembly::Assembly;
    use crate::kinds::testing::{compile, compile_stacks, json, properties, properties_in, report, report_stacks};

    const ZONE: &str = "hosted-zones: { main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 } }\n";
    const SITE: &str = "web-sites: { app: { domains: ['www.${env.domain}'], certificate: web } }\n";
    const API: &str = "
http-apis:
  shop:
    domain: www.${env.domain}
    certificate: web
    routes: { GET /a: { to: { http: { url: 'https://a.example.net' } } } }
";

    fn web(rest: &str) -> String {
        format!("{ZONE}certificates: {{ web: {{ domain: 'www.${{env.domain}}', zones: [main] }} }}\n{rest}")
    }

    #[test]
    fn a_name_and_its_wildcard_are_validated_by_one_record() {
        let full = |start: &&str| format!("'{start}${{env.domain}}'");
        // The names that have a validation option, and how many further names there are.
        let of = |names: &[&str]| {
            let (domain, names) = names.split_first().unwrap();
            let names = names.iter().map(full).collect::<Vec<_>>().join(", ");
            let domain = full(domain);
            let yaml = format!("{ZONE}certificates: {{ web: {{ domain: {domain}, names: [{names}], zones: [main] }} }}\n");
            let template = crate::kinds::testing::template(&yaml);
            let properties = &template["Resources"]["CertificateWeb"]["Properties"];
            let options = properties["DomainValidationOptions"].as_array().unwrap().iter();
            let options = options.map(|option| option["DomainName"].as_str().unwrap().replace("dev.example.com", "@"));
            let others = properties["SubjectAlternativeNames"].as_array().map_or(0, Vec::len);
            (options.collect::<Vec<_>>().join(" "), others)
        };
        let is = |names: &[&str], options: &str, others| assert_eq!(of(names), (options.to_owned(), others), "{names:?}");
        is(&["", "*."], "@", 1);
        is(&["*.", ""], "@", 1);
        is(&["x.", "a.", "*.a."], "x.@ a.@", 2);
        is(&["x.", "*.x.", "*.X.", "X."], "x.@", 1);
        is(&["*.", "*.a."], "*.@ *.a.@", 1);
    }

    /// Returns `template: logical id` of each certificate.
    fn certificates(assembly: &Assembly) -> Vec<String> {
        let paths = assembly.files.keys().filter(|path| path.ends_with("template.json"));
        let all = paths.flat_map(|path| {
            let template = json(assembly, path);
            let resources = template["Resources"].as_object().unwrap().clone();
            let short = path.trim_start_matches("stacks/").trim_end_matches(".template.json").to_owned();
            let of_acm = |resource: &Value| resource["Type"] == "AWS::CertificateManager::Certificate";
            resources.into_iter().filter(move |(_, resource)| of_acm(resource)).map(move |(id, _)| format!("{short}: {id}"))
        });
        all.collect()
    }

    #[test]
    fn every_name_is_validated_in_its_zone() {
        assert_snapshot!(properties(Certificate::EXAMPLE, "CertificateWeb"), @"
        DomainName: dev.example.com
        SubjectAlternativeNames:
        - '*.dev.example.com'
        KeyAlgorithm: RSA_2048
        ValidationMethod: DNS
        DomainValidationOptions:
        - DomainName: dev.example.com
          HostedZoneId: Z0123456789EXAMPLE0
        ");
    }

    #[test]
    fn the_zone_with_the_longest_match_validates_a_name() {
        let yaml = "
hosted-zones:
  main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 }
  shop: { domain: 'shop.${env.domain}', existing: Z0123456789EXAMPLE1 }
certificates:
  web: { domain: 'www.shop.${env.domain}', names: ['www.${env.domain}'], zones: [shop, main], key-algorithm: ec-prime256v1 }
";
        assert_snapshot!(properties(yaml, "CertificateWeb"), @"
        DomainName: www.shop.dev.example.com
        SubjectAlternativeNames:
        - www.dev.example.com
        KeyAlgorithm: EC_prime256v1
        ValidationMethod: DNS
        DomainValidationOptions:
        - DomainName: www.shop.dev.example.com
          HostedZoneId: Z0123456789EXAMPLE1
        - DomainName: www.dev.example.com
          HostedZoneId: Z0123456789EXAMPLE0
        ");
    }

    #[test]
    fn a_certificate_that_nobody_uses_is_requested_at_home() {
        assert_eq!(certificates(&compile(&web(""))), ["example.eu-west-1: CertificateWeb"]);
    }

    #[test]
    fn a_site_has_its_certificate_in_us_east_1_and_the_arn_crosses_as_a_parameter() {
        let assembly = compile(&web(SITE));
        assert_eq!(certificates(&assembly), ["example.us-east-1: CertificateWebEdge"]);
        let distribution = properties_in(&assembly, "stacks/example.eu-west-1.template.json", "SiteApp");
        assert!(distribution.contains("AcmCertificateArn:\n      Ref: ExampleEdgeCertificateWebEdgeRef\n"), "{distribution}");
        assert_snapshot!(json(&assembly, "manifest.json")["edges"], @r#"[{"from":{"stack":"shop-dev-example-us-east-1","region":"us-east-1","output":"CertificateWebEdgeRef"},"to":{"stack":"shop-dev-example","region":"eu-west-1","parameter":"ExampleEdgeCertificateWebEdgeRef"}}]"#);
    }

    #[test]
    fn an_api_has_its_certificate_at_home() {
        assert_eq!(certificates(&compile(&web(API))), ["example.eu-west-1: CertificateWeb"]);
    }

    #[test]
    fn a_certificate_used_both_ways_becomes_two() {
        let assembly = compile(&web(&format!("{SITE}{API}")));
        assert_eq!(certificates(&assembly), ["example.eu-west-1: CertificateWeb", "example.us-east-1: CertificateWebEdge"]);
    }

    #[test]
    fn in_us_east_1_one_certificate_serves_both_ways() {
        let assembly = compile(&web(&format!("region: us-east-1\n{SITE}{API}")));
        assert_eq!(certificates(&assembly), ["example.us-east-1: CertificateWeb"]);
        let path = "stacks/example.us-east-1.template.json";
        for (id, key) in [("SiteApp", "AcmCertificateArn"), ("ApiShopDomain", "CertificateArn")] {
            let text = properties_in(&assembly, path, id);
            let (_, arn) = text.split_once(&format!("{key}:\n")).unwrap();
            assert!(arn.trim_start().starts_with("Ref: CertificateWeb\n"), "{text}");
        }
    }

    #[test]
    fn a_site_of_another_stack_takes_the_certificate_of_this_ones_edge() {
        let site = "web-sites: { app: { domains: ['www.${env.domain}'], certificate: dns.web } }\n";
        let assembly = compile_stacks(&[("dns", &web("")), ("site", site)]);
        assert_eq!(certificates(&assembly), ["dns.us-east-1: CertificateWebEdge"]);
        let text = properties_in(&assembly, "stacks/site.eu-west-1.template.json", "SiteApp");
        assert!(text.contains("AcmCertificateArn:\n      Ref: DnsEdgeCertificateWebEdgeRef\n"), "{text}");
    }

    const EAST: &str = "arn:aws:acm:us-east-1:123456789012:certificate/east";
    const WEST: &str = "arn:aws:acm:eu-west-1:123456789012:certificate/west";
    const CENTRAL: &str = "arn:aws:acm:eu-central-1:123456789012:certificate/central";

    fn imported(arns: &[&str], rest: &str) -> String {
        format!("{ZONE}certificates: {{ web: {{ imported: ['{}'] }} }}\n{rest}", arns.join("', '"))
    }

    #[test]
    fn of_an_imported_certificate_each_use_takes_the_arn_of_its_region() {
        let assembly = compile(&imported(&[WEST, EAST], &format!("{SITE}{API}")));
        assert_eq!(certificates(&assembly), [""; 0]);
        let path = "stacks/example.eu-west-1.template.json";
        assert!(properties_in(&assembly, path, "SiteApp").contains(EAST));
        assert!(properties_in(&assembly, path, "ApiShopDomain").contains(WEST));
    }

    #[test]
    fn an_api_of_another_region_takes_the_imported_arn_of_that_region() {
        let api = format!("region: eu-central-1{}", API.replace("certificate: web", "certificate: dns.web"));
        let assembly = compile_stacks(&[("api", &api), ("dns", &imported(&[WEST, CENTRAL], ""))]);
        let text = properties_in(&assembly, "stacks/api.eu-central-1.template.json", "ApiShopDomain");
        assert!(text.contains(CENTRAL), "{text}");
    }

    #[test]
    fn an_api_of_another_region_needs_an_imported_arn_of_that_region() {
        let api = format!("region: eu-central-1{}", API.replace("certificate: web", "certificate: dns.web"));
        assert_snapshot!(report_stacks(&[("api", &api), ("dns", &imported(&[WEST], ""))]), @"certificates/wrong-region: an API or a load balancer needs this certificate in eu-central-1 <- `imported` of stacks/dns.yaml no ARN is of eu-central-1");
    }

    #[test]
    fn an_imported_certificate_must_be_where_it_is_used() {
        assert_snapshot!(report(&imported(&[WEST], SITE)), @"certificates/wrong-region: a web site needs this certificate in us-east-1 <- `imported` no ARN is of us-east-1");
        assert_snapshot!(report(&imported(&[EAST], API)), @"certificates/wrong-region: an API or a load balancer needs this certificate in eu-west-1 <- `imported` no ARN is of eu-west-1");
    }

    #[test]
    fn an_imported_certificate_has_the_names_it_has() {
        let yaml = format!("certificates: {{ web: {{ imported: ['{WEST}'], domain: 'www.${{env.domain}}' }} }}\n");
        assert_snapshot!(report(&yaml), @"certificates/imported-with-names: an imported certificate has the names it has <- `imported` imported");
    }

    #[test]
    fn another_arn_is_no_certificate() {
        assert_snapshot!(report(&imported(&["arn:aws:sqs:eu-west-1:123456789012:jobs"], "")), @"certificates/not-a-certificate: `arn:aws:sqs:eu-west-1:123456789012:jobs` is no certificate of ACM <- `'arn:aws:sqs:eu-west-1:123456789012:jobs'` another kind of ARN");
    }

    #[test]
    fn a_certificate_needs_a_name() {
        assert_snapshot!(report("certificates: { web: {} }\n"), @"certificates/no-name: a certificate needs a name or an imported ARN <- `web` has neither `domain` nor `imported`");
    }

    #[test]
    fn the_first_name_has_64_characters_at_most() {
        let long = "a".repeat(50);
        let yaml = format!("{ZONE}certificates: {{ web: {{ domain: '{long}.${{env.domain}}', zones: [main] }} }}\n");
        let found = report(&yaml);
        assert!(found.starts_with("certificates/first-name-too-long: the first name of a certificate has at most 64"), "{found}");
        assert!(found.ends_with("66 characters\n") && found.lines().count() == 1, "{found}");
    }

    #[test]
    fn a_certificate_has_a_hundred_names_at_most() {
        let names: Vec<String> = (0..100).map(|index| format!("'n{index}.${{env.domain}}'")).collect();
        let names = names.join(", ");
        let yaml = format!("{ZONE}certificates: {{ web: {{ domain: '${{env.domain}}', names: [{names}], zones: [main] }} }}\n");
        assert_snapshot!(report(&yaml), @"certificates/too-many-names: a certificate has at most 100 names <- `names` 101 names in all");
    }

    #[test]
    fn cloudfront_takes_no_p_384() {
        let yaml = web(SITE).replace("zones: [main]", "zones: [main], key-algorithm: ec-secp384r1");
        assert_snapshot!(report(&yaml), @"certificates/key-algorithm: CloudFront takes no P-384 certificates <- `ec-secp384r1` used by a web site");
    }

    #[test]
    fn a_name_outside_the_zones_is_never_validated() {
        let yaml = format!(
            "{ZONE}certificates: {{ web: {{ domain: www.example.net, names: ['a.${{env.domain}}', www.example.org], zones: [main] }} }}\n"
        );
        assert_snapshot!(report(&yaml), @"
        certificates/not-validatable: `www.example.net` cannot be validated: no zone of this certificate holds it <- `www.example.net` in none of the zones
        certificates/not-validatable: `www.example.org` cannot be validated: no zone of this certificate holds it <- `www.example.org` in none of the zones
        ");
    }

    #[test]
    fn a_name_in_a_private_zone_is_never_validated() {
        let yaml = "
networks: { main: { cidr: 10.20.0.0/16 } }
hosted-zones: { in: { domain: 'in.${env.domain}', networks: [main] } }
certificates: { web: { domain: 'a.in.${env.domain}', zones: [in] } }
";
        assert_snapshot!(report(yaml), @"certificates/not-validatable: `a.in.dev.example.com` cannot be validated: its zone is private <- `'a.in.${env.domain}'` ACM asks public DNS");
    }

    #[test]
    fn a_requested_certificate_serves_apis_of_its_own_region_only() {
        let api = format!("region: eu-central-1{}", API.replace("certificate: web", "certificate: dns.web"));
        assert_snapshot!(report_stacks(&[("api", &api), ("dns", &web(""))]), @"certificates/wrong-region: a certificate for eu-central-1 must be requested in eu-central-1 <- `shop` of stacks/api.yaml lives in eu-central-1 + `web` of stacks/dns.yaml lives in eu-west-1");
    }
}
