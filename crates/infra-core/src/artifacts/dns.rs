//! Route 53 record sets.

use super::Expr;
use crate::names::DomainName;

/// Values of a record, or what it is an alias of.
#[derive(Clone, Debug)]
pub enum TypedValues {
    /// Plain values with a time to live in seconds.
    Plain {
        /// Seconds that resolvers may keep the answer.
        ttl: u32,
        /// The values as Route 53 wants them (TXT in quotes).
        values: Vec<Expr>,
    },
    /// An alias; it has no time to live of its own.
    Alias {
        /// DNS name of the target.
        dns_name: Expr,
        /// Hosted zone id of the target's service and region, or of the record's own zone.
        zone_id: Expr,
        /// Whether the answer depends on the target's health.
        evaluate_target_health: bool,
    },
}

/// How Route 53 chooses among record sets of one name and type; an object of the API's own keys.
#[derive(Clone, Debug)]
pub struct Routing {
    /// Tells the sets of one name and type apart.
    pub set_identifier: String,
    /// `Weight`, `Region`, `Failover`, `GeoLocation` or `MultiValueAnswer` and its value.
    pub policy: (&'static str, Expr),
}

/// One record set.
#[derive(Clone, Debug)]
pub struct RecordSet {
    /// The name.
    pub name: DomainName,
    /// The type, such as `A`.
    pub record_type: &'static str,
    /// Values or alias.
    pub values: TypedValues,
    /// Routing policy; none is the simple one.
    pub routing: Option<Routing>,
    /// Id of the health check that the answer depends on.
    pub health_check: Option<Expr>,
}

impl RecordSet {
    /// Returns the set as the API's `ResourceRecordSet`.
    pub fn to_expr(&self) -> Expr {
        let (ttl, values, alias) = match &self.values {
            TypedValues::Plain { ttl, values } => {
                let values: Expr = values.iter().map(|value| object! { "Value" => value.clone() }).collect();
                (Expr::from(*ttl), values, Expr::Absent)
            }
            TypedValues::Alias { dns_name, zone_id, evaluate_target_health } => {
                let target = object! {
                    "HostedZoneId" => zone_id.clone(),
                    "DNSName" => dns_name.clone(),
                    "EvaluateTargetHealth" => *evaluate_target_health,
                };
                (Expr::Absent, Expr::Absent, target)
            }
        };
        let mut object = super::Object::default();
        object.push("Name", self.name.fqdn());
        object.push("Type", self.record_type);
        if let Some(routing) = &self.routing {
            object.push("SetIdentifier", &routing.set_identifier);
            object.push(routing.policy.0, routing.policy.1.clone());
        }
        object.push("TTL", ttl);
        object.push("ResourceRecords", values);
        object.push("AliasTarget", alias);
        object.push("HealthCheckId", self.health_check.clone());
        Expr::Object(object)
    }

    /// Returns how many values the change batch limits count: plain ones, once.
    pub fn value_count(&self) -> usize {
        match &self.values {
            TypedValues::Plain { values, .. } => values.len(),
            TypedValues::Alias { .. } => 1,
        }
    }

    /// Returns how many characters of values the change batch limits count, once.
    pub fn value_chars(&self) -> usize {
        match &self.values {
            TypedValues::Plain { values, .. } => {
                values.iter().map(|value| value.as_text().map_or(64, |text| text.chars().count())).sum()
            }
            TypedValues::Alias { .. } => 0,
        }
    }
}
