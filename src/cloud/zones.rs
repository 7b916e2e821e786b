//! Hosted zones of Route 53.

use std::collections::BTreeSet;

use aws_sdk_route53::types::{
    AliasTarget, Change, ChangeAction, ChangeBatch, ChangeStatus, CidrRoutingConfig, Coordinates, GeoLocation,
    GeoProximityLocation, ResourceRecord, ResourceRecordSet, ResourceRecordSetFailover, ResourceRecordSetRegion,
    RrType,
};
use serde_json::{Map, Value, json};

use super::Cloud;
use super::actions::Action;
use super::call::Failure;
use crate::plan;
use crate::state::{DeployedZone, Record};

impl Cloud {
    /// A zone and all its record sets; `None` if there is none of this id.
    pub(crate) async fn zone(&self, id: &str) -> Result<Option<DeployedZone>, Failure> {
        let client = self.route53();
        let zone = match self.call(Action::GetHostedZone, || client.get_hosted_zone().id(id).send()).await {
            Ok(answer) => answer.hosted_zone,
            Err(error) if error.is(&["NoSuchHostedZone"]) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(zone) = zone else { return Ok(None) };
        let private = zone.config().is_some_and(|config| config.private_zone);
        let mut found = DeployedZone { domain: crate::state::normal_name(&zone.name), private, records: Vec::new() };
        let mut start: (Option<String>, Option<RrType>, Option<String>) = (None, None, None);
        loop {
            let ask = || {
                let request = client.list_resource_record_sets().hosted_zone_id(id);
                let request = request.set_start_record_name(start.0.clone()).set_start_record_type(start.1.clone());
                request.set_start_record_identifier(start.2.clone()).send()
            };
            let page = self.call(Action::ListResourceRecordSets, ask).await?;
            for set in page.resource_record_sets() {
                let record = Record::read(&value(set));
                found.records.push(record.map_err(|error| Failure::of(Action::ListResourceRecordSets, error))?);
            }
            if !page.is_truncated {
                return Ok(Some(found));
            }
            start = (page.next_record_name, page.next_record_type, page.next_record_identifier);
        }
    }

    /// Ids of the public zones of a domain, which has the trailing dot.
    pub(crate) async fn zones_named(&self, domain: &str) -> Result<BTreeSet<String>, Failure> {
        let client = self.route53();
        // They come in the order of their names, those of this one first.
        let ask = || client.list_hosted_zones_by_name().dns_name(domain).max_items(100).send();
        let page = self.call(Action::ListHostedZonesByName, ask).await?;
        let is_one = |zone: &&aws_sdk_route53::types::HostedZone| {
            let private = zone.config().is_some_and(|config| config.private_zone);
            crate::state::normal_name(&zone.name) == domain && !private
        };
        let id = |zone: &aws_sdk_route53::types::HostedZone| zone.id.trim_start_matches("/hostedzone/").to_owned();
        Ok(page.hosted_zones().iter().filter(is_one).map(id).collect())
    }

    /// Sends one batch, carried out whole or not at all; returns the id of the change.
    pub(crate) async fn change_records(
        &self,
        zone: &str,
        comment: &str,
        changes: &[plan::Change],
    ) -> Result<String, Failure> {
        const ACTION: Action = Action::ChangeResourceRecordSets;
        let wrong = |error: String| Failure::of(ACTION, error);
        let mut list = Vec::new();
        for change in changes {
            let action = match change.action {
                plan::ChangeAction::Create => ChangeAction::Create,
                plan::ChangeAction::Upsert => ChangeAction::Upsert,
                plan::ChangeAction::Delete => ChangeAction::Delete,
            };
            let set = set(&change.record.to_value()).map_err(wrong)?;
            let change = Change::builder().action(action).resource_record_set(set);
            list.push(change.build().map_err(|error| wrong(error.to_string()))?);
        }
        let batch = ChangeBatch::builder().comment(comment).set_changes(Some(list)).build();
        let batch = batch.map_err(|error| wrong(error.to_string()))?;
        let client = self.route53();
        let ask = || client.change_resource_record_sets().hosted_zone_id(zone).change_batch(batch.clone()).send();
        let answer = self.call(ACTION, ask).await?;
        Ok(answer.change_info.map(|info| info.id).unwrap_or_default())
    }

    /// Whether all name servers of Route 53 answer with a change.
    pub(crate) async fn is_in_sync(&self, change: &str) -> Result<bool, Failure> {
        let client = self.route53();
        let answer = self.call(Action::GetChange, || client.get_change().id(change).send()).await?;
        Ok(answer.change_info.is_some_and(|info| info.status == ChangeStatus::Insync))
    }

    /// The name servers that a zone's parent must name.
    pub(crate) async fn name_servers(&self, id: &str) -> Result<Vec<String>, Failure> {
        let client = self.route53();
        let answer = self.call(Action::GetHostedZone, || client.get_hosted_zone().id(id).send()).await?;
        Ok(answer.delegation_set.map(|set| set.name_servers).unwrap_or_default())
    }
}

/// The API's JSON of a record set, as the AWS CLI and change batches spell it.
fn value(set: &ResourceRecordSet) -> Value {
    let mut map = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            map.insert(key.to_owned(), value);
        }
    };
    put("Name", Some(set.name.clone().into()));
    put("Type", Some(set.r#type.as_str().into()));
    put("SetIdentifier", set.set_identifier().map(Into::into));
    put("Weight", set.weight.map(Into::into));
    put("Region", set.region().map(|region| region.as_str().into()));
    put("GeoLocation", set.geo_location().map(geo_location));
    put("Failover", set.failover().map(|failover| failover.as_str().into()));
    put("MultiValueAnswer", set.multi_value_answer.map(Into::into));
    put("TTL", set.ttl.map(Into::into));
    let records = set.resource_records.as_ref();
    put("ResourceRecords", records.map(|list| list.iter().map(|it| json!({ "Value": it.value })).collect()));
    put(
        "AliasTarget",
        set.alias_target().map(|alias| {
            json!({
                "HostedZoneId": alias.hosted_zone_id,
                "DNSName": alias.dns_name,
                "EvaluateTargetHealth": alias.evaluate_target_health,
            })
        }),
    );
    put("HealthCheckId", set.health_check_id().map(Into::into));
    put("TrafficPolicyInstanceId", set.traffic_policy_instance_id().map(Into::into));
    put(
        "CidrRoutingConfig",
        set.cidr_routing_config()
            .map(|config| json!({ "CollectionId": config.collection_id, "LocationName": config.location_name })),
    );
    put("GeoProximityLocation", set.geo_proximity_location().map(geo_proximity));
    Value::Object(map)
}

fn geo_location(place: &GeoLocation) -> Value {
    let pairs = [
        ("ContinentCode", place.continent_code()),
        ("CountryCode", place.country_code()),
        ("SubdivisionCode", place.subdivision_code()),
    ];
    pairs.into_iter().filter_map(|(key, value)| Some((key.to_owned(), Value::from(value?)))).collect()
}

fn geo_proximity(place: &GeoProximityLocation) -> Value {
    let mut map = Map::new();
    for (key, value) in [("AWSRegion", place.aws_region()), ("LocalZoneGroup", place.local_zone_group())] {
        map.extend(value.map(|value| (key.to_owned(), value.into())));
    }
    map.extend(place.bias().map(|bias| ("Bias".to_owned(), bias.into())));
    let coordinates = place.coordinates().map(|at| json!({ "Latitude": at.latitude, "Longitude": at.longitude }));
    map.extend(coordinates.map(|at| ("Coordinates".to_owned(), at)));
    Value::Object(map)
}

/// Reads the API's JSON into what the SDK sends.
fn set(value: &Value) -> Result<ResourceRecordSet, String> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let number = |key: &str| value.get(key).and_then(Value::as_i64);
    let records = value.get("ResourceRecords").and_then(Value::as_array).map(|list| {
        let one = |it: &Value| ResourceRecord::builder().value(text(it, "Value").unwrap_or_default()).build();
        list.iter().map(one).collect::<Result<Vec<_>, _>>()
    });
    let alias = value.get("AliasTarget").map(|alias| {
        AliasTarget::builder()
            .hosted_zone_id(text(alias, "HostedZoneId").unwrap_or_default())
            .dns_name(text(alias, "DNSName").unwrap_or_default())
            .evaluate_target_health(alias.get("EvaluateTargetHealth").and_then(Value::as_bool).unwrap_or_default())
            .build()
    });
    let cidr = value.get("CidrRoutingConfig").map(|config| {
        CidrRoutingConfig::builder()
            .collection_id(text(config, "CollectionId").unwrap_or_default())
            .location_name(text(config, "LocationName").unwrap_or_default())
            .build()
    });
    let geo = value.get("GeoLocation").map(|place| {
        GeoLocation::builder()
            .set_continent_code(text(place, "ContinentCode"))
            .set_country_code(text(place, "CountryCode"))
            .set_subdivision_code(text(place, "SubdivisionCode"))
            .build()
    });
    let proximity = value.get("GeoProximityLocation").map(|place| {
        let coordinates = place.get("Coordinates").map(|at| {
            Coordinates::builder()
                .latitude(text(at, "Latitude").unwrap_or_default())
                .longitude(text(at, "Longitude").unwrap_or_default())
                .build()
        });
        let bias = place.get("Bias").and_then(Value::as_i64).and_then(|bias| i32::try_from(bias).ok());
        Ok::<_, String>(
            GeoProximityLocation::builder()
                .set_aws_region(text(place, "AWSRegion"))
                .set_local_zone_group(text(place, "LocalZoneGroup"))
                .set_bias(bias)
                .set_coordinates(coordinates.transpose().map_err(|error| error.to_string())?)
                .build(),
        )
    });
    let wrong = |error: aws_sdk_route53::error::BuildError| error.to_string();
    ResourceRecordSet::builder()
        .name(text(value, "Name").unwrap_or_default())
        .r#type(RrType::from(text(value, "Type").unwrap_or_default().as_str()))
        .set_set_identifier(text(value, "SetIdentifier"))
        .set_weight(number("Weight"))
        .set_region(text(value, "Region").map(|region| ResourceRecordSetRegion::from(region.as_str())))
        .set_geo_location(geo)
        .set_failover(text(value, "Failover").map(|failover| ResourceRecordSetFailover::from(failover.as_str())))
        .set_multi_value_answer(value.get("MultiValueAnswer").and_then(Value::as_bool))
        .set_ttl(number("TTL"))
        .set_resource_records(records.transpose().map_err(wrong)?)
        .set_alias_target(alias.transpose().map_err(wrong)?)
        .set_health_check_id(text(value, "HealthCheckId"))
        .set_traffic_policy_instance_id(text(value, "TrafficPolicyInstanceId"))
        .set_cidr_routing_config(cidr.transpose().map_err(wrong)?)
        .set_geo_proximity_location(proximity.transpose()?)
        .build()
        .map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_a_record_set_survives_the_sdk() {
        let sets = [
            json!({ "Name": "a.example.com.", "Type": "A", "TTL": 60, "ResourceRecords": [{ "Value": "192.0.2.1" }] }),
            json!({ "Name": "a.", "Type": "A", "SetIdentifier": "one", "Weight": 0, "TTL": 0, "ResourceRecords": [{ "Value": "192.0.2.1" }], "HealthCheckId": "h" }),
            json!({ "Name": "a.", "Type": "A", "SetIdentifier": "two", "Region": "eu-west-1", "AliasTarget": { "HostedZoneId": "Z1", "DNSName": "b.", "EvaluateTargetHealth": true } }),
            json!({ "Name": "a.", "Type": "A", "SetIdentifier": "three", "GeoLocation": { "CountryCode": "US", "SubdivisionCode": "CA" }, "TTL": 1, "ResourceRecords": [{ "Value": "x" }] }),
            json!({ "Name": "a.", "Type": "A", "SetIdentifier": "four", "Failover": "PRIMARY", "TTL": 1, "ResourceRecords": [{ "Value": "x" }] }),
            json!({ "Name": "a.", "Type": "A", "SetIdentifier": "five", "MultiValueAnswer": true, "TTL": 1, "ResourceRecords": [{ "Value": "x" }] }),
            json!({ "Name": "a.", "Type": "A", "SetIdentifier": "six", "CidrRoutingConfig": { "CollectionId": "c", "LocationName": "l" }, "TTL": 1, "ResourceRecords": [{ "Value": "x" }] }),
            json!({ "Name": "a.", "Type": "A", "SetIdentifier": "seven", "GeoProximityLocation": { "Bias": -5, "Coordinates": { "Latitude": "1.00", "Longitude": "2.00" } }, "TTL": 1, "ResourceRecords": [{ "Value": "x" }] }),
        ];
        for expected in sets {
            let found = value(&set(&expected).unwrap());
            assert_eq!(Record::read(&found), Record::read(&expected), "{expected}");
            assert_eq!(found.as_object().unwrap().len(), expected.as_object().unwrap().len(), "{found}");
        }
    }
}
