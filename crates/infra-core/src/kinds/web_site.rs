//! Web sites: a private bucket behind CloudFront, with the headers, functions and firewall that belong to one.

mod config;
mod distribution;
mod firewall;
mod headers;

pub use config::{ConfigSource, UserPoolClient};
pub use firewall::Firewall;
pub use headers::SecurityHeaders;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Certificate, HttpApi, Kind, check};
use crate::artifacts::{Expr, Policy, Pseudo, Statement};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits::Bounds;
use crate::lower::Lowering;
use crate::model::{Edge, Ref};
use crate::names::DomainName;
use crate::resolve::Bound;
use crate::route;

/// The page about the expiration of overwritten and deleted files.
const LIFECYCLE: &str =
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_NoncurrentVersionExpiration.html";

/// Days that S3 can keep a deleted file. Source: [`LIFECYCLE`] ("a non-zero positive integer").
const KEEP_DELETED_DAYS: Bounds = Bounds { min: 1, max: 65_535, default: 30 };

/// A web site: static files in a private bucket, served by CloudFront.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct WebSite {
    /// The names it is served under; records point them at it. None leaves the name that CloudFront gives.
    pub domains: Vec<DomainName>,
    /// The certificate over all of the names; requested in us-east-1 wherever the stack lives.
    pub certificate: Option<Ref<Certificate, Edge>>,
    /// What a path without a file ending means.
    pub paths: Paths,
    /// File that is served, with status 404, where there is none; for sites of pages only.
    pub not_found: Option<String>,
    /// Path patterns that go to an API instead of the bucket, such as `/v1/*`; never cached, never rewritten.
    pub api_paths: BTreeMap<String, Ref<HttpApi>>,
    /// The APIs that the site's scripts call: they allow the site's origin, and its content policy allows them.
    pub apis: Vec<Ref<HttpApi>>,
    /// Values of `/config.json`, which scripts read at start; everybody can read them.
    pub config: BTreeMap<String, String>,
    /// Values of `/config.json` that come from other entries.
    pub config_from: BTreeMap<String, ConfigSource>,
    /// The security headers of every answer.
    pub security_headers: SecurityHeaders,
    /// A firewall (WAF) in front; it lives in us-east-1.
    pub firewall: Option<Firewall>,
    /// Where the edges are.
    pub price_class: PriceClass,
    /// Oldest protocol that browsers may use.
    pub minimum_tls: MinimumTls,
    /// Countries (two letters) that alone may use the site; all if none is named.
    pub only_countries: Vec<String>,
    /// How many days deleted and overwritten files are kept. 1 or more.
    pub keep_deleted_days: Option<u16>,
}

/// What a path without a file ending means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Paths {
    /// A route of a single-page application: `/index.html` is served.
    #[default]
    SinglePage,
    /// A folder with an `index.html`.
    Pages,
    /// A file of that very name.
    Files,
}

/// Where the edges are.
///
/// Source: <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html> (read 2026-11-22).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PriceClass {
    /// North America, Europe and Israel.
    #[default]
    Class100,
    /// Those, and Asia, Africa and the Middle East.
    Class200,
    /// Everywhere.
    All,
}

/// Oldest protocol that browsers may use.
///
/// Source: <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ViewerCertificate.html> (read 2026-11-22).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MinimumTls {
    /// TLS 1.2 with the ciphers of 2021.
    #[default]
    Tls12Of2021,
    /// TLS 1.2 with the ciphers of 2025.
    Tls12Of2025,
    /// TLS 1.3.
    Tls13Of2025,
}

impl Kind for WebSite {
    const SECTION: &'static str = "web-sites";
    const NOUN: &'static str = "web site";
    const PREFIX: &'static str = "Site";
    const EXAMPLE: &'static str = "
hosted-zones:
  main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 }
certificates:
  web: { domain: 'www.${env.domain}', zones: [main] }
web-sites:
  app:
    domains: ['www.${env.domain}']
    certificate: web
    config: { supportUrl: 'https://help.${env.domain}' }
    firewall: {}
