//! A cluster that exists: what must be known of it, and what workloads want of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cluster, ControllerRole, Need, Provision, check};
use crate::artifacts::{Expr, Pseudo};
use crate::diag::{Diagnostic, Diagnostics};
use crate::kinds::existing::{self, Given};
use crate::kinds::workload::{self, Identity, Pod};
use crate::kinds::Kind;
use crate::resolve::Bound;
use crate::route;

/// A cluster that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExistingCluster {
    /// Its name in EKS.
    pub name: Given,
    /// The security group of its pods: the one that EKS made for the cluster, `sg-…`. Needed where pods are reached by a
    /// load balancer, or reach a database or a cache.
    #[serde(default)]
    pub security_group: Option<Given>,
    /// Issuer of its tokens, with `https://`. Needed for roles by IRSA.
    #[serde(default)]
    pub oidc_issuer: Option<Given>,
    /// ARN of the OIDC provider for that issuer; made of the issuer where that is written down and this is not set.
    #[serde(default)]
    pub oidc_provider: Option<Given>,
    /// Name of the cluster's own role. Needed in mode `auto` where a load balancer reaches pods.
    #[serde(default)]
    pub role: Option<Given>,
}

impl ExistingCluster {
    /// Starts a cluster of which the name alone is known.
    pub fn new(name: impl Into<Given>) -> Self {
        Self { name: name.into(), security_group: None, oidc_issuer: None, oidc_provider: None, role: None }
    }

    /// Returns the ARN of the OIDC provider: what follows `https://` of its issuer is its name.
    ///
    /// Source: <https://docs.aws.amazon.com/eks/latest/userguide/enable-iam-roles-for-service-accounts.html> (from memory).
    pub(super) fn provider(&self, entry: Bound<'_, Cluster>) -> Option<Expr> {
        let given = self.oidc_provider.as_ref().map(|arn| entry.given(arn));
        given.or_else(|| match self.oidc_issuer.as_ref()? {
            Given::Literal(issuer) => {
                let name = issuer.trim_start_matches("https://").to_owned();
                Some(text!["arn:", Pseudo::Partition, ":iam::", Pseudo::AccountId, ":oidc-provider/", name])
            }
            Given::SsmParameter(_) | Given::Raw(_) => None,
        })
    }
}

pub(super) fn check(entry: Bound<'_, Cluster>, cluster: &ExistingCluster, diags: &mut Diagnostics) {
    existing::only(entry, diags, &["network", "mode", "add-ons", "provided-by"]);
    existing::starts(entry, diags, &route!["existing", "name"], &cluster.name, "");
    for (key, value, start) in [
        ("security-group", &cluster.security_group, "sg-"),
        ("oidc-issuer", &cluster.oidc_issuer, "https://"),
        ("oidc-provider", &cluster.oidc_provider, "arn:"),
        ("role", &cluster.role, ""),
    ] {
        if let Some(value) = value {
            existing::starts(entry, diags, &route!["existing", key], value, start);
        }
    }
    check::provided(entry, diags);
    workload::same_names(entry, diags);
}

