//! `eks/pod-identity-agent`: Pod Identity needs its agent on the nodes.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/pod-identity-agent",
    code: "EKS-003",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "Pod Identity is used on nodes without its agent",
    why: "pods get the credentials of an association from an agent on their node; EKS accepts the association \
          without it, and the SDK finds no credentials or takes the node's",
    error: None,
    sources: &["https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html"],
    evidence: Evidence::Documented,
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
  OrdersRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: pods.eks.amazonaws.com }
            Action: [sts:AssumeRole, sts:TagSession]
  OrdersIdentity:
# ^
    Type: AWS::EKS::PodIdentityAssociation
    Properties:
      ClusterName: !Ref Main
      Namespace: shop
      ServiceAccount: orders
      RoleArn: !GetAtt OrdersRole.Arn
"#,
    good: &[(
        r#"  OrdersIdentity:
"#,
        r#"  Agent:
    Type: AWS::EKS::Addon
    Properties: { ClusterName: !Ref Main, AddonName: eks-pod-identity-agent }
  OrdersIdentity:
"#,
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for cluster in view.of("AWS::EKS::Cluster").filter(|cluster| cluster.auto_mode() == Some(false)) {
        let nodes = cluster.parts("AWS::EKS::Nodegroup").next();
        let (Some(nodes), Some(association)) = (nodes, cluster.parts("AWS::EKS::PodIdentityAssociation").next()) else {
            continue;
        };
        let is_agent = |name: Option<Prop<'_>>| name.is_none_or(|name| !name.is_known() || name.is(AGENT));
        let installed = cluster.parts("AWS::EKS::Addon").any(|add_on| is_agent(add_on.get("AddonName")))
            || view.objects_of("DaemonSet").any(|set| set.name() == AGENT);
        if installed {
            continue;
        }
        cx.report(
            association
                .finding("nothing installs the Pod Identity agent", "needs the agent on each node")
                .also(nodes.at(), "these nodes have none")
                .help(format!("add an `AWS::EKS::Addon` with `AddonName: {AGENT}`")),
        );
    }
}

/// The add-on, and the `DaemonSet` that it makes.
const AGENT: &str = "eks-pod-identity-agent";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::of_rule;

    #[test]
    fn auto_mode_has_the_agent_built_in() {
        let text = RULE.bad_example().replace(
            "      RoleArn: arn:aws:iam::111122223333:role/cluster\n",
            "      RoleArn: arn:aws:iam::111122223333:role/cluster\n      ComputeConfig: { Enabled: true }\n",
        );
        let titles: Vec<String> =
            of_rule(&RULE, &text).iter().map(|it| it.splitn(3, ' ').last().unwrap().to_owned()).collect();
        assert_eq!(titles, Vec::<&str>::from([]));
    }
}
