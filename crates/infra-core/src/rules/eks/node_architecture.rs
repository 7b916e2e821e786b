//! `eks/node-architecture`: pods find nodes of their architecture.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/node-architecture",
    code: "EKS-021",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "pods ask for an architecture that no node has",
    why: "a pod that selects kubernetes.io/arch waits for ever when no node group has that architecture",
    error: None,
    sources: &["https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-arch"],
    evidence: Evidence::Memory,
    bad: r#"
#: cluster.yaml
Resources:
  Main:
    Type: AWS::EKS::Cluster
    Properties:
      Name: main
      Version: "1.36"
      RoleArn: arn:aws:iam::111122223333:role/cluster
      AccessConfig: { AuthenticationMode: API_AND_CONFIG_MAP }
      UpgradePolicy: { SupportType: STANDARD }
      ResourcesVpcConfig: { SubnetIds: [subnet-0123456789abcdef0, subnet-0123456789abcdef1], EndpointPublicAccess: false, EndpointPrivateAccess: true }
  Nodes:
    Type: AWS::EKS::Nodegroup
    Properties:
      ClusterName: !Ref Main
      NodeRole: arn:aws:iam::111122223333:role/nodes
      Subnets: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
      AmiType: AL2023_ARM_64_STANDARD
      InstanceTypes: [m7g.large]
#: orders.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      nodeSelector:
        kubernetes.io/arch: amd64
#                           ^
      containers:
        - name: orders
          image: registry.example.com/orders:1.4.2
"#,
    good: &[("arch: amd64", "arch: arm64")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let Some(cluster) = view.only_cluster().filter(|cluster| cluster.auto_mode() == Some(false)) else { return };
    // Karpenter makes nodes of its own, and Fargate has no node groups.
    let others =
        view.objects_of("NodePool").next().is_some() || cluster.parts("AWS::EKS::FargateProfile").next().is_some();
    let groups: Vec<Resource<'_>> = cluster.parts("AWS::EKS::Nodegroup").collect();
    let found: Option<Vec<&str>> = groups.iter().map(architecture).collect();
    let (Some(found), Some(group), false) = (found, groups.first(), others) else { return };
    for pods in view.objects().filter_map(|object| object.pods()) {
        let wanted = pods.get("nodeSelector").and_then(|labels| labels.key("kubernetes.io/arch"));
        let Some((wanted, name)) = wanted.and_then(|wanted| Some((wanted, wanted.text()?))) else { continue };
        if found.contains(&name.as_ref()) {
            continue;
        }
        cx.report(
            wanted
                .finding(format!("no node runs {name}"), "the pods wait for such a node")
                .also(group.nearest("AmiType").at(), format!("the nodes are {}", found.join(", ")))
                .help(format!("add a node group for {name}, or build the image for {}", found.join(" and "))),
        );
    }
}

/// The architecture of a node group, if its image tells.
fn architecture(group: &Resource<'_>) -> Option<&'static str> {
    let image = group.get("AmiType")?.text()?;
    if image.to_ascii_uppercase().contains("ARM_64") {
        Some("arm64")
    } else {
        image.contains("x86_64").then_some("amd64")
    }
}
