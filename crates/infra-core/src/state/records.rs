//! Record sets of Route 53 in one spelling, so that equal ones are equal.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What tells record sets of a zone apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct RecordKey {
    /// The name, lower-case, with the trailing dot, `*` written as such.
    pub name: String,
    /// The type, such as `A`.
    #[serde(rename = "type")]
    pub record_type: String,
    /// Tells the sets of one name and type apart, where a routing policy makes several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.record_type)?;
        self.set.iter().try_for_each(|set| write!(f, " ({set})"))
    }
}

/// A record set: the API's `ResourceRecordSet` in one spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "Value", try_from = "Value")]
pub struct Record {
    /// What tells it apart.
    pub key: RecordKey,
    /// Seconds that resolvers may keep the answer; an alias has none.
    pub ttl: Option<u64>,
    /// Values, sorted: their order means nothing in DNS.
    pub values: Vec<String>,
    /// Zone id, DNS name and whether the target's health counts.
    pub alias: Option<(String, String, bool)>,
    /// Routing policy, health check and other keys of the API, as they are.
    pub rest: std::collections::BTreeMap<String, RestValue>,
}

/// A value that is compared as JSON text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RestValue(String);

/// Keys of the API that make a routing policy.
const POLICIES: [&str; 7] =
    ["CidrRoutingConfig", "Failover", "GeoLocation", "GeoProximityLocation", "MultiValueAnswer", "Region", "Weight"];

/// Returns a name as it is compared: lower-case, with the trailing dot, `\052` as `*`.
///
/// Source: <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html> (read 2026-11-24).
pub fn normal_name(name: &str) -> String {
    let mut name = name.trim_end_matches('.').to_ascii_lowercase().replace("\\052", "*");
    name.push('.');
    name
}

impl Record {
    /// Reads the API's `ResourceRecordSet`.
    ///
    /// # Errors
    /// If name or type are missing.
    pub fn read(set: &Value) -> Result<Self, String> {
        let text = |key: &str| set.get(key).and_then(Value::as_str).map(str::to_owned);
        let name = text("Name").ok_or("a record set has no Name")?;
        let record_type = text("Type").ok_or_else(|| format!("the record set {name} has no Type"))?;
        let ttl = set.get("TTL").and_then(|ttl| ttl.as_u64().or_else(|| ttl.as_str()?.parse().ok()));
        let list = set.get("ResourceRecords").and_then(Value::as_array);
        let value =
            |record: &Value| record.get("Value").and_then(Value::as_str).map(|value| normal_value(&record_type, value));
        let mut values: Vec<String> = list.into_iter().flatten().filter_map(value).collect();
        values.sort();
        let alias = set.get("AliasTarget").filter(|alias| !alias.is_null()).map(|alias| {
            let text = |key: &str| alias.get(key).and_then(Value::as_str).unwrap_or_default();
            let health = alias.get("EvaluateTargetHealth").and_then(Value::as_bool).unwrap_or_default();
            (text("HostedZoneId").to_owned(), alias_name(text("DNSName")), health)
        });
        let known = ["Name", "Type", "SetIdentifier", "TTL", "ResourceRecords", "AliasTarget"];
        let rest = set.as_object().into_iter().flatten();
        let rest = rest.filter(|(key, value)| !known.contains(&key.as_str()) && !value.is_null());
        let rest = rest.map(|(key, value)| (key.clone(), RestValue(value.to_string()))).collect();
        let key = RecordKey { name: normal_name(&name), record_type: record_type.clone(), set: text("SetIdentifier") };
        Ok(Self { key, ttl, values, alias, rest })
    }

