//! `kubernetes/misbound-target-group`: a binding leads to its Service.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/misbound-target-group",
    code: "K8S-010",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "target group binding does not lead to its Service",
    why: "a binding names a Service of its own namespace and one of its ports, has the target type of its \
          target group, and alone fills it",
    error: None,
    sources: &[
        "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/targetgroupbinding/targetgroupbinding/",
        "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/targetgroupbinding/spec",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      containers:
        - name: orders
          image: registry.example.com/orders:1.4.2
---
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop }
spec:
  selector: { app: orders }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: elbv2.k8s.aws/v1beta1
kind: TargetGroupBinding
metadata: { name: orders, namespace: shop }
spec:
  targetGroupARN: arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef
  targetType: ip
  serviceRef:
    name: orders
    port: 8080
#         ^
"#,
    good: &[(
        r#"    port: 8080
"#,
        r#"    port: 80
"#,
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let mut bound: Vec<(Prop<'_>, Object<'_>)> = Vec::new();
    for binding in view.objects_of("TargetGroupBinding") {
        service(cx, &binding);
        target_type(cx, &binding);
        let Some(arn) = binding.get("spec.targetGroupARN") else { continue };
        match bound.iter().find(|(other, _)| other.is_same(&arn)) {
            // Several clusters may share a group on purpose.
            Some((_, first)) if first.cluster() == binding.cluster() && !shared(&binding) => cx.report(
                arn.finding("two bindings fill one target group", "each removes the other's targets")
                    .also(first.at(), "the other")
                    .help("make a target group for each binding"),
            ),
            Some(_) => {}
            None => bound.push((arn, binding)),
        }
    }
}

fn shared(binding: &Object<'_>) -> bool {
    binding.get("spec.multiClusterTargetGroup").is_some_and(|shared| shared.bool() != Some(false))
}

fn service(cx: &mut Cx<'_>, binding: &Object<'_>) {
    let Some((place, name)) = binding.get("spec.serviceRef.name").and_then(|it| Some((it, it.text()?))) else { return };
    let Some(service) = binding.bound_service() else {
        let mut same = binding.view().objects_of("Service").filter(|service| service.name() == name);
        let Some(other) = same.next() else { return };
        cx.report(
            place
                .finding(format!("`{}` has no Service `{name}`", binding.namespace()), "looked up in the own namespace")
                .also(other.at(), format!("it is in `{}`", other.namespace()))
                .help("put the binding into the namespace of the Service"),
        );
        return;
    };
    let Some(port) = binding.get("spec.serviceRef.port").filter(Prop::is_known) else { return };
    let known = service.get("spec.ports").filter(Prop::is_known);
    if let Some(ports) = known.filter(|_| binding.bound_port(&service).is_none()) {
        cx.report(
            port.finding(
                format!("Service `{name}` has no port {}", port.pattern()),
                "the port of the Service is meant",
            )
            .also(ports.at(), "its ports")
            .help("name a `port` of the Service, not its target port"),
        );
    }
}

fn target_type(cx: &mut Cx<'_>, binding: &Object<'_>) {
    let Some(written) = binding.get("spec.targetType") else { return };
    let Some(group) = binding.target_group() else { return };
    let (Some(here), Some(there)) = (written.text(), group.text_or("TargetType", "instance")) else { return };
    if here != there {
        cx.report(
            written
                .finding(format!("targets are {here} here and {there} in the target group"), "the binding")
                .also(group.nearest("TargetType").at(), "the target group")
                .help(format!("write `targetType: {there}`"))
                .fix(written.replace(&there)),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn a_service_of_another_namespace_is_not_found() {
        let text = RULE.bad_example().replace(
            "metadata: { name: orders, namespace: shop }\nspec:\n  targetGroupARN",
            "metadata: { name: orders, namespace: edge }\nspec:\n  targetGroupARN",
        );
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from(["`edge` has no Service `orders`"]));
    }
}
