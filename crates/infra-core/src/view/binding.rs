//! From target groups to pods: `TargetGroupBinding` and Kubernetes Services.

use super::{Object, Pods, Prop, Resource, Selector};

impl<'v> Object<'v> {
    /// Returns the target group of a `TargetGroupBinding`, if it is made here.
    pub fn target_group(&self) -> Option<Resource<'v>> {
        self.get("spec.targetGroupARN")?.resource_of("AWS::ElasticLoadBalancingV2::TargetGroup")
    }

    /// Returns the Service that a `TargetGroupBinding` names, in its own namespace.
    pub fn bound_service(&self) -> Option<Object<'v>> {
        let name = self.get("spec.serviceRef.name")?.text()?;
        self.sibling("Service", &name)
    }

    /// Returns the port of a Service that a `TargetGroupBinding` names, by number or name.
    pub fn bound_port(&self, service: &Object<'v>) -> Option<Prop<'v>> {
        let wanted = self.get("spec.serviceRef.port")?.text()?;
        service.each("spec.ports").find(|port| {
            port.key("port").is_some_and(|port| port.is(&wanted))
                || port.key("name").is_some_and(|name| name.is(&wanted))
        })
    }

    /// Returns the workloads whose pods `spec.selector` selects: of a Service or a disruption budget.
    pub fn selected(&self) -> impl Iterator<Item = Pods<'v>> + use<'v> {
        let this = *self;
        let selector = self.get("spec.selector");
        let view = this.view();
        let asked = selector.map(|selector| view.near().asked(this.index(), &selector)).unwrap_or_default();
        let pods = asked.iter().filter_map(move |at| view.object(*at)?.pods());
        pods.filter(move |pods| selector.is_some_and(|selector| Selector(selector).matches(&pods.labels())))
    }
}

impl<'v> Pods<'v> {
    /// Returns the ports that the containers name or list, also those of init containers.
    pub fn ports(&self) -> impl Iterator<Item = Prop<'v>> + use<'v> {
        self.containers().flat_map(|container| container.prop.each("ports"))
    }

    /// Returns the number of the port that a Service's port leads to; `None` where it is not known.
    pub fn target_port(&self, service_port: &Prop<'v>) -> Option<i64> {
        let Some(target) = service_port.key("targetPort") else { return service_port.key("port")?.int() };
        target.int().or_else(|| {
            let name = target.text()?;
            let port = self.ports().find(|port| port.key("name").is_some_and(|written| written.is(&name)))?;
            port.key("containerPort")?.int()
        })
    }
}