    /// Writes the API's `ResourceRecordSet`.
    pub fn to_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("Name".into(), self.key.name.clone().into());
        map.insert("Type".into(), self.key.record_type.clone().into());
        if let Some(set) = &self.key.set {
            map.insert("SetIdentifier".into(), set.clone().into());
        }
        for (key, RestValue(json)) in &self.rest {
            map.insert(key.clone(), serde_json::from_str(json).unwrap_or_default());
        }
        if let Some(ttl) = self.ttl {
            map.insert("TTL".into(), ttl.into());
        }
        if let Some((zone, name, health)) = &self.alias {
            let target = serde_json::json!({ "HostedZoneId": zone, "DNSName": name, "EvaluateTargetHealth": health });
            map.insert("AliasTarget".into(), target);
        } else {
            let values = self.values.iter().map(|value| serde_json::json!({ "Value": value }));
            map.insert("ResourceRecords".into(), values.collect());
        }
        Value::Object(map)
    }

    /// The key of its routing policy, such as `Weight`; nothing for the simple one.
    ///
    /// Record sets of one name and type have the same one, and an UPSERT does not change it.
    /// Source: <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html> (read 2026-11-25).
    pub fn policy(&self) -> Option<&str> {
        self.rest.keys().map(String::as_str).find(|key| POLICIES.contains(key))
    }

    /// How many values the limits of a change batch count, once.
    pub fn value_count(&self) -> usize {
        if self.alias.is_some() { 1 } else { self.values.len() }
    }

    /// How many characters of values the limits of a change batch count, once.
    pub fn value_chars(&self) -> usize {
        self.values.iter().map(|value| value.chars().count()).sum()
    }
}

/// Names of alias targets are compared as names; a placeholder stays as it is.
fn alias_name(name: &str) -> String {
    if name.contains("${") { name.to_owned() } else { normal_name(name) }
}

/// Values that are names are compared as names.
fn normal_value(record_type: &str, value: &str) -> String {
    match record_type {
        _ if value.contains("${") => value.to_owned(),
        "CNAME" | "NS" | "PTR" => normal_name(value),
        "AAAA" => value.parse::<std::net::Ipv6Addr>().map_or_else(|_| value.to_owned(), |address| address.to_string()),
        _ => value.to_owned(),
    }
}

impl From<Record> for Value {
    fn from(record: Record) -> Self {
        record.to_value()
    }
}

impl TryFrom<Value> for Record {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        Self::read(&value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn spelling_makes_no_difference() {
        let a = json!({ "Name": "\\052.Shop.example.com", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{ "Value": "A.example.com" }] });
        let b = json!({ "Name": "*.shop.example.com.", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{ "Value": "a.example.com." }], "HealthCheckId": null });
        assert_eq!(Record::read(&a), Record::read(&b));
        let txt = |value: &str| {
            Record::read(&json!({ "Name": "a.", "Type": "TXT", "TTL": 1, "ResourceRecords": [{ "Value": value }] }))
        };
        assert_ne!(txt("\"A\""), txt("\"a\""), "texts are compared as they are");
    }

    #[test]
    fn the_order_of_values_makes_no_difference() {
        let set = |values: [&str; 2]| {
            let values = values.map(|value| json!({ "Value": value }));
            Record::read(&json!({ "Name": "a.", "Type": "A", "TTL": 1, "ResourceRecords": values })).unwrap()
        };
        assert_eq!(set(["192.0.2.1", "192.0.2.2"]), set(["192.0.2.2", "192.0.2.1"]));
    }

    proptest! {
        #[test]
        fn a_record_reads_as_it_is_written(name in "[a-z]{1,5}", ttl in 0_u64..99, values in prop::collection::vec("[a-z0-9. ]{0,9}", 1..4), weight in prop::option::of(0_u8..9)) {
            let mut set = json!({
                "Name": name, "Type": "TXT", "TTL": ttl,
                "ResourceRecords": values.iter().map(|value| json!({ "Value": value })).collect::<Vec<_>>(),
            });
            if let Some(weight) = weight {
                set["SetIdentifier"] = "one".into();
                set["Weight"] = weight.into();
            }
            let record = Record::read(&set).unwrap();
            prop_assert_eq!(Record::read(&record.to_value()), Ok(record));
        }
    }
}
