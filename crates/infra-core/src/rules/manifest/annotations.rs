//! Annotations and labels that a controller or the API server reads, and the values that they take.
//!
//! Source: <https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/>,
//! <https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/>,
//! <https://kubernetes.io/docs/concepts/security/pod-security-admission/> (read 2026-11-30).

use super::report::{Mistake, Report};
use super::values;
use crate::view::Prop;

const CONTROLLER: &str = "the load balancer controller refuses it and makes nothing";

const SCHEMES: &[&str] = &["internal", "internet-facing"];
const TARGETS: &[&str] = &["instance", "ip"];
const ADDRESSES: &[&str] = &["dualstack", "dualstack-without-public-ipv4", "ipv4"];

/// What an annotation of a kind must be: one of these, or JSON if there is none.
const ANNOTATIONS: &[(&str, &str, &[&str])] = &[
    ("Ingress", "alb.ingress.kubernetes.io/scheme", SCHEMES),
    ("Ingress", "alb.ingress.kubernetes.io/target-type", TARGETS),
    ("Ingress", "alb.ingress.kubernetes.io/ip-address-type", ADDRESSES),
    ("Ingress", "alb.ingress.kubernetes.io/backend-protocol", &["HTTP", "HTTPS"]),
    ("Ingress", "alb.ingress.kubernetes.io/backend-protocol-version", &["GRPC", "HTTP1", "HTTP2"]),
    ("Ingress", "alb.ingress.kubernetes.io/healthcheck-protocol", &["HTTP", "HTTPS"]),
    ("Ingress", "alb.ingress.kubernetes.io/listen-ports", &[]),
    ("Ingress", "alb.ingress.kubernetes.io/mutual-authentication", &[]),
    ("Service", "alb.ingress.kubernetes.io/target-type", TARGETS),
    ("Service", "service.beta.kubernetes.io/aws-load-balancer-scheme", SCHEMES),
    ("Service", "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type", TARGETS),
    ("Service", "service.beta.kubernetes.io/aws-load-balancer-ip-address-type", &["dualstack", "ipv4"]),
];

/// Labels of a namespace that say at which level pods are held.
const LEVELS: [&str; 3] = ["baseline", "privileged", "restricted"];

/// Checks the annotations and labels of an object.
pub(super) fn check<'v>(metadata: Prop<'v>, report: &mut Report<'v, '_>) {
    let kind = report.object.kind();
    let written = |key: &str| metadata.key("annotations").and_then(|all| all.key(key));
    for (_, key, known) in ANNOTATIONS.iter().filter(|(of, _, _)| *of == kind) {
        let Some(value) = written(key) else { continue };
        let Some(text) = values::known(Some(value)) else { continue };
        if known.is_empty() {
            if !super::forms::Form::Json.fits(&text) {
                let says = "is no JSON";
                let mistake =
                    Mistake::new("manifest/value", says, "not JSON", "write JSON, such as `[{\"HTTPS\": 443}]`");
                report.no(value, mistake.because(CONTROLLER));
            }
        } else if !known.contains(&&*text) {
            one_of(value, &text, known, Some(CONTROLLER), report);
        }
    }
    for (name, value) in metadata.key("labels").filter(|_| kind == "Namespace").into_iter().flat_map(|it| it.entries())
    {
        let Some(mode) = name.strip_prefix("pod-security.kubernetes.io/") else { continue };
        let Some(text) = values::known(Some(value)) else { continue };
        if matches!(mode, "audit" | "enforce" | "warn") && !LEVELS.contains(&&*text) {
            one_of(value, &text, &LEVELS, None, report);
        }
    }
}

fn one_of<'v>(value: Prop<'v>, text: &str, known: &[&str], why: Option<&'static str>, report: &mut Report<'v, '_>) {
    let near = known.iter().find(|name| name.eq_ignore_ascii_case(text)).copied();
    let near = near.or_else(|| crate::diag::suggest(text, known.iter().copied()));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write one of `{}`", known.join("`, `")),
    };
    let says = format!("is `{text}`, not one of `{}`", known.join("`, `"));
    let mistake = Mistake::new("manifest/enum", says, "no value of this", help);
    report.no(
        value,
        match why {
            Some(why) => mistake.because(why),
            None => mistake,
        },
    );
}
