//! Route 53 records: aliases of our own resources, and plain values, with every routing policy.

mod alias;
mod checks;
mod values;

pub use alias::{AliasTarget, ForeignAlias};
pub(super) use checks::check_zone;
pub use values::Values;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{HealthCheck, HostedZone, Kind};
use crate::artifacts::{Expr, RecordSet, Routing as RoutingSet, TypedValues};
use crate::diag::Diagnostics;
use crate::lower::Lowering;
use crate::model::Ref;
use crate::names::{DomainName, Region, Seconds};
use crate::resolve::Bound;

/// A name in a hosted zone: an alias of something of ours, or plain values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Record {
    /// The zone.
    pub zone: Ref<HostedZone>,
    /// The full name, within the zone's domain.
    pub name: DomainName,
    /// What the name is an alias of; gives an A record, and an AAAA record where the target speaks IPv6.
    pub alias: Option<AliasTarget>,
    /// Plain values by type.
    pub values: Option<Values>,
    /// How long resolvers keep plain values; aliases have the time of their target. In seconds.
    #[serde(default = "five_minutes")]
    pub ttl: Seconds,
    /// How Route 53 chooses among records of one name; without it there is one record.
    pub routing: Option<Routing>,
    /// The health check that the answer depends on.
    pub health_check: Option<Ref<HealthCheck>>,
    /// Whether the answer of an alias depends on the target's own health; by default where the target has one.
    pub evaluate_target_health: Option<bool>,
}

/// How Route 53 chooses among records of one name and type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Routing {
    /// By share.
    Weighted(Weighted),
    /// The region nearest to who asks.
    Latency(Latency),
    /// The secondary when the primary is unhealthy.
    Failover(Failover),
    /// By where who asks is.
    Geolocation(Geolocation),
    /// Up to eight healthy ones at random.
    Multivalue(Multivalue),
}

/// By share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Weighted {
    /// The record's share of the sum of all. 0 to 255; 0 sends nothing.
    pub weight: u8,
}

/// The region nearest to who asks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Latency {
    /// The region that the record stands for; that of the alias target if not named.
    pub region: Option<Region>,
}

/// The secondary when the primary is unhealthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Failover {
    /// Answers while it is healthy.
    Primary,
    /// Answers while the primary is not.
    Secondary,
}

/// By where who asks is; exactly one of the fields, and one record of the name must be the default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Geolocation {
    /// Two letters of a continent: AF, AN, AS, EU, OC, NA, SA.
    Continent(String),
    /// Two letters of a country.
    Country(String),
    /// Two letters of a state of the United States.
    UsSubdivision(String),
    /// Everybody else.
    Default,
}

/// Up to eight healthy ones at random.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Multivalue {}

fn five_minutes() -> Seconds {
    Seconds::new(300)
}

impl Kind for Record {
    const SECTION: &'static str = "records";
    const NOUN: &'static str = "record";
    const PREFIX: &'static str = "Record";
    const EXAMPLE: &'static str = "
hosted-zones:
  main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 }
records:
  mail:
    zone: main
    name: ${env.domain}
    values: { mx: [10 in.mail.example.net] }
  spf:
    zone: main
    name: ${env.domain}
    values: { txt: [v=spf1 include:mail.example.net -all] }
  edge-eu:
    zone: main
    name: edge.${env.domain}
    values: { a: [192.0.2.1] }
    ttl: 60
    routing: { weighted: { weight: 10 } }
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        checks::check(entry, diags);
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        let zone = entry.follow(&entry.spec().zone);
        for (record_type, values) in entry.sets() {
            let record = RecordSet {
                name: entry.spec().name.clone(),
                record_type,
                values,
                routing: entry.routing_set(),
                health_check: entry.spec().health_check.as_ref().map(|check| entry.follow(check).check_id()),
            };
            cx.record(zone.id, record);
        }
    }
}

impl Bound<'_, Record> {
    /// Returns the record sets by type.
    fn sets(&self) -> Vec<(&'static str, TypedValues)> {
        if let Some(values) = &self.spec().values {
            return vec![(values.record_type(), TypedValues::Plain { ttl: self.ttl.get(), values: values.to_exprs() })];
        }
        let Some(alias) = &self.spec().alias else { return Vec::new() };
        let target = alias.answer(*self);
        let values = TypedValues::Alias {
            dns_name: target.dns_name,
            zone_id: target.zone_id,
            evaluate_target_health: self.evaluate_target_health.unwrap_or(target.has_health),
        };
        target.types.into_iter().map(|record_type| (record_type, values.clone())).collect()
    }

    /// Returns the record at the end of a chain of aliases of records; `None` if the chain never ends.
    fn end(self) -> Option<Self> {
        let mut seen = std::collections::BTreeSet::new();
        let mut record = self;
        while let Some(AliasTarget::Record(other)) = &record.spec().alias {
            if !seen.insert(record.id) {
                return None;
            }
            record = record.follow(other);
        }
        Some(record)
    }

    fn routing_set(&self) -> Option<RoutingSet> {
        let policy = match self.spec().routing.as_ref()? {
            Routing::Weighted(weighted) => ("Weight", weighted.weight.into()),
            Routing::Latency(latency) => ("Region", self.latency_region(latency)?.to_string().into()),
            Routing::Failover(Failover::Primary) => ("Failover", "PRIMARY".into()),
            Routing::Failover(Failover::Secondary) => ("Failover", "SECONDARY".into()),
            Routing::Geolocation(place) => ("GeoLocation", geolocation(place)),
            Routing::Multivalue(Multivalue {}) => ("MultiValueAnswer", true.into()),
        };
        Some(RoutingSet { set_identifier: format!("{}.{}", self.stack_name(), self.name), policy })
    }

    fn latency_region(&self, latency: &Latency) -> Option<Region> {
        latency.region.or_else(|| self.spec().alias.as_ref()?.region(*self))
    }
}

fn geolocation(place: &Geolocation) -> Expr {
    match place {
        Geolocation::Continent(code) => object! { "ContinentCode" => code },
        Geolocation::Country(code) => object! { "CountryCode" => code },
        Geolocation::UsSubdivision(code) => object! { "CountryCode" => "US", "SubdivisionCode" => code },
        Geolocation::Default => object! { "CountryCode" => "*" },
    }
}

impl Record {
    /// Starts an alias of something that can be one.
    pub fn alias(zone: &Ref<HostedZone>, name: DomainName, target: impl Into<AliasTarget>) -> Self {
        Self { alias: Some(target.into()), ..Self::new(zone, name) }
    }

    /// Starts a record of plain values.
    pub fn plain(zone: &Ref<HostedZone>, name: DomainName, values: Values) -> Self {
        Self { values: Some(values), ..Self::new(zone, name) }
    }

    fn new(zone: &Ref<HostedZone>, name: DomainName) -> Self {
        Self {
            zone: zone.clone(),
            name,
            alias: None,
            values: None,
            ttl: five_minutes(),
            routing: None,
            health_check: None,
            evaluate_target_health: None,
        }
    }
}

#[cfg(test)]
mod tests;
