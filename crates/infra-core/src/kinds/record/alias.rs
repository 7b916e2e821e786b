//! What a record can be an alias of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Record;
use crate::artifacts::Expr;
use crate::diag::At;
use crate::facts::hosted_zones::{Service, alias_zone};
use crate::kinds::{HttpApi, LoadBalancer, WebSite};
use crate::model::Ref;
use crate::names::{DomainName, HostedZoneId, Region};
use crate::resolve::Bound;
use crate::route;

/// Something of AWS that a record can be an alias of; anything else does not parse, and in Rust does not compile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AliasTarget {
    /// A web site's distribution; the site must list the name.
    WebSite(Ref<WebSite>),
    /// An HTTP API's custom domain; must be the record's name.
    HttpApi(Ref<HttpApi>),
    /// A load balancer.
    LoadBalancer(Ref<LoadBalancer>),
    /// Another record of the same zone.
    Record(Ref<Record>),
    /// Something that is not of this project.
    Foreign(ForeignAlias),
}

/// Something that is not of this project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ForeignAlias {
    /// Its DNS name.
    pub dns_name: DomainName,
    /// The hosted zone id of its service and region.
    pub zone_id: HostedZoneId,
    /// Whether it speaks IPv6, so that an AAAA record is made too.
    #[serde(default)]
    pub ipv6: bool,
}

/// What the record says of its target.
pub(super) struct Answer {
    pub(super) dns_name: Expr,
    pub(super) zone_id: Expr,
    pub(super) types: Vec<&'static str>,
    /// Whether Route 53 can tell that the target is unhealthy.
    pub(super) has_health: bool,
}

impl AliasTarget {
    pub(super) fn answer(&self, record: Bound<'_, Record>) -> Answer {
        match self {
            Self::WebSite(site) => Answer {
                dns_name: record.follow(site).distribution_domain(),
                zone_id: alias_zone(Service::CloudFront, record.region()).into(),
                types: vec!["A", "AAAA"],
                has_health: false,
            },
            Self::HttpApi(api) => {
                let api = record.follow(api);
                Answer {
                    dns_name: api.alias_target().unwrap_or(Expr::Absent),
                    zone_id: alias_zone(Service::ApiGatewayRegional, api.region())
                        .map_or_else(|| api.alias_zone_id(), Expr::from),
                    types: vec!["A"],
                    has_health: false,
                }
            }
            Self::LoadBalancer(balancer) => {
                let balancer = record.follow(balancer);
                Answer {
                    dns_name: balancer.dns_name(),
                    zone_id: alias_zone(balancer.service(), balancer.region())
                        .map_or_else(|| balancer.zone_id(), Expr::from),
                    types: vec!["A"],
                    has_health: true,
                }
            }
            Self::Record(other) => {
                let other = record.follow(other);
                Answer {
                    dns_name: other.spec().name.fqdn().into(),
                    zone_id: other.follow(&other.spec().zone).zone_id(),
                    types: other
                        .end()
                        .map_or_else(Vec::new, |end| end.sets().into_iter().map(|(record_type, _)| record_type).collect()),
                    has_health: other.spec().health_check.is_some(),
                }
            }
            Self::Foreign(foreign) => Answer {
                dns_name: foreign.dns_name.fqdn().into(),
                zone_id: foreign.zone_id.to_string().into(),
                types: if foreign.ipv6 { vec!["A", "AAAA"] } else { vec!["A"] },
                has_health: false,
            },
        }
    }

    /// Returns the region of the target, where it has one.
    pub(super) fn region(&self, record: Bound<'_, Record>) -> Option<Region> {
        match self {
            Self::HttpApi(api) => Some(*record.follow(api).region()),
            Self::LoadBalancer(balancer) => Some(*record.follow(balancer).region()),
            Self::WebSite(_) | Self::Record(_) | Self::Foreign(_) => None,
        }
    }

    /// Returns whether the target is a CloudFront distribution.
    pub(super) fn is_cloudfront(&self) -> bool {
        match self {
            Self::WebSite(_) => true,
            Self::Foreign(foreign) => foreign.dns_name.as_str().ends_with(".cloudfront.net"),
            Self::HttpApi(_) | Self::LoadBalancer(_) | Self::Record(_) => false,
        }
    }

    /// Returns the names that the target serves and where they were written; `None` where any name will do.
    pub(super) fn serves(&self, record: Bound<'_, Record>) -> Option<(Vec<DomainName>, At)> {
        match self {
            Self::WebSite(site) => {
                let site = record.follow(site);
                Some((site.spec().domains.clone(), site.at(&route!["domains"])))
            }
            Self::HttpApi(api) => {
                let api = record.follow(api);
                Some((api.domain().into_iter().cloned().collect(), api.at(&route!["domain"])))
            }
            Self::LoadBalancer(_) | Self::Record(_) | Self::Foreign(_) => None,
        }
    }
}

macro_rules! targets {
    ($($kind:ident),*) => { $(impl From<Ref<$kind>> for AliasTarget {
        fn from(target: Ref<$kind>) -> Self {
            Self::$kind(target)
        }
    })* };
}
targets!(WebSite, HttpApi, LoadBalancer, Record);