records:
  www: { zone: main, name: 'www.${env.domain}', alias: { web-site: app } }
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        check_names(entry, diags);
        check_apis(entry, diags);
        config::check(entry, diags);
        headers::check(entry, diags);
        firewall::check(entry, diags);
        let days = u32::from(entry.keep_deleted_days.unwrap_or(30));
        check::bounds(entry, diags, &route!["keep-deleted-days"], days, (KEEP_DELETED_DAYS, LIFECYCLE));
        let conflict = entry.spec().not_found.is_some()
            && (!entry.api_paths.is_empty() || entry.paths == Paths::SinglePage);
        if conflict {
            diags.push(
                Diagnostic::error("web-sites/not-found-hides-errors", "`not-found` would hide other errors")
                    .at(entry.at(&route!["not-found"]), "CloudFront replaces every 403 and 404 of the distribution")
                    .note("answers of an API would become this page: https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html")
                    .help("use it with `paths: pages` or `files`, and serve the API under a name of its own"),
            );
        }
        for path in entry.api_paths.keys() {
            if !path.starts_with('/') || path == "/*" {
                let error = Diagnostic::error("web-sites/api-path", format!("`{path}` cannot be a path of an API here"));
                let help = "write the start of a path and a star, such as `/v1/*`";
                diags.push(error.at(entry.at(&route!["api-paths", path.as_str()]), "must start with `/` and leave the site room").help(help));
            }
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        bucket(entry, cx);
        headers::lower(entry, cx);
        firewall::lower(entry, cx);
        distribution::lower(entry, cx);
        config::lower(entry, cx);
    }
}

impl Bound<'_, WebSite> {
    /// Returns the DNS name that CloudFront gave, the target of aliases.
    pub fn distribution_domain(&self) -> Expr {
        self.handle("").att("DomainName")
    }

    /// Returns the id of the distribution.
    pub fn distribution_id(&self) -> Expr {
        self.handle("").att("Id")
    }

    /// Returns the origins, as browsers send them, of all names of the site.
    pub fn origins(&self) -> Vec<String> {
        self.spec().domains.iter().map(|domain| format!("https://{domain}")).collect()
    }

    /// Returns the address of the site.
    pub fn url(&self) -> Expr {
        match self.origins().into_iter().next() {
            Some(origin) => origin.into(),
            None => text!["https://", self.distribution_domain()],
        }
    }

    /// Returns a name that no other site of the account has.
    fn unique_name(&self, part: &str) -> String {
        let world = self.world();
        format!("{}-{}-{}-{}-{part}", world.project(), self.environment().name, self.stack_name(), self.name)
    }
}

fn check_names(entry: Bound<'_, WebSite>, diags: &mut Diagnostics) {
    let Some(certificate) = &entry.spec().certificate else {
        if !entry.domains.is_empty() {
            diags.push(
                Diagnostic::error("web-sites/no-certificate", "a site with names of its own needs a certificate")
                    .at(entry.at(&route!["domains"]), "CloudFront's own certificate does not cover them")
                    .help("add `certificate: <name>` and an entry of `certificates` with these names"),
            );
        }
        return;
    };
    let certificate = entry.follow(certificate);
    for (index, domain) in entry.domains.iter().enumerate().filter(|(_, domain)| !certificate.covers(domain)) {
        diags.push(
            Diagnostic::error("web-sites/name-not-covered", format!("the certificate does not cover `{domain}`"))
                .at(entry.at(&route!["domains", index]), "browsers would refuse the connection")
                .also(certificate.at(&route!["domain"]), "the certificate")
                .note("a wildcard covers exactly one label and not the apex")
                .help(format!("add `{domain}` to `names` of the certificate")),
        );
    }
}

