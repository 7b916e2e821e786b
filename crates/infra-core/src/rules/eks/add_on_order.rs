//! `eks/add-on-order`: add-ons of pods come after the nodes.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/add-on-order",
    code: "EKS-006",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "add-on and nodes are made in the wrong order",
    why: "add-ons that are Deployments become active when their pods run, so they wait for nodes; nodes become \
          ready only when there is a network plug-in",
    error: Some(
        "InsufficientNumberOfReplicas: The add-on is unhealthy because it doesn't have the desired number of \
         replicas.",
    ),
    sources: &["https://docs.aws.amazon.com/eks/latest/userguide/troubleshooting.html"],
    evidence: Evidence::Observed,
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
  Dns:
    Type: AWS::EKS::Addon
    Properties:
      ClusterName: !Ref Main
      AddonName: coredns
#                ^
      ResolveConflicts: OVERWRITE
"#,
    good: &[(
        r#"  Dns:
    Type: AWS::EKS::Addon
"#,
        r#"  Dns:
    Type: AWS::EKS::Addon
    DependsOn: Nodes
"#,
    )],
    check: Check::Resources(&["AWS::EKS::Addon"], check),
};

fn check(cx: &mut Cx<'_>, add_on: Resource<'_>) {
    let (Some(name), Some(cluster)) = (add_on.get("AddonName"), add_on.cluster()) else { return };
    if cluster.auto_mode() != Some(false) || cluster.parts("AWS::EKS::FargateProfile").next().is_some() {
        return;
    }
    let groups: Vec<Resource<'_>> = cluster.parts("AWS::EKS::Nodegroup").collect();
    let Some(first) = groups.first().filter(|_| groups.iter().all(|group| group.stack() == add_on.stack())) else {
        return;
    };
    if name.is_one_of(DEPLOYMENTS) && !groups.iter().any(|group| add_on.comes_after(group)) {
        cx.report(
            name.finding(format!("`{}` is made before there are nodes", add_on.id()), "its pods have nowhere to run")
                .also(first.at(), "may be made later")
                .help(format!("add `DependsOn: {}` to the add-on", first.id())),
        );
    }
    let alone = cluster.bool_or("BootstrapSelfManagedAddons", true) == Some(false);
    if alone && name.is("vpc-cni") && groups.iter().all(|group| add_on.comes_after(group)) {
        cx.report(
            name.finding("nodes are made before their network", "comes after all node groups")
                .also(first.at(), "never becomes ready")
                .help("let the node groups depend on the add-on"),
        );
    }
}

/// Add-ons whose pods run anywhere, not on each node.
const DEPLOYMENTS: &[&str] = &["aws-ebs-csi-driver", "aws-efs-csi-driver", "cert-manager", "coredns", "metrics-server"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn the_network_comes_before_the_nodes_where_nothing_else_brings_it() {
        let text = RULE
            .bad_example()
            .replace("coredns", "vpc-cni")
            .replace("  Dns:\n    Type: AWS::EKS::Addon\n", "  Dns:\n    Type: AWS::EKS::Addon\n    DependsOn: Nodes\n")
            .replace("      Name: main\n", "      Name: main\n      BootstrapSelfManagedAddons: false\n");
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from(["nodes are made before their network"]));
    }
}
