//! From a load balancer to the pods behind it.

use super::{Object, Pods, Prop, Resource, Selector, View};

/// A `TargetGroupBinding` of the AWS Load Balancer Controller, and the target group that it fills.
#[derive(Clone, Copy)]
pub struct Binding<'v> {
    /// The Kubernetes object.
    pub object: Object<'v>,
    /// The target group.
    pub group: Resource<'v>,
}

impl<'v> Binding<'v> {
    /// Returns the Kubernetes Service whose endpoints become targets.
    pub fn service(&self) -> Option<Object<'v>> {
        let name = self.object.get("spec.serviceRef.name")?.text()?;
        self.object.sibling("Service", &name)
    }

    /// Returns the pods that become targets.
    pub fn pods(&self) -> Vec<Pods<'v>> {
        let Some(service) = self.service() else { return Vec::new() };
        let Some(selector) = service.get("spec.selector").map(Selector) else { return Vec::new() };
        let beside = service.view().objects().filter(|object| object.beside(&service));
        beside.filter_map(|object| object.pods()).filter(|pods| selector.matches(&pods.labels())).collect()
    }
}

impl<'v> View<'v> {
    /// Returns the bindings of target groups that are in the view.
    pub fn target_bindings(&'v self) -> impl Iterator<Item = Binding<'v>> {
        self.objects_of("TargetGroupBinding").filter_map(|object| Some(Binding { object, group: group_of(&object)? }))
    }

    fn target_group(&'v self, name: &str) -> Option<Resource<'v>> {
        let mut named = self
            .of("AWS::ElasticLoadBalancingV2::TargetGroup")
            .filter(|group| group.get("Name").is_some_and(|known| known.is(name)));
        named.next().filter(|_| named.next().is_none())
    }
}

/// The target group: by reference, by the name in its ARN, or by its name.
fn group_of<'v>(object: &Object<'v>) -> Option<Resource<'v>> {
    let view = object.view();
    if let Some(arn) = object.get("spec.targetGroupARN") {
        let referred = arn.resource_of("AWS::ElasticLoadBalancingV2::TargetGroup");
        return referred.or_else(|| view.target_group(arn.text()?.split_once(":targetgroup/")?.1.split('/').next()?));
    }
    view.target_group(&object.get("spec.targetGroupName")?.text()?)
}

impl<'v> Resource<'v> {
    /// Returns the value of an attribute of a target group or load balancer, such as
    /// `deregistration_delay.timeout_seconds`.
    pub fn attribute(&self, name: &str) -> Option<Prop<'v>> {
        let list = match self.kind() {
            "AWS::ElasticLoadBalancingV2::LoadBalancer" => "LoadBalancerAttributes",
            _ => "TargetGroupAttributes",
        };
        self.each(list).find(|item| item.get("Key").is_some_and(|key| key.is(name)))?.get("Value")
    }

    /// Returns the load balancers whose listeners forward to this target group.
    pub fn balancers(&self) -> impl Iterator<Item = Resource<'v>> + use<'v> {
        self.referrers_of("AWS::ElasticLoadBalancingV2::Listener").filter_map(|listener| listener.balancer())
    }

    /// Returns the load balancer of a listener.
    pub fn balancer(&self) -> Option<Resource<'v>> {
        self.get("LoadBalancerArn")?.resource_of("AWS::ElasticLoadBalancingV2::LoadBalancer")
    }
}