/// Reports what a workload wants of a cluster that exists and that is not known of it.
pub(in crate::kinds) fn unmet<K: Kind>(entry: Bound<'_, K>, pod: &Pod<'_>, needs: &[Need], diags: &mut Diagnostics) {
    let cluster = pod.cluster;
    let Some(known) = &cluster.spec().existing else { return };
    let mut missing = |what: &str, why: String, key: &'static str, help: String| {
        let title = format!("cluster `{}` exists, and {what} is not known", cluster.name);
        diags.push(
            Diagnostic::error("clusters/unknown-of-existing", title)
                .at(entry.at(&route![key]), why)
                .also(cluster.at(&route!["existing"]), "the cluster")
                .help(help),
        );
    };
    let add = |key: &str, value: &str| format!("add it to the cluster: `existing: {{ {key}: {value} }}`");
    if pod.parts.identity == Identity::Irsa {
        if known.oidc_issuer.is_none() {
            let help = add("oidc-issuer", "https://oidc.eks.…");
            missing("the issuer of its tokens", "roles by IRSA trust it".to_owned(), "identity", help);
        } else if cluster.oidc_provider().is_none() {
            let help = add("oidc-provider", "arn:aws:iam::…:oidc-provider/…");
            missing("its OIDC provider", "roles by IRSA trust it".to_owned(), "identity", help);
        }
    }
    if let Some((key, why)) = pod.opens().filter(|_| known.security_group.is_none()) {
        missing("the security group of its pods", why.to_owned(), key, add("security-group", "sg-…"));
    }
    for need in needs {
        let word = need.as_str();
        match cluster.provides(*need) {
            Provision::AutoMode if *need == Need::LoadBalancerController && known.role.is_none() => missing(
                "its own role",
                "it must be allowed to register the pods".to_owned(),
                "exposes",
                add("role", "<name>"),
            ),
            Provision::Other(provider) if need.controller().is_some() && provider.role == ControllerRole::Create => {
                let help = format!("name it: `provided-by: {{ {word}: {{ role: {{ existing: <name> }} }} }}`");
                let key = match need {
                    Need::Keda => "scaling",
                    Need::LoadBalancerController => "exposes",
                    Need::ExternalSecrets
                    | Need::PodIdentity
                    | Need::SecretsStore
                    | Need::MetricsServer
                    | Need::NetworkPolicies => "secret-delivery",
                };
                missing(&format!("the role of `{word}`"), "it must be allowed what it does for the pods".to_owned(), key, help);
            }
            Provision::AutoMode | Provision::AddOn(_) | Provision::Other(_) | Provision::Missing => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::kinds::testing::{compile, ids, json, report};

    const PLATFORM: &str = "
networks: { main: { cidr: 10.1.0.0/16, existing: { vpc: vpc-0a1b2c3d4e5f60718 } } }
clusters:
  main:
    network: main
    mode: auto
    existing: { name: platform-dev, security-group: sg-0a1b2c3d4e5f60718 }
    provided-by:
      metrics-server: { by: the platform team }
      secrets-store: { by: the platform team }
queues: { jobs: {} }
";

    const API: &str = "services: { api: { cluster: main, port: 8080, image: 'shop/api:1.0.0', sends: [jobs] } }\n";

    #[test]
    fn nothing_is_made_of_a_cluster_that_exists_and_pods_get_their_roles_in_it() {
        let template = json(&compile(&format!("{PLATFORM}{API}")), "stacks/example.eu-west-1.template.json");
        let made: Vec<&str> = ids(&template).into_iter().filter(|id| !id.starts_with("Queue")).collect();
        assert_eq!(made, ["ServiceApiRole", "ServiceApiIdentity"]);
        assert_eq!(template["Resources"]["ServiceApiIdentity"]["Properties"]["ClusterName"], "platform-dev");
    }

    #[test]
    fn roles_by_irsa_need_the_issuer_and_make_the_provider_of_it() {
        let api = API.replace("sends:", "identity: irsa, sends:");
        let found = report(&format!("{PLATFORM}{api}"));
        assert_snapshot!(found, @"clusters/unknown-of-existing: cluster `main` exists, and the issuer of its tokens is not known <- `irsa` roles by IRSA trust it");
        let known = PLATFORM.replace("name: platform-dev", "name: platform-dev, oidc-issuer: 'https://oidc.eks.eu-west-1.amazonaws.com/id/0A1B'");
        let template = json(&compile(&format!("{known}{api}")), "stacks/example.eu-west-1.template.json");
        let trust = template["Resources"]["ServiceApiRole"]["Properties"]["AssumeRolePolicyDocument"].to_string();
        assert!(trust.contains(":oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0A1B"), "{trust}");
        let parameter = PLATFORM.replace("name: platform-dev", "name: platform-dev, oidc-issuer: { ssm-parameter: /issuer }");
        assert!(report(&format!("{parameter}{api}")).contains("its OIDC provider is not known"));
    }

    #[test]
    fn what_controllers_must_be_allowed_needs_the_name_of_their_role() {
        let keda = PLATFORM.replace("    provided-by:\n", "    provided-by:\n      keda: { by: the platform team }\n");
        let worker = "workers: { jobs: { cluster: main, image: 'shop/jobs:1.0.0', consumes: [jobs], replicas: { min: 0, max: 3 } } }\n";
        assert_snapshot!(report(&format!("{keda}{worker}")), @"clusters/unknown-of-existing: cluster `main` exists, and the role of `keda` is not known <- `jobs` it must be allowed what it does for the pods");
        let named = keda.replace("keda: { by: the platform team }", "keda: { by: the platform team, role: { existing: keda } }");
        let template = json(&compile(&format!("{named}{worker}")), "stacks/example.eu-west-1.template.json");
        assert_eq!(template["Resources"]["WorkerJobsKedaGrant"]["Properties"]["RoleName"], "keda");
    }

    #[test]
    fn what_every_new_cluster_gets_is_not_taken_for_granted() {
        let bare = PLATFORM.replace("    mode: auto\n", "");
        let found = report(&format!("{bare}{API}"));
        assert!(found.contains("has no Pod Identity agent") && found.contains("has no pod network"), "{found}");
        let told = bare.replace("    existing:", "    add-ons: { eks-pod-identity-agent: {}, vpc-cni: {} }\n    existing:");
        assert_eq!(report(&format!("{told}{API}")), "");
        let made = PLATFORM.replace("    mode: auto", "    mode: auto\n    irsa: true");
        assert!(report(&format!("{made}{API}")).contains("existing/not-made"));
    }
}
