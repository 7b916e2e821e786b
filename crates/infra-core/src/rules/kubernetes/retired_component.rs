//! `kubernetes/retired-component`: meshes and ingress controllers are alive.

use crate::names::Date;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "kubernetes/retired-component",
    code: "K8S-020",
    severity: Severity::Error,
    phase: Phase::Calendar,
    title: "mesh or ingress controller is not maintained any more",
    why: "App Mesh ended on 2026-09-30, and ingress-nginx gets no releases and no security fixes since March \
          2026",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/app-mesh/latest/userguide/what-is-app-mesh.html",
        "https://kubernetes.io/blog/2025/11/11/ingress-nginx-retirement/",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: orders.yaml today=2026-11-23
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: nginx }
spec:
  controller: k8s.io/ingress-nginx
#             ^
"#,
    good: &[("k8s.io/ingress-nginx", "ingress.k8s.aws/alb")],
    check: Check::View(check),
};

/// The last day of App Mesh, and the day on which ingress-nginx was archived.
const APP_MESH: Date = Date::of(2026, 9, 30);
const INGRESS_NGINX: Date = Date::of(2026, 3, 31);

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let Some(today) = view.today() else { return };
    if today > INGRESS_NGINX {
        let classes = view.objects_of("IngressClass").filter_map(|class| class.get("spec.controller"));
        let classes = classes.filter(|controller| controller.is("k8s.io/ingress-nginx"));
        let annotated = view.objects_of("Ingress").filter_map(|ingress| {
            let mut notes = ingress.get("metadata.annotations")?.entries();
            notes.find(|(key, _)| key.starts_with("nginx.ingress.kubernetes.io/")).map(|(_, value)| value)
        });
        for place in classes.chain(annotated) {
            cx.report(
                place
                    .finding("ingress-nginx is retired", format!("no fixes since {INGRESS_NGINX}"))
                    .help("use the AWS Load Balancer Controller or a Gateway API implementation"),
            );
        }
    }
    if today > APP_MESH {
        let meshes = view.of("AWS::AppMesh::Mesh").map(|mesh| mesh.properties());
        let objects = view.objects().filter_map(|object| object.get("apiVersion"));
        let objects = objects.filter(|version| version.text().is_some_and(|text| text.starts_with("appmesh.k8s.aws/")));
        for place in meshes.chain(objects) {
            cx.report(
                place
                    .finding("AWS App Mesh is gone", format!("ended on {APP_MESH}"))
                    .help("use Istio, Linkerd or VPC Lattice"),
            );
        }
    }
}
