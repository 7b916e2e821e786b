//! Which resources their own service refuses to delete, by what their template says.

use serde_json::{Value, json};

/// Properties with which a service refuses to delete what they are of, whatever its type, with the value for "off" where
/// that is no boolean.
///
/// Sources: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html>,
/// …`-dynamodb-table.html`, …`-eks-cluster.html`, …`-cognito-userpool.html`, …`-networkfirewall-firewall.html` and
/// …`-ec2-instance.html` (from memory). The same names are used by document and graph databases, global databases and log groups.
const PROPERTIES: [&str; 4] =
    ["DeletionProtection", "DeletionProtectionEnabled", "DeleteProtection", "DisableApiTermination"];

/// The attribute of a load balancer that says the same.
///
/// Source: <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html> (from
/// memory).
const BALANCER: &str = "deletion_protection.enabled";

/// The value of a protection that is off, if a value says that it is on.
fn off(value: &Value) -> Option<Value> {
    match value {
        Value::Bool(true) => Some(false.into()),
        Value::String(text) => match text.as_str() {
            "true" => Some("false".into()),
            "ACTIVE" => Some("INACTIVE".into()),
            "ENABLED" => Some("DISABLED".into()),
            _ => None,
        },
        _ => None,
    }
}

/// Finds the protections of a resource that are on, and switches them off; whether there were any.
fn switch_off(resource: &mut Value) -> bool {
    let Some(Value::Object(properties)) = resource.get_mut("Properties") else { return false };
    let mut found = false;
    for name in PROPERTIES {
        if let Some(value) = properties.get_mut(name)
            && let Some(off) = off(value)
        {
            *value = off;
            found = true;
        }
    }
    let attributes = properties.get_mut("LoadBalancerAttributes").and_then(Value::as_array_mut);
    for attribute in attributes.into_iter().flatten().filter(|it| it.get("Key") == Some(&json!(BALANCER))) {
        if let Some(value) = attribute.get_mut("Value")
            && let Some(off) = off(value)
        {
            *value = off;
            found = true;
        }
    }
    // A global table is protected replica by replica.
    let replicas = properties.get_mut("Replicas").and_then(Value::as_array_mut);
    for replica in replicas.into_iter().flatten() {
        if let Some(value) = replica.get_mut("DeletionProtectionEnabled")
            && let Some(off) = off(value)
        {
            *value = off;
            found = true;
        }
    }
    found
}

/// Whether the service of a resource refuses to delete it.
pub fn is_protected(resource: &Value) -> bool {
    switch_off(&mut resource.clone())
}

/// A template with the protections of these resources switched off.
#[must_use]
pub fn without_protection(template: &Value, ids: &[&str]) -> Value {
    let mut template = template.clone();
    for id in ids {
        if let Some(resource) = template.pointer_mut(&format!("/Resources/{id}")) {
            switch_off(resource);
        }
    }
    template
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protections_are_found_whatever_says_them_and_switched_off() {
        let template = json!({ "Resources": {
            "Db": { "Type": "AWS::RDS::DBInstance", "Properties": { "DeletionProtection": true } },
            "Pool": { "Type": "AWS::Cognito::UserPool", "Properties": { "DeletionProtection": "ACTIVE" } },
            "Open": { "Type": "AWS::Cognito::UserPool", "Properties": { "DeletionProtection": "INACTIVE" } },
            "Table": { "Type": "AWS::DynamoDB::Table", "Properties": { "DeletionProtectionEnabled": "true" } },
            "Global": { "Type": "AWS::DynamoDB::GlobalTable", "Properties": {
                "Replicas": [{ "Region": "eu-west-1", "DeletionProtectionEnabled": true }] } },
            "Lb": { "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": { "LoadBalancerAttributes": [
                { "Key": "idle_timeout.timeout_seconds", "Value": "60" },
                { "Key": "deletion_protection.enabled", "Value": "true" }] } },
            "Kept": { "Type": "AWS::RDS::DBCluster", "DeletionPolicy": "Retain", "Properties": { "DeletionProtection": true } },
        } });
        let resources = template["Resources"].as_object().unwrap();
        let on: Vec<&str> = resources.iter().filter(|(_, it)| is_protected(it)).map(|(id, _)| id.as_str()).collect();
        assert_eq!(on, ["Db", "Pool", "Table", "Global", "Lb", "Kept"]);
        let open = without_protection(&template, &on);
        assert!(open["Resources"].as_object().unwrap().values().all(|it| !is_protected(it)));
        assert_eq!(open["Resources"]["Pool"]["Properties"]["DeletionProtection"], "INACTIVE");
        assert_eq!(open["Resources"]["Lb"]["Properties"]["LoadBalancerAttributes"][0]["Value"], "60");
    }
}