/// A site and an API that both have no name of their own cannot know each other's address before they are there.
fn check_apis(entry: Bound<'_, WebSite>, diags: &mut Diagnostics) {
    let site = entry.spec();
    for (index, api) in site.apis.iter().enumerate().filter(|_| site.domains.is_empty()) {
        let api = entry.follow(api);
        let named_by_policy = site.security_headers.content_security_policy.is_none();
        let is_origin = site.api_paths.values().any(|other| entry.follow(other).id == api.id);
        if api.domain().is_none() && (named_by_policy || is_origin) {
            diags.push(
                Diagnostic::error("web-sites/unnamed", "a site and an API without names of their own need each other")
                    .at(entry.at(&route!["apis", index]), "the site must know its address")
                    .also(api.at(&route![]), "allows the origin of the site")
                    .note("CloudFormation refuses resources that depend on each other")
                    .help("give the site `domains`, or the API a `domain`"),
            );
        }
    }
}

/// A bucket that only the distribution reads.
fn bucket(entry: Bound<'_, WebSite>, cx: &mut Lowering<'_>) {
    let days = i64::from(entry.keep_deleted_days.unwrap_or(30));
    let rules = list![
        object! { "Id" => "KeepDeleted", "Status" => "Enabled", "NoncurrentVersionExpiration" => object! { "NoncurrentDays" => days } },
        object! { "Id" => "AbortUploads", "Status" => "Enabled", "AbortIncompleteMultipartUpload" => object! { "DaysAfterInitiation" => 7 } },
    ];
    let rule = object! { "ServerSideEncryptionByDefault" => object! { "SSEAlgorithm" => "AES256" } };
    let properties = object! {
        "BucketEncryption" => object! { "ServerSideEncryptionConfiguration" => vec![rule] },
        "LifecycleConfiguration" => object! { "Rules" => rules },
        "OwnershipControls" => object! { "Rules" => list![object! { "ObjectOwnership" => "BucketOwnerEnforced" }] },
        "PublicAccessBlockConfiguration" => object! {
            "BlockPublicAcls" => true,
            "BlockPublicPolicy" => true,
            "IgnorePublicAcls" => true,
            "RestrictPublicBuckets" => true,
        },
        "VersioningConfiguration" => object! { "Status" => "Enabled" },
    };
    cx.add(entry.resource("Bucket", "AWS::S3::Bucket", properties).retain());
    let bucket = entry.handle("Bucket");
    let objects = text![bucket.arn(), "/*"];
    let distribution = text![
        "arn:", Pseudo::Partition, ":cloudfront::", Pseudo::AccountId, ":distribution/", entry.distribution_id()
    ];
    let reader = |statement: Statement| {
        statement.service("cloudfront.amazonaws.com").when("StringEquals", "AWS:SourceArn", distribution.clone())
    };
    // Listing makes a missing file a 404 instead of a 403.
    let policy = Policy::default()
        .with(reader(Statement::allow(["s3:GetObject"], objects.clone()).sid("DistributionReads")))
        .with(reader(Statement::allow(["s3:ListBucket"], bucket.arn()).sid("DistributionLists")))
        .with(
            Statement::deny(["s3:*"], list![bucket.arn(), objects])
                .sid("OnlyEncrypted")
                .principal("*".into())
                .when("Bool", "aws:SecureTransport", "false"),
        );
    let properties = object! { "Bucket" => bucket.reference(), "PolicyDocument" => policy };
    cx.add(entry.resource("BucketPolicy", "AWS::S3::BucketPolicy", properties));
    let description = format!("Bucket to which the files of site {} are uploaded", entry.name);
    cx.output(entry.home(), format!("{}Ref", bucket.id), description, bucket.reference());
    let description = format!("Distribution of site {}, for invalidations", entry.name);
    cx.output(entry.home(), format!("{}Id", entry.logical_id("")), description, entry.distribution_id());
}

impl WebSite {
    /// Starts a single-page application under one name.
    pub fn new(domain: DomainName, certificate: &Ref<Certificate, Edge>) -> Self {
        Self { domains: vec![domain], certificate: Some(certificate.clone()), ..Self::default() }
    }
}

#[cfg(test)]
mod tests;
