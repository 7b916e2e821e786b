//! Single properties that decide whether a thing can be reached from everywhere.

use std::collections::BTreeSet;

use serde_json::Value;

use super::changes::ExposureKind;
use super::draft::{entry, section};
use super::exposure::Found;
use super::reach::{Rule, opened};

/// Finds what becomes public by a property of its own.
pub(super) fn switches(before: &Value, after: &Value, changed: &BTreeSet<&str>, found: &mut Found) {
    for (id, resource) in section(after, "Resources").filter(|(id, _)| changed.contains(id.as_str())) {
        let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
        let old = entry(before, "Resources", id).and_then(|resource| resource.get("Properties"));
        let change = Change { id, old, new: resource.get("Properties").unwrap_or(&Value::Null) };
        if flag(Some(change.new), "PubliclyAccessible") && !flag(old, "PubliclyAccessible") {
            change.public("it gets an address that the internet reaches".to_owned(), found);
        }
        match kind {
            "AWS::S3::Bucket" => {
                change.bucket(found);
                change.acl(found);
            }
            "AWS::EKS::Cluster" => change.cluster(found),
            "AWS::ElasticLoadBalancingV2::LoadBalancer" | "AWS::ElasticLoadBalancing::LoadBalancer" => {
                change.balancer(found);
            }
            "AWS::ApiGatewayV2::Route" | "AWS::ApiGateway::Method" => change.route(found),
            "AWS::Lambda::Url" => change.url(found),
            _ => {}
        }
    }
}

struct Change<'a> {
    id: &'a str,
    old: Option<&'a Value>,
    new: &'a Value,
}

impl Change<'_> {
    fn public(&self, text: String, found: &mut Found) {
        found.insert((self.id.to_owned(), ExposureKind::Public, text));
    }

    /// A new bucket blocks public access unless it says otherwise; one that has blocked it must go on saying so.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-publicaccessblockconfiguration.html>,
    /// for the default of new buckets
    /// <https://aws.amazon.com/blogs/aws/heads-up-amazon-s3-security-changes-are-coming-in-april-of-2023/>, as others
    /// quote it (read 2026-11-25).
    fn bucket(&self, found: &mut Found) {
        for name in ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"] {
            let pointer = format!("PublicAccessBlockConfiguration/{name}");
            let off = self.new.pointer(&format!("/{pointer}")).is_some_and(is_false);
            let before = self.old.map(|_| flag(self.old, &pointer));
            if before.map_or(off, |before| before && !flag(Some(self.new), &pointer)) {
                self.public(format!("{name} does not hold any more"), found);
            }
        }
    }

    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl>, as the
    /// documentation of the SDKs quotes it (read 2026-11-25): to everyone, or to everyone with an account of AWS.
    fn acl(&self, found: &mut Found) {
        let open = |properties: &Value| {
            let acl = properties.get("AccessControl").and_then(Value::as_str);
            acl.filter(|acl| matches!(*acl, "PublicRead" | "PublicReadWrite" | "AuthenticatedRead")).map(str::to_owned)
        };
        if let Some(acl) = open(self.new).filter(|acl| self.old.and_then(open).as_ref() != Some(acl)) {
            self.public(format!("the bucket's access control is {acl}"), found);
        }
    }

    /// The endpoint is public unless it says otherwise, and open to everyone unless it names networks.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-eks-cluster-resourcesvpcconfig.html>
    /// and <https://docs.aws.amazon.com/eks/latest/APIReference/API_VpcConfigRequest.html> (read 2026-11-25).
    fn cluster(&self, found: &mut Found) {
        let rules = |properties: &Value| {
            let config = properties.get("ResourcesVpcConfig").unwrap_or(&Value::Null);
            if config.get("EndpointPublicAccess").is_some_and(is_false) {
                return Vec::new();
            }
            let everyone = Value::from("0.0.0.0/0");
            let networks = config.get("PublicAccessCidrs").and_then(Value::as_array).filter(|list| !list.is_empty());
            match networks {
                Some(list) => list.iter().map(|cidr| Rule::network(cidr, 443, self.id)).collect(),
                None => vec![Rule::network(&everyone, 443, self.id)],
            }
        };
        let before = self.old.map(rules).unwrap_or_default();
        for opening in opened(&before, &rules(self.new)) {
            let text = format!("the endpoint of the cluster from {}", opening.source);
            if opening.everywhere {
                self.public(text, found);
            } else if self.old.is_some() {
                found.insert((self.id.to_owned(), ExposureKind::Network, text));
            }
        }
    }

    /// A load balancer faces the internet unless its scheme is internal; one of type gateway never does.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-loadbalancer.html>
    /// (read 2026-11-25; the default is said of `CreateLoadBalancer`).
    fn balancer(&self, found: &mut Found) {
        let faces = |properties: &Value| {
            let text = |key: &str| properties.get(key).and_then(Value::as_str);
            let written = properties.get("Scheme").is_none_or(|scheme| scheme == "internet-facing");
            written && text("Type") != Some("gateway")
        };
        if faces(self.new) && !self.old.is_some_and(faces) {
            self.public("the load balancer faces the internet".to_owned(), found);
        }
    }

    fn route(&self, found: &mut Found) {
        let open = |properties: &Value| {
            let kind = properties.get("AuthorizationType").unwrap_or(&Value::Null);
            kind.is_null() || kind == "NONE"
        };
        // Without an authorizer before, nothing is taken away; new routes say themselves whether they are open.
        if open(self.new) && self.old.is_some_and(|old| !open(old)) {
            self.public("requests are answered without authorization".to_owned(), found);
        }
    }

    fn url(&self, found: &mut Found) {
        let open = |properties: &Value| properties.get("AuthType").is_some_and(|kind| kind == "NONE");
        if open(self.new) && !self.old.is_some_and(open) {
            self.public("the function answers anyone at its URL".to_owned(), found);
        }
    }
}

fn flag(properties: Option<&Value>, pointer: &str) -> bool {
    properties.and_then(|value| value.pointer(&format!("/{pointer}"))).is_some_and(is_true)
}

fn is_true(value: &Value) -> bool {
    *value == true || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

fn is_false(value: &Value) -> bool {
    *value == false || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("false"))
}
