//! What an alias record points to.

use super::{Alias, Resource};
use crate::facts::hosted_zones::Service;
use crate::names::Region;

/// Service and region of an alias target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AliasService {
    /// The service.
    pub service: Service,
    /// The region, where the service has one and it is known.
    pub region: Option<Region>,
}

impl<'v> Alias<'v> {
    /// Returns the service that the target belongs to: by the resource that is referred to, else by its DNS name.
    pub fn service(&self) -> Option<AliasService> {
        match self.resource() {
            Some(resource) => of_resource(self, &resource),
            None => of_name(&self.dns_name()?.text()?),
        }
    }

    /// Returns the distribution, if the target is one of the view.
    pub fn distribution(&self) -> Option<Resource<'v>> {
        self.resource().filter(|resource| resource.kind() == "AWS::CloudFront::Distribution")
    }

    /// Returns the load balancer, if the target is one of the view.
    pub fn load_balancer(&self) -> Option<Resource<'v>> {
        self.resource().filter(|resource| resource.kind() == "AWS::ElasticLoadBalancingV2::LoadBalancer")
    }
}

fn of_resource(alias: &Alias<'_>, resource: &Resource<'_>) -> Option<AliasService> {
    let attribute = alias.dns_name()?.target().and_then(|target| target.attribute);
    let service = match (resource.kind(), attribute) {
        ("AWS::CloudFront::Distribution", _) | ("AWS::ApiGateway::DomainName", Some("DistributionDomainName")) => {
            Service::CloudFront
        }
        ("AWS::Cognito::UserPoolDomain", _) => Service::CognitoDomain,
        ("AWS::ApiGateway::DomainName" | "AWS::ApiGatewayV2::DomainName", Some("RegionalDomainName")) => {
            Service::ApiGatewayRegional
        }
        ("AWS::ElasticLoadBalancing::LoadBalancer", _) => Service::Alb,
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", _) => match resource.text_or("Type", "application")?.as_ref() {
            "application" => Service::Alb,
            "network" => Service::Nlb,
            _ => return None,
        },
        ("AWS::GlobalAccelerator::Accelerator", _) => Service::GlobalAccelerator,
        ("AWS::EC2::VPCEndpoint", _) => Service::VpcEndpoint,
        _ => return None,
    };
    Some(AliasService { service, region: resource.region() })
}

/// The services by the form of their DNS names.
///
/// Source: <https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html> and the endpoints pages of
/// <https://docs.aws.amazon.com/general/latest/gr/> (read 2026-11-23).
fn of_name(name: &str) -> Option<AliasService> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let global = |service| Some(AliasService { service, region: None });
    if name.ends_with(".cloudfront.net") || name.ends_with(".cloudfront.cn") {
        return global(Service::CloudFront);
    }
    if name.ends_with(".awsglobalaccelerator.com") {
        return global(Service::GlobalAccelerator);
    }
    let name = name.strip_suffix(".amazonaws.com").or_else(|| name.strip_suffix(".amazonaws.com.cn"))?;
    let labels: Vec<&str> = name.split('.').collect();
    let (service, region) = match labels.as_slice() {
        [.., region, "elb"] => (Service::Alb, *region),
        [.., "elb", region] => (Service::Nlb, *region),
        [.., "execute-api", region] => (Service::ApiGatewayRegional, *region),
        [.., region, "vpce"] => (Service::VpcEndpoint, *region),
        [.., "s3-website", region] => (Service::S3Website, *region),
        [.., last] => (Service::S3Website, last.strip_prefix("s3-website-")?),
        [] => return None,
    };
    Some(AliasService { service, region: Some(region.parse().ok()?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_balancer_is_told_by_where_its_region_stands() {
        let of = |name: &str| of_name(name).map(|it| (it.service, it.region.map(|region| region.as_str())));
        assert_eq!(of("orders-1a2b.elb.us-west-2.amazonaws.com."), Some((Service::Nlb, Some("us-west-2"))));
        assert_eq!(of("dualstack.web-12.eu-west-1.elb.amazonaws.com"), Some((Service::Alb, Some("eu-west-1"))));
        assert_eq!(
            of("d-abc.execute-api.eu-west-1.amazonaws.com"),
            Some((Service::ApiGatewayRegional, Some("eu-west-1")))
        );
        assert_eq!(of("d111.cloudfront.net."), Some((Service::CloudFront, None)));
        assert_eq!(of("s3-website-us-east-1.amazonaws.com"), Some((Service::S3Website, Some("us-east-1"))));
        assert_eq!(of("api.example.com"), None);
    }
}
