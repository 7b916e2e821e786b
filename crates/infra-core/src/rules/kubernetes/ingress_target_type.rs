//! `kubernetes/ingress-target-type`: a load balancer finds the pods that it is to reach.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/ingress-target-type",
    code: "K8S-033",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "load balancer registers nodes, and the Service opens no port on them",
    why: "the AWS Load Balancer Controller registers the nodes unless `target-type: ip` says otherwise, and reaches them at the node \
          port of the Service, which one of type `ClusterIP` does not have",
    error: Some("service must be either 'NodePort' or 'LoadBalancer' to use instance mode"),
    sources: &["https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/"],
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
          ports: [{ name: web, containerPort: 8080 }]
          resources: { requests: { cpu: 250m, memory: 512Mi } }
---
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop }
spec:
  selector: { app: orders }
  ports: [{ name: web, port: 80, targetPort: 8080 }]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: shop, annotations: { alb.ingress.kubernetes.io/scheme: internal } }
spec:
  ingressClassName: alb
  rules:
    - http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: orders
#                     ^
                port: { number: 80 }
"#,
    good: &[(
        r#"annotations: { alb.ingress.kubernetes.io/scheme: internal }"#,
        r#"annotations: { alb.ingress.kubernetes.io/target-type: ip }"#,
    )],
    check: Check::Objects(&["Ingress"], check),
};

const TARGET_TYPE: &str = "alb.ingress.kubernetes.io/target-type";

fn check(cx: &mut Cx<'_>, ingress: Object<'_>) {
    if !is_of_controller(&ingress) {
        return;
    }
    for backend in super::ingress_backends(&ingress) {
        let Some(name) = backend.key("name") else { continue };
        let Some(service) = name.text().and_then(|name| ingress.sibling("Service", &name)) else { continue };
        // What a Service says of its own target group comes first.
        let written = service.annotation(TARGET_TYPE).or_else(|| ingress.annotation(TARGET_TYPE));
        let is_instance = written.is_none_or(|written| written.is("instance"));
        let kind = service.get("spec.type");
        if !is_instance || kind.is_some_and(|kind| !kind.is("ClusterIP")) {
            continue;
        }
        let title = format!(
            "Ingress `{}` registers instances, and the Service `{}` has no NodePort",
            ingress.name(),
            service.name()
        );
        cx.report(
            name.finding(title, "reached at a node port")
                .also(kind.map_or(service.at(), |kind| kind.at()), "of type `ClusterIP`")
                .help(format!("add the annotation `{TARGET_TYPE}: ip` to the Ingress")),
        );
    }
}

/// Whether the AWS Load Balancer Controller acts on it and nothing of the class says how. The controller of EKS Auto
/// Mode, which has another, takes the pods themselves.
fn is_of_controller(ingress: &Object<'_>) -> bool {
    let class = ingress.get("spec.ingressClassName").or_else(|| ingress.annotation("kubernetes.io/ingress.class"));
    let Some(class) = class.and_then(|class| class.text()) else { return false };
    let mut classes = ingress.view().objects_of("IngressClass").filter(|it| it.name() == class);
    match classes.next() {
        Some(definition) => {
            let is_ours = definition.get("spec.controller").is_some_and(|it| it.is("ingress.k8s.aws/alb"));
            is_ours && definition.get("spec.parameters").is_none()
        }
        None => class == "alb" && ingress.view().only_cluster().is_none_or(|it| it.auto_mode() == Some(false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn auto_mode_and_classes_of_their_own_are_silent() {
        let class = "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: { name: alb }\nspec: { controller: eks.amazonaws.com/alb }\n";
        assert_eq!(of_rule(&RULE, &(RULE.bad_example() + class)), [""; 0]);
        assert_eq!(
            of_rule(&RULE, &RULE.bad_example().replace("ingressClassName: alb", "ingressClassName: nginx")),
            [""; 0]
        );
        let ours = class.replace("eks.amazonaws.com", "ingress.k8s.aws");
        assert_eq!(of_rule(&RULE, &(RULE.bad_example() + &ours)).len(), 1);
    }
}
